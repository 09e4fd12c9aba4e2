// A lower bound on the distance of every pair of points that costs next to nothing: most pairs need no more.
#pragma once
#include <cstdint>
#include <functional>
#include <vector>
#include "svdd/clustering/machine.h"

#include "svdd/clustering/centred_points.h"

namespace svdd {

// n rows of `width` floats and n numbers such that, y being the float product of rows i and j,
//   norm_i + norm_j − 2y <= squared(i, j) / unit² + 2^-99      (Points::squared, CentredPoints::unit)
// also when the left side is evaluated in float.
struct PairFilter {
  int64_t width = 0;
  std::vector<float> norm;
  // Rows first … first+count-1 in C order, then zeros up to `height` rows.
  std::function<void(int64_t first, int64_t count, int64_t height, float* to)> write;
};

// The centred points themselves, norm_i = ‖z_i‖²·(1 − relative error): as tight as float allows.
PairFilter full_filter(const CentredPoints& centred);

// Their projections onto `width` directions in which they spread most, found by one step of subspace
// iteration on a sample of the rows (Halko, Martinsson, Tropp, SIAM Review 2011, algorithm 4.4): a projection
// brings no two points further apart. Of MNIST's 784 dimensions 128 are enough to rule out all but one pair
// in a thousand, at a sixth of the operations. Holds n x width floats.
PairFilter projected_filter(const CentredPoints& centred, int64_t width, const Machine& on,
                            engine::ThreadPool& pool);

}  // namespace svdd
