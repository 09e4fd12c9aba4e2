#include "svdd/baselines/kernel_svdd.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "svdd/baselines/kernel_width_search.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/model_folder.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/baselines/few_points.h"

namespace kernel_svdd_test {

using namespace svdd;
using datasets::Samples;
using few_points::fitted;
using few_points::places;
using few_points::twelve;

engine::Backend& on() { return *small_runs::backend(); }

// Each point weighs a half: ‖φ(x) − a‖² − R² = 2·(ρ − (K(0, x) + K(2, x))/2), and ρ = (1 + K(0, 2))/2.
TEST(KernelSvdd, TwoPointsByHand) {
  const auto detector = make_kernel_svdd({.nu = 0.9, .gamma = 0.25, .tolerance = 1e-9}, on());
  const Samples two{{1}, {0, 2}};
  const auto scores = fitted(detector, two).score({{1}, {0, 1, 2, 5}});
  const auto expected = [](double x) {
    return 1 + std::exp(-1) - std::exp(-0.25 * x * x) - std::exp(-0.25 * (x - 2) * (x - 2));
  };
  EXPECT_NEAR(scores[0], 0, 1e-6);
  EXPECT_NEAR(scores[1], expected(1), 1e-6);
  EXPECT_NEAR(scores[2], 0, 1e-6);
  EXPECT_NEAR(scores[3], expected(5), 1e-6);
}

// scikit-learn 1.2.1 (libsvm in double): -OneClassSVM(nu, gamma=0.5, tol=1e-12).decision_function · 2/νn.
TEST(KernelSvdd, AgreesWithLibsvm) {
  const std::vector<std::pair<double, std::vector<double>>> known{
      {0.3, {-8.300494e-10, -0.01862893, 0.004514873, 0.5877649, 0.6401535}},
      {0.5, {0.05655242, -0.0302326, 0.04049281, 0.654366, 0.6941309}}};
  for (const auto& [nu, expected] : known) {
    const auto detector = make_kernel_svdd({.nu = nu, .gamma = 0.5, .tolerance = 1e-9}, on());
    const auto scores = fitted(detector, twelve()).score(places());
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(scores[i], expected[i], 1e-6) << nu << ", " << i;
  }
}

TEST(KernelSvdd, AtMostTheShareNuOfTheTrainingDataIsOutside) {
  const Samples train = few_points::gaussian(500, 4, 8);
  for (const double nu : {0.01, 0.1, 0.5, 1.0})
    for (const double gamma : {0.0, 0.01, 5.0}) {  // 5: nearly every point is a support vector on the sphere
      const auto detector = make_kernel_svdd({.nu = nu, .gamma = gamma}, on());
      const auto scores = fitted(detector, train).score(train);
      const auto outside =
          std::count_if(scores.begin(), scores.end(), [&](float s) { return s > detector->threshold(); });
      EXPECT_LE(static_cast<double>(outside), nu * 500) << nu << ", " << gamma;
      EXPECT_GE(detector->threshold(), 0);
      EXPECT_LT(detector->threshold(), 1e-3);
    }
}

// γ = 1 / Σ var: whatever the unit and the origin, the same sphere.
TEST(KernelSvdd, ItsOwnWidthFollowsTheData) {
  Samples scaled = twelve(), places_scaled = places();
  for (float& v : scaled.values) v = v * 8 - 64;
  for (float& v : places_scaled.values) v = v * 8 - 64;
  const auto a = make_kernel_svdd({}, on()), b = make_kernel_svdd({}, on());
  const auto x = fitted(a, twelve()).score(places()), y = fitted(b, scaled).score(places_scaled);
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], y[i], 1e-5);

  const scratch::Folder folder;
  a->save(folder.path());
  const ModelFolder model = read_model_folder(folder.path());
  double variance = 0;
  for (int64_t f = 0; f < 2; ++f) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < 12; ++i) {
      const double v = twelve().sample(i)[f];
      sum += v;
      squares += v * v;
    }
    variance += squares / 12 - sum / 12 * (sum / 12);
  }
  EXPECT_NEAR(numbers(model, "gamma", {1})[0], 1 / variance, 1e-6);
}

TEST(KernelSvdd, ImpossibleOptionsAreNamed) {
  const auto error = [](const KernelSvddOptions& o) {
    return scratch::error_of<std::invalid_argument>([&] { make_kernel_svdd(o, on()); });
  };
  for (const double nu : {0.0, -0.1, 1.5, std::nan("")})
    EXPECT_TRUE(scratch::contains(error({.nu = nu}), "nu is the share"));
  for (const double gamma : {-1.0, 1e300, 1e-300, std::nan("")})
    EXPECT_TRUE(scratch::contains(error({.gamma = gamma}), "gamma, the width"));
  for (const double tolerance : {0.0, -1.0, std::nan("")})
    EXPECT_TRUE(scratch::contains(error({.tolerance = tolerance}), "tolerance"));
  EXPECT_TRUE(scratch::contains(error({.cache_bytes = -1}), "memory"));
  const auto detector = make_kernel_svdd({}, on());
  Monitor silent;
  const Samples equal{{2}, {1, 2, 1, 2, 1, 2}};
  EXPECT_TRUE(scratch::contains(scratch::error_of<std::invalid_argument>([&] {
                                  detector->fit({equal, {}}, silent);
                                }),
                                "are equal"));
}

// ---- the published choice of a width

TEST(KernelWidthSearch, KeepsTheBestOnATenthAndReportsTheRest) {
  EXPECT_EQ(published_kernel_widths().size(), 10u);
  EXPECT_EQ(published_kernel_widths().front(), 1.0 / 1024);
  EXPECT_EQ(published_kernel_widths().back(), 0.5);

  const Samples train = few_points::gaussian(200, 2, 9);
  Samples test = few_points::gaussian(400, 2, 10);  // every other one anomalous: away from the middle
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < 400; ++i) {
    labels.push_back(i % 2);
    if (i % 2 == 1) test.sample(i)[0] += i % 4 == 1 ? 3.0f : -3.0f;
  }
  Monitor silent;
  const std::vector<double> widths{1e3, 0.2, 0.2};
  const auto search = search_kernel_width(train, test, labels, {}, widths, 1, on(), silent);
  ASSERT_EQ(search.candidates.size(), 3u);
  EXPECT_EQ(search.gamma, 0.2);
  EXPECT_GT(search.candidates[1].auc, search.candidates[0].auc);
  EXPECT_EQ(search.candidates[1].auc, search.candidates[2].auc);
  EXPECT_EQ(search.rest.size(), 360u);
  EXPECT_TRUE(std::is_sorted(search.rest.begin(), search.rest.end()));

  const auto scores = search.detector->score(test);
  std::vector<float> rest_scores, tenth_scores;
  std::vector<int32_t> rest_labels, tenth_labels;
  for (int64_t i = 0; i < 400; ++i) {
    const bool rest = std::binary_search(search.rest.begin(), search.rest.end(), i);
    (rest ? rest_scores : tenth_scores).push_back(scores[static_cast<size_t>(i)]);
    (rest ? rest_labels : tenth_labels).push_back(labels[static_cast<size_t>(i)]);
  }
  EXPECT_EQ(search.rest_scores, rest_scores);
  EXPECT_EQ(search.rest_auc, roc_auc(rest_scores, rest_labels));
  EXPECT_EQ(search.candidates[1].auc, roc_auc(tenth_scores, tenth_labels));
  EXPECT_NE(search_kernel_width(train, test, labels, {}, {0.2}, 2, on(), silent).rest, search.rest);

  EXPECT_THROW(search_kernel_width(train, test, labels, {}, {}, 1, on(), silent), std::invalid_argument);
  EXPECT_THROW(search_kernel_width(train, test, {0, 1}, {}, widths, 1, on(), silent), std::invalid_argument);
  EXPECT_THROW(search_kernel_width(train, small_runs::first(test, 9), std::vector<int32_t>(9), {}, widths, 1,
                                   on(), silent),
               std::invalid_argument);
}

}  // namespace kernel_svdd_test
