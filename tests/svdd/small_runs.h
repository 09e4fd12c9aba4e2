// Runs of a fraction of a second on the built-in stroke digits, for the tests of whole methods.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "datasets/strokes.h"
#include "engine/backends/cpu/cpu.h"
#include "engine/random.h"
#include "svdd/methods/deep_detector.h"
#include "svdd/methods/deep_svdd.h"

namespace small_runs {

inline const std::unique_ptr<engine::Backend>& backend() {
  static const auto on = engine::make_cpu_backend({.threads = 1});
  return on;
}

// Normal: the digit 1, 64 images. Test: 8 images of every digit.
inline const datasets::OneVsRest& ones() {
  static const auto task = datasets::one_vs_rest(datasets::load_strokes(64, 8), {1});
  return task;
}

inline datasets::Samples first(const datasets::Samples& samples, int64_t n) {
  return {samples.shape, {samples.values.begin(), samples.values.begin() + n * samples.size()}};
}

// Numbers in [0, 1) of any shape.
inline datasets::Samples drawn(const std::vector<int64_t>& shape, int64_t count) {
  datasets::Samples samples{shape, {}};
  samples.values.resize(static_cast<size_t>(samples.size() * count));
  const engine::RandomStream stream(1, "samples");
  for (size_t i = 0; i < samples.values.size(); ++i) samples.values[i] = stream.uniform(i);
  return samples;
}

inline svdd::DeepSvddOptions options(svdd::Recipe recipe = svdd::Recipe::pytorch,
                                     svdd::Objective objective = svdd::Objective::one_class) {
  svdd::DeepSvddOptions o = svdd::published_options(recipe);
  o.objective = objective;
  o.warm_up_epochs = 2;
  for (svdd::PhaseOptions* phase : {&o.pretraining, &o.training}) {
    phase->epochs = 10;
    phase->lr = 1e-3;
    phase->lr_milestones = {};
    phase->batch_size = 16;
  }
  return o;
}

// The network as it begins, and no step at all.
inline svdd::DeepSvddOptions untrained(svdd::DeepSvddOptions o = options()) {
  o.pretrain = false;
  o.training.epochs = 0;
  return o;
}

// Remembers all it is told.
struct Listener final : svdd::Monitor {
  void epoch(const svdd::EpochReport& report) override { reports.push_back(report); }
  void note(const std::string& line) override { notes.push_back(line); }
  void stage(std::string_view name, const svdd::ScoreFunction& score) override {
    stages.emplace_back(name);
    stage_scores.push_back(score(ones().test));
  }
  std::vector<svdd::EpochReport> of(const std::string& phase) const {
    std::vector<svdd::EpochReport> some;
    for (const svdd::EpochReport& r : reports)
      if (r.phase == phase) some.push_back(r);
    return some;
  }

  std::vector<svdd::EpochReport> reports;
  std::vector<std::string> notes, stages;
  std::vector<std::vector<float>> stage_scores;
};

inline std::unique_ptr<svdd::Detector> fitted(const svdd::DeepSvddOptions& o,
                                              const datasets::Samples& train = ones().train,
                                              engine::Backend& on = *backend()) {
  auto detector = svdd::make_deep_svdd(o, on);
  svdd::Monitor silent;
  detector->fit({train, {}}, silent);
  return detector;
}

}  // namespace small_runs
