// The density of a sum of Gaussian bumps, for several widths at once: the distances to the training points
// are the cost, and they serve all widths.
#pragma once
#include <optional>
#include <vector>

#include "svdd/baselines/distance_product.h"

namespace svdd {

class GaussianDensity {
 public:
  // About these points, rows of shape {features}; at least one.
  GaussianDensity(const datasets::Samples& points, engine::Backend& backend);

  // log p(x) of every row (kde.h): result[b][i] for bandwidth b and row i. Bandwidths are positive.
  std::vector<std::vector<double>> log_density(const datasets::Samples& rows,
                                               const std::vector<double>& bandwidths) const;

  // What a bump of this width is divided by, and their number: log(points) + d·log(bandwidth·√2π).
  double log_constant(double bandwidth) const;

 private:
  engine::Backend& backend_;
  DistanceProduct distances_;
  engine::Array right_;  // of the points
  // 1 for each point, as weights of a sum over the points, (1, points), and of a copy to all of them,
  // (points, 1).
  engine::Array to_sum_, to_copies_;
  int64_t features_, points_;
};

}  // namespace svdd
