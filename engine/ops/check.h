// Shape checks of the ops: each failure names the op, what was found and what was expected.
#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/tape.h"
#include "engine/tensor.h"

namespace engine {

[[noreturn]] inline void op_error(std::string_view op, const std::string& what) {
  throw std::invalid_argument("[" + std::string(op) + "] " + what);
}

inline void check_batch(std::string_view op, const Tensor& x, int rank, std::string_view axes) {
  if (!x.defined()) op_error(op, "the input tensor is empty");
  if (x.shape().rank() != rank || x.value().layout() != Layout::samples || x.shape().count() == 0)
    op_error(op, "expected a batch of shape " + std::string(axes) + ", found " + x.shape().text() +
                     (x.value().layout() == Layout::samples ? "" : " (a plain array, not a batch)"));
}

inline void check_parameter(std::string_view op, std::string_view what, const Tensor& p,
                            const Shape& expected) {
  if (!p.defined() || p.value().layout() != Layout::plain || !(p.shape() == expected))
    op_error(op, std::string(what) + " must have shape " + expected.text() + ", found " +
                     (p.defined() ? p.shape().text() : "nothing"));
}

inline void check_weight(std::string_view op, const Tensor& weight) {
  if (!weight.defined()) op_error(op, "the weight is empty");
  if (weight.value().layout() != Layout::plain)
    op_error(op, "the weight must be a plain array, found a batch of shape " + weight.shape().text());
}

// What a backward pass could not do is refused before the forward pass.
inline void check_trained_kernel(std::string_view op, const Tensor& weight) {
  const int64_t kernel = weight.shape()[2], most = weight.backend().most_trained_kernel();
  if (kernel > most && weight.requires_grad() && recording())
    op_error(op, "the " + weight.backend().name() + " backend trains kernels up to " + std::to_string(most) +
                     " wide, found " + std::to_string(kernel) + "; with OpenBLAS it has no such limit");
}

}  // namespace engine
