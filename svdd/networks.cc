#include "svdd/networks.h"

#include <functional>
#include <stdexcept>

#include "datasets/samples.h"
#include "engine/floating_point_mode.h"
#include "engine/initializers.h"
#include "svdd/networks/builder.h"

namespace svdd {

using engine::Backend;

namespace {

// One line for each network; the functions stand in networks/.
struct Entry {
  NetworkInfo info;
  Network (*build)(const Builder&);
};
const std::vector<Entry>& entries() {
  using enum Initialisation;
  static const std::vector<Entry> all{
      {{"mnist_LeNet", {1, 28, 28}, 32, {}, pytorch}, mnist_lenet},
      {{"cifar10_LeNet", {3, 32, 32}, 128, {}, pytorch_xavier}, cifar10_lenet},
      {{"cifar10_LeNet_ELU", {3, 32, 32}, 128, {}, pytorch_xavier}, cifar10_lenet_elu},
      {{"gtsrb_LeNet", {3, 32, 32}, 32, {}, pytorch}, gtsrb_lenet},
      {{"multi_sphere_mnist", {1, 28, 28}, 32, {256, 256, 128, 320}, glorot}, multi_sphere_mnist},
      {{"multi_sphere_cifar10", {3, 32, 32}, 128, {}, glorot}, multi_sphere_cifar10},
      {{"multi_sphere_mobifall", {3, 20, 20}, 10, {}, glorot}, multi_sphere_mobifall},
      {{"dasvdd_mnist", {1, 28, 28}, 256, {1024, 256}, pytorch}, dasvdd_sigmoid},
      {{"dasvdd_cifar10", {3, 32, 32}, 256, {1024, 512, 256}, pytorch}, dasvdd_activated},
      {{"dasvdd_speech", {}, 256, {1024, 512, 256}, pytorch}, dasvdd_linear},
      {{"dasvdd_pima", {}, 4, {10, 4}, pytorch}, dasvdd_linear},
      {{"mlp", {}, 32, {128, 64}, pytorch}, mlp},
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

void check_widths(const NetworkInfo& info, const std::vector<int64_t>& widths) {
  const bool any_number = info.input.empty() || info.name.starts_with("dasvdd");
  if (widths.empty()) return;
  if (info.widths.empty() || (!any_number && widths.size() != info.widths.size()))
    throw std::invalid_argument(
        info.name + " takes " +
        (info.widths.empty() ? "no widths" : std::to_string(info.widths.size()) + " widths") + ", found " +
        std::to_string(widths.size()));
  for (const int64_t w : widths)
    if (w < 1)
      throw std::invalid_argument(info.name + ": a layer must be at least 1 wide, found " +
                                  std::to_string(w));
    else if (w > most_width)
      throw std::invalid_argument(info.name + ": a hidden layer of " + std::to_string(w) +
                                  " numbers is too wide; at most " + std::to_string(most_width) +
                                  " are possible");
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

NetworkOptions complete(const std::string& name, NetworkOptions options) {
  const NetworkInfo& info = network_info(name);
  if (options.rep_dim == 0) options.rep_dim = info.rep_dim;
  if (options.rep_dim < 1)
    throw std::invalid_argument(name + ": rep_dim must be at least 1, found " +
                                std::to_string(options.rep_dim));
  if (options.rep_dim > most_width)
    throw std::invalid_argument(name + ": a representation of " + std::to_string(options.rep_dim) +
                                " numbers is too large; at most " + std::to_string(most_width) +
                                " are possible");
  check_widths(info, options.widths);
  if (options.widths.empty()) options.widths = info.widths;
  if (info.input.empty() && options.input.empty())
    throw std::invalid_argument(name + " takes samples of any size and must be told which");
  if (options.input.empty()) options.input = info.input;
  if (!info.input.empty() && options.input != info.input)
    throw std::invalid_argument("the samples are " + datasets::shape_text(options.input) + ", but " + name +
                                " takes " + datasets::shape_text(info.input));
  return options;
}

std::vector<engine::NamedTensor> Network::state() const {
  std::vector<engine::NamedTensor> all = encoder.state();
  for (engine::NamedTensor& s : decoder.state()) all.push_back(std::move(s));
  return all;
}

Network build_network(const std::string& name, Backend& backend, const NetworkOptions& options) {
  return entry(name).build({backend, name, complete(name, options)});
}

void initialise(const std::vector<engine::NamedTensor>& state, Initialisation rule, uint64_t seed) {
  const engine::IeeeMode ieee;
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
