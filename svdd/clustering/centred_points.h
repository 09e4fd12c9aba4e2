// Points about a centre of theirs, as short floats for the engine's products.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/threads.h"
#include "svdd/clustering/points.h"

namespace svdd {

// z_i = (u_i − m) / unit rounded to float, for u_i of Points, m the mean of up to 4096 evenly spaced rows
// (any centre is right, a near one is exact), and a power of two that keeps every ‖z_i‖ <= 1; under cosine it
// is at least 1.
class CentredPoints {
 public:
  CentredPoints(const Points& points, engine::ThreadPool& pool);

  const Points& points() const { return points_; }
  int64_t width() const { return points_.features(); }
  double unit() const { return unit_; }
  double squared_norm(int64_t i) const { return squared_norm_[static_cast<size_t>(i)]; }  // ‖z_i‖²

  // Rows first … first+count-1 in C order, then zeros up to `height` rows.
  void write(int64_t first, int64_t count, int64_t height, float* to) const;

  // One more point in the same measure: `u` is d numbers as Points::read gives them.
  void write(const double* u, float* to) const {
    for (int64_t k = 0; k < width(); ++k) to[k] = number(u[k], k);
  }

  // With y the product of z_i and z_j in float, summed in any order, and q = ‖z_i‖² + ‖z_j‖²:
  //   | points.squared(i, j) / unit² − (q − 2y) | <= relative_error()·q + 2^-100.
  // Its parts: γ_d = d·u/(1 − d·u), u = 2^-24, of the product (Higham, "Accuracy and stability of numerical
  // algorithms", 2002, section 3.1; 2‖a‖‖b‖ <= q), 4u of rounding both rows, and 12u, more than it takes, for
  // evaluating q − 2y in float and `squared` in double and rounding it.
  double relative_error() const { return relative_error_; }

 private:
  float number(double u, int64_t k) const {
    return static_cast<float>((u - centre_[static_cast<size_t>(k)]) * inverse_);
  }

  const Points& points_;
  std::vector<double> centre_, squared_norm_;
  double unit_ = 1, inverse_ = 1, relative_error_ = 0;  // inverse_ = 1 / unit_, exactly
};

// γ_d: a float product of d terms, in any order, is off by at most this times Σ|a_k·b_k|.
double product_error(int64_t d);

}  // namespace svdd
