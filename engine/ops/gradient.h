#pragma once
#include <functional>

#include "engine/tensor.h"

namespace engine {

// The gradient of f(x), a single number, by x: what an ascent on the samples themselves follows (DROCC). f is recorded on a
// tape of its own when this runs first, and may use parameters of any kind; a replay of the outer tape takes their numbers
// as they then are. To the outer tape the result is a constant: no gradient flows through it. Parameters of f are left with
// gradients that the outer backward pass writes anew.
Tensor gradient_of(const std::function<Tensor(const Tensor& x)>& f, const Tensor& x);

}  // namespace engine
