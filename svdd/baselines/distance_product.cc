#include "svdd/baselines/distance_product.h"

#include <numeric>

#include "engine/fused_multiply_add.h"
#include "engine/stopping.h"

namespace svdd {

using datasets::Samples;
using engine::Array;
using engine::DType;
using engine::Layout;

DistanceProduct::DistanceProduct(const Samples& reference, engine::Backend& backend) : backend_(backend) {
  const int64_t features = reference.size(), n = reference.count();
  std::vector<double> sum(static_cast<size_t>(features));
  for (int64_t i = 0; i < n; ++i) {
    engine::check_stop();
    for (int64_t f = 0; f < features; ++f) sum[static_cast<size_t>(f)] += reference.sample(i)[f];
  }
  for (const double s : sum) origin_.push_back(static_cast<float>(s / static_cast<double>(n)));
  std::vector<float> row(static_cast<size_t>(features));
  for (int64_t i = 0; i < n; ++i) variance_ += centred(reference.sample(i), features, row.data());
  variance_ /= static_cast<double>(n);
}

// Writes x − origin and returns its squared norm: the chain of the product, without its factor 2 (which is
// exact).
float DistanceProduct::centred(const float* row, int64_t features, float* to) const {
  float norm = 0;
  for (int64_t f = 0; f < features; ++f) {
    to[f] = row[f] - origin_[static_cast<size_t>(f)];
    norm = engine::fused_multiply_add(to[f], to[f], norm);
  }
  return norm;
}

Array DistanceProduct::left(const Samples& rows, int64_t first, int64_t count) const {
  const int64_t features = rows.size(), width = features + 2;
  std::vector<float> factor(static_cast<size_t>(count * width));
  for (int64_t i = 0; i < count; ++i) {
    engine::check_stop();
    float* to = factor.data() + i * width;
    to[features] = centred(rows.sample(first + i), features, to);
    to[features + 1] = 1;
  }
  return Array::from(backend_, {count, width}, Layout::samples, DType::f32, factor);
}

Array DistanceProduct::right(const Samples& rows) const {
  std::vector<int64_t> all(static_cast<size_t>(rows.count()));
  std::iota(all.begin(), all.end(), 0);
  return right(rows, all);
}

Array DistanceProduct::right(const Samples& rows, std::span<const int64_t> which) const {
  const int64_t features = rows.size(), width = features + 2, count = static_cast<int64_t>(which.size());
  std::vector<float> factor(static_cast<size_t>(count * width));
  for (int64_t i = 0; i < count; ++i) {
    engine::check_stop();
    float* to = factor.data() + i * width;
    const float norm = centred(rows.sample(which[static_cast<size_t>(i)]), features, to);
    for (int64_t f = 0; f < features; ++f) to[f] += to[f];
    to[features] = -1;
    to[features + 1] = -norm;
  }
  return Array::from(backend_, {count, width}, Layout::plain, DType::f32, factor);
}

Array DistanceProduct::negated_squares(const Array& left, const Array& right) const {
  Array d(backend_, {left.samples(), right.shape()[0]}, Layout::samples, DType::f32);
  backend_.dense(left, right, nullptr, d);
  return d;
}

}  // namespace svdd
