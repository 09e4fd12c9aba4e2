#include "engine/optimizers.h"

#include <cmath>

#include "engine/floating_point_mode.h"
#include "engine/stopping.h"

namespace engine {

Optimizer::Optimizer(std::vector<Tensor> parameters) : parameters_(std::move(parameters)) {
  if (parameters_.empty()) throw std::invalid_argument("[optimizer] there are no parameters to update");
  const Array& first = parameters_[0].value();
  rates_ = Array(first.backend(), {std::tuple_size_v<Rates>}, Layout::plain, first.type());
}

void Optimizer::step(double lr) {
  const IeeeMode ieee;
  const Rates rates = next_rates(lr);
  const std::array<float, 2> in_float{static_cast<float>(rates[0]), static_cast<float>(rates[1])};
  const bool is_float = rates_.type() == DType::f32;
  rates_.backend().upload(is_float ? static_cast<const void*>(in_float.data()) : rates.data(), rates_);
  apply();
}

std::vector<Array> Optimizer::zeros_like_parameters() const {
  std::vector<Array> zeros;
  for (const Tensor& p : parameters_) {
    check_stop();
    zeros.push_back(p.value().zeros_like());
  }
  return zeros;
}

const Array& Optimizer::gradient_of(const Tensor& parameter) {
  if (!parameter.grad().defined())
    throw std::invalid_argument("[optimizer] a parameter of shape " + parameter.shape().text() +
                                " has no gradient; Tape::backward must come before step");
  return parameter.grad();
}

Adam::Adam(std::vector<Tensor> parameters, Options options)
    : Optimizer(std::move(parameters)),
      options_(options),
      m_(zeros_like_parameters()),
      v_(zeros_like_parameters()) {
  if (options.amsgrad) v_max_ = zeros_like_parameters();
}

// [book: rates]
Optimizer::Rates Adam::next_rates(double lr) {
  const IeeeMode ieee;
  beta1_power_ *= options_.beta1;
  beta2_power_ *= options_.beta2;
  return {lr / (1 - beta1_power_), std::sqrt(1 - beta2_power_)};
}

void Adam::apply() {
  const AdamConstants constants{.beta1 = options_.beta1,
                                .beta2 = options_.beta2,
                                .epsilon = options_.epsilon,
                                .weight_decay = options_.weight_decay};
  for (size_t i = 0; i < parameters_.size(); ++i) {
    check_stop();
    Tensor& p = parameters_[i];
    p.backend().adam(constants, rates(), gradient_of(p), m_[i], v_[i],
                     options_.amsgrad ? &v_max_[i] : nullptr, p.value());
  }
}

Optimizer::State Adam::state() {
  State state{m_, {&beta1_power_, &beta2_power_}};
  state.arrays.insert(state.arrays.end(), v_.begin(), v_.end());
  state.arrays.insert(state.arrays.end(), v_max_.begin(), v_max_.end());
  return state;
}

Sgd::Sgd(std::vector<Tensor> parameters, Options options)
    : Optimizer(std::move(parameters)), options_(options), velocity_(zeros_like_parameters()) {
  for (Array& v : velocity_) v.backend().fill(v, -0.0);
}

Optimizer::Rates Sgd::next_rates(double lr) { return {lr, 0}; }

void Sgd::apply() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    check_stop();
    Tensor& p = parameters_[i];
    p.backend().sgd(options_.momentum, options_.weight_decay, rates(), gradient_of(p), velocity_[i],
                    p.value());
  }
}

AdaGrad::AdaGrad(std::vector<Tensor> parameters, Options options)
    : Optimizer(std::move(parameters)), options_(options), sum_(zeros_like_parameters()) {}

Optimizer::Rates AdaGrad::next_rates(double lr) {
  const IeeeMode ieee;
  return {lr / (1 + steps_++ * options_.lr_decay), 0};
}

void AdaGrad::apply() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    check_stop();
    Tensor& p = parameters_[i];
    p.backend().adagrad(options_.epsilon, options_.weight_decay, rates(), gradient_of(p), sum_[i], p.value());
  }
}

// [book: milestones]
double multi_step_rate(double lr, const std::vector<int64_t>& milestones, int64_t epoch, double gamma) {
  const IeeeMode ieee;
  for (const int64_t m : milestones)
    if (epoch >= m) lr *= gamma;
  return lr;
}

}  // namespace engine
