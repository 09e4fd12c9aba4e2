#include "tools/verify/soundness.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <optional>
#include <stdexcept>

#include "engine/files/in_quotes.h"
#include "engine/files/sha256.h"
#include "engine/stopping.h"
#include "svdd/detector.h"
#include "svdd/evaluation/receipt.h"
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

class Examination {
 public:
  Examination(const fs::path& folder, const BackendOptions& machine) : folder_(folder), machine_(machine) {}

  std::vector<Finding> all() {
    if (!part([&] { evidence_ = read_evidence(folder_); })) return findings_;
    if (!evidence_->results.all().contains("weights_sha256")) {
      fails(
          "results.json: it is a search for the width of a kernel, which keeps an AUC and nothing to check");
      return findings_;
    }
    if (const std::string outside = evidence_->outside_receipt(); !outside.empty())
      fails("receipt: the run was made with " + outside +
            ", whose bits no receipt covers; other machines give others");
    part([&] { settings(); });
    part([&] { weights(); });
    part([&] { scores(); });
    if (scores_) part([&] { metrics(); });
    part([&] { history(); });
    if (resolved_ && detector_) data();
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

  void settings() {
    ResolvedOptions resolved = resolve_train_options({{"out", {folder_.string()}}}, folder_ / "config.json");
    const ordered_json complete = to_json(resolved.options), &found = evidence_->config;
    std::string missing;
    for (const auto& [key, value] : complete.items())
      if (!value.is_null() && !found.contains(key)) missing += (missing.empty() ? "" : ", ") + key;
    if (!missing.empty()) return fails("config.json: it does not say " + missing);
    for (const char* key : {"method", "seed", "objective"}) {
      const auto& of_results = evidence_->results.all();
      if (!found.contains(key) || !of_results.contains(key) || of_results[key].is_null()) continue;
      if (nlohmann::json(found[key]) != of_results[key])
        return fails("config.json: " + std::string(key) + " is " + found[key].dump() +
                     ", and results.json has " + of_results[key].dump());
    }
    holds("config.json: all " + std::to_string(complete.size()) + " options");
    resolved_.emplace(std::move(resolved));
  }

  void weights() {
    backend_ = make_backend(machine_);
    detector_ = svdd::load_detector(folder_ / "model", *backend_);
    const std::string found = detector_->weights_sha256(), said = evidence_->text("weights_sha256");
    if (found != said)
      return fails("model: the hash of its weights is " + found + ", and weights_sha256 is " + said);
    const auto threshold = evidence_->results.number("threshold");
    if (!threshold || *threshold != detector_->threshold())
      return fails("model: its threshold is " + shortest(detector_->threshold()) + ", and results.json has " +
                   (threshold ? shortest(*threshold) : "none"));
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
    const uint64_t seed = resolved_ ? resolved_->options.settings.seed() : 0;
    if (!resolved_) return not_checked("metrics: the seed of their intervals is not known");
    ordered_json again;
    add_metrics(again, scores_->scores, scores_->labels, evidence_->results.number("threshold").value_or(0),
                seed);
    std::string names;
    for (const auto& [key, value] : again.items()) {
      const auto& said = evidence_->results.all();
      const nlohmann::json here = value;
      // Versions before November 2026 summed average precisions otherwise.
      if (!said.contains(key)) return fails("results.json: it has no " + key);
      if (said[key] != here)
        return fails("results.json: " + key + " is " + said[key].dump() + ", and scores.csv gives " +
                     here.dump());
      names += (names.empty() ? "" : ", ") + key;
    }
    holds("metrics: they follow from scores.csv (" + names + ")");
  }

  // As many epochs of each phase as the settings say, in order; the fingerprints of the phases with them.
  void history() {
    if (!resolved_) return;
    const svdd::DeepOptions* deep = resolved_->options.settings.deep();
    if (!deep) return;
    const std::string own = resolved_->options.method;
    std::vector<std::pair<std::string, int64_t>> phases;
    for (const HistoryRow& row : evidence_->history) {
      if (phases.empty() || row.phase != phases.back().first) phases.emplace_back(row.phase, 0);
      if (row.epoch != phases.back().second)
        return fails("history.csv: epoch " + std::to_string(row.epoch) + " of " + row.phase +
                     " stands where epoch " + std::to_string(phases.back().second) + " belongs");
      ++phases.back().second;
    }
    std::string counts;
    for (const auto& [phase, epochs] : phases) {
      const int64_t asked = phase == "autoencoder" && own != "autoencoder" ? deep->pretraining.epochs
                            : phase == own                                 ? expected_epochs(own, *deep)
                                                                           : epochs;
      if (epochs != asked)
        return fails("history.csv: it has " + std::to_string(epochs) + " epochs of " + phase +
                     ", and config.json says " + std::to_string(asked));
      counts += (counts.empty() ? "" : ", ") + std::to_string(epochs) + " of " + phase;
    }
    holds("history.csv: " + (counts.empty() ? "no epochs" : "epochs as config.json says, " + counts));
    if (evidence_->fingerprints.empty())
      return not_checked("fingerprints: the run keeps none; versions before November 2026 did not");
    if (!phases.empty() && evidence_->fingerprint(phases.back().first).empty())
      return fails("results.json: no fingerprint of the weights after " + phases.back().first);
    holds("fingerprints: of the weights at the start and after each phase");
  }

  static int64_t expected_epochs(const std::string& method, const svdd::DeepOptions& deep) {
    return method == "autoencoder" ? deep.pretraining.epochs : deep.training.epochs;
  }

  void data() {
    std::optional<Task> task;
    try {
      task = load_task(resolved_->options);
    } catch (const engine::Stopped&) {
      throw;
    } catch (const std::exception& error) {
      return not_checked("data: " + std::string(error.what()));
    }
    part([&] {
      const auto differs = [&](const char* key, const datasets::Samples& samples, const std::string& which) {
        const std::string found = engine::sha256_hex(samples.values.data(),
                                                     samples.values.size() * sizeof(float)),
                          said = evidence_->text(key);
        if (found != said)
          fails("data: the hash of the " + which + " samples in " + engine::in_quotes(task->source) + " is " +
                found + ", and " + key + " is " + said);
        return found != said;
      };
      const datasets::OneVsRest& split = task->split;
      const bool other_train = differs("train_data_sha256", split.train, "training"),
                 other_test = differs("test_data_sha256", split.test, "test");
      if (other_train || other_test) return;
      holds("data: the hashes of training and test samples are those of results.json");
      if (!scores_ || !evidence_->outside_receipt().empty()) return;
      if (scores_->labels != split.test_labels)
        return fails("scores.csv: its labels are not those of the data");
      const std::vector<float> again =
          split.test.count() > 0 ? detector_->score(split.test) : std::vector<float>{};
      for (size_t i = 0; i < again.size() && i < scores_->scores.size(); ++i)
        if (std::bit_cast<uint32_t>(again[i]) != std::bit_cast<uint32_t>(scores_->scores[i]))
          return fails("model: it scores test sample " + std::to_string(i) + " as " + shortest(again[i]) +
                       ", and scores.csv has " + shortest(scores_->scores[i]));
      holds("model: it scores the test data as scores.csv has it, to the bit");
    });
  }

  fs::path folder_;
  BackendOptions machine_;
  std::vector<Finding> findings_;
  std::optional<Evidence> evidence_;
  std::optional<ResolvedOptions> resolved_;
  std::unique_ptr<engine::Backend> backend_;
  std::unique_ptr<svdd::Detector> detector_;
  std::optional<Scores> scores_;
};

}  // namespace

std::vector<Finding> findings_about(const fs::path& folder, const BackendOptions& machine) {
  return Examination(folder, machine).all();
}

}  // namespace tools
