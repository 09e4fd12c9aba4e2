// The networks of the papers, by name. φ is the encoder; the decoder serves pretraining.
//
// No layer of φ has a bias term and no activation is bounded: with either, a constant map onto the centre is
// within reach and the sphere collapses (Ruff et al. 2018, Propositions 2 and 3).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/layers.h"

namespace svdd {

// How parameters begin. `pytorch`: U(±1/√fan_in). `pytorch_xavier`: the same for dense layers, convolutions
// as in glorot. `glorot`: U(±gain·√(6/(fan_in + fan_out))), the gain of leaky ReLU for convolutions and 1 for
// dense layers (Lasagne's start in the theano recipe). Biases: as PyTorch, or 0 under glorot.
enum class Initialisation { pytorch, pytorch_xavier, glorot };

struct NetworkInfo {
  std::string name;
  std::vector<int64_t> input;  // of one sample: {channels, height, width}; empty: any shape
  int64_t rep_dim;             // p, where nothing else is asked for
  std::vector<int64_t>
      widths;            // of the hidden layers, where nothing else is asked for; empty: they are fixed
  Initialisation start;  // as its published code starts it
};
const std::vector<NetworkInfo>& networks();
const NetworkInfo& network_info(const std::string& name);  // std::invalid_argument lists the names there are

struct NetworkOptions {
  std::vector<int64_t> input = {};   // of one sample; empty: the network's own
  int64_t rep_dim = 0;               // 0: the network's own
  std::vector<int64_t> widths = {};  // empty: the network's own
  bool affine_batch_norm = false;    // the theano recipe's
  bool bias_terms = false;           // against the theory; for the test that makes a network collapse
};
// A representation or a hidden layer has no more numbers than this: far beyond any use, and early enough that weights,
// gradients and batches can still be counted.
inline constexpr int64_t most_width = int64_t{1} << 20;

// With the network's own values in the places of 0 and empty; std::invalid_argument where they do not fit it.
NetworkOptions complete(const std::string& name, NetworkOptions options);

struct Network {
  engine::Sequential encoder, decoder;
  std::vector<engine::NamedTensor> state() const;  // the encoder's, then the decoder's
};
Network build_network(const std::string& name, engine::Backend& backend, const NetworkOptions& options = {});

void initialise(const std::vector<engine::NamedTensor>& state, Initialisation rule, uint64_t seed);

}  // namespace svdd
