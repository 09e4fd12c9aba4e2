#include "engine/ops/nearest_point.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

namespace {
constexpr int64_t most_points = int64_t{1} << 24;  // a float counts no further
}

Tensor nearest_point(const Tensor& a, const Tensor& points, const Tensor& alive) {
  check_batch("nearest_point", a, 2, "(N, F)");
  if (!points.defined() || points.value().layout() != Layout::plain || points.shape().rank() != 2 ||
      points.shape()[0] < 1 || points.shape()[0] > most_points || points.shape()[1] != a.shape()[1])
    op_error("nearest_point", "expected 1 to 2^24 points, plain, of shape (K, " +
                                  std::to_string(a.shape()[1]) + "), found " +
                                  (points.defined() ? points.shape().text() : "nothing"));
  check_parameter("nearest_point", "alive", alive, {points.shape()[0]});
  const Tensor constant(a.value());  // the same numbers, of which no gradient is wanted
  return apply({.name = "nearest_point",
                .inputs = {constant, Tensor(points.value()), Tensor(alive.value())},
                .output = Array(a.backend(), {a.shape()[0]}, Layout::samples, a.value().type()),
                .forward = [](Backend& on, Operation::Inputs in,
                              Array& y) { on.nearest_point(in[0].value(), in[1].value(), in[2].value(), y); },
                .backward = {}});
}

}  // namespace engine
