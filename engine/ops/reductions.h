#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// Over the samples of scores x (N) -> (1):
Tensor sum(const Tensor& x);
Tensor mean(const Tensor& x);

// Over the features of each sample, x (N,F) or (N,C,H,W) -> (N), in the order of a dense layer's sums.
Tensor sum_features(const Tensor& x);

// ‖a[n] − b‖², per sample (N): Σ over all values of one sample. a is a batch (N,F) or (N,C,H,W); b is a batch
// of the same shape (a reconstruction's target) or one point (plain, a's per-sample shape; a centre). Both
// may require a gradient if b is a batch; a single point b does not.
Tensor squared_distance(const Tensor& a, const Tensor& b);

}  // namespace engine
