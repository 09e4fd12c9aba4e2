#include "svdd/evaluation/threshold.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace threshold_test {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

std::string message_of(auto&& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no std::invalid_argument";
}

TEST(Quantile, InterpolatesBetweenOrderStatistics) {
  const std::vector<float> values = {4, 1, 3, 2};  // numpy.quantile's answers
  EXPECT_EQ(svdd::quantile(values, 0), 1);
  EXPECT_EQ(svdd::quantile(values, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(svdd::quantile(values, 0.9), 3.7);
  EXPECT_DOUBLE_EQ(svdd::quantile(values, 0.05), 1.15);
  EXPECT_EQ(svdd::quantile(values, 1), 4);
}

TEST(Quantile, IsExactAtOrderStatistics) {
  const std::vector<double> values = {0.1, 0.7, 0.3, 1e300, -1e300};
  EXPECT_EQ(svdd::quantile(values, 0.25), 0.1);
  EXPECT_EQ(svdd::quantile(values, 0.5), 0.3);
  EXPECT_EQ(svdd::quantile(values, 0.75), 0.7);
}

TEST(Quantile, OfOneValueOrEqualValuesIsThatValue) {
  for (const double q : {0.0, 0.3, 1.0}) {
    EXPECT_EQ(svdd::quantile(std::vector<float>{7}, q), 7);
    EXPECT_EQ(svdd::quantile(std::vector<float>(5, 0.1f), q), 0.1f);
    EXPECT_EQ(svdd::quantile(std::vector<float>(4, infinity), q), infinity);
  }
}

// Rounding must not carry a share above 1, or a quantile out of its gap.
TEST(Quantile, LiesBetweenItsNeighbours) {
  for (int i = 1; i < 400; ++i) {
    const double low = 1.0 / i, high = 1;
    for (const double q : {1e-17, 0.025, 1.0 / 3, 0.975, 1 - 1e-16}) {
      const double value = svdd::quantile(std::vector<double>{low, high}, q);
      EXPECT_TRUE(low <= value && value <= high) << low << ' ' << q;
    }
  }
  const std::vector<double> wide{-1.7e308, 1.7e308};
  EXPECT_LE(svdd::quantile(wide, 0.5), 1.7e308);
  EXPECT_EQ(svdd::quantile(std::vector<float>{-infinity, 1}, 0.5), -infinity);
  EXPECT_EQ(svdd::quantile(std::vector<float>{1, infinity}, 0.5), infinity);
}

TEST(Quantile, RefusesWhatHasNone) {
  EXPECT_THROW(svdd::quantile(std::vector<float>{}, 0.5), std::invalid_argument);
  EXPECT_THROW(svdd::quantile(std::vector<float>{1}, -0.1), std::invalid_argument);
  EXPECT_THROW(svdd::quantile(std::vector<float>{1}, 1.1), std::invalid_argument);
  EXPECT_THROW(svdd::quantile(std::vector<float>{1}, nan), std::invalid_argument);
  const auto message = message_of([] { svdd::quantile(std::vector<float>{1, 2, nan}, 0.5); });
  EXPECT_NE(message.find("row 2 is NaN"), std::string::npos) << message;
}

TEST(ContaminationThreshold, LeavesThatShareAbove) {
  std::vector<float> scores;
  for (int i = 0; i < 1000; ++i) scores.push_back(static_cast<float>((i * 37) % 1000));
  const double threshold = svdd::contamination_threshold(scores, 0.1);
  EXPECT_DOUBLE_EQ(threshold, 899.1);
  int above = 0;
  for (const float s : scores) above += s > threshold;
  EXPECT_EQ(above, 100);
  EXPECT_EQ(svdd::contamination_threshold(scores, 0), 999);  // none above
  EXPECT_THROW(svdd::contamination_threshold(scores, 1.5), std::invalid_argument);
}

TEST(ConformalThreshold, IsWhereThePValueIsTheRate) {
  std::vector<float> scores;
  for (int i = 0; i < 99; ++i) scores.push_back(static_cast<float>(i * 37 % 99));
  const svdd::PValues p(scores);
  for (const double rate : {0.01, 0.02, 0.05, 0.1, 0.5}) {
    const double threshold = svdd::conformal_threshold(scores, rate);
    EXPECT_EQ(threshold, 99 - std::round(100 * rate))
        << rate;  // of 99 scores 0 to 98 the 100·rate-th largest
    for (float s = -1; s < 101; s += 0.5f)
      EXPECT_EQ(static_cast<double>(s) > threshold, p(s) <= rate + 1e-12) << rate << ", " << s;
  }
  EXPECT_EQ(svdd::samples_for_rate(0.01), 99);
  EXPECT_EQ(svdd::samples_for_rate(0.05), 19);
  EXPECT_EQ(svdd::samples_for_rate(0.3), 3);
  const auto message = message_of([&] { svdd::conformal_threshold(scores, 0.005); });
  EXPECT_NE(message.find("takes 199 normal samples that were not trained on; there are 99"),
            std::string::npos)
      << message;
  for (const double rate : {0.0, 1.0, -1.0, std::nan("")})
    EXPECT_THROW(svdd::conformal_threshold(scores, rate), std::invalid_argument);
}

// With ties fewer lie above, never more.
TEST(ConformalThreshold, TiesAreOnTheSafeSide) {
  const std::vector<float> scores(40, 2.0f);
  EXPECT_EQ(svdd::conformal_threshold(scores, 0.1), 2);
}

// statsmodels' multipletests(…, method="fdr_bh") and the paper's own example (Benjamini and Hochberg 1995, section 3.2).
TEST(BenjaminiHochberg, TheExampleOfThePaper) {
  const std::vector<double> p{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                              0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0};
  const std::vector<bool> found = svdd::benjamini_hochberg(p, 0.05);
  for (size_t i = 0; i < p.size(); ++i) EXPECT_EQ(found[i], i < 4) << i;
  EXPECT_EQ(svdd::benjamini_hochberg(std::vector<double>{0.04, 0.03}, 0.05), (std::vector<bool>{true, true}));
  EXPECT_EQ(svdd::benjamini_hochberg(std::vector<double>{0.6}, 0.05), std::vector<bool>{false});
  EXPECT_TRUE(svdd::benjamini_hochberg({}, 0.05).empty());
  EXPECT_THROW(svdd::benjamini_hochberg(p, 0), std::invalid_argument);
  EXPECT_THROW(svdd::benjamini_hochberg(std::vector<double>{1.5}, 0.1), std::invalid_argument);
}

TEST(PValues, CountsNormalScoresAtOrAbove) {
  const svdd::PValues p({3, 1, 2, 2});
  EXPECT_DOUBLE_EQ(p(0), 1.0);
  EXPECT_DOUBLE_EQ(p(1), 1.0);
  EXPECT_DOUBLE_EQ(p(1.5f), 4.0 / 5);
  EXPECT_DOUBLE_EQ(p(2), 4.0 / 5);  // ties count
  EXPECT_DOUBLE_EQ(p(3), 2.0 / 5);
  EXPECT_DOUBLE_EQ(p(3.5f), 1.0 / 5);
  EXPECT_DOUBLE_EQ(p(infinity), 1.0 / 5);
}

TEST(PValues, RefusesNoScoresAndNaN) {
  EXPECT_THROW(svdd::PValues({}), std::invalid_argument);
  const auto message = message_of([] { svdd::PValues({1, nan}); });
  EXPECT_NE(message.find("row 1 is NaN"), std::string::npos) << message;
  EXPECT_THROW(svdd::PValues({1.0f})(nan), std::invalid_argument);
}

}  // namespace threshold_test
