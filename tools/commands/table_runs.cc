#include "tools/commands/table_runs.h"

#include <charconv>
#include <chrono>
#include <functional>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>

#include "engine/backends/cpu/cpu.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/folder_lock.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "svdd/baselines/kernel_width_search.h"
#include "svdd/baselines/mean_distance.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/methods/method.h"
#include "svdd/training/pretraining_store.h"
#include "svdd/training/side_by_side.h"
#include "tools/arguments.h"
#include "tools/commands/counted.h"
#include "tools/report/svg_chart.h"
#include "tools/run/stop_signal.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

// What a finished run says of itself; std::runtime_error where its files are damaged.
struct SaidByRun {
  nlohmann::json config;
  std::optional<double> trained_on;  // samples
};

SaidByRun said_by_finished(const fs::path& folder) {
  const Results results = read_results(folder);
  check_results(results);
  SaidByRun said{engine::read_json_object(folder / "config.json"), results.number("n_train")};
  if (!said.config.contains("method") || !said.config.contains("data"))
    throw std::runtime_error(engine::in_quotes(folder / "config.json") + " does not say what was run");
  return said;
}

// A run that this table would not make is not taken over.
void require_the_tables_own(const TableRun& run, const fs::path& folder, const SaidByRun& said) {
  TrainOptions wanted = run.options.options;
  if (said.trained_on)  // as the run fitted its options to its data
    wanted.settings.fit_to_size(static_cast<int64_t>(*said.trained_on),
                                [&](const std::string& name) { return run.options.names(name); });
  const std::string other = difference(said.config, wanted);
  if (!other.empty())
    throw std::runtime_error(engine::in_quotes(folder) + " is a run with " + other +
                             ": one table holds one configuration; name another folder with --out");
}

// std::runtime_error where results or model are not a finished run's; `examined`: or are not what they say of each other.
void check_finished(const fs::path& folder, bool examined) {
  check_run(folder);
  const Results results = read_results(folder);
  if (!results.rate("auc")) results.refuse("gives no auc");  // every cell is tested against anomalies
  if (!examined || !results.all().contains("weights_sha256")) return;
  for (const Finding& finding : findings_about(folder, {.alone = false, .data = false}, {.threads = 1}))
    if (finding.kind == Finding::Kind::fails)
      throw std::runtime_error(engine::in_quotes(folder) + " is not sound: " + finding.what);
}

// Whether the run is there already. One that is damaged is said and begins anew.
bool finished(TableRun& run, const fs::path& out, bool examined) {
  const fs::path folder = out / run.folder;
  if (!engine::file_exists(folder)) return false;
  settle_run_folder(folder);
  if (!engine::file_exists(folder / "results.json")) return false;
  const auto passes = [&](const std::function<void()>& check) {
    try {
      check();
      return true;
    } catch (const std::runtime_error& error) {
      std::cerr << "a run begins anew: " << error.what() << std::endl;
      run.start = Start::anew;
      return false;
    }
  };
  SaidByRun said;
  if (!passes([&] { said = said_by_finished(folder); })) return false;
  require_the_tables_own(run, folder, said);
  if (!passes([&] { check_finished(folder, examined); })) return false;
  complete_run(folder);
  return true;
}

// The published protocol of the kernel methods: the width that ranks a tenth of the test set best.
void run_with_searched_width(const TableRun& run, const fs::path& folder) {
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

// The plain distance to the mean, as results.json of a run that has nothing else.
void run_distance_to_mean(const TableRun& run, const fs::path& folder) {
  RunOutput output(folder);
  output.begin(engine::json_text(to_json(run.options.options), 2) + '\n');
  const auto begin = std::chrono::steady_clock::now();
  const Task task = load_task(run.options.options);
  ordered_json results{{"method", run.options.options.method},
                       {"auc", distance_to_mean_auc(run, task)},
                       {"distance_to_mean", true}};
  for (const auto& [key, samples] :
       {std::pair{"train_data_sha256", &task.split.train}, std::pair{"test_data_sha256", &task.split.test}})
    results[key] = svdd::values_sha256(samples->values);
  results["train_seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  engine::write_file_atomically(output.file("results.json"), engine::json_text(results, 2) + '\n');
  output.keep();
}

double perform(const TableRun& run, const fs::path& out, svdd::PretrainingStore& pretrainings,
               bool search_widths) {
  engine::check_stop();
  const TrainOptions& o = run.options.options;
  if (run.method->mean_distance)
    run_distance_to_mean(run, out / run.folder);
  else if (const auto* kernel = o.settings.as<svdd::KernelSvddOptions>();
           search_widths && kernel && kernel->gamma == 0)
    run_with_searched_width(run, out / run.folder);
  else
    perform_run(run.options, {"svdd", "reproduce"}, run.start, &pretrainings);
  return read_results(out / run.folder).rate("auc").value_or(-1);
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

// Says which runs are done, and how long the others may take.
class Count {
 public:
  Count(size_t total, size_t done) : total_(total), done_(done), before_(done) {}
  void finished(const TableRun& run, double auc) {
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

struct Failure {
  const TableRun* run;
  std::string why;
};

// Takes those that failed from the runs, and says which methods the table lacks; the first failure where nothing is left.
std::string without_failed(std::vector<TableRun>& runs, const std::vector<Failure>& failures) {
  std::map<std::string, std::string> why;
  for (const Failure& f : failures) why.emplace(f.run->method->name, f.why);
  if (failures.size() == runs.size()) throw std::runtime_error(failures.front().why);
  std::set<const TableRun*> failed;
  for (const Failure& f : failures) failed.insert(f.run);
  std::vector<TableRun> others;
  for (TableRun& run : runs)
    if (!failed.contains(&run)) others.push_back(std::move(run));
  runs = std::move(others);
  std::string text;
  for (const auto& [method, reason] : why) text += (text.empty() ? "" : "; ") + method + ": " + reason;
  return text;
}

// "--recipe theano --epochs 2"
std::string as_options(const GivenOptions& changed) {
  std::string text;
  for (const auto& [name, values] : changed)
    if (!values.empty()) text += (text.empty() ? "--" : " --") + name + " " + values.back();
  return text;
}

}  // namespace

double distance_to_mean_auc(const TableRun& run, const Task& task) {
  const TrainOptions& o = run.options.options;
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

bool is_width_search(const Results& results) {
  return results.all().contains("gamma") && !results.all().contains("weights_sha256");
}

TableFolder::TableFolder(const fs::path& out) : out_(out) {
  for (const char* foreign : {"results.json", "model.json", "table.csv", "ledger.csv"})
    if (!engine::file_exists(out / "runs") && engine::file_exists(out / foreign))
      throw std::runtime_error(engine::in_quotes(out) + " holds " + foreign +
                               " and is no table's folder: name another with --out");
  made_ = engine::absolute_path(out / "runs").lexically_normal();
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

TableFolder::~TableFolder() { remove_empty(made_); }

void TableFolder::make(const fs::path& folder) const {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw std::runtime_error("the table cannot go to " + engine::in_quotes(out_) + ": cannot make " +
                             engine::in_quotes(folder) + ": " + error.message());
}

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

TableRun planned_run(const ReproduceOptions& options, const TableMethod& m, const TableCase& c, uint64_t seed,
                     const fs::path& out, const GivenOptions& changed, const std::string& suffix) {
  TableRun run{
      &m, &c, seed, fs::path("runs") / m.key / c.name / ("seed-" + std::to_string(seed) + suffix), {}};
  GivenOptions given = m.options;
  given.insert(c.options.begin(), c.options.end());
  if (given.contains("labels") && given["labels"][0] == "kmeans")  // is told how many kinds there are
    given["clusters"] = {std::to_string(comma_separated(given["normal"][0]).size())};
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

std::string make_runs(std::vector<TableRun>& runs, const PublishedTable& table,
                      const ReproduceOptions& options, const fs::path& out, const TableFolder& folder,
                      bool stays) {
  std::vector<const TableRun*> open;
  for (TableRun& run : runs)
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
  for (const TableRun* run : open)
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
  for (const TableRun* run : open) folder.make(out / run->folder.parent_path());
  try {
    const StopNotice notice(false);
    svdd::run_side_by_side(work, jobs);
  } catch (const engine::Stopped&) {
    const auto is_kept = [&](const TableRun& run) {
      return engine::file_exists(out / run.folder / "config.json");
    };
    if (!stays || std::none_of(runs.begin(), runs.end(), is_kept)) throw;
    throw StoppedWithWorkKept("what is done is kept: the same command goes on from there");
  }
  return failures.empty() ? "" : without_failed(runs, failures);
}

double seconds_of(const TableRun& run, const Results& results) {
  const bool taken = results.flag("pretraining_taken");
  const bool nothing_else = run.options.options.method == "autoencoder";
  return (taken ? 0 : results.number("pretrain_seconds").value_or(0)) +
         (taken && nothing_else ? 0 : results.number("train_seconds").value_or(0));
}

LedgerRow ledger_row(const std::string& table, const TableRun& run, const fs::path& out,
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

}  // namespace tools
