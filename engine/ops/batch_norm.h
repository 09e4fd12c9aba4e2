#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// Batch normalisation (Ioffe and Szegedy 2015; PyTorch BatchNorm1d/2d) over samples and positions, by
// channel:
//   y = (x − mean) / sqrt(variance + epsilon) · weight + bias
// x (N,C,H,W) or (N,C); weight and bias (C), or both empty tensors (no affine part).
//
// Training form: moments of the batch (variance biased). Each run, a replay included, updates
//   running = (1 − momentum)·running + momentum·batch,   the running variance with the unbiased batch
//   variance.
struct RunningMoments {
  Array mean, variance;  // (C), plain
};
Tensor batch_norm_train(const Tensor& x, const Tensor& weight, const Tensor& bias, RunningMoments running,
                        double epsilon = 1e-4, double momentum = 0.1);

// Evaluation form: the running moments in place of the batch's.
Tensor batch_norm_eval(const Tensor& x, const Tensor& weight, const Tensor& bias, RunningMoments running,
                       double epsilon = 1e-4);

}  // namespace engine
