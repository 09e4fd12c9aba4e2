// Networks of one's own as texts: what is read, what is inferred, the mirror image, and what is refused.
#include "svdd/networks/network_text.h"

#include <gtest/gtest.h>

#include "engine/random.h"
#include "svdd/networks/theory.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/small_runs.h"

namespace network_text_test {

using engine::PlannedLayer;
using scratch::contains, scratch::error_of;
using svdd::NetworkPlan;
using svdd::plan_network;

std::vector<std::string> lines(const std::vector<PlannedLayer>& layers) {
  std::vector<std::string> all;
  for (const PlannedLayer& p : layers)
    all.push_back((p.layer.name.empty() ? "" : p.layer.name + ": ") + engine::words_of(p.layer));
  return all;
}
using Lines = std::vector<std::string>;

TEST(NetworkText, AOneLinerIsNamedAndMirrored) {
  const NetworkPlan plan = plan_network(
      "conv 16 5x5, batch_norm, leaky_relu, max_pool, conv 8 3x3, batch_norm, leaky_relu, max_pool, dense 32",
      {.input = {3, 32, 32}});
  EXPECT_EQ(plan.name, "own");
  EXPECT_EQ(plan.rep_dim, 32);
  EXPECT_EQ(lines(plan.encoder),
            (Lines{"conv1: conv 16 5x5", "bn1: batch_norm", "leaky_relu", "max_pool", "conv2: conv 8 3x3",
                   "bn2: batch_norm", "leaky_relu", "max_pool", "fc1: dense 32"}));
  EXPECT_EQ(lines(plan.decoder),
            (Lines{"leaky_relu", "defc1: dense 512", "reshape 8x8x8", "debn1: batch_norm", "leaky_relu",
                   "upsample", "deconv1: conv_transpose 16 3x3", "debn2: batch_norm", "leaky_relu",
                   "upsample", "deconv2: conv_transpose 3 5x5", "sigmoid"}));
}

TEST(NetworkText, TheMlpIsItsOwnMirrorImage) {
  const NetworkPlan plan = plan_network("mlp", {.input = {9}, .rep_dim = 2, .widths = {7, 5}});
  EXPECT_EQ(lines(plan.encoder),
            (Lines{"fc1: dense 7", "leaky_relu", "fc2: dense 5", "leaky_relu", "fc3: dense 2"}));
  EXPECT_EQ(lines(plan.decoder), (Lines{"leaky_relu", "defc1: dense 5", "leaky_relu", "defc2: dense 7",
                                        "leaky_relu", "defc3: dense 9"}));
}

TEST(NetworkText, StridesAndOtherOperationsAreMirrored) {
  // A stride that comes out with a transposed convolution, one that asks for enlargement, a code that is an image.
  const NetworkPlan plan = plan_network(
      "conv 4 4x4 stride 2 padding 1, relu, conv 6 3x3 stride 2, elu, conv 2 1x1", {.input = {1, 16, 16}});
  EXPECT_EQ(plan.rep_dim, 2 * 4 * 4);
  EXPECT_EQ(lines(plan.encoder).back(), "flatten");
  EXPECT_EQ(lines(plan.decoder), (Lines{"elu", "reshape 2x4x4", "deconv1: conv_transpose 6 1x1", "elu",
                                        "upsample", "deconv2: conv_transpose 4 3x3", "relu",
                                        "deconv3: conv_transpose 1 4x4 stride 2", "sigmoid"}));
  EXPECT_EQ(plan.decoder.back().output, (std::vector<int64_t>{1, 16, 16}));
}

// It would hold every channel of the reconstruction at one mean and spread.
TEST(NetworkText, TheMirrorImageLeavesOutWhatStandsBeforeAllWeights) {
  const NetworkPlan plan =
      plan_network("batch_norm, leaky_relu, conv 4 3x3, leaky_relu, max_pool, dense 8", {.input = {1, 8, 8}});
  EXPECT_EQ(lines(plan.decoder), (Lines{"leaky_relu", "defc1: dense 64", "reshape 4x4x4", "leaky_relu",
                                        "upsample", "deconv1: conv_transpose 1 3x3", "sigmoid"}));
}

TEST(NetworkText, WhereThereIsNoMirrorImageThatIsSaid) {
  const NetworkPlan plan = plan_network("conv 4 3x3, leaky_relu, max_pool, dense 8", {.input = {1, 7, 7}});
  EXPECT_TRUE(plan.decoder.empty());
  EXPECT_TRUE(
      contains(plan.no_decoder, "there is no mirror image of part 3, max_pool, which makes 4x3x3 of 4x7x7"))
      << plan.no_decoder;
  // Without pretraining it trains all the same; with it, it is refused before anything is computed.
  const auto samples = small_runs::drawn({1, 7, 7}, 40);
  svdd::DeepSvddOptions o;
  o.network = "conv 4 3x3, leaky_relu, max_pool, dense 8";
  o.input = {1, 7, 7};
  o.training.epochs = o.pretraining.epochs = 1;
  EXPECT_TRUE(
      contains(error_of<std::invalid_argument>([&] { svdd::make_deep_svdd(o, *small_runs::backend()); }),
               "no mirror image"));
  o.pretrain = false;
  const auto detector = svdd::make_deep_svdd(o, *small_runs::backend());
  svdd::Monitor monitor;
  detector->fit({samples, {}}, monitor);
  EXPECT_EQ(detector->score(samples).size(), 40u);
}

// What a model folder holds reads as the same plan, for all published networks and one of each operation.
TEST(NetworkText, ThePlanWrittenOutIsThePlan) {
  std::vector<std::pair<std::string, std::vector<int64_t>>> all{
      {"network mine, input 2x24x24, conv 4 7x7 stride 2, batch_norm epsilon 0.01, elu 0.5, max_pool 3x3, "
       "conv_transpose 3 2x2 stride 2 padding 0, relu, upsample x3, conv 2 1x1, leaky_relu 0.3, dense 5",
       {}},
      {"dense 6, leaky_relu, dense 3, decoder, dense 6 bias, sigmoid, dense input", {11}}};
  for (const svdd::NetworkInfo& info : svdd::networks())
    all.push_back({info.name, info.input.empty() ? std::vector<int64_t>{7} : info.input});
  for (const auto& [network, input] : all)
    for (const bool affine : {false, true}) {
      const NetworkPlan plan = plan_network(network, {.input = input, .affine_batch_norm = affine});
      const std::string text = text_of(plan);
      const NetworkPlan again =
          plan_network(text, {.input = input, .rep_dim = plan.rep_dim, .widths = plan.widths});
      EXPECT_EQ(text_of(again), text);
      EXPECT_EQ(lines(again.encoder), lines(plan.encoder)) << text;
      EXPECT_EQ(lines(again.decoder), lines(plan.decoder)) << text;
      EXPECT_EQ(again.name, plan.name);
      EXPECT_EQ(again.start, plan.start);
      EXPECT_EQ(again.allow_bias, plan.allow_bias);
    }
}

TEST(NetworkText, ErrorsNameTheLine) {
  const auto answer = [](const std::string& text, const std::vector<int64_t>& input = {1, 8, 8}) {
    return error_of<std::invalid_argument>([&] { plan_network(text, {.input = input}); });
  };
  EXPECT_TRUE(
      contains(answer("encoder\nconv 4 3x3\nconw 4 3x3\ndense 2\n"), "line 3: there is no operation 'conw'"));
  EXPECT_TRUE(contains(answer("encoder\nconv 4 3x3 strid 2\ndense 2\n"),
                       "line 2, conv 4 3x3 strid 2: 'strid' is not understood; expected conv CHANNELS KxK"));
  EXPECT_TRUE(contains(answer("conv 4 3x3\nmax_pool 9x9\ndense 2\n"),
                       "line 2, max_pool 9x9: the images that come to it are smaller: 4x8x8"));
  EXPECT_TRUE(contains(answer("dense 4\nlayer1: leaky_relu\ndense 2\n"), "is for layers with a state"));
  EXPECT_TRUE(contains(answer("a: dense 4\nleaky_relu\na: dense 2\n"), "two layers are called 'a'"));
  EXPECT_TRUE(contains(answer("dense width3\nleaky_relu\n"), "'width3': there are 0 widths"));
  EXPECT_TRUE(contains(answer("widths 8 4\ndense width3\nleaky_relu\n"), "'width3': there are 2 widths"));
  EXPECT_TRUE(contains(answer("dense width\nleaky_relu\n"), "'for each width' only"));
  EXPECT_TRUE(contains(answer("dense rep_dim\nleaky_relu\n"), "rep_dim is not known"));
  EXPECT_TRUE(contains(answer("widths 3\nfor each width\ndense width\n"), "has no 'end'"));
  EXPECT_TRUE(contains(answer("end\ndense 3\n"), "line 1: this 'end' ends nothing"));
  EXPECT_TRUE(contains(answer("for all widths\ndense 3\nend\n"), "expected 'for each width'"));
  EXPECT_TRUE(contains(answer("decoder\ndense 3\n"), "names no layer"));
  EXPECT_TRUE(contains(answer("dense 3\ninput 5\n"), "line 2: 'input' must stand before the layers"));
  EXPECT_TRUE(contains(answer("input 5\ninput 6\ndense 3\n"), "line 2: 'input' is said twice"));
  EXPECT_TRUE(contains(answer("widths\ndense 3\n"), "line 1: widths names no number"));
  EXPECT_TRUE(contains(answer(std::string("dense 3\0dense 4\n", 16)), "zero bytes"));
  EXPECT_TRUE(contains(answer("start zero\ndense 3\n"), "line 1: there is no start 'zero'"));
  EXPECT_TRUE(contains(answer("input 3\ndense 3, relu\n"), "the samples are 1x8x8, but own takes 3"));
  EXPECT_TRUE(
      contains(answer("dense 3, decoder, dense 5\n"), "the decoder gives 5, but the samples are 1x8x8"));
  EXPECT_TRUE(contains(answer("dense 3 , encoder"), "the encoder stands first, and once"));
  EXPECT_TRUE(
      contains(answer("dense 2097152, relu", {2}), "a representation of 2097152 numbers is too large"));
  EXPECT_TRUE(contains(answer(std::string(2 << 20, ' ') + "\n"), "more than a million characters"));
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "relu\n";
  EXPECT_TRUE(contains(answer(many), "more than 4096 lines"));
  EXPECT_TRUE(contains(
      error_of<std::invalid_argument>([] { plan_network("dense 3, relu", {.input = {4}, .rep_dim = 5}); }),
      "the text fixes the representation at 3 numbers"));
}

TEST(NetworkText, WhatBreaksTheTheoryIsNamedAndRefused) {
  const auto objections = [](const std::string& text) {
    return theory_objections(plan_network(text, {.input = {6}}));
  };
  EXPECT_TRUE(objections("dense 4, batch_norm, leaky_relu, dense 2").empty());
  EXPECT_TRUE(
      contains(objections("dense 4 bias, leaky_relu, dense 2").at(0), "fc1: dense 4 bias has bias terms"));
  EXPECT_TRUE(contains(objections("dense 4, sigmoid, dense 2").at(0), "sigmoid is bounded"));
  EXPECT_TRUE(contains(objections("dense 4, batch_norm affine, leaky_relu, dense 2").at(0), "has a shift"));
  EXPECT_TRUE(
      theory_objections(plan_network("mnist_LeNet", {.affine_batch_norm = true}), {.affine_batch_norm = true})
          .empty());
  for (const svdd::NetworkInfo& info : svdd::networks()) {
    const NetworkPlan plan =
        plan_network(info.name, {.input = info.input.empty() ? std::vector<int64_t>{6} : info.input});
    EXPECT_EQ(theory_objections(plan).empty(), !plan.allow_bias) << info.name;
  }

  svdd::DeepSvddOptions o;
  o.network = "dense 4 bias, leaky_relu, dense 2";
  o.input = {6};
  o.training.epochs = o.pretraining.epochs = 1;
  o.preprocessing = {};
  const auto samples = small_runs::drawn({6}, 30);
  svdd::Monitor monitor;
  EXPECT_TRUE(contains(error_of<std::invalid_argument>([&] {
                         svdd::make_deep_svdd(o, *small_runs::backend())->fit({samples, {}}, monitor);
                       }),
                       "fc1: dense 4 bias has bias terms"));
  o.allow_bias = true;
  svdd::make_deep_svdd(o, *small_runs::backend())->fit({samples, {}}, monitor);
  // Nor is a text trained that contradicts itself, whoever gives it.
  for (const auto& [text, what] : std::vector<std::pair<std::string, std::string>>{
           {"network mlp, dense 4, leaky_relu, dense 2", "calls itself mlp"},
           {"rep_dim 3, dense 4, leaky_relu, dense 2", "rep_dim is 3, and the last layer gives 2 numbers"}}) {
    o.network = text;
    EXPECT_TRUE(contains(error_of<std::invalid_argument>([&] {
                           svdd::make_deep_svdd(o, *small_runs::backend())->fit({samples, {}}, monitor);
                         }),
                         what));
  }
}

// Every operation trains, and the model folder gives the same scores back.
TEST(NetworkText, ANetworkOfEveryOperationTrainsAndIsRestored) {
  svdd::DeepSvddOptions o;
  o.network =
      "network every, conv 4 3x3 stride 2, batch_norm, leaky_relu, max_pool, conv 6 1x1, elu, upsample, "
      "conv 4 5x5, relu, max_pool, conv_transpose 3 2x2 stride 2 padding 0, leaky_relu, dense 8";
  o.input = {2, 16, 16};
  o.training.epochs = o.pretraining.epochs = 2;
  o.training.batch_size = o.pretraining.batch_size = 20;
  const auto samples = small_runs::drawn({2, 16, 16}, 50);
  const auto detector = svdd::make_deep_svdd(o, *small_runs::backend());
  svdd::Monitor monitor;
  detector->fit({samples, {}}, monitor);
  const scratch::Folder folder;
  detector->save(folder.path());
  const auto loaded = svdd::load_detector(folder.path(), *small_runs::backend());
  EXPECT_EQ(loaded->score(samples), detector->score(samples));
  EXPECT_EQ(loaded->weights_sha256(), detector->weights_sha256());
}

// As editors of other systems save it.
TEST(NetworkText, ByteOrderMarksAndLineEndsAreAllTheSame) {
  const auto layers = [](const std::string& text) { return svdd::parse_network(text).encoder.size(); };
  for (const char* text : {"\xef\xbb\xbfnetwork a\ndense 8\ndense 3\n", "network a\r\ndense 8\r\ndense 3\r\n",
                           "network a\rdense 8\rdense 3"}) {
    EXPECT_EQ(layers(text), 2u);
    EXPECT_EQ(svdd::parse_network(text).info.name, "a");
  }
}

}  // namespace network_text_test
