#include "svdd/clustering/centred_points.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "svdd/clustering/work_sharing.h"

namespace svdd {
namespace {

constexpr double roundoff = 0x1p-24;  // of float

std::vector<double> centre_of(const Points& points) {
  const int64_t n = points.count(), rows = std::min<int64_t>(n, 4096);
  std::vector<double> row(static_cast<size_t>(points.features())), centre(row.size(), 0.0);
  for (int64_t r = 0; r < rows; ++r) {
    points.read(r * n / rows, row.data());
    for (size_t k = 0; k < row.size(); ++k) centre[k] += row[k];
  }
  for (double& m : centre) m /= static_cast<double>(rows);
  return centre;
}

// Calls visit(i, u_i) for every point, on several threads.
template <class Visit>
void for_points(const Points& points, engine::ThreadPool& pool, Visit visit) {
  constexpr int64_t block = 256;
  const int64_t n = points.count();
  Turns turns((n + block - 1) / block);
  on_threads(pool, turns, [&] {
    std::vector<double> row(static_cast<size_t>(points.features()));
    for (int64_t turn = 0; turns.take(turn);)
      for (int64_t i = turn * block; i < std::min(n, (turn + 1) * block); ++i) {
        points.read(i, row.data());
        visit(i, row);
      }
  });
}

// At least ‖u_i − m‖ for every row.
double extent_of(const Points& points, const std::vector<double>& centre, engine::ThreadPool& pool) {
  std::vector<double> squared(static_cast<size_t>(points.count()));
  for_points(points, pool, [&](int64_t i, const std::vector<double>& u) {
    squared[static_cast<size_t>(i)] = sum_of_squares(points.features(), [&](int64_t k) {
      return u[static_cast<size_t>(k)] - centre[static_cast<size_t>(k)];
    });
  });
  return 1.001 * std::sqrt(*std::max_element(squared.begin(), squared.end()));
}

}  // namespace

double product_error(int64_t d) {
  const double du = static_cast<double>(d) * roundoff;
  return du / (1 - du);
}

CentredPoints::CentredPoints(const Points& points, engine::ThreadPool& pool) : points_(points) {
  constexpr int64_t longest = int64_t{1} << 22;
  if (width() > longest)
    throw std::invalid_argument("rows of " + std::to_string(width()) + " numbers are too long: at most " +
                                std::to_string(longest) + " can be compared");
  relative_error_ = product_error(width()) + 16 * roundoff;
  centre_ = centre_of(points);
  int exponent = 0;
  std::frexp(extent_of(points, centre_, pool), &exponent);  // 0 where all points are one: the unit stays 1
  // Under cosine Points::squared takes less than 2^-100 for 0, which must be as little in this measure.
  if (points.kind() == Distance::cosine) exponent = std::max(exponent, 0);
  unit_ = std::ldexp(1.0, exponent), inverse_ = 1 / unit_;
  squared_norm_.resize(static_cast<size_t>(points.count()));
  for_points(points, pool, [&](int64_t i, const std::vector<double>& u) {
    squared_norm_[static_cast<size_t>(i)] = sum_of_squares(
        width(), [&](int64_t k) { return static_cast<double>(number(u[static_cast<size_t>(k)], k)); });
  });
}

void CentredPoints::write(int64_t first, int64_t count, int64_t height, float* to) const {
  const int64_t d = width();
  std::vector<double> u(static_cast<size_t>(d));
  for (int64_t i = 0; i < count; ++i, to += d) {
    points_.read(first + i, u.data());
    for (int64_t k = 0; k < d; ++k) to[k] = number(u[static_cast<size_t>(k)], k);
  }
  std::fill_n(to, (height - count) * d, 0.0f);
}

}  // namespace svdd
