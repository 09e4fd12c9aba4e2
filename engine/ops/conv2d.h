#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// 2-D cross-correlation (what deep learning calls convolution; PyTorch conv2d):
//   y[n,o,i,j] = bias[o] + Σ_{c,k,l} x[n,c, i·stride+k−padding, j·stride+l−padding] · weight[o,c,k,l]
// x (N,C,H,W), weight (O,C,K,K), bias (O) or none -> y (N,O,H',W') with H' = (H + 2·padding − K)/stride + 1.
// Taps that fall on the padding are left out of the sum.
Tensor conv2d(const Tensor& x, const Tensor& weight, int64_t stride = 1, int64_t padding = 0);
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride = 1,
              int64_t padding = 0);

}  // namespace engine
