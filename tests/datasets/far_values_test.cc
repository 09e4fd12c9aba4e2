// Values that swallow the scale of their column.
#include "datasets/far_values.h"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using datasets::far_values, datasets::FarValues, datasets::Samples;

// A column of scattered values about 0, of which the first `count` are `value`.
Samples column(float value, int count, int rows = 100) {
  Samples samples{{1}, {}};
  for (int i = 0; i < rows; ++i)
    samples.values.push_back(i < count ? value : static_cast<float>(std::sin(12.9898 * i)));
  return samples;
}

TEST(FarValues, CodesOfMissingValuesAreFound) {
  for (const float value : {1e12f, 1e30f, 3.4e38f, -9999.0f, -3.4e38f}) {
    const std::vector<FarValues> found = far_values(column(value, 3));
    ASSERT_EQ(found.size(), 1u) << value;
    EXPECT_EQ(found[0].column, 0);
    EXPECT_EQ(found[0].value, value);
    EXPECT_EQ(found[0].rows, 3);
    EXPECT_TRUE(found[0].same);
    EXPECT_LT(found[0].high, 1.0f);
    EXPECT_GT(found[0].low, -1.0f);
    EXPECT_NEAR(found[0].share, 2 / std::abs(static_cast<double>(value)), 0.1 / std::abs(value));
  }
  EXPECT_EQ(far_values(column(1e12f, 30)).size(), 1u);
  EXPECT_EQ(far_values(column(1e12f, 1)).size(), 1u) << "a slip";
}

TEST(FarValues, OfSeveralKindsAreFound) {
  Samples samples = column(1e12f, 3);
  samples.values[1] = 1e30f;
  samples.values[2] = -1e9f;
  const std::vector<FarValues> found = far_values(samples);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].value, 1e30f);
  EXPECT_EQ(found[0].rows, 3);
  EXPECT_FALSE(found[0].same);
}

TEST(FarValues, EachColumnIsLookedAtAlone) {
  Samples samples{{2}, {}};
  for (int i = 0; i < 50; ++i) {
    samples.values.push_back(static_cast<float>(std::sin(i)));
    samples.values.push_back(i % 10 == 3 ? 1e12f : static_cast<float>(i));
  }
  const std::vector<FarValues> found = far_values(samples);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].column, 1);
  EXPECT_EQ(found[0].rows, 5);
}

TEST(FarValues, OrdinaryColumnsHaveNone) {
  EXPECT_TRUE(far_values(column(0, 0)).empty());
  EXPECT_TRUE(far_values(column(50, 3)).empty()) << "plain outliers";
  EXPECT_TRUE(far_values(column(500, 1)).empty());
  EXPECT_TRUE(far_values(column(1e12f, 50)).empty()) << "two groups of values";
  EXPECT_TRUE(far_values(column(1e12f, 100)).empty()) << "constant";
  Samples sparse{{1}, std::vector<float>(100, 0.0f)};
  sparse.values[7] = 1e6f;
  EXPECT_TRUE(far_values(sparse).empty()) << "the others are equal";
  Samples powers{{1}, {}};  // heavy-tailed
  for (int i = 0; i < 60; ++i) powers.values.push_back(static_cast<float>(std::exp(i * 0.7)));
  EXPECT_TRUE(far_values(powers).empty());
  EXPECT_TRUE(far_values(Samples{{1}, {1, 2}}).empty());
  EXPECT_TRUE(far_values(Samples{{3}, {}}).empty());
}

}  // namespace
