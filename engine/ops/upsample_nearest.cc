#include "engine/ops/upsample_nearest.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

Tensor upsample_nearest(const Tensor& x, int64_t scale) {
  check_batch("upsample_nearest", x, 4, "(N, C, H, W)");
  if (scale < 1) op_error("upsample_nearest", "scale must be at least 1, found " + std::to_string(scale));
  const Shape& xs = x.shape();
  const auto extent = [&](int64_t in) {
    return checked_product("[upsample_nearest] an extent", {scale, in});
  };
  return apply(
      {.name = "upsample_nearest",
       .inputs = {x},
       .attributes = {{"scale", static_cast<double>(scale)}},
       .output = Array(x.backend(), {xs[0], xs[1], extent(xs[2]), extent(xs[3])}, Layout::samples,
                       x.value().type()),
       .forward = [scale](Backend& on, Operation::Inputs in,
                          Array& y) { on.upsample_nearest(in[0].value(), scale, y); },
       .backward = [scale](Backend& on, Operation::Inputs, const Array&, const Array& gy,
                           std::span<Array* const> gx) { on.upsample_nearest_gradient(gy, scale, *gx[0]); }});
}

}  // namespace engine
