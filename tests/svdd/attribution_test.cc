#include "svdd/evaluation/attribution.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "svdd/baselines/k_nearest_neighbours.h"
#include "svdd/baselines/mahalanobis.h"
#include "svdd/methods/deep_svdd.h"
#include "tests/svdd/baselines/few_points.h"

namespace attribution_test {

using namespace svdd;
using datasets::Samples;
using few_points::fitted;

TEST(Attribution, TheMediansOfColumns) {
  EXPECT_EQ(column_medians({{2}, {3, 10, 1, 30, 2, 20}}), (std::vector<float>{2, 20}));
  EXPECT_EQ(column_medians({{1}, {4, 1, 3, 2}}), std::vector<float>{2}) << "the lower of the two";
}

// One Gaussian with the covariance I (by the training points' symmetry): the score is the sum of squares, by columns.
TEST(Attribution, ColumnsOfARoundGaussian) {
  Samples train{{3}, {}};
  for (int corner = 0; corner < 8; ++corner)
    for (int f = 0; f < 3; ++f) train.values.push_back(corner >> f & 1 ? 1.0f : -1.0f);
  const auto detector = make_mahalanobis({});
  fitted(detector, train);
  const auto changes = column_changes(*detector, {{3}, {3, 0, -2, 0.5f, 0, 0}}, {0, 0, 0});
  const std::vector<float> expected{9, 0, 4, 0.25f, 0, 0};
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(changes[i], expected[i], 1e-5) << i;
  EXPECT_THROW(column_changes(*detector, {{3}, {0, 0, 0}}, {0, 0}), std::invalid_argument);
}

// A bright square that no training image has is where the map is highest; other weights, another map.
TEST(Attribution, AMapFindsWhatIsStrange) {
  const engine::RandomStream noise(3, "tests/attribution");
  Samples train{{1, 24, 24}, {}};
  for (uint64_t i = 0; i < 60 * 576; ++i) train.values.push_back(0.3f + 0.1f * noise.normal(i));
  Samples image{{1, 24, 24}, {train.sample(0), train.sample(1)}};
  for (int y = 15; y < 19; ++y)
    for (int x = 4; x < 8; ++x) image.values[static_cast<size_t>(24 * y + x)] = 1;
  const auto detector = make_k_nearest_neighbours({}, *small_runs::backend());
  fitted(detector, train);
  const std::vector<float> map = occlusion_map(*detector, image);
  ASSERT_EQ(map.size(), 576u);
  const auto highest = std::max_element(map.begin(), map.end()) - map.begin();
  EXPECT_NEAR(static_cast<double>(highest / 24), 16.5, 3);
  EXPECT_NEAR(static_cast<double>(highest % 24), 5.5, 3);
  EXPECT_GT(map[static_cast<size_t>(highest)], 4 * std::abs(map[0]));
  Samples other = train;
  for (float& value : other.values) value = 0.6f - value;
  fitted(detector, other);
  EXPECT_NE(occlusion_map(*detector, image), map);
  EXPECT_THROW(occlusion_map(*detector, {{2}, {0, 0}}), std::invalid_argument);
}

}  // namespace attribution_test
