// The quick baselines that stand beside a run on data of one's own: a method that does not beat the fifth neighbour has
// learned nothing there.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/samples.h"
#include "engine/backend.h"
#include "svdd/recipes/data_traits.h"

namespace svdd {

struct Yardstick {
  std::string method, title;  // "knn"; "mean-distance" is no method of methods()
  double auc = 0;
};
struct Yardsticks {
  std::vector<Yardstick> of;              // those that are quick on such data
  int64_t trained_on = 0, tested_on = 0;  // samples, evenly spaced ones where there are very many
};

// The fifth neighbour, the distance to the mean and, of at most 600 features, Mahalanobis distance and isolation forest, with
// their settings for such data (recipes/published.h), the last with this seed; seconds at most. `but`: a method
// that is not wanted. Labels: 1 is an anomaly; there are both, else nothing is measured. The bits depend on no machine.
Yardsticks measure_yardsticks(const datasets::Samples& train, const datasets::Samples& test,
                              const std::vector<int32_t>& test_labels, const recipes::DataTraits& data,
                              uint64_t seed, engine::Backend& backend, const std::string& but = "");

}  // namespace svdd
