// The gradient of a score by the sample's own values, of every method that has one: against finite differences of the score
// itself, through the preprocessing; and that nothing but the sample and the model shows in it.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "svdd/methods/method.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/recipes/published.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/baselines/few_points.h"
#include "tests/svdd/dasvdd_runs.h"
#include "tests/svdd/small_multi_sphere.h"
#include "tests/svdd/small_runs.h"

namespace score_gradient_test {

using namespace svdd;
using datasets::Samples;

Samples one(const Samples& samples, int64_t i) {
  return {samples.shape, {samples.sample(i), samples.sample(i + 1)}};
}

// An image with noise: an even background is one large tie of max pooling, on whose kinks no slope is the gradient.
Samples noisy(Samples image) {
  const engine::RandomStream noise(2, "tests/noisy");
  for (size_t i = 0; i < image.values.size(); ++i) image.values[i] += 0.1f * noise.normal(i);
  return image;
}

double length(const std::vector<double>& v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

// The score along `direction`, whose length is made 1, by central differences.
double slope(Detector& detector, const Samples& sample, const std::vector<double>& direction, double step) {
  const double unit = 1 / length(direction);
  Samples pair{sample.shape, {}};
  for (const double way : {step, -step})
    for (size_t i = 0; i < direction.size(); ++i)
      pair.values.push_back(
          static_cast<float>(static_cast<double>(sample.values[i]) + way * unit * direction[i]));
  const std::vector<float> scores = detector.score(pair);
  return (static_cast<double>(scores[0]) - static_cast<double>(scores[1])) / (2 * step);
}

// Along the gradient, where the slope is its length, and along parts of it that random numbers weigh.
void expect_slopes(Detector& detector, const Samples& sample, double step, double tolerance) {
  const std::vector<float> gradient = detector.score_gradient(sample);
  ASSERT_EQ(gradient.size(), sample.values.size());
  const std::vector<double> g(gradient.begin(), gradient.end());
  ASSERT_GT(length(g), 0);
  const engine::RandomStream draws(1, "tests/slopes");
  for (uint64_t part = 0; part < 6; ++part) {
    std::vector<double> direction = g;
    for (size_t i = 0; part > 0 && i < g.size(); ++i)
      direction[i] *= static_cast<double>(draws.normal(part * 100000 + i));
    double expected = 0;
    for (size_t i = 0; i < g.size(); ++i) expected += g[i] * direction[i] / length(direction);
    EXPECT_NEAR(slope(detector, sample, direction, step), expected, tolerance * length(g)) << "part " << part;
  }
}

class EachGradient : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(, EachGradient, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const Method& method : methods()) names.push_back(method.name);
                           return names;
                         }()),
                         [](const auto& info) {
                           std::string name;
                           for (const char c : info.param)
                             if (c != '-') name += c;
                           return name;
                         });

TEST_P(EachGradient, OfImagesIsTheSlopeOfTheScore) {
  Settings settings = recipes::published(GetParam(), "strokes");
  if (DeepOptions* deep = settings.deep())
    for (PhaseOptions* phase : {&deep->pretraining, &deep->training})
      phase->epochs = 2, phase->batch_size = 16, phase->lr = 1e-3;
  if (GetParam() == "multi-sphere")  // narrower than the published one
    for (const auto& [name, value] : std::map<std::string, std::string>{
             {"spheres", "5"}, {"widths", "8,8,4,16"}, {"rep-dim", "8"}, {"dictionary", "False"}})
      settings.set(name, value);
  const auto detector = settings.make({1, 28, 28}, *small_runs::backend());
  few_points::fitted(detector, small_runs::ones().train);
  const Samples& test = small_runs::ones().test;
  if (!detector->has_score_gradient()) {
    EXPECT_TRUE(scratch::contains(
        scratch::error_of<std::invalid_argument>([&] { detector->score_gradient(one(test, 0)); }),
        "the score of " + GetParam() + " has no gradient"));
    return;
  }
  const std::vector<float> before = detector->score(test);
  for (const int64_t i : {3, 40}) expect_slopes(*detector, noisy(one(test, i)), 0.005, 0.03);
  EXPECT_EQ(detector->score(test), before) << "looking changes nothing";
  const std::vector<float> all = detector->score_gradient(test),
                           third = detector->score_gradient(one(test, 3));
  EXPECT_TRUE(std::equal(third.begin(), third.end(), all.begin() + 3 * test.size())) << "alone as in a batch";
  EXPECT_TRUE(detector->score_gradient({test.shape, {}}).empty());
  EXPECT_THROW(detector->score_gradient({{2}, {0, 0}}), std::invalid_argument);
}

TEST_P(EachGradient, OfRowsIsTheSlopeByEachColumn) {
  Settings settings = recipes::published(GetParam(), "rows.csv");
  if (DeepOptions* deep = settings.deep())
    for (PhaseOptions* phase : {&deep->pretraining, &deep->training})
      phase->epochs = 3, phase->batch_size = 16, phase->lr = 1e-3;
  if (GetParam() == "multi-sphere") settings.set("spheres", "5");
  Samples train = few_points::forty();
  for (size_t i = 0; i < train.values.size(); i += 3) train.values[i] *= 100;  // columns of unlike size
  const auto detector = settings.make({3}, *small_runs::backend());
  few_points::fitted(detector, train);
  if (!detector->has_score_gradient()) return;
  const Samples row{{3}, {310, 1.3f, 2.1f}};
  const std::vector<float> g = detector->score_gradient(row);
  const std::vector<double> scales{100, 1, 1};
  double largest = 0;
  for (size_t c = 0; c < 3; ++c) largest = std::max(largest, std::abs(g[c] * scales[c]));
  ASSERT_GT(largest, 0);
  for (size_t c = 0; c < 3; ++c) {
    std::vector<double> along(3);
    along[c] = 1;
    EXPECT_NEAR(slope(*detector, row, along, 0.01 * scales[c]) * scales[c], g[c] * scales[c], 0.03 * largest)
        << "column " << c;
  }
}

// The other scores of Multi-Radius, and a soft boundary.
TEST(ScoreGradient, OfEveryInferenceOfMultiRadius) {
  for (const Inference inference :
       {Inference::nearest_centre, Inference::smallest_margin, Inference::relative_margin}) {
    MultiRadiusOptions o;
    static_cast<DeepOptions&>(o) = small_runs::options();
    o.objective = Objective::soft_boundary;
    o.warm_up_epochs = 1;
    o.pretraining.epochs = o.training.epochs = 3;
    o.inference = inference;
    const auto detector = make_multi_radius(o, *small_runs::backend());
    few_points::fitted(detector, small_multi_sphere::two_digits().train);
    expect_slopes(*detector, noisy(one(small_multi_sphere::two_digits().test, 30)), 0.005, 0.03);
  }
}

// The recipe of 2018: batch norm with parameters, ZCA, and L2 contrast.
TEST(ScoreGradient, GoesThroughEveryStepOfPreprocessing) {
  DeepSvddOptions o = small_runs::options(Recipe::theano, Objective::soft_boundary);
  o.pretraining.epochs = o.training.epochs = 2;
  o.preprocessing.gcn = datasets::Preprocessing::Gcn::l2;
  o.preprocessing.zca = true;
  const auto detector = small_runs::fitted(o);
  expect_slopes(*detector, noisy(one(small_runs::ones().test, 20)), 0.005, 0.03);
}

TEST(ScoreGradient, ThreadsAndInstructionSetsDoNotShow) {
  const auto trained = small_runs::fitted(small_runs::options());
  const scratch::Folder folder;
  trained->save(folder.path());
  const Samples some = small_runs::first(small_runs::ones().test, 37);
  const std::vector<float> expected = trained->score_gradient(some);
  for (const engine::Simd simd : {engine::Simd::portable, engine::Simd::avx2, engine::Simd::avx512})
    for (const int threads : {1, 2, 3}) {
      if (!engine::simd_available(simd)) continue;
      const auto on = engine::make_cpu_backend({.threads = threads, .simd = simd});
      EXPECT_EQ(load_detector(folder.path(), *on)->score_gradient(some), expected)
          << threads << " threads, " << engine::simd_name(simd);
    }
}

TEST(ScoreGradient, OfValuesBeyondAllMeasureIsRefused) {
  const auto detector = dasvdd_runs::fitted(dasvdd_runs::options(), dasvdd_runs::normal_rows(40));
  Samples rows = dasvdd_runs::normal_rows(3);
  rows.values[8] = 3e38f;
  EXPECT_TRUE(
      scratch::contains(scratch::error_of<std::runtime_error>([&] { detector->score_gradient(rows); }),
                        "of sample 1 (counted from 0) is not finite"));
  const auto unfitted = make_deep_svdd(small_runs::options(), *small_runs::backend());
  EXPECT_THROW(unfitted->score_gradient(small_runs::ones().test), std::runtime_error);
}

// After a look a second fit learns as the first did: no parameter is left without its gradient.
TEST(ScoreGradient, ASecondFitOwesNothingToIt) {
  const auto detector = small_runs::fitted(small_runs::options());
  const std::string weights = detector->weights_sha256();
  detector->score_gradient(one(small_runs::ones().test, 0));
  few_points::fitted(detector, small_runs::ones().train);
  EXPECT_EQ(detector->weights_sha256(), weights);
}

}  // namespace score_gradient_test
