#include "tools/verify/evidence.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "datasets/csv.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t most_bytes_of_json = uint64_t{1} << 24, most_bytes_of_csv = uint64_t{1} << 30;

// What is read to its end must have one.
void require_regular(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error))
    throw std::runtime_error(engine::in_quotes(path) +
                             " is no regular file; expected one that svdd train wrote");
}

void read_history(const fs::path& path, Evidence& evidence) {
  require_regular(path);
  const std::string text = engine::read_file(path, most_bytes_of_csv), name = engine::in_quotes(path);
  datasets::CsvReader rows(text, name, ',');
  std::vector<std::string_view> fields;
  if (!rows.next(fields)) throw std::runtime_error(name + " is empty; expected a header line");
  const std::vector<std::string> header(fields.begin(), fields.end());
  if (header.size() < 3 || header[0] != "phase" || header[1] != "epoch" || header[2] != "loss")
    throw std::runtime_error(name + " does not begin with phase,epoch,loss; svdd train did not write it");
  for (auto name_at = header.begin(); name_at != header.end(); ++name_at)
    if (std::find(header.begin(), name_at, *name_at) != name_at)
      throw std::runtime_error(name + " has two columns " + engine::in_quotes(*name_at));
  const auto counts = [&](size_t column) {
    return column >= 2 && header[column] != "seconds" && header[column] != "test_auc";
  };
  for (size_t c = 0; c < header.size(); ++c)
    if (counts(c)) evidence.columns.push_back(header[c]);
  while (rows.next(fields)) {
    if (fields.size() != header.size())
      rows.refuse("there are " + std::to_string(fields.size()) + " fields; expected " +
                  std::to_string(header.size()));
    HistoryRow row{std::string(fields[0]), 0, {}, {}};
    const auto [end, error] =
        std::from_chars(fields[1].data(), fields[1].data() + fields[1].size(), row.epoch);
    if (error != std::errc() || end != fields[1].data() + fields[1].size())
      rows.refuse("the epoch is " + engine::in_quotes(std::string(fields[1])) + "; expected a whole number");
    for (size_t c = 0; c < header.size(); ++c)
      if (counts(c))
        row.values.emplace_back(fields[c]);
      else if (header[c] == "test_auc")
        row.test_auc = fields[c];
    evidence.history.push_back(std::move(row));
  }
}

}  // namespace

std::string Evidence::fingerprint(const std::string& after) const {
  for (const auto& [phase, sha256] : fingerprints)
    if (phase == after) return sha256;
  return "";
}

std::string Evidence::outside_receipt() const {
  if (config.contains("blas") && config["blas"] == "openblas") return "--blas openblas";
  if (config.contains("tf32") && config["tf32"] == true) return "--tf32";
  return "";
}

Evidence read_evidence(const fs::path& folder) {
  Evidence evidence{folder, {}, read_results(folder), {}, {}, {}, {}};
  check_results(evidence.results);
  if (engine::file_exists(folder / "config.json")) require_regular(folder / "config.json");
  evidence.config = engine::read_json_object(folder / "config.json", "", most_bytes_of_json);
  if (engine::file_exists(folder / "history.csv")) read_history(folder / "history.csv", evidence);
  if (const auto all = evidence.results.entries().find("fingerprints"))
    for (size_t i = 0; i < all->size(); ++i)
      evidence.fingerprints.emplace_back(all->at(i).as<std::string>("after"),
                                         all->at(i).as<std::string>("weights_sha256"));
  if (engine::file_exists(folder / "trace.csv")) {
    require_regular(folder / "trace.csv");
    evidence.trace = read_trace(folder / "trace.csv");
  }
  return evidence;
}

}  // namespace tools
