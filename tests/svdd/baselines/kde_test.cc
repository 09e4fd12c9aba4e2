#include "svdd/baselines/kde.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "tests/datasets/scratch.h"
#include "tests/svdd/baselines/few_points.h"
#include "tests/svdd/details.h"

namespace kde_test {

using namespace svdd;
using datasets::Samples;
using few_points::fitted;
using few_points::places;
using few_points::twelve;

engine::Backend& on() { return *small_runs::backend(); }

constexpr double pi = 3.14159265358979323846;

TEST(Kde, OnePointIsANormalDensity) {
  const auto detector = make_kde({.bandwidth = 0.5}, on());
  const Samples twice{{3}, {1, 2, 3, 1, 2, 3}};  // one point, given twice
  const auto scores = fitted(detector, twice).score({{3}, {1, 2, 3, 2, 2, 3, 1, 0, 6}});
  const double at_the_point = 1.5 * std::log(2 * pi * 0.25);
  EXPECT_NEAR(scores[0], at_the_point, 1e-6);
  EXPECT_NEAR(scores[1], at_the_point + 1 / 0.5, 1e-6);
  EXPECT_NEAR(scores[2], at_the_point + 13 / 0.5, 1e-5);
}

// NumPy in double: log-sum-exp over the twelve points. The last place is 40 units away: no density
// underflows.
TEST(Kde, KnownAnswers) {
  const std::vector<std::pair<double, std::vector<double>>> known{
      {0.5, {2.192845, 1.890115, 3.459171, 11.93054, 3170.061}},
      {2.0, {3.779914, 3.427817, 3.51936, 4.866922, 203.1547}}};
  for (const auto& [h, expected] : known) {
    const auto detector = make_kde({.bandwidth = h}, on());
    const auto scores = fitted(detector, twelve()).score(places());
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(scores[i], expected[i], 1e-6 * std::max(1.0, expected[i])) << h << ", " << i;
  }
}

TEST(Kde, TheBandwidthsOfThePapers) {
  const std::vector<double> ten = published_bandwidths(), twenty = later_bandwidths();
  ASSERT_EQ(ten.size(), 10u);
  ASSERT_EQ(twenty.size(), 20u);
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(ten[i], std::pow(2, 0.5 + 0.5 * static_cast<double>(i)), 1e-14);
    EXPECT_EQ(twenty[i + 10], ten[i]);
  }
  for (size_t i = 0; i < 20; ++i)
    EXPECT_NEAR(twenty[i], std::pow(2, -4.5 + 0.5 * static_cast<double>(i)), 1e-14);
  EXPECT_EQ(twenty[1], 0.0625);
}

// scikit-learn 1.2.1: GridSearchCV(KernelDensity(), cv=5), sums over all folds. Twelve samples: folds of 3,
// 3, 2, 2, 2.
TEST(Kde, CrossValidationAsPublished) {
  const std::vector<double> bandwidths = later_bandwidths();
  const auto densities = held_out_log_density(twelve(), bandwidths, 5, on());
  const std::vector<double> known{-45.0282, -30.9527, -26.8862, -27.7629, -30.9643, -34.6437};
  for (size_t i = 0; i < known.size(); ++i) {
    ASSERT_EQ(densities[i + 4].size(), 12u);
    EXPECT_NEAR(std::accumulate(densities[i + 4].begin(), densities[i + 4].end(), 0.0), known[i], 1e-4);
  }

  // What fit chooses: 2^−1.5, the third of these, and no note about it.
  small_runs::Listener listener;
  const auto chosen = make_kde({.bandwidths = bandwidths}, on()),
             given = make_kde({.bandwidth = bandwidths[6]}, on());
  chosen->fit({twelve(), {}}, listener);
  EXPECT_TRUE(listener.notes.empty());
  EXPECT_EQ(chosen->weights_sha256(), fitted(given, twelve()).weights_sha256());
  EXPECT_EQ(chosen->score(places()), given->score(places()));
  EXPECT_EQ(chosen->training_scores(), given->training_scores());

  // The training scores are those of held-out samples.
  std::vector<float> held_out;
  for (const double l : densities[6]) held_out.push_back(static_cast<float>(-l));
  std::sort(held_out.begin(), held_out.end());
  EXPECT_EQ(chosen->training_scores(), held_out);
}

TEST(Kde, SaysWhenTheBestBandwidthIsTheLastTried) {
  for (const auto& bandwidths : {std::vector<double>{1, 2, 4}, {0.1, 0.2}}) {
    small_runs::Listener listener;
    make_kde({.bandwidths = bandwidths}, on())->fit({twelve(), {}}, listener);
    ASSERT_EQ(listener.notes.size(), 1u);
    EXPECT_TRUE(scratch::contains(listener.notes[0], "a better one may lie beyond"));
  }
}

// A block of rows, a few more, and one: the seams show nowhere.
TEST(Kde, ManyRowsAreScoredAsFew) {
  const Samples train = few_points::gaussian(300, 5, 11), test = few_points::gaussian(193, 5, 12);
  const auto detector = make_kde({.bandwidth = 0.7}, on());
  const auto scores = fitted(detector, train).score(test);
  for (const int64_t i : {0, 95, 96, 97, 191, 192}) {
    double sum = 0;
    for (int64_t j = 0; j < 300; ++j)
      sum += std::exp(-few_points::squared_distance(test.sample(i), train.sample(j), 5) / (2 * 0.49));
    const double expected = -std::log(sum / 300) + 2.5 * std::log(2 * pi * 0.49);
    EXPECT_NEAR(scores[static_cast<size_t>(i)], expected, 1e-5 * expected);
  }
}

TEST(Kde, ImpossibleOptionsAreNamed) {
  const auto error = [](const KdeOptions& o) {
    return scratch::error_of<std::invalid_argument>([&] { make_kde(o, on()); });
  };
  for (const double h : {-1.0, 1e-20, 1e20, std::nan("")}) {
    EXPECT_TRUE(scratch::contains(error({.bandwidth = h}), "a bandwidth must be positive"));
    EXPECT_TRUE(scratch::contains(error({.bandwidths = {1, h}}), "a bandwidth must be positive"));
  }
  EXPECT_TRUE(scratch::contains(error({.bandwidths = {}}), "no bandwidths"));
  EXPECT_TRUE(scratch::contains(error({.folds = 1}), "at least 2 folds"));
  EXPECT_TRUE(scratch::contains(error({.contamination = 1}), "contamination is the share"));
  EXPECT_TRUE(scratch::contains(scratch::error_of<std::invalid_argument>([&] {
                                  held_out_log_density(small_runs::first(twelve(), 4), {1}, 5, on());
                                }),
                                "5-fold cross-validation of 4 samples"));
}

TEST(Kde, FewSamplesAreAFoldEach) {
  Monitor silent;
  for (const int64_t n : {2, 3, 4})
    for (const double bandwidth : {0.0, 1.0}) {
      const auto detector = make_kde({.bandwidth = bandwidth}, on());
      detector->fit({small_runs::first(twelve(), n), {}}, silent);
      EXPECT_EQ(detector->training_scores().size(), static_cast<size_t>(n));
    }
}

// The best of one, two, ... below and above the list, found from either side, and no note about it.
TEST(Kde, WidenedTheSearchGoesOnBeyondTheList) {
  for (const float scale : {0.01f, 1.0f, 300.0f}) {
    Samples scaled = twelve();
    for (float& x : scaled.values) x *= scale;
    small_runs::Listener listener;
    const auto detector = make_kde({.widen = true}, on());
    detector->fit({scaled, {}}, listener);
    EXPECT_TRUE(listener.notes.empty());
    EXPECT_NEAR(details_of(*detector).at("bandwidth").get<double>() / (0.3536 * scale), 1, 0.45) << scale;
  }
  // All duplicates: the smaller the likelier, without end; the search has one, and says so.
  Samples twice = twelve();
  twice.values.insert(twice.values.end(), twelve().values.begin(), twelve().values.end());
  small_runs::Listener listener;
  make_kde({.widen = true}, on())->fit({twice, {}}, listener);
  ASSERT_EQ(listener.notes.size(), 1u);
  EXPECT_TRUE(scratch::contains(listener.notes[0], "is the smallest of those tried (0.000244141 to"));
}

}  // namespace kde_test
