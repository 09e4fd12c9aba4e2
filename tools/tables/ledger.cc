#include "tools/tables/ledger.h"

#include <charconv>
#include <stdexcept>

#include "datasets/csv.h"
#include "engine/files/in_quotes.h"
#include "engine/files/sha256.h"
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
