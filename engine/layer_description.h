// Networks as descriptions: layers as values, before any memory is taken. What a network holds, what it costs and
// what of it can be computed in one pass all follow from the description; so do its summary and its file.
//
//   std::vector<LayerDescription> layers{layer_of("conv 8 5x5"), layer_of("leaky_relu"), layer_of("dense 32")};
//   plan(layers, {1, 28, 28})                    // sizes inferred, or one line on what does not fit
//   build(plan(layers, {1, 28, 28}), backend)    // a Sequential, its parameters still zero
//
// The words of a layer are its operation and what that needs:
//
//   conv CHANNELS KxK [stride S] [padding P] [bias]            padding: (K − 1)/2 where nothing is said
//   conv_transpose CHANNELS KxK [stride S] [padding P]         the same
//   dense NUMBERS [bias]                                       of all the numbers of a sample, images included
//   batch_norm [affine] [epsilon E] [momentum M]               1e-4 and 0.1; affine: with weight and bias
//   leaky_relu [SLOPE]   relu   elu [ALPHA]   sigmoid          0.01 and 1
//   max_pool [KxK] [stride S]                                  2x2; stride: K
//   upsample [xS]                                              x2, nearest
//   flatten   reshape CxHxW
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/layers.h"

namespace engine {

enum class LayerKind {
  conv,
  conv_transpose,
  dense,
  batch_norm,
  leaky_relu,
  relu,
  elu,
  sigmoid,
  max_pool,
  upsample,
  flatten,
  reshape
};

// One layer and its attributes. Those that its operation does not have keep the values they have here.
struct LayerDescription {
  LayerKind kind = LayerKind::flatten;
  std::string name = {};            // of its state: "conv1" makes "conv1.weight"; empty where there is none
  int64_t out = 0;                  // channels of conv and conv_transpose, numbers of dense
  int64_t kernel = 0;               // of conv, conv_transpose and max_pool
  int64_t stride = 1, padding = 0;  // of the same; max_pool has no padding
  bool bias = false;                // of conv and dense
  bool affine = false;              // of batch_norm
  double epsilon = 1e-4, momentum = 0.1;  // of batch_norm
  double slope = 0.01;                    // of leaky_relu; elu's alpha
  int64_t scale = 2;                      // of upsample
  std::vector<int64_t> shape = {};        // of reshape: {C, H, W}
  std::string where = {};                 // "line 12", for messages

  bool operator==(const LayerDescription&) const = default;
};

// A layer from its words, without its name, and back in the shortest way that reads as the same. std::invalid_argument says
// what is wrong with the words and what the operation takes.
LayerDescription layer_of(std::string_view words);
std::string words_of(const LayerDescription& layer);
std::string title_of(const LayerDescription& layer);  // "line 12, conv2: conv 4 5x5", as far as it has these
// "3x64x64" as {3, 64, 64}; nothing where that is no list of numbers from 1 to most_layer_numbers.
std::optional<std::vector<int64_t>> extents_in(std::string_view word);
std::string_view operation_of(LayerKind kind);      // "conv"
const std::vector<std::string_view>& operations();  // all of them

// What an operation is to a network.
enum class LayerRole { linear, normalisation, activation, bounded_activation, resampling, reshaping };
LayerRole role_of(LayerKind kind);
inline bool is_linear(LayerKind kind) { return role_of(kind) == LayerRole::linear; }
inline bool is_activation(LayerKind kind) {
  return role_of(kind) == LayerRole::activation || role_of(kind) == LayerRole::bounded_activation;
}
inline bool has_state(LayerKind kind) {  // and so a name
  return is_linear(kind) || role_of(kind) == LayerRole::normalisation;
}

// A layer among others: its shapes without the samples' axis, {C, H, W} or {F}, and its counts for one sample.
struct PlannedLayer {
  LayerDescription layer;
  std::vector<int64_t> input, output;
  int64_t parameters = 0;  // trained numbers
  bool fused =
      false;  // computed in one operation with the layer after it: its own output is nowhere in memory
  int64_t multiply_adds = 0;  // of conv, conv_transpose and dense, as if no tap fell on padding; of others 0
};

// Every layer with the shapes that follow from the first input. std::invalid_argument names the layer that does not fit
// what comes to it, or is larger than most_layer_numbers.
std::vector<PlannedLayer> plan(const std::vector<LayerDescription>& layers,
                               const std::vector<int64_t>& input);
// No layer holds, and no sample of any layer's output has, more numbers than this: 4 GiB in float.
inline constexpr int64_t most_layer_numbers = int64_t{1} << 30;

// The layers in memory: parameters are zero, running moments 0 and 1. Batch norm, the leaky ReLU after it and a 2×2
// pooling or enlargement after that become one operation, which has their bits (ops/batch_norm.h).
Sequential build(const std::vector<PlannedLayer>& layers, Backend& backend, DType type = DType::f32);

}  // namespace engine
