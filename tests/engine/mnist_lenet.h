// The MNIST LeNet of Deep SVDD and its autoencoder, built from the engine's layers: the networks of the
// golden trajectories (parameter names as in the files).
#pragma once
#include <memory>
#include <string>

#include "engine/initializers.h"
#include "engine/layers.h"

namespace engine_tests {

// Batch norm, leaky ReLU and resampling as one operation or as three: the same bits.
enum class Passes { one, three };

inline void add_batch_norm(engine::Sequential& net, const std::string& name, engine::Backend& on,
                           engine::DType type, int64_t channels, engine::Resample then, Passes passes) {
  using namespace engine;
  if (passes == Passes::one) {
    net.add(name,
            std::make_unique<BatchNorm>(on, type, channels, BatchNormOptions{.slope = 0.01, .then = then}));
    return;
  }
  net.add(name, std::make_unique<BatchNorm>(on, type, channels));
  net.add([](const Tensor& x) { return leaky_relu(x); });
  if (then == Resample::max_pool) net.add([](const Tensor& x) { return max_pool2d(x); });
  if (then == Resample::upsample) net.add([](const Tensor& x) { return upsample_nearest(x); });
}

// (N, 1, 28, 28) -> (N, 32)
inline void add_mnist_encoder(engine::Sequential& net, engine::Backend& on, engine::DType type,
                              Passes passes) {
  using namespace engine;
  net.add("conv1", std::make_unique<Conv2d>(on, type, 1, 8, 5, 2));
  add_batch_norm(net, "bn1", on, type, 8, Resample::max_pool, passes);
  net.add("conv2", std::make_unique<Conv2d>(on, type, 8, 4, 5, 2));
  add_batch_norm(net, "bn2", on, type, 4, Resample::max_pool, passes);
  net.add(flatten).add("fc1", std::make_unique<Dense>(on, type, 196, 32));
}

// (N, 32) -> (N, 1, 28, 28)
inline void add_mnist_decoder(engine::Sequential& net, engine::Backend& on, engine::DType type,
                              Passes passes) {
  using namespace engine;
  net.add([](const Tensor& z) { return upsample_nearest(leaky_relu(reshape(z, {z.shape()[0], 2, 4, 4}))); });
  net.add("deconv1", std::make_unique<ConvTranspose2d>(on, type, 2, 4, 5, 2));
  add_batch_norm(net, "bn3", on, type, 4, Resample::upsample, passes);
  net.add("deconv2", std::make_unique<ConvTranspose2d>(on, type, 4, 8, 5, 3));
  add_batch_norm(net, "bn4", on, type, 8, Resample::upsample, passes);
  net.add("deconv3", std::make_unique<ConvTranspose2d>(on, type, 8, 1, 5, 2)).add(sigmoid);
}

inline std::unique_ptr<engine::Sequential> mnist_lenet(engine::Backend& on, engine::DType type,
                                                       Passes passes = Passes::one) {
  auto net = std::make_unique<engine::Sequential>();
  add_mnist_encoder(*net, on, type, passes);
  return net;
}

inline std::unique_ptr<engine::Sequential> mnist_autoencoder(engine::Backend& on, engine::DType type,
                                                             Passes passes = Passes::one) {
  auto net = std::make_unique<engine::Sequential>();
  add_mnist_encoder(*net, on, type, passes);
  add_mnist_decoder(*net, on, type, passes);
  return net;
}

// Weights as PyTorch begins, from the streams of their names.
inline void start_weights(const engine::Layer& net, uint64_t seed) {
  for (engine::NamedTensor& s : net.state())
    if (s.trainable)
      engine::uniform_init(s.tensor.value(), engine::default_bound(engine::fans_of(s.tensor.shape())), seed,
                           s.name);
}

}  // namespace engine_tests
