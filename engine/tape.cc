#include "engine/tape.h"

#include <algorithm>

#include "engine/stopping.h"

namespace engine {

namespace {
thread_local Tape* recording_tape = nullptr;

std::string home_of(const Array& a) {
  return a.backend().name() + (a.type() == DType::f32 ? " (float)" : " (double)");
}

void check_one_home(const Operation& op) {
  for (const Tensor& x : op.inputs) {
    if (!x.defined()) throw std::invalid_argument("[" + std::string(op.name) + "] an input tensor is empty");
    if (&x.backend() != &op.output.backend() || x.value().type() != op.output.type())
      throw std::invalid_argument("[" + std::string(op.name) +
                                  "] the inputs must live on one backend and have one number type; found " +
                                  home_of(x.value()) + " and " + home_of(op.output));
  }
}
}  // namespace

Tape::Recording::Recording(Tape& tape) : outer_(recording_tape) { recording_tape = &tape; }
Tape::Recording::~Recording() { recording_tape = outer_; }

std::vector<Operation::Attribute> attributes_of(const Window& w) {
  return {{"kernel", static_cast<double>(w.kernel)},
          {"stride", static_cast<double>(w.stride)},
          {"padding", static_cast<double>(w.padding)}};
}

bool recording() { return recording_tape && recording_tape->use_ == Tape::Use::gradients; }

// [book: record]
Tensor apply(Operation op) {
  check_stop();
  check_one_home(op);
  op.forward(op.output.backend(), op.inputs, op.output);
  const bool on_tape = recording_tape != nullptr;
  const bool requires_grad = recording() && std::any_of(op.inputs.begin(), op.inputs.end(),
                                                        [](const Tensor& x) { return x.requires_grad(); });
  Tensor output(op.output, requires_grad);
  if (on_tape) recording_tape->nodes_.push_back({std::move(op), output, {}, {}});
  return output;
}

int64_t Tape::numbers() const {
  int64_t count = 0;
  for (const Node& node : nodes_) count += node.output.shape().count();
  return count;
}

void Tape::replay() {
  for (Node& node : nodes_) {
    check_stop();
    node.operation.forward(node.output.backend(), node.operation.inputs, node.output.value());
  }
}

// Walks the tape backward once. The last consumer of a tensor comes first and assigns the gradient; each
// further one writes to scratch, which is then added, so gradient kernels need no second, accumulating form.
void Tape::plan(const Tensor& loss) {
  if (loss.shape().count() != 1)
    throw std::invalid_argument("[backward] the loss must be a single number; it has shape " +
                                loss.shape().text());
  backward_order_.clear();
  std::vector<Tensor> begun{loss};
  const auto is_begun = [&](const Tensor& t) {
    return std::any_of(begun.begin(), begun.end(), [&](const Tensor& b) { return b.same_as(t); });
  };
  loss.grad() = loss.value().zeros_like();
  bool found = false;
  for (size_t i = nodes_.size(); i-- > 0;) {
    Node& node = nodes_[i];
    if (!node.output.requires_grad() || !is_begun(node.output)) continue;
    found = found || node.output.same_as(loss);
    backward_order_.push_back(i);
    node.targets.assign(node.operation.inputs.size(), nullptr);
    node.scratch.assign(node.operation.inputs.size(), {});
    for (size_t k = 0; k < node.operation.inputs.size(); ++k) {
      const Tensor& x = node.operation.inputs[k];
      if (!x.requires_grad()) continue;
      if (is_begun(x)) {
        node.scratch[k] = x.value().zeros_like();
        node.targets[k] = &node.scratch[k];
      } else {
        if (!x.grad().defined()) x.grad() = x.value().zeros_like();
        node.targets[k] = &x.grad();
        begun.push_back(x);
      }
    }
  }
  if (!found)
    throw std::invalid_argument(
        "[backward] the loss does not depend, on this tape, on any tensor that requires a gradient; was it "
        "computed "
        "while the tape was recording?");
  planned_loss_ = loss;
}

// [book: backward]
void Tape::backward(const Tensor& loss) {
  if (!planned_loss_.defined() || !planned_loss_.same_as(loss)) plan(loss);
  Backend& backend = loss.backend();
  backend.fill(loss.grad(), 1.0);
  for (const size_t i : backward_order_) {
    check_stop();
    Node& node = nodes_[i];
    node.operation.backward(backend, node.operation.inputs, node.output.value(), node.output.grad(),
                            node.targets);
    for (size_t k = 0; k < node.targets.size(); ++k) {
      if (!node.scratch[k].defined()) continue;
      Array& grad = node.operation.inputs[k].grad();
      backend.binary(Binary::add, grad, node.scratch[k], grad);
    }
  }
}

}  // namespace engine
