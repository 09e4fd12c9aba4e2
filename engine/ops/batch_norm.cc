#include "engine/ops/batch_norm.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

namespace {
// Checks the shapes and returns the inputs of the operation: x, or x, weight and bias.
std::vector<Tensor> checked_inputs(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                   const RunningMoments& running) {
  if (x.defined() && x.shape().rank() == 2)
    check_batch("batch_norm", x, 2, "(N, C)");
  else
    check_batch("batch_norm", x, 4, "(N, C, H, W)");
  const Shape per_channel{x.shape()[1]};
  check_parameter("batch_norm", "running mean", Tensor(running.mean), per_channel);
  check_parameter("batch_norm", "running variance", Tensor(running.variance), per_channel);
  if (weight.defined() != bias.defined())
    op_error("batch_norm", "weight and bias must be given together or not at all");
  if (!weight.defined()) return {x};
  check_parameter("batch_norm", "weight", weight, per_channel);
  check_parameter("batch_norm", "bias", bias, per_channel);
  return {x, weight, bias};
}

const Array* optional(Operation::Inputs in, size_t i) { return in.size() > i ? &in[i].value() : nullptr; }

// What one batch norm keeps from its forward pass, and where it puts gradients that nobody asked for.
struct Saved {
  Array mean, variance, inverse_std, unused_gx, unused_gweight, unused_gbias;
};
}  // namespace

Tensor batch_norm_train(const Tensor& x, const Tensor& weight, const Tensor& bias, RunningMoments running,
                        double epsilon, double momentum) {
  auto inputs = checked_inputs(x, weight, bias, running);
  const double m = static_cast<double>(x.shape()[0] * x.shape().positions());
  if (m < 2)
    op_error("batch_norm",
             "training needs more than one value per channel; the batch has shape " + x.shape().text());
  const Array& c = running.mean;
  const auto saved = std::make_shared<Saved>(
      Saved{c.zeros_like(), c.zeros_like(), c.zeros_like(), {}, c.zeros_like(), c.zeros_like()});
  return apply(
      {.name = "batch_norm",
       .inputs = std::move(inputs),
       .output = x.value().zeros_like(),
       .forward =
           [=](Backend& on, Operation::Inputs in, Array& y) mutable {
             on.channel_moments(in[0].value(), saved->mean, saved->variance);
             on.inverse_std(saved->variance, epsilon, saved->inverse_std);
             on.update_running(saved->mean, momentum, 1.0, running.mean);
             on.update_running(saved->variance, momentum, m / (m - 1), running.variance);
             on.normalise(in[0].value(), saved->mean, saved->inverse_std, optional(in, 1), optional(in, 2),
                          y);
           },
       .backward =
           [=](Backend& on, Operation::Inputs in, const Array&, const Array& gy, std::span<Array* const> gx) {
             if (!gx[0] && !saved->unused_gx.defined()) saved->unused_gx = gy.zeros_like();
             on.batch_norm_gradient(in[0].value(), saved->mean, saved->inverse_std, optional(in, 1), gy,
                                    gx[0] ? *gx[0] : saved->unused_gx,
                                    gx.size() > 1 && gx[1] ? *gx[1] : saved->unused_gweight,
                                    gx.size() > 2 && gx[2] ? *gx[2] : saved->unused_gbias);
           }});
}

Tensor batch_norm_eval(const Tensor& x, const Tensor& weight, const Tensor& bias, RunningMoments running,
                       double epsilon) {
  auto inputs = checked_inputs(x, weight, bias, running);
  return apply(
      {.name = "batch_norm",
       .inputs = std::move(inputs),
       .output = x.value().zeros_like(),
       .forward =
           [running, epsilon, inverse_std = running.mean.zeros_like()](Backend& on, Operation::Inputs in,
                                                                       Array& y) mutable {
             on.inverse_std(running.variance, epsilon, inverse_std);
             on.normalise(in[0].value(), running.mean, inverse_std, optional(in, 1), optional(in, 2), y);
           },
       .backward =
           [](Backend&, Operation::Inputs, const Array&, const Array&, std::span<Array* const>) {
             op_error("batch_norm", "the evaluation form has no backward pass; train with the training form");
           }});
}

}  // namespace engine
