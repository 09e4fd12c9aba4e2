#include "engine/ops/max_pool2d.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

Tensor max_pool2d(const Tensor& x, int64_t size, int64_t stride) {
  check_batch("max_pool2d", x, 4, "(N, C, H, W)");
  const Shape& xs = x.shape();
  if (size < 1 || stride < 1 || xs[2] < size || xs[3] < size)
    op_error("max_pool2d", "a window of " + std::to_string(size) + ", stride " + std::to_string(stride) +
                               ", does not fit into " + xs.text());
  const Window window{size, stride, 0};
  const Shape ys{xs[0], xs[1], window.output_extent(xs[2]), window.output_extent(xs[3])};
  return apply({.name = "max_pool2d",
                .inputs = {x},
                .attributes = attributes_of(window),
                .output = Array(x.backend(), ys, Layout::samples, x.value().type()),
                .forward = [window](Backend& on, Operation::Inputs in,
                                    Array& y) { on.max_pool2d(in[0].value(), window, y); },
                .backward =
                    [window](Backend& on, Operation::Inputs in, const Array& y, const Array& gy,
                             std::span<Array* const> gx) {
                      on.max_pool2d_gradient(in[0].value(), y, gy, window, *gx[0]);
                    }});
}

}  // namespace engine
