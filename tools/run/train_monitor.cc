#include "tools/run/train_monitor.h"

#include <iostream>

#include "engine/files/json_file.h"
#include "engine/system/process.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/training/epoch_report_json.h"
#include "tools/report/svg_chart.h"
#include "tools/run/results.h"

namespace tools {
namespace {

int terminal_columns() {
  const int columns = engine::system::terminal_columns(engine::system::standard_error);
  return columns > 0 ? columns : 80;
}

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

TrainMonitor::TrainMonitor(const datasets::OneVsRest& task, const std::filesystem::path& log_file, bool quiet,
                           bool auc_per_epoch)
    : task_(task),
      auc_per_epoch_(auc_per_epoch && why_no_auc(task.test_labels).empty()),
      progress_(std::cerr, {.terminal = engine::system::is_terminal(engine::system::standard_error),
                            .quiet = quiet,
                            .columns = terminal_columns(),
                            .log_file = log_file,
                            .clock = [this] { return steady_seconds() - head_start_; }}) {}

void TrainMonitor::epoch(const svdd::EpochReport& report) {
  if (phase_ != report.phase) {
    head_start_ = report.seconds;
    progress_.begin(report.phase, static_cast<int>(report.epochs), static_cast<int>(report.epoch));
    head_start_ = 0;
    phase_ = report.phase;
  }
  history_.push_back(report);
  std::string extra = "lr " + number_text(report.lr, 3);
  if (report.radius) extra += "  radius " + number_text(*report.radius, 4);
  if (report.spheres)
    extra += "  " + std::to_string(*report.spheres) + (*report.spheres == 1 ? " sphere" : " spheres");
  progress_.step(static_cast<int>(report.epoch + 1), report.loss, extra);
}

void TrainMonitor::stage(std::string_view name, const svdd::ScoreFunction& score) {
  std::optional<double>* auc = name == "untrained"     ? &untrained_auc_
                               : name == "autoencoder" ? &autoencoder_auc_
                                                       : nullptr;
  if (!auc || !why_no_auc(task_.test_labels).empty()) return;
  *auc = svdd::roc_auc(score(task_.test), task_.test_labels);
  progress_.end();
  progress_.note("test AUC, " + std::string(name) + ": " + fixed_text(100 * **auc, 2) + " %");
}

void TrainMonitor::standing(const svdd::EpochReport& report, const svdd::ScoreFunction& score,
                            const svdd::ScoreFunction&) {
  // From the first on, or not at all: the best of some epochs is no best epoch.
  if (auc_per_epoch_ && static_cast<int64_t>(aucs_.size()) == report.epoch)
    aucs_.push_back({report.epoch, svdd::roc_auc(score(task_.test), task_.test_labels)});
}

std::string TrainMonitor::kept() const {
  nlohmann::json all{{"history", history_}, {"fingerprints", fingerprints_}};
  for (const EpochAuc& a : aucs_) all["aucs"].push_back({{"epoch", a.epoch}, {"auc", a.auc}});
  if (untrained_auc_) all["untrained_auc"] = *untrained_auc_;
  if (autoencoder_auc_) all["autoencoder_auc"] = *autoencoder_auc_;
  return all.dump();
}

void TrainMonitor::go_on(const std::string& kept) {
  const nlohmann::json all = engine::parse_json(kept);
  const engine::JsonEntry entries(all, "what it holds of the run's history");
  history_ = entries.as<std::vector<svdd::EpochReport>>("history");
  // Versions before November 2026 kept none.
  if (const auto kept_ones = entries.find("fingerprints"))
    for (const auto& pair : kept_ones->as<std::vector<std::vector<std::string>>>())
      if (pair.size() == 2) fingerprints_.emplace_back(pair[0], pair[1]);
  if (const auto aucs = entries.find("aucs"); aucs && auc_per_epoch_)
    for (size_t i = 0; i < aucs->size(); ++i)
      aucs_.push_back({aucs->at(i).as<int64_t>("epoch"), aucs->at(i).as<double>("auc")});
  if (const auto auc = entries.find("untrained_auc")) untrained_auc_ = auc->as<double>();
  if (const auto auc = entries.find("autoencoder_auc")) autoencoder_auc_ = auc->as<double>();
}

}  // namespace tools
