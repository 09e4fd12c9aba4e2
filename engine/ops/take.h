#pragma once
#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// y[n] = table[index[n]]: of a plain table (K) or (K,F), the entry or row that each sample's index names ->
// (N) or (N,F). index is a batch of whole numbers (N) in [0, K), as nearest_point gives. The table is a
// constant: its gradient is not built.
Tensor take(const Tensor& table, const Tensor& index);

}  // namespace engine
