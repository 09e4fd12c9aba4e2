#include "tools/commands/reproduce.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <iostream>
#include <mutex>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

#include "engine/backends/cpu/cpu.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/folder_lock.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "engine/files/passing_folder.h"
#include "engine/random.h"
#include "svdd/baselines/kernel_width_search.h"
#include "svdd/baselines/mean_distance.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/training/pretraining_store.h"
#include "svdd/training/side_by_side.h"
#include "tools/arguments.h"
#include "tools/commands/counted.h"
#include "tools/commands/csv_files.h"
#include "tools/commands/train.h"
#include "tools/input/task.h"
#include "tools/report/svg_chart.h"
#include "tools/run/run_folder.h"
#include "tools/run/run_output.h"
#include "tools/run/stop_signal.h"
#include "tools/tables/ledger.h"
#include "tools/tables/published_tables.h"
#include "tools/tables/table_output.h"
#include "tools/usage_error.h"
#include "tools/verify/soundness.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    words.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// The rows asked for, in the table's order.
std::vector<TableMethod> chosen_methods(const PublishedTable& table, const std::string& asked) {
  const std::vector<std::string> keys = asked.empty() ? table.own : words_of(asked);
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
  const std::vector<std::string> words = words_of(asked);
  const auto among = [&](const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  std::vector<TableCase> chosen;
  std::set<std::string> used;
  for (const TableCase& c : table.cases) {
    const auto normal = c.options.find("normal");
    const std::vector<std::string> classes =
        normal == c.options.end() ? std::vector<std::string>{} : words_of(normal->second[0]);
    const bool all = !classes.empty() && std::all_of(classes.begin(), classes.end(), among);
    if (!all && !among(c.name)) continue;
    chosen.push_back(c);
    used.insert(classes.begin(), classes.end());
    used.insert(c.name);
  }
  std::string list;
  for (const TableCase& c : table.cases) list += (list.empty() ? "" : ", ") + c.name;
  for (const std::string& word : words)
    if (!used.contains(word))
      throw UsageError("--classes: " + table.name + " has no case for " + engine::in_quotes(word) +
                       "; it has " + list);
  return chosen;
}

struct Run {
  const TableMethod* method;
  const TableCase* on;
  uint64_t seed;
  fs::path folder;  // relative to the table's
  ResolvedOptions options;
  Start start = Start::go_on;
};

// Whether the run is there already. One that is damaged is said and begins anew; one that is not the run which this
// table would make is not taken over. `examined`: whether its files are to be what its results say of them, too.
bool finished(Run& run, const fs::path& out, bool examined) {
  const fs::path folder = out / run.folder;
  if (!engine::file_exists(folder)) return false;
  settle_run_folder(folder);
  if (!engine::file_exists(folder / "results.json")) return false;
  const auto damage = [&](const std::function<void()>& check) {
    try {
      check();
      return false;
    } catch (const std::runtime_error& error) {
      std::cerr << "a run begins anew: " << error.what() << std::endl;
      run.start = Start::anew;
      return true;
    }
  };
  nlohmann::json config;
  std::optional<double> trained_on;
  if (damage([&] {
        const Results results = read_results(folder);
        check_results(results);
        trained_on = results.number("n_train");
        config = engine::read_json_object(folder / "config.json");
        if (!config.contains("method") || !config.contains("data"))
          throw std::runtime_error(engine::in_quotes(folder / "config.json") + " does not say what was run");
      }))
    return false;
  TrainOptions wanted = run.options.options;
  if (trained_on)  // as the run fitted its options to its data
    wanted.settings.fit_to_size(static_cast<int64_t>(*trained_on),
                                [&](const std::string& name) { return run.options.names(name); });
  const std::string other = difference(config, wanted);
  if (!other.empty())
    throw std::runtime_error(engine::in_quotes(folder) + " is a run with " + other +
                             ": one table holds one configuration; name another folder with --out");
  if (damage([&] {
        check_run(folder);
        const Results results = read_results(folder);
        if (!results.rate("auc")) results.refuse("gives no auc");  // every cell is tested against anomalies
        if (!examined || !results.all().contains("weights_sha256")) return;
        for (const Finding& finding : findings_about(folder, {.alone = false, .data = false}, {.threads = 1}))
          if (finding.kind == Finding::Kind::fails)
            throw std::runtime_error(engine::in_quotes(folder) + " is not sound: " + finding.what);
      }))
    return false;
  complete_run(folder);
  return true;
}

// `changed`: options in place of the published ones.
Run planned_run(const ReproduceOptions& options, const TableMethod& m, const TableCase& c, uint64_t seed,
                const fs::path& out, const fs::path& folder, const GivenOptions& changed) {
  Run run{&m, &c, seed, folder, {}};
  GivenOptions given = m.options;
  given.insert(c.options.begin(), c.options.end());
  if (given.contains("labels") && given["labels"][0] == "kmeans")  // is told how many kinds there are
    given["clusters"] = {std::to_string(words_of(given["normal"][0]).size())};
  if (!options.data_dir.empty()) given["data-dir"] = {options.data_dir};
  given["seed"] = {std::to_string(seed)};
  given["threads"] = {"1"};
  given["device"] = {options.device};
  given["quiet"] = {"true"};
  if (options.auc_per_epoch && method_takes(m.options.at("method")[0], "auc-per-epoch"))
    given["auc-per-epoch"] = {"true"};
  given["out"] = {(out / run.folder).string()};
  for (const auto& [name, values] : changed)
    if (method_takes(m.options.at("method")[0], name)) given[name] = values;
  run.options = resolve_train_options(given);
  return run;
}

struct Seeds {
  uint64_t first, last;
};

// "N": 1 to N; "A..B": A to B.
Seeds seeds_of(const ReproduceOptions& options) {
  constexpr uint64_t most = 1000;
  const std::string_view text = options.seeds;
  const size_t dots = text.find("..");
  Seeds seeds{1, 0};
  const auto read = [](std::string_view digits, uint64_t& to) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), to);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  const bool read_all = dots == std::string_view::npos ? read(text, seeds.last)
                                                       : read(text.substr(0, dots), seeds.first) &&
                                                             read(text.substr(dots + 2), seeds.last);
  if (!read_all || seeds.first < 1 || seeds.first > seeds.last || seeds.last > most)
    throw UsageError("--seeds is " + engine::in_quotes(options.seeds) +
                     "; expected N, for seeds 1 to N, or A..B, for A to B, with numbers from 1 to " +
                     std::to_string(most));
  return seeds;
}

fs::path folder_of(const TableMethod& m, const TableCase& c, uint64_t seed) {
  return fs::path("runs") / m.key / c.name / ("seed-" + std::to_string(seed));
}

std::vector<Run> planned_runs(const ReproduceOptions& options, const std::vector<TableMethod>& methods,
                              const std::vector<TableCase>& cases, const fs::path& out) {
  std::vector<Run> runs;
  const Seeds seeds = seeds_of(options);
  // Method by method: runs of one case and seed share their pretraining, and would wait for each other.
  for (const TableMethod& m : methods)
    for (const TableCase& c : cases)
      for (uint64_t seed = seeds.first; seed <= seeds.last; ++seed)
        runs.push_back(planned_run(options, m, c, seed, out, folder_of(m, c, seed), options.changed));
  return runs;
}

// The published protocol of the kernel methods: the width that ranks a tenth of the test set best.
void run_with_searched_width(const Run& run, const fs::path& folder) {
  const TrainOptions& o = run.options.options;
  const auto backend = make_backend(o.backend);
  const Task task = load_task(o);
  RunOutput output(folder);
  output.begin(engine::json_text(to_json(o), 2) + '\n');
  svdd::Monitor silent;
  const auto begin = std::chrono::steady_clock::now();
  const auto found = svdd::search_kernel_width(
      task.split.train, task.split.test, task.split.test_labels, *o.settings.as<svdd::KernelSvddOptions>(),
      svdd::published_kernel_widths(), o.settings.seed(), *backend, silent);
  ordered_json results{{"method", o.method}, {"auc", found.rest_auc}, {"gamma", found.gamma}};
  results["train_seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  engine::write_file_atomically(output.file("results.json"), engine::json_text(results, 2) + '\n');
  output.keep();
}

double perform(const Run& run, const fs::path& out, svdd::PretrainingStore& pretrainings,
               bool search_widths) {
  engine::check_stop();
  const TrainOptions& o = run.options.options;
  if (const auto* kernel = o.settings.as<svdd::KernelSvddOptions>();
      search_widths && kernel && kernel->gamma == 0)
    run_with_searched_width(run, out / run.folder);
  else
    perform_run(run.options, {"svdd", "reproduce"}, run.start, &pretrainings);
  return read_results(out / run.folder).rate("auc").value_or(-1);
}

// The plain distance to the mean of the training data: what any method should beat. With all features, prepared as the first
// method's; of one's own data as for nearest neighbours, so that it is one figure whichever methods it stands beside.
double distance_to_mean_auc(const Run& run) {
  const TrainOptions& o = run.options.options;
  const Task task = load_task(o);
  datasets::PreprocessingOptions how =
      (o.traits.own ? svdd::method_named("knn").published(o.traits, svdd::Recipe{}) : o.settings)
          .preprocessing();
  how.pca = 0;
  const auto prepare = datasets::Preprocessing::fit(how, task.split.train);
  datasets::Samples train = task.split.train, test = task.split.test;
  prepare.apply(train);
  prepare.apply(test);
  return svdd::roc_auc(svdd::distances_to_mean(train, test), task.split.test_labels);
}

// What the run itself has spent; a pretraining that it took from another is that one's.
double seconds_of(const Run& run, const Results& results) {
  const bool taken = results.flag("pretraining_taken");
  const bool nothing_else = run.options.options.method == "autoencoder";
  return (taken ? 0 : results.number("pretrain_seconds").value_or(0)) +
         (taken && nothing_else ? 0 : results.number("train_seconds").value_or(0));
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

// "--recipe theano --epochs 2"
std::string as_options(const GivenOptions& changed) {
  std::string text;
  for (const auto& [name, values] : changed)
    if (!values.empty()) text += (text.empty() ? "--" : " --") + name + " " + values.back();
  return text;
}

LedgerRow ledger_row(const std::string& table, const Run& run, const fs::path& out,
                     const GivenOptions& changed) {
  const Results results = read_results(out / run.folder);
  const auto& o = run.options.options;
  GivenOptions that_count;
  for (const auto& [name, values] : changed)
    if (method_takes(o.method, name)) that_count[name] = values;
  return {.table = table,
          .method = run.method->key,
          .on = run.on->name,
          .seed = run.seed,
          .auc = results.rate("auc").value_or(0),
          .weights_sha256 = results.text("weights_sha256"),
          .scores_sha256 = results.text("scores_sha256"),
          .data_sha256 =
              results.all().contains("train_data_sha256")
                  ? data_fingerprint(results.text("train_data_sha256"), results.text("test_data_sha256"))
                  : "",
          .receipt = outside_receipt(o.backend).empty() ? svdd::receipt_number : 0,
          .version = results.text("version").empty() ? SVDD_VERSION : results.text("version"),
          .machine = results.text("backend"),
          .seconds = seconds_of(run, results),
          .options = as_options(that_count)};
}

// What is not as published. Both recipes are; the title says which.
std::string text_of(const GivenOptions& changed) {
  std::string text;
  for (const auto& [name, values] : changed)
    if (!values.empty() && name != "recipe")
      text += (text.empty() ? "--" : ", --") + name + " " + values.back();
  return text;
}

ResultTable collected(const PublishedTable& table, const std::vector<TableMethod>& methods,
                      const std::vector<TableCase>& cases, const std::vector<Run>& runs, const fs::path& out,
                      const GivenOptions& changed) {
  ResultTable result{table.title, table.source, table.note, text_of(changed), {}, {}};
  result.chosen = table.chosen;
  if (changed.contains("recipe")) result.title += " (recipe " + changed.at("recipe").back() + ")";
  for (const TableCase& c : cases) result.cases.push_back(c.name);
  double seconds = 0;
  TableRow untrained{"untrained network", {}, "", true}, mean{"distance to the mean", {}, "", true};
  for (const TableMethod& m : methods) {
    TableRow row{m.name, {}, cases.size() == table.cases.size() ? m.published_mean : ""};
    for (const TableCase& c : cases) {
      TableCell cell, at_random;
      FoundClusters clusters;
      if (const auto p = m.published.find(c.name); p != m.published.end()) cell.published = p->second;
      for (const Run& run : runs) {
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
      }
      if (const std::string found = clusters.text(); !found.empty())
        row.note += (row.note.empty() ? "" : "; ") + c.name + ": " + found;
      row.cells.push_back(cell);
      if (&m == &methods.front()) untrained.cells.push_back(at_random);
    }
    result.rows.push_back(row);
  }
  if (std::any_of(untrained.cells.begin(), untrained.cells.end(),
                  [](const TableCell& c) { return !c.values.empty(); }))
    result.rows.push_back(untrained);
  for (const TableCase& c : cases) {
    const auto run = std::find_if(runs.begin(), runs.end(), [&](const Run& r) { return r.on == &c; });
    mean.cells.push_back({{distance_to_mean_auc(*run)}, ""});
  }
  result.rows.push_back(mean);
  result.seconds = counted(static_cast<int64_t>(runs.size()), "run") + ", " + number_text(seconds, 3) +
                   " s of training on one thread each";
  return result;
}

// Folders that hold nothing but such folders go.
void remove_empty(const fs::path& folder) noexcept {
  std::error_code ignored;
  std::vector<fs::path> below;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored))
    if (entry->is_directory(ignored) && !entry->is_symlink(ignored)) below.push_back(entry->path());
  for (const fs::path& path : below) remove_empty(path);
  fs::remove(folder, ignored);
}

// The table's folder: held against other processes, with the folders of its runs; what is empty of them in the end
// goes again.
class TableFolder {
 public:
  explicit TableFolder(const fs::path& out) : out_(out) {
    for (const char* foreign : {"results.json", "model.json", "table.csv", "ledger.csv"})
      if (!engine::file_exists(out / "runs") && engine::file_exists(out / foreign))
        throw std::runtime_error(engine::in_quotes(out) + " holds " + foreign +
                                 " and is no table's folder: name another with --out");
    made_ = engine::absolute_path(out / "runs").lexically_normal();  // the outermost that is not there yet
    while (!engine::file_exists(made_) && !engine::file_exists(made_.parent_path()))
      made_ = made_.parent_path();
    constexpr int tries = 10;  // another process may take away the folders that it made
    for (int i = 0; i < tries && (i == 0 || !lock_->holds(out)); ++i) {
      lock_.reset();
      make(out / "runs");
      lock_.emplace(out);
    }
    const auto of_table = [](const std::string& name) {
      return name == "table.csv" || name == "table.md" || name == "table.html" || name == "ledger.csv";
    };
    engine::remove_partial_files(out, of_table);
    engine::remove_partial_files(out / "pretrained",
                                 [](const std::string& name) { return name.ends_with(".safetensors"); });
  }
  ~TableFolder() { remove_empty(made_); }
  TableFolder(const TableFolder&) = delete;
  TableFolder& operator=(const TableFolder&) = delete;

  // Runs beside each other share folders, so these are made before any run and not by one, which would take them away
  // from another if it failed.
  void make(const fs::path& folder) const {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
      throw std::runtime_error("the table cannot go to " + engine::in_quotes(out_) + ": cannot make " +
                               engine::in_quotes(folder) + ": " + error.message());
  }

 private:
  fs::path out_, made_;
  std::optional<engine::FolderLock> lock_;
};

// Says which runs are done, and how long the others may take.
class Count {
 public:
  Count(size_t total, size_t done) : total_(total), done_(done), before_(done) {}
  void finished(const Run& run, double auc) {
    const std::lock_guard lock(mutex_);
    ++done_;
    const double spent = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    const double left = spent / static_cast<double>(done_ - before_) * static_cast<double>(total_ - done_);
    std::cerr << "[" << done_ << "/" << total_ << "] " << run.method->name << ", " << run.on->name
              << ", seed " << run.seed << ": "
              << (auc < 0 ? "no AUC" : "AUC " + fixed_text(100 * auc, 2) + " %")
              << (done_ < total_ ? ", about " + number_text(left, 2) + " s left" : "") << std::endl;
  }

 private:
  std::mutex mutex_;
  size_t total_, done_, before_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace

namespace {

struct Failure {
  const Run* run;
  std::string why;
};

// Takes those that failed from the runs, and says which methods the table lacks; the first failure where nothing is left.
std::string without_failed(std::vector<Run>& runs, const std::vector<Failure>& failures) {
  std::map<std::string, std::string> why;
  for (const Failure& f : failures) why.emplace(f.run->method->name, f.why);
  if (failures.size() == runs.size()) throw std::runtime_error(failures.front().why);
  std::set<const Run*> failed;
  for (const Failure& f : failures) failed.insert(f.run);
  std::vector<Run> others;
  for (Run& run : runs)
    if (!failed.contains(&run)) others.push_back(std::move(run));
  runs = std::move(others);
  std::string text;
  for (const auto& [method, reason] : why) text += (text.empty() ? "" : "; ") + method + ": " + reason;
  return text;
}

// Makes the runs that are not finished, beside each other; `stays`: in a folder that is still there afterwards. Returns what is
// said of those that failed, where the table goes on without them; they are taken from `runs`.
std::string make(std::vector<Run>& runs, const PublishedTable& table, const ReproduceOptions& options,
                 const fs::path& out, const TableFolder& folder, bool stays = true) {
  std::vector<const Run*> open;
  for (Run& run : runs)
    if (!finished(run, out, options.verify)) open.push_back(&run);
  const int jobs = options.jobs > 0 ? static_cast<int>(options.jobs) : engine::machine_threads();
  std::cerr << table.title << ": " << counted(static_cast<int64_t>(runs.size()), "run") << ", "
            << runs.size() - open.size() << " of them done before; " << jobs << " at once, in "
            << engine::in_quotes(out) << std::endl;
  svdd::PretrainingStore pretrainings(
      out / "pretrained", {{"version", SVDD_VERSION}, {"tf32", options.changed.contains("tf32")}});
  Count count(runs.size(), runs.size() - open.size());
  std::vector<std::function<void()>> work;
  std::mutex failing;
  std::vector<Failure> failures;
  for (const Run* run : open)
    work.push_back([&, run] {
      try {
        count.finished(*run, perform(*run, out, pretrainings, options.search_widths));
      } catch (const engine::Stopped&) {
        throw;
      } catch (const std::exception& error) {
        if (!options.goes_on_without || dynamic_cast<const std::bad_alloc*>(&error)) throw;
        const std::lock_guard lock(failing);
        failures.push_back({run, error.what()});
      }
    });
  for (const Run* run : open) folder.make(out / run->folder.parent_path());
  try {
    const StopNotice notice(false);
    svdd::run_side_by_side(work, jobs);
  } catch (const engine::Stopped&) {
    const auto is_kept = [&](const Run& run) {
      return engine::file_exists(out / run.folder / "config.json");
    };
    if (!stays || std::none_of(runs.begin(), runs.end(), is_kept)) throw;
    throw StoppedWithWorkKept("what is done is kept: the same command goes on from there");
  }
  return failures.empty() ? "" : without_failed(runs, failures);
}

// ---- the ledger's cells again

// "--recipe theano --epochs 2", as options.
GivenOptions options_in(const LedgerRow& row) {
  GivenOptions options;
  std::istringstream words(row.options);
  for (std::string name, value; words >> name;) {
    if (!name.starts_with("--") || !(words >> value))
      throw std::runtime_error("the ledger's options " + engine::in_quotes(row.options) +
                               " are not as svdd reproduce writes them");
    name.erase(0, 2);
    constexpr const char* changeable[] = {"recipe", "epochs", "ae-epochs", "limit", "batch-size", "tf32"};
    if (std::none_of(std::begin(changeable), std::end(changeable),
                     [&](const char* one) { return name == one; }))
      throw std::runtime_error("the ledger's options " + engine::in_quotes(row.options) + " hold --" + name +
                               ", which no table changes");
    options[name] = {value};
  }
  return options;
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
    const auto same = [&](const LedgerRow& other) {
      return other.method == row.method && other.on == row.on && other.seed == row.seed &&
             other.options == row.options;
    };
    if (std::any_of(rows.begin(), rows.end(), same))
      throw std::runtime_error("the ledger states the cell " + name_of(row) + " twice");
    rows.push_back(row);
  }
  if (rows.empty())
    throw std::runtime_error(
        (options.ledger.empty() ? std::string("the ledger") : engine::in_quotes(options.ledger)) +
        " has no cell of " + table.name +
        " for what was asked; without --verify svdd reproduce fills the table itself");
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

bool verify_ledger(const ReproduceOptions& options, const PublishedTable& table,
                   const std::vector<TableMethod>& methods, const std::vector<TableCase>& cases) {
  const std::vector<LedgerRow> rows = chosen_rows(options, table, methods, cases);
  std::optional<engine::PassingFolder> passing;
  if (options.out.empty()) passing.emplace("svdd-ledger");
  const fs::path out = options.out.empty() ? passing->path() / table.name : fs::path(options.out);
  std::vector<Run> runs;
  for (const LedgerRow& row : rows) {
    const auto method = std::find_if(methods.begin(), methods.end(),
                                     [&](const TableMethod& m) { return m.key == row.method; });
    const auto on =
        std::find_if(cases.begin(), cases.end(), [&](const TableCase& c) { return c.name == row.on; });
    const GivenOptions changed = options_in(row);
    std::string suffix = row.options;
    std::replace_if(
        suffix.begin(), suffix.end(), [](char c) { return c == ' ' || c == '/'; }, '_');
    fs::path folder = folder_of(*method, *on, row.seed);
    folder += suffix;
    runs.push_back(planned_run(options, *method, *on, row.seed, out, folder, changed));
  }
  {
    const TableFolder folder(out);
    make(runs, table, options, out, folder, !options.out.empty());
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
  if (options.table.empty()) throw UsageError("name a table: svdd reproduce --help lists them");
  check_counts_and_device(options);
  if (options.sample && *options.sample < 1)
    throw UsageError("--sample is " + std::to_string(*options.sample) + "; expected 1 or more");
  if (options.sample_seed && !options.sample)
    throw UsageError("--sample-seed chooses the cells of --sample, which is not given");
  if (!options.ledger.empty() && !options.verify)
    throw UsageError("--ledger names the cells that --verify runs again");
  if (options.sample && !options.verify)
    throw UsageError("--sample is of the cells that --verify runs again");
  if (options.verify && !options.changed.empty())
    throw UsageError("--verify runs cells as the ledger states them: --" + options.changed.begin()->first +
                     " cannot be changed");
  const PublishedTable& table = published_table(options.table);
  if (options.verify)
    return verify_ledger(options, table,
                         options.methods.empty() ? table.methods : chosen_methods(table, options.methods),
                         chosen_cases(table, options.classes));
  fill_table(table, options);
  return true;
}

void fill_table(const PublishedTable& table, const ReproduceOptions& options) {
  check_counts_and_device(options);
  const std::vector<TableMethod> methods = chosen_methods(table, options.methods);
  const std::vector<TableCase> cases = chosen_cases(table, options.classes);
  const fs::path out = options.out.empty() ? fs::path("runs") / table.name : fs::path(options.out);
  std::vector<Run> runs = planned_runs(options, methods, cases, out);

  const TableFolder folder(out);
  const std::string lacks = make(runs, table, options, out, folder);

  ResultTable result = collected(table, methods, cases, runs, out, options.changed);
  result.command = options.command;
  if (options.auc_per_epoch && std::any_of(runs.begin(), runs.end(), [&](const Run& run) {
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
  for (const Run& run : runs) ledger.push_back(ledger_row(table.name, run, out, options.changed));
  engine::write_file_atomically(out / "ledger.csv", ledger_csv(ledger), engine::Durability::rebuildable);
  std::cout << as_text(result);
  if (!lacks.empty()) throw std::runtime_error("all others are in the table; " + lacks);
}

}  // namespace tools
