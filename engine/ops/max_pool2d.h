#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// Maximum over windows of size×size, moved by `stride`: y[n,c,i,j] = max_{k,l<size}
// x[n,c,i·stride+k,j·stride+l]. x (N,C,H,W) -> (N,C,(H−size)/stride+1,(W−size)/stride+1): rows and columns
// that fill no window are dropped. Of equal maxima the first in row-major order takes the gradient. A
// NaN in a window is its maximum, and the last one takes the gradient, as in PyTorch.
Tensor max_pool2d(const Tensor& x, int64_t size = 2, int64_t stride = 2);

}  // namespace engine
