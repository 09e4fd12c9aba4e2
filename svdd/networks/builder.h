// The vocabulary in which the networks of this folder are written: every name builds one layer.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/layers.h"
#include "engine/ops/max_pool2d.h"
#include "engine/ops/pointwise.h"
#include "engine/ops/reshape.h"
#include "engine/ops/upsample_nearest.h"
#include "svdd/networks.h"

namespace svdd {

inline constexpr double slope =
    0.01;  // of every leaky ReLU; the paper's text says 0.1, all released code this

struct Builder {
  engine::Backend& on;
  std::string name;
  NetworkOptions options;  // with the network's own values where the caller's were 0 or empty

  int64_t p() const { return options.rep_dim; }
  int64_t width(size_t i) const { return options.widths[i]; }

  auto conv(int64_t in, int64_t out, int64_t padding = 2) const {  // 5×5, "same" padding
    return std::make_unique<engine::Conv2d>(on, engine::DType::f32, in, out, 5, padding, options.bias_terms);
  }
  auto conv_transpose(int64_t in, int64_t out, int64_t padding = 2) const {  // 5×5
    return std::make_unique<engine::ConvTranspose2d>(on, engine::DType::f32, in, out, 5, padding);
  }
  auto dense(int64_t in, int64_t out) const {
    return std::make_unique<engine::Dense>(on, engine::DType::f32, in, out, options.bias_terms);
  }
  auto biased_dense(int64_t in, int64_t out) const {
    return std::make_unique<engine::Dense>(on, engine::DType::f32, in, out, true);
  }
  // BN · leaky ReLU · pool or up
  auto norm(int64_t channels, engine::Resample then) const {
    return std::make_unique<engine::BatchNorm>(
        on, engine::DType::f32, channels,
        engine::BatchNormOptions{.affine = options.affine_batch_norm, .slope = slope, .then = then});
  }
  auto norm_alone(int64_t channels) const {
    return std::make_unique<engine::BatchNorm>(on, engine::DType::f32, channels,
                                               engine::BatchNormOptions{.affine = options.affine_batch_norm});
  }

  // The decoders of the LeNets read the representation as images of 4×4.
  int64_t channels_of_4x4() const;  // p/16; std::invalid_argument where that leaves a rest
};

// (N, F) seen as images.
inline auto as_images(int64_t channels, int64_t height, int64_t width) {
  return [=](const engine::Tensor& x) { return engine::reshape(x, {x.shape()[0], channels, height, width}); };
}
inline engine::Tensor leaky(const engine::Tensor& x) { return engine::leaky_relu(x, slope); }
inline engine::Tensor up(const engine::Tensor& x) { return engine::upsample_nearest(x); }

// The networks of the papers.
Network mnist_lenet(const Builder& b);
Network cifar10_lenet(const Builder& b);
Network cifar10_lenet_elu(const Builder& b);
Network gtsrb_lenet(const Builder& b);
Network multi_sphere_mnist(const Builder& b);
Network multi_sphere_cifar10(const Builder& b);
Network multi_sphere_mobifall(const Builder& b);
Network dasvdd_sigmoid(const Builder& b);    // MNIST, Fashion-MNIST
Network dasvdd_activated(const Builder& b);  // CIFAR-10
Network dasvdd_linear(const Builder& b);     // tables
Network mlp(const Builder& b);

}  // namespace svdd
