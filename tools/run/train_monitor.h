// What `svdd train` does while a method learns: shows how far it is, keeps the history, and measures the
// stages, and every epoch where that is asked for.
#pragma once
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "datasets/dataset.h"
#include "svdd/detector.h"
#include "tools/run/progress.h"

namespace tools {

struct EpochAuc {
  int64_t epoch = 0;
  double auc = 0;
};

class TrainMonitor final : public svdd::Monitor {
 public:
  // `task` must outlive this. The log is `log_file`. `auc_per_epoch`: of the method's own phase.
  TrainMonitor(const datasets::OneVsRest& task, const std::filesystem::path& log_file, bool quiet,
               bool auc_per_epoch = false);

  void epoch(const svdd::EpochReport& report) override;
  void note(const std::string& line) override { progress_.note(line); }
  void stage(std::string_view name, const svdd::ScoreFunction& score) override;
  void standing(const svdd::EpochReport& report, const svdd::ScoreFunction& score,
                const svdd::ScoreFunction& embed) override;
  void weights(std::string_view after, const std::string& sha256) override {
    fingerprints_.emplace_back(after, sha256);
  }
  std::string kept() const override;
  void go_on(const std::string& kept) override;
  void end() { progress_.end(); }

  const std::vector<svdd::EpochReport>& history() const { return history_; }
  // Test AUC after every epoch of the last phase, where it was asked for from its beginning and there is one; else empty.
  const std::vector<EpochAuc>& aucs() const { return aucs_; }
  // The network at its start, and after each phase.
  const std::vector<std::pair<std::string, std::string>>& fingerprints() const { return fingerprints_; }
  // Test AUC at the stages; nothing where the method has no such stage or the test set one class only.
  const std::optional<double>& untrained_auc() const { return untrained_auc_; }
  const std::optional<double>& autoencoder_auc() const { return autoencoder_auc_; }

 private:
  const datasets::OneVsRest& task_;
  bool auc_per_epoch_;
  double head_start_ =
      0;  // seconds by which the progress clock lags: a phase is announced by its first epoch's end
  Progress progress_;
  std::string phase_;  // that the progress shows
  std::vector<svdd::EpochReport> history_;
  std::vector<EpochAuc> aucs_;
  std::vector<std::pair<std::string, std::string>> fingerprints_;  // phase, weights_sha256
  std::optional<double> untrained_auc_, autoencoder_auc_;
};

}  // namespace tools
