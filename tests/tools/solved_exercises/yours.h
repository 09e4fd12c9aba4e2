// The exercises of the book, solved by the engine's own loops: what tools/book/exercises/check.cc expects.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/backends/reference/loops.h"

inline std::vector<float> conv2d(const std::vector<float>& x, int c, int rows, const std::vector<float>& w,
                                 int out, int kernel, int padding) {
  std::vector<float> y(static_cast<size_t>(out * rows * rows));
  engine::reference::conv2d(x.data(), engine::reference::Image({1, c, rows, rows}), w.data(),
                            static_cast<const float*>(nullptr), engine::Window{kernel, 1, padding}, y.data(),
                            engine::reference::Image({1, out, rows, rows}));
  return y;
}

// As DeepDetector::centre_of and DeepSvdd::initialise_spheres, which are no loops of the engine.
inline std::vector<float> centre(const std::vector<float>& z, int p) {
  std::vector<double> sum(static_cast<size_t>(p));
  for (size_t i = 0; i < z.size(); ++i) sum[i % sum.size()] += z[i];
  std::vector<float> c;
  for (const double s : sum) {
    const auto mean = static_cast<float>(s / static_cast<double>(z.size() / sum.size()));
    c.push_back(std::abs(mean) < 0.1f ? (mean < 0 ? -0.1f : 0.1f) : mean);
  }
  return c;
}

inline float radius(std::vector<float> d, double nu) {
  return engine::reference::root_quantile(d.data(), static_cast<int64_t>(d.size()), 1 - nu);
}
