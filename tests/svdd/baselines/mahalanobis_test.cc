#include "svdd/baselines/mahalanobis.h"

#include <gtest/gtest.h>

#include "tests/datasets/scratch.h"
#include "tests/svdd/baselines/few_points.h"
#include "tests/svdd/details.h"

namespace mahalanobis_test {

using namespace svdd;
using few_points::fitted;

// scikit-learn 1.2.1: LedoitWolf().fit(…).mahalanobis(places).
TEST(Mahalanobis, KnownAnswers) {
  const auto detector = make_mahalanobis({});
  const auto scores = fitted(detector, few_points::forty()).score(few_points::places_in_space());
  const double expected[] = {4.85481156, 0.284608311, 21.1526957, 4.99997524, 2554.96651};
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(scores[i], expected[i], 1e-5 * expected[i]) << i;
  EXPECT_NEAR(details_of(*detector)["shrinkage"].get<double>(), 0.05840741696299973, 1e-9);
  // Few samples in no direction: a ball, whose width is the mean variance.
  const auto ball = make_mahalanobis({});
  const auto of_twelve = fitted(ball, few_points::twelve()).score(few_points::places());
  EXPECT_EQ(details_of(*ball)["shrinkage"], 1);
  const double around[] = {4.2527502, 0.157231017, 1.14891334, 17.5438691, 2036.55755};
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(of_twelve[i], around[i], 1e-5 * around[i]) << i;
}

// Features that are copies of one another, constant ones, more features than samples: there is an inverse.
TEST(Mahalanobis, WhereTheCovarianceHasNoInverse) {
  datasets::Samples copies{{3}, {}}, few = few_points::gaussian(10, 60, 3);
  for (int i = 0; i < 50; ++i) {
    const auto x = static_cast<float>(i * 7 % 50);
    copies.values.insert(copies.values.end(), {x, x, 4});
  }
  const auto of_copies = make_mahalanobis({});
  const auto scores = fitted(of_copies, copies).score({{3}, {25, 25, 4, 25, 20, 4, 25, 25, 5}});
  EXPECT_LT(scores[0], 1);
  EXPECT_GT(scores[1], 3);  // the two differ, which they never did
  EXPECT_GT(scores[2], 100 * scores[0] + 0.1);
  const auto of_few = make_mahalanobis({});
  for (const float s : fitted(of_few, few).score(few)) EXPECT_TRUE(std::isfinite(s) && s > 0);
}

TEST(Mahalanobis, EqualSamplesHaveNoScale) {
  const auto detector = make_mahalanobis({});
  fitted(detector, {{2}, {1, 2, 1, 2, 1, 2}});
  EXPECT_EQ(detector->score({{2}, {1, 2, 4, 6}}), (std::vector<float>{0, 25}));
  EXPECT_TRUE(detector->collapse_warning());
}

TEST(Mahalanobis, RowsThatAreTooLongAreRefused) {
  const auto detector = make_mahalanobis({});
  EXPECT_TRUE(scratch::contains(
      scratch::error_of<std::invalid_argument>([&] { fitted(detector, few_points::gaussian(2, 4097, 1)); }),
      "at most 4096 features"));
}

}  // namespace mahalanobis_test
