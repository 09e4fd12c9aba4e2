// What a receipt depends on (data, options, seed), and what it does not (threads, instruction set, machine).
#include <gtest/gtest.h>

#include <functional>
#include <map>

#include "svdd/evaluation/receipt.h"
#include "tests/svdd/small_runs.h"

namespace deep_svdd_receipt_test {

using small_runs::fitted;
using small_runs::ones;
using svdd::DeepSvddOptions, svdd::Objective, svdd::Recipe;

// 37 samples in batches of 16: full blocks of samples, and a last batch that fills none.
const datasets::Samples& some() {
  static const datasets::Samples samples = small_runs::first(ones().train, 37);
  return samples;
}

DeepSvddOptions brief(Recipe recipe = Recipe::pytorch, Objective objective = Objective::one_class) {
  DeepSvddOptions o = small_runs::options(recipe, objective);
  o.warm_up_epochs = 1;
  o.pretraining.epochs = o.training.epochs = 2;
  return o;
}

struct Receipt {
  explicit Receipt(svdd::Detector& detector)
      : weights(detector.weights_sha256()), scores(svdd::scores_sha256(detector.score(ones().test))) {}
  bool operator==(const Receipt&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Receipt& r) {
    return out << "weights " << r.weights << ", scores " << r.scores;
  }
  std::string weights, scores;
};

// The reference backend and the portable kernels, which take their time, have a smaller run in
// deep_svdd_test.cc.
TEST(DeepSvddReceipt, ThreadsAndInstructionSetsDoNotShow) {
  for (const Recipe recipe : {Recipe::pytorch, Recipe::theano}) {
    const DeepSvddOptions o = brief(recipe, Objective::soft_boundary);
    const Receipt expected(*fitted(o, some()));
    for (const engine::Simd simd : {engine::Simd::avx2, engine::Simd::avx512})
      for (const int threads : {1, 2, 3}) {
        if (!engine::simd_available(simd)) continue;
        const auto on = engine::make_cpu_backend({.threads = threads, .simd = simd});
        EXPECT_EQ(Receipt(*fitted(o, some(), *on)), expected)
            << threads << " threads, " << engine::simd_name(simd);
      }
  }
}

// The contract itself: these bits, on every machine and with every compiler. They change when a definition
// does (an order of sums, a stream's name, a network's layers), and then for everybody's models.
TEST(DeepSvddReceipt, StaysTheSame) {
  const Receipt pytorch(*fitted(brief(Recipe::pytorch, Objective::soft_boundary), some()));
  EXPECT_EQ(pytorch.weights, "3fed18d93722d00669e6ea2a9ac9c050f2cce8d61f3d965cccb7b5bb6e66f1e9");
  EXPECT_EQ(pytorch.scores, "7c391c3069e2780d97b745373b2160ebed98baddd8dc196ef1376024feb11ac2");
  const Receipt theano(*fitted(brief(Recipe::theano), some()));
  EXPECT_EQ(theano.weights, "d765f63ea617f6d1b97bbc0234143956d2b7864fbf7105e9bfd8cb63ba8d3b78");
  EXPECT_EQ(theano.scores, "9c60d135cd076de96cbd02dc691d0d02a580af04e0a583bb013566e399cae79e");
}

TEST(DeepSvddReceipt, EveryOptionThatShapesTheRunShows) {
  const std::map<std::string, std::function<void(DeepSvddOptions&)>> changes{
      {"objective", [](auto& o) { o.objective = Objective::one_class; }},
      {"nu", [](auto& o) { o.nu = 0.4; }},
      {"recipe", [](auto& o) { o.recipe = Recipe::theano; }},
      {"rep_dim", [](auto& o) { o.rep_dim = 16; }},
      {"seed", [](auto& o) { o.seed = 2; }},
      {"amsgrad", [](auto& o) { o.amsgrad = true; }},
      {"pretrain", [](auto& o) { o.pretrain = false; }},
      {"pretraining.epochs", [](auto& o) { o.pretraining.epochs = 3; }},
      {"pretraining.lr", [](auto& o) { o.pretraining.lr = 2e-3; }},
      {"pretraining.lr_milestones", [](auto& o) { o.pretraining.lr_milestones = {1}; }},
      {"pretraining.batch_size", [](auto& o) { o.pretraining.batch_size = 32; }},
      {"pretraining.weight_decay", [](auto& o) { o.pretraining.weight_decay = 0.1; }},
      {"training.epochs", [](auto& o) { o.training.epochs = 3; }},
      {"training.epochs, none", [](auto& o) { o.training.epochs = 0; }},
      {"training.lr", [](auto& o) { o.training.lr = 2e-3; }},
      {"training.lr_milestones", [](auto& o) { o.training.lr_milestones = {1}; }},
      {"training.batch_size", [](auto& o) { o.training.batch_size = 32; }},
      {"training.weight_decay", [](auto& o) { o.training.weight_decay = 0.1; }},
      {"warm_up_epochs", [](auto& o) { o.warm_up_epochs = 0; }},
      {"bias_terms", [](auto& o) { o.bias_terms = true; }},
      {"zero_centre", [](auto& o) { o.zero_centre = true; }}};
  std::map<std::string, std::string> seen{
      {fitted(brief(Recipe::pytorch, Objective::soft_boundary), some())->weights_sha256(), "none"}};
  for (const auto& [name, change] : changes) {
    DeepSvddOptions o = brief(Recipe::pytorch, Objective::soft_boundary);
    change(o);
    const auto [other, is_new] = seen.emplace(fitted(o, some())->weights_sha256(), name);
    EXPECT_TRUE(is_new) << "a change of '" << name << "' gives the weights of '" << other->second << "'";
  }
}

}  // namespace deep_svdd_receipt_test
