// What is chosen for images of one's own: networks for any size, and how long they train.
#include <gtest/gtest.h>

#include "engine/backends/cpu/cpu.h"
#include "svdd/methods/cost_estimate.h"
#include "svdd/methods/deep_options.h"
#include "svdd/methods/method.h"
#include "svdd/networks/networks.h"
#include "svdd/networks/theory.h"
#include "svdd/recipes/image_network.h"
#include "svdd/recipes/published.h"

namespace own_images_test {
namespace {

using namespace svdd;

TEST(OwnImages, ThereIsANetworkForEverySize) {
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{
           {1, 4, 4}, {1, 32, 32}, {3, 48, 80}, {1, 31, 17}, {3, 96, 96}, {3, 512, 512}, {1, 1024, 6}}) {
    const NetworkPlan plan = plan_network(recipes::image_network(shape));
    EXPECT_EQ(plan.input, shape);
    EXPECT_EQ(plan.rep_dim, 128);
    EXPECT_EQ(plan.no_decoder, "") << recipes::image_network(shape);
    EXPECT_EQ(plan.decoder.back().output, shape);
    EXPECT_FALSE(plan.allow_bias);
  }
  EXPECT_EQ(
      recipes::image_network({1, 64, 64}),
      "network images_1x64x64, input 1x64x64, rep_dim 128, encoder, conv 16 5x5, batch_norm, leaky_relu, "
      "max_pool, conv 32 5x5, batch_norm, leaky_relu, max_pool, conv 64 5x5, batch_norm, leaky_relu, "
      "max_pool, conv 128 5x5, batch_norm, leaky_relu, max_pool, dense rep_dim");
}

// Whether they come from a folder or as arrays.
TEST(OwnImages, OnlyThoseOfMnistsShapeHavePublishedEpochs) {
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{{1, 28, 28}, {3, 32, 32}}) {
    const recipes::DataTraits traits = recipes::traits_of_images(shape);
    EXPECT_TRUE(traits.own);
    EXPECT_EQ(traits.own_images.empty(), shape.front() == 1);
    EXPECT_EQ(recipes::image_shape_of(traits), shape);
  }
  Settings cifars =
      method_named("deep-svdd").published(recipes::traits_of_images({3, 32, 32}), Recipe::pytorch);
  EXPECT_EQ(cifars.deep()->network, "cifar10_LeNet");
  cifars.fit_to_size(256, [](const std::string&) { return false; });
  EXPECT_EQ(cifars.deep()->training.epochs, 50);
  const recipes::DataTraits other = recipes::traits_of_images({3, 40, 40});
  for (const Method& method : methods()) {
    Settings settings = method.published(other, Recipe::pytorch);
    if (!method.has_network) continue;
    EXPECT_EQ(network_info(settings.deep()->network).input, other.own_images) << method.name;
  }
}

TEST(OwnImages, EpochsFollowTheNumberOfSamples) {
  const recipes::DataTraits traits = recipes::traits_of_images({1, 64, 64});
  const auto fitted = [&](int64_t samples, const std::string& named) {
    Settings settings = method_named("deep-svdd").published(traits, Recipe::pytorch);
    settings.fit_to_size(samples, [&](const std::string& name) { return name == named; });
    return *settings.deep();
  };
  EXPECT_EQ(fitted(256, "").training.batch_size, 32);
  EXPECT_EQ(fitted(256, "").pretraining.epochs, 100);
  EXPECT_EQ(fitted(256, "").training.epochs, 50);
  EXPECT_EQ(fitted(4000, "").pretraining.batch_size, 128);
  EXPECT_EQ(fitted(4000, "").pretraining.epochs, 50);
  EXPECT_EQ(fitted(1000000, "").training.epochs, 10);
  EXPECT_EQ(fitted(1, "").training.batch_size, 32);
  EXPECT_EQ(fitted(4000, "epochs").training.epochs, 150);
  EXPECT_EQ(fitted(4000, "ae-batch-size").pretraining.batch_size, 200);
}

TEST(CostEstimate, CountsEpochsAndDisturbsNothing) {
  const auto backend = engine::make_cpu_backend();
  datasets::Samples train{{4}, {}};
  for (int i = 0; i < 4 * 600; ++i) train.values.push_back(static_cast<float>(i % 37) / 37);
  Settings settings =
      method_named("deep-svdd").published({.kind = recipes::DataKind::table, .own = true}, Recipe::pytorch);
  settings.set("epochs", "60");
  settings.set("batch-size", "64");
  const auto fitted = [&] {
    const auto detector = settings.make({4}, *backend);
    Monitor deaf;
    detector->fit({train}, deaf);
    return detector->weights_sha256();
  };
  const std::string before = fitted();
  const std::optional<CostEstimate> cost = estimate_cost(settings, train, *backend);
  ASSERT_TRUE(cost.has_value());
  EXPECT_EQ(cost->train_epochs, 60);
  EXPECT_EQ(cost->pretrain_epochs, 0);
  EXPECT_GT(cost->seconds(), 0);
  EXPECT_EQ(fitted(), before);
  settings.set("epochs", "2");  // too short to be worth it
  EXPECT_FALSE(estimate_cost(settings, train, *backend).has_value());
  EXPECT_FALSE(
      estimate_cost(method_named("knn").published({}, Recipe::pytorch), train, *backend).has_value());
  settings.set("epochs", "200");
  EXPECT_FALSE(estimate_cost(settings, {{4}, {}}, *backend).has_value());
}

}  // namespace
}  // namespace own_images_test
