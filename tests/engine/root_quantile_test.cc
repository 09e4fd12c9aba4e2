// The quantile that becomes the radius of the soft boundary: known answers of numpy.quantile, and its edges.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/engine/platforms.h"

namespace root_quantile_test {

using namespace engine;

class RootQuantile : public engine_tests::OnEachPlatform {
 protected:
  double of(const std::vector<double>& squares, double q) {
    Array result = plain({1}, {-1.0});
    on_->root_quantile(samples({static_cast<int64_t>(squares.size())}, squares), q, result);
    return result.item();
  }
};

TEST_P(RootQuantile, InterpolatesBetweenNeighbours) {
  const std::vector<double> squares{16, 0, 4, 1, 9};  // roots 0 … 4 in disorder
  EXPECT_EQ(of(squares, 0), 0);
  EXPECT_EQ(of(squares, 0.25), 1);
  EXPECT_EQ(of(squares, 0.5), 2);
  EXPECT_NEAR(of(squares, 0.9), 3.6, 1e-6);
  EXPECT_NEAR(of(squares, 0.01), 0.04, 1e-6);
  EXPECT_EQ(of(squares, 1), 4);
}

TEST_P(RootQuantile, InterpolatesRootsNotSquares) { EXPECT_NEAR(of({0, 1, 81}, 0.75), 5, 1e-6); }

TEST_P(RootQuantile, OfOneScoreIsItsRoot) {
  for (const double q : {0.0, 0.3, 1.0}) EXPECT_EQ(of({6.25}, q), 2.5);
}

TEST_P(RootQuantile, OfManyScores) {
  std::vector<double> squares(1000);
  for (size_t i = 0; i < squares.size(); ++i) {
    const auto root = static_cast<double>(i * 7 % 1000);
    squares[i] = root * root;
  }
  EXPECT_NEAR(of(squares, 0.9), 899.1, 1e-3);
}

TEST_P(RootQuantile, RoundingBelowZeroCountsAsZero) {
  EXPECT_EQ(of({-1e-7, 4}, 0), 0);
  EXPECT_EQ(of({-1e-7, 4}, 0.5), 1);
}

TEST_P(RootQuantile, NaNsAreTheLargest) {  // a training that diverged must show, not crash
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> squares(100, nan);
  EXPECT_TRUE(std::isnan(of(squares, 0.5)));
  for (size_t i = 0; i < 50; ++i) squares[2 * i] = 9;
  EXPECT_EQ(of(squares, 0.25), 3);
  EXPECT_TRUE(std::isnan(of(squares, 0.9)));
}

INSTANTIATE_TEST_SUITE_P(Platforms, RootQuantile, testing::ValuesIn(engine_tests::platforms()),
                         engine_tests::platform_name);

}  // namespace root_quantile_test
