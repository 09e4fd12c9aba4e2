// The networks of the papers, by name, and networks of one's own, as texts. φ is the encoder; the decoder serves
// pretraining, and the methods that reconstruct.
//
// Wherever a network is asked for, a text may stand in the place of a name (networks/network_text.h): a whole file of one
// line a layer, or "conv 16 5x5, batch_norm, leaky_relu, max_pool, dense 32".
//
// No layer of φ has a bias term and no activation is bounded: with either, a constant map onto the centre is
// within reach and the sphere collapses (Ruff et al. 2018, Propositions 2 and 3; networks/theory.h).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/layer_description.h"
#include "engine/layers.h"
#include "engine/names.h"

namespace svdd {

// How parameters begin. `pytorch`: U(±1/√fan_in). `pytorch_xavier`: the same for dense layers, convolutions
// as in glorot. `glorot`: U(±gain·√(6/(fan_in + fan_out))), the gain of leaky ReLU for convolutions and 1 for
// dense layers (Lasagne's start in the theano recipe). Biases: as PyTorch, or 0 under glorot.
enum class Initialisation { pytorch, pytorch_xavier, glorot };
inline constexpr auto initialisation_names =
    engine::names_of<Initialisation>("start", {{Initialisation::pytorch, "pytorch"},
                                               {Initialisation::pytorch_xavier, "pytorch_xavier"},
                                               {Initialisation::glorot, "glorot"}});

struct NetworkInfo {
  std::string name = "own";         // of a text that gives itself none
  std::vector<int64_t> input = {};  // of one sample: {channels, height, width}; empty: any shape
  int64_t rep_dim = 0;              // p, where nothing else is asked for; 0: as the text's last layer says
  std::vector<int64_t> widths =
      {};  // of the hidden layers, where nothing else is asked for; empty: they are fixed
  Initialisation start = Initialisation::pytorch;  // as its published code starts it
};

// The published ones, in the order of their names.
const std::vector<NetworkInfo>& networks();
std::string network_names();  // "cifar10_LeNet, ..."
// Whether `network` is a text and no name: it has a space, a comma, or more than one line.
bool is_network_text(std::string_view network);
// Of a name or a text; std::invalid_argument lists the names there are, or says what is wrong with the text.
NetworkInfo network_info(const std::string& name_or_text);
// A published network's file, comments and all.
std::string_view published_text(const std::string& name);

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

// A network with all its sizes, before any memory is taken.
struct NetworkPlan {
  std::string name;
  Initialisation start = Initialisation::pytorch;
  std::vector<int64_t> input;  // of one sample
  int64_t rep_dim = 0;
  std::vector<int64_t> widths = {};  // those that were asked for or are the network's own
  bool allow_bias = false;           // the text says that it breaks the theory on purpose
  std::vector<engine::PlannedLayer> encoder = {},
                                    decoder = {};  // the first takes samples, the last gives their shape back
  std::string no_decoder = {};                     // why there is none; empty where there is one
};
// With the network's own values in the places of 0 and empty; std::invalid_argument where what is asked for does not
// fit it, naming the line of a text that cannot be built.
NetworkPlan plan_network(const std::string& name_or_text, const NetworkOptions& options = {});

// std::invalid_argument where a text says of itself what it is not: a published network's name over layers that the network has
// with no options, a rep_dim that it does not come to (where the text or `input` says of which samples). Before something is
// trained: a saved model is taken as it is.
void require_consistent(const std::string& name_or_text, const std::vector<int64_t>& input = {});

// The plan as a text with all sizes written out, from which the same plan is read: what a model folder holds.
std::string text_of(const NetworkPlan& plan);

struct Network {
  engine::Sequential encoder, decoder;
  std::vector<engine::NamedTensor> state() const;  // the encoder's, then the decoder's
};
Network build_network(const NetworkPlan& plan, engine::Backend& backend);
Network build_network(const std::string& name_or_text, engine::Backend& backend,
                      const NetworkOptions& options = {});

// Which of its layers the backend cannot train, and why; empty: it trains them all.
std::string why_untrainable(const NetworkPlan& plan, const engine::Backend& backend);

void initialise(const std::vector<engine::NamedTensor>& state, Initialisation rule, uint64_t seed);

}  // namespace svdd
