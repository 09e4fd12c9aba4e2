#include "svdd/methods/multi_sphere.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "datasets/preprocessing.h"
#include "engine/ops.h"
#include "engine/tape.h"
#include "svdd/evaluation/metrics.h"
#include "tests/datasets/scratch.h"
#include "tests/engine/closeness.h"
#include "tests/engine/golden_cases.h"
#include "tests/engine/platforms.h"
#include "tests/svdd/details.h"
#include "tests/svdd/small_multi_sphere.h"

namespace multi_sphere_test {

using namespace svdd;
using datasets::Samples;
using engine::Tensor;
using namespace small_multi_sphere;
using small_runs::Listener;

// ---- the objective against PyTorch's value, and its gradient, in double and in float

class GoldenMultiSphere : public engine_tests::OnEachPlatform {};

TEST_P(GoldenMultiSphere, LossNearestCentresAndScores) {
  engine_tests::for_golden_names("loss_multi_sphere", [&](const engine_tests::GoldenCase& g) {
    const double tolerance = GetParam().choose(1e-10, 1e-5);
    std::vector<double> squares = g.values("R");
    for (double& r : squares) r *= r;
    const Tensor z(samples(g.shape("z"), g.values("z")), true), c(plain(g.shape("c"), g.values("c"))),
        radius2(plain(g.shape("R"), squares));
    engine::Tape tape;
    Tensor k, margin, loss;
    {
      const engine::Tape::Recording recording(tape);
      k = nearest_point(z, c, radius2);
      margin = squared_distance(z, take(c, k)) - take(radius2, k);
      loss = (1 / g.number("nu")) * mean(relu(margin));
    }
    tape.backward(loss);
    EXPECT_EQ(k.value().to_doubles(), g.values("nearest"));
    EXPECT_TRUE(engine_tests::close_to(margin.value().to_doubles(), g.values("score"), tolerance)) << "score";
    EXPECT_TRUE(engine_tests::close_to(loss.value().item(), g.value("loss"), tolerance)) << "loss";
    EXPECT_TRUE(engine_tests::close_to(z.grad().to_doubles(), g.values("gz"), tolerance)) << "gz";
  });
}

INSTANTIATE_TEST_SUITE_P(Platforms, GoldenMultiSphere, testing::ValuesIn(engine_tests::platforms()),
                         engine_tests::platform_name);

// ---- radii and deaths, by hand

std::vector<float> count_down(int n) {  // n² … 4, 1 in another order
  std::vector<float> d;
  for (int i = 1; i <= n; ++i) d.insert(i % 2 ? d.end() : d.begin(), static_cast<float>(i * i));
  return d;
}

TEST(SphereRadii, AreTheRankThatNuLeavesOutside) {
  EXPECT_EQ(sphere_radii({count_down(30)}, 0.1, 1), std::vector<float>{28});  // the 3rd largest
  EXPECT_EQ(sphere_radii({count_down(39)}, 0.1, 1), std::vector<float>{37});  // ⌊3.9⌋
  EXPECT_EQ(sphere_radii({count_down(19)}, 0.1, 1), std::vector<float>{19});
  EXPECT_EQ(sphere_radii({count_down(4)}, 0.5, 1), std::vector<float>{3});
  EXPECT_EQ(sphere_radii({count_down(4)}, 1.0, 1), std::vector<float>{1});
  EXPECT_EQ(sphere_radii({count_down(9)}, 0.1, 1), std::vector<float>{9}) << "rank 0: the largest";
}

TEST(SphereRadii, AreZeroForTheDeadOnly) {
  const SphereDistances d{count_down(40), count_down(3), {}, count_down(4), {0.0f, 0.0f, 0.0f, 0.0f}};
  EXPECT_EQ(least_samples(d, 0.1), 4);
  const std::vector<float> radii = sphere_radii(d, 0.1, 4);
  EXPECT_EQ(std::vector<float>(radii.begin(), radii.begin() + 4), (std::vector<float>{37, 0, 0, 4}));
  EXPECT_GT(radii[4] * radii[4], std::numeric_limits<float>::min());  // shrunk to a point, and alive
}

TEST(SphereRadii, OneWithoutSamplesDiesWhateverNu) {
  const SphereDistances d{count_down(5), {}, count_down(1)};
  EXPECT_EQ(least_samples(d, 0.1), 1);
  EXPECT_EQ(sphere_radii(d, 0.1, 1), (std::vector<float>{5, 0, 1}));
  EXPECT_EQ(least_samples(d, 1.0), 5);
}

// ---- small runs

// Normal: the digits 1 and 7, which no one sphere fits as well as several do.
TEST(MultiSphere, BeatsOneSphereOnTwoDigits) {
  const auto task = datasets::one_vs_rest(datasets::load_strokes(64, 20), {1, 7});
  for (const uint64_t seed : {1, 2, 3}) {
    auto o = options();
    o.network = "mnist_LeNet";
    o.widths = {};
    o.rep_dim = 32;
    o.restarts = 10;
    o.pretraining.epochs = 30;
    o.training.lr = 1e-4;
    o.seed = seed;
    const auto auc = [&](int64_t spheres) {
      o.spheres = spheres;
      return roc_auc(fitted(o, task.train)->score(task.test), task.test_labels);
    };
    const double several = auc(10), one = auc(1);
    EXPECT_GT(several, 0.75) << "seed " << seed;        // 0.82 to 0.94; by chance 0.5
    EXPECT_GT(several, one + 0.15) << "seed " << seed;  // 0.31 to 0.65
  }
}

TEST(MultiSphere, SpheresDieAndStayDead) {
  const auto detector = make_multi_sphere(options(), *small_runs::backend());
  Listener listener;
  detector->fit({two_digits().train, {}}, listener);
  const auto epochs = listener.of("multi-sphere");
  ASSERT_EQ(epochs.size(), 10u);
  std::vector<float> before(10, 1);
  for (const EpochReport& e : epochs) {
    ASSERT_EQ(e.radii.size(), 10u);
    EXPECT_EQ(*e.spheres, 10 - std::count(e.radii.begin(), e.radii.end(), 0.0f));
    for (size_t k = 0; k < 10; ++k) {
      EXPECT_GE(e.radii[k], 0);
      if (before[k] == 0) {
        EXPECT_EQ(e.radii[k], 0) << "sphere " << k << " rose again";
      }
    }
    before = e.radii;
  }
  const int64_t alive = *epochs.back().spheres;
  EXPECT_LT(alive, 10);
  EXPECT_GE(alive, 1);
  EXPECT_EQ(listener.notes, std::vector<std::string>{std::to_string(alive) + " of 10 spheres are left"});
  const auto details = details_of(*detector);
  EXPECT_EQ(details["spheres"], 10);
  EXPECT_EQ(details["alive"], alive);
  EXPECT_EQ(details["alive_by_epoch"].size(), 10u);
  EXPECT_EQ(details["alive_by_epoch"].back(), alive);
  EXPECT_EQ(details["radii"].get<std::vector<float>>(), epochs.back().radii);
}

// What a detector stored, its network built by hand from it, and the training samples as it saw them.
struct ByHand {
  ByHand(const Detector& detector, const MultiSphereOptions& o)
      : net(build_network(o.network, *small_runs::backend(),
                          {.rep_dim = o.rep_dim, .widths = o.widths, .affine_batch_norm = true})),
        p(static_cast<size_t>(o.rep_dim)) {
    detector.save(folder.path());
    const engine::SafeTensors stored = engine::read_safetensors(folder / "weights.safetensors");
    for (const engine::NamedTensor& s : net.encoder.state())
      s.tensor.value().assign(stored.at(s.name).as<float>());
    centres = stored.at("centres").as<float>();
    radii = stored.at("radii").as<float>();
    minmax = datasets::Preprocessing::fit(o.preprocessing, two_digits().train);
  }
  std::vector<float> phi(Samples x, engine::Mode mode) {
    minmax.apply(x);
    const Tensor batch(engine::Array::from(*small_runs::backend(), {x.count(), 1, 28, 28},
                                           engine::Layout::samples, engine::DType::f32, x.values));
    return net.encoder.forward(batch, mode).value().to_floats();
  }
  // In the engine's order of sums.
  float squared_distance(const float* z, size_t k) const {
    float sum = 0;
    for (size_t j = 0; j < p; ++j) {
      const float difference = z[j] - centres[k * p + j];
      sum = std::fma(difference, difference, sum);
    }
    return sum;
  }
  size_t nearest_live(const float* z) const {
    size_t best = radii.size();
    for (size_t k = 0; k < radii.size(); ++k)
      if (radii[k] != 0 && (best == radii.size() || squared_distance(z, k) < squared_distance(z, best)))
        best = k;
    return best;
  }
  std::vector<float> margins(const std::vector<float>& z) const {
    std::vector<float> all;
    for (size_t i = 0; i < z.size(); i += p) {
      const size_t k = nearest_live(&z[i]);
      all.push_back(squared_distance(&z[i], k) - radii[k] * radii[k]);
    }
    return all;
  }

  scratch::Folder folder;
  Network net;
  size_t p;
  std::vector<float> centres, radii;
  datasets::Preprocessing minmax;
};

TEST(MultiSphere, AScoreIsTheMarginOfTheNearestLiveSphere) {
  auto o = options();
  o.nu = 0.5;  // many die
  const auto detector = fitted(o);
  ByHand hand(*detector, o);
  const std::vector<float> z = hand.phi(two_digits().test, engine::Mode::evaluate);
  EXPECT_EQ(detector->score(two_digits().test), hand.margins(z));
  int nearer_to_a_dead_one = 0;
  for (size_t i = 0; i < z.size(); i += hand.p)
    for (size_t k = 0; k < hand.radii.size(); ++k)
      nearer_to_a_dead_one +=
          hand.squared_distance(&z[i], k) < hand.squared_distance(&z[i], hand.nearest_live(&z[i]));
  EXPECT_GT(nearer_to_a_dead_one, 0) << "the test has nothing to show";
}

TEST(MultiSphere, TrainingClustersAreTheNearestLiveSpheres) {
  auto o = options();
  o.nu = 0.5;  // many die
  const auto detector = fitted(o);
  ByHand hand(*detector, o);
  const std::vector<float> z = hand.phi(two_digits().train, engine::Mode::evaluate);
  std::vector<int32_t> nearest;
  for (size_t i = 0; i < z.size(); i += hand.p)
    nearest.push_back(static_cast<int32_t>(hand.nearest_live(&z[i])));
  EXPECT_EQ(detector->training_clusters(), nearest);
  EXPECT_EQ(detector->embed(two_digits().train), z);
}

TEST(MultiSphere, RadiiFitTheNetworkAsTheLastEpochLeavesIt) {
  const auto detector = fitted(options());
  ByHand hand(*detector, options());
  const std::vector<float> z = hand.phi(two_digits().train, engine::Mode::evaluate);
  SphereDistances d(10);
  for (size_t i = 0; i < z.size(); i += hand.p) {
    const size_t k = hand.nearest_live(&z[i]);
    d[k].push_back(hand.squared_distance(&z[i], k));
  }
  // Had a sphere died in the last epoch, its samples would have gone over to others only now.
  const auto by_epoch = details_of(*detector)["alive_by_epoch"];
  ASSERT_EQ(by_epoch[9], by_epoch[8]) << "the test needs a last epoch without deaths";
  EXPECT_EQ(sphere_radii(d, 0.1, least_samples(d, 0.1)), hand.radii);
  EXPECT_EQ(detector->threshold(), 0);
  const auto outside = std::count_if(detector->training_scores().begin(), detector->training_scores().end(),
                                     [](float s) { return s > 1e-6f; });
  EXPECT_LE(outside, 12);  // ν of 128
  EXPECT_GT(outside, 0);
}

// Steps too small to change a float leave the network where it starts, so that the first epoch of one batch
// shows the objective there.
TEST(MultiSphere, TheLossIsTheMeanMarginOverNu) {
  auto o = options();
  o.pretrain = false;
  o.training = {.epochs = 0, .lr = 1e-30, .lr_milestones = {}, .batch_size = 128};
  ByHand hand(*fitted(o), o);
  double outside = 0, squares = 0;
  for (const float m : hand.margins(hand.phi(two_digits().train, engine::Mode::train)))
    outside += std::max(0.0f, m) / 0.1 / 128;
  for (const float r : hand.radii) squares += static_cast<double>(r) * r / 10;
  ASSERT_EQ(std::count(hand.radii.begin(), hand.radii.end(), 0.0f), 0);
  ASSERT_GT(squares, 0);
  ASSERT_GT(outside, 0);

  o.training.epochs = 1;
  for (const SphereObjective objective : {SphereObjective::hard_margin, SphereObjective::soft_boundary}) {
    o.objective = objective;
    const auto detector = make_multi_sphere(o, *small_runs::backend());
    Listener listener;
    detector->fit({two_digits().train, {}}, listener);
    const double expected = outside + (objective == SphereObjective::soft_boundary ? squares : 0);
    EXPECT_NEAR(listener.reports.at(0).loss, expected, 1e-5 * expected);
  }
}

// Adam's first step is the rate, against the sign of the gradient: Σ 2·(c − z) over the samples outside. So
// a centre goes to where they are; one without such samples stays.
TEST(MultiSphere, TrainableCentresGoToTheirSamplesOutside) {
  auto o = options();
  o.pretrain = false;
  o.training = {.epochs = 0, .lr = 1e-3, .lr_milestones = {}, .batch_size = 128};
  const ByHand before(*fitted(o), o);
  const std::vector<float> z = ByHand(*fitted(o), o).phi(two_digits().train, engine::Mode::train);
  std::vector<double> gradient(before.centres.size());
  for (size_t i = 0; i < z.size(); i += before.p) {
    const size_t k = before.nearest_live(&z[i]);
    if (before.squared_distance(&z[i], k) <= before.radii[k] * before.radii[k]) continue;
    for (size_t j = 0; j < before.p; ++j)
      gradient[k * before.p + j] += 2 * (before.centres[k * before.p + j] - z[i + j]);
  }
  o.training.epochs = 1;
  EXPECT_EQ(ByHand(*fitted(o), o).centres, before.centres);
  o.trainable_centres = true;
  const ByHand after(*fitted(o), o);
  size_t moved = 0;
  for (size_t i = 0; i < gradient.size(); ++i) {
    const double step = gradient[i] == 0 ? 0 : gradient[i] < 0 ? 1e-3 : -1e-3;
    moved += step != 0;
    EXPECT_NEAR(after.centres[i] - before.centres[i], step, 1e-5) << i;
  }
  EXPECT_GT(moved, before.p);
  EXPECT_EQ(details_of(*fitted(o))["alive_by_epoch"].size(), 1u) << "what follows an epoch is the same";
}

TEST(MultiSphere, SizesOfSpheresDoNotMoveTheNetwork) {
  auto o = options();
  o.pretraining.epochs = o.training.epochs = 2;
  const auto hard = fitted(o);
  o.objective = SphereObjective::soft_boundary;
  const auto soft = fitted(o);
  EXPECT_EQ(hard->weights_sha256(), soft->weights_sha256());
  EXPECT_EQ(hard->score(two_digits().test), soft->score(two_digits().test));
}

TEST(MultiSphere, PublishedOptionsAreTheirs) {
  const MultiSphereOptions o = recipes::multi_sphere({.kind = recipes::DataKind::digits});
  EXPECT_EQ(o.network, "multi_sphere_mnist");
  EXPECT_EQ(o.recipe, Recipe::theano);
  EXPECT_EQ(o.objective, SphereObjective::hard_margin);
  EXPECT_EQ(o.spheres, 100);
  EXPECT_EQ(o.restarts, 10);
  EXPECT_EQ(o.nu, 0.1);
  EXPECT_EQ(o.pretraining.epochs, 150);
  EXPECT_EQ(o.pretraining.weight_decay, 1e-3);
  EXPECT_TRUE(o.pretraining.lr_milestones.empty());
  EXPECT_EQ(o.training.epochs, 100);
  EXPECT_EQ(o.training.weight_decay, 1e-6);
  EXPECT_EQ(o.training.lr_milestones, std::vector<int64_t>{50});
  EXPECT_TRUE(o.dictionary);
}

TEST(MultiSphere, TheDictionaryIsAnOption) {
  auto o = options();
  o.pretrain = false;
  o.training.epochs = 0;
  const auto without = fitted(o);
  o.dictionary = true;
  EXPECT_NE(fitted(o)->weights_sha256(), without->weights_sha256());
}

// ---- one receipt everywhere

class MultiSphereReceipt : public testing::TestWithParam<bool> {};

TEST_P(MultiSphereReceipt, IsTheSameOnEveryBackend) {
  auto o = options();
  o.trainable_centres = GetParam();
  o.widths = {3, 2, 2, 16};
  o.spheres = 5;
  o.nu = 0.4;  // so that some die
  o.pretraining.epochs = 1;
  o.training.epochs = 3;
  o.pretraining.batch_size = o.training.batch_size = 8;
  const Samples train = small_runs::first(two_digits().train, 20),
                test = small_runs::first(two_digits().test, 5);
  const auto reference = engine::make_reference_backend();
  const auto expected = fitted(o, train, *reference);
  EXPECT_LT(details_of(*expected)["alive"], 5);
  using engine::Simd;
  for (const Simd simd : {Simd::portable, Simd::avx2, Simd::avx512}) {
    if (!engine::simd_available(simd)) continue;
    for (const int threads : {1, 2, 3}) {
      SCOPED_TRACE(engine::simd_name(simd) + ", " + std::to_string(threads) + " threads");
      const auto on = engine::make_cpu_backend({.threads = threads, .simd = simd});
      const auto detector = fitted(o, train, *on);
      EXPECT_EQ(detector->weights_sha256(), expected->weights_sha256());
      EXPECT_EQ(detector->training_scores(), expected->training_scores());
      EXPECT_EQ(detector->score(test), expected->score(test));
      EXPECT_EQ(detector->details(), expected->details());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Centres, MultiSphereReceipt, testing::Bool(),
                         [](const auto& info) { return std::string(info.param ? "Trainable" : "Fixed"); });

// The protocol sets a sixth aside: what p-values go by, since training has not made its scores small.
TEST(MultiSphere, PValuesGoByWhatWasSetAside) {
  auto o = options();
  o.pretrain = false;
  o.training.epochs = 2;
  const auto fitted_with = [&](const Samples& held_out) {
    auto detector = make_multi_sphere(o, *small_runs::backend());
    Monitor silent;
    detector->fit({.samples = two_digits().train, .held_out = &held_out}, silent);
    EXPECT_EQ(detector->samples_used(), 128);
    return detector;
  };
  const Samples nineteen = small_runs::first(two_digits().test, 19);
  const auto detector = fitted_with(nineteen);
  std::vector<float> scores = detector->score(nineteen);
  std::sort(scores.begin(), scores.end());
  EXPECT_EQ(detector->training_scores(), scores);
  EXPECT_EQ(detector->weights_sha256(), fitted(o)->weights_sha256());
  EXPECT_EQ(fitted_with(small_runs::first(nineteen, 18))->training_scores(), fitted(o)->training_scores())
      << "too few for a p-value of 0.05";
}

TEST(MultiSphere, OneSeedGivesOneReceipt) {
  auto o = options();
  o.pretraining.epochs = o.training.epochs = 2;
  const auto a = fitted(o), b = fitted(o);
  EXPECT_EQ(a->weights_sha256(), b->weights_sha256());
  Monitor silent;
  b->fit({two_digits().train, {}}, silent);  // a second fit owes nothing to the first
  EXPECT_EQ(a->training_scores(), b->training_scores());
  EXPECT_EQ(a->details(), b->details());
  o.seed = 2;
  EXPECT_NE(a->weights_sha256(), fitted(o)->weights_sha256());
}

}  // namespace multi_sphere_test
