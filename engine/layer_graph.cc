#include "engine/layer_graph.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace engine {
namespace {

using onnx::Attributes;
using onnx::Value;
using Extents = std::vector<int64_t>;

// The layers of one network, one after another.
class LayersAsNodes {
 public:
  LayersAsNodes(onnx::Graph& graph, const std::vector<NamedTensor>& state) : graph_(graph), state_(state) {}

  // One more kind of layer is one more case.
  Value add(const PlannedLayer& p, const Value& x) const {
    const LayerDescription& l = p.layer;
    const auto two = [](int64_t n) { return Extents{n, n}; };
    switch (l.kind) {
      case LayerKind::conv:  // cross-correlation there too
        return node(
            "Conv", l, with_bias(l, {x, weights(l, "weight")}),
            {{"kernel_shape", two(l.kernel)}, {"pads", Extents(4, l.padding)}, {"strides", two(l.stride)}});
      case LayerKind::conv_transpose:
        return node(
            "ConvTranspose", l, {x, weights(l, "weight")},
            {{"kernel_shape", two(l.kernel)}, {"pads", Extents(4, l.padding)}, {"strides", two(l.stride)}});
      case LayerKind::dense:
        return node("Gemm", l, with_bias(l, {p.input.size() > 1 ? flattened(x) : x, weights(l, "weight")}),
                    {{"transB", int64_t{1}}});
      case LayerKind::batch_norm: {
        const auto channels = static_cast<size_t>(p.input[0]);
        const auto all = [&](const char* name, float value) {
          return l.affine ? weights(l, name)
                          : graph_.constant(l.name + "." + name,
                                            NdArray::from({p.input[0]}, std::vector(channels, value)));
        };
        return node(
            "BatchNormalization", l,
            {x, all("weight", 1), all("bias", 0), weights(l, "running_mean"), weights(l, "running_var")},
            {{"epsilon", static_cast<float>(l.epsilon)}});
      }
      case LayerKind::leaky_relu:
        return node("LeakyRelu", l, {x}, {{"alpha", static_cast<float>(l.slope)}});
      case LayerKind::relu:
        return node("Relu", l, {x});
      case LayerKind::elu:
        return node("Elu", l, {x}, {{"alpha", static_cast<float>(l.slope)}});
      case LayerKind::sigmoid:
        return node("Sigmoid", l, {x});
      case LayerKind::max_pool:
        return node("MaxPool", l, {x}, {{"kernel_shape", two(l.kernel)}, {"strides", two(l.stride)}});
      case LayerKind::upsample: {  // y[i] = x[⌊i / scale⌋]
        const auto scale = static_cast<float>(l.scale);
        const Value scales =
            graph_.constant("scales", NdArray::from({4}, std::vector{1.0f, 1.0f, scale, scale}));
        return node("Resize", l, {x, Value{}, scales},
                    {{"mode", std::string("nearest")},
                     {"coordinate_transformation_mode", std::string("asymmetric")},
                     {"nearest_mode", std::string("floor")}});
      }
      case LayerKind::flatten:
        return flattened(x);
      case LayerKind::reshape:
        return reshaped(x, l.shape);
    }
    throw std::logic_error("[add_layers] a layer of no known kind");
  }

 private:
  Value node(const std::string& operation, const LayerDescription& l, const std::vector<Value>& inputs,
             const Attributes& attributes = {}) const {
    return graph_.node(operation, inputs, onnx::Type::f32, attributes, l.name);
  }
  std::vector<Value> with_bias(const LayerDescription& l, std::vector<Value> inputs) const {
    if (l.bias) inputs.push_back(weights(l, "bias"));
    return inputs;
  }
  Value weights(const LayerDescription& l, const std::string& what) const {
    const std::string name = l.name + "." + what;
    const auto found =
        std::find_if(state_.begin(), state_.end(), [&](const NamedTensor& s) { return s.name == name; });
    if (found == state_.end()) throw std::logic_error("[add_layers] the network has no " + name);
    const Array& array = found->tensor.value();
    Extents extents;
    for (int i = 0; i < array.shape().rank(); ++i) extents.push_back(array.shape()[i]);
    return graph_.constant(name, NdArray::from(extents, array.to_floats()));
  }

  onnx::Graph& graph_;
  const std::vector<NamedTensor>& state_;
};

}  // namespace

onnx::Value add_layers(const std::vector<PlannedLayer>& layers, const std::vector<NamedTensor>& state,
                       const onnx::Value& x) {
  const LayersAsNodes as_nodes(*x.graph, state);
  onnx::Value y = x;
  for (const PlannedLayer& layer : layers) y = as_nodes.add(layer, y);
  return y;
}

}  // namespace engine
