#include "svdd/evaluation/attribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "svdd/baselines/k_nearest_neighbours.h"
#include "svdd/baselines/mahalanobis.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/methods/deep_svdd.h"
#include "svdd/model_folder.h"
#include "tests/datasets/scratch.h"
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

// Spearman's rank correlation.
double rank_correlation(const std::vector<float>& a, const std::vector<float>& b) {
  const auto ranks = [](const std::vector<float>& values) {
    std::vector<size_t> order(values.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t i, size_t j) { return values[i] < values[j]; });
    std::vector<double> of(values.size());
    for (size_t rank = 0; rank < order.size(); ++rank) of[order[rank]] = static_cast<double>(rank);
    return of;
  };
  const std::vector<double> x = ranks(a), y = ranks(b);
  const double n = static_cast<double>(x.size()), mean = (n - 1) / 2;
  double both = 0, alone = 0;
  for (size_t i = 0; i < x.size(); ++i)
    both += (x[i] - mean) * (y[i] - mean), alone += (x[i] - mean) * (x[i] - mean);
  return both / alone;
}

// The sanity check of Adebayo et al., "Sanity checks for saliency maps", 2018: a map that stays as it is when the weights are
// randomised, layer by layer from the last one, tells of the image alone and not of the model.
TEST(Attribution, AMapChangesWhenTheWeightsAreRandomised) {
  const auto trained = small_runs::fitted(small_runs::options());
  const scratch::Folder folder;
  trained->save(folder.path());
  std::vector<datasets::Samples> images;
  const datasets::Samples& test = small_runs::ones().test;
  for (int64_t i = 0; i < test.count(); ++i)
    if (small_runs::ones().test_labels[static_cast<size_t>(i)] == 1 && images.size() < 6 && i % 9 == 0)
      images.push_back({test.shape, {test.sample(i), test.sample(i + 1)}});
  ASSERT_EQ(images.size(), 6u);
  ModelFolder model = read_model_folder(folder.path());
  std::vector<std::string> weights;
  for (const auto& [name, tensor] : model.tensors.tensors)
    if (name.ends_with(".weight")) weights.push_back(name);
  ASSERT_EQ(weights, (std::vector<std::string>{"conv1.weight", "conv2.weight", "fc1.weight"}));
  const engine::RandomStream noise(4, "tests/attribution/weights");
  uint64_t drawn = 0;
  for (auto layer = weights.rbegin(); layer != weights.rend(); ++layer) {
    for (auto& [name, tensor] : model.tensors.tensors) {
      if (name != *layer) continue;
      std::vector<float> values = tensor.as<float>();
      double squares = 0;
      for (const float v : values) squares += static_cast<double>(v) * v;
      const auto deviation = static_cast<float>(std::sqrt(squares / static_cast<double>(values.size())));
      for (float& v : values) v = deviation * noise.normal(drawn++);
      tensor = engine::NdArray::from(tensor.shape, values);
    }
    std::vector<std::pair<std::string, engine::NdArray>> state;
    for (const auto& one : model.tensors.tensors)
      if (one.first.starts_with("conv") || one.first.starts_with("bn") || one.first.starts_with("fc"))
        state.push_back(one);
    model.description["weights_sha256"] = arrays_sha256(state);
    const auto randomised = detector_of(model, *small_runs::backend());
    double correlation = 0, by_gradient = 0;
    for (const datasets::Samples& image : images) {
      correlation += rank_correlation(occlusion_map(*trained, image), occlusion_map(*randomised, image)) / 6;
      by_gradient += rank_correlation(gradient_map(*trained, image), gradient_map(*randomised, image)) / 6;
    }
    RecordProperty("correlation_" + *layer, std::to_string(correlation));
    RecordProperty("correlation_by_gradient_" + *layer, std::to_string(by_gradient));
    EXPECT_LT(correlation, 0.5) << "after " << *layer;
    EXPECT_LT(by_gradient, 0.5) << "after " << *layer;
  }
  const auto same = load_detector(folder.path(), *small_runs::backend());
  EXPECT_EQ(occlusion_map(*same, images[0]), occlusion_map(*trained, images[0]));
  EXPECT_EQ(gradient_map(*same, images[0]), gradient_map(*trained, images[0]));
}

// The score of a round Gaussian, the sum of squares, has the gradient 2x: noise takes part in the mean with its own.
TEST(Attribution, AGradientIsSmoothedOverNoisyCopies) {
  Samples train{{2, 2, 2}, {}};
  for (int corner = 0; corner < 256; ++corner)
    for (int f = 0; f < 8; ++f) train.values.push_back(corner >> f & 1 ? 1.0f : -1.0f);
  const auto detector = make_mahalanobis({});
  fitted(detector, train);
  const Samples image{{2, 2, 2}, {0.5f, 0, -0.25f, 0, 0.125f, 0, -1, 0.5f}};
  const std::vector<float> plain = gradient_map(*detector, image, {.copies = 50, .noise = 0});
  const std::vector<float> expected{1, 0, 2, 1};  // the larger of the two channels, either sign
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(plain[i], expected[i], 1e-5) << i;
  const std::vector<float> smooth = gradient_map(*detector, image, {.copies = 2000});
  EXPECT_NE(smooth, plain);
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(smooth[i], expected[i], 0.05) << i;
  EXPECT_EQ(gradient_map(*detector, image), gradient_map(*detector, image));
  EXPECT_THROW(gradient_map(*detector, {{8}, image.values}), std::invalid_argument);
  EXPECT_THROW(gradient_map(*detector, image, {.copies = 0}), std::invalid_argument);
  EXPECT_THROW(gradient_map(*detector, image, {.noise = -1}), std::invalid_argument);
}

}  // namespace attribution_test
