#include "datasets/resampling.h"

#include <gtest/gtest.h>

#include <numeric>

namespace {

using datasets::resample;

void expect_near(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-6f) << "at " << i;
}

TEST(Resample, SameSizeChangesNothing) {
  const std::vector<float> plane = {0.1f, 0.7f, 0.3f, 0.9f, 0.5f, 0.2f};
  EXPECT_EQ(resample(plane, 2, 3, 2, 3), plane);
}

TEST(Resample, GrowingIsBilinearBetweenPixelCentres) {
  expect_near(resample({0, 1}, 1, 2, 1, 4), {0, 0.25f, 0.75f, 1});
  expect_near(resample({0, 1}, 2, 1, 4, 1), {0, 0.25f, 0.75f, 1});
}

TEST(Resample, ShrinkingWeighsAllCoveredPixels) {
  // Scale 2, so weights 1/4 3/4 3/4 1/4 around the centre, cut off and renormalised at the edges.
  const std::vector<float> plane = {8, 0, 0, 0};
  expect_near(resample(plane, 1, 4, 1, 2), {8 * 0.75f / 1.75f, 8 * 0.0f});
  expect_near(resample({0, 8, 0, 0, 0, 0}, 1, 6, 1, 3), {8 * 0.75f / 1.75f, 8 * 0.25f / 2, 0});
}

TEST(Resample, AFineGratingBecomesGrey) {
  std::vector<float> grating(64 * 64);
  for (size_t i = 0; i < grating.size(); ++i) grating[i] = static_cast<float>((i + i / 64) % 2);
  for (const float value : resample(grating, 64, 64, 8, 8)) EXPECT_NEAR(value, 0.5f, 0.02f);
}

TEST(Resample, ConstantStaysConstant) {
  for (const auto& [height, width] : {std::pair{1, 1}, {7, 3}, {13, 29}, {40, 5}})
    for (const float value : resample(std::vector<float>(13 * 11, 0.4f), 13, 11, height, width))
      EXPECT_EQ(value, 0.4f) << height << " x " << width;
}

TEST(Resample, AxesAreIndependent) {  // rows as columns: the transposed picture gives the transposed result
  std::vector<float> plane(5 * 9), transposed(9 * 5);
  std::iota(plane.begin(), plane.end(), 0.0f);
  for (size_t r = 0; r < 5; ++r)
    for (size_t c = 0; c < 9; ++c) transposed[c * 5 + r] = plane[r * 9 + c];
  const std::vector<float> a = resample(plane, 5, 9, 3, 14), b = resample(transposed, 9, 5, 14, 3);
  for (size_t r = 0; r < 3; ++r)
    for (size_t c = 0; c < 14; ++c) EXPECT_NEAR(a[r * 14 + c], b[c * 3 + r], 1e-5f);
}

}  // namespace
