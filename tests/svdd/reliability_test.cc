#include "svdd/evaluation/reliability.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "engine/random.h"

namespace reliability_test {

using svdd::beta_binomial_interval;
using svdd::Reliability;

// By scipy.stats.betabinom: the least s with P(S <= s) > 0.025, the largest with P(S >= s) > 0.025.
TEST(Reliability, IntervalsOfABetaBinomialCount) {
  using Interval = std::pair<int64_t, int64_t>;
  EXPECT_EQ(beta_binomial_interval(160, 4, 77, 0.95), Interval(1, 19));
  EXPECT_EQ(beta_binomial_interval(50, 1, 19, 0.95), Interval(0, 10));
  EXPECT_EQ(beta_binomial_interval(1, 1, 3, 0.95), Interval(0, 1));
  EXPECT_EQ(beta_binomial_interval(200, 10, 91, 0.95), Interval(8, 36));
  EXPECT_EQ(beta_binomial_interval(1000, 5, 96, 0.95), Interval(15, 102));
  EXPECT_EQ(beta_binomial_interval(7, 0, 3, 0.95), Interval(0, 0));
  EXPECT_EQ(beta_binomial_interval(7, 3, 0, 0.95), Interval(7, 7));
  EXPECT_EQ(beta_binomial_interval(0, 3, 4, 0.95), Interval(0, 0));
  EXPECT_EQ(beta_binomial_interval(100'000, 500, 9'501, 0.95).first / 1000, 4) << "what underflows at first";
  EXPECT_THROW(beta_binomial_interval(-1, 1, 1, 0.95), std::invalid_argument);
  EXPECT_THROW(beta_binomial_interval(1, 0, 0, 0.95), std::invalid_argument);
  EXPECT_THROW(beta_binomial_interval(1, 1, 1, 1), std::invalid_argument);
}

TEST(Reliability, FalseAlarmsByChance) {
  EXPECT_EQ(svdd::false_alarms_by_chance(80, 160, 0.05, 0.95), beta_binomial_interval(160, 4, 77, 0.95));
  EXPECT_EQ(svdd::false_alarms_by_chance(99, 7, 0, 0.95).second, 0);
  const auto [low, high] = svdd::false_alarms_by_chance(300, 100'000, 0.1);
  EXPECT_NEAR(static_cast<double>(low), 6'800, 200) << "a tenth that is asked may well be 6.8 %";
  EXPECT_NEAR(static_cast<double>(high), 13'500, 200) << "or 13.5 %, however many are scored";
  EXPECT_THROW(svdd::false_alarms_by_chance(0, 7, 0.1), std::invalid_argument);
  EXPECT_THROW(svdd::false_alarms_by_chance(9, 7, 1.5), std::invalid_argument);
}

TEST(Reliability, CountsPValuesUpToARate) {
  const std::vector<float> calibration{1, 2, 3, 4}, fresh{0, 2.5f, 4, 9};  // p-values 1, 3/5, 2/5, 1/5
  const std::vector<double> rates{0, 0.2, 0.4, 0.6, 1};
  const std::vector<Reliability> found = svdd::reliability(calibration, fresh, rates);
  ASSERT_EQ(found.size(), rates.size());
  const int64_t seen[] = {0, 1, 2, 3, 4};
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].seen, seen[i]) << rates[i];
    EXPECT_EQ(found[i].samples, 4);
    EXPECT_LE(found[i].low, found[i].high);
  }
  EXPECT_EQ(found[0].high, 0) << "no p-value is 0";
  EXPECT_EQ(found[4].low, 4) << "all are at most 1";
  const std::vector<float> none;
  const std::vector<double> beyond{1.5};
  EXPECT_THROW(svdd::reliability(calibration, none, rates), std::invalid_argument);
  EXPECT_THROW(svdd::reliability(none, fresh, rates), std::invalid_argument);
  EXPECT_THROW(svdd::reliability(calibration, fresh, beyond), std::invalid_argument);
}

// The band holds what chance does in 95 of 100 draws, and one that took the threshold for exact would not.
TEST(Reliability, TheBandHasItsProbability) {
  const engine::RandomStream noise(5, "tests/reliability");
  const std::vector<double> rate{0.1};
  constexpr int draws = 2000, m = 39, n = 100;
  int within = 0;
  for (int draw = 0; draw < draws; ++draw) {
    std::vector<float> calibration, fresh;
    for (int i = 0; i < m + n; ++i)
      (i < m ? calibration : fresh).push_back(noise.normal(static_cast<uint64_t>(draw * (m + n) + i)));
    const Reliability r = svdd::reliability(calibration, fresh, rate)[0];
    within += r.low <= r.seen && r.seen <= r.high;
  }
  EXPECT_GT(within, draws * 94 / 100);
  EXPECT_LT(within, draws * 98 / 100);
}

}  // namespace reliability_test
