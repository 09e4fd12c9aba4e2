#include "datasets/preprocessing.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "datasets/idx.h"
#include "datasets/preprocessing_json.h"
#include "engine/random.h"
#include "tests/datasets/scratch.h"
#include "tests/engine/golden_cases.h"

namespace {

using datasets::Preprocessing, datasets::PreprocessingOptions, datasets::Samples;
using scratch::contains, scratch::error_of;
using Gcn = Preprocessing::Gcn;
using PerFeature = Preprocessing::PerFeature;

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

TEST(PerFeature, MinMaxOfEachColumn) {
  const Samples train{{3}, {1, 5, 7, 3, 5, 5}};
  PreprocessingOptions options;
  options.per_feature = PerFeature::min_max;
  const Preprocessing fitted = Preprocessing::fit(options, train);
  Samples test{{3}, {1, 5, 7, 3, 9, 8}};
  fitted.apply(test);
  // A constant column is 0 in training, and shows any other value; nothing is clipped.
  EXPECT_EQ(test.values, (std::vector<float>{0, 0, 1, 1, 4, 1.5f}));
}

TEST(PerFeature, StandardisesByThePopulation) {
  const Samples train{{2}, {1, 0.1f, 3, 0.1f, 5, 0.1f, 7, 0.1f}};  // mean 4, variance 5
  PreprocessingOptions options;
  options.per_feature = PerFeature::standard;
  const Preprocessing fitted = Preprocessing::fit(options, train);
  EXPECT_EQ(fitted.offset[0], 4);
  EXPECT_FLOAT_EQ(fitted.scale[0], std::sqrt(5.0f));
  EXPECT_EQ(fitted.scale[1], 0.1f) << "of a constant feature its own size, at most 1";
  Samples test{{2}, {4, 0.1f, 9, 77}};
  fitted.apply(test);
  EXPECT_EQ(test.values[0], 0);
  EXPECT_FLOAT_EQ(test.values[2], std::sqrt(5.0f));
  EXPECT_EQ(test.values[1], 0);
  EXPECT_FLOAT_EQ(test.values[3], 769);
  Samples other{{3}, {1, 2, 3}};
  EXPECT_TRUE(
      contains(error_of([&] { fitted.apply(other); }), "shape 3 do not fit a preprocessing of 2 features"));
}

TEST(PerFeature, ShowsADifferenceFromAConstant) {
  PreprocessingOptions options;
  options.per_feature = PerFeature::standard;
  const Samples train{{4}, {0, 3, 0.001f, 101325, 0, 3, 0.001f, 101325}};
  const Preprocessing fitted = Preprocessing::fit(options, train);
  Samples same = train, other{{4}, {1, 9, 0.002f, 101326}};
  fitted.apply(same);
  EXPECT_EQ(same.values, std::vector<float>(8, 0.0f));
  fitted.apply(other);
  for (size_t j = 0; j < 4; ++j) EXPECT_GE(other.values[j], 1) << j;

  Preprocessing earlier = fitted;  // as models of earlier versions have it
  earlier.scale.assign(4, 0);
  earlier.apply(other);
  EXPECT_EQ(other.values, std::vector<float>(4, 0.0f));
}

TEST(PerFeature, RefusesWhatCannotBe) {
  PreprocessingOptions options;
  options.per_feature = PerFeature::min_max;
  const float most = std::numeric_limits<float>::max();
  const auto message = [&](const Samples& train) {
    return error_of<std::invalid_argument>([&] { Preprocessing::fit(options, train); });
  };
  EXPECT_TRUE(contains(message({{1}, {-most, most}}), "beyond single precision"));
  EXPECT_TRUE(contains(message({{1}, {}}), "there are none"));
  options.min_max = true;
  EXPECT_TRUE(contains(message({{1}, {1, 2}}), "choose one of them"));
}

// Twelve samples of shape {1, 2, 3}, none of them constant.
Samples small_images() {
  Samples samples{{1, 2, 3}, {}};
  for (int i = 0; i < 72; ++i) samples.values.push_back(static_cast<float>((i * i * 7 + i) % 23) / 23.0f);
  return samples;
}

TEST(Preprocessing, StepsComeInThePublishedOrder) {
  PreprocessingOptions options;
  options.gcn = Gcn::l1;
  options.zca = true;
  options.min_max = true;
  options.pca = 0.9;
  const Samples train = small_images();
  const Preprocessing fitted = Preprocessing::fit(options, train);
  Samples by_hand = train;
  Preprocessing{Gcn::l1}.apply(by_hand);
  by_hand = datasets::zca_whitening(by_hand).apply(by_hand, by_hand.shape);
  Preprocessing::fit(Gcn::none, true, by_hand).apply(by_hand);
  by_hand = datasets::Pca::fit(by_hand).keep(0.9).apply(by_hand);
  Samples applied = train;
  fitted.apply(applied);
  EXPECT_EQ(applied.shape, by_hand.shape);
  EXPECT_LT(applied.size(), 6);
  EXPECT_EQ(applied.values, by_hand.values);
  EXPECT_EQ(fitted.outputs(6), applied.size());
}

TEST(Preprocessing, OutputsRefusesSamplesOfAnotherSize) {
  EXPECT_EQ(Preprocessing{Gcn::l1}.outputs(5), 5) << "contrast is normalised at any size";
  for (int step = 0; step < 3; ++step) {
    PreprocessingOptions options;
    options.zca = step == 0;
    options.pca = step == 1 ? 0.8 : 0;
    options.per_feature = step == 2 ? PerFeature::standard : PerFeature::none;
    const Preprocessing fitted = Preprocessing::fit(options, small_images());
    EXPECT_TRUE(contains(error_of<std::invalid_argument>([&] { fitted.outputs(5); }),
                         "is for samples of 6 values, but these have 5"))
        << step;
  }
}

TEST(PreprocessingTensors, RoundTripKeepsTheBits) {
  const Samples train = small_images();
  for (int steps = 0; steps < 12; ++steps) {
    PreprocessingOptions options;
    options.zca = steps & 1;
    options.pca = steps & 2 ? 0.8 : 0;
    options.per_feature = static_cast<PerFeature>(steps / 4);
    const Preprocessing written = Preprocessing::fit(options, train);
    auto read = nlohmann::json::parse(nlohmann::json(written).dump()).get<Preprocessing>();
    datasets::NamedArrays arrays = tensors(written);
    arrays.emplace_back("encoder.weight", engine::NdArray::from({1}, std::vector<float>{1}));
    take_tensors(arrays, read);
    EXPECT_EQ(read, written) << steps;
  }
  EXPECT_TRUE(tensors(Preprocessing::fit(Gcn::l1, true, train)).empty());
}

TEST(PreprocessingTensors, RefusesDamage) {
  PreprocessingOptions options;
  options.zca = true;
  options.pca = 0.8;
  options.per_feature = PerFeature::standard;
  const Preprocessing written = Preprocessing::fit(options, small_images());
  const datasets::NamedArrays arrays = tensors(written);
  ASSERT_EQ(arrays.size(), 7u);
  for (size_t i = 0; i < arrays.size(); ++i) {
    const auto message = [&](const datasets::NamedArrays& stored) {
      Preprocessing read = nlohmann::json(written).get<Preprocessing>();
      return error_of<std::invalid_argument>([&] { take_tensors(stored, read); });
    };
    datasets::NamedArrays less = arrays, other = arrays, bad = arrays;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_TRUE(contains(message(less), "the tensor '" + arrays[i].first + "' is missing"));
    other[i].second = engine::NdArray::from({0}, std::vector<int32_t>{});
    EXPECT_TRUE(contains(message(other), "the tensor '" + arrays[i].first + "' is int32 of shape (0,)"));
    for (size_t b = 4; b > 2; --b) bad[i].second.bytes[bad[i].second.bytes.size() - b + 2] = std::byte{0xff};
    EXPECT_TRUE(contains(message(bad), "not finite")) << arrays[i].first;
  }
  Preprocessing longer = nlohmann::json(written).get<Preprocessing>();
  datasets::NamedArrays stored = arrays;
  stored[1].second = engine::NdArray::from({7}, std::vector<float>(7));
  EXPECT_TRUE(
      contains(error_of([&] { take_tensors(stored, longer); }), "of shape (7,), expected float32 of (6,)"));
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
  const std::string start = R"({"gcn": "l1", "min_max": true, "min": 0, "max": 1, )";
  EXPECT_TRUE(contains(message((start + R"("per_feature": "log"})").c_str()), "'log'"));
  EXPECT_TRUE(contains(message((start + R"("per_feature": 1})").c_str()), "'per_feature'"));
  EXPECT_TRUE(contains(message((start + R"("zca": 1})").c_str()), "'zca' must be true or false"));
  EXPECT_TRUE(contains(message((start + R"("pca": "yes"})").c_str()), "'pca' must be true or false"));
}

TEST(PreprocessingGolden, GcnEqualsPyTorch) {
  engine_tests::for_golden_names("gcn_", [](const engine_tests::GoldenCase& golden) {
    const std::vector<double> x = golden.values("x");
    const int64_t count = golden.shape("x")[0];
    for (const char* norm : {"l1", "l2"}) {
      Samples samples{{static_cast<int64_t>(x.size()) / count}, {x.begin(), x.end()}};
      Preprocessing{datasets::gcn_names.named(norm)}.apply(samples);
      const std::vector<double> expected = golden.values(norm);
      for (size_t i = 0; i < x.size(); ++i)
        ASSERT_NEAR(samples.values[i], expected[i], 1e-4) << norm << ' ' << i;
    }
  });
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

// f(x) = Σ w·y(x), y what apply makes of x: pulled back, w is the slope of f by each value.
TEST(PullBack, IsTheSlopeThroughEveryStep) {
  const engine::RandomStream draws(5, "tests/pull-back");
  Samples train{{2, 2, 3}, {}};
  for (uint64_t i = 0; i < 12 * 40; ++i) train.values.push_back(draws.uniform(i));
  PreprocessingOptions scaled{.gcn = Gcn::l1, .min_max = true}, whitened{.gcn = Gcn::l2, .zca = true},
      ranges{.per_feature = PerFeature::min_max, .pca = 0.7}, all{.gcn = Gcn::l1, .zca = true};
  all.per_feature = PerFeature::standard, all.pca = 0.8;
  for (const PreprocessingOptions& options : {PreprocessingOptions{}, scaled, whitened, ranges, all}) {
    const Preprocessing fitted = Preprocessing::fit(options, train);
    const Samples x{train.shape, {train.sample(7), train.sample(8)}};
    std::vector<float> w;
    for (int64_t i = 0; i < fitted.outputs(12); ++i)
      w.push_back(draws.normal(static_cast<uint64_t>(1000 + i)));
    const auto f = [&](size_t at, float change) {
      Samples moved = x;
      moved.values[at] += change;
      fitted.apply(moved);
      double sum = 0;
      for (size_t i = 0; i < w.size(); ++i)
        sum += static_cast<double>(w[i]) * static_cast<double>(moved.values[i]);
      return sum;
    };
    const std::vector<float> slope = fitted.pull_back(x, w);
    ASSERT_EQ(slope.size(), 12u);
    constexpr float step = 1e-3f;
    for (size_t i = 0; i < 12; ++i)
      EXPECT_NEAR(slope[i], (f(i, step) - f(i, -step)) / (2.0 * step),
                  5e-3 * std::max(1.0f, std::abs(slope[i])))
          << i;
    EXPECT_THROW(fitted.pull_back(x, {1}), std::invalid_argument);
  }
  const Samples flat{{3}, {2, 2, 2}};
  EXPECT_EQ((Preprocessing{Gcn::l1, false}.pull_back(flat, {1, 2, 3})), (std::vector<float>{0, 0, 0}));
}

}  // namespace
