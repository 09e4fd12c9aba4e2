#include "engine/ops/take.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

Tensor take(const Tensor& table, const Tensor& index) {
  check_batch("take", index, 1, "(N)");
  if (!table.defined() || table.value().layout() != Layout::plain || table.shape().rank() > 2 ||
      table.shape().count() == 0)
    op_error("take", "expected a plain table of shape (K) or (K, F), found " +
                         (table.defined() ? table.shape().text() : "nothing"));
  if (index.requires_grad()) op_error("take", "an index is a whole number, of which there is no gradient");
  const int64_t n = index.shape()[0];
  const Shape shape = table.shape().rank() == 1 ? Shape{n} : Shape{n, table.shape()[1]};
  return apply(
      {.name = "take",
       .inputs = {table, index},
       .output = Array(index.backend(), shape, Layout::samples, index.value().type()),
       .forward = [](Backend& on, Operation::Inputs in,
                     Array& y) { on.take(in[0].value(), in[1].value(), y); },
       .backward =
           [](Backend& on, Operation::Inputs in, const Array&, const Array& gy, std::span<Array* const> gx) {
             if (gx[0]) on.take_gradient(in[1].value(), gy, *gx[0]);
           }});
}

}  // namespace engine
