#pragma once
#include "engine/backend.h"
#include "engine/ops/pointwise.h"
#include "engine/tensor.h"

namespace engine {

// a ∘ b, number by number. The shapes are equal, or b is a single number (plain, shape (1)) set against each
// of a. The gradient of a single number b set against a batch of scores (N) is summed over the samples.
Tensor add(const Tensor& a, const Tensor& b);
Tensor subtract(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return subtract(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return multiply(a, b); }
inline Tensor operator*(double factor, const Tensor& a) { return scale(a, factor); }

}  // namespace engine
