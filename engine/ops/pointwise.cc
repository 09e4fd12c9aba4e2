#include "engine/ops/pointwise.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

namespace {
// `what` names the parameter; empty where the function has none.
Tensor pointwise(std::string_view name, Unary f, const Tensor& x, std::string_view what = "",
                 double parameter = 0) {
  if (!x.defined()) op_error(name, "the input tensor is empty");
  return apply({.name = name,
                .inputs = {x},
                .attributes = what.empty() ? std::vector<Operation::Attribute>{}
                                           : std::vector<Operation::Attribute>{{what, parameter}},
                .output = x.value().zeros_like(),
                .forward = [=](Backend& on, Operation::Inputs in,
                               Array& y) { on.unary(f, parameter, in[0].value(), y); },
                .backward =
                    [=](Backend& on, Operation::Inputs in, const Array& y, const Array& gy,
                        std::span<Array* const> gx) {
                      on.unary_gradient(f, parameter, in[0].value(), y, gy, *gx[0]);
                    }});
}
}  // namespace

Tensor leaky_relu(const Tensor& x, double slope) {
  if (!(slope >= 0)) op_error("leaky_relu", "slope must be at least 0, found " + std::to_string(slope));
  return pointwise("leaky_relu", Unary::leaky_relu, x, "slope", slope);
}
Tensor relu(const Tensor& x) { return pointwise("relu", Unary::relu, x); }
Tensor elu(const Tensor& x, double alpha) { return pointwise("elu", Unary::elu, x, "alpha", alpha); }
Tensor sigmoid(const Tensor& x) { return pointwise("sigmoid", Unary::sigmoid, x); }
Tensor square(const Tensor& x) { return pointwise("square", Unary::square, x); }
Tensor scale(const Tensor& x, double factor) { return pointwise("scale", Unary::scale, x, "factor", factor); }
Tensor exp(const Tensor& x, double factor) { return pointwise("exp", Unary::exp, x, "factor", factor); }

}  // namespace engine
