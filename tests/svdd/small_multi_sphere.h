// Runs of Deep Multi-sphere SVDD of a fraction of a second, on two of the built-in stroke digits.
#pragma once
#include <memory>

#include "svdd/recipes/published.h"
#include "tests/svdd/small_runs.h"

namespace small_multi_sphere {

// Normal: the digits 0 and 1, 64 images each. Test: 8 images of every digit.
inline const datasets::OneVsRest& two_digits() {
  static const auto task = datasets::one_vs_rest(datasets::load_strokes(64, 8), {0, 1});
  return task;
}

inline svdd::MultiSphereOptions options() {
  svdd::MultiSphereOptions o = svdd::recipes::multi_sphere({});
  o.widths = {8, 8, 4, 16};
  o.rep_dim = 8;
  o.dictionary = false;
  o.spheres = 10;
  o.restarts = 2;
  for (svdd::PhaseOptions* phase : {&o.pretraining, &o.training}) {
    phase->epochs = 10;
    phase->lr = 1e-3;
    phase->lr_milestones = {};
    phase->batch_size = 16;
  }
  return o;
}

inline std::unique_ptr<svdd::Detector> fitted(const svdd::MultiSphereOptions& o,
                                              const datasets::Samples& train = two_digits().train,
                                              engine::Backend& on = *small_runs::backend()) {
  auto detector = svdd::make_multi_sphere(o, on);
  svdd::Monitor silent;
  detector->fit({train, {}}, silent);
  return detector;
}

}  // namespace small_multi_sphere
