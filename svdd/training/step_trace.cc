#include "svdd/training/step_trace.h"

#include <algorithm>

#include "svdd/evaluation/receipt.h"

namespace svdd {
namespace {

using engine::Tensor;

constexpr const char* update_word = "update";

// The tensors that a tape computes from and changes in training: inputs that require a gradient and are nobody's output.
std::vector<Tensor> parameters_of(const engine::Tape& tape) {
  std::vector<Tensor> found;
  const auto is_in = [](const std::vector<Tensor>& all, const Tensor& t) {
    return std::any_of(all.begin(), all.end(), [&](const Tensor& one) { return one.same_as(t); });
  };
  std::vector<Tensor> outputs;
  for (size_t i = 0; i < tape.size(); ++i) {
    for (const Tensor& x : tape.operation(i).inputs)
      if (x.requires_grad() && !is_in(outputs, x) && !is_in(found, x)) found.push_back(x);
    outputs.push_back(tape.output(i));
  }
  return found;
}

}  // namespace

std::string TraceEntry::place() const {
  return "step " + std::to_string(step) + ", " + part + ", " +
         (part == update_word || part == "parameter gradient"
              ? "parameter "
              : "operation " + std::to_string(operation) + ' ') +
         name + " (" + shape + ", " + std::to_string(numbers) + (numbers == 1 ? " number)" : " numbers)");
}

void StepTrace::begin() {
  entries_.clear();
  step_ = -1;
}

void StepTrace::add(const std::string& part, int64_t operation, const std::string& name,
                    const engine::Array& array) {
  constexpr size_t digits = 16;
  const std::vector<float> numbers = array.to_floats();
  std::string shape;
  for (int i = 0; i < array.shape().rank(); ++i)
    shape += (shape.empty() ? "" : "x") + std::to_string(array.shape()[i]);
  entries_.push_back({step_, part, operation, name, shape, static_cast<int64_t>(numbers.size()),
                      scores_sha256(numbers).substr(0, digits)});
}

void StepTrace::forward(const engine::Tape& tape) {
  for (size_t i = 0; i < tape.size(); ++i)
    add("forward", static_cast<int64_t>(i), std::string(tape.operation(i).name), tape.output(i).value());
}

void StepTrace::gradients(const engine::Tape& tape, const std::vector<engine::NamedTensor>& names) {
  for (size_t i = tape.size(); i-- > 0;) {
    const Tensor& y = tape.output(i);
    if (y.requires_grad() && y.grad().defined())
      add("gradient", static_cast<int64_t>(i), std::string(tape.operation(i).name), y.grad());
  }
  of_parameters(tape, names, "parameter gradient");
}

void StepTrace::updates(const engine::Tape& tape, const std::vector<engine::NamedTensor>& names) {
  of_parameters(tape, names, update_word);
}

void StepTrace::of_parameters(const engine::Tape& tape, const std::vector<engine::NamedTensor>& names,
                              const std::string& part) {
  int64_t place = 0;
  for (const Tensor& parameter : parameters_of(tape)) {
    const auto named = std::find_if(names.begin(), names.end(), [&](const engine::NamedTensor& n) {
      return n.tensor.same_as(parameter);
    });
    const std::string name = named == names.end() ? "of the spheres" : named->name;
    if (part == update_word)
      add(part, place, name, parameter.value());
    else if (parameter.grad().defined())
      add(part, place, name, parameter.grad());
    ++place;
  }
}

std::optional<TraceEntry> first_difference(const std::vector<TraceEntry>& here,
                                           const std::vector<TraceEntry>& there) {
  const size_t shared = std::min(here.size(), there.size());
  for (size_t i = 0; i < shared; ++i) {
    const TraceEntry &a = here[i], &b = there[i];
    if (a != b) return a;
  }
  if (here.size() == there.size()) return std::nullopt;
  return here.size() > there.size() ? here[shared] : there[shared];
}

}  // namespace svdd
