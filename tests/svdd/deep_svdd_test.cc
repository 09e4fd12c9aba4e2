#include "svdd/methods/deep_svdd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "datasets/preprocessing.h"
#include "engine/backends/reference/reference.h"
#include "engine/files/safetensors.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/networks/networks.h"
#include "svdd/training/dictionary_learning.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/small_runs.h"

namespace deep_svdd_test {

using namespace svdd;
using datasets::Samples;
using engine::Array;
using engine::DType;
using engine::Layout;
using engine::Mode;
using engine::Shape;
using engine::Tensor;
using small_runs::fitted;
using small_runs::Listener;
using small_runs::ones;
using small_runs::options;
using small_runs::untrained;

// ---- what a fit gives, for each recipe and objective

class EachDeepSvdd : public testing::TestWithParam<std::tuple<Recipe, Objective>> {
 protected:
  Recipe recipe() const { return std::get<0>(GetParam()); }
  Objective objective() const { return std::get<1>(GetParam()); }
};

TEST_P(EachDeepSvdd, LearnsToTellOnesFromOtherDigits) {
  const auto detector = make_deep_svdd(options(recipe(), objective()), *small_runs::backend());
  Listener listener;
  detector->fit({ones().train, {}}, listener);
  EXPECT_EQ(listener.stages, (std::vector<std::string>{"untrained", "autoencoder"}));
  for (const std::vector<float>& scores : listener.stage_scores) EXPECT_EQ(scores.size(), 80u);
  for (const std::string phase : {"autoencoder", "deep-svdd"}) {
    const auto epochs = listener.of(phase);
    ASSERT_EQ(epochs.size(), 10u);
    EXPECT_LT(epochs.back().loss, 0.4 * epochs.front().loss) << phase;
  }
  EXPECT_TRUE(listener.notes.empty()) << "the collapse alarm rang in a healthy run: " << listener.notes[0];
  EXPECT_FALSE(detector->collapse_warning());

  const double untrained_auc = roc_auc(listener.stage_scores[0], ones().test_labels);
  const double auc = roc_auc(detector->score(ones().test), ones().test_labels);
  EXPECT_GT(auc, 0.95);  // 0.977 to 0.997; by chance 0.5, and 0.64 to 0.72 before training
  EXPECT_GT(auc, untrained_auc + 0.2);
}

TEST_P(EachDeepSvdd, OneSeedGivesOneReceipt) {
  auto o = options(recipe(), objective());
  o.pretraining.epochs = o.training.epochs = 3;
  const auto a = fitted(o), b = fitted(o);
  EXPECT_EQ(a->weights_sha256(), b->weights_sha256());
  EXPECT_EQ(a->score(ones().test), b->score(ones().test));
  Monitor silent;
  b->fit({ones().train, {}}, silent);  // a second fit owes nothing to the first
  EXPECT_EQ(a->weights_sha256(), b->weights_sha256());
  EXPECT_EQ(a->training_scores(), b->training_scores());
  o.seed = 2;
  EXPECT_NE(a->weights_sha256(), fitted(o)->weights_sha256());
}

TEST_P(EachDeepSvdd, AScoreDependsOnItsSampleAlone) {
  auto o = options(recipe(), objective());
  o.pretraining.epochs = o.training.epochs = 2;
  const auto detector = fitted(o);
  const std::vector<float> scores = detector->score(ones().test);
  for (const int64_t i : {0, 7, 16, 79}) {
    const Samples alone{ones().test.shape, {ones().test.sample(i), ones().test.sample(i) + 784}};
    EXPECT_EQ(detector->score(alone), std::vector<float>{scores[static_cast<size_t>(i)]}) << "sample " << i;
  }
  EXPECT_TRUE(detector->score({ones().test.shape, {}}).empty());
}

INSTANTIATE_TEST_SUITE_P(, EachDeepSvdd,
                         testing::Combine(testing::Values(Recipe::pytorch, Recipe::theano),
                                          testing::Values(Objective::one_class, Objective::soft_boundary)),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) == Recipe::theano ? "Theano"
                                                                                        : "Pytorch") +
                                  (std::get<1>(info.param) == Objective::one_class ? "OneClass"
                                                                                   : "SoftBoundary");
                         });

// ---- the page, line by line

// What a detector stored, its network built by hand from it, and the samples as it saw them.
struct ByHand {
  explicit ByHand(const Detector& detector) : net(build_network("mnist_LeNet", *small_runs::backend())) {
    detector.save(folder.path());
    stored = engine::read_safetensors(folder / "weights.safetensors");
    for (const engine::NamedTensor& s : net.encoder.state()) s.tensor.value().assign(numbers(s.name));
    datasets::Preprocessing::fit(datasets::Preprocessing::Gcn::l1, true, x).apply(x);
  }
  Tensor phi(Mode mode) {
    return net.encoder.forward(Tensor(Array::from(*small_runs::backend(), {x.count(), 1, 28, 28},
                                                  Layout::samples, DType::f32, x.values)),
                               mode);
  }
  std::vector<double> distances(Mode mode) {
    const Tensor c(Array::from(*small_runs::backend(), {32}, Layout::plain, DType::f32, numbers("centre")));
    return squared_distance(phi(mode), c).value().to_doubles();
  }
  std::vector<float> numbers(const std::string& name) const { return stored.at(name).as<float>(); }

  scratch::Folder folder;
  engine::SafeTensors stored;
  Network net;
  Samples x = ones().train;
};

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

TEST(DeepSvdd, TheCentreIsTheMeanRepresentationKeptAwayFromZero) {
  auto o = options();
  o.pretraining.epochs = 3;
  o.training.epochs = 0;
  ByHand hand(*fitted(o));
  const std::vector<float> z = hand.phi(Mode::evaluate).value().to_floats(), c = hand.numbers("centre");
  int moved = 0;
  for (size_t j = 0; j < 32; ++j) {
    double mean = 0;
    for (size_t i = 0; i < 64; ++i) mean += z[i * 32 + j];
    mean /= 64;
    moved += std::abs(mean) < 0.1;
    EXPECT_EQ(c[j], std::abs(mean) < 0.1 ? std::copysign(0.1f, static_cast<float>(mean))
                                         : static_cast<float>(mean));
  }
  EXPECT_GT(moved, 0);
  EXPECT_LT(moved, 32);
}

// Steps too small to change a float leave the network where it starts, so that every epoch of one batch shows
// the objective at that point.
DeepSvddOptions standing_still(Objective objective) {
  DeepSvddOptions o = options(Recipe::pytorch, objective);
  o.pretrain = false;
  o.warm_up_epochs = 1;
  o.training = {.epochs = 3, .lr = 1e-30, .lr_milestones = {}, .batch_size = 64};
  return o;
}

TEST(DeepSvdd, TheOneClassLossIsTheMeanSquaredDistance) {
  const auto detector = make_deep_svdd(standing_still(Objective::one_class), *small_runs::backend());
  Listener listener;
  detector->fit({ones().train, {}}, listener);
  const double d = mean_of(ByHand(*detector).distances(Mode::train));
  for (const EpochReport& report : listener.reports) {
    EXPECT_NEAR(report.loss, d, 1e-5 * d);
    EXPECT_FALSE(report.radius);
  }
}

TEST(DeepSvdd, TheSoftBoundaryHoldsItsRadiusAndThenFollowsTheQuantile) {
  const auto detector = make_deep_svdd(standing_still(Objective::soft_boundary), *small_runs::backend());
  Listener listener;
  detector->fit({ones().train, {}}, listener);
  ByHand hand(*detector);
  const std::vector<double> d = hand.distances(Mode::train);
  std::vector<double> roots;
  for (const double v : d) roots.push_back(std::sqrt(v));
  const double r = quantile(roots, 0.9);
  std::vector<double> outside;
  for (const double v : d) outside.push_back(std::max(0.0, v - r * r));
  const double at_zero = mean_of(d) / 0.1, at_r = r * r + mean_of(outside) / 0.1;

  ASSERT_EQ(listener.reports.size(), 3u);
  EXPECT_EQ(listener.reports[0].radius, 0.0);  // held during the warm-up
  EXPECT_NEAR(*listener.reports[1].radius, r, 1e-5 * r);
  EXPECT_NEAR(*listener.reports[2].radius, r, 1e-5 * r);
  EXPECT_NEAR(listener.reports[0].loss, at_zero, 1e-5 * at_zero);
  EXPECT_NEAR(listener.reports[1].loss, at_zero, 1e-5 * at_zero);  // R follows the step
  EXPECT_NEAR(listener.reports[2].loss, at_r, 1e-5 * at_r);
  EXPECT_EQ(hand.numbers("radius")[0], static_cast<float>(*listener.reports[2].radius));
}

TEST(DeepSvdd, ASoftBoundaryScoreIsTheDistanceBeyondTheRadius) {
  const auto one_class = fitted(standing_still(Objective::one_class));
  const auto soft_boundary = fitted(standing_still(Objective::soft_boundary));
  const float r = ByHand(*soft_boundary).numbers("radius")[0];
  ASSERT_GT(r, 0);
  std::vector<float> expected = one_class->score(ones().test);
  for (float& s : expected) s -= r * r;
  EXPECT_EQ(soft_boundary->score(ones().test), expected);
  EXPECT_EQ(soft_boundary->threshold(), 0);
}

TEST(DeepSvdd, TheOneClassThresholdLeavesTheContaminationAbove) {
  auto o = untrained();
  o.contamination = 0.25;
  const auto detector = fitted(o);
  const std::vector<float>& scores = detector->training_scores();
  ASSERT_EQ(scores.size(), 64u);
  EXPECT_TRUE(std::is_sorted(scores.begin(), scores.end()));
  EXPECT_EQ(std::count_if(scores.begin(), scores.end(), [&](float s) { return s > detector->threshold(); }),
            16);
}

TEST(DeepSvdd, PretrainingMovesTheNetworkAndCanBeLeftOut) {
  auto o = untrained();
  Listener listener;
  const auto detector = make_deep_svdd(o, *small_runs::backend());
  detector->fit({ones().train, {}}, listener);
  EXPECT_EQ(listener.stages, std::vector<std::string>{"untrained"});
  EXPECT_TRUE(listener.reports.empty());
  EXPECT_EQ(detector->score(ones().test), listener.stage_scores[0]);
  o.pretrain = true;
  o.pretraining.epochs = 1;
  EXPECT_NE(fitted(o)->weights_sha256(), detector->weights_sha256());
}

TEST(DeepSvdd, TheFewestSamplesWillDo) {
  for (const Recipe recipe : {Recipe::pytorch, Recipe::theano})
    for (const int64_t n : {2, 5}) {
      auto o = options(recipe, Objective::soft_boundary);
      o.pretraining.batch_size = o.training.batch_size = 4;
      o.pretraining.epochs = 1;
      o.training.epochs = 3;
      const auto detector = fitted(o, small_runs::first(ones().train, n));
      for (const float s : detector->score(ones().test)) ASSERT_TRUE(std::isfinite(s));
    }
}

// ---- the theano recipe

TEST(TheanoRecipe, StartsFromADictionaryOfPatches) {
  const auto detector = fitted(untrained(options(Recipe::theano)));
  const scratch::Folder folder;
  detector->save(folder.path());
  const engine::SafeTensors stored = engine::read_safetensors(folder / "weights.safetensors");
  Samples x = ones().train;
  datasets::Preprocessing::fit(datasets::Preprocessing::Gcn::l1, true, x).apply(x);
  EXPECT_EQ(stored.at("conv1.weight").as<float>(),
            dictionary_filters({x.values, 64, 1, 28, 28}, {.atoms = 8, .seed = 1}));
  EXPECT_EQ(stored.at("bn1.weight").as<float>(), std::vector<float>(8, 1));

  const Network glorot = build_network("mnist_LeNet", *small_runs::backend(), {.affine_batch_norm = true});
  initialise(glorot.encoder.state(), Initialisation::glorot, 1);
  for (const engine::NamedTensor& s : glorot.encoder.state()) {
    if (s.name != "conv1.weight") {
      EXPECT_EQ(stored.at(s.name).as<float>(), s.tensor.value().to_floats()) << s.name;
    }
  }
}

// After one step the weights show the decay, and batch norm's γ and β are where they are without it.
TEST(TheanoRecipe, DecaysWeightsButNotBatchNorm) {
  const auto after_one_step = [](Recipe recipe, double weight_decay) {
    auto o = untrained(options(recipe));
    o.training = {
        .epochs = 1, .lr = 1e-3, .lr_milestones = {}, .batch_size = 64, .weight_decay = weight_decay};
    const auto detector = fitted(o);
    const scratch::Folder folder;
    detector->save(folder.path());
    return engine::read_safetensors(folder / "weights.safetensors");
  };
  const auto without = after_one_step(Recipe::theano, 0), with = after_one_step(Recipe::theano, 1e3);
  for (const std::string name : {"conv1.weight", "conv2.weight", "fc1.weight"})
    EXPECT_NE(with.at(name), without.at(name)) << name;
  for (const std::string name : {"bn1.weight", "bn1.bias", "bn2.weight", "bn2.bias"})
    EXPECT_EQ(with.at(name), without.at(name)) << name;
}

TEST(TheanoRecipe, CutsTheTrainingSetToWholeBatches) {
  const auto scored = [](Recipe recipe, int64_t n) {
    return fitted(untrained(options(recipe)), small_runs::first(ones().train, n))->training_scores().size();
  };
  EXPECT_EQ(scored(Recipe::theano, 40), 32u);
  EXPECT_EQ(scored(Recipe::theano, 32), 32u);
  EXPECT_EQ(scored(Recipe::theano, 10), 10u);  // less than one batch: all
  EXPECT_EQ(scored(Recipe::pytorch, 40), 40u);
}

TEST(TheanoRecipe, PublishedOptionsAreTheirs) {
  const DeepSvddOptions pytorch = published_options(Recipe::pytorch),
                        theano = published_options(Recipe::theano);
  EXPECT_EQ(pytorch.pretraining.lr_milestones, std::vector<int64_t>{50});
  EXPECT_EQ(pytorch.pretraining.weight_decay, 0.5e-3);
  EXPECT_EQ(pytorch.training.weight_decay, 0.5e-6);
  EXPECT_EQ(theano.recipe, Recipe::theano);
  EXPECT_TRUE(theano.pretraining.lr_milestones.empty());
  EXPECT_EQ(theano.pretraining.weight_decay, 1e-3);
  EXPECT_EQ(theano.training.weight_decay, 1e-6);
  for (const auto& o : {pytorch, theano})
    for (const PhaseOptions& phase : {o.pretraining, o.training}) {
      EXPECT_EQ(phase.epochs, 150);
      EXPECT_EQ(phase.lr, 1e-4);
      EXPECT_EQ(phase.batch_size, 200);
    }
}

// ---- one receipt everywhere

TEST(DeepSvdd, EveryBackendGivesTheSameReceipt) {
  auto o = options(Recipe::pytorch, Objective::soft_boundary);
  o.pretraining.epochs = 1;
  o.training.epochs = 2;
  o.warm_up_epochs = 1;
  o.pretraining.batch_size = o.training.batch_size = 4;
  const Samples train = small_runs::first(ones().train, 5), test = small_runs::first(ones().test, 5);
  const auto reference = engine::make_reference_backend();
  const auto expected = fitted(o, train, *reference);
  using engine::Simd;
  for (const Simd simd : {Simd::portable, Simd::avx2, Simd::avx512}) {
    if (!engine::simd_available(simd)) continue;
    SCOPED_TRACE(engine::simd_name(simd));
    const auto on = engine::make_cpu_backend({.threads = 2, .simd = simd});
    const auto detector = fitted(o, train, *on);
    EXPECT_EQ(detector->weights_sha256(), expected->weights_sha256());
    EXPECT_EQ(detector->training_scores(), expected->training_scores());
    EXPECT_EQ(detector->score(test), expected->score(test));
  }
}

// ---- watching a fit

// Keeps the scores and representations of the test set as every epoch left them.
struct Watcher final : Monitor {
  void epoch(const EpochReport& report) override { said.push_back("epoch " + std::to_string(report.epoch)); }
  void standing(const EpochReport& report, const ScoreFunction& score, const ScoreFunction& embed) override {
    said.push_back("standing " + std::to_string(report.epoch));
    EXPECT_EQ(report.phase, "deep-svdd");
    scores.push_back(score(ones().test));
    representations.push_back(embed(ones().test));
  }
  std::vector<std::string> said;
  std::vector<std::vector<float>> scores, representations;
};

TEST_P(EachDeepSvdd, LookingAtEveryEpochChangesNothing) {
  auto o = options(recipe(), objective());
  o.pretraining.epochs = 0;
  o.training.epochs = 3;
  o.warm_up_epochs = 1;
  const auto alone = fitted(o), watched = make_deep_svdd(o, *small_runs::backend());
  Watcher watcher;
  watched->fit({ones().train, {}}, watcher);
  EXPECT_EQ(watcher.said, (std::vector<std::string>{"epoch 0", "standing 0", "epoch 1", "standing 1",
                                                    "epoch 2", "standing 2"}));
  EXPECT_EQ(watched->weights_sha256(), alone->weights_sha256());
  EXPECT_EQ(watched->threshold(), alone->threshold());
  ASSERT_EQ(watcher.scores.size(), 3u);
  EXPECT_NE(watcher.scores[0], watcher.scores[1]);
  EXPECT_EQ(watcher.scores[2], alone->score(ones().test));
  EXPECT_EQ(watcher.representations[2], alone->embed(ones().test));
}

// ---- the collapse alarm

// Strong weight decay pulls every weight towards zero. With the centre away from zero and no bias the
// distances hold against it; with a centre at zero nothing does, and the trivial solution of Proposition 1 is
// found.
TEST(CollapseAlarm, RingsForAZeroCentreAndNotForAHealthyOne) {
  auto o = options();
  o.pretraining.epochs = 5;
  o.training = {.epochs = 100, .lr = 1e-2, .lr_milestones = {50, 75}, .batch_size = 16, .weight_decay = 3};
  EXPECT_FALSE(fitted(o)->collapse_warning());
  for (const bool bias_terms : {false, true}) {
    o.zero_centre = true;
    o.bias_terms = bias_terms;
    const auto detector = make_deep_svdd(o, *small_runs::backend());
    Listener listener;
    detector->fit({ones().train, {}}, listener);
    ASSERT_TRUE(detector->collapse_warning());
    EXPECT_TRUE(scratch::contains(*detector->collapse_warning(), "collapsed"));
    EXPECT_EQ(listener.notes, std::vector<std::string>{*detector->collapse_warning()});
  }
}

}  // namespace deep_svdd_test
