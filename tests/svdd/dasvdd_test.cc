#include "svdd/methods/dasvdd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "datasets/strokes.h"
#include "datasets/table.h"
#include "engine/backends/reference/reference.h"
#include "engine/files/safetensors.h"
#include "svdd/evaluation/metrics.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/dasvdd_runs.h"
#include "tests/svdd/details.h"

namespace dasvdd_test {

using namespace svdd;
using dasvdd_runs::backend;
using dasvdd_runs::fitted;
using dasvdd_runs::normal_rows;
using dasvdd_runs::options;
using datasets::Samples;
using engine::Array;
using engine::DType;
using engine::Layout;
using engine::Mode;
using engine::RandomStream;
using engine::Tensor;

struct Listener final : Monitor {
  void epoch(const EpochReport& report) override { losses.push_back(report.loss); }
  void note(const std::string& line) override { notes.push_back(line); }
  std::vector<double> losses;
  std::vector<std::string> notes;
};

std::vector<float> stored(const Detector& detector, const std::string& name) {
  const scratch::Folder folder;
  detector.save(folder.path());
  return engine::read_safetensors(folder / "weights.safetensors").at(name).as<float>();
}

// The centre as it begins.
std::vector<float> drawn_centre(int64_t p, uint64_t seed = 1) {
  const RandomStream draws(seed, "init/centre");
  std::vector<float> c;
  for (int64_t j = 0; j < p; ++j) c.push_back(draws.normal(static_cast<uint64_t>(j)));
  return c;
}

// A network as it begins under a seed, and of every row its code and the mean squared error e.
struct ByHand {
  explicit ByHand(const Samples& rows, uint64_t seed = 1) : n(static_cast<size_t>(rows.count())) {
    Network net = build_network("dasvdd_pima", *backend(), {.input = {8}});
    initialise(net.state(), Initialisation::pytorch, seed);
    const Tensor x(Array::from(*backend(), {rows.count(), 8}, Layout::samples, DType::f32, rows.values));
    const Tensor code = net.encoder.forward(x, Mode::evaluate);
    z = code.value().to_doubles();
    const std::vector<double> back = net.decoder.forward(code, Mode::evaluate).value().to_doubles();
    e.assign(n, 0);
    for (size_t k = 0; k < back.size(); ++k) {
      const double d = back[k] - static_cast<double>(rows.values[k]);
      e[k / 8] += d * d / 8;
    }
  }
  // ‖z_i − c‖²
  double distance(size_t i, const std::vector<float>& c) const {
    double sum = 0;
    for (size_t j = 0; j < 4; ++j) sum += (z[4 * i + j] - c[j]) * (z[4 * i + j] - c[j]);
    return sum;
  }

  size_t n;
  std::vector<double> z, e;
};

// Steps of the network too small to change a float.
DasvddOptions standing_still() {
  DasvddOptions o = options();
  o.training.lr = 1e-30;
  o.gamma = 0.5;
  return o;
}

// ---- the alternation

// While the network stands still, the centre's way follows from the codes of the rows that are its own.
void expect_centre_by_hand(const DasvddOptions& o, const Samples& rows, size_t first_of_rest) {
  const ByHand hand(rows);
  const size_t batch = std::min(static_cast<size_t>(o.training.batch_size), hand.n);
  const std::vector<float> start = drawn_centre(4);
  std::vector<double> c(start.begin(), start.end()), sum(4);
  int t = 0;
  for (int64_t epoch = 0; epoch < o.training.epochs; ++epoch) {
    const auto order =
        engine::permutation(rows.count(), RandomStream(1, "shuffle/dasvdd/" + std::to_string(epoch)));
    for (size_t first = 0; first + batch <= hand.n; first += batch, ++t)
      for (size_t j = 0; j < 4; ++j) {
        double mean = 0;
        for (size_t k = first + first_of_rest; k < first + batch; ++k)
          mean += hand.z[4 * static_cast<size_t>(order[k]) + j] / static_cast<double>(batch - first_of_rest);
        const double g = 2 * (c[j] - mean) / 4;
        sum[j] += g * g;
        c[j] -= o.centre_lr / (1 + t * o.centre_lr_decay) * g / (std::sqrt(sum[j]) + 1e-10);
      }
  }
  const std::vector<float> found = stored(*fitted(o, rows), "centre");
  for (size_t j = 0; j < 4; ++j) {
    EXPECT_NEAR(found[j], c[j], 1e-5) << "coordinate " << j;
    EXPECT_GT(std::abs(found[j] - start[j]), 1e-3) << "coordinate " << j;
  }
}

TEST(Dasvdd, TheCentreFollowsTheLastRowsOfWholeBatches) {
  auto o = standing_still();
  expect_centre_by_hand(o, normal_rows(24), 9);  // 9 of 10; 4 rows fill no batch
  o.network_share = 0.25;
  expect_centre_by_hand(o, normal_rows(24), 3);
  o.centre_lr = 0.3;
  o.centre_lr_decay = 0.5;
  expect_centre_by_hand(o, normal_rows(24), 3);
}

TEST(Dasvdd, WhereNoRowsAreLeftTheCentreTakesTheSame) {
  auto o = standing_still();
  o.network_share = 1;
  expect_centre_by_hand(o, normal_rows(24), 0);
  o.network_share = 0.9;
  o.training.batch_size = 9;  // ⌈8.1⌉ = 9
  expect_centre_by_hand(o, normal_rows(24), 0);
  expect_centre_by_hand(o, normal_rows(5), 0);  // less than one batch
}

// One step of one batch: the last row of its order moves the centre alone, the others the network.
TEST(Dasvdd, EachSideMovesByItsOwnRowsAlone) {
  auto o = options();
  o.gamma = 0.5;
  o.training.epochs = 1;
  const Samples rows = normal_rows(10);
  const auto order = engine::permutation(10, RandomStream(1, "shuffle/dasvdd/0"));
  const auto changed = [&](int32_t row) {
    Samples other = rows;
    for (int64_t j = 0; j < 8; ++j) other.sample(row)[j] *= -1000;
    return fitted(o, other);
  };
  const auto before = fitted(o, rows), last = changed(order[9]), first = changed(order[0]);
  EXPECT_EQ(last->weights_sha256(), before->weights_sha256());
  EXPECT_NE(stored(*last, "centre"), stored(*before, "centre"));
  EXPECT_NE(first->weights_sha256(), before->weights_sha256());
}

TEST(Dasvdd, AFixedCentreStaysAndLeavesAllRowsToTheNetwork) {
  auto o = standing_still();
  o.train_centre = false;
  o.training.batch_size = 12;
  const Samples rows = normal_rows(24);
  Listener listener;
  const auto detector = make_dasvdd(o, *backend());
  detector->fit({rows, {}}, listener);
  const std::vector<float> c = drawn_centre(4);
  EXPECT_EQ(stored(*detector, "centre"), c);
  const ByHand hand(rows);
  double loss = 0;
  for (size_t i = 0; i < hand.n; ++i) loss += (hand.e[i] + 0.5 * hand.distance(i, c)) / 24;
  ASSERT_EQ(listener.losses.size(), 3u);
  for (const double found : listener.losses) EXPECT_NEAR(found, loss, 1e-5 * loss);
}

TEST(Dasvdd, TheLossIsOfTheNetworksRowsBeforeTheCentreMoves) {
  auto o = standing_still();
  o.training.epochs = 1;
  o.network_share = 0.5;
  const Samples rows = normal_rows(10);
  Listener listener;
  make_dasvdd(o, *backend())->fit({rows, {}}, listener);
  const ByHand hand(rows);
  const auto order = engine::permutation(10, RandomStream(1, "shuffle/dasvdd/0"));
  double loss = 0;
  for (size_t k = 0; k < 5; ++k) {
    const auto i = static_cast<size_t>(order[k]);
    loss += (hand.e[i] + 0.5 * hand.distance(i, drawn_centre(4))) / 5;
  }
  ASSERT_EQ(listener.losses.size(), 1u);
  EXPECT_NEAR(listener.losses[0], loss, 1e-5 * loss);
}

TEST(Dasvdd, AScoreIsTheErrorPlusTheWeightedDistance) {
  auto o = standing_still();
  const Samples rows = normal_rows(24), test = dasvdd_runs::odd_rows(7);
  const auto detector = fitted(o, rows);
  const std::vector<float> c = stored(*detector, "centre"), scores = detector->score(test);
  const ByHand hand(test);
  for (size_t i = 0; i < 7; ++i) {
    const double s = hand.e[i] + 0.5 * hand.distance(i, c);
    EXPECT_NEAR(scores[i], s, 1e-5 * s);
  }
  for (int64_t i = 0; i < 7; ++i) {
    const Samples alone{{8}, {test.sample(i), test.sample(i) + 8}};
    EXPECT_EQ(detector->score(alone)[0], scores[static_cast<size_t>(i)])
        << "a score depends on its row alone";
  }
}

// ---- γ

class DasvddGamma : public testing::TestWithParam<GammaRule> {};

TEST_P(DasvddGamma, IsTheRatioOfTheTermsInUntrainedNetworks) {
  auto o = options();
  o.gamma_rule = GetParam();
  o.gamma_networks = 3;
  o.training.epochs = 0;
  o.seed = 5;
  const Samples rows = normal_rows(24);
  const auto detector = make_dasvdd(o, *backend());
  Listener listener;
  detector->fit({rows, {}}, listener);

  const RandomStream seeds(5, "gamma");
  double gamma = 0;
  for (uint64_t t = 0; t < 3; ++t) {
    const ByHand hand(rows, seeds.bits64(t));
    const auto order = engine::permutation(24, RandomStream(5, "shuffle/gamma/" + std::to_string(t)));
    double error = 0, size = 0, ratios = 0;
    for (size_t b = 0; b < 2; ++b) {  // batches of 10; 4 rows fill none
      double batch_size = 0;
      for (size_t k = 10 * b; k < 10 * b + 10; ++k) {
        const auto i = static_cast<size_t>(order[k]);
        error += hand.e[i] / 20;
        batch_size += hand.distance(i, {0, 0, 0, 0}) / 10;
      }
      if (GetParam() == GammaRule::first_sample)
        batch_size = hand.distance(static_cast<size_t>(order[10 * b]), {0, 0, 0, 0});
      size += batch_size / 2;
    }
    for (size_t i = 0; i < 24; ++i) ratios += hand.e[i] / hand.distance(i, drawn_centre(4, 5)) / 24;
    gamma += (GetParam() == GammaRule::paper ? ratios : error / size) / 3;
  }
  const double found = details_of(*detector).at("gamma").get<double>();
  EXPECT_NEAR(found, gamma, 1e-5 * gamma);
  EXPECT_EQ(details_of(*detector).at("gamma_rule"), name_of(GetParam()));
  ASSERT_EQ(listener.notes.size(), 1u);
  EXPECT_TRUE(scratch::contains(listener.notes[0], "gamma "));
  EXPECT_TRUE(scratch::contains(listener.notes[0], "(" + std::string(name_of(GetParam())) + ", 3 untrained"));
}

INSTANTIATE_TEST_SUITE_P(Rules, DasvddGamma,
                         testing::Values(GammaRule::mean_of_all, GammaRule::first_sample, GammaRule::paper),
                         [](const auto& info) {
                           return info.param == GammaRule::mean_of_all    ? "MeanOfAll"
                                  : info.param == GammaRule::first_sample ? "FirstSample"
                                                                          : "Paper";
                         });

TEST(Dasvdd, AGivenGammaIsTakenAsItIs) {
  auto o = options();
  o.gamma = 0.1;
  const auto detector = make_dasvdd(o, *backend());
  Listener listener;
  detector->fit({normal_rows(24), {}}, listener);
  EXPECT_EQ(details_of(*detector), (nlohmann::json{{"gamma", 0.1}, {"gamma_rule", "given"}}));
  EXPECT_EQ(listener.notes, std::vector<std::string>{"gamma 0.1 (given)"});
}

// ---- whole runs

TEST(Dasvdd, OneSeedGivesOneReceiptOnEveryBackend) {
  // A whole step (two blocks of samples and some), a code of more and of less than sixteen numbers.
  for (const int64_t rep_dim : {4, 19}) {
    auto o = options();
    o.rep_dim = rep_dim;
    o.widths = {33, 10};
    o.training.batch_size = 40;
    o.network_share = 0.5;
    const Samples rows = normal_rows(90), test = dasvdd_runs::odd_rows(20);
    const auto reference = engine::make_reference_backend();
    const auto expected = fitted(o, rows, *reference);
    const auto expect_equal = [&](Detector& detector) {
      EXPECT_EQ(detector.weights_sha256(), expected->weights_sha256());
      EXPECT_EQ(stored(detector, "centre"), stored(*expected, "centre"));
      EXPECT_EQ(detector.details(), expected->details());  // γ
      EXPECT_EQ(detector.training_scores(), expected->training_scores());
      EXPECT_EQ(detector.score(test), expected->score(test));
    };
    using engine::Simd;
    for (const Simd simd : {Simd::portable, Simd::avx2, Simd::avx512})
      for (const int threads : {1, 2, 3}) {
        if (!engine::simd_available(simd)) continue;
        SCOPED_TRACE(engine::simd_name(simd) + ", " + std::to_string(threads) + " threads");
        expect_equal(*fitted(o, rows, *engine::make_cpu_backend({.threads = threads, .simd = simd})));
      }
    const auto again = fitted(o, rows);
    Monitor silent;
    again->fit({rows, {}}, silent);  // a second fit owes nothing to the first
    expect_equal(*again);
    o.seed = 2;
    EXPECT_NE(fitted(o, rows)->weights_sha256(), expected->weights_sha256());
  }
}

TEST(Dasvdd, WhatIsLoadedScoresWithTheSameBits) {
  const auto saved = fitted(options(), normal_rows(24));
  const Samples test = dasvdd_runs::odd_rows(9);
  const scratch::Folder folder;
  saved->save(folder / "a");
  const auto reference = engine::make_reference_backend();
  for (engine::Backend* on : {backend().get(), reference.get()}) {
    const auto loaded = load_detector(folder / "a", *on);
    EXPECT_EQ(loaded->method(), "dasvdd");
    EXPECT_EQ(loaded->score(test), saved->score(test));
    EXPECT_EQ(loaded->weights_sha256(), saved->weights_sha256());
    EXPECT_EQ(loaded->threshold(), saved->threshold());
    EXPECT_EQ(loaded->training_scores(), saved->training_scores());
    EXPECT_EQ(loaded->details(), saved->details());
    loaded->save(folder / "b");
    for (const std::string file : {"/model.json", "/weights.safetensors"})
      EXPECT_EQ(scratch::read(folder / ("a" + file)), scratch::read(folder / ("b" + file))) << file;
  }
}

TEST(Dasvdd, LearnsWhichRowsFollowTheRule) {
  auto o = options();
  o.training.epochs = 100;
  o.training.lr = 1e-2;
  o.gamma = 0.1;
  Listener listener;
  const auto detector = make_dasvdd(o, *backend());
  detector->fit({normal_rows(200), {}}, listener);
  EXPECT_LT(listener.losses.back(), 0.2 * listener.losses.front());
  EXPECT_FALSE(detector->collapse_warning());
  std::vector<float> scores = detector->score(normal_rows(100, "fresh"));
  const std::vector<float> odd = detector->score(dasvdd_runs::odd_rows(100));
  scores.insert(scores.end(), odd.begin(), odd.end());
  std::vector<int32_t> labels(100, 0);
  labels.resize(200, 1);
  EXPECT_GT(roc_auc(scores, labels), 0.95);
}

TEST(Dasvdd, LearnsToTellOnesFromOtherDigits) {
  const auto task = datasets::one_vs_rest(datasets::load_strokes(64, 8), {1});
  auto o = published_dasvdd_options();
  o.widths = {64, 32};
  o.rep_dim = 16;
  o.training.epochs = 30;
  o.training.batch_size = 16;
  const auto detector = fitted(o, task.train);
  EXPECT_GT(roc_auc(detector->score(task.test), task.test_labels), 0.9);
}

TEST(Dasvdd, PublishedOptionsAreTheirs) {
  const auto mnist = published_dasvdd_options(), cifar10 = published_dasvdd_options("dasvdd_cifar10");
  EXPECT_EQ(mnist.network, "dasvdd_mnist");
  EXPECT_EQ(mnist.preprocessing.gcn, datasets::Preprocessing::Gcn::none);
  EXPECT_EQ(cifar10.preprocessing.gcn, datasets::Preprocessing::Gcn::l2);
  for (const auto& o : {mnist, cifar10}) {
    EXPECT_FALSE(o.preprocessing.min_max);
    EXPECT_FALSE(o.pretrain);
    EXPECT_EQ(o.training.epochs, 300);
    EXPECT_EQ(o.training.batch_size, 200);
    EXPECT_EQ(o.training.lr, 1e-3);
    EXPECT_EQ(o.training.weight_decay, 0);
    EXPECT_TRUE(o.training.lr_milestones.empty());
    EXPECT_FALSE(o.gamma);
    EXPECT_EQ(o.network_share, 0.9);
  }
}

TEST(Dasvdd, RunsOnPima) {
  SKIP_WITHOUT_REAL_DATA("tabular");
  const std::filesystem::path file = scratch::real_data("tabular") / "29_Pima.npz";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "needs tabular/29_Pima.npz in $SVDD_DATA";
  const auto task = datasets::one_vs_rest(datasets::load_table(file), {0});
  EXPECT_EQ(task.test.count(), 307);
  auto o = published_dasvdd_options("dasvdd_pima");
  o.input = task.train.shape;
  const double auc = roc_auc(fitted(o, task.train)->score(task.test), task.test_labels);
  EXPECT_GT(auc, 0.6);
  EXPECT_LT(auc, 0.85);
}

}  // namespace dasvdd_test
