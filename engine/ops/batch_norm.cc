#include "engine/ops/batch_norm.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

namespace {
// Checks the shapes and returns the inputs of the operation: x, or x, weight and bias.
std::vector<Tensor> checked_inputs(const Tensor& x, const BatchNormState& s) {
  if (x.defined() && x.shape().rank() == 2)
    check_batch("batch_norm", x, 2, "(N, C)");
  else
    check_batch("batch_norm", x, 4, "(N, C, H, W)");
  const Shape per_channel{x.shape()[1]};
  check_parameter("batch_norm", "running mean", Tensor(s.running_mean), per_channel);
  check_parameter("batch_norm", "running variance", Tensor(s.running_variance), per_channel);
  if (s.weight.defined() != s.bias.defined())
    op_error("batch_norm", "weight and bias must be given together or not at all");
  if (!s.weight.defined()) return {x};
  check_parameter("batch_norm", "weight", s.weight, per_channel);
  check_parameter("batch_norm", "bias", s.bias, per_channel);
  return {x, s.weight, s.bias};
}

const Array* optional(Operation::Inputs in, size_t i) { return in.size() > i ? &in[i].value() : nullptr; }

Shape resampled(const Shape& x, Resample then) {
  if (then == Resample::none) return x;
  if (x.rank() != 4) op_error("batch_norm", "resampling asks for images (N, C, H, W), found " + x.text());
  if (then == Resample::upsample) return {x[0], x[1], 2 * x[2], 2 * x[3]};
  if (x[2] < 2 || x[3] < 2) op_error("batch_norm", "a 2×2 window does not fit into " + x.text());
  return {x[0], x[1], x[2] / 2, x[3] / 2};
}

// What one batch norm keeps from its forward pass, and where it puts gradients that nobody asked for.
struct Saved {
  Array mean, variance, inverse_std, unused_gx, unused_gweight, unused_gbias;
  explicit Saved(const Array& per_channel)
      : mean(per_channel.zeros_like()),
        variance(per_channel.zeros_like()),
        inverse_std(per_channel.zeros_like()),
        unused_gweight(per_channel.zeros_like()),
        unused_gbias(per_channel.zeros_like()) {}
};

// What follows the normalisation in the same pass.
struct Fused {
  std::vector<Operation::Attribute> attributes(const BatchNormState& state, bool training) const {
    std::vector<Operation::Attribute> all{
        {"training", training ? 1.0 : 0.0}, {"epsilon", state.epsilon}, {"momentum", state.momentum}};
    if (activated) all.push_back({"slope", slope});
    if (then == Resample::max_pool) all.push_back({"max_pool", 2});
    if (then == Resample::upsample) all.push_back({"upsample", 2});
    return all;
  }
  bool activated = false;
  double slope = 0;
  Resample then = Resample::none;
};

std::vector<Operation::State> state_of(const BatchNormState& s) {
  return {{"running_mean", s.running_mean}, {"running_variance", s.running_variance}};
}

// The two training forms differ in the kernels that run once the moments are known.
//   normalise(backend, x, mean, inverse_std, weight, bias, y)
//   gradient(backend, x, mean, inverse_std, weight, bias, gy, gx, gweight, gbias)
template <class Normalise, class Gradient>
Tensor train_form(const Tensor& x, const BatchNormState& state, Shape output, const Fused& fused,
                  Normalise normalise, Gradient gradient) {
  auto inputs = checked_inputs(x, state);
  if (x.shape()[0] * x.shape().positions() < 2)
    throw TooFewValues("[batch_norm] training needs more than one value per channel; the batch has shape " +
                       x.shape().text());
  const auto saved = std::make_shared<Saved>(state.running_mean);
  return apply(
      {.name = "batch_norm",
       .inputs = std::move(inputs),
       .attributes = fused.attributes(state, true),
       .state = state_of(state),
       .output = Array(x.backend(), output, Layout::samples, x.value().type()),
       .forward =
           [=, running_mean = state.running_mean, running_variance = state.running_variance](
               Backend& on, Operation::Inputs in, Array& y) mutable {
             on.batch_statistics(in[0].value(), state.epsilon, state.momentum, saved->mean, saved->variance,
                                 saved->inverse_std, running_mean, running_variance);
             normalise(on, in[0].value(), saved->mean, saved->inverse_std, optional(in, 1), optional(in, 2),
                       y);
           },
       .backward =
           [=](Backend& on, Operation::Inputs in, const Array&, const Array& gy, std::span<Array* const> gx) {
             if (!gx[0] && !saved->unused_gx.defined()) saved->unused_gx = in[0].value().zeros_like();
             gradient(on, in[0].value(), saved->mean, saved->inverse_std, optional(in, 1), optional(in, 2),
                      gy, gx[0] ? *gx[0] : saved->unused_gx,
                      gx.size() > 1 && gx[1] ? *gx[1] : saved->unused_gweight,
                      gx.size() > 2 && gx[2] ? *gx[2] : saved->unused_gbias);
           }});
}

// What the gradient of an evaluation form needs again; filled when it is first asked for.
struct EvaluationSaved {
  Array inverse_std, zero, normalised, activated, gactivated, gnormalised, product;
};

// The gradient of what was normalised, from that of the output: back through resampling and activation.
const Array& normalised_gradient(Backend& on, Operation::Inputs in, const BatchNormState& state,
                                 const Fused& fused, const Array& y, const Array& gy,
                                 EvaluationSaved& saved) {
  if (!fused.activated) return gy;
  const Array& x = in[0].value();
  if (!saved.normalised.defined())
    for (Array* a : {&saved.normalised, &saved.activated, &saved.gactivated, &saved.gnormalised})
      *a = x.zeros_like();
  on.normalise(x, state.running_mean, saved.inverse_std, optional(in, 1), optional(in, 2), saved.normalised);
  on.unary(Unary::leaky_relu, fused.slope, saved.normalised, saved.activated);
  if (fused.then == Resample::max_pool)
    on.max_pool2d_gradient(saved.activated, y, gy, {.kernel = 2, .stride = 2}, saved.gactivated);
  if (fused.then == Resample::upsample) on.upsample_nearest_gradient(gy, 2, saved.gactivated);
  on.unary_gradient(Unary::leaky_relu, fused.slope, saved.normalised, saved.activated,
                    fused.then == Resample::none ? gy : saved.gactivated, saved.gnormalised);
  return saved.gnormalised;
}

// The running moments are constants: gx = g·inverse_std·weight, gweight = Σ g·x̂, gbias = Σ g, where g is the gradient of
// what was normalised.
void evaluation_gradient(Backend& on, Operation::Inputs in, const BatchNormState& state, const Fused& fused,
                         const Array& y, const Array& gy, EvaluationSaved& saved,
                         std::span<Array* const> gx) {
  const Array& g = normalised_gradient(on, in, state, fused, y, gy, saved);
  if (!saved.zero.defined()) saved.zero = state.running_mean.zeros_like();
  if (gx[0])
    on.normalise(g, saved.zero, saved.inverse_std, optional(in, 1), in.size() > 1 ? &saved.zero : nullptr,
                 *gx[0]);
  if (gx.size() > 1 && gx[1]) {
    if (!saved.product.defined()) saved.product = g.zeros_like();
    on.normalise(in[0].value(), state.running_mean, saved.inverse_std, nullptr, nullptr, saved.product);
    on.binary(Binary::multiply, g, saved.product, saved.product);
    on.channel_sum(saved.product, *gx[1]);
  }
  if (gx.size() > 2 && gx[2]) on.channel_sum(g, *gx[2]);
}

template <class Normalise>
Tensor eval_form(const Tensor& x, const BatchNormState& state, Shape output, const Fused& fused,
                 Normalise normalise) {
  auto inputs = checked_inputs(x, state);
  const auto saved = std::make_shared<EvaluationSaved>();
  saved->inverse_std = state.running_mean.zeros_like();
  return apply({.name = "batch_norm",
                .inputs = std::move(inputs),
                .attributes = fused.attributes(state, false),
                .state = state_of(state),
                .output = Array(x.backend(), output, Layout::samples, x.value().type()),
                .forward =
                    [=](Backend& on, Operation::Inputs in, Array& y) {
                      on.inverse_std(state.running_variance, state.epsilon, saved->inverse_std);
                      normalise(on, in[0].value(), state.running_mean, saved->inverse_std, optional(in, 1),
                                optional(in, 2), y);
                    },
                .backward =
                    [=](Backend& on, Operation::Inputs in, const Array& y, const Array& gy,
                        std::span<Array* const> gx) {
                      evaluation_gradient(on, in, state, fused, y, gy, *saved, gx);
                    }});
}

void check_slope(double slope) {
  if (!(slope >= 0)) op_error("batch_norm", "the slope must be at least 0, found " + std::to_string(slope));
}

void normalise_plain(Backend& on, const Array& x, const Array& mean, const Array& inverse_std,
                     const Array* weight, const Array* bias, Array& y) {
  on.normalise(x, mean, inverse_std, weight, bias, y);
}

auto normalise_activated(double slope, Resample then) {
  return [=](Backend& on, const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
             const Array* bias,
             Array& y) { on.normalise_leaky_relu(x, mean, inverse_std, weight, bias, slope, then, y); };
}
}  // namespace

Tensor batch_norm_train(const Tensor& x, const BatchNormState& state) {
  return train_form(
      x, state, x.defined() ? x.shape() : Shape{}, {}, normalise_plain,
      [](Backend& on, const Array& v, const Array& mean, const Array& inverse_std, const Array* weight,
         const Array*, const Array& gy, Array& gx, Array& gweight,
         Array& gbias) { on.batch_norm_gradient(v, mean, inverse_std, weight, gy, gx, gweight, gbias); });
}

Tensor batch_norm_eval(const Tensor& x, const BatchNormState& state) {
  return eval_form(x, state, x.defined() ? x.shape() : Shape{}, {}, normalise_plain);
}

Tensor batch_norm_leaky_relu_train(const Tensor& x, const BatchNormState& state, double slope,
                                   Resample then) {
  check_slope(slope);
  return train_form(
      x, state, x.defined() ? resampled(x.shape(), then) : Shape{}, {true, slope, then},
      normalise_activated(slope, then),
      [=](Backend& on, const Array& v, const Array& mean, const Array& inverse_std, const Array* weight,
          const Array* bias, const Array& gy, Array& gx, Array& gweight, Array& gbias) {
        on.normalise_leaky_relu_gradient(v, mean, inverse_std, weight, bias, slope, then, gy, gx, gweight,
                                         gbias);
      });
}

Tensor batch_norm_leaky_relu_eval(const Tensor& x, const BatchNormState& state, double slope, Resample then) {
  check_slope(slope);
  return eval_form(x, state, x.defined() ? resampled(x.shape(), then) : Shape{}, {true, slope, then},
                   normalise_activated(slope, then));
}

}  // namespace engine
