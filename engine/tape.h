// Reverse-mode automatic differentiation: a tape of the operations that ran while it was recording.
//
//   Tape tape;
//   Tensor loss;
//   { Tape::Recording recording(tape);  loss = mean(squared_distance(network.forward(batch), centre)); }
//   tape.backward(loss);                       // fills parameter.grad()
//   // new numbers in `batch`:
//   tape.replay(); tape.backward(loss);        // the same step again; nothing is allocated
//
// An operation runs at once and, where a tape of this thread is recording, is noted with its inputs, its
// output and its backward rule. A training step is recorded once for each batch size and replayed from then
// on.
#pragma once
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

// What an op tells the tape. Ops are functions that check shapes and return apply({...}).
struct Operation {
  using Inputs = std::span<const Tensor>;
  // Compute the output from the inputs.
  using Forward = std::function<void(Backend&, Inputs x, Array& y)>;
  // Assign to *gx[i] the gradient of input i, for each i that needs one; the other pointers are null.
  using Backward =
      std::function<void(Backend&, Inputs x, const Array& y, const Array& gy, std::span<Array* const> gx)>;

  // A number that says which of its kind an operation is; whole ones are exact.
  struct Attribute {
    std::string_view name;  // "kernel", "stride", "padding", "slope", ...
    double value;
  };
  // Numbers that it reads, and may bring up to date, beside its inputs.
  struct State {
    std::string_view name;  // "running_mean"
    Array array;
  };

  std::string_view name;  // as in error messages: "conv2d"
  std::vector<Tensor> inputs;
  // With its name, inputs, state and output all that whoever looks at a tape needs to know: forward and backward do
  // nothing that these do not say. (gradient_of is the exception: what its function uses, and the gradients that leaves, it
  // does not name.)
  std::vector<Attribute> attributes = {};
  std::vector<State> state = {};
  Array output;  // where the result goes
  Forward forward;
  Backward backward;
};

std::vector<Operation::Attribute> attributes_of(const Window& window);  // kernel, stride, padding

Tensor apply(Operation operation);
bool recording();  // whether a tape of this thread notes operations down, so that a backward pass may follow

class Tape {
 public:
  // Of one that is only replayed no gradients are asked for: what is computed on it requires none.
  enum class Use { gradients, replay };
  explicit Tape(Use use = Use::gradients) : use_(use) {}

  class Recording {  // the tape of this thread, for as long as the object lives; recordings nest
   public:
    explicit Recording(Tape& tape);
    ~Recording();
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

   private:
    Tape* outer_;
  };

  // Runs all operations again, in order, on whatever numbers their inputs hold now.
  void replay();

  // Gradient of `loss`, a single number computed on this tape, for every tensor on the tape that requires
  // one. The first call plans: it allocates gradients; later calls with the same loss allocate nothing.
  void backward(const Tensor& loss);

  // The operations in the order in which they ran, for whoever exports or traces them; `output` has what each made.
  size_t size() const { return nodes_.size(); }
  const Operation& operation(size_t i) const { return nodes_[i].operation; }
  const Tensor& output(size_t i) const { return nodes_[i].output; }
  int64_t numbers() const;  // that the results of all operations hold; they live as long as the tape

 private:
  friend Tensor apply(Operation);
  friend bool recording();
  struct Node {
    Operation operation;
    Tensor output;
    std::vector<Array*>
        targets;  // where backward writes, one for each input; null where no gradient is wanted
    std::vector<Array>
        scratch;  // for an input whose gradient another consumer has begun: written, then added
  };
  void plan(const Tensor& loss);

  Use use_;
  std::vector<Node> nodes_;
  std::vector<size_t> backward_order_;
  Tensor planned_loss_;
};

}  // namespace engine
