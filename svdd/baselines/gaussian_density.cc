#include "svdd/baselines/gaussian_density.h"

#include <algorithm>

#include "engine/elementary.h"
#include "engine/stopping.h"

namespace svdd {

using datasets::Samples;
using engine::Array;
using engine::DType;
using engine::Layout;

namespace {

constexpr double log_2_pi = 1.8378770664093454836;

double log_of(double x) { return engine::elementary::log(static_cast<float>(x)); }

Array ones(engine::Backend& backend, const engine::Shape& shape) {
  Array a(backend, shape, Layout::plain, DType::f32);
  backend.fill(a, 1);
  return a;
}

}  // namespace

GaussianDensity::GaussianDensity(const Samples& points, engine::Backend& backend)
    : backend_(backend),
      distances_(points, backend),
      right_(distances_.right(points)),
      to_sum_(ones(backend, {1, points.count()})),
      to_copies_(ones(backend, {points.count(), 1})),
      features_(points.size()),
      points_(points.count()) {}

double GaussianDensity::log_constant(double bandwidth) const {
  const auto d = static_cast<double>(features_);
  return log_of(static_cast<double>(points_)) + d * (log_of(bandwidth) + log_2_pi / 2);
}

std::vector<std::vector<double>> GaussianDensity::log_density(const Samples& rows,
                                                              const std::vector<double>& bandwidths) const {
  // At a time: six blocks of sixteen, and terms that stay in the cache; fewer of very many points, whose products take
  // seconds and whose terms take memory.
  constexpr int64_t block = 16, most_blocks = 6;
  constexpr double most_terms = 1e10;
  const double of_block =
      static_cast<double>(block) * static_cast<double>(points_) * static_cast<double>(features_);
  const int64_t most_rows =
      block * static_cast<int64_t>(std::clamp<double>(most_terms / of_block, 1, most_blocks));
  std::vector<std::vector<double>> result(bandwidths.size());
  for (int64_t first = 0; first < rows.count(); first += most_rows) {
    const int64_t count = std::min(most_rows, rows.count() - first);
    // −‖x − x_i‖², relative to the nearest point's: all terms of the sum are then at most 1, and one is 1.
    Array exponents = distances_.negated_squares(distances_.left(rows, first, count), right_);
    const std::vector<float> all = exponents.to_floats();
    std::vector<float> nearest;
    for (int64_t i = 0; i < count; ++i)
      nearest.push_back(*std::max_element(all.begin() + i * points_, all.begin() + (i + 1) * points_));
    Array copies(backend_, {count, points_}, Layout::samples, DType::f32), terms = copies.zeros_like();
    backend_.dense(Array::from(backend_, {count, 1}, Layout::samples, DType::f32, nearest), to_copies_,
                   nullptr, copies);
    backend_.binary(engine::Binary::subtract, exponents, copies, exponents);

    Array sums(backend_, {count, 1}, Layout::samples, DType::f32);
    // [book: log-density]
    for (size_t b = 0; b < bandwidths.size(); ++b) {
      engine::check_stop();
      const double h = bandwidths[b], factor = 1 / (2 * h * h), constant = log_constant(h);
      backend_.unary(engine::Unary::exp, factor, exponents, terms);
      backend_.dense(terms, to_sum_, nullptr, sums);
      const std::vector<float> sum = sums.to_floats();
      for (size_t i = 0; i < sum.size(); ++i)
        result[b].push_back(static_cast<double>(nearest[i]) * factor + log_of(sum[i]) - constant);
    }
  }
  return result;
}

}  // namespace svdd
