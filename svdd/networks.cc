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

// The vocabulary of spec "networks": every name below builds one layer for one backend.
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

// One line for each network.
struct Entry {
  NetworkInfo info;
  std::function<Network(const Builder&)> build;
};
const std::vector<Entry>& entries() {
  static const std::vector<Entry> all{
      {{"mnist_LeNet", {1, 28, 28}, 32}, mnist_lenet},
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
      const double gain = shape.rank() == 4 ? engine::leaky_relu_gain(slope) : 1.0;
      const bool pytorch = rule == Initialisation::pytorch;
      engine::uniform_init(s.tensor.value(),
                           pytorch ? engine::default_bound(fans) : engine::xavier_bound(fans, gain), seed,
                           s.name);
      bias_bound = pytorch ? engine::default_bound(fans) : 0;
    } else if (s.name.ends_with(".weight")) {
      bias_bound = 0;
    } else if (bias_bound > 0) {
      engine::uniform_init(s.tensor.value(), bias_bound, seed, s.name);
    }
  }
}

}  // namespace svdd
