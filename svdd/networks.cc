#include "svdd/networks.h"

#include <functional>
#include <stdexcept>

#include "engine/initializers.h"

namespace svdd {

using engine::Backend;
using engine::DType;
using engine::Resample;
using engine::Sequential;
using engine::Tensor;

namespace {

constexpr double slope = 0.01;  // of every leaky ReLU; the paper's text says 0.1, all released code uses this

// The vocabulary in which networks are written below: every name builds one layer for one backend.
struct Builder {
  Backend& on;
  NetworkOptions options;

  auto conv(int64_t in, int64_t out) const {  // 5×5, "same" padding
    return std::make_unique<engine::Conv2d>(on, DType::f32, in, out, 5, 2, options.bias_terms);
  }
  auto conv_transpose(int64_t in, int64_t out, int64_t padding) const {  // 5×5
    return std::make_unique<engine::ConvTranspose2d>(on, DType::f32, in, out, 5, padding);
  }
  auto dense(int64_t in, int64_t out) const {
    return std::make_unique<engine::Dense>(on, DType::f32, in, out, options.bias_terms);
  }
  // Dense layers with biases, leaky ReLU after each: DASVDD's, whose reconstruction term keeps it from
  // collapsing.
  void add_biased(Sequential& net, const std::string& name, std::initializer_list<int64_t> widths) const {
    int layer = 0;
    for (auto in = widths.begin(), out = in + 1; out != widths.end(); ++in, ++out)
      net.add(name + "." + std::to_string(layer++),
              std::make_unique<engine::Dense>(on, DType::f32, *in, *out, true))
          .add([](const Tensor& x) { return engine::leaky_relu(x, slope); });
  }
  // BN · leaky ReLU · pool or up
  auto norm(int64_t channels, Resample then) const {
    return std::make_unique<engine::BatchNorm>(
        on, DType::f32, channels,
        engine::BatchNormOptions{.affine = options.affine_batch_norm, .slope = slope, .then = then});
  }
};

// conv 1→8 · BN · LReLU · pool · conv 8→4 · BN · LReLU · pool · dense 196→p, and its mirror image.
Network mnist_lenet(const Builder& b) {
  const int64_t p = b.options.rep_dim;
  if (p % 16 != 0)
    throw std::invalid_argument(
        "mnist_LeNet: the decoder reads the representation as p/16 channels of 4×4, so "
        "rep_dim must be a multiple of 16; found " +
        std::to_string(p));
  Network net;
  net.encoder.add("conv1", b.conv(1, 8))
      .add("bn1", b.norm(8, Resample::max_pool))
      .add("conv2", b.conv(8, 4))
      .add("bn2", b.norm(4, Resample::max_pool))
      .add(engine::flatten)
      .add("fc1", b.dense(196, p));
  net.decoder.add([p](const Tensor& z) {
               return engine::reshape(z, {z.shape()[0], p / 16, 4, 4});
             })
      .add([](const Tensor& z) { return engine::upsample_nearest(engine::leaky_relu(z, slope)); })
      .add("deconv1", b.conv_transpose(p / 16, 4, 2))  // 8×8
      .add("bn3", b.norm(4, Resample::upsample))
      .add("deconv2", b.conv_transpose(4, 8, 3))  // 16×16 -> 14×14
      .add("bn4", b.norm(8, Resample::upsample))
      .add("deconv3", b.conv_transpose(8, 1, 2))  // 28×28
      .add(engine::sigmoid);
  return net;
}

// conv 3→32 · 32→64 · 64→128, each with BN · LReLU · pool · dense 2048→p. The decoder begins with a batch
// norm over the representation that φ itself does not have.
Network cifar10_lenet(const Builder& b) {
  const int64_t p = b.options.rep_dim;
  if (p % 16 != 0)
    throw std::invalid_argument(
        "cifar10_LeNet: the decoder reads the representation as p/16 channels of 4×4, so rep_dim must be a "
        "multiple of "
        "16; found " +
        std::to_string(p));
  Network net;
  net.encoder.add("conv1", b.conv(3, 32))
      .add("bn2d1", b.norm(32, Resample::max_pool))
      .add("conv2", b.conv(32, 64))
      .add("bn2d2", b.norm(64, Resample::max_pool))
      .add("conv3", b.conv(64, 128))
      .add("bn2d3", b.norm(128, Resample::max_pool))
      .add(engine::flatten)
      .add("fc1", b.dense(2048, p));
  net.decoder
      .add("bn1d", b.norm(p, Resample::none))  // its leaky ReLU may come before the reshape
      .add([p](const Tensor& z) {
        return engine::reshape(z, {z.shape()[0], p / 16, 4, 4});
      })
      .add("deconv1", b.conv_transpose(p / 16, 128, 2))  // 4×4
      .add("bn2d4", b.norm(128, Resample::upsample))
      .add("deconv2", b.conv_transpose(128, 64, 2))  // 8×8
      .add("bn2d5", b.norm(64, Resample::upsample))
      .add("deconv3", b.conv_transpose(64, 32, 2))  // 16×16
      .add("bn2d6", b.norm(32, Resample::upsample))
      .add("deconv4", b.conv_transpose(32, 3, 2))  // 32×32
      .add(engine::sigmoid);
  return net;
}

// DASVDD's network for MNIST and Fashion-MNIST: 784-1024-256-p and back, the code itself activated, sigmoid
// at the end.
Network dasvdd_mnist(const Builder& b) {
  const int64_t p = b.options.rep_dim;
  Network net;
  net.encoder.add(engine::flatten);
  b.add_biased(net.encoder, "e", {784, 1024, 256, p});
  b.add_biased(net.decoder, "d", {p, 256, 1024});
  net.decoder.add("d.2", std::make_unique<engine::Dense>(b.on, DType::f32, 1024, 784, true))
      .add(engine::sigmoid)
      .add([](const Tensor& x) {
        return engine::reshape(x, {x.shape()[0], 1, 28, 28});
      });
  return net;
}

// One line for each network.
struct Entry {
  NetworkInfo info;
  std::function<Network(const Builder&)> build;
};
const std::vector<Entry>& entries() {
  static const std::vector<Entry> all{
      {{"mnist_LeNet", {1, 28, 28}, 32}, mnist_lenet},
      {{"cifar10_LeNet", {3, 32, 32}, 128, /*xavier_convolutions=*/true}, cifar10_lenet},
      {{"dasvdd_mnist", {1, 28, 28}, 256}, dasvdd_mnist},
  };
  return all;
}

const Entry& entry(const std::string& name) {
  std::string names;
  for (const Entry& e : entries()) {
    if (e.info.name == name) return e;
    names += (names.empty() ? "" : ", ") + e.info.name;
  }
  throw std::invalid_argument("there is no network '" + name + "'; known are " + names);
}

}  // namespace

const std::vector<NetworkInfo>& networks() {
  static const std::vector<NetworkInfo> infos = [] {
    std::vector<NetworkInfo> list;
    for (const Entry& e : entries()) list.push_back(e.info);
    return list;
  }();
  return infos;
}

const NetworkInfo& network_info(const std::string& name) { return entry(name).info; }

Network build_network(const std::string& name, Backend& backend, const NetworkOptions& options) {
  const Entry& e = entry(name);
  Builder builder{backend, options};
  if (options.rep_dim == 0) builder.options.rep_dim = e.info.rep_dim;
  if (builder.options.rep_dim < 1)
    throw std::invalid_argument(name + ": rep_dim must be at least 1, found " +
                                std::to_string(options.rep_dim));
  return e.build(builder);
}

void initialise(const std::vector<engine::NamedTensor>& state, Initialisation rule, uint64_t seed) {
  double bias_bound = 0;  // of a bias, from the weight before it; batch norm's own bias stays 0
  for (const engine::NamedTensor& s : state) {
    if (!s.trainable) continue;
    const engine::Shape& shape = s.tensor.shape();
    if (shape.rank() > 1) {
      const engine::Fans fans = engine::fans_of(shape);
      const bool convolution = shape.rank() == 4;
      const double gain = convolution ? engine::leaky_relu_gain(slope) : 1.0;
      const bool pytorch =
          rule == Initialisation::pytorch || (rule == Initialisation::pytorch_xavier && !convolution);
      engine::uniform_init(s.tensor.value(),
                           pytorch ? engine::default_bound(fans) : engine::xavier_bound(fans, gain), seed,
                           s.name);
      bias_bound = rule == Initialisation::glorot ? 0 : engine::default_bound(fans);
    } else if (s.name.ends_with(".weight")) {
      bias_bound = 0;
    } else if (bias_bound > 0) {
      engine::uniform_init(s.tensor.value(), bias_bound, seed, s.name);
    }
  }
}

}  // namespace svdd
