#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// Nearest-neighbour enlargement: y[n,c,i,j] = x[n,c,⌊i/scale⌋,⌊j/scale⌋]. x (N,C,H,W) ->
// (N,C,scale·H,scale·W). Backward sums each scale×scale patch in row-major order.
Tensor upsample_nearest(const Tensor& x, int64_t scale = 2);

}  // namespace engine
