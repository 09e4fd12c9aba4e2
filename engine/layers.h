// Layers: ops with parameters and buffers of their own, under the names that a model file holds.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/ops.h"

namespace engine {

// In `train`, batch norm uses the batch's moments and updates the running ones; in `evaluate`, the running
// ones.
enum class Mode { train, evaluate };

// A parameter (trainable) or a buffer (batch norm's running moments), under its name: "conv1.weight".
struct NamedTensor {
  std::string name;
  Tensor tensor;
  bool trainable;
};

class Layer {
 public:
  virtual ~Layer() = default;
  virtual Tensor forward(const Tensor& x, Mode mode) = 0;
  virtual std::vector<NamedTensor> state() const { return {}; }  // in the order of the layers
};

// 2-D convolution, weight (out, in, kernel, kernel); see ops/conv2d.h.
class Conv2d final : public Layer {
 public:
  Conv2d(Backend& on, DType type, int64_t in, int64_t out, int64_t kernel, int64_t padding, bool bias = false,
         int64_t stride = 1);
  Tensor forward(const Tensor& x, Mode) override { return conv2d(x, weight_, bias_, stride_, padding_); }
  std::vector<NamedTensor> state() const override;

 private:
  Tensor weight_, bias_;
  int64_t stride_, padding_;
};

// Transposed convolution, weight (in, out, kernel, kernel); see ops/conv_transpose2d.h.
class ConvTranspose2d final : public Layer {
 public:
  ConvTranspose2d(Backend& on, DType type, int64_t in, int64_t out, int64_t kernel, int64_t padding,
                  int64_t stride = 1);
  Tensor forward(const Tensor& x, Mode) override { return conv_transpose2d(x, weight_, stride_, padding_); }
  std::vector<NamedTensor> state() const override { return {{"weight", weight_, true}}; }

 private:
  Tensor weight_;
  int64_t stride_, padding_;
};

// Dense layer, weight (out, in); see ops/dense.h.
class Dense final : public Layer {
 public:
  Dense(Backend& on, DType type, int64_t in, int64_t out, bool bias = false);
  Tensor forward(const Tensor& x, Mode) override { return dense(x, weight_, bias_); }
  std::vector<NamedTensor> state() const override;

 private:
  Tensor weight_, bias_;
};

// What stands between two convolutions: batch norm over `channels` (ε = 1e-4, momentum 0.1) and, where
// `slope` is given, leaky ReLU and a 2×2 resampling, all in one operation. Affine adds weight (1 at the
// start) and bias (0).
struct BatchNormOptions {
  bool affine = false;
  std::optional<double> slope{};   // of the leaky ReLU that follows; none: batch norm alone
  Resample then = Resample::none;  // asks for a slope
  double epsilon = 1e-4, momentum = 0.1;
};
class BatchNorm final : public Layer {
 public:
  BatchNorm(Backend& on, DType type, int64_t channels, BatchNormOptions options = {});
  Tensor forward(const Tensor& x, Mode mode) override;
  std::vector<NamedTensor> state() const override;

 private:
  BatchNormState state_;
  BatchNormOptions options_;
};

// A layer without state: any function of one tensor, e.g. Function([](const Tensor& x) { return
// leaky_relu(x); }).
class Function final : public Layer {
 public:
  explicit Function(std::function<Tensor(const Tensor&)> f) : f_(std::move(f)) {}
  Tensor forward(const Tensor& x, Mode) override { return f_(x); }

 private:
  std::function<Tensor(const Tensor&)> f_;
};

// Layers one after another; names of layers and of their state join with a dot.
class Sequential final : public Layer {
 public:
  Sequential& add(std::string name, std::unique_ptr<Layer> layer);
  Sequential& add(std::function<Tensor(const Tensor&)> f);  // a nameless step without state
  Tensor forward(const Tensor& x, Mode mode) override;
  std::vector<NamedTensor> state() const override;

 private:
  std::vector<std::pair<std::string, std::unique_ptr<Layer>>> layers_;
};

// The trainable ones, and all whose name both sides have copied from one to the other (shapes must agree).
std::vector<Tensor> trainable(const std::vector<NamedTensor>& state);
void copy_state(const std::vector<NamedTensor>& from, const std::vector<NamedTensor>& to);

}  // namespace engine
