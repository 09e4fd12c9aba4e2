#include "tools/tables/ledger.h"

#include <cctype>
#include <charconv>
#include <stdexcept>

#include "datasets/csv.h"
#include "engine/files/in_quotes.h"
#include "engine/files/sha256.h"
#include "engine/stopping.h"
#include "published_ledger.h"  // written by CMake from svdd/recipes/ledger/*.csv
#include "tools/commands/csv_files.h"

namespace tools {
namespace {

constexpr std::string_view columns[] = {
    "table",       "method",  "case",    "seed",    "auc",     "weights_sha256", "scores_sha256",
    "data_sha256", "receipt", "version", "machine", "seconds", "options"};

template <class Number>
Number number_in(std::string_view field, size_t column, const datasets::CsvReader& rows) {
  Number value{};
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size())
    rows.refuse(column, engine::in_quotes(std::string(field)) + " is no number that fits there");
  return value;
}

}  // namespace

std::string ledger_csv(const std::vector<LedgerRow>& rows) {
  std::string text;
  for (const std::string_view name : columns) text += (text.empty() ? "" : ",") + std::string(name);
  text += '\n';
  for (const LedgerRow& row : rows) {
    const std::string fields[] = {row.table,
                                  row.method,
                                  row.on,
                                  std::to_string(row.seed),
                                  shortest(row.auc),
                                  row.weights_sha256,
                                  row.scores_sha256,
                                  row.data_sha256,
                                  std::to_string(row.receipt),
                                  row.version,
                                  row.machine,
                                  shortest(row.seconds),
                                  row.options};
    std::string line;
    for (const std::string& field : fields) line += (&field == fields ? "" : ",") + csv_field(field);
    text += line + '\n';
  }
  return text;
}

std::vector<LedgerRow> read_ledger(std::string_view text, const std::string& source) {
  datasets::CsvReader rows(text, source, ',');
  std::vector<std::string_view> f;
  const auto are_columns = [&] {
    if (f.size() != std::size(columns)) return false;
    for (size_t c = 0; c < f.size(); ++c)
      if (f[c] != columns[c]) return false;
    return true;
  };
  if (!rows.next(f) || !are_columns())
    throw std::runtime_error(source + " is no ledger: its first line does not name a ledger's columns");
  std::vector<LedgerRow> all;
  while (rows.next(f)) {
    if (f.size() != std::size(columns))
      rows.refuse("there are " + std::to_string(f.size()) + " fields; expected " +
                  std::to_string(std::size(columns)));
    engine::check_stop();
    const auto is_hash = [&](size_t c) {
      return f[c].empty() ||
             (f[c].size() == 64 && f[c].find_first_not_of("0123456789abcdef") == std::string_view::npos);
    };
    for (const size_t c : {5, 6, 7})
      if (!is_hash(c)) rows.refuse(c, "is no SHA-256 of 64 hexadecimal digits");
    const auto within = [&](size_t c, double least, double most, const std::string& what) {
      const double value = number_in<double>(f[c], c, rows);
      if (!(value >= least && value <= most))
        rows.refuse(c, engine::in_quotes(std::string(f[c])) + " is no " + what);
    };
    within(4, 0, 1, "AUC from 0 to 1");
    within(8, 0, 1e6, "number of a receipt");
    within(11, 0, 1e12, "number of seconds");
    for (const char c : f[12])
      if (!std::isalnum(static_cast<unsigned char>(c)) &&
          std::string_view(" -._").find(c) == std::string_view::npos)
        rows.refuse(12,
                    engine::in_quotes(std::string(f[12])) + " are no options as svdd reproduce writes them");
    all.push_back({std::string(f[0]), std::string(f[1]), std::string(f[2]),
                   number_in<uint64_t>(f[3], 3, rows), number_in<double>(f[4], 4, rows), std::string(f[5]),
                   std::string(f[6]), std::string(f[7]), number_in<int>(f[8], 8, rows), std::string(f[9]),
                   std::string(f[10]), number_in<double>(f[11], 11, rows), std::string(f[12])});
  }
  return all;
}

const std::vector<LedgerRow>& published_ledger() {
  static const std::vector<LedgerRow> all = [] {
    std::vector<LedgerRow> rows;
    for (const std::string_view text : published_ledger_texts)
      for (LedgerRow& row : read_ledger(text, "a file of svdd/recipes/ledger"))
        rows.push_back(std::move(row));
    return rows;
  }();
  return all;
}

std::string data_fingerprint(const std::string& train_data_sha256, const std::string& test_data_sha256) {
  const std::string both = train_data_sha256 + test_data_sha256;
  return engine::sha256_hex(both.data(), both.size());
}

}  // namespace tools
