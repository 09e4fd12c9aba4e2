// ONNX files: bytes by hand, and what stands in the files of graphs and of layers.
#include "engine/files/onnx.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "engine/backends/reference/reference.h"
#include "engine/layer_description.h"
#include "engine/layer_graph.h"
#include "tests/protobuf_fields.h"

namespace {

using engine::NdArray;
using engine::onnx::Graph;
using engine::onnx::Type;
using engine::onnx::Value;
using protobuf_test::fields;
using protobuf_test::text;

TEST(Onnx, ASmallModelByteForByte) {
  Graph graph("g", {"y"});
  const Value x = graph.input("x", Type::f32, {2});
  graph.output(-x, "y", {2});
  const std::string version = SVDD_VERSION;
  const auto with_length = [](char key, const std::string& bytes) {
    return std::string{key, static_cast<char>(bytes.size())} + bytes;
  };
  // TensorShapeProto {batch_size, 2}, in TypeProto.Tensor {f32}, in TypeProto, in ValueInfoProto.
  const std::string extents =
      with_length(0x0a, with_length(0x12, "batch_size")) + with_length(0x0a, "\x08\x02");
  const std::string type = with_length(0x0a, std::string("\x08\x01") + with_length(0x12, extents));
  const auto info = [&](const std::string& name) {
    return with_length(0x0a, name) + with_length(0x12, type);
  };
  const auto node = [&](const std::string& in, const std::string& out, const std::string& name,
                        const std::string& operation) {
    return with_length(0x0a, with_length(0x0a, in) + with_length(0x12, out) + with_length(0x1a, name) +
                                 with_length(0x22, operation));
  };
  const std::string inside = node("x", "neg", "neg", "Neg") + node("neg", "y", "y", "Identity") +
                             with_length(0x12, "g") + with_length(0x5a, info("x")) +
                             with_length(0x62, info("y"));
  ASSERT_LT(inside.size(), 128u);
  EXPECT_EQ(graph.bytes(), std::string("\x08\x07") + with_length(0x12, "svdd") + with_length(0x1a, version) +
                               with_length(0x42, std::string("\x0a\x00\x10\x0e", 4)) +
                               with_length(0x3a, inside));
}

TEST(Onnx, ConstantsAreStoredOnceAndNamesAreUnique) {
  Graph graph("g", {"y"});
  const Value x = graph.input("x", Type::f64, {});
  const Value y = (x * 2 + 2) * 3;
  const Value named = graph.constant("x", NdArray::from({1}, std::vector<double>{1}));
  EXPECT_NE(named.name, "x");
  graph.output(y * named, "y", {});
  EXPECT_NE(graph.node("Neg", {y}, Type::f64, {}, "y").name, "y");  // an output's name
  std::set<std::string> constants;
  const std::string inner = text(graph.bytes(), 7);  // fields are views into it
  for (const auto& field : fields(inner, 5)) constants.insert(text(field.bytes, 8));
  EXPECT_EQ(constants, (std::set<std::string>{"number", "number_2", "x_2"}));
}

TEST(Onnx, TypesAreTheCallersAffair) {
  Graph graph("g", {"y"}), other("h", {});
  const Value x = graph.input("x", Type::f32, {2});
  EXPECT_THROW(x + cast(x, Type::f64), std::logic_error);
  EXPECT_THROW(x + other.input("x", Type::f32, {2}), std::logic_error);
  EXPECT_THROW(where(x, x, x), std::logic_error);
  EXPECT_EQ(greater(x, x).type, Type::boolean);
  EXPECT_EQ(places_of_smallest(x, 1).type, Type::i64);
}

// One network with every layer that there is: each has its operation.
TEST(Onnx, EveryLayerHasItsOperation) {
  const std::vector<std::string> words{"conv 4 3x3 stride 2 bias",
                                       "batch_norm",
                                       "leaky_relu 0.2",
                                       "max_pool",
                                       "upsample x3",
                                       "relu",
                                       "conv_transpose 2 3x3",
                                       "batch_norm affine",
                                       "elu",
                                       "flatten",
                                       "dense 12 bias",
                                       "reshape 3x2x2",
                                       "sigmoid",
                                       "dense 2"};
  std::vector<engine::LayerDescription> layers;
  for (const std::string& w : words) {
    layers.push_back(engine::layer_of(w));
    layers.back().name = "layer" + std::to_string(layers.size());
  }
  const auto planned = engine::plan(layers, {1, 8, 8});
  const auto backend = engine::make_reference_backend();
  Graph graph("g", {"y"});
  const Value x = graph.input("input", Type::f32, {1, 8, 8});
  graph.output(add_layers(planned, engine::build(planned, *backend).state(), x), "y", {2});
  const std::string bytes = graph.bytes();
  std::vector<std::string> operations;
  std::set<std::string> known{"input", ""};
  const std::string inside = text(bytes, 7);
  for (const auto& constant : fields(inside, 5)) known.insert(text(constant.bytes, 8));
  for (const auto& node : fields(inside, 1)) {
    operations.push_back(text(node.bytes, 4));
    for (const auto& in : fields(node.bytes, 1))
      EXPECT_TRUE(known.contains(std::string(in.bytes))) << in.bytes;
    known.insert(text(node.bytes, 2));
  }
  EXPECT_EQ(operations,
            (std::vector<std::string>{"Conv", "BatchNormalization", "LeakyRelu", "MaxPool", "Resize", "Relu",
                                      "ConvTranspose", "BatchNormalization", "Elu", "Flatten", "Gemm",
                                      "Reshape", "Sigmoid", "Flatten", "Gemm", "Identity"}));
  EXPECT_TRUE(known.contains("layer1.bias"));
  EXPECT_TRUE(known.contains("layer2.running_var"));
}

}  // namespace
