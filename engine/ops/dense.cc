#include "engine/ops/dense.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

Tensor dense(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  check_batch("dense", x, 2, "(N, F)");
  check_weight("dense", weight);
  const Shape &xs = x.shape(), &ws = weight.shape();
  if (ws.rank() != 2 || ws[1] != xs[1])
    op_error("dense", "weight " + ws.text() + " does not fit the input " + xs.text() + "; expected (O, " +
                          std::to_string(xs[1]) + ")");
  std::vector<Tensor> inputs{x, weight};
  if (bias.defined()) {
    check_parameter("dense", "bias", bias, {ws[0]});
    inputs.push_back(bias);
  }
  return apply(
      {.name = "dense",
       .inputs = std::move(inputs),
       .output = Array(x.backend(), {xs[0], ws[0]}, Layout::samples, x.value().type()),
       .forward =
           [](Backend& on, Operation::Inputs in, Array& y) {
             on.dense(in[0].value(), in[1].value(), in.size() > 2 ? &in[2].value() : nullptr, y);
           },
       .backward =
           [](Backend& on, Operation::Inputs in, const Array&, const Array& gy, std::span<Array* const> gx) {
             if (gx[0]) on.dense_input_gradient(gy, in[1].value(), *gx[0]);
             if (gx[1]) on.dense_weight_gradient(in[0].value(), gy, *gx[1]);
             if (gx.size() > 2 && gx[2]) on.channel_sum(gy, *gx[2]);
           }});
}

Tensor dense(const Tensor& x, const Tensor& weight) { return dense(x, weight, Tensor()); }

}  // namespace engine
