#include "svdd/clustering/points.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "engine/stopping.h"

namespace svdd {
void check_rows(std::string_view what, std::span<const float> rows, int64_t d, Distance distance,
                int64_t least_rows) {
  const std::string begin = std::string(what) + ": ";
  if (d < 1 || rows.size() % static_cast<size_t>(d) != 0)
    throw std::invalid_argument(begin + std::to_string(rows.size()) +
                                " numbers are no whole number of rows of " + std::to_string(d));
  const int64_t n = static_cast<int64_t>(rows.size()) / d;
  if (n < least_rows)
    throw std::invalid_argument(begin + "at least " + std::to_string(least_rows) +
                                " rows are needed, found " + std::to_string(n));
  if (n > std::numeric_limits<int32_t>::max())
    throw std::invalid_argument(begin + "there are " + std::to_string(n) +
                                " rows, more than labels can count");
  for (int64_t i = 0; i < n; ++i) {
    engine::check_stop();
    const float* row = rows.data() + i * d;
    const auto bad = std::find_if_not(row, row + d, [](float x) { return std::isfinite(x); });
    if (bad != row + d)
      throw std::invalid_argument(begin + "row " + std::to_string(i) + ", value " +
                                  std::to_string(bad - row) + " is " +
                                  (std::isnan(*bad) ? "NaN" : "infinite") + "; expected finite numbers only");
    if (distance == Distance::cosine && std::all_of(row, row + d, [](float x) { return x == 0; }))
      throw std::invalid_argument(
          begin + "row " + std::to_string(i) +
          " (counted from 0) is all zeros, which have no direction: leave such rows out, or use the "
          "euclidean distance");
  }
}

Points::Points(std::span<const float> rows, int64_t d, Distance distance)
    : floats_(rows.data()), n_(static_cast<int64_t>(rows.size()) / d), d_(d), kind_(distance) {
  find_scales();
}

Points::Points(std::span<const double> rows, int64_t d, Distance distance)
    : doubles_(rows.data()), n_(static_cast<int64_t>(rows.size()) / d), d_(d), kind_(distance) {
  find_scales();
}

void Points::find_scales() {
  if (kind_ == Distance::euclidean) return;
  std::vector<double> row(static_cast<size_t>(d_));
  for (int64_t i = 0; i < n_; ++i) {
    engine::check_stop();
    read(i, row.data());
    const double sum = sum_of_squares(d_, [&row](int64_t k) { return row[static_cast<size_t>(k)]; });
    scale_.push_back(sum > 0 ? 1 / std::sqrt(sum) : 0.0);
  }
}

void Points::read(int64_t i, double* u) const {
  if (floats_)
    std::copy_n(floats_ + i * d_, d_, u);
  else
    std::copy_n(doubles_ + i * d_, d_, u);
  if (i >= static_cast<int64_t>(scale_.size())) return;
  const double scale = scale_[static_cast<size_t>(i)];
  for (int64_t k = 0; k < d_; ++k) u[k] *= scale;
}

bool Points::all_have_directions() const {
  return std::find(scale_.begin(), scale_.end(), 0.0) == scale_.end();
}

namespace {

// sum_of_squares in pieces; infinity once what it has exceeds `limit`, since what follows adds to it.
template <class Term>
double sum_of_squares_below(int64_t d, double limit, Term term) {
  constexpr int64_t piece = 96;
  PartialSums sum;
  int64_t k = 0;
  for (; k + piece < d; k += piece) {
    sum.add(k, k + piece, term);
    if (sum.total() > limit) return std::numeric_limits<double>::infinity();
  }
  sum.add(k, d, term);
  return sum.total();
}

// To 24 significant bits, halves upwards.
double rounded(double x) {
  constexpr uint64_t half = uint64_t{1} << 28;
  return std::bit_cast<double>((std::bit_cast<uint64_t>(x) + half) & ~(2 * half - 1));
}

}  // namespace

template <class Number>
double Points::squared_below(const Number* rows, int64_t i, int64_t j, double limit) const {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  limit *= 1 + 0x1p-20;  // what rounds down to the limit must be found
  const Number *a = rows + i * d_, *b = rows + j * d_;
  if (kind_ == Distance::euclidean) {
    const double sum = sum_of_squares_below(
        d_, limit, [=](int64_t k) { return static_cast<double>(a[k]) - static_cast<double>(b[k]); });
    return sum < infinity ? rounded(sum) : infinity;
  }
  const double sa = scale_[static_cast<size_t>(i)], sb = scale_[static_cast<size_t>(j)];
  if (i != j && (sa == 0 || sb == 0)) return 2;
  const double sum = sum_of_squares_below(
      d_, limit, [=](int64_t k) { return static_cast<double>(a[k]) * sa - static_cast<double>(b[k]) * sb; });
  if (sum < 0x1p-100) return 0;
  return sum < infinity ? rounded(sum) : infinity;
}

double Points::squared_below(int64_t i, int64_t j, double limit) const {
  return floats_ ? squared_below(floats_, i, j, limit) : squared_below(doubles_, i, j, limit);
}

double Points::squared(int64_t i, int64_t j) const {
  return squared_below(i, j, std::numeric_limits<double>::infinity());
}

double Points::distance(double squared) const {
  return kind_ == Distance::cosine ? squared / 2 : std::sqrt(squared);
}

}  // namespace svdd
