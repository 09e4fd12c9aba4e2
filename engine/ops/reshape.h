#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// The same numbers under another shape, in C order; the number of samples stays. The values are shared, not
// copied.
Tensor reshape(const Tensor& x, Shape shape);
Tensor flatten(const Tensor& x);  // (N, C, H, W) -> (N, C·H·W)

}  // namespace engine
