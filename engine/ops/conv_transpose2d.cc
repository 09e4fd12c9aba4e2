#include "engine/ops/conv_transpose2d.h"

#include <algorithm>

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

// Forward and input gradient of conv2d change places; in the weight gradient x and gy do.
Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, int64_t stride, int64_t padding) {
  check_batch("conv_transpose2d", x, 4, "(N, C, H, W)");
  check_weight("conv_transpose2d", weight);
  const Shape &xs = x.shape(), &ws = weight.shape();
  if (ws.rank() != 4 || ws[0] != xs[1] || ws[2] != ws[3])
    op_error("conv_transpose2d", "weight " + ws.text() + " does not fit the input " + xs.text() +
                                     "; expected (" + std::to_string(xs[1]) + ", O, K, K)");
  const Window window{ws[2], stride, padding};
  const auto extent = [&](int64_t in) {
    return checked_product("[conv_transpose2d] an extent", {in - 1, std::max<int64_t>(stride, 0)}) -
           2 * padding + ws[2];
  };
  if (stride < 1 || padding < 0 || padding >= ws[2] || extent(xs[2]) < 1 || extent(xs[3]) < 1)
    op_error("conv_transpose2d", "kernel " + std::to_string(ws[2]) + ", stride " + std::to_string(stride) +
                                     ", padding " + std::to_string(padding) + " leave nothing of " +
                                     xs.text() + " (stride >= 1, 0 <= padding < kernel)");
  check_trained_kernel("conv_transpose2d", weight);
  const Shape ys{xs[0], ws[1], extent(xs[2]), extent(xs[3])};
  return apply(
      {.name = "conv_transpose2d",
       .inputs = {x, weight},
       .attributes = attributes_of(window),
       .output = Array(x.backend(), ys, Layout::samples, x.value().type()),
       .forward = [window](Backend& on, Operation::Inputs in,
                           Array& y) { on.conv2d_input_gradient(in[0].value(), in[1].value(), window, y); },
       .backward =
           [window](Backend& on, Operation::Inputs in, const Array&, const Array& gy,
                    std::span<Array* const> gx) {
             if (gx[0]) on.conv2d(gy, in[1].value(), nullptr, window, *gx[0]);
             if (gx[1]) on.conv2d_weight_gradient(gy, in[0].value(), window, *gx[1]);
           }});
}

}  // namespace engine
