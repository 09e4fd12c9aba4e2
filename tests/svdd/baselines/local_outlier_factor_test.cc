#include "svdd/baselines/local_outlier_factor.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/svdd/baselines/few_points.h"

namespace local_outlier_factor_test {

using namespace svdd;
using few_points::fitted;

// scikit-learn 1.2.1: LocalOutlierFactor(n_neighbors=k, novelty=True), −score_samples(places), −negative_outlier_factor_.
TEST(LocalOutlierFactor, KnownAnswers) {
  struct Known {
    int64_t k;
    std::vector<double> scores, training;
  };
  const std::vector<Known> known{{3,
                                  {1, 1, 1.55082622, 3.73832168, 65.8999402},
                                  {1.81076478, 0.916666667, 1.0997074, 1.49641757, 1, 1.0997074, 1.16114405,
                                   0.846500353, 1.81076478, 0.916666667, 1.0997074, 1.81076478}},
                                 {5,
                                  {1.27828412, 0.850830867, 1.08324794, 2.12436057, 27.5273648},
                                  {1.38922298, 0.992236601, 1.0237641, 1.08360204, 0.902547117, 1.11441489,
                                   0.992236601, 1.03494292, 1.28768076, 0.982531395, 1.03494292, 1.2531707}}};
  for (Known expected : known) {
    const auto detector = make_local_outlier_factor({.neighbours = expected.k}, *small_runs::backend());
    const auto scores = fitted(detector, few_points::twelve()).score(few_points::places());
    for (size_t i = 0; i < scores.size(); ++i)
      EXPECT_NEAR(scores[i], expected.scores[i], 2e-6 * expected.scores[i]) << expected.k << ", " << i;
    std::sort(expected.training.begin(), expected.training.end());
    for (size_t i = 0; i < expected.training.size(); ++i)
      EXPECT_NEAR(detector->training_scores()[i], expected.training[i], 2e-6) << expected.k << ", " << i;
  }
}

// More than k on one place have no distance to their neighbours, and still a density.
TEST(LocalOutlierFactor, SamplesOnOneAnother) {
  const auto detector = make_local_outlier_factor({.neighbours = 2}, *small_runs::backend());
  fitted(detector, {{1}, {5, 5, 5, 5, 6, 8}});
  const auto scores = detector->score({{1}, {5, 5.5f, 1e30f}});
  EXPECT_EQ(scores[0], 1);
  for (const float s : scores) EXPECT_TRUE(std::isfinite(s));
  EXPECT_GT(scores[1], 1e6f);
  EXPECT_GT(scores[2], scores[1]);
}

// A cluster ten times as wide as another: what lies just outside the narrow one is found, what lies in the wide one is not.
TEST(LocalOutlierFactor, GoesByTheDensityNearby) {
  datasets::Samples train = few_points::gaussian(200, 2, 8);
  for (int64_t i = 0; i < 100; ++i)
    for (int f = 0; f < 2; ++f) train.sample(i)[f] = 100 + 10 * train.sample(i)[f];
  const auto detector = make_local_outlier_factor({}, *small_runs::backend());
  const auto scores = fitted(detector, train).score({{2}, {6, 6, 106, 106}});
  EXPECT_GT(scores[0], 2);
  EXPECT_LT(scores[1], 1.3);
}

}  // namespace local_outlier_factor_test
