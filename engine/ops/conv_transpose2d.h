#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// Transposed convolution (PyTorch conv_transpose2d): the linear map whose matrix is conv2d's transposed.
//   y[n,o,a,b] = Σ_{c,i,j} x[n,c,i,j] · weight[c,o, a−i·stride+padding, b−j·stride+padding]
// x (N,C,H,W), weight (C,O,K,K) -> y (N,O,H',W') with H' = (H − 1)·stride − 2·padding + K. No bias.
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, int64_t stride = 1, int64_t padding = 0);

}  // namespace engine
