#include "tools/commands/evaluate.h"

#include <iostream>
#include <optional>

#include "datasets/catalog.h"
#include "datasets/image_archive.h"
#include "datasets/table.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "engine/files/sha256.h"
#include "svdd/evaluation/collapse.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/model_folder.h"
#include "tools/commands/csv_files.h"
#include "tools/commands/trained_model.h"
#include "tools/input/own_input.h"
#include "tools/input/task.h"
#include "tools/options/idle_options.h"
#include "tools/options/options.h"
#include "tools/run/results.h"
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

// The data that the run was of, by the path that it recorded where it did; empty where its configuration is not there or not to be read.
std::string data_of_run(const fs::path& model) {
  const fs::path config = config_of_run(model);
  if (config.empty()) return "";
  try {
    const nlohmann::json read = engine::read_json_object(config);
    return engine::JsonEntry(read, engine::in_quotes(config))
        .as<std::string>(read.contains(recorded_data_key) ? recorded_data_key : "data");
  } catch (const std::runtime_error&) {
    return "";
  }
}

// Data, normal classes and seed of the run, with what the command line and the model's table say in their place.
TrainOptions options_of_run(const EvaluateOptions& options, const std::optional<datasets::TableForm>& form) {
  GivenOptions given;
  if (!options.data.empty()) given["data"] = {options.data};
  if (!options.data_dir.empty()) given["data-dir"] = {options.data_dir};
  if (!options.normal.empty()) given["normal"] = {options.normal};
  if (!options.label_column.empty()) given["label-column"] = {options.label_column};
  if (!options.header.empty()) given["header"] = {options.header};
  given["out"] = {options.model};  // nothing is written there: an evaluation is no run
  TrainOptions of_run = resolve_train_options(given, config_of_run(options.model)).options;
  of_run.limit = 1;  // training samples: none are needed, only that there are some
  if (!form) return of_run;
  if (options.normal.empty() && !form->normal.empty()) of_run.normal = form->normal;
  if (options.normal.empty() && form->labels.empty()) of_run.normal.clear();  // trained without labels
  if (options.label_column.empty())
    of_run.label_column.clear();  // which the form knows, whatever the file's order
  return of_run;
}

// ---- which rows of a table: all of one that is new, and of the training data those that were held out

std::string sha256_of_file(const std::string& path) {
  const std::string bytes = engine::read_file(path);
  return engine::sha256_hex(bytes.data(), bytes.size());
}

bool is_same_path(const std::string& a, const std::string& b) {
  std::error_code error;
  return fs::weakly_canonical(a, error) == fs::weakly_canonical(b, error);
}

// `trained_on`: what the run's configuration names, or empty.
bool all_rows_count(const EvaluateOptions& options, const std::string& trained_on,
                    const std::optional<datasets::TableForm>& form, std::vector<std::string>& notes) {
  if (options.data.empty() || datasets::known_dataset(options.data) ||
      !datasets::is_table_file(options.data) || datasets::is_image_archive(options.data))
    return false;
  const std::string name = engine::in_quotes(options.data);
  const std::string held_out =
      "the model was trained on rows of " + name + ": those held out from training are evaluated";
  const bool same_path = !trained_on.empty() && is_same_path(options.data, trained_on);
  if (!form || form->sha256.empty()) {
    notes.push_back(same_path ? held_out : "all rows of " + name + " are evaluated");
    return !same_path;
  }
  if (sha256_of_file(options.data) != form->sha256) {
    notes.push_back(
        "all rows of " + name + " are evaluated" +
        (same_path ? "; the file has changed since the model was trained on it, so that rows among them "
                     "may be training rows"
                   : ""));
    return true;
  }
  if (form->labels.empty()) {
    notes.push_back("all rows of " + name + " are evaluated, and the model was trained on them");
    return true;
  }
  notes.push_back(held_out);
  return false;
}

}  // namespace

void run_evaluate(const EvaluateOptions& given) {
  if (given.model.empty())
    throw UsageError("--model is missing: name the folder that svdd train --out wrote");
  EvaluateOptions options = given;
  options.model = folder_of_model(given.model).string();
  if (const auto found = datasets::find_own(options.data, options.data_dir)) options.data = found->string();
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
  const std::unique_ptr<svdd::Detector> detector = load_model(given.model, *backend);
  const std::optional<datasets::TableForm> form = svdd::table_form_of(*detector, options.model);
  TrainOptions of_run = options_of_run(options, form);
  std::vector<std::string> notes;
  const bool whole = all_rows_count(options, data_of_run(options.model), form, notes);
  if (whole || (!options.data.empty() && notes.empty()))
    of_run.test_fraction.reset();  // it was said of other data
  const bool normal_of_model = options.normal.empty() && form && !form->labels.empty();
  const Task task = load_task(of_run, TestOfModel{.form = form,
                                                  .normal_of_model = normal_of_model,
                                                  .whole = whole,
                                                  .shape = detector->sample_shape()});
  for (const auto& [option, path] : {std::pair{"--output", options.output}, {"--scores", options.scores}})
    refuse_own_input(option, path, {task.source});
  const datasets::OneVsRest& split = task.split;
  notes.insert(notes.begin(), task.notes.begin(), task.notes.end());
  for (const std::string& line : idle_table_options(options.label_column, options.header, task.source))
    notes.push_back(line);
  if (options.data.empty() && form && task.table && task.table->sha256 != form->sha256)
    notes.push_back(
        engine::in_quotes(of_run.data) +
        " has changed since the model was trained on it: rows among those evaluated may be training rows");
  if (split.test.count() == 0)
    throw std::runtime_error("the data " + engine::in_quotes(of_run.data) +
                             " have no test samples to evaluate on");
  const std::vector<float> scores = detector->score(split.test);
  for (const std::string& line : notes) std::cerr << line << '\n';

  nlohmann::ordered_json results;
  results["method"] = detector->method();
  results["dataset"] = of_run.data;
  results["data_source"] = task.source;
  results["normal"] = task.normal_words();
  results["class_names"] = task.class_names;
  if (!notes.empty()) results["data_notes"] = notes;
  results["seed"] = of_run.settings.seed();
  add_metrics(results, scores, split.test_labels, detector->threshold(), of_run.settings.seed());
  results["weights_sha256"] = detector->weights_sha256();
  results["scores_sha256"] = svdd::scores_sha256(scores);
  results["version"] = SVDD_VERSION;
  results["warnings"] = nlohmann::ordered_json::array();
  if (const auto equal = svdd::equal_scores_warning(scores, split.test.values, split.test.size(), "test"))
    results["warnings"].push_back(*equal);
  results["remarks"] = remarks(split.test_labels, task.test_class_list(), *detector);

  if (scores_file)
    scores_file->write(scores_csv(scores, split.test_labels, split.test_classes, task.class_words,
                                  split.test_files, split.test_rows));
  if (output) output->write(engine::json_text(results, 2) + '\n');
  for (auto* file : {&scores_file, &output})  // both or none
    if (*file) (*file)->finish();
  for (auto* file : {&scores_file, &output})
    if (*file) (*file)->commit();
  std::cout << summary(results);
}

}  // namespace tools
