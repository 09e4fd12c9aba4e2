// The decoder of a text that has none: the mirror image of the encoder, as the published autoencoders are built.
//
// The encoder falls into blocks, a convolution or dense layer each with what follows it. The decoder takes them from the last
// to the first. Each block's pooling is undone by enlargement, its convolution by a transposed one of the same kernel
// back to as many channels (with a stride: enlargement first, where the sizes ask for it), its dense layer by one back to as
// many numbers; then come batch norm and activation of the block before. It begins with an activation, the last one of
// the encoder, unless the representation ends in one. What stands before all weights has no counterpart. Images end in a sigmoid, because they are scaled to [0, 1];
// rows of numbers as they are. The layers are called after those that they mirror: deconv1, debn1, defc1, …, from the first on.
#pragma once
#include <vector>

#include "engine/layer_description.h"

namespace svdd {

// std::invalid_argument names the layer whose sizes cannot be had back, such as a pooling that drops a row.
std::vector<engine::LayerDescription> mirror_of(const std::vector<engine::PlannedLayer>& encoder);

}  // namespace svdd
