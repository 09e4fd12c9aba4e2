#include "engine/optimizers.h"

#include <cmath>

namespace engine {

std::vector<Array> Optimizer::zeros_like_parameters() const {
  std::vector<Array> zeros;
  for (const Tensor& p : parameters_) zeros.push_back(p.value().zeros_like());
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

void Adam::step(double lr) {
  beta1_power_ *= options_.beta1;
  beta2_power_ *= options_.beta2;
  const AdamStep step{.beta1 = options_.beta1,
                      .beta2 = options_.beta2,
                      .epsilon = options_.epsilon,
                      .weight_decay = options_.weight_decay,
                      .step_size = lr / (1 - beta1_power_),
                      .bias_correction2 = std::sqrt(1 - beta2_power_)};
  for (size_t i = 0; i < parameters_.size(); ++i) {
    Tensor& p = parameters_[i];
    p.backend().adam(step, gradient_of(p), m_[i], v_[i], options_.amsgrad ? &v_max_[i] : nullptr, p.value());
  }
}

Sgd::Sgd(std::vector<Tensor> parameters, Options options)
    : Optimizer(std::move(parameters)), options_(options), velocity_(zeros_like_parameters()) {}

void Sgd::step(double lr) {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    Tensor& p = parameters_[i];
    p.backend().sgd(lr, options_.momentum, options_.weight_decay, first_, gradient_of(p), velocity_[i],
                    p.value());
  }
  first_ = false;
}

AdaGrad::AdaGrad(std::vector<Tensor> parameters, Options options)
    : Optimizer(std::move(parameters)), options_(options), sum_(zeros_like_parameters()) {}

void AdaGrad::step(double lr) {
  const double decayed = lr / (1 + static_cast<double>(steps_++) * options_.lr_decay);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    Tensor& p = parameters_[i];
    p.backend().adagrad(decayed, options_.epsilon, options_.weight_decay, gradient_of(p), sum_[i], p.value());
  }
}

double multi_step_rate(double lr, const std::vector<int64_t>& milestones, int64_t epoch, double gamma) {
  for (const int64_t m : milestones)
    if (epoch >= m) lr *= gamma;
  return lr;
}

}  // namespace engine
