// What the tests of the methods share: stroke digits few enough to train on in a moment, and a monitor that
// remembers.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "datasets/strokes.h"
#include "engine/backends/cpu/cpu.h"
#include "svdd/deep_svdd.h"

namespace svdd_tests {

// Normal: the digit 3, `train` images of it. Tested on `test_per_class` images of each digit.
inline datasets::OneVsRest threes(int64_t train, int64_t test_per_class = 4) {
  return datasets::one_vs_rest(datasets::load_strokes(train, test_per_class), {3});
}

inline std::unique_ptr<engine::Backend> one_thread() { return engine::make_cpu_backend({.threads = 1}); }

// A recipe with few epochs, small batches and a rate to match.
inline svdd::DeepSvddOptions brief(int64_t ae_epochs, int64_t epochs,
                                   svdd::Recipe recipe = svdd::Recipe::pytorch) {
  svdd::DeepSvddOptions o = svdd::published_options(recipe);
  for (svdd::PhaseOptions* phase : {&o.pretraining, &o.training}) {
    phase->lr = 1e-3;
    phase->batch_size = 16;
  }
  o.pretraining.epochs = ae_epochs;
  o.training.epochs = epochs;
  return o;
}

// Keeps what a fit tells, and scores `test` at every stage.
class Recorder final : public svdd::Monitor {
 public:
  explicit Recorder(const datasets::Samples* test = nullptr) : test_(test) {}

  void epoch(const svdd::EpochReport& report) override { epochs.push_back(report); }
  void note(const std::string& line) override { notes.push_back(line); }
  void stage(std::string_view name, const svdd::ScoreFunction& score) override {
    stages.emplace_back(name, test_ ? score(*test_) : std::vector<float>());
  }

  std::vector<svdd::EpochReport> of(const std::string& phase) const {
    std::vector<svdd::EpochReport> found;
    for (const svdd::EpochReport& e : epochs)
      if (e.phase == phase) found.push_back(e);
    return found;
  }

  std::vector<svdd::EpochReport> epochs;
  std::vector<std::string> notes;
  std::vector<std::pair<std::string, std::vector<float>>> stages;

 private:
  const datasets::Samples* test_;
};

inline std::unique_ptr<svdd::Detector> fitted(const svdd::DeepSvddOptions& options,
                                              const datasets::OneVsRest& task, engine::Backend& backend,
                                              svdd::Monitor& monitor) {
  auto detector = svdd::make_deep_svdd(options, backend);
  detector->fit({task.train, task.train_classes}, monitor);
  return detector;
}

inline std::unique_ptr<svdd::Detector> fitted(const svdd::DeepSvddOptions& options,
                                              const datasets::OneVsRest& task, engine::Backend& backend) {
  svdd::Monitor quiet;
  return fitted(options, task, backend, quiet);
}

}  // namespace svdd_tests
