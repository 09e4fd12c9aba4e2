#include "svdd/evaluation/drift.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/random.h"
#include "tests/datasets/scratch.h"

namespace drift_test {

using svdd::DriftAlarm;

std::vector<float> normals(int64_t n, uint64_t seed, float mean = 0) {
  const engine::RandomStream draws(seed, "tests/drift");
  std::vector<float> values;
  for (int64_t i = 0; i < n; ++i) values.push_back(mean + draws.normal(static_cast<uint64_t>(i)));
  return values;
}

// Ville's inequality, at α = 0.05: of 400 streams of 400 samples at most 20 are expected to ring, 34 with probability 0.999.
TEST(DriftAlarm, SeldomRingsWithoutDrift) {
  int rang = 0;
  for (uint64_t stream = 0; stream < 400; ++stream) {
    const std::vector<float> all = normals(500, 100 + stream);
    DriftAlarm alarm({all.begin(), all.begin() + 100}, 0.05, stream);
    for (size_t i = 100; i < all.size(); ++i) alarm.see(all[i]);
    rang += alarm.rang_at().has_value();
    EXPECT_EQ(alarm.seen(), 400);
  }
  EXPECT_LE(rang, 34);
}

TEST(DriftAlarm, RingsWhenScoresMove) {
  for (const float mean : {0.5f, -0.5f, 3.0f}) {
    DriftAlarm alarm(normals(500, 1), 0.01);
    for (const float score : normals(200, 2)) alarm.see(score);
    EXPECT_FALSE(alarm.rang_at());
    for (const float score : normals(1000, 3, mean)) alarm.see(score);
    ASSERT_TRUE(alarm.rang_at()) << mean;
    EXPECT_GE(*alarm.rang_at(), 200);
    EXPECT_LT(*alarm.rang_at(), std::fabs(mean) > 1 ? 240 : 700) << mean;
    EXPECT_GE(alarm.log10_highest(), 2);
  }
}

// Scores that are all equal tell nothing: ties are broken by chance.
TEST(DriftAlarm, TiesTellNothing) {
  DriftAlarm alarm(std::vector<float>(30, 1.0f), 0.01);
  for (int i = 0; i < 3000; ++i) alarm.see(1);
  EXPECT_FALSE(alarm.rang_at());
}

// By hand: of three scores below it and none above, p = u / 4.
TEST(DriftAlarm, OneStepByHand) {
  DriftAlarm alarm({1, 2, 3}, 0.01, 7);
  alarm.see(4);
  const double p = engine::RandomStream(7, "drift/ties").uniform(0) / 4.0;
  const double capital = ((1 - (p - 0.5)) + 1 + (1 + (p - 0.5))) / 3;
  EXPECT_NEAR(alarm.log10_capital(), std::log10(capital), 1e-12);
  alarm.see(0);
  const double q = (4 + static_cast<double>(engine::RandomStream(7, "drift/ties").uniform(1))) / 5;
  const double low = (0.99 * (1 - (p - 0.5)) / 3 + 0.01 / 3) * (1 - (q - 0.5)), none = (0.99 / 3 + 0.01 / 3),
               high = (0.99 * (1 + (p - 0.5)) / 3 + 0.01 / 3) * (1 + (q - 0.5));
  EXPECT_NEAR(alarm.log10_capital(), std::log10(low + none + high), 1e-12);
}

TEST(DriftAlarm, WhatCannotBeIsRefused) {
  EXPECT_THROW(DriftAlarm({}, 0.01), std::invalid_argument);
  EXPECT_THROW(DriftAlarm({1}, 0), std::invalid_argument);
  EXPECT_THROW(DriftAlarm({std::nanf("")}, 0.01), std::invalid_argument);
  DriftAlarm alarm({1}, 0.01);
  EXPECT_THROW(alarm.see(std::nanf("")), std::invalid_argument);
}

}  // namespace drift_test
