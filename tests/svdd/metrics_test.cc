#include "svdd/evaluation/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "engine/random.h"
#include "tests/engine/golden_cases.h"

namespace metrics_test {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();
using Scores = std::vector<float>;
using Labels = std::vector<int32_t>;

std::string message_of(auto&& call) {
  try {
    call();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no std::invalid_argument";
}

struct Sample {
  Scores scores;
  Labels labels;
};

// Anomalies about `shift` higher; `steps` > 0 rounds the scores so that they tie.
Sample random_sample(int n, uint64_t seed, float shift, float steps) {
  const engine::RandomStream stream(seed, "test");
  Sample s;
  for (int i = 0; i < n; ++i) {
    const uint64_t at = static_cast<uint64_t>(i);
    s.labels.push_back(stream.below(3, 2 * at) == 0);
    const float score = stream.normal(2 * at + 1) + shift * static_cast<float>(s.labels.back());
    s.scores.push_back(steps > 0 ? std::round(score * steps) / steps : score);
  }
  return s;
}

double auc_by_pairs(const Sample& s) {
  double wins = 0, pairs = 0;
  for (size_t i = 0; i < s.scores.size(); ++i)
    for (size_t j = 0; j < s.scores.size(); ++j)
      if (s.labels[i] == 1 && s.labels[j] == 0) {
        pairs += 1;
        wins += s.scores[i] > s.scores[j] ? 1 : s.scores[i] == s.scores[j] ? 0.5 : 0;
      }
  return wins / pairs;
}

TEST(Metrics, EqualScikitLearnOnTheGoldenCase) {
  engine_tests::for_golden_names("metrics_", [](const engine_tests::GoldenCase& golden) {
    const auto wide = golden.values("scores");
    const Scores scores(wide.begin(), wide.end());
    const Labels labels = golden.indices("labels");
    EXPECT_NEAR(svdd::roc_auc(scores, labels), golden.value("roc_auc"), 1e-14);
    EXPECT_NEAR(svdd::average_precision(scores, labels), golden.value("average_precision"), 1e-14);
    const auto curve = svdd::roc_curve(scores, labels);
    const auto fpr = golden.values("fpr"), tpr = golden.values("tpr");
    ASSERT_EQ(curve.fpr.size(), fpr.size());
    ASSERT_EQ(curve.tpr.size(), tpr.size());
    ASSERT_EQ(curve.thresholds.size(), fpr.size());
    for (size_t i = 0; i < fpr.size(); ++i) {
      EXPECT_DOUBLE_EQ(curve.fpr[i], fpr[i]) << i;
      EXPECT_DOUBLE_EQ(curve.tpr[i], tpr[i]) << i;
    }
  });
}

TEST(Metrics, KnownAnswersOnSixSamples) {
  //  score   5  4  4  3  2  1        descending; the two 4s tie
  //  label   1  1  0  0  1  0
  const Scores scores = {4, 1, 5, 2, 4, 3};
  const Labels labels = {1, 0, 1, 1, 0, 0};
  const auto curve = svdd::roc_curve(scores, labels);
  EXPECT_EQ(curve.fpr, (std::vector<double>{0, 0, 1. / 3, 2. / 3, 2. / 3, 1}));
  EXPECT_EQ(curve.tpr, (std::vector<double>{0, 1. / 3, 2. / 3, 2. / 3, 1, 1}));
  EXPECT_EQ(curve.thresholds, (std::vector<double>{infinity, 5, 4, 3, 2, 1}));
  EXPECT_DOUBLE_EQ(svdd::roc_auc(scores, labels), (3 + 2.5 + 1) / 9);
  EXPECT_DOUBLE_EQ(svdd::average_precision(scores, labels), (1. + 2. / 3 + 3. / 5) / 3);
  EXPECT_DOUBLE_EQ(svdd::fpr_at_tpr(scores, labels, 0.95), 2. / 3);
  EXPECT_DOUBLE_EQ(svdd::fpr_at_tpr(scores, labels, 0.5), 1. / 3);
  EXPECT_DOUBLE_EQ(svdd::fpr_at_tpr(scores, labels, 1. / 3), 0);
  EXPECT_DOUBLE_EQ(svdd::f1_at(scores, labels, 4),
                   2. / 4);  // 5 alone: a score equal to the threshold is normal
  EXPECT_DOUBLE_EQ(svdd::f1_at(scores, labels, 3.5), 4. / 6);  // 5, 4, 4
  EXPECT_DOUBLE_EQ(svdd::f1_at(scores, labels, 5), 0);
  EXPECT_DOUBLE_EQ(svdd::f1_at(scores, labels, 0), 6. / 9);
  const auto best = svdd::best_f1(scores, labels);
  EXPECT_DOUBLE_EQ(best.f1, 6. / 8);
  EXPECT_EQ(best.threshold, 1);
}

TEST(Metrics, AucEqualsTheCountOverPairs) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const Sample s = random_sample(120, seed, 0.7f, seed % 2 ? 3.0f : 0.0f);
    EXPECT_NEAR(svdd::roc_auc(s.scores, s.labels), auc_by_pairs(s), 1e-14);
  }
}

// Every rate stays within its bounds, and a perfect ranking has exactly 1, for any number of samples: the sum of
// n times 1/n is above 1 for 172 of the n up to 400.
TEST(Metrics, APerfectRankingIsExactlyOne) {
  for (int anomalies = 1; anomalies <= 400; ++anomalies) {
    const int normals = 1 + anomalies % 37;
    Scores scores;
    Labels labels;
    for (int i = 0; i < normals + anomalies; ++i) {
      scores.push_back(static_cast<float>(i));
      labels.push_back(i >= normals);
    }
    EXPECT_EQ(svdd::average_precision(scores, labels), 1) << anomalies;
    EXPECT_EQ(svdd::roc_auc(scores, labels), 1) << anomalies;
    if (anomalies % 40 != 11) continue;  // the bootstrap takes its time
    const svdd::Metrics m = svdd::evaluate(scores, labels, static_cast<double>(normals) - 0.5, 1);
    EXPECT_EQ(*m.average_precision, 1);
    EXPECT_EQ(m.auc_ci95->low, 1);
    EXPECT_EQ(m.auc_ci95->high, 1);
    EXPECT_EQ(*m.fpr95, 0);
    EXPECT_EQ(*m.f1, 1);
    EXPECT_EQ(m.best_f1->f1, 1);
  }
}

TEST(Metrics, RatesStayWithinTheirBounds) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Sample s =
        random_sample(10 + static_cast<int>(seed), seed, static_cast<float>(seed % 9), seed % 3 * 2.0f);
    if (std::count(s.labels.begin(), s.labels.end(), 1) == 0) continue;
    const double ap = svdd::average_precision(s.scores, s.labels), auc = svdd::roc_auc(s.scores, s.labels);
    EXPECT_TRUE(ap > 0 && ap <= 1) << ap;
    EXPECT_TRUE(auc >= 0 && auc <= 1) << auc;
    for (const double rate : svdd::roc_curve(s.scores, s.labels).tpr) EXPECT_TRUE(rate >= 0 && rate <= 1);
    const double f1 = svdd::best_f1(s.scores, s.labels).f1;
    EXPECT_TRUE(f1 > 0 && f1 <= 1) << f1;
    if (seed % 50 > 0) continue;
    const svdd::Interval interval = svdd::auc_ci95(s.scores, s.labels, seed);
    EXPECT_TRUE(0 <= interval.low && interval.low <= interval.high && interval.high <= 1);
  }
}

TEST(Metrics, AucIsTheAreaUnderTheCurve) {
  const Sample s = random_sample(500, 3, 0.5f, 4);
  const auto curve = svdd::roc_curve(s.scores, s.labels);
  double area = 0;
  for (size_t i = 1; i < curve.fpr.size(); ++i)
    area += (curve.fpr[i] - curve.fpr[i - 1]) * (curve.tpr[i] + curve.tpr[i - 1]) / 2;
  EXPECT_NEAR(svdd::roc_auc(s.scores, s.labels), area, 1e-13);
}

TEST(Metrics, OnlyTheOrderOfScoresCounts) {
  const Sample s = random_sample(300, 4, 0.5f, 5);
  Scores tiny = s.scores, huge = s.scores;
  for (float& x : tiny) x *= 1e-36f;
  for (float& x : huge) x = x == *std::max_element(s.scores.begin(), s.scores.end()) ? infinity : x * 1e30f;
  for (const Scores& other : {tiny, huge}) {
    EXPECT_EQ(svdd::roc_auc(other, s.labels), svdd::roc_auc(s.scores, s.labels));
    EXPECT_EQ(svdd::average_precision(other, s.labels), svdd::average_precision(s.scores, s.labels));
    EXPECT_EQ(svdd::fpr_at_tpr(other, s.labels, 0.95), svdd::fpr_at_tpr(s.scores, s.labels, 0.95));
    EXPECT_EQ(svdd::best_f1(other, s.labels).f1, svdd::best_f1(s.scores, s.labels).f1);
    EXPECT_EQ(svdd::auc_ci95(other, s.labels, 1).low, svdd::auc_ci95(s.scores, s.labels, 1).low);
  }
}

TEST(Metrics, TheOrderOfTheRowsDoesNotMatter) {
  const Sample s = random_sample(400, 5, 0.5f, 4);
  Sample shuffled;
  for (const int32_t i : engine::permutation(400, {0, "rows"})) {
    shuffled.scores.push_back(s.scores[static_cast<size_t>(i)]);
    shuffled.labels.push_back(s.labels[static_cast<size_t>(i)]);
  }
  const auto a = svdd::evaluate(s.scores, s.labels, 0.3, 9);
  const auto b = svdd::evaluate(shuffled.scores, shuffled.labels, 0.3, 9);
  EXPECT_EQ(a.auc, b.auc);
  EXPECT_EQ(a.average_precision, b.average_precision);
  EXPECT_EQ(a.auc_ci95->low, b.auc_ci95->low);
  EXPECT_EQ(a.auc_ci95->high, b.auc_ci95->high);
  EXPECT_EQ(a.best_f1->threshold, b.best_f1->threshold);
}

TEST(Metrics, ConstantScoresAreADefinedAnswer) {
  const Scores scores(10, 0.5f);
  const Labels labels = {1, 0, 0, 0, 1, 0, 0, 0, 0, 0};
  EXPECT_EQ(svdd::roc_auc(scores, labels), 0.5);
  EXPECT_EQ(svdd::average_precision(scores, labels), 0.2);
  EXPECT_EQ(svdd::fpr_at_tpr(scores, labels, 0.95), 1);
  const auto best = svdd::best_f1(scores, labels);
  EXPECT_DOUBLE_EQ(best.f1, 4. / 12);
  EXPECT_EQ(svdd::f1_at(scores, labels, best.threshold), best.f1);
  const auto interval = svdd::auc_ci95(scores, labels, 1);
  EXPECT_EQ(interval.low, 0.5);
  EXPECT_EQ(interval.high, 0.5);
  EXPECT_EQ(svdd::distinct_scores(scores), 1);
  EXPECT_EQ(svdd::standard_deviation(scores), 0);
}

TEST(Metrics, PerfectAndInvertedRankings) {
  const Scores scores = {1, 2, 3, 4};
  EXPECT_EQ(svdd::roc_auc(scores, Labels{0, 0, 1, 1}), 1);
  EXPECT_EQ(svdd::average_precision(scores, Labels{0, 0, 1, 1}), 1);
  EXPECT_EQ(svdd::fpr_at_tpr(scores, Labels{0, 0, 1, 1}, 0.95), 0);
  EXPECT_EQ(svdd::best_f1(scores, Labels{0, 0, 1, 1}).f1, 1);
  EXPECT_EQ(svdd::best_f1(scores, Labels{0, 0, 1, 1}).threshold, 2);
  EXPECT_EQ(svdd::roc_auc(scores, Labels{1, 1, 0, 0}), 0);
  EXPECT_EQ(svdd::fpr_at_tpr(scores, Labels{1, 1, 0, 0}, 0.95), 1);
}

TEST(Metrics, Fpr95NeedsNineteenOfTwenty) {  // 19/20 is 0.95 itself, not a hair below
  Scores scores;
  Labels labels;
  for (int i = 0; i < 20; ++i) scores.push_back(static_cast<float>(100 - i)), labels.push_back(1);
  scores.push_back(81.5f), labels.push_back(0);  // between the 19th and the 20th anomaly
  EXPECT_EQ(svdd::fpr_at_tpr(scores, labels, 0.95), 0);
  EXPECT_EQ(svdd::fpr_at_tpr(scores, labels, 0.951), 1);
}

TEST(Metrics, BestF1IsTheBestOfAllThresholds) {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    const Sample s = random_sample(200, seed, 1.0f, 3);
    const auto best = svdd::best_f1(s.scores, s.labels);
    double found = svdd::f1_at(s.scores, s.labels, -100);
    for (const float threshold : s.scores)
      found = std::max(found, svdd::f1_at(s.scores, s.labels, threshold));
    EXPECT_EQ(best.f1, found);
    EXPECT_EQ(svdd::f1_at(s.scores, s.labels, best.threshold), best.f1);
  }
}

TEST(Metrics, BestF1PrefersTheHigherOfEqualThresholds) {  // one of one right, or two of four: both 2/3
  const auto best = svdd::best_f1(Scores{5, 4, 3, 2}, Labels{1, 0, 0, 1});
  EXPECT_DOUBLE_EQ(best.f1, 2. / 3);
  EXPECT_EQ(best.threshold, 4);
}

TEST(Metrics, NegativeZeroIsZero) {
  const auto curve = svdd::roc_curve(Scores{-0.0f, 0.0f, 1}, Labels{0, 1, 1});
  ASSERT_EQ(curve.thresholds.size(), 3u);
  EXPECT_FALSE(std::signbit(curve.thresholds[2]));
}

TEST(Metrics, BestF1NeverNamesAThresholdThatCannotBeMet) {
  const Scores scores = {-infinity, -infinity, 1};
  const auto best = svdd::best_f1(scores, Labels{1, 1, 0});
  EXPECT_EQ(svdd::f1_at(scores, Labels{1, 1, 0}, best.threshold), best.f1);
}

TEST(AucInterval, HasTheWidthThatTheoryGives) {  // Hanley and McNeil 1982, for continuous scores
  const Sample s = random_sample(2000, 11, 1.0f, 0);
  const double auc = svdd::roc_auc(s.scores, s.labels);
  const auto interval = svdd::auc_ci95(s.scores, s.labels, 5);
  const double p = std::accumulate(s.labels.begin(), s.labels.end(), 0.0), n = 2000 - p;
  const double q1 = auc / (2 - auc), q2 = 2 * auc * auc / (1 + auc);
  const double error =
      std::sqrt((auc * (1 - auc) + (p - 1) * (q1 - auc * auc) + (n - 1) * (q2 - auc * auc)) / (p * n));
  EXPECT_LT(interval.low, auc);
  EXPECT_GT(interval.high, auc);
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 * error, 0.15 * 2 * 1.96 * error);
}

TEST(AucInterval, OfVeryManyScoresTakesNoResamples) {
  const Sample s = random_sample(static_cast<int>(svdd::most_resampled) + 1000, 11, 1.0f, 0);
  const double auc = svdd::roc_auc(s.scores, s.labels);
  const auto interval = svdd::auc_ci95(s.scores, s.labels, 5);
  const double p = std::accumulate(s.labels.begin(), s.labels.end(), 0.0),
               n = static_cast<double>(s.labels.size()) - p;
  const double q1 = auc / (2 - auc), q2 = 2 * auc * auc / (1 + auc);
  const double error =
      std::sqrt((auc * (1 - auc) + (p - 1) * (q1 - auc * auc) + (n - 1) * (q2 - auc * auc)) / (p * n));
  EXPECT_LT(interval.low, auc);
  EXPECT_GT(interval.high, auc);
  EXPECT_NEAR(interval.high - interval.low, 2 * 1.96 * error, 0.15 * 2 * 1.96 * error);
  EXPECT_EQ(interval.low, svdd::auc_ci95(s.scores, s.labels, 6).low) << "no draws";

  // Ties, few anomalies, and a perfect ranking: bounds within [0, 1].
  Scores scores(250'000);
  Labels labels(scores.size());
  for (size_t i = 0; i < scores.size(); ++i)
    scores[i] = static_cast<float>(i % 7), labels[i] = i % 50'000 == 3;
  const auto tied = svdd::auc_ci95(scores, labels, 1);
  EXPECT_GE(tied.low, 0);
  EXPECT_LE(tied.high, 1);
  EXPECT_LT(tied.low, svdd::roc_auc(scores, labels));
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<float>(labels[i]);
  const auto perfect = svdd::auc_ci95(scores, labels, 1);
  EXPECT_EQ(perfect.low, 1);
  EXPECT_EQ(perfect.high, 1);
}

TEST(AucInterval, IsDeterminedByTheSeed) {
  const Sample s = random_sample(300, 2, 0.5f, 0);
  const auto a = svdd::auc_ci95(s.scores, s.labels, 1), again = svdd::auc_ci95(s.scores, s.labels, 1);
  EXPECT_EQ(a.low, again.low);
  EXPECT_EQ(a.high, again.high);
  EXPECT_NE(a.low, svdd::auc_ci95(s.scores, s.labels, 2).low);
}

TEST(ScoreSpread, StandardDeviationAndDistinctScores) {
  EXPECT_DOUBLE_EQ(svdd::standard_deviation(Scores{2, 4, 4, 4, 5, 5, 7, 9}), 2);
  EXPECT_EQ(svdd::standard_deviation(Scores{1, infinity}), std::numeric_limits<double>::infinity());
  EXPECT_EQ(svdd::standard_deviation(Scores{3e38f, -3e38f}), static_cast<double>(3e38f));
  EXPECT_EQ(svdd::distinct_scores(Scores{0.0f, -0.0f, 1, 1, 2}), 3);
  EXPECT_EQ(svdd::distinct_scores(Scores{}), 0);
}

TEST(Evaluate, GathersAllMetrics) {
  const Sample s = random_sample(300, 6, 1.0f, 4);
  const auto m = svdd::evaluate(s.scores, s.labels, 0.4, 3);
  EXPECT_EQ(m.normals + m.anomalies, 300);
  EXPECT_EQ(m.anomalies, std::count(s.labels.begin(), s.labels.end(), 1));
  EXPECT_EQ(m.auc, svdd::roc_auc(s.scores, s.labels));
  EXPECT_EQ(m.average_precision, svdd::average_precision(s.scores, s.labels));
  EXPECT_EQ(m.fpr95, svdd::fpr_at_tpr(s.scores, s.labels, 0.95));
  EXPECT_EQ(m.f1, svdd::f1_at(s.scores, s.labels, 0.4));
  EXPECT_EQ(m.best_f1->f1, svdd::best_f1(s.scores, s.labels).f1);
  EXPECT_EQ(m.auc_ci95->high, svdd::auc_ci95(s.scores, s.labels, 3).high);
  EXPECT_EQ(m.score_std, svdd::standard_deviation(s.scores));
  EXPECT_EQ(m.distinct_scores, svdd::distinct_scores(s.scores));
}

TEST(Evaluate, GivesNoAucForOneClass) {
  for (const int32_t label : {0, 1}) {
    const auto m = svdd::evaluate(Scores{1, 2, 2}, Labels(3, label), 1.5, 0);
    EXPECT_FALSE(m.auc || m.average_precision || m.fpr95 || m.auc_ci95 || m.f1 || m.best_f1);
    EXPECT_EQ(label ? m.anomalies : m.normals, 3);
    EXPECT_EQ(m.distinct_scores, 2);
    EXPECT_GT(m.score_std, 0);
    EXPECT_THROW(svdd::roc_auc(Scores{1, 2, 2}, Labels(3, label)), std::invalid_argument);
  }
}

TEST(Metrics, BadInputIsNamed) {
  const auto nan_message = message_of([] { svdd::roc_auc(Scores{1, nan, 2}, Labels{0, 1, 1}); });
  EXPECT_NE(nan_message.find("row 1 is NaN"), std::string::npos) << nan_message;
  const auto label_message = message_of([] { svdd::roc_auc(Scores{1, 2, 3}, Labels{0, 1, 7}); });
  EXPECT_NE(label_message.find("row 2 is 7"), std::string::npos) << label_message;
  const auto size_message = message_of([] { svdd::evaluate(Scores{1, 2}, Labels{0}, 0, 0); });
  EXPECT_NE(size_message.find("2 scores but 1 labels"), std::string::npos) << size_message;
  const auto class_message = message_of([] { svdd::roc_auc(Scores{1, 2}, Labels{0, 0}); });
  EXPECT_NE(class_message.find("all labels are 0"), std::string::npos) << class_message;
  EXPECT_THROW(svdd::evaluate(Scores{}, Labels{}, 0, 0), std::invalid_argument);
  EXPECT_THROW(svdd::evaluate(Scores{1, 2}, Labels{0, 1}, nan, 0), std::invalid_argument);
  EXPECT_THROW(svdd::f1_at(Scores{1, 2}, Labels{0, 1}, nan), std::invalid_argument);
  EXPECT_THROW(svdd::fpr_at_tpr(Scores{1, 2}, Labels{0, 1}, 0), std::invalid_argument);
  EXPECT_THROW(svdd::distinct_scores(Scores{nan}), std::invalid_argument);
  EXPECT_THROW(svdd::standard_deviation(Scores{}), std::invalid_argument);
}

}  // namespace metrics_test
