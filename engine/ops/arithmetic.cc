#include "engine/ops/arithmetic.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

namespace {
bool single(const Tensor& t) { return t.value().layout() == Layout::plain && t.shape().count() == 1; }

Tensor arithmetic(std::string_view name, Binary f, const Tensor& a, const Tensor& b,
                  Operation::Backward backward) {
  if (!a.defined() || !b.defined()) op_error(name, "an input tensor is empty");
  const bool equal = a.shape() == b.shape() && a.value().layout() == b.value().layout();
  if (!equal && !single(b))
    op_error(name, "shapes " + a.shape().text() + " and " + b.shape().text() +
                       " differ, and the second is not a single number");
  const bool scores = a.value().layout() == Layout::samples && a.shape().rank() == 1;
  if (!equal && b.requires_grad() && !scores)
    op_error(name,
             "the gradient of a single number against " + a.shape().text() + " is only built for scores (N)");
  return apply({.name = name,
                .inputs = {a, b},
                .output = a.value().zeros_like(),
                .forward = [f](Backend& on, Operation::Inputs in,
                               Array& y) { on.binary(f, in[0].value(), in[1].value(), y); },
                .backward = std::move(backward)});
}

// gb = factor · g, summed over the samples where b is a single number set against a batch.
void assign_second(Backend& on, const Array& g, double factor, Array& gb) {
  if (g.layout() == Layout::samples && gb.layout() == Layout::plain) {
    on.sum_samples(g, gb);
    if (factor != 1.0) on.unary(Unary::scale, factor, gb, gb);
  } else {
    on.unary(Unary::scale, factor, g, gb);
  }
}
}  // namespace

Tensor add(const Tensor& a, const Tensor& b) {
  return arithmetic(
      "add", Binary::add, a, b,
      [](Backend& on, Operation::Inputs, const Array&, const Array& gy, std::span<Array* const> gx) {
        if (gx[0]) on.copy(gy, *gx[0]);
        if (gx[1]) assign_second(on, gy, 1.0, *gx[1]);
      });
}

Tensor subtract(const Tensor& a, const Tensor& b) {
  return arithmetic(
      "subtract", Binary::subtract, a, b,
      [](Backend& on, Operation::Inputs, const Array&, const Array& gy, std::span<Array* const> gx) {
        if (gx[0]) on.copy(gy, *gx[0]);
        if (gx[1]) assign_second(on, gy, -1.0, *gx[1]);
      });
}

Tensor multiply(const Tensor& a, const Tensor& b) {
  auto product = a.defined() && b.defined() && !(a.shape() == b.shape()) && b.requires_grad()
                     ? a.value().zeros_like()
                     : Array();  // gy·a before it is summed over the samples
  return arithmetic("multiply", Binary::multiply, a, b,
                    [product](Backend& on, Operation::Inputs in, const Array&, const Array& gy,
                              std::span<Array* const> gx) mutable {
                      if (gx[0]) on.binary(Binary::multiply, gy, in[1].value(), *gx[0]);
                      if (!gx[1]) return;
                      Array& g = product.defined() ? product : *gx[1];
                      on.binary(Binary::multiply, gy, in[0].value(), g);
                      if (product.defined()) assign_second(on, product, 1.0, *gx[1]);
                    });
}

}  // namespace engine
