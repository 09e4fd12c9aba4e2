// Squared distances between many points at once, as one matrix product:
//
//   −‖x − y‖² = 2·x·y − ‖x‖² − ‖y‖² = (x, ‖x‖², 1) · (2y, −1, −‖y‖²)
//
// Both kernels of the baselines, Gaussian SVDD's and KDE's, want exp of a negative multiple of that, and a
// matrix product is what a backend does best. Two measures keep the numbers honest in single precision. The
// points are moved so that the mean of a reference set is the origin: norms are then no larger than the
// data's own spread, and little cancels. And ‖x‖² is summed in the very order of the product, so the distance
// of a point to itself is exactly 0. Between neighbours, rounding can leave −‖x − y‖² a little above 0: about
// 1e-6 of the norms at most.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "datasets/samples.h"
#include "engine/backend.h"

namespace svdd {

class DistanceProduct {
 public:
  // The mean of `reference`, at least one row of shape {features}, becomes the origin.
  DistanceProduct(const datasets::Samples& reference, engine::Backend& backend);

  // Rows [first, first + count), and any rows, written as the two factors.
  engine::Array left(const datasets::Samples& rows, int64_t first, int64_t count) const;
  engine::Array right(const datasets::Samples& rows) const;
  engine::Array right(const datasets::Samples& rows, std::span<const int64_t> which) const;

  // −‖x − y‖² for every row x of `left` and y of `right`: (rows of left, rows of right).
  engine::Array negated_squares(const engine::Array& left, const engine::Array& right) const;

  // The mean of ‖x‖² over the reference set: the sum of its features' variances.
  double variance() const { return variance_; }

 private:
  float centred(const float* row, int64_t features, float* to) const;

  engine::Backend& backend_;
  std::vector<float> origin_;
  double variance_ = 0;
};

}  // namespace svdd
