// Networks as texts: one line a layer, an encoder and a decoder, sizes inferred.
//
//   # What stands behind a # is for the reader.
//   network mnist_LeNet      its name
//   input 1x28x28            of one sample; any: whatever the samples are (the same as no line)
//   rep_dim 32               p, where nothing else is asked for
//   start pytorch            how parameters begin: pytorch, pytorch_xavier, glorot
//
//   encoder
//   conv1: conv 8 5x5        a name for the layer's state, and the words of engine/layer_description.h
//   bn1:   batch_norm
//          leaky_relu
//          max_pool
//   fc1:   dense rep_dim
//
//   decoder
//          reshape rep_dim/16x4x4
//   …
//
// Lines may be written in one, parted by commas: "conv 16 5x5, batch_norm, leaky_relu, max_pool, dense 32". Without names,
// convolutions are conv1, conv2, …, transposed ones deconv1, …, batch norms bn1, …, dense layers fc1, …
//
// In the place of a number may stand `rep_dim`, or `width1`, `width2`, … of a line `widths 256 128 64` (which --widths
// replaces), also divided: rep_dim/16; `input` is the shape of a sample. Layers between `for each width` and `end` are
// there once for each of the widths, however many, with `width` for the number; after `for each width backwards` in the
// opposite order. `fc1+:` names such layers fc1, fc2, …, and a later `fc+:` goes on counting.
//
// `allow_bias` says that the network has bias terms or bounded activations on purpose (theory.h).
//
// A text without a decoder has the mirror image of its encoder (mirror.h).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "svdd/networks/networks.h"

namespace svdd {

struct NetworkText {
  // A line of encoder or decoder, as it is written.
  struct Line {
    enum class Kind { layer, for_each, for_each_backwards, end };
    Kind kind = Kind::layer;
    std::string place = {};  // "line 12", for messages; "part 3" where one line holds all
    std::string name = {}, words = {};
  };

  NetworkInfo info;
  bool allow_bias = false;
  std::vector<Line> encoder, decoder;
  bool has_decoder = false;
};

// std::invalid_argument names the line, and says what is wrong with it.
NetworkText parse_network(std::string_view text);

// The layers of a half, given the numbers that stand for its words.
struct Sizes {
  std::vector<int64_t> input, widths;
  int64_t rep_dim = 0;
};
std::vector<engine::LayerDescription> layers_of(const std::vector<NetworkText::Line>& lines,
                                                const Sizes& sizes);

}  // namespace svdd
