// What a run's folder says of its bits: the data, the weights at the start and after each phase, every epoch's loss, the
// last weights and scores. Two runs that are equal there are equal.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/options/backend_options.h"
#include "tools/run/run_folder.h"
#include "tools/verify/trace_file.h"

namespace tools {

struct HistoryRow {  // an epoch of history.csv
  std::string phase;
  int64_t epoch = 0;
  std::vector<std::string> values;  // of Evidence::columns
  std::string test_auc = {};        // where it was measured: to look at, so no column of them
};

struct Evidence {
  std::filesystem::path folder;
  nlohmann::ordered_json config;
  Results results;
  std::vector<std::string>
      columns;  // of history.csv that computing decides: loss, lr, radius, ...; not seconds
  std::vector<HistoryRow> history;  // none of methods without a network
  std::vector<std::pair<std::string, std::string>>
      fingerprints;  // phase (or "start"), weights_sha256; may be none

  std::optional<TraceFile> trace;  // of a run with --trace

  std::string fingerprint(const std::string& after) const;  // empty where there is none
  std::string text(const char* key) const {
    return results.text(key);
  }                                     // of results.json; empty where it is missing
  std::string outside_receipt() const;  // as below
};

// std::runtime_error of one line where the folder holds no finished run, or a file cannot be read.
Evidence read_evidence(const std::filesystem::path& folder);

}  // namespace tools
