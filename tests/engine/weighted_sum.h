// Feeds a chosen gradient into an operation.
#pragma once
#include "engine/ops.h"

namespace engine_tests {

// Σ gy ∘ y over all numbers of a batch, built from ops: the gradient that reaches y is exactly gy.
inline engine::Tensor weighted_sum(const engine::Tensor& y, const engine::Tensor& gy) {
  const engine::Tensor terms = engine::flatten(y * gy);
  engine::Array ones(y.backend(), {1, terms.shape()[1]}, engine::Layout::plain, y.value().type());
  y.backend().fill(ones, 1.0);
  return engine::sum(engine::reshape(engine::dense(terms, engine::Tensor(ones)), {terms.shape()[0]}));
}

}  // namespace engine_tests
