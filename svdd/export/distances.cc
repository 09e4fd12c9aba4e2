#include "svdd/export/distances.h"

#include <limits>
#include <vector>

namespace svdd {

using engine::NdArray;
using engine::onnx::Type;
using engine::onnx::Value;

namespace {

Value points_in_double(const Value& beside, const NdArray& points) {
  return cast(beside.graph->constant("points", points), Type::f64);
}

std::vector<double> mean_of_rows(const NdArray& points) {
  const std::vector<float> values = points.as<float>();
  std::vector<double> mean(static_cast<size_t>(points.shape[1]));
  for (size_t i = 0; i < values.size(); ++i) mean[i % mean.size()] += values[i];
  for (double& m : mean) m /= static_cast<double>(points.shape[0]);
  return mean;
}

}  // namespace

Value squared_distance(const Value& a, const Value& b) { return sum(square(a - b)); }

Value squared_distances(const Value& x, const NdArray& points) {
  const Value origin = x.graph->constant("origin", NdArray::from({points.shape[1]}, mean_of_rows(points)));
  const Value from = cast(x, Type::f64) - origin, to = points_in_double(x, points) - origin;
  const Value squares = sum(square(from), true) - product(from, transposed(to)) * 2 + sum(square(to));
  return larger(squares, x.graph->number(0, Type::f64));
}

NearestPoints nearest_to(const Value& x, const NdArray& points, int64_t k, const std::vector<float>& less) {
  Value compared = squared_distances(x, points);
  if (!less.empty())
    compared = compared - cast(x.graph->constant("less", NdArray::from({points.shape[0]}, less)), Type::f64);
  const Value places = places_of_smallest(compared, k);
  const Value near = rows_at(points_in_double(x, points), places);  // (N, k, F)
  return {places, sum(square(with_axis(cast(x, Type::f64), 1) - near))};
}

Value as_score(const Value& in_double) {
  const double most = std::numeric_limits<float>::max();
  return cast(smaller(in_double, in_double.graph->number(most, Type::f64)), Type::f32);
}

}  // namespace svdd
