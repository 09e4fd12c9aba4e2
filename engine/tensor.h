// A differentiable quantity: an Array and, once a tape has gone backward, its gradient. Tensors are handles.
#pragma once
#include <memory>
#include <utility>

#include "engine/array.h"

namespace engine {

class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Array value, bool requires_grad = false)
      : state_(std::make_shared<State>(State{std::move(value), {}, requires_grad})) {}

  bool defined() const { return state_ != nullptr; }
  Array& value() const { return state_->value; }
  const Shape& shape() const { return state_->value.shape(); }
  Backend& backend() const { return state_->value.backend(); }
  bool requires_grad() const { return state_->requires_grad; }
  void set_requires_grad(bool on) { state_->requires_grad = on; }

  // d loss / d this, of the last Tape::backward that reached this tensor; undefined before.
  Array& grad() const { return state_->grad; }

  bool same_as(const Tensor& other) const { return state_ == other.state_; }

 private:
  struct State {
    Array value, grad;
    bool requires_grad = false;
  };
  std::shared_ptr<State> state_;
};

}  // namespace engine
