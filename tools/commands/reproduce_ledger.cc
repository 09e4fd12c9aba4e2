#include "tools/commands/reproduce_ledger.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <tuple>

#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/passing_folder.h"
#include "engine/random.h"
#include "engine/stopping.h"
#include "svdd/evaluation/receipt.h"
#include "tools/commands/counted.h"
#include "tools/commands/csv_files.h"
#include "tools/commands/table_runs.h"
#include "tools/report/svg_chart.h"
#include "tools/tables/ledger.h"
#include "tools/tables/stated_table.h"
#include "tools/tables/table_output.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

// "--recipe theano --epochs 2", as options.
GivenOptions options_in(const LedgerRow& row) {
  GivenOptions options;
  std::istringstream words(row.options);
  for (std::string name, value; words >> name;) {
    if (!name.starts_with("--") || !(words >> value))
      throw std::runtime_error("the ledger's options " + engine::in_quotes(row.options) +
                               " are not as svdd reproduce writes them");
    name.erase(0, 2);
    constexpr const char* changeable[] = {"recipe",     "epochs",   "ae-epochs", "limit",
                                          "batch-size", "pretrain", "tf32"};
    if (std::none_of(std::begin(changeable), std::end(changeable),
                     [&](const char* one) { return name == one; }))
      throw std::runtime_error("the ledger's options " + engine::in_quotes(row.options) + " hold --" + name +
                               ", which no table changes");
    if (!options.emplace(name, std::vector<std::string>{value}).second)
      throw std::runtime_error("the ledger's options " + engine::in_quotes(row.options) + " hold --" + name +
                               " twice");
  }
  return options;
}

// Whether the row's options are some that its method takes, and values that they take.
void check_options(const LedgerRow& row, const std::vector<TableMethod>& methods) {
  if (row.options.empty()) return;
  const auto method =
      std::find_if(methods.begin(), methods.end(), [&](const TableMethod& m) { return m.key == row.method; });
  GivenOptions given = method->options;
  for (const auto& [name, values] : options_in(row)) {
    if (!method_takes(method->options.at("method")[0], name))
      throw std::runtime_error("the ledger's options " + engine::in_quotes(row.options) + " hold --" + name +
                               ", which " + row.method + " does not take");
    given[name] = values;
  }
  given["out"] = {"unused"};
  given.emplace("data", std::vector<std::string>{"strokes"});
  try {
    resolve_train_options(given);
  } catch (const UsageError& problem) {
    throw std::runtime_error("the ledger's options " + engine::in_quotes(row.options) + ": " +
                             problem.what());
  }
}

std::string name_of(const LedgerRow& row) {
  return row.method + ", " + row.on + ", seed " + std::to_string(row.seed) +
         (row.options.empty() ? "" : ", " + row.options);
}

constexpr uint64_t most_ledger_bytes = uint64_t{1} << 26;

// The rows of the table that are asked for, a sample of them where one is.
std::vector<LedgerRow> chosen_rows(const ReproduceOptions& options, const PublishedTable& table,
                                   const std::vector<TableMethod>& methods,
                                   const std::vector<TableCase>& cases) {
  std::vector<LedgerRow> rows, from_file;
  std::set<std::tuple<std::string, std::string, uint64_t, std::string>> seen;
  std::error_code error;
  if (!options.ledger.empty() && fs::exists(options.ledger, error) &&
      !fs::is_regular_file(options.ledger, error))
    throw std::runtime_error(engine::in_quotes(options.ledger) +
                             " is no regular file; expected a ledger.csv");
  if (!options.ledger.empty())
    from_file =
        read_ledger(engine::read_file(options.ledger, most_ledger_bytes), engine::in_quotes(options.ledger));
  const Seeds seeds = seeds_of(options);
  for (const LedgerRow& row : options.ledger.empty() ? published_ledger() : from_file) {
    const bool has_method = std::any_of(methods.begin(), methods.end(),
                                        [&](const TableMethod&m) { return m.key == row.method; }),
               has_case = std::any_of(cases.begin(), cases.end(),
                                      [&](const TableCase&c) { return c.name == row.on; });
    const bool has_seed = !options.seeds_given || (row.seed >= seeds.first && row.seed <= seeds.last);
    if (row.table != table.name) continue;
    if (options.methods.empty() && !has_method)
      throw std::runtime_error("the ledger states " + name_of(row) + ", and " + table.name +
                               " has no such row");
    if (options.classes.empty() && !has_case)
      throw std::runtime_error("the ledger states " + name_of(row) + ", and " + table.name +
                               " has no such case");
    if (!has_method || !has_case || !has_seed) continue;
    engine::check_stop();
    check_options(row, methods);
    if (!seen.insert({row.method, row.on, row.seed, row.options}).second)
      throw std::runtime_error("the ledger states the cell " + name_of(row) + " twice");
    rows.push_back(row);
  }
  if (rows.empty())
    throw std::runtime_error(
        (options.ledger.empty() ? std::string("the ledger") : engine::in_quotes(options.ledger)) +
        " has no cell of " + table.name + " for what was asked; without " +
        (options.verify ? "--verify" : "--stated") + " svdd reproduce fills the table itself");
  if (!options.sample || *options.sample >= static_cast<int64_t>(rows.size())) return rows;
  std::vector<int32_t> order =
      engine::permutation(static_cast<int64_t>(rows.size()),
                          engine::RandomStream(options.sample_seed.value_or(1), "ledger/sample"));
  order.resize(static_cast<size_t>(*options.sample));
  std::sort(order.begin(), order.end());
  std::vector<LedgerRow> sample;
  for (const int32_t i : order) sample.push_back(rows[static_cast<size_t>(i)]);
  return sample;
}

// What differs between a cell of the ledger and the same run here; empty where nothing does.
std::string what_differs(const LedgerRow& stated, const LedgerRow& found) {
  std::string text;
  const auto compare = [&](const std::string& what, const std::string& a, const std::string& b) {
    if (!a.empty() && a != b) text += (text.empty() ? "" : "; ") + what + " " + a + " there, " + b + " here";
  };
  if (stated.receipt != found.receipt)
    text = "receipt " + std::to_string(stated.receipt) + " there, " + std::to_string(found.receipt) + " here";
  compare("data", stated.data_sha256, found.data_sha256);
  compare("weights", stated.weights_sha256, found.weights_sha256);
  compare("scores", stated.scores_sha256, found.scores_sha256);
  compare("AUC", shortest(stated.auc), shortest(found.auc));
  if (!stated.weights_sha256.empty() && (stated.scores_sha256.empty() || stated.data_sha256.empty()))
    text += std::string(text.empty() ? "" : "; ") + "the ledger lacks a hash of data or scores";
  return text;
}

}  // namespace

bool verify_ledger(const ReproduceOptions& options, const PublishedTable& table,
                   const std::vector<TableMethod>& methods, const std::vector<TableCase>& cases) {
  const std::vector<LedgerRow> rows = chosen_rows(options, table, methods, cases);
  std::optional<engine::PassingFolder> passing;
  if (options.out.empty()) passing.emplace("svdd-ledger");
  const fs::path out = options.out.empty() ? passing->path() / table.name : fs::path(options.out);
  std::vector<TableRun> runs;
  for (const LedgerRow& row : rows) {
    const auto method = std::find_if(methods.begin(), methods.end(),
                                     [&](const TableMethod& m) { return m.key == row.method; });
    const auto on =
        std::find_if(cases.begin(), cases.end(), [&](const TableCase& c) { return c.name == row.on; });
    std::string suffix = row.options;
    std::replace_if(
        suffix.begin(), suffix.end(), [](char c) { return c == ' ' || c == '/'; }, '_');
    runs.push_back(planned_run(options, *method, *on, row.seed, out, options_in(row), suffix));
  }
  {
    const TableFolder folder(out);
    make_runs(runs, table, options, out, folder, !options.out.empty());
  }
  size_t equal = 0;
  std::string lines;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string other =
        what_differs(rows[i], ledger_row(table.name, runs[i], out, options_in(rows[i])));
    if (other.empty()) ++equal;
    lines += (other.empty() ? "  equal    " : "  DIFFERS  ") + name_of(rows[i]) + ": " +
             (other.empty() ? "AUC " + fixed_text(100 * rows[i].auc, 2) + " %" +
                                  (rows[i].weights_sha256.empty()
                                       ? ", which is all that it keeps"
                                       : ", weights " + rows[i].weights_sha256.substr(0, 8) + "..., scores " +
                                             rows[i].scores_sha256.substr(0, 8) + "...")
                            : other) +
             '\n';
  }
  std::cout << equal << " of " << counted(static_cast<int64_t>(rows.size()), "cell") << " of " << table.name
            << " come to what the ledger states (receipt " << svdd::receipt_number << ")\n"
            << lines;
  return equal == rows.size();
}

// A folder of one's own, in which nothing is replaced but what was written here before.
static void require_room_for_stated(const fs::path& out, const std::string& ledger) {
  std::error_code error;
  for (const char* foreign : {"results.json", "model.json"})
    if (engine::file_exists(out / foreign))
      throw std::runtime_error(engine::in_quotes(out) + " holds " + foreign +
                               ": name another folder with --out");
  fs::create_directories(out, error);
  if (error) throw std::runtime_error("cannot make " + engine::in_quotes(out) + ": " + error.message());
  for (const char* name : {"stated.csv", "stated.md", "stated.html"}) {
    if (engine::file_exists(out / name) && !fs::is_regular_file(out / name, error))
      throw std::runtime_error(engine::in_quotes(out / name) +
                               " is no regular file: name another folder with --out");
    if (!ledger.empty() && fs::equivalent(out / name, ledger, error))
      throw std::runtime_error(engine::in_quotes(ledger) +
                               " would be replaced: name another folder with --out");
  }
}

void list_stated() {
  std::cout << "Tables of the ledger:\n\n";
  for (const PublishedTable& table : published_tables()) {
    std::map<std::string, int64_t> cells;  // by row
    for (const LedgerRow& row : published_ledger())
      if (row.table == table.name) ++cells[row.method + (row.options.empty() ? "" : " " + row.options)];
    std::string rows;
    for (const auto& [row, count] : cells)
      rows += (rows.empty() ? "" : ", ") + row + " (" + std::to_string(count) + ")";
    std::cout << table.name << ": " << (rows.empty() ? "no cell" : rows) << '\n';
  }
  std::cout << "\nIn brackets how many cells of a row there are, of all cases and seeds. svdd reproduce "
               "TABLE --stated "
               "shows them.\n";
}

void show_stated(const ReproduceOptions& options, const PublishedTable& table,
                 const std::vector<TableMethod>& methods, const std::vector<TableCase>& cases) {
  const ResultTable stated =
      stated_table(table, methods, cases, chosen_rows(options, table, methods, cases), options.ledger);
  if (!options.out.empty()) {
    const fs::path out = options.out;
    require_room_for_stated(out, options.ledger);
    engine::write_file_atomically(out / "stated.csv", as_csv(stated));
    engine::write_file_atomically(out / "stated.md", as_markdown(stated));
    engine::write_file_atomically(out / "stated.html", as_html(stated));
  }
  std::cout << as_text(stated);
}

}  // namespace tools
