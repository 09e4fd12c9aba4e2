// Runs of DASVDD of a fraction of a second, on made-up table rows.
#pragma once
#include <cmath>
#include <memory>
#include <string>

#include "engine/backends/cpu/cpu.h"
#include "engine/random.h"
#include "svdd/methods/dasvdd.h"
#include "svdd/methods/deep_detector.h"

namespace dasvdd_runs {

inline const std::unique_ptr<engine::Backend>& backend() {
  static const auto on = engine::make_cpu_backend({.threads = 1});
  return on;
}

// Rows of 8 numbers that follow 2, up to a little noise: x_j = cos(j)·u + sin(j)·v + 0.1·ε about 1.
inline datasets::Samples normal_rows(int64_t n, const std::string& stream = "normal") {
  const engine::RandomStream draws(1, stream);
  datasets::Samples rows{{8}, {}};
  for (int64_t i = 0; i < n; ++i) {
    const auto draw = [&](int64_t k) { return draws.normal(static_cast<uint64_t>(10 * i + k)); };
    for (int64_t j = 0; j < 8; ++j)
      rows.values.push_back(1 + std::cos(static_cast<float>(j)) * draw(0) +
                            std::sin(static_cast<float>(j)) * draw(1) + 0.1f * draw(2 + j));
  }
  return rows;
}

// Rows of the same mean and size that follow nothing.
inline datasets::Samples odd_rows(int64_t n) {
  const engine::RandomStream draws(1, "odd");
  datasets::Samples rows{{8}, {}};
  for (int64_t i = 0; i < 8 * n; ++i) rows.values.push_back(1 + draws.normal(static_cast<uint64_t>(i)));
  return rows;
}

inline svdd::DasvddOptions options() {
  svdd::DasvddOptions o = svdd::published_dasvdd_options("dasvdd_pima");
  o.input = {8};
  o.training.epochs = 3;
  o.training.batch_size = 10;
  return o;
}

inline std::unique_ptr<svdd::Detector> fitted(const svdd::DasvddOptions& o, const datasets::Samples& train,
                                              engine::Backend& on = *backend()) {
  auto detector = svdd::make_dasvdd(o, on);
  svdd::Monitor silent;
  detector->fit({train, {}}, silent);
  return detector;
}

}  // namespace dasvdd_runs
