#include "engine/ops/reshape.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

Tensor reshape(const Tensor& x, Shape shape) {
  if (!x.defined()) op_error("reshape", "the input tensor is empty");
  return apply({.name = "reshape",
                .inputs = {x},
                .output = x.value().reshaped(shape),
                .forward = [](Backend&, Operation::Inputs, Array&) {},
                .backward = [](Backend& on, Operation::Inputs in, const Array&, const Array& gy,
                               std::span<Array* const> gx) { on.copy(gy.reshaped(in[0].shape()), *gx[0]); }});
}

Tensor flatten(const Tensor& x) {
  if (!x.defined()) op_error("flatten", "the input tensor is empty");
  return reshape(x, {x.shape()[0], x.shape().per_sample()});
}

}  // namespace engine
