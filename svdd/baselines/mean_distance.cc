#include "svdd/baselines/mean_distance.h"

#include "engine/floating_point_mode.h"
#include "engine/stopping.h"

namespace svdd {

std::vector<float> distances_to_mean(const datasets::Samples& train, const datasets::Samples& test) {
  const engine::IeeeMode ieee;
  const auto d = static_cast<size_t>(train.size());
  std::vector<double> mean(d);
  for (size_t i = 0; i < train.values.size(); ++i) mean[i % d] += train.values[i];
  for (double& m : mean) m /= static_cast<double>(train.count());
  std::vector<float> distances;
  for (size_t i = 0; i < test.values.size(); i += d) {
    engine::check_stop();
    double sum = 0;
    for (size_t j = 0; j < d; ++j) sum += (test.values[i + j] - mean[j]) * (test.values[i + j] - mean[j]);
    distances.push_back(static_cast<float>(sum));
  }
  return distances;
}

}  // namespace svdd
