#include "datasets/preprocessing.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "datasets/idx.h"
#include "datasets/preprocessing_json.h"
#include "tests/datasets/scratch.h"

namespace {

using datasets::Preprocessing, datasets::Samples;
using scratch::contains, scratch::error_of;
using Gcn = Preprocessing::Gcn;

TEST(Gcn, L1DividesByTheMeanDeviation) {
  Samples samples{{4}, {1, 2, 3, 6}};  // mean 3, deviations -2 -1 0 3, mean absolute 1.5
  Preprocessing{Gcn::l1, false}.apply(samples);
  const std::vector<float> expected = {-2 / 1.5f, -1 / 1.5f, 0, 2};
  EXPECT_EQ(samples.values, expected);
}

TEST(Gcn, L2DividesByTheNormOverTheCount) {
  Samples samples{{4}, {1, 3, 1, 3}};  // deviations -1 1 -1 1, norm 2, scale 2/4
  Preprocessing{Gcn::l2, false}.apply(samples);
  EXPECT_EQ(samples.values, (std::vector<float>{-2, 2, -2, 2}));
}

TEST(Gcn, EachSampleForItself) {
  Samples samples{{1, 1, 2}, {0, 1, 100, 300}};
  Preprocessing{Gcn::l1, false}.apply(samples);
  EXPECT_EQ(samples.values, (std::vector<float>{-1, 1, -1, 1}));
}

TEST(Gcn, ConstantSamplesBecomeZeros) {
  for (const Gcn gcn : {Gcn::l1, Gcn::l2})
    for (const float level : {0.0f, 0.1f, 0.4f, 1 / 255.0f, 1e30f, -3.3e-20f}) {
      Samples samples{{3, 17, 19}, std::vector<float>(3 * 17 * 19, level)};
      Preprocessing{gcn, false}.apply(samples);
      for (const float value : samples.values) ASSERT_EQ(value, 0.0f) << "level " << level;
    }
}

TEST(MinMax, MapsTrainingDataOntoTheUnitIntervalAndClipsNothing) {
  const Samples train{{2}, {-1, 3, 0, 7}};
  const Preprocessing preprocessing = Preprocessing::fit(Gcn::none, true, train);
  EXPECT_EQ(preprocessing.min, -1);
  EXPECT_EQ(preprocessing.max, 7);
  Samples test{{2}, {-1, 7, 15, -9}};
  preprocessing.apply(test);
  EXPECT_EQ(test.values, (std::vector<float>{0, 1, 2, -1}));
}

TEST(MinMax, ComesAfterGcn) {
  const Samples train{{4}, {1, 2, 3, 6, 0, 0, 0, 0}};
  const Preprocessing preprocessing = Preprocessing::fit(Gcn::l1, true, train);
  EXPECT_FLOAT_EQ(preprocessing.min, -2 / 1.5f);
  EXPECT_FLOAT_EQ(preprocessing.max, 2);
  Samples copy = train;
  preprocessing.apply(copy);
  EXPECT_EQ(copy.values[0], 0);
  EXPECT_EQ(copy.values[3], 1);
}

TEST(MinMax, ExtremeLimitsDoNotOverflow) {
  const float most = std::numeric_limits<float>::max();
  Samples samples{{3}, {-most, 0, most}};
  Preprocessing::fit(Gcn::none, true, samples).apply(samples);
  EXPECT_EQ(samples.values, (std::vector<float>{0, 0.5f, 1}));
}

TEST(Preprocessing, NothingIsNothing) {
  Samples samples{{3}, {1, 5, 9}};
  const Preprocessing preprocessing = Preprocessing::fit(Gcn::none, false, samples);
  EXPECT_EQ(preprocessing, Preprocessing{});
  preprocessing.apply(samples);
  EXPECT_EQ(samples.values, (std::vector<float>{1, 5, 9}));
}

TEST(Preprocessing, RefusesDataWithoutARange) {
  const auto message = [](Gcn gcn, const Samples& train) {
    return error_of<std::invalid_argument>([&] { Preprocessing::fit(gcn, true, train); });
  };
  EXPECT_TRUE(contains(message(Gcn::none, {{2}, {4, 4, 4, 4}}), "hold only the value 4"));
  EXPECT_TRUE(contains(message(Gcn::l1, {{2}, {4, 4, 5, 5}}), "hold only the value 0"));
  EXPECT_TRUE(contains(message(Gcn::l1, {{2}, {}}), "there are none"));
  EXPECT_TRUE(contains(message(Gcn::none, {{2}, {1, 2, 3, std::nanf("")}}), "row 1"));
}

TEST(PreprocessingJson, RoundTripKeepsTheBits) {
  const Preprocessing written{Gcn::l2, true, -0.88265671f, 9.00154549f};
  const nlohmann::json json = written;
  EXPECT_EQ(json["gcn"], "l2");
  EXPECT_EQ(nlohmann::json::parse(json.dump()).get<Preprocessing>(), written);
  const nlohmann::json nothing = Preprocessing{};
  EXPECT_EQ(nothing.get<Preprocessing>(), Preprocessing{});
}

TEST(PreprocessingJson, RefusesWhatIsNoPreprocessing) {
  const auto message = [](const char* text) {
    return error_of<std::invalid_argument>([&] { nlohmann::json::parse(text).get<Preprocessing>(); });
  };
  EXPECT_TRUE(contains(message("[1]"), "expected a JSON object"));
  EXPECT_TRUE(contains(message(R"({"min_max": true, "min": 0, "max": 1})"), "'gcn'"));
  EXPECT_TRUE(contains(message(R"({"gcn": "l3", "min_max": true, "min": 0, "max": 1})"), "'l3'"));
  EXPECT_TRUE(contains(message(R"({"gcn": "l1", "min_max": 1, "min": 0, "max": 1})"), "'min_max'"));
  EXPECT_TRUE(contains(message(R"({"gcn": "l1", "min_max": true, "max": 1})"), "'min' must be a number"));
  EXPECT_TRUE(contains(message(R"({"gcn": "l1", "min_max": true, "min": null, "max": 1})"),
                       "'min' must be a number"));
  EXPECT_TRUE(
      contains(message(R"({"gcn": "l1", "min_max": true, "min": 0, "max": 1e300})"), "'max' is 1e+300"));
  EXPECT_TRUE(contains(message(R"({"gcn": "l1", "min_max": true, "min": 1, "max": 1})"), "above"));
  EXPECT_TRUE(
      contains(message(R"({"gcn": "l1", "min_max": true, "min": 1, "max": 1.00000000001})"), "above"));
}

// The constants that the authors' PyTorch code carries, per normal digit.
TEST(PreprocessingRealData, MnistLimitsAreThePublishedOnes) {
  SKIP_WITHOUT_REAL_DATA("mnist");
  constexpr std::array<std::array<double, 2>, 10> published = {{{-0.88265671, 9.00154549},
                                                                {-0.66614646, 20.10806226},
                                                                {-0.78204547, 11.66510084},
                                                                {-0.76457721, 12.89505119},
                                                                {-0.72539231, 12.68323570},
                                                                {-0.76985019, 13.10327842},
                                                                {-0.77841822, 10.45783740},
                                                                {-0.71297810, 12.05777760},
                                                                {-0.82804027, 10.58153845},
                                                                {-0.73699592, 10.69703984}}};
  const datasets::Dataset mnist = datasets::load_idx_folder(scratch::real_data("mnist"));
  for (int digit = 0; digit < 10; ++digit) {
    const datasets::OneVsRest task = one_vs_rest(mnist, {digit});
    const Preprocessing preprocessing = Preprocessing::fit(Gcn::l1, true, task.train);
    EXPECT_NEAR(preprocessing.min, published[static_cast<size_t>(digit)][0], 1e-5) << "digit " << digit;
    EXPECT_NEAR(preprocessing.max, published[static_cast<size_t>(digit)][1], 1e-5) << "digit " << digit;
  }
}

}  // namespace
