#include "svdd/baselines/weighted_differences.h"

#include <cstdint>

#include "engine/stopping.h"

namespace svdd {

std::vector<float> weighted_differences(const datasets::Samples& rows, const datasets::Samples& points,
                                        const std::function<void(std::vector<double>&)>& weigh) {
  const auto d = static_cast<size_t>(rows.size());
  const int64_t n = points.count();
  std::vector<float> result;
  result.reserve(rows.values.size());
  for (int64_t r = 0; r < rows.count(); ++r) {
    engine::check_stop();
    const float* x = rows.sample(r);
    std::vector<double> weights(static_cast<size_t>(n)), sum(d);
    for (int64_t i = 0; i < n; ++i) {
      const float* point = points.sample(i);
      double square = 0;
      for (size_t f = 0; f < d; ++f) {
        const double difference = static_cast<double>(x[f]) - static_cast<double>(point[f]);
        square += difference * difference;
      }
      weights[static_cast<size_t>(i)] = square;
    }
    weigh(weights);
    for (int64_t i = 0; i < n; ++i) {
      const double w = weights[static_cast<size_t>(i)];
      if (w == 0) continue;
      const float* point = points.sample(i);
      for (size_t f = 0; f < d; ++f)
        sum[f] += w * (static_cast<double>(x[f]) - static_cast<double>(point[f]));
    }
    for (const double s : sum) result.push_back(static_cast<float>(s));
  }
  return result;
}

}  // namespace svdd
