#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// Functions of one number, applied to each; any shape and layout.
Tensor leaky_relu(const Tensor& x, double slope = 0.01);  // x > 0 ? x : slope·x;   slope >= 0
Tensor relu(const Tensor& x);                             // x <= 0 ? 0 : x
Tensor elu(const Tensor& x, double alpha = 1.0);          // x > 0 ? x : alpha·(e^x − 1)
Tensor sigmoid(const Tensor& x);                          // 1 / (1 + e^−x); saturates, never NaN
Tensor square(const Tensor& x);                           // x²
Tensor scale(const Tensor& x, double factor);             // factor·x
Tensor exp(const Tensor& x, double factor = 1.0);         // e^(factor·x), the exponent held to [−86.5, 88]

}  // namespace engine
