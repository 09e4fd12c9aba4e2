#include "svdd/evaluation/collapse.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/random.h"

namespace collapse_test {

constexpr int64_t samples = 2000, p = 8;

struct Embedding {
  std::vector<float> representations, scores;  // n x p; squared distances to the centre
};

// Representations about `centre` (in every coordinate), `scale` apart, offset by `offset` from the centre.
Embedding embedding(float centre, float scale, float offset = 0) {
  const engine::RandomStream stream(1, "representations");
  Embedding e;
  for (int64_t i = 0; i < samples; ++i) {
    float distance = 0;
    for (int64_t j = 0; j < p; ++j) {
      const float z = centre + offset + scale * stream.normal(static_cast<uint64_t>(i * p + j));
      e.representations.push_back(z);
      distance += (z - centre) * (z - centre);
    }
    e.scores.push_back(distance);
  }
  return e;
}

svdd::Spread spread_of(const Embedding& e) { return svdd::measure_spread(e.scores, e.representations, p); }

std::string warning(const Embedding& start, const Embedding& end) {
  return svdd::collapse_warning(spread_of(start), spread_of(end)).value_or("");
}

TEST(Spread, KnownAnswer) {
  // Coordinates (1, 10), (3, 10), (5, 40): variances 8/3 and 200.
  const auto s =
      svdd::measure_spread(std::vector<float>{1, 2, 2}, std::vector<float>{1, 10, 3, 10, 5, 40}, 2);
  EXPECT_DOUBLE_EQ(s.representation_std, std::sqrt((8. / 3 + 200) / 2));
  EXPECT_DOUBLE_EQ(s.representation_rms, std::sqrt((1 + 100 + 9 + 100 + 25 + 1600) / 6.));
  EXPECT_DOUBLE_EQ(s.score_std, std::sqrt(2. / 9));
  EXPECT_DOUBLE_EQ(s.score_rms, std::sqrt(3.));
  EXPECT_EQ(s.distinct_scores, 2);
}

TEST(Spread, SmallDifferencesBesideALargeMeanSurvive) {
  const auto s = spread_of(embedding(1000, 0.5f));
  EXPECT_NEAR(s.representation_std, 0.5, 0.02);
  EXPECT_NEAR(s.representation_rms, 1000, 1);
}

TEST(Spread, RepresentationsAreOptional) {
  const auto s = svdd::measure_spread(std::vector<float>{1, 3}, {}, 0);
  EXPECT_EQ(s.representation_std, 0);
  EXPECT_EQ(s.representation_rms, 0);
  EXPECT_EQ(s.score_std, 1);
}

TEST(Spread, RefusesBadInput) {
  const std::vector<float> two = {1, 2};
  EXPECT_THROW(svdd::measure_spread({}, {}, 0), std::invalid_argument);
  EXPECT_THROW(svdd::measure_spread(two, two, 2), std::invalid_argument);
  EXPECT_THROW(svdd::measure_spread(two, two, 0), std::invalid_argument);
  EXPECT_THROW(svdd::measure_spread(two, two, -1), std::invalid_argument);
  EXPECT_THROW(svdd::measure_spread(two, std::vector<float>{1, 2, 3}, 1), std::invalid_argument);
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    EXPECT_THROW(svdd::measure_spread(std::vector<float>{1, bad}, two, 1), std::invalid_argument);
    try {
      svdd::measure_spread(two, std::vector<float>{1, 2, bad, 4}, 2);
      FAIL() << "accepted " << bad;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find("row 1"), std::string::npos) << error.what();
    }
  }
}

TEST(CollapseWarning, IsSilentWhileTrainingShrinksTheSphere) {
  for (const float shrink : {1.0f, 10.0f, 50.0f, 200.0f})
    for (const float centre : {0.1f, 1.0f, 3.0f})
      EXPECT_EQ(warning(embedding(centre, 1), embedding(centre, 1 / shrink)), "") << shrink << " " << centre;
}

TEST(CollapseWarning, IsSilentWhenScoresLoseAConstant) {  // soft-boundary: minus the squared radius
  auto start = embedding(1, 1), end = embedding(1, 0.1f);
  for (float& s : end.scores) s -= 0.15f;
  EXPECT_EQ(warning(start, end), "");
}

TEST(CollapseWarning, IsSilentOnDataWithFewDifferentRows) {
  const auto few = [](float scale) {
    Embedding e;
    for (int64_t i = 0; i < samples; ++i)
      for (int64_t j = 0; j <= p; ++j)
        (j == p ? e.scores : e.representations).push_back(scale * static_cast<float>(i % 3));
    return e;
  };
  EXPECT_EQ(warning(few(1), few(0.1f)), "");
}

TEST(CollapseWarning, NamesASingleScore) {
  auto end = embedding(1, 1);
  end.scores.assign(samples, 0.25f);
  const auto text = warning(embedding(1, 1), end);
  EXPECT_NE(text.find("only 1 distinct scores are left of 2000"), std::string::npos) << text;
  EXPECT_NE(text.find("bias"), std::string::npos);
  EXPECT_NE(text.find("weight decay"), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(CollapseWarning, NamesAHandfulOfScores) {
  auto end = embedding(1, 1);
  for (size_t i = 0; i < end.scores.size(); ++i) end.scores[i] = static_cast<float>(i % 19);
  EXPECT_NE(warning(embedding(1, 1), end).find("only 19 distinct scores"), std::string::npos);
  end.scores[0] = 19.5f;  // 20 are 1 % of 2000
  EXPECT_EQ(warning(embedding(1, 1), end), "");
}

TEST(CollapseWarning, SeesAZeroCentreCollapse) {  // every ratio stays, only the scale goes
  const auto text = warning(embedding(0, 1), embedding(0, 1e-9f));
  EXPECT_NE(text.find("spread of the representations fell to 1e-09"), std::string::npos) << text;
}

TEST(CollapseWarning, SeesFloatRoundingWithoutAStart) {
  Embedding end = embedding(0, 1);  // scores differ as rounding makes them
  for (size_t i = 0; i < end.representations.size(); ++i)
    end.representations[i] = 100.0f + 7.6e-6f * static_cast<float>(i % 3);
  svdd::Spread start;
  start.distinct_scores = 2000;
  const auto text = svdd::collapse_warning(start, spread_of(end)).value_or("");
  EXPECT_NE(text.find("float rounding"), std::string::npos) << text;
}

TEST(CollapseWarning, SeesScoresVanishWithoutRepresentations) {
  auto start = svdd::measure_spread(embedding(0, 1).scores, {}, 0);
  auto end = svdd::measure_spread(embedding(0, 1e-4f).scores, {}, 0);
  EXPECT_NE(svdd::collapse_warning(start, end).value_or("").find("spread of the scores fell"),
            std::string::npos);
}

TEST(CollapseWarning, SeesAllSamplesAtOneDistance) {  // as a bounded activation leaves them
  const auto text = warning(embedding(1, 1), embedding(1, 0.01f, 200));
  EXPECT_NE(text.find("relative to their size"), std::string::npos) << text;
}

TEST(EqualSamples, AreSaidToBeEqual) {
  const std::vector<float> equal{1, 2, 1, 2, 1, 2}, differ{1, 2, 1, 2, 1, 2.0000002f};
  const auto said = svdd::equal_samples_warning(equal, 2);
  ASSERT_TRUE(said);
  EXPECT_NE(said->find("all 3 training samples are equal after preprocessing"), std::string::npos) << *said;
  EXPECT_EQ(said->find("bias"), std::string::npos);
  EXPECT_FALSE(svdd::equal_samples_warning(differ, 2));
  EXPECT_FALSE(svdd::equal_samples_warning(equal, 1));
}

std::vector<float> counted(int64_t rows, int64_t size) {
  std::vector<float> values;
  for (int64_t i = 0; i < rows * size; ++i) values.push_back(static_cast<float>(i));
  return values;
}

TEST(EqualScores, OfSamplesThatDifferAreSaid) {
  std::vector<float> scores(100, 0.46f);
  const auto said = svdd::equal_scores_warning(scores, counted(100, 2), 2, "test");
  ASSERT_TRUE(said);
  EXPECT_NE(said->find("all 100 test samples share the score 0.46, though they differ"), std::string::npos)
      << *said;
  for (size_t i = 0; i < 8; ++i) scores[i] = 1.0f + static_cast<float>(i);
  EXPECT_NE(svdd::equal_scores_warning(scores, counted(100, 2), 2, "training")
                .value_or("")
                .find("92 of 100 training samples share"),
            std::string::npos);
}

TEST(EqualScores, AreNoWonderWhereSamplesAreEqualOrFew) {
  std::vector<float> scores(100, 0.46f), rows(200, 1.0f);
  EXPECT_FALSE(svdd::equal_scores_warning(scores, rows, 2, "test")) << "equal samples";
  for (size_t i = 0; i < 60; ++i) rows[i] = static_cast<float>(i);  // 30 of 100 differ
  EXPECT_FALSE(svdd::equal_scores_warning(scores, rows, 2, "test"));
  for (size_t i = 0; i < 20; ++i) scores[i] = static_cast<float>(i);
  EXPECT_FALSE(svdd::equal_scores_warning(scores, counted(100, 2), 2, "test")) << "a fifth is told apart";
  EXPECT_FALSE(svdd::equal_scores_warning(std::vector<float>(4, 1.0f), counted(4, 1), 1, "test"));
  EXPECT_FALSE(svdd::equal_scores_warning({}, {}, 3, "test"));
}

}  // namespace collapse_test
