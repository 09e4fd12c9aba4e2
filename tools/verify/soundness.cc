#include "tools/verify/soundness.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <fstream>
#include <functional>
#include <optional>
#include <stdexcept>

#include "datasets/catalog.h"
#include "datasets/table_form_json.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "engine/optimizers.h"
#include "engine/stopping.h"
#include "svdd/detector.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/methods/deep_options.h"
#include "tools/commands/csv_files.h"
#include "tools/input/task.h"
#include "tools/options/options.h"
#include "tools/run/results.h"
#include "tools/verify/evidence.h"

namespace tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::string counted_scores(size_t count) {
  return std::to_string(count) + (count == 1 ? " score" : " scores");
}

bool can_be_read(const fs::path& path) {
  std::error_code error;
  if (fs::is_directory(path, error))
    return fs::directory_iterator(path, error) != fs::directory_iterator() || !error;
  return std::ifstream(path).good();
}

class Examination {
 public:
  Examination(const fs::path& folder, const Examined& what, const BackendOptions& machine)
      : folder_(folder), what_(what), machine_(machine) {}

  std::vector<Finding> all() {
    if (!part([&] { evidence_ = read_evidence(folder_); })) return findings_;
    if (!evidence_->results.all().contains("weights_sha256")) {
      keeps_no_model();
      return findings_;
    }
    if (const std::string outside = evidence_->outside_receipt(); !outside.empty() && what_.alone)
      fails("receipt: the run was made with " + outside +
            ", whose bits no receipt covers; other machines give others");
    if (const auto receipt = evidence_->results.number("receipt");
        receipt && *receipt != svdd::receipt_number)
      fails("receipt: results.json has " + evidence_->text("receipt") + ", and this version knows receipt " +
            std::to_string(svdd::receipt_number));
    part([&] { settings(); });
    part([&] { weights(); });
    part([&] { scores(); });
    if (scores_) part([&] { metrics(); });
    part([&] { history(); });
    if (what_.data && resolved_ && detector_) data();
    return findings_;
  }

 private:
  void holds(const std::string& what) { findings_.push_back({Finding::Kind::holds, what}); }
  void fails(const std::string& what) { findings_.push_back({Finding::Kind::fails, what}); }
  void not_checked(const std::string& what) { findings_.push_back({Finding::Kind::not_checked, what}); }

  // Whether it could be done; what is missing or broken is a finding.
  bool part(const std::function<void()>& examine) {
    engine::check_stop();
    try {
      examine();
      return true;
    } catch (const engine::Stopped&) {
      throw;
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      fails(error.what());
      return false;
    }
  }

  // A search for a kernel's width and a distance to the mean keep an AUC, and neither model nor scores.
  void keeps_no_model() {
    const auto& all = evidence_->results.all();
    if (all.contains("scores_sha256") || engine::file_exists(folder_ / "model") ||
        engine::file_exists(folder_ / "scores.csv") ||
        !(all.contains("gamma") || all.contains("distance_to_mean")))
      return fails("results.json: it has no weights_sha256");
    not_checked(
        "results.json: an AUC is all that the run keeps, by a search for a kernel's width or the distance to "
        "the mean; "
        "svdd reproduce --verify makes it again");
  }

  void settings() {
    GivenOptions given{{"out", {folder_.string()}}};
    if (!what_.data_path.empty()) given["data"] = {what_.data_path};
    ResolvedOptions resolved = resolve_train_options(given, folder_ / "config.json");
    resolved.options.prefer_recorded_data();
    check_words(resolved.options.backend);
    const ordered_json complete = to_json(resolved.options), &found = evidence_->config;
    std::string missing;
    for (const auto& [key, value] : complete.items())
      if (!value.is_null() && !found.contains(key)) missing += (missing.empty() ? "" : ", ") + key;
    if (!missing.empty()) return fails("config.json: it does not say " + missing);
    for (const auto& [key, name] :
         {std::pair{"method", "method"}, std::pair{"seed", "seed"}, std::pair{"objective", "objective"},
          std::pair{"recipe", "recipe"}, std::pair{"data", "dataset"}, std::pair{"device", "device"}}) {
      const auto& of_results = evidence_->results.all();
      if (!found.contains(key) || !of_results.contains(name) || of_results[name].is_null()) continue;
      if (nlohmann::json(found[key]) != of_results[name])
        return fails("config.json: " + std::string(key) + " is " + found[key].dump() +
                     ", and results.json has " + of_results[name].dump());
    }
    holds("config.json: all " + std::to_string(complete.size()) +
          " options; whether the run was made with them, --again shows");
    resolved_.emplace(std::move(resolved));
  }

  void weights() {
    for (const char* name : {"model.json", "weights.safetensors"}) {
      std::error_code error;
      const fs::path file = folder_ / "model" / name;
      if (!fs::is_regular_file(file, error))
        return fails("model: " + engine::in_quotes(file) + " is no regular file");
    }
    backend_ = make_backend(machine_);
    detector_ = svdd::load_detector(folder_ / "model", *backend_);
    const std::string found = detector_->weights_sha256(), said = evidence_->text("weights_sha256");
    if (found != said)
      return fails("model: the hash of its weights is " + found + ", and weights_sha256 is " + said);
    const auto threshold = evidence_->results.number("threshold");
    if (!threshold || *threshold != detector_->threshold())
      return fails("model: its threshold is " + shortest(detector_->threshold()) + ", and results.json has " +
                   (threshold ? shortest(*threshold) : "none"));
    if (!resolved_) return holds("model: the hash of its weights is weights_sha256");
    const nlohmann::json model = engine::read_json_object(folder_ / "model" / "model.json");
    for (const char* key : {"contamination", "nu", "objective"})
      if (model.contains(key) && evidence_->config.contains(key) &&
          model[key] != nlohmann::json(evidence_->config[key]))
        return fails("config.json: " + std::string(key) + " is " + evidence_->config[key].dump() +
                     ", and the model's is " + model[key].dump());
    holds("model: the hash of its weights is weights_sha256");
  }

  void scores() {
    const RunFolder run = read_run_folder(folder_);
    if (!run.scores) return fails("scores.csv: it is missing");
    const auto count = evidence_->results.number("n_test").value_or(-1);
    if (count != static_cast<double>(run.scores->scores.size()))
      return fails("scores.csv: it holds " + counted_scores(run.scores->scores.size()) + ", and n_test is " +
                   evidence_->text("n_test"));
    scores_ = run.scores;
    const std::string found = svdd::scores_sha256(scores_->scores), said = evidence_->text("scores_sha256");
    if (found != said)
      return fails("scores.csv: the hash of its scores is " + found + ", and scores_sha256 is " + said);
    holds("scores.csv: the hash of its " + counted_scores(scores_->scores.size()) + " is scores_sha256");
  }

  void metrics() {
    const uint64_t seed =
        resolved_ ? resolved_->options.settings.seed()
                  : static_cast<uint64_t>(std::max(0.0, evidence_->results.number("seed").value_or(0)));
    ordered_json again;
    add_metrics(again, scores_->scores, scores_->labels, evidence_->results.number("threshold").value_or(0),
                seed);
    std::string names;
    for (const auto& [key, value] : again.items()) {
      const auto& said = evidence_->results.all();
      const nlohmann::json here = value;
      if (!said.contains(key)) return fails("results.json: it has no " + key);
      if (said[key] != here)
        return fails("results.json: " + key + " is " + said[key].dump() + ", and scores.csv gives " +
                     here.dump());
      names += (names.empty() ? "" : ", ") + key;
    }
    holds("metrics: they follow from scores.csv (" + names + ")");
    best_epoch();
  }

  // Every epoch of the last phase has an AUC, or none has; the best is the first of the highest, and the last one the run's own.
  void best_epoch() {
    const auto said = evidence_->results.entries().find("best_epoch");
    const HistoryRow* best = nullptr;
    double highest = -1, last = -1;
    for (const HistoryRow& row : evidence_->history) {
      const bool own = row.phase == evidence_->history.back().phase;
      if (row.test_auc.empty() && (!own || !said)) continue;
      const std::string place =
          "history.csv: test_auc of epoch " + std::to_string(row.epoch) + " of " + row.phase;
      if (!own || !said)
        return fails(place + " is " + row.test_auc + ", and " +
                     (own ? "results.json has no best_epoch" : "only the last phase is scored"));
      const char* const end = row.test_auc.data() + row.test_auc.size();
      double auc = -1;
      if (std::from_chars(row.test_auc.data(), end, auc).ptr != end || !(auc >= 0 && auc <= 1))
        return fails(place + " is " + engine::in_quotes(row.test_auc) + "; expected a number from 0 to 1");
      if (auc > highest) highest = auc, best = &row;
      last = auc;
    }
    if (!said) return;
    if (!best) return fails("best_epoch: results.json has one, and history.csv no epochs");
    if (said->as<int64_t>("epoch") != best->epoch || said->as<double>("auc") != highest)
      return fails("best_epoch: results.json has epoch " + std::to_string(said->as<int64_t>("epoch")) +
                   " with " + shortest(said->as<double>("auc")) + ", and history.csv gives epoch " +
                   std::to_string(best->epoch) + " with " + best->test_auc);
    if (evidence_->results.number("auc").value_or(-1) != last)
      return fails("history.csv: the last test_auc is " + shortest(last) + ", and the run's AUC is " +
                   evidence_->text("auc"));
    holds("best_epoch: it follows from history.csv, whose last AUC is the run's");
  }

  // As many epochs of each phase as the settings say, in order, at the rates that they say; the fingerprints of the phases
  // with them.
  void history() {
    if (!resolved_) return;
    const svdd::DeepOptions* deep = resolved_->options.settings.deep();
    if (!deep) return;
    const std::string own = resolved_->options.method;
    std::vector<std::pair<std::string, const svdd::PhaseOptions*>> asked;
    if (deep->pretrain) asked.emplace_back("autoencoder", &deep->pretraining);
    if (own != "autoencoder") asked.emplace_back(own, &deep->training);
    const auto lr =
        std::find(evidence_->columns.begin(), evidence_->columns.end(), "lr") - evidence_->columns.begin();
    size_t at = 0;
    std::string counts;
    for (const auto& [phase, options] : asked) {
      int64_t epoch = 0;
      for (; at < evidence_->history.size() && evidence_->history[at].phase == phase; ++at, ++epoch) {
        const HistoryRow& row = evidence_->history[at];
        const std::string place = "history.csv: epoch " + std::to_string(row.epoch) + " of " + phase;
        if (row.epoch != epoch)
          return fails(place + " stands where epoch " + std::to_string(epoch) + " belongs");
        double loss = 0;
        std::from_chars(row.values[0].data(), row.values[0].data() + row.values[0].size(), loss);
        if (row.values[0].empty() || !std::isfinite(loss)) return fails(place + " has no loss");
        if (static_cast<size_t>(lr) >= row.values.size()) return fails("history.csv: it has no column lr");
        double rate = -1;
        const std::string& text = row.values[static_cast<size_t>(lr)];
        std::from_chars(text.data(), text.data() + text.size(), rate);
        const double expected = engine::multi_step_rate(options->lr, options->lr_milestones, epoch);
        if (rate != expected)
          return fails(place + " has the rate " + text + ", and config.json says " + shortest(expected));
      }
      if (epoch != options->epochs)
        return fails("history.csv: it has " + std::to_string(epoch) + " epochs of " + phase +
                     ", and config.json says " + std::to_string(options->epochs));
      if (epoch > 0) counts += (counts.empty() ? "" : ", ") + std::to_string(epoch) + " of " + phase;
    }
    if (at != evidence_->history.size())
      return fails("history.csv: it has an epoch of " + engine::shown(evidence_->history[at].phase) +
                   ", which config.json does not ask for");
    holds("history.csv: epochs and rates as config.json says" + (counts.empty() ? "" : ", " + counts));
    trace();
    if (evidence_->fingerprints.empty())
      return not_checked("fingerprints: the run keeps none; versions before November 2026 did not");
    asked.insert(asked.begin(), {"start", nullptr});
    for (const auto& [phase, ignored] : asked)
      if (evidence_->fingerprint(phase).size() != 64)
        return fails("results.json: it has no fingerprint of the weights " +
                     (phase == "start" ? std::string("at the start") : "after " + phase));
    holds(
        "fingerprints: there is one of the start and one of each phase; whether they are right, --again "
        "shows");
  }

  void trace() {
    const std::string& asked = resolved_->options.trace;
    if (asked.empty() && !evidence_->trace) return;
    if (asked.empty()) return fails("trace.csv: it is there, and config.json asks for none");
    if (!evidence_->trace) {
      const std::vector<std::string> warnings = evidence_->results.texts("warnings");
      const bool said = std::any_of(warnings.begin(), warnings.end(), [](const std::string& warning) {
        return warning.ends_with(no_trace_because_resumed);
      });
      const std::string missing = "trace.csv: it is missing, and config.json asks for it";
      return said ? not_checked(missing + ": the run went on after that epoch") : fails(missing);
    }
    const TraceFile& trace = *evidence_->trace;
    const size_t colon = asked.find(':');
    const std::string phase = colon == std::string::npos ? resolved_->options.method : asked.substr(0, colon);
    const std::string epoch = std::to_string(trace.epoch), number = asked.substr(colon + 1);  // npos + 1 is 0
    int64_t asked_epoch = -1;
    std::from_chars(number.data(), number.data() + number.size(), asked_epoch);
    if (trace.phase != phase || trace.epoch != asked_epoch)
      return fails("trace.csv: it is of epoch " + epoch + " of " + engine::shown(trace.phase) +
                   ", and config.json asks for " + engine::shown(asked));
    holds("trace.csv: it is of the epoch that config.json asks for; whether it is right, --again shows");
  }

  void data() {
    std::optional<Task> task;
    try {
      task = load_task(resolved_->options);
    } catch (const engine::Stopped&) {
      throw;
    } catch (const std::exception& error) {
      const auto is_there = [](const std::string& path) {
        return !datasets::known_dataset(path) && engine::file_exists(path) && can_be_read(path);
      };
      const TrainOptions& o = resolved_->options;
      const bool there =
          is_there(o.data_to_read()) && (o.test_data.empty() || is_there(o.test_data_to_read()));
      const std::string why = "data: " + std::string(error.what());
      return there ? fails(why) : not_checked(why);
    }
    part([&] {
      const auto differs = [&](const char* key, const datasets::Samples& samples, const std::string& which) {
        const std::string found = svdd::values_sha256(samples.values), said = evidence_->text(key);
        if (found != said)
          fails("data: the hash of the " + which + " samples in " + engine::in_quotes(task->source) + " is " +
                found + ", and " + key + " is " + said);
        return found != said;
      };
      const datasets::OneVsRest& split = task->split;
      const bool other_train = differs("train_data_sha256", split.train, "training"),
                 other_test = differs("test_data_sha256", split.test, "test");
      if (other_train || other_test) return;
      const double trained_on = evidence_->results.number("n_train").value_or(-1),
                   used = evidence_->results.number("n_train_used").value_or(-1);
      if (trained_on != static_cast<double>(split.train.count()))
        return fails("results.json: n_train is " + evidence_->text("n_train") + ", and the data have " +
                     std::to_string(split.train.count()));
      if (!(used >= 1 && used <= trained_on && used == std::floor(used)))
        return fails("results.json: n_train_used is " + evidence_->text("n_train_used") + ", of " +
                     std::to_string(split.train.count()) + " training samples");
      holds("data: the hashes of training and test samples are those of results.json");
      if (!scores_ || !evidence_->outside_receipt().empty()) return;
      if (scores_->labels != split.test_labels)
        return fails("scores.csv: its labels are not those of the data");
      if (scores_->classes.size() == split.test_classes.size())
        for (size_t i = 0; i < split.test_classes.size(); ++i)
          if (scores_->classes[i] != task->class_words.at(static_cast<size_t>(split.test_classes[i])))
            return fails("scores.csv: sample " + std::to_string(i) + " is of the class " +
                         engine::shown(scores_->classes[i]) + ", and in the data of " +
                         engine::shown(task->class_words.at(static_cast<size_t>(split.test_classes[i]))));
      if (!places(split)) return;
      if (task->table && !table_form(*task->table)) return;
      const std::vector<float> again =
          split.test.count() > 0 ? detector_->score(split.test) : std::vector<float>{};
      for (size_t i = 0; i < again.size() && i < scores_->scores.size(); ++i)
        if (std::bit_cast<uint32_t>(again[i]) != std::bit_cast<uint32_t>(scores_->scores[i]))
          return fails("model: it scores test sample " + std::to_string(i) + " as " + shortest(again[i]) +
                       ", and scores.csv has " + shortest(scores_->scores[i]));
      holds("model: it scores the test data as scores.csv has it, to the bit");
      training_scores(*task);
    });
  }

  // Whether scores.csv says of each sample where it is from: of images below the folder, which may have been moved or be
  // called otherwise from here.
  bool places(const datasets::OneVsRest& split) {
    const bool has_places = !split.test_files.empty() || !split.test_rows.empty();
    if (has_places && scores_->places.empty() && !scores_->scores.empty())
      not_checked("scores.csv: it has no column path_or_row");
    const fs::path root = fs::path(resolved_->options.data_to_read()).lexically_normal();
    const auto below_root = [&](const std::string& file) {
      const fs::path below = fs::path(file).lexically_normal().lexically_relative(root);
      return below.empty() || *below.begin() == ".." ? file : below.generic_string();
    };
    const auto is_of = [](const std::string& said, const std::string& file) {
      return said == file || said.ends_with('/' + file);
    };
    for (size_t i = 0; i < scores_->places.size(); ++i) {
      const std::string given = !split.test_files.empty()  ? below_root(split.test_files.at(i))
                                : !split.test_rows.empty() ? std::to_string(split.test_rows.at(i))
                                                           : "";
      if (split.test_files.empty() ? scores_->places[i] == given : is_of(scores_->places[i], given)) continue;
      fails("scores.csv: sample " + std::to_string(i) + " is from " + engine::in_quotes(scores_->places[i]) +
            ", and in the data from " + engine::in_quotes(given));
      return false;
    }
    return true;
  }

  // Whether the model knows the table's columns, words and fills as the data give them. The file may be another with the same
  // numbers, and models of before November 2026 know no usual values, or nothing.
  bool table_form(const datasets::TableForm& form) {
    nlohmann::json said = nlohmann::json::parse(detector_->remembered()), given = form;
    if (said.is_null()) {
      not_checked("model: model.json says nothing of the table");
      return true;
    }
    for (const char* key : {"sha256", "usual"})
      if (!said.contains(key) || std::string_view(key) == "sha256") said.erase(key), given.erase(key);
    if (said != given)
      fails(
          "model: what model.json says of the table under \"data\" (its columns, words, fills) is not what "
          "the data give");
    return said == given;
  }

  // Those that p-values go by, and the threshold that the contamination draws from them: where a method takes them from
  // its training samples alone (not where it leaves some out, or a sample's own weight).
  void training_scores(const Task& task) {
    if (task.calibration.count() > 0) return calibration(task);
    const svdd::DeepOptions* deep = resolved_->options.settings.deep();
    const double used = evidence_->results.number("n_train_used").value_or(-1);
    if (!deep || task.validation.count() > 0 || used < 1 ||
        used > static_cast<double>(task.split.train.count()))
      return;
    datasets::Samples train = task.split.train;
    train.values.resize(static_cast<size_t>(used) * static_cast<size_t>(train.size()));
    std::vector<float> scores = detector_->score(train);
    const double threshold = svdd::contamination_threshold(scores, deep->contamination);
    std::sort(scores.begin(), scores.end());
    if (scores != detector_->training_scores())
      return fails("model: its training_scores are not those that it gives the training data");
    const auto& config = evidence_->config;
    const bool draws = !config.contains("objective") || config["objective"] == "one-class";
    if (draws && threshold != detector_->threshold())
      return fails("model: its threshold is " + shortest(detector_->threshold()) +
                   ", and the contamination of the training scores gives " + shortest(threshold));
    holds("model: its training scores, by which p-values go, " +
          std::string(draws ? "and its threshold " : "") + "are those of the training data");
  }

  // The same of samples that were held out to calibrate.
  void calibration(const Task& task) {
    const auto& said = detector_->calibration();
    if (!said) return fails("model: it has no calibration, and config.json asks for one");
    const auto of_results = evidence_->results.entries().find("calibration");
    if (!of_results) return fails("results.json: it has no calibration, and config.json asks for one");
    if (of_results->as<double>("false_alarm_rate") != task.false_alarm_rate)
      return fails("results.json: the rate of its calibration is " +
                   shortest(of_results->as<double>("false_alarm_rate")) + ", and config.json asks for " +
                   shortest(task.false_alarm_rate));
    const auto seen = share_of_normals_above(scores_->scores, scores_->labels, detector_->threshold());
    if (seen && of_results->find("seen") && of_results->as<double>("seen") != *seen)
      return fails("results.json: the false alarms seen are " + shortest(of_results->as<double>("seen")) +
                   ", and scores.csv gives " + shortest(*seen));
    std::vector<float> scores = detector_->score(task.calibration);
    const double threshold = svdd::conformal_threshold(scores, task.false_alarm_rate);
    std::sort(scores.begin(), scores.end());
    if (scores != detector_->training_scores())
      return fails(
          "model: its training_scores are not those that it gives the samples held out to calibrate");
    if (said->false_alarm_rate != task.false_alarm_rate || threshold != detector_->threshold())
      return fails("model: its threshold is " + shortest(detector_->threshold()) +
                   ", and a rate of false alarms of " + shortest(task.false_alarm_rate) +
                   " among the samples held out to calibrate gives " + shortest(threshold));
    holds(
        "model: its threshold and the scores that p-values go by are those of the samples held out to "
        "calibrate");
  }

  fs::path folder_;
  Examined what_;
  BackendOptions machine_;
  std::vector<Finding> findings_;
  std::optional<Evidence> evidence_;
  std::optional<ResolvedOptions> resolved_;
  std::unique_ptr<engine::Backend> backend_;
  std::unique_ptr<svdd::Detector> detector_;
  std::optional<Scores> scores_;
};

}  // namespace

std::vector<Finding> findings_about(const fs::path& folder, const Examined& what,
                                    const BackendOptions& machine) {
  return Examination(folder, what, machine).all();
}

}  // namespace tools
