#include "svdd/clustering/pair_filter.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/stopping.h"
#include "svdd/clustering/block_products.h"
#include "svdd/clustering/work_sharing.h"

namespace svdd {
namespace {

constexpr double u = 0x1p-24;

// Makes the rows orthogonal to each other and of length 1 (modified Gram-Schmidt). A row that nothing is left
// of becomes zeros.
void orthonormalise(std::vector<double>& rows, int64_t d) {
  const int64_t count = static_cast<int64_t>(rows.size()) / d;
  const auto product = [d](const double* a, const double* b) {
    double sum[4] = {};
    int64_t k = 0;
    for (; k + 4 <= d; k += 4)
      for (int64_t p = 0; p < 4; ++p) sum[p] += a[k + p] * b[k + p];
    for (int64_t p = 0; k + p < d; ++p) sum[p] += a[k + p] * b[k + p];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
  };
  for (int64_t i = 0; i < count; ++i) {
    engine::check_stop();
    double* row = rows.data() + i * d;
    const double before = product(row, row);
    for (int64_t j = 0; j < i; ++j) {
      const double* other = rows.data() + j * d;
      const double share = product(row, other);
      for (int64_t k = 0; k < d; ++k) row[k] -= share * other[k];
    }
    const double after = product(row, row), scale = after > 1e-12 * before ? 1 / std::sqrt(after) : 0;
    for (int64_t k = 0; k < d; ++k) row[k] *= scale;
  }
}

// `width` directions, in C order: Q Xᵀ X made orthonormal, for X a sample of the rows and Q some of those.
std::vector<float> main_directions(const CentredPoints& centred, int64_t width, const Machine& on) {
  using engine::Array, engine::Layout, engine::DType;
  const int64_t n = centred.points().count(), d = centred.width(), rows = std::min<int64_t>(n, 8 * width);
  std::vector<float> sample(static_cast<size_t>(rows * d)), start(static_cast<size_t>(width * d));
  for (int64_t r = 0; r < rows; ++r) centred.write(r * n / rows, 1, 1, sample.data() + r * d);
  for (int64_t r = 0; r < width; ++r)
    std::copy_n(sample.data() + r * rows / width * d, d, start.data() + r * d);

  const auto backend = on.host();
  const Array x = Array::from(*backend, {rows, d}, Layout::samples, DType::f32, sample),
              q = Array::from(*backend, {width, d}, Layout::plain, DType::f32, start);
  Array xq(*backend, {rows, width}, Layout::samples, DType::f32);
  Array directions(*backend, {width, d}, Layout::plain, DType::f32);
  backend->dense(x, q, nullptr, xq);
  backend->dense_weight_gradient(x, xq, directions);
  std::vector<double> basis = directions.to_doubles();
  orthonormalise(basis, d);
  return {basis.begin(), basis.end()};
}

// By how much ‖Q v‖²/‖v‖² can exceed 1: Gershgorin's bound on the largest eigenvalue of QQᵀ.
double excess_length(const std::vector<float>& directions, int64_t width) {
  const int64_t d = static_cast<int64_t>(directions.size()) / width;
  std::vector<double> row_sum(static_cast<size_t>(width), 0.0);
  for (int64_t i = 0; i < width; ++i)
    for (int64_t j = 0; j <= i; ++j) {
      const float *a = directions.data() + i * d, *b = directions.data() + j * d;
      double sum[4] = {};
      for (int64_t k = 0; k < d; ++k) sum[k % 4] += static_cast<double>(a[k]) * static_cast<double>(b[k]);
      const double entry = std::abs((sum[0] + sum[1]) + (sum[2] + sum[3]));
      row_sum[static_cast<size_t>(i)] += entry;
      if (i != j) row_sum[static_cast<size_t>(j)] += entry;
    }
  return std::max(0.0, *std::max_element(row_sum.begin(), row_sum.end()) - 1) + 1e-12;
}

}  // namespace

PairFilter full_filter(const CentredPoints& centred) {
  PairFilter filter;
  filter.width = centred.width();
  for (int64_t i = 0; i < centred.points().count(); ++i)
    filter.norm.push_back(static_cast<float>(centred.squared_norm(i) * (1 - centred.relative_error())));
  filter.write = [&centred](int64_t first, int64_t count, int64_t height, float* to) {
    centred.write(first, count, height, to);
  };
  return filter;
}

// With p_i = Qz_i as computed and η the excess length of Q: each of its `width` entries is off by at most
// γ_d·‖z_i‖, z_i itself by u·‖z_i‖, so that
//   ‖p_i − p_j‖ <= √(1 + η)·√squared + κ·(‖z_i‖ + ‖z_j‖),   κ = √width·γ_d + 2u,
// and from there, squared >= ‖p_i − p_j‖² − (2η + 4κ)(‖z_i‖² + ‖z_j‖²), terms of second order aside; those,
// and the roundings in the products of the p_i, are in the last factor and summands.
PairFilter projected_filter(const CentredPoints& centred, int64_t width, const Machine& on,
                            engine::ThreadPool& pool) {
  const int64_t n = centred.points().count(), d = centred.width();
  const std::vector<float> directions = main_directions(centred, width, on);
  const double kappa = std::sqrt(static_cast<double>(width)) * product_error(d) + 2 * u;
  const double error =
      1.02 * (2 * excess_length(directions, width) + 4 * kappa + product_error(width) + 16 * u);

  PairFilter filter;
  filter.width = width;
  filter.norm.resize(static_cast<size_t>(n));
  const auto rows = std::make_shared<std::vector<float>>(static_cast<size_t>(n * width));
  constexpr int64_t block = 192, lanes = BlockProducts::lanes;
  Turns turns((n + block - 1) / block);
  on_threads(pool, turns, [&] {
    BlockProducts products(on, block, width, d);
    products.set_right(directions.data());
    std::vector<float> buffer(static_cast<size_t>(block * d));
    for (int64_t turn = 0; turns.take(turn);) {
      const int64_t first = turn * block, count = std::min(block, n - first);
      centred.write(first, count, block, buffer.data());
      products.set_left(buffer.data());
      products.multiply();
      for (int64_t r = 0; r < count; ++r) {
        float* row = rows->data() + (first + r) * width;
        const float* from = products.group(r / lanes) + r % lanes;
        for (int64_t k = 0; k < width; ++k) row[k] = from[k * lanes];
        const double squared_norm =
            sum_of_squares(width, [row](int64_t k) { return static_cast<double>(row[k]); });
        filter.norm[static_cast<size_t>(first + r)] =
            static_cast<float>(squared_norm - error * centred.squared_norm(first + r));
      }
    }
  });
  filter.write = [rows, width](int64_t first, int64_t count, int64_t height, float* to) {
    std::copy_n(rows->data() + first * width, count * width, to);
    std::fill(to + count * width, to + height * width, 0.0f);
  };
  return filter;
}

}  // namespace svdd
