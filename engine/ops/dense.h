#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// Dense (fully connected) layer, PyTorch linear: y[n,o] = bias[o] + Σ_f x[n,f] · weight[o,f]
// x (N,F), weight (O,F), bias (O) or none -> y (N,O).
Tensor dense(const Tensor& x, const Tensor& weight);
Tensor dense(const Tensor& x, const Tensor& weight, const Tensor& bias);

}  // namespace engine
