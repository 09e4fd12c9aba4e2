#include "engine/ops/take.h"

#include "engine/ops/check.h"
#include "engine/tape.h"

namespace engine {

namespace {
Array identity(Backend& on, int64_t k, DType type) {
  std::vector<float> ones(static_cast<size_t>(k * k));
  for (size_t i = 0; i < ones.size(); i += static_cast<size_t>(k) + 1) ones[i] = 1;
  return Array::from(on, {k, k}, Layout::plain, type, ones);
}

// Taking is a dense layer: with o[n] the row of the identity that index[n] names, y[n,f] = Σ_k o[n,k] ·
// table[k,f]. So the table has the gradient of such a layer's weight, and no kernel of its own.
class TableGradient {
 public:
  void operator()(Backend& on, Operation::Inputs in, const Array&, const Array& gy,
                  std::span<Array* const> gx) {
    if (!gx[0]) return;
    const int64_t k = gx[0]->shape()[0], n = gy.samples(), width = gy.shape().per_sample();
    if (!identity_.defined()) {  // the first time: later calls allocate nothing
      identity_ = identity(on, k, gy.type());
      one_hot_ = Array(on, {n, k}, Layout::samples, gy.type());
    }
    on.take(identity_, in[1].value(), one_hot_);
    Array rows = gx[0]->reshaped({k, width});
    on.dense_weight_gradient(gy.reshaped({n, width}), one_hot_, rows);
  }

 private:
  Array identity_, one_hot_;  // (K,K), (N,K)
};
}  // namespace

Tensor take(const Tensor& table, const Tensor& index) {
  check_batch("take", index, 1, "(N)");
  if (!table.defined() || table.value().layout() != Layout::plain || table.shape().rank() > 2 ||
      table.shape().count() == 0)
    op_error("take", "expected a plain table of shape (K) or (K, F), found " +
                         (table.defined() ? table.shape().text() : "nothing"));
  if (index.requires_grad()) op_error("take", "an index is a whole number, of which there is no gradient");
  const int64_t n = index.shape()[0];
  const Shape shape = table.shape().rank() == 1 ? Shape{n} : Shape{n, table.shape()[1]};
  return apply({.name = "take",
                .inputs = {table, index},
                .output = Array(index.backend(), shape, Layout::samples, index.value().type()),
                .forward = [](Backend& on, Operation::Inputs in,
                              Array& y) { on.take(in[0].value(), in[1].value(), y); },
                .backward = TableGradient()});
}

}  // namespace engine
