// Gradient descent rules. Weight decay is an L2 term added to the gradient: g = gradient + weight_decay·p
// (PyTorch's Adam and SGD; not the decoupled AdamW). Formulas are PyTorch's, so that golden trajectories
// agree.
#pragma once
#include <array>
#include <vector>

#include "engine/backend.h"
#include "engine/tensor.h"

namespace engine {

class Optimizer {
 public:
  // `parameters` live on one backend and have one number type; std::invalid_argument for none.
  explicit Optimizer(std::vector<Tensor> parameters);
  virtual ~Optimizer() = default;

  // One update of every parameter from its gradient, at learning rate lr.
  void step(double lr);

  // What changes from step to step: for Adam its two numbers (backend.h), else the learning rate.
  using Rates = std::array<double, 2>;
  // The halves of a step, for one that the backend repeats without the host: the rates of the next step (each
  // call is one step further), and the update by what rates() holds, which makes calls on the backend alone.
  virtual Rates next_rates(double lr) = 0;
  virtual void apply() = 0;
  Array& rates() { return rates_; }  // (2), plain, on the parameters' backend and of their number type

  // What steps change beside the parameters and rates(): moments, and what counts the steps. Kept and put
  // back with them, the next step is the same to the bit. The pointers are into the optimiser.
  struct State {
    std::vector<Array> arrays;
    std::vector<double*> numbers;
  };
  virtual State state() = 0;

 protected:
  // One array like each parameter, all zero: a moment, a velocity, a running sum.
  std::vector<Array> zeros_like_parameters() const;
  // std::invalid_argument if no Tape::backward has reached the parameter yet.
  static const Array& gradient_of(const Tensor& parameter);

  std::vector<Tensor> parameters_;

 private:
  Array rates_;
};

// Kingma and Ba 2015: m = β1·m + (1−β1)·g, v = β2·v + (1−β2)·g², p −= lr/(1−β1^t) · m / (√v/√(1−β2^t) + ε).
// AMSGrad (Reddi et al. 2018) puts the largest v so far in the denominator.
class Adam final : public Optimizer {
 public:
  struct Options {
    double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
    bool amsgrad = false;
  };
  Adam(std::vector<Tensor> parameters, Options options);
  Rates next_rates(double lr) override;
  void apply() override;
  State state() override;

 private:
  Options options_;
  std::vector<Array> m_, v_, v_max_;
  double beta1_power_ = 1,
         beta2_power_ = 1;  // β^t, by repeated multiplication: pow differs between C libraries
};

// velocity = momentum·velocity + g, p −= lr·velocity. The velocity begins at −0, so that the first is g
// itself.
class Sgd final : public Optimizer {
 public:
  struct Options {
    double momentum = 0, weight_decay = 0;
  };
  Sgd(std::vector<Tensor> parameters, Options options);
  Rates next_rates(double lr) override;
  void apply() override;
  State state() override { return {velocity_, {}}; }

 private:
  Options options_;
  std::vector<Array> velocity_;
};

// Duchi et al. 2011: sum += g², p −= lr/(1 + (t−1)·lr_decay) · g / (√sum + ε).
class AdaGrad final : public Optimizer {
 public:
  struct Options {
    double lr_decay = 0, epsilon = 1e-10, weight_decay = 0;
  };
  AdaGrad(std::vector<Tensor> parameters, Options options);
  Rates next_rates(double lr) override;
  void apply() override;
  State state() override { return {sum_, {&steps_}}; }

 private:
  Options options_;
  std::vector<Array> sum_;
  double steps_ = 0;  // a whole number
};

// The learning rate of an epoch, counted from 0: lr · gamma^(milestones at or before it). A milestone m means
// that epoch m is the first to use the lower rate.
double multi_step_rate(double lr, const std::vector<int64_t>& milestones, int64_t epoch, double gamma = 0.1);

}  // namespace engine
