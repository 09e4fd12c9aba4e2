#include "tools/commands/reproduce.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <set>
#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "tools/arguments.h"
#include "tools/commands/counted.h"
#include "tools/commands/reproduce_ledger.h"
#include "tools/commands/table_runs.h"
#include "tools/input/task.h"
#include "tools/report/svg_chart.h"
#include "tools/tables/table_output.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

// The rows asked for, in the table's order.
std::vector<TableMethod> chosen_methods(const PublishedTable& table, const std::string& asked) {
  const std::vector<std::string> keys = asked.empty() ? table.own : comma_separated(asked);
  std::vector<std::string> known;
  for (const TableMethod& m : table.methods) known.push_back(m.key);
  for (const std::string& key : keys)
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      std::string list;
      for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
      throw UsageError("--methods: " + table.name + " has no row " + engine::in_quotes(key) + "; it has " +
                       list + did_you_mean(key, known));
    }
  std::vector<TableMethod> chosen;
  for (const TableMethod& m : table.methods)
    if (std::find(keys.begin(), keys.end(), m.key) != keys.end()) chosen.push_back(m);
  return chosen;
}

// The case of this name; or those whose normal classes are all among the ones asked for, or whose name is.
std::vector<TableCase> chosen_cases(const PublishedTable& table, const std::string& asked) {
  if (asked.empty()) return table.cases;
  for (const TableCase& c : table.cases)
    if (c.name == asked) return {c};
  const std::vector<std::string> words = comma_separated(asked);
  const auto among = [&](const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  std::vector<TableCase> chosen;
  std::set<std::string> used;
  for (const TableCase& c : table.cases) {
    const auto normal = c.options.find("normal");
    const std::vector<std::string> classes =
        normal == c.options.end() ? std::vector<std::string>{} : comma_separated(normal->second[0]);
    const bool all = !classes.empty() && std::all_of(classes.begin(), classes.end(), among);
    if (!all && !among(c.name)) continue;
    chosen.push_back(c);
    used.insert(classes.begin(), classes.end());
    used.insert(c.name);
  }
  std::string list;
  for (const TableCase& c : table.cases) list += (list.empty() ? "" : "; ") + c.name;
  for (const std::string& word : words)
    if (!used.contains(word))
      throw UsageError("--classes: " + table.name + " has no case for " + engine::in_quotes(word) +
                       "; it has " + list);
  return chosen;
}

std::vector<TableRun> planned_runs(const ReproduceOptions& options, const std::vector<TableMethod>& methods,
                                   const std::vector<TableCase>& cases, const fs::path& out) {
  std::vector<TableRun> runs;
  const Seeds seeds = seeds_of(options);
  // Method by method: runs of one case and seed share their pretraining, and would wait for each other.
  for (const TableMethod& m : methods)
    for (const TableCase& c : cases)
      for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed)
        runs.push_back(planned_run(options, m, c, seed, out, options.changed));
  return runs;
}

// "3, 3, 4 clusters of NMI 0.93, 0.80, 0.85": what the runs of a cell found, seed by seed.
class FoundClusters {
 public:
  void add(const Results& results) {
    const auto details = results.entries().find("details");
    const auto clusters = details ? details->find("clusters") : std::nullopt;
    if (!clusters) return;
    counts_ += (counts_.empty() ? "" : ", ") + std::to_string(clusters->as<int64_t>());
    if (const auto nmi = details->find("nmi"))
      nmis_ += (nmis_.empty() ? "" : ", ") + fixed_text(nmi->as<double>(), 2);
  }
  std::string text() const {
    if (counts_.empty()) return "";
    return counts_ + " clusters" + (nmis_.empty() ? "" : " of NMI " + nmis_);
  }

 private:
  std::string counts_, nmis_;
};

// What the runs of a row warn of, each warning once, with how many of them do.
class RunWarnings {
 public:
  void add(const Results& results) {
    ++runs_;
    for (const std::string& warning : results.texts("warnings")) ++counts_[warning];
  }
  void tell(const std::string& row, std::vector<std::string>& lines) const {
    for (const auto& [warning, count] : counts_)
      lines.push_back(row + ", " + std::to_string(count) + " of " + counted(runs_, "run") + ": " + warning +
                      (warning.ends_with('.') ? "" : "."));
  }

 private:
  int64_t runs_ = 0;
  std::map<std::string, int64_t> counts_;
};

// What is not as published. Both recipes are; the title says which.
std::string text_of(const GivenOptions& changed) {
  std::string text;
  for (const auto& [name, values] : changed)
    if (!values.empty() && name != "recipe")
      text += (text.empty() ? "--" : ", --") + name + " " + values.back();
  return text;
}

ResultTable collected(const PublishedTable& table, const std::vector<TableMethod>& methods,
                      const std::vector<TableCase>& cases, const std::vector<TableRun>& runs,
                      const fs::path& out, const ReproduceOptions& options) {
  const GivenOptions& changed = options.changed;
  ResultTable result{table.title, table.source, table.note, text_of(changed), {}, {}};
  result.chosen = table.chosen;
  if (changed.contains("recipe")) result.title += " (recipe " + changed.at("recipe").back() + ")";
  for (const TableCase& c : cases) result.cases.push_back(c.name);
  double seconds = 0;
  TableRow untrained{"untrained network", {}, "", true}, mean{"distance to the mean", {}, "", true};
  const auto is_row = [&](const char* key) {
    return std::any_of(methods.begin(), methods.end(), [&](const TableMethod& m) { return m.key == key; });
  };
  for (const TableMethod& m : methods) {
    TableRow row{m.name, {}, cases.size() == table.cases.size() ? m.published_mean : "", m.reference};
    RunWarnings warnings;
    for (const TableCase& c : cases) {
      TableCell cell, at_random;
      FoundClusters clusters;
      if (const auto p = m.published.find(c.name); p != m.published.end()) cell.published = p->second;
      for (const TableRun& run : runs) {
        if (run.method != &m || run.on != &c) continue;
        const Results results = read_results(out / run.folder);
        const auto auc = results.rate("auc");
        if (!auc) continue;
        cell.values.push_back(*auc);
        cell.runs.push_back(run.folder.string());
        if (const auto best = results.entries().find("best_epoch"))
          cell.best.push_back(best->as<double>("auc"));
        seconds += seconds_of(run, results);
        if (const auto untrained = results.rate("untrained_auc")) at_random.values.push_back(*untrained);
        clusters.add(results);
        warnings.add(results);
        if (is_width_search(results)) row.note = searched_width;
      }
      if (const std::string found = clusters.text(); !found.empty())
        row.note += (row.note.empty() ? "" : "; ") + c.name + ": " + found;
      row.cells.push_back(cell);
      if (&m == &methods.front()) untrained.cells.push_back(at_random);
    }
    warnings.tell(m.name, result.warnings);
    result.rows.push_back(row);
  }
  if (!is_row("untrained") && std::any_of(untrained.cells.begin(), untrained.cells.end(),
                                          [](const TableCell& c) { return !c.values.empty(); }))
    result.rows.push_back(untrained);
  for (const TableCase& c : cases) {
    if (is_row("distance-to-mean")) break;
    // As the table's first method prepares the data, whichever rows are asked for.
    const TableRun run =
        planned_run(options, table.methods.front(), c, seeds_of(options).first, out, changed);
    mean.cells.push_back({{distance_to_mean_auc(run, load_task(run.options.options))}, ""});
  }
  if (!mean.cells.empty()) result.rows.push_back(mean);
  result.seconds = counted(static_cast<int64_t>(runs.size()), "run") + ", " + number_text(seconds, 3) +
                   " s of training on one thread each";
  return result;
}

}  // namespace

void check_counts_and_device(const ReproduceOptions& options) {
  constexpr int64_t most_jobs = 1024;
  seeds_of(options);
  if (options.jobs < 0 || options.jobs > most_jobs)
    throw UsageError("--jobs is " + std::to_string(options.jobs) + "; expected 1 to " +
                     std::to_string(most_jobs) + ", or 0 for one for each processor");
  make_backend({.device = options.device, .threads = 1});
}

bool run_reproduce(const ReproduceOptions& options) {
  if (options.stated && options.verify)
    throw UsageError("--stated shows what the ledger states, --verify runs it again: one at a time");
  if (options.table.empty() && options.stated) {
    if (!options.out.empty() || !options.ledger.empty() || !options.methods.empty() ||
        !options.classes.empty())
      throw UsageError("--stated without a table lists those of the ledger; name the one to show or write");
    list_stated();
    return true;
  }
  if (options.table.empty()) throw UsageError("name a table: svdd reproduce --help lists them");
  seeds_of(options);
  if (!options.stated) check_counts_and_device(options);
  if (options.sample && *options.sample < 1)
    throw UsageError("--sample is " + std::to_string(*options.sample) + "; expected 1 or more");
  if (options.sample_seed && !options.sample)
    throw UsageError("--sample-seed chooses the cells of --sample, which is not given");
  if (!options.ledger.empty() && !options.verify && !options.stated)
    throw UsageError("--ledger names the cells that --verify runs again, and --stated shows");
  if (options.sample && !options.verify)
    throw UsageError("--sample is of the cells that --verify runs again");
  const bool of_ledger = options.verify || options.stated;
  if (of_ledger && !options.changed.empty())
    throw UsageError(std::string(options.verify ? "--verify runs" : "--stated shows") +
                     " cells as the ledger states them: --" + options.changed.begin()->first +
                     " cannot be changed");
  if (of_ledger && options.auc_per_epoch)
    throw UsageError("--auc-per-epoch is of runs made here: the ledger has the last epoch alone");
  const PublishedTable& table = published_table(options.table);
  if (!of_ledger) {
    fill_table(table, options);
    return true;
  }
  const std::vector<TableMethod> methods =
      options.methods.empty() ? table.methods : chosen_methods(table, options.methods);
  const std::vector<TableCase> cases = chosen_cases(table, options.classes);
  if (options.verify) return verify_ledger(options, table, methods, cases);
  show_stated(options, table, methods, cases);
  return true;
}

void fill_table(const PublishedTable& table, const ReproduceOptions& options) {
  check_counts_and_device(options);
  const std::vector<TableMethod> methods = chosen_methods(table, options.methods);
  const std::vector<TableCase> cases = chosen_cases(table, options.classes);
  const fs::path out = options.out.empty() ? fs::path("runs") / table.name : fs::path(options.out);
  std::vector<TableRun> runs = planned_runs(options, methods, cases, out);

  const TableFolder folder(out);
  const std::string lacks = make_runs(runs, table, options, out, folder);

  ResultTable result = collected(table, methods, cases, runs, out, options);
  result.command = options.command;
  if (options.auc_per_epoch && std::any_of(runs.begin(), runs.end(), [&](const TableRun& run) {
        return method_takes(run.options.options.method, "auc-per-epoch") &&
               !read_results(out / run.folder).entries().find("best_epoch");
      }))
    std::cerr << "some runs were made without --auc-per-epoch before, and their rows have no best epoch: "
                 "another --out "
                 "makes them anew"
              << std::endl;
  if (!lacks.empty()) {
    std::erase_if(result.rows, [](const TableRow& row) {
      return std::all_of(row.cells.begin(), row.cells.end(),
                         [](const TableCell& c) { return c.values.empty(); });
    });
    result.note += " Not in the table, because they could not be trained: " + lacks + ".";
  }
  if (options.ranked) rank(result);
  engine::write_file_atomically(out / "table.csv", as_csv(result));
  engine::write_file_atomically(out / "table.md", as_markdown(result), engine::Durability::rebuildable);
  engine::write_file_atomically(out / "table.html", as_html(result), engine::Durability::rebuildable);
  std::vector<LedgerRow> ledger;
  for (const TableRun& run : runs) ledger.push_back(ledger_row(table.name, run, out, options.changed));
  engine::write_file_atomically(out / "ledger.csv", ledger_csv(ledger), engine::Durability::rebuildable);
  std::cout << as_text(result);
  if (!lacks.empty()) throw std::runtime_error("all others are in the table; " + lacks);
}

}  // namespace tools
