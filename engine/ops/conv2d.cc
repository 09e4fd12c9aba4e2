#include "engine/ops/conv2d.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, int64_t stride, int64_t padding) {
  check_batch("conv2d", x, 4, "(N, C, H, W)");
  check_weight("conv2d", weight);
  const Shape &xs = x.shape(), &ws = weight.shape();
  if (ws.rank() != 4 || ws[1] != xs[1] || ws[2] != ws[3])
    op_error("conv2d", "weight " + ws.text() + " does not fit the input " + xs.text() + "; expected (O, " +
                           std::to_string(xs[1]) + ", K, K)");
  const Window window{ws[2], stride, padding};
  if (stride < 1 || padding < 0 || padding >= ws[2] || xs[2] + 2 * padding < ws[2] ||
      xs[3] + 2 * padding < ws[2])
    op_error("conv2d", "kernel " + std::to_string(ws[2]) + ", stride " + std::to_string(stride) +
                           ", padding " + std::to_string(padding) + " cannot be applied to " + xs.text() +
                           " (stride >= 1, 0 <= padding < kernel, kernel within the padded image)");
  check_trained_kernel("conv2d", weight);
  std::vector<Tensor> inputs{x, weight};
  if (bias.defined()) {
    check_parameter("conv2d", "bias", bias, {ws[0]});
    inputs.push_back(bias);
  }
  const Shape ys{xs[0], ws[0], window.output_extent(xs[2]), window.output_extent(xs[3])};
  // [book: operation]
  return apply({.name = "conv2d",
                .inputs = std::move(inputs),
                .attributes = attributes_of(window),
                .output = Array(x.backend(), ys, Layout::samples, x.value().type()),
                .forward =
                    [window](Backend& on, Operation::Inputs in, Array& y) {
                      on.conv2d(in[0].value(), in[1].value(), in.size() > 2 ? &in[2].value() : nullptr,
                                window, y);
                    },
                .backward =
                    [window](Backend& on, Operation::Inputs in, const Array&, const Array& gy,
                             std::span<Array* const> gx) {
                      if (gx[0]) on.conv2d_input_gradient(gy, in[1].value(), window, *gx[0]);
                      if (gx[1]) on.conv2d_weight_gradient(in[0].value(), gy, window, *gx[1]);
                      if (gx.size() > 2 && gx[2]) on.channel_sum(gy, *gx[2]);
                    }});
}

Tensor conv2d(const Tensor& x, const Tensor& weight, int64_t stride, int64_t padding) {
  return conv2d(x, weight, Tensor(), stride, padding);
}

}  // namespace engine
