#include "tools/commands/train.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iostream>
#include <limits>
#include <optional>
#include <stdexcept>

#include "datasets/catalog.h"
#include "datasets/table_form_json.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "svdd/baselines/yardsticks.h"
#include "svdd/evaluation/collapse.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/methods/cost_estimate.h"
#include "svdd/methods/deep_options.h"
#include "svdd/networks/networks.h"
#include "svdd/training/checkpoint.h"
#include "svdd/training/step_trace.h"
#include "tools/commands/counted.h"
#include "tools/commands/csv_files.h"
#include "tools/commands/representations.h"
#include "tools/input/own_input.h"
#include "tools/input/task.h"
#include "tools/options/idle_options.h"
#include "tools/report/explanations.h"
#include "tools/report/image_grid.h"
#include "tools/report/picture_sheets.h"
#include "tools/report/plane_map.h"
#include "tools/report/report.h"
#include "tools/report/svg_chart.h"
#include "tools/run/peak_memory.h"
#include "tools/run/picks.h"
#include "tools/run/results.h"
#include "tools/run/run_folder.h"
#include "tools/run/run_output.h"
#include "tools/run/stop_signal.h"
#include "tools/run/train_monitor.h"
#include "tools/usage_error.h"
#include "tools/verify/trace_file.h"

namespace tools {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::string sha256_of(const datasets::Samples& samples) { return svdd::values_sha256(samples.values); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

// A finished run of other options is not the one asked for.
void require_same_run(const std::filesystem::path& folder, const TrainOptions& options) {
  const std::string other = difference(
      engine::read_json_object(folder / "config.json", "without --resume the run begins anew"), options);
  if (!other.empty())
    throw std::runtime_error(engine::in_quotes(folder) + " holds a finished run with " + other +
                             "; name another folder with --out");
}

// Sheets of test images, where there are images of the kind.
void write_pictures(const RunOutput& folder, const datasets::OneVsRest& task,
                    const std::vector<float>& scores) {
  const std::vector<int64_t>& shape = task.test.shape;
  if (!are_pictures(shape)) return;
  for (const SheetOrder order : {SheetOrder::normals, SheetOrder::outliers, SheetOrder::missed}) {
    std::vector<float> images;
    const std::vector<size_t> samples = sheet_samples(order, scores, task.test_labels);
    if (samples.empty()) continue;
    for (const size_t i : samples) {
      const float* sample = task.test.sample(static_cast<int64_t>(i));
      images.insert(images.end(), sample, sample + task.test.size());
    }
    ImageGrid grid;
    grid.images = images, grid.n = static_cast<int64_t>(samples.size()), grid.columns = pictures_per_row;
    grid.channels = shape[0], grid.height = shape[1], grid.width = shape[2];
    write_grid(folder.file(std::string(name_of(order)) + ".png"), grid);
  }
}

// The most anomalous test images beside the maps of their scores, as many as are drawn in a few seconds; empty where there are
// none, or one alone takes longer.
std::string explained_png(svdd::Detector& detector, const datasets::OneVsRest& task,
                          const std::vector<float>& scores, double score_seconds, TrainMonitor& monitor) {
  constexpr double most_seconds = 5;
  if (scores.empty() || !are_pictures(task.test.shape)) return "";
  const std::vector<size_t> samples = sheet_samples(SheetOrder::explained, scores, task.test_labels);
  const auto begin = std::chrono::steady_clock::now();
  const std::vector<MappedImage> maps = maps_within(
      most_seconds, score_seconds / static_cast<double>(scores.size()), detector, task.test, samples);
  if (maps.empty()) {
    monitor.note("no maps of test images are drawn: one takes longer than " + number_text(most_seconds) +
                 " s; svdd explain draws them");
    return "";
  }
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  monitor.note(counted(static_cast<int64_t>(maps.size()), "map") +
               " of the most anomalous test images: " + number_text(taken.count(), 2) + " s");
  return maps_png(maps);
}

std::vector<std::string> warnings(const ResolvedOptions& resolved, const svdd::Detector& detector,
                                  const Task& task, const std::vector<float>& scores,
                                  const ordered_json& results) {
  std::vector<std::string> found = task.warnings;
  if (detector.collapse_warning())
    found.push_back(*detector.collapse_warning());
  else if (auto equal =
               svdd::equal_scores_warning(scores, task.split.test.values, task.split.test.size(), "test"))
    found.push_back(*equal);
  constexpr int64_t few = 50;
  if (const int64_t count = task.split.train.count() + task.calibration.count(); count < few)
    found.push_back(
        "only " + std::to_string(count) + (count == 1 ? " training sample" : " training samples") +
        ": the threshold is a guess, and p-values come in steps of 1/" + std::to_string(count + 1) +
        "; some " + std::to_string(few) + " and more make them mean something");
  for (const std::string& idle : idle_options(resolved, task.split.train.shape)) found.push_back(idle);
  found.insert(found.end(), detector.warnings().begin(), detector.warnings().end());
  if (!results["auc"].is_null() && !results["untrained_auc"].is_null() &&
      has_not_helped(results["auc"].get<double>(), results["untrained_auc"].get<double>(),
                     results["auc_ci95"].is_null() ? results["auc"].get<double>()
                                                   : results["auc_ci95"][1].get<double>()))
    found.push_back(
        "training has not helped: the network at random weights ranks the test set at least as well");
  return found;
}

// Training samples that were not trained on, and why; empty where all were.
std::string what_was_left_out(const TrainOptions& options, const Task& task, int64_t used) {
  const int64_t training = task.split.train.count(), held_out = task.validation.count(),
                left_out = task.left_out + training - used, all = training + held_out + task.left_out;
  if (held_out + left_out == 0) return "";
  std::string text = "of " + std::to_string(all) + " training samples ";
  if (held_out > 0)
    text += "a sixth, " + std::to_string(held_out) +
            ", was held out for validation, as the method's protocol has it" + (left_out > 0 ? ", and " : "");
  if (left_out > 0)
    text += std::to_string(left_out) + (left_out == 1 ? " was" : " were") +
            " left out: the recipe takes whole batches of " +
            std::to_string(options.settings.deep()->training.batch_size) +
            " only, and a smaller --batch-size leaves out fewer";
  return text;
}

std::unique_ptr<svdd::Detector> make_detector(const svdd::Settings& settings,
                                              const std::vector<int64_t>& shape, engine::Backend& backend) {
  try {
    return settings.make(shape, backend);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

// Throws UsageError where the run has no such epoch.
std::optional<svdd::StepTrace> trace_asked_for(const TrainOptions& options) {
  if (options.trace.empty()) return std::nullopt;
  const size_t colon = options.trace.find(':');
  const std::string phase = colon == std::string::npos ? options.method : options.trace.substr(0, colon),
                    number = colon == std::string::npos ? options.trace : options.trace.substr(colon + 1);
  const svdd::DeepOptions& deep = *options.settings.deep();
  const bool pretrains = deep.pretrain && phase == "autoencoder", trains = phase == options.method;
  const int64_t epochs = pretrains ? deep.pretraining.epochs : trains ? deep.training.epochs : 0;
  int64_t epoch = -1;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), epoch);
  if (error != std::errc() || end != number.data() + number.size() || epoch < 0 || epoch >= epochs)
    throw UsageError(
        "--trace is " + engine::in_quotes(options.trace) + ", and " +
        (pretrains || trains
             ? "the epochs of " + phase + " are 0 to " + std::to_string(epochs - 1)
             : "the phases of this run are " +
                   std::string(deep.pretrain && options.method != "autoencoder" ? "autoencoder and " : "") +
                   options.method));
  return svdd::StepTrace(phase, epoch);
}

std::string duration_text(double seconds) {
  if (seconds < 1) return "less than a second";
  if (seconds < 90) return fixed_text(seconds, 0) + " s";
  if (seconds < 90 * 60) return fixed_text(seconds / 60, 0) + " min";
  return fixed_text(seconds / 3600, 1) + " h";
}

// By what a few steps took. Memory: what those, the samples read among it, have needed, and once more the samples, as
// preprocessed.
std::string cost_text(const svdd::CostEstimate& cost, const datasets::Samples& train) {
  const auto epochs = [](int64_t count, double seconds) {
    return counted(count, "epoch") + " in " + duration_text(seconds);
  };
  const double bytes = static_cast<double>(train.values.size()) * sizeof(float);
  std::string text = "by the first steps this will take " + duration_text(cost.seconds());
  if (cost.pretrain_epochs > 0 && cost.train_epochs > 0)
    text += " (pretraining " + epochs(cost.pretrain_epochs, cost.pretrain_seconds) + ", training " +
            epochs(cost.train_epochs, cost.train_seconds) + ")";
  return text + " and " + fixed_text(peak_megabytes() + bytes / 1e6, 0) + " MB";
}

// Fits; where that fails, what is done by the last checkpoint is kept (RunOutput), and this says so.
void fit(svdd::Detector& detector, const Task& task, const TrainOptions& options,
         svdd::Checkpoints& checkpoints, svdd::PretrainingStore* pretrainings, svdd::StepTrace* trace,
         TrainMonitor& monitor) {
  const datasets::OneVsRest& split = task.split;
  const StopNotice notice(options.quiet || !options.method_row().has_network);
  try {
    detector.fit({split.train, split.train_classes, &checkpoints, pretrainings, trace,
                  task.validation.values.empty() ? nullptr : &task.validation},
                 monitor);
  } catch (const engine::Stopped&) {
    throw;  // said where it is known what is kept
  } catch (const std::runtime_error& error) {
    if (checkpoints.last().empty() || !checkpoints.exists()) throw;
    throw std::runtime_error(std::string(error.what()) + "; the last checkpoint, " + checkpoints.last() +
                             ", is kept: svdd train --resume --out " + options.out + " goes on from there");
  }
}

// What the quick baselines reach on data of one's own; they train on all normal samples, as whoever has no use for a
// calibration would.
void add_yardsticks(ordered_json& results, const Task& task, const TrainOptions& options,
                    engine::Backend& backend) {
  if (!options.traits.own) return;
  datasets::Samples train = task.split.train;
  for (const datasets::Samples* aside : {&task.validation, &task.calibration})
    train.values.insert(train.values.end(), aside->values.begin(), aside->values.end());
  const svdd::Yardsticks found =
      svdd::measure_yardsticks(train, task.split.test, task.split.test_labels, options.traits,
                               options.settings.seed(), backend, options.method);
  if (found.of.empty()) return;
  results["yardsticks"] = {{"trained_on", found.trained_on}, {"tested_on", found.tested_on}};
  results["yardsticks"]["of"] = ordered_json::array();
  for (const svdd::Yardstick& one : found.of)
    results["yardsticks"]["of"].push_back({{"method", one.method}, {"title", one.title}, {"auc", one.auc}});
}

// Representations, spheres and validation scores, which the multi-sphere protocol asks for; and into results
// how much of the validation data lies above the threshold.
void write_spheres(const RunOutput& folder, svdd::Detector& detector, const Task& task,
                   const std::vector<float>& test_scores, ordered_json& results) {
  const std::vector<float> validation_scores =
      task.validation.count() > 0 ? detector.score(task.validation) : std::vector<float>{};
  if (!validation_scores.empty()) {
    const auto outside = std::count_if(validation_scores.begin(), validation_scores.end(), [&](float score) {
      return static_cast<double>(score) > detector.threshold();
    });
    results["n_validation"] = validation_scores.size();
    const double share = static_cast<double>(outside) / static_cast<double>(validation_scores.size());
    results["validation_outside"] = share;
    if (share > 0.5)
      results["warnings"].push_back(
          std::to_string(outside) + " of " + std::to_string(validation_scores.size()) +
          " held-out normal samples lie above the threshold: it calls most of what is normal an anomaly; "
          "the spheres fit the training samples alone, which more samples or fewer epochs may mend");
    engine::write_file_atomically(
        folder.file("validation.csv"),
        scores_csv(validation_scores, std::vector<int32_t>(validation_scores.size()), task.validation_classes,
                   task.class_words));
  }
  const datasets::OneVsRest& split = task.split;
  write_representations(folder.file("representations.npz"), detector,
                        {{"train", split.train, split.train_classes, detector.score(split.train)},
                         {"validation", task.validation, task.validation_classes, validation_scores},
                         {"test", split.test, split.test_classes, test_scores, split.test_labels}});
  engine::write_file_atomically(
      folder.file("spheres.csv"),
      spheres_csv(engine::read_safetensors(folder.file("model") / "weights.safetensors")));
}

// Why what a finished run left cannot be what was written; empty where it can, and where there are no results.
std::string damage_of_run(const std::filesystem::path& folder) {
  try {
    if (!engine::file_exists(folder / "results.json")) return "";
    check_run(folder);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

ordered_json whole_run(const ResolvedOptions& resolved, const std::vector<std::string>& command_line,
                       Start start, svdd::PretrainingStore* pretrainings) {
  TrainOptions options = resolved.options;
  std::optional<svdd::StepTrace> trace = trace_asked_for(options);
  const std::unique_ptr<engine::Backend> backend = make_backend(options.backend);
  if (!datasets::known_dataset(options.data))
    refuse_input_in_output("--data", options.data_to_read(), options.out);
  if (!options.test_data.empty())
    refuse_input_in_output("--test-data", options.test_data_to_read(), options.out);
  RunOutput folder(options.out);
  const Task task = load_task(options);
  if (const auto* known = datasets::known_dataset(options.data); known && !known->built_in())
    refuse_input_in_output("the data", task.source, options.out);
  const datasets::OneVsRest& split = task.split;
  options.settings.fit_to_size(split.train.count(),
                               [&](const std::string& name) { return resolved.names(name); });
  const std::unique_ptr<svdd::Detector> detector =
      make_detector(options.settings, split.train.shape, *backend);

  const json fingerprints{{"train_data_sha256", sha256_of(split.train)},
                          {"test_data_sha256", sha256_of(split.test)}};
  json run = decisive(to_json(options));
  run.update(fingerprints);
  run["version"] = SVDD_VERSION;
  svdd::Checkpoints checkpoints(
      {.file = folder.file(checkpoint_name), .run = run, .seconds = options.checkpoint_seconds});
  bool goes_on = start == Start::go_on && checkpoints.exists();
  std::string why_anew = "there is no checkpoint in " + engine::in_quotes(options.out);
  const std::string damage = start == Start::go_on ? damage_of_run(options.out) : "";
  if (goes_on) try {
      checkpoints.open();  // refuses one of another run before anything is written
    } catch (const svdd::DamagedCheckpoint& error) {
      goes_on = false;
      why_anew = error.what();
    }
  ordered_json recorded = to_json(options);
  if (!datasets::known_dataset(options.data))
    recorded[recorded_data_key] = engine::absolute_path(options.data_to_read()).lexically_normal().string();
  if (!options.data_dir.empty())
    recorded[recorded_data_dir_key] = engine::absolute_path(options.data_dir).lexically_normal().string();
  if (!options.test_data.empty())
    recorded[recorded_test_data_key] =
        engine::absolute_path(options.test_data_to_read()).lexically_normal().string();
  const std::string config_text = engine::json_text(recorded, 2) + '\n';
  goes_on ? folder.go_on(config_text) : folder.begin(config_text);
  TrainMonitor monitor(split, folder.file("log.txt"), options.quiet, options.auc_per_epoch);
  monitor.note("svdd " SVDD_VERSION ", " + backend->name() + "; data: " + options.data + " (" + task.source +
               "), " + std::to_string(split.train.count()) + " training and " +
               counted(split.test.count(), "test sample") + " of " + datasets::shape_text(split.train.shape));
  const std::vector<Pick> picked = picks(resolved, options, task);
  for (const Pick& pick : picked) monitor.note("picked " + sentence(pick));
  if (task.calibration.count() > 0 && resolved.names("calibration"))
    monitor.note(counted(task.calibration.count(), "further normal sample") +
                 " held out to calibrate threshold and p-values");
  if (const std::string why = why_fewer_threads(options.backend, *backend); !why.empty()) monitor.note(why);
  for (const std::string& line : task.notes) monitor.note(line);
  for (const std::string& line : task.warnings) monitor.note("warning: " + line);  // before hours are spent
  monitor.note("options from the command line: " + joined(resolved.from_command_line) +
               "; from the configuration: " + joined(resolved.from_config) + "; all others: defaults");

  for (const std::string& again : resolved.overridden) monitor.note("warning: " + again);
  if (!damage.empty()) monitor.note("the run is taken for unfinished: " + damage);
  if (start == Start::go_on && !goes_on) monitor.note(why_anew + ": the run begins from the start");
  if (!options.quiet && !goes_on)
    if (const auto cost = svdd::estimate_cost(options.settings, split.train, *backend))
      monitor.note(cost_text(*cost, split.train));
  fit(*detector, task, options, checkpoints, pretrainings, trace ? &*trace : nullptr, monitor);
  if (task.calibration.count() > 0) detector->calibrate(task.calibration, task.false_alarm_rate);
  monitor.end();

  const auto begin = std::chrono::steady_clock::now();
  const std::vector<float> scores =
      split.test.count() > 0 ? detector->score(split.test) : std::vector<float>{};
  const double score_seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();

  const ordered_json config = to_json(options);
  ordered_json results;
  results["method"] = detector->method();
  results["dataset"] = options.data;
  results["data_source"] = task.source;
  results["class_names"] = task.class_names;
  if (!task.notes.empty()) results["data_notes"] = task.notes;
  results["normal"] = task.normal_words();
  results["sample_shape"] = split.train.shape;
  for (const char* key : {"objective", "recipe", "network", "seed", "device"})
    results[key] = config.contains(key) ? config[key] : ordered_json();
  if (const svdd::DeepOptions* deep = options.settings.deep())
    results["network"] = svdd::network_info(deep->network).name;
  results["backend"] = backend->name();
  results["threads"] = backend->threads();
  results["n_train"] = split.train.count();
  results["n_train_used"] = detector->samples_used();  // fewer where a recipe cuts to whole batches
  add_metrics(results, scores, split.test_labels, detector->threshold(), options.settings.seed());
  results["ae_auc"] = monitor.autoencoder_auc() ? ordered_json(*monitor.autoencoder_auc()) : ordered_json();
  results["untrained_auc"] =
      monitor.untrained_auc() ? ordered_json(*monitor.untrained_auc()) : ordered_json();
  if (const std::vector<EpochAuc>& aucs = monitor.aucs(); !aucs.empty()) {
    const EpochAuc& best = *std::max_element(aucs.begin(), aucs.end(),
                                             [](const auto& a, const auto& b) { return a.auc < b.auc; });
    results["best_epoch"] = {{"epoch", best.epoch}, {"auc", best.auc}};
  }
  if (const auto& calibration = detector->calibration()) {
    results["calibration"] = {{"samples", calibration->samples},
                              {"false_alarm_rate", calibration->false_alarm_rate}};
    if (const auto seen = share_of_normals_above(scores, split.test_labels, detector->threshold()))
      results["calibration"]["seen"] = *seen;
  }
  add_yardsticks(results, task, options, *backend);
  results["collapsed"] = options.method_row().has_network && detector->collapse_warning().has_value();
  if (!picked.empty()) {
    results["picks"] = ordered_json::array();
    for (const Pick& pick : picked)
      results["picks"].push_back(
          {{"what", pick.what}, {"picked", pick.picked}, {"why", pick.why}, {"otherwise", pick.otherwise}});
  }
  if (const json details = engine::parse_json(detector->details()); !details.empty())
    results["details"] = details;
  results["warnings"] = warnings(resolved, *detector, task, scores, results);
  results["remarks"] = remarks(split.test_labels, task.test_class_list(), *detector);
  if (const std::string better = options.method_row().has_network ? why_not_better(results) : "";
      !better.empty())
    results["remarks"].push_back(better);
  if (options.auc_per_epoch && monitor.aucs().empty() && why_no_auc(split.test_labels).empty())
    results["remarks"].push_back(
        "no AUC per epoch: the run went on from a checkpoint of one that was begun without --auc-per-epoch");
  if (const std::string less = what_was_left_out(options, task, detector->samples_used()); !less.empty())
    results["remarks"].push_back(less);
  results["pretrain_seconds"] = detector->pretrain_seconds();
  results["train_seconds"] = detector->train_seconds();
  if (detector->took_pretraining()) results["pretraining_taken"] = true;  // the seconds are another run's
  results["score_seconds"] = score_seconds;
  for (const char* key : {"train_data_sha256", "test_data_sha256"}) results[key] = fingerprints[key];
  if (!monitor.fingerprints().empty()) {
    results["fingerprints"] = ordered_json::array();
    for (const auto& [after, sha256] : monitor.fingerprints())
      results["fingerprints"].push_back({{"after", after}, {"weights_sha256", sha256}});
  }
  results["weights_sha256"] = detector->weights_sha256();
  results["scores_sha256"] = svdd::scores_sha256(scores);
  // Null: other bits were asked for, which no contract covers.
  results["receipt"] =
      outside_receipt(options.backend).empty() ? ordered_json(svdd::receipt_number) : ordered_json();
  results["version"] = SVDD_VERSION;
  results["command_line"] = command_line;

  if (task.table) detector->remember(json(*task.table).dump());
  // What takes long comes first: from where the results are kept, they are written to the end.
  std::string map, explained;
  if (!options.no_map) {
    map = map_csv(*detector, split, options.settings.seed(), *backend);
    explained = explained_png(*detector, split, scores, score_seconds, monitor);
  }
  detector->save(folder.file("model"));
  if (options.method_row().protocol == svdd::Protocol::sixth_held_out)
    write_spheres(folder, *detector, task, scores, results);
  const engine::StopGrace to_the_end(std::numeric_limits<double>::infinity());
  folder.keep();
  engine::write_file_atomically(folder.file("scores.csv"),
                                scores_csv(scores, split.test_labels, split.test_classes, task.class_words,
                                           split.test_files, split.test_rows));
  engine::write_file_atomically(folder.file("history.csv"), history_csv(monitor.history(), monitor.aucs()));
  if (!map.empty()) engine::write_file_atomically(folder.file("map.csv"), map);
  if (trace && trace->entries().empty())
    results["warnings"].push_back(no_trace_because_resumed);
  else if (trace)
    engine::write_file_atomically(folder.file("trace.csv"), trace_csv(*trace));
  write_pictures(folder, split, scores);
  if (!explained.empty()) engine::write_file_atomically(folder.file("explained.png"), explained);
  results["peak_memory_mb"] = peak_megabytes();
  // Last of what cannot be made again: a run with this file is finished.
  engine::write_file_atomically(folder.file("results.json"), engine::json_text(results, 2) + '\n');
  write_report(options.out);
  svdd::remove_checkpoint(folder.file(checkpoint_name));
  for (const auto& warning : results["warnings"]) monitor.note("warning: " + warning.get<std::string>());
  for (const auto& remark : results["remarks"]) monitor.note(remark.get<std::string>());
  return results;
}

}  // namespace

ordered_json perform_run(const ResolvedOptions& resolved, const std::vector<std::string>& command_line,
                         Start start, svdd::PretrainingStore* pretrainings) {
  const std::filesystem::path checkpoint = std::filesystem::path(resolved.options.out) / checkpoint_name;
  const std::string goes_on =
      " is kept: svdd train --resume --out " + resolved.options.out + " goes on from there";
  try {
    return whole_run(resolved, command_line, start, pretrainings);
  } catch (const svdd::Interrupted&) {
    throw StoppedWithWorkKept("what is done" + goes_on);
  } catch (const engine::Stopped&) {
    if (!engine::file_exists(checkpoint)) throw;
    throw StoppedWithWorkKept("what was done by the last checkpoint" + goes_on);
  }
}

bool is_finished(const std::filesystem::path& folder) {
  settle_run_folder(folder);
  return engine::file_exists(folder / "results.json") && damage_of_run(folder).empty();
}

void complete_run(const std::filesystem::path& folder) {
  const std::filesystem::path report = folder / "report.html";
  // Runs that search for the kernel's width have neither scores nor a report.
  if (engine::file_exists(folder / "scores.csv") &&
      (!engine::file_exists(report) || engine::read_file(report).empty()))
    write_report(folder);
  svdd::remove_checkpoint(folder / checkpoint_name);
}

void run_train(const ResolvedOptions& resolved, const std::vector<std::string>& command_line, Start start) {
  const std::filesystem::path out = resolved.options.out;
  if (start == Start::go_on && is_finished(out)) {
    require_same_run(out, resolved.options);
    complete_run(out);
    std::cout << "the run in " << engine::in_quotes(out) << " is finished; nothing is left to do\n";
    return;
  }
  ordered_json results = perform_run(resolved, command_line, start);
  // Of the command line alone: a run that goes on, or is repeated, has the same results without it.
  for (const std::string& again : resolved.overridden) results["warnings"].push_back(again);
  std::cout << summary(results, (std::filesystem::path(resolved.options.out) / "report.html").string());
}

}  // namespace tools
