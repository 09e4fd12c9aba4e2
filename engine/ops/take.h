#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// y[n] = table[index[n]]: of a plain table (K) or (K,F), the entry or row that each sample's index names ->
// (N) or (N,F). index is a batch of whole numbers (N) in [0, K), as nearest_point gives.
//
// The gradient of row k is the sum of the gradients of the samples that took it, added up in the order of
// every sum over samples (engine/README.md); the rows that nobody took have 0. Its first computation makes
// room for K² + N·K numbers.
Tensor take(const Tensor& table, const Tensor& index);

}  // namespace engine
