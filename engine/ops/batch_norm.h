#pragma once
#include <stdexcept>

#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// Batch normalisation (Ioffe and Szegedy 2015; PyTorch BatchNorm1d/2d) over samples and positions, by
// channel:
//   y = (x − mean) / sqrt(variance + epsilon) · weight + bias
// x (N,C,H,W) or (N,C); weight and bias (C), or both empty tensors (no affine part).
//
// The training forms throw TooFewValues, beside what every op throws (ops.h), for a batch with one value in a channel: it has no
// variance.
struct TooFewValues : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};
struct BatchNormState {
  Tensor weight{}, bias{};
  Array running_mean{}, running_variance{};  // (C), plain
  double epsilon = 1e-4, momentum = 0.1;
};

// Training form: moments of the batch (variance biased). Each run, a replay included, updates
//   running = (1 − momentum)·running + momentum·batch,   the running variance with the unbiased batch
//   variance.
Tensor batch_norm_train(const Tensor& x, const BatchNormState& state);

// Evaluation form: the running moments in place of the batch's; constants to its gradient, as epsilon is.
Tensor batch_norm_eval(const Tensor& x, const BatchNormState& state);

// resample(leaky_relu(batch_norm(x), slope)), followed by 2×2 max pooling, nearest ×2 enlargement, or
// nothing: the bits of the three operations one after another, in fewer passes over memory. Resampling asks
// for x (N,C,H,W).
Tensor batch_norm_leaky_relu_train(const Tensor& x, const BatchNormState& state, double slope, Resample then);
Tensor batch_norm_leaky_relu_eval(const Tensor& x, const BatchNormState& state, double slope, Resample then);

}  // namespace engine
