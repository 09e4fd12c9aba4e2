#include "engine/ops/reductions.h"

#include "engine/ops/check.h"
#include "engine/ops/dense.h"
#include "engine/ops/reshape.h"
#include "engine/tape.h"

namespace engine {

namespace {
Array one_number_like(const Tensor& x) { return Array(x.backend(), {1}, Layout::plain, x.value().type()); }
}  // namespace

Tensor sum(const Tensor& x) {
  check_batch("sum", x, 1, "(N)");
  return apply(
      {.name = "sum",
       .inputs = {x},
       .output = one_number_like(x),
       .forward = [](Backend& on, Operation::Inputs in, Array& y) { on.sum_samples(in[0].value(), y); },
       .backward = [](Backend& on, Operation::Inputs, const Array&, const Array& gy,
                      std::span<Array* const> gx) { on.spread_samples(gy, 1.0, *gx[0]); }});
}

Tensor mean(const Tensor& x) {
  check_batch("mean", x, 1, "(N)");
  const double n = static_cast<double>(x.shape()[0]);
  return apply(
      {.name = "mean",
       .inputs = {x},
       .output = one_number_like(x),
       .forward = [](Backend& on, Operation::Inputs in, Array& y) { on.mean_samples(in[0].value(), y); },
       .backward = [n](Backend& on, Operation::Inputs, const Array&, const Array& gy,
                       std::span<Array* const> gx) { on.spread_samples(gy, n, *gx[0]); }});
}

Tensor sum_features(const Tensor& x) {
  if (!x.defined()) op_error("sum_features", "the input tensor is empty");
  const Tensor rows = x.shape().rank() == 2 ? x : flatten(x);
  Array ones(x.backend(), {1, rows.shape()[1]}, Layout::plain, x.value().type());
  x.backend().fill(ones, 1);
  return reshape(dense(rows, Tensor(ones)), {rows.shape()[0]});
}

Tensor squared_distance(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) op_error("squared_distance", "an input tensor is empty");
  const Shape &as = a.shape(), &bs = b.shape();
  const bool batch = b.value().layout() == Layout::samples;
  if (a.value().layout() != Layout::samples || as.count() == 0 ||
      (batch ? !(as == bs) : bs.count() != as.per_sample()))
    op_error("squared_distance",
             "expected a batch and a batch of the same shape, or one point of its per-sample "
             "shape; found " +
                 as.text() + " and " + bs.text());
  if (!batch && b.requires_grad())
    op_error("squared_distance",
             "the gradient of a single point is not built; a centre is fixed while the network "
             "trains");
  return apply(
      {.name = "squared_distance",
       .inputs = {a, b},
       .output = Array(a.backend(), {as[0]}, Layout::samples, a.value().type()),
       .forward = [](Backend& on, Operation::Inputs in,
                     Array& y) { on.squared_distance(in[0].value(), in[1].value(), y); },
       .backward =
           [](Backend& on, Operation::Inputs in, const Array&, const Array& gy, std::span<Array* const> gx) {
             if (gx[0]) on.squared_distance_gradient(in[0].value(), in[1].value(), gy, *gx[0]);
             if (gx[1]) on.squared_distance_gradient(in[1].value(), in[0].value(), gy, *gx[1]);
           }});
}

}  // namespace engine
