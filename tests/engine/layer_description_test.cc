// Networks as descriptions: words and back, shapes, counts, what is fused, and the bits of what is built.
#include "engine/layer_description.h"

#include <gtest/gtest.h>

#include <functional>

#include "engine/backends/reference/reference.h"
#include "engine/random.h"
#include "tests/engine/platforms.h"

namespace layer_description_test {

using namespace engine;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "nothing was wrong";
}

std::vector<LayerDescription> layers(const std::vector<std::string>& words) {
  std::vector<LayerDescription> all;
  int count = 0;
  for (const std::string& one : words) {
    all.push_back(layer_of(one));
    if (has_state(all.back().kind)) all.back().name = "l" + std::to_string(++count);
  }
  return all;
}

TEST(LayerDescription, ReadsAttributesAndKnowsTheUsualOnes) {
  const LayerDescription conv = layer_of("conv 8 5x5");
  EXPECT_EQ(conv.kind, LayerKind::conv);
  EXPECT_EQ((std::vector<int64_t>{conv.out, conv.kernel, conv.stride, conv.padding}),
            (std::vector<int64_t>{8, 5, 1, 2}));
  EXPECT_FALSE(conv.bias);
  const LayerDescription narrow = layer_of("  conv 3   4x4 stride 2\tpadding 1 bias ");
  EXPECT_EQ((std::vector<int64_t>{narrow.out, narrow.kernel, narrow.stride, narrow.padding}),
            (std::vector<int64_t>{3, 4, 2, 1}));
  EXPECT_TRUE(narrow.bias);
  EXPECT_EQ(layer_of("dense 1x28x28").out, 784);
  EXPECT_EQ(layer_of("leaky_relu 0.2").slope, 0.2);
  EXPECT_EQ(layer_of("elu").slope, 1.0);
  EXPECT_EQ(layer_of("max_pool 3x3").stride, 3);
  EXPECT_EQ(layer_of("upsample x4").scale, 4);
  EXPECT_EQ(layer_of("reshape 2x4x4").shape, (std::vector<int64_t>{2, 4, 4}));
}

TEST(LayerDescription, WordsReadAsTheSame) {
  for (const char* words : {"conv 8 5x5",
                            "conv 8 4x4",
                            "conv 8 5x5 stride 2 padding 0 bias",
                            "conv_transpose 4 5x5 padding 3",
                            "dense 32",
                            "dense 7 bias",
                            "batch_norm",
                            "batch_norm affine epsilon 0.001 momentum 0.25",
                            "leaky_relu",
                            "leaky_relu 0.1",
                            "relu",
                            "elu",
                            "elu 0.5",
                            "sigmoid",
                            "max_pool",
                            "max_pool 3x3 stride 2",
                            "max_pool stride 1",
                            "upsample",
                            "upsample x3",
                            "flatten",
                            "reshape 2x4x4"}) {
    EXPECT_EQ(words_of(layer_of(words)), words);
    EXPECT_EQ(layer_of(words_of(layer_of(words))), layer_of(words));
  }
  EXPECT_EQ(words_of(layer_of("conv 8 5x5 padding 2 stride 1")), "conv 8 5x5");
  EXPECT_EQ(words_of(layer_of("max_pool 2x2 stride 2")), "max_pool");
}

TEST(LayerDescription, WrongWordsAreAnswered) {
  const auto answer = [](const std::string& words) { return error_of([&] { layer_of(words); }); };
  EXPECT_NE(
      answer("convolution 8").find("there is no operation 'convolution'; there are conv, conv_transpose"),
      std::string::npos);
  for (const char* words : {"",
                            "conv",
                            "conv 8",
                            "conv 0 5x5",
                            "conv 8 5x3",
                            "conv 8 5",
                            "conv 8 5x5 stride",
                            "conv 8 5x5 stride 0",
                            "conv 8 5x5 stride 2 stride 2",
                            "conv 8 5x5 bias bias",
                            "conv 8 5x5 padding 5",
                            "conv 8 5x5 padding -1",
                            "conv 8 0x0",
                            "conv 9223372036854775807 5x5",
                            "conv 8 3000000000x3000000000",
                            "conv_transpose 8 5x5 bias",
                            "dense",
                            "dense -1",
                            "dense 1e3",
                            "dense 1073741824x1073741824x1073741824",
                            "dense 3 biases",
                            "batch_norm epsilon 0",
                            "batch_norm momentum 2",
                            "batch_norm affine affine",
                            "leaky_relu -1",
                            "leaky_relu nan",
                            "relu 3",
                            "max_pool 2x3",
                            "upsample 2",
                            "upsample x0",
                            "reshape",
                            "reshape 1x2x3x4",
                            "flatten 2"})
    EXPECT_NE(answer(words), "nothing was wrong") << words;
  EXPECT_NE(answer("conv 8 5x5 stride 2 stride 1").find("'stride' stands twice"), std::string::npos);
  // What is out of range is told the range.
  EXPECT_NE(answer("dense 9223372036854775807").find("no whole number from 1 to 1073741824"),
            std::string::npos);
  EXPECT_NE(answer("leaky_relu 2").find("the slope is '2', no number from 0 to 1"), std::string::npos);
}

TEST(LayerDescription, ShapesFollow) {
  const auto planned = plan(layers({"conv 8 5x5", "batch_norm affine", "leaky_relu", "max_pool",
                                    "conv 4 3x3 stride 2 bias", "dense 10", "reshape 10x1x1",
                                    "conv_transpose 2 4x4 stride 2 padding 1", "upsample x3", "flatten"}),
                            {1, 28, 28});
  std::vector<std::vector<int64_t>> outputs;
  for (const PlannedLayer& p : planned) outputs.push_back(p.output);
  EXPECT_EQ(outputs, (std::vector<std::vector<int64_t>>{{8, 28, 28},
                                                        {8, 28, 28},
                                                        {8, 28, 28},
                                                        {8, 14, 14},
                                                        {4, 7, 7},
                                                        {10},
                                                        {10, 1, 1},
                                                        {2, 2, 2},
                                                        {2, 6, 6},
                                                        {72}}));
  EXPECT_EQ(planned[0].parameters, 8 * 25);
  EXPECT_EQ(planned[0].multiply_adds, 8 * 25 * 28 * 28);
  EXPECT_EQ(planned[1].parameters, 16);
  EXPECT_EQ(planned[4].parameters, 4 * 8 * 9 + 4);
  EXPECT_EQ(planned[4].multiply_adds, 4 * 8 * 9 * 49);
  EXPECT_EQ(planned[5].parameters, 196 * 10);
  EXPECT_EQ(planned[7].parameters, 10 * 2 * 16);
  std::vector<bool> fused;
  for (const PlannedLayer& p : planned) fused.push_back(p.fused);
  EXPECT_EQ(fused, (std::vector<bool>{false, true, true, false, false, false, false, false, false, false}));
}

TEST(LayerDescription, WhatDoesNotFitIsNamed) {
  const auto answer = [](const std::vector<std::string>& words, const std::vector<int64_t>& input) {
    auto all = layers(words);
    for (size_t i = 0; i < all.size(); ++i) all[i].where = "line " + std::to_string(i + 1);
    return error_of([&] { plan(all, input); });
  };
  EXPECT_EQ(answer({"dense 9", "conv 2 3x3"}, {4}),
            "line 2, l2: conv 2 3x3: it takes images, but what comes to it is 9 numbers; reshape CxHxW makes "
            "images of "
            "them");
  EXPECT_EQ(
      answer({"conv 2 5x5 padding 0"}, {1, 4, 4}),
      "line 1, l1: conv 2 5x5 padding 0: its kernel is wider than the images that come to it, 4 wide, 4 with "
      "padding");
  EXPECT_EQ(answer({"max_pool 5x5"}, {1, 4, 9}),
            "line 1, max_pool 5x5: the images that come to it are smaller: 1x4x9");
  EXPECT_EQ(answer({"reshape 2x3x3"}, {17}), "line 1, reshape 2x3x3: what comes to it is 17, 17 numbers");
  for (const auto& [words, input] : std::vector<std::pair<std::vector<std::string>, std::vector<int64_t>>>{
           {{"dense 1073741824"}, {2}},
           {{"conv 1000000 5x5"}, {1000000, 2, 2}},
           {{"upsample x1000000"}, {1, 9, 9}},
           {{"upsample x1000", "upsample x1000"}, {1, 9, 9}},
           {{"conv_transpose 3 3x3 stride 1000000"}, {1, 1000, 1000}}})
    EXPECT_NE(answer(words, input).find("2^30"), std::string::npos)
        << words[0] << ": " << answer(words, input);
}

// The fused layers have the bits of the same layers one by one, which another slope keeps apart.
TEST(LayerDescription, WhatIsFusedHasTheSameBits) {
  for (const char* resampling : {"max_pool", "upsample"})
    for (const char* apart : {"flatten", ""}) {
      const auto backend = make_reference_backend();
      std::vector<LayerDescription> together = layers({"batch_norm affine", "leaky_relu 0.1", resampling}),
                                    one_by_one = together;
      // A reshape to the same shape in between is no fusion.
      const LayerDescription wall = layer_of("reshape 3x6x6");
      one_by_one.insert(one_by_one.begin() + 1, wall);
      if (*apart == 0) one_by_one.insert(one_by_one.begin() + 3, wall);
      const RandomStream stream(1, "images");
      std::vector<float> values(5 * 3 * 6 * 6);
      for (size_t i = 0; i < values.size(); ++i) values[i] = stream.uniform(i) - 0.5f;
      const Tensor x(Array::from(*backend, {5, 3, 6, 6}, Layout::samples, DType::f32, values));
      Sequential a = build(plan(together, {3, 6, 6}), *backend),
                 b = build(plan(one_by_one, {3, 6, 6}), *backend);
      EXPECT_EQ(a.forward(x, Mode::train).value().to_floats(), b.forward(x, Mode::train).value().to_floats());
      EXPECT_EQ(a.forward(x, Mode::evaluate).value().to_floats(),
                b.forward(x, Mode::evaluate).value().to_floats());
    }
}

}  // namespace layer_description_test
