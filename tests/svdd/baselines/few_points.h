// Small data for the tests of the baselines, and what the tests of all of them need.
#pragma once
#include <cmath>
#include <memory>
#include <vector>

#include "datasets/samples.h"
#include "engine/random.h"
#include "svdd/detector.h"
#include "tests/svdd/small_runs.h"

namespace few_points {

using datasets::Samples;

// Twelve points of the plane in no particular order, and five places to score: the numbers that scikit-learn
// was given for the known answers.
inline const Samples& twelve() {
  static const Samples points = [] {
    Samples s{{2}, {}};
    for (int i = 0; i < 12; ++i) {
      s.values.push_back(static_cast<float>(7 * i % 11) / 4);
      s.values.push_back(static_cast<float>(5 * i % 13) / 4);
    }
    return s;
  }();
  return points;
}
inline const Samples& places() {
  static const Samples points{{2}, {0, 0, 1.5f, 1.5f, 1.25f, 0.5f, 4, -1, 30, 30}};
  return points;
}

// Forty points in space, of which two coordinates go together, and five places: for what goes by covariances.
inline const Samples& forty() {
  static const Samples points = [] {
    Samples s{{3}, {}};
    for (int i = 0; i < 40; ++i) {
      const float along = static_cast<float>(7 * i % 41) / 8;
      s.values.insert(s.values.end(), {along, along / 2 + static_cast<float>(11 * i % 37) / 32,
                                       static_cast<float>(5 * i % 29) / 8});
    }
    return s;
  }();
  return points;
}
inline const Samples& places_in_space() {
  static const Samples points{{3}, {0, 0, 0, 2.5f, 2, 1.5f, 1, 3, 2, 5, 2.5f, 3.5f, 2, 2, 40}};
  return points;
}

// n samples of d independent normal features.
inline Samples gaussian(int64_t n, int64_t d, uint64_t seed) {
  const engine::RandomStream draws(seed, "tests/gaussian");
  Samples s{{d}, {}};
  for (int64_t i = 0; i < n * d; ++i) s.values.push_back(draws.normal(static_cast<uint64_t>(i)));
  return s;
}

inline double squared_distance(const float* a, const float* b, int64_t d) {
  double sum = 0;
  for (int64_t f = 0; f < d; ++f) {
    const double difference = static_cast<double>(a[f]) - b[f];
    sum += difference * difference;
  }
  return sum;
}

inline svdd::Detector& fitted(const std::unique_ptr<svdd::Detector>& detector, const Samples& train) {
  svdd::Monitor silent;
  detector->fit({train, {}}, silent);
  return *detector;
}

}  // namespace few_points
