#include "tools/evaluate.h"

#include <iostream>
#include <optional>

#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "svdd/model_folder.h"
#include "svdd/receipt.h"
#include "tools/csv_files.h"
#include "tools/options.h"
#include "tools/own_input.h"
#include "tools/results.h"
#include "tools/task.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

// The config.json of the run that the model is of, which lies beside its model folder; empty where there is
// none.
fs::path config_of_run(const fs::path& model) {
  std::error_code unknown;
  const fs::path given = svdd::model_folder_of(model), real = fs::weakly_canonical(given, unknown);
  const fs::path folder = unknown ? given : real;
  const fs::path config = folder.parent_path() / "config.json";
  std::error_code error;
  return fs::exists(config, error) ? config : fs::path();
}

// Data, normal classes and seed of the run, with what the command line says in their place.
TrainOptions options_of_run(const EvaluateOptions& options) {
  GivenOptions given;
  if (!options.data.empty()) given["data"] = {options.data};
  if (!options.data_dir.empty()) given["data-dir"] = {options.data_dir};
  if (!options.normal.empty()) given["normal"] = {options.normal};
  given["out"] = {options.model};  // nothing is written there: an evaluation is no run
  TrainOptions of_run = resolve_train_options(given, config_of_run(options.model)).options;
  if (!options.data.empty()) of_run.test_fraction.reset();  // it was said of other data
  of_run.limit = 1;  // training samples: none are needed, only that there are some
  return of_run;
}

}  // namespace

void run_evaluate(const EvaluateOptions& options) {
  if (options.model.empty())
    throw UsageError("--model is missing: name the folder that svdd train --out wrote");
  const std::unique_ptr<engine::Backend> backend = make_backend(options.backend);
  std::optional<engine::AtomicFile> output,
      scores_file;  // opened first: what cannot be written is not worth computing
  for (const auto& [option, path] : {std::pair{"--output", options.output}, {"--scores", options.scores}}) {
    refuse_own_input(option, path, {options.data});
    refuse_file_of_run(option, path, options.model);
  }
  if (!options.output.empty() &&
      (options.output == options.scores || engine::same_file(options.output, options.scores)))
    throw UsageError("--output and --scores name one file, " + engine::in_quotes(options.output));
  if (!options.output.empty()) output.emplace(options.output);
  if (!options.scores.empty()) scores_file.emplace(options.scores);
  const std::unique_ptr<svdd::Detector> detector = svdd::load_detector(options.model, *backend);
  const TrainOptions of_run = options_of_run(options);
  const Task task = load_task(of_run);
  for (const auto& [option, path] : {std::pair{"--output", options.output}, {"--scores", options.scores}})
    refuse_own_input(option, path, {task.source});
  const datasets::OneVsRest& split = task.split;
  for (const std::string& line : task.notes) std::cerr << line << '\n';
  if (split.test.count() == 0)
    throw std::runtime_error("the data " + engine::in_quotes(of_run.data) +
                             " have no test samples to evaluate on");
  const std::vector<float> scores = detector->score(split.test);

  nlohmann::ordered_json results;
  results["method"] = detector->method();
  results["dataset"] = of_run.data;
  results["data_source"] = task.source;
  results["normal"] = task.normal;
  results["seed"] = of_run.deep_svdd.seed;
  add_metrics(results, scores, split.test_labels, detector->threshold(), of_run.deep_svdd.seed);
  results["weights_sha256"] = detector->weights_sha256();
  results["scores_sha256"] = svdd::scores_sha256(scores);
  results["version"] = SVDD_VERSION;
  results["warnings"] = nlohmann::ordered_json::array();
  if (const std::string why = why_no_auc(split.test_labels); !why.empty()) results["warnings"].push_back(why);

  const auto write = [](std::optional<engine::AtomicFile>& file, const std::string& text) {
    if (!file) return;
    file->write(text);
    file->commit();
  };
  write(scores_file, scores_csv(scores, split.test_labels, split.test_classes));
  write(output, engine::json_text(results, 2) + '\n');
  std::cout << summary(results);
}

}  // namespace tools
