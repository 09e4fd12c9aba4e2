#include "engine/layers.h"

namespace engine {

namespace {
Tensor parameter(Backend& on, DType type, const Shape& shape) {
  return Tensor(Array(on, shape, Layout::plain, type), true);
}

std::vector<NamedTensor> weight_and_bias(const Tensor& weight, const Tensor& bias) {
  std::vector<NamedTensor> state{{"weight", weight, true}};
  if (bias.defined()) state.push_back({"bias", bias, true});
  return state;
}
}  // namespace

Conv2d::Conv2d(Backend& on, DType type, int64_t in, int64_t out, int64_t kernel, int64_t padding, bool bias,
               int64_t stride)
    : weight_(parameter(on, type, {out, in, kernel, kernel})), stride_(stride), padding_(padding) {
  if (bias) bias_ = parameter(on, type, {out});
}
std::vector<NamedTensor> Conv2d::state() const { return weight_and_bias(weight_, bias_); }

ConvTranspose2d::ConvTranspose2d(Backend& on, DType type, int64_t in, int64_t out, int64_t kernel,
                                 int64_t padding, int64_t stride)
    : weight_(parameter(on, type, {in, out, kernel, kernel})), stride_(stride), padding_(padding) {}

Dense::Dense(Backend& on, DType type, int64_t in, int64_t out, bool bias)
    : weight_(parameter(on, type, {out, in})) {
  if (bias) bias_ = parameter(on, type, {out});
}
std::vector<NamedTensor> Dense::state() const { return weight_and_bias(weight_, bias_); }

BatchNorm::BatchNorm(Backend& on, DType type, int64_t channels, BatchNormOptions options)
    : options_(options) {
  state_.epsilon = options.epsilon;
  state_.momentum = options.momentum;
  state_.running_mean = Array(on, {channels}, Layout::plain, type);
  state_.running_variance = Array(on, {channels}, Layout::plain, type);
  on.fill(state_.running_variance, 1.0);
  if (!options.slope && options.then != Resample::none)
    throw std::invalid_argument(
        "[BatchNorm] resampling follows an activation; give the slope of the leaky ReLU");
  if (!options.affine) return;
  state_.weight = parameter(on, type, {channels});
  state_.bias = parameter(on, type, {channels});
  on.fill(state_.weight.value(), 1.0);
}

Tensor BatchNorm::forward(const Tensor& x, Mode mode) {
  const bool train = mode == Mode::train;
  if (options_.slope)
    return train ? batch_norm_leaky_relu_train(x, state_, *options_.slope, options_.then)
                 : batch_norm_leaky_relu_eval(x, state_, *options_.slope, options_.then);
  return train ? batch_norm_train(x, state_) : batch_norm_eval(x, state_);
}

std::vector<NamedTensor> BatchNorm::state() const {
  std::vector<NamedTensor> state;
  if (state_.weight.defined()) state = weight_and_bias(state_.weight, state_.bias);
  state.push_back({"running_mean", Tensor(state_.running_mean), false});
  state.push_back({"running_var", Tensor(state_.running_variance), false});
  return state;
}

Sequential& Sequential::add(std::string name, std::unique_ptr<Layer> layer) {
  layers_.emplace_back(std::move(name), std::move(layer));
  return *this;
}

Sequential& Sequential::add(std::function<Tensor(const Tensor&)> f) {
  return add("", std::make_unique<Function>(std::move(f)));
}

Tensor Sequential::forward(const Tensor& x, Mode mode) {
  Tensor y = x;
  for (auto& [name, layer] : layers_) y = layer->forward(y, mode);
  return y;
}

std::vector<NamedTensor> Sequential::state() const {
  std::vector<NamedTensor> all;
  for (const auto& [name, layer] : layers_)
    for (NamedTensor& own : layer->state()) all.push_back({name + "." + own.name, own.tensor, own.trainable});
  return all;
}

std::vector<Tensor> trainable(const std::vector<NamedTensor>& state) {
  std::vector<Tensor> parameters;
  for (const NamedTensor& s : state)
    if (s.trainable) parameters.push_back(s.tensor);
  return parameters;
}

void copy_state(const std::vector<NamedTensor>& from, const std::vector<NamedTensor>& to) {
  for (const NamedTensor& target : to)
    for (const NamedTensor& source : from) {
      if (source.name != target.name) continue;
      if (!(source.tensor.shape() == target.tensor.shape()))
        throw std::invalid_argument("[copy_state] " + source.name + " has shape " +
                                    source.tensor.shape().text() + " on one side and " +
                                    target.tensor.shape().text() + " on the other");
      const Array& from_array = source.tensor.value();
      Array& to_array = target.tensor.value();
      if (&from_array.backend() == &to_array.backend() && from_array.type() == to_array.type())
        to_array.backend().copy(from_array, to_array);
      else
        to_array.assign(from_array.to_doubles());
    }
}

}  // namespace engine
