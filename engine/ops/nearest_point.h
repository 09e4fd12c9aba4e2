#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// Which of K points (plain, (K,F)) lies nearest to each sample of a batch (N,F): its index k, as a whole
// number (N). Points whose alive[k] (plain, (K)) is 0 are left out; of equally near ones the lowest counts;
// where none is left, or no distance is finite, k is 0.
//
// The index does not change within a neighbourhood of almost every a, so no gradient passes: the result is a
// constant to the tape, found anew on every replay. take(points, k) is the nearest point, and
// squared_distance(a, take(points, k)) has the gradient of min_k ‖a[n] − points[k]‖².
Tensor nearest_point(const Tensor& a, const Tensor& points, const Tensor& alive);

}  // namespace engine
