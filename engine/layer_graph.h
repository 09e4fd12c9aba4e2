// Networks as graphs of ONNX operations, from the same descriptions that build() makes layers of (layer_description.h). Each
// operation here is the one that the layer computes in evaluation mode; the order of its sums is the other program's, so
// results differ from ours by rounding.
#pragma once
#include <vector>

#include "engine/files/onnx.h"
#include "engine/layer_description.h"

namespace engine {

// What these layers make of x, (N, C, H, W) or (N, F) in float, as the first of them takes it. `state`: the network's, which
// holds theirs under their names; std::logic_error names what is not there.
onnx::Value add_layers(const std::vector<PlannedLayer>& layers, const std::vector<NamedTensor>& state,
                       const onnx::Value& x);

}  // namespace engine
