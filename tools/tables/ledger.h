// The ledger: what every cell of a table came to, for programs. svdd/recipes/ledger/*.csv travel inside the command, and
// `svdd reproduce TABLE --verify` runs their cells again.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tools {

struct LedgerRow {
  std::string table, method, on;  // on: the case; both as the table's keys and names have them
  uint64_t seed = 0;
  double auc = 0;  // of the last epoch, a fraction
  std::string weights_sha256,
      scores_sha256;             // empty for a search of a kernel's width, which keeps an AUC alone
  std::string data_sha256;       // of train_data_sha256 and test_data_sha256, one after the other
  int receipt = 0;               // 0: no contract covers it
  std::string version, machine;  // what made it: "cpu (avx512, 1 thread)"
  double seconds = 0;            // of training there; 0 where all of it was taken over from another run
  std::string options;           // in place of the published ones: "--recipe theano"; may be empty
};

std::string ledger_csv(const std::vector<LedgerRow>& rows);
// std::runtime_error of one line, `source` first, where the text is no ledger.
std::vector<LedgerRow> read_ledger(std::string_view text, const std::string& source);

// The rows that this project states, all tables.
const std::vector<LedgerRow>& published_ledger();

// data_sha256 of a run.
std::string data_fingerprint(const std::string& train_data_sha256, const std::string& test_data_sha256);

}  // namespace tools
