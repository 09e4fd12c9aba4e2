#include "datasets/strokes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "engine/files/sha256.h"
#include "tests/datasets/scratch.h"

namespace {

using datasets::Dataset, datasets::load_strokes;
using scratch::contains, scratch::error_of;

// The same bits on every machine and with every compiler. Changing how digits are drawn changes every result
// on them: do it on purpose, and then put the new hash here.
TEST(Strokes, GoldenHash) {
  const Dataset data = load_strokes(20, 5, 0);
  engine::Sha256 hash;
  hash.update(data.train.bytes.data(), data.train.bytes.size());
  hash.update(data.test.bytes.data(), data.test.bytes.size());
  EXPECT_EQ(hash.hex(), "df66aaedbbb37c6952d68c8dd316e9b035d49cc7be93d7b293418309a733f898");
}

TEST(Strokes, ClassesTakeTurns) {
  const Dataset data = load_strokes(3, 2);
  EXPECT_NO_THROW(data.check());
  EXPECT_EQ(data.name, "strokes");
  EXPECT_EQ(data.train.shape, (std::vector<int64_t>{1, 28, 28}));
  EXPECT_EQ(data.train.class_counts(10), std::vector<int64_t>(10, 3));
  EXPECT_EQ(data.test.class_counts(10), std::vector<int64_t>(10, 2));
  for (int32_t i = 0; i < 30; ++i) EXPECT_EQ(data.train.labels[static_cast<size_t>(i)], i % 10);
}

TEST(Strokes, MoreImagesLeaveTheFirstAsTheyAre) {
  const Dataset few = load_strokes(2, 1, 7), many = load_strokes(5, 3, 7);
  EXPECT_TRUE(std::equal(few.train.bytes.begin(), few.train.bytes.end(), many.train.bytes.begin()));
  EXPECT_TRUE(std::equal(few.test.bytes.begin(), few.test.bytes.end(), many.test.bytes.begin()));
}

TEST(Strokes, SeedsHalvesAndImagesDiffer) {
  const Dataset a = load_strokes(50, 50, 0), b = load_strokes(50, 50, 1);
  std::set<std::vector<uint8_t>> images;
  for (const auto* split : {&a.train, &a.test, &b.train, &b.test})
    for (int64_t i = 0; i < split->count(); ++i)
      images.emplace(split->bytes.begin() + i * 784, split->bytes.begin() + (i + 1) * 784);
  EXPECT_EQ(images.size(), 2000u);
}

TEST(Strokes, EveryImageIsADigitOnDarkGround) {
  const Dataset data = load_strokes(100, 1);
  for (int64_t i = 0; i < data.train.count(); ++i) {
    const uint8_t* image = data.train.bytes.data() + i * 784;
    const auto inked = std::count_if(image, image + 784, [](uint8_t level) { return level > 128; });
    EXPECT_GT(inked, 20) << "image " << i;
    EXPECT_LT(inked, 330) << "image " << i;
    EXPECT_GT(*std::max_element(image, image + 784), 150) << "image " << i;
  }
}

// Learnable, but no gift: the distance from the mean normal image tells normal from anomalous far better than
// chance and far worse than certainty.
TEST(Strokes, OneVsRestIsNeitherHopelessNorTrivial) {
  const Dataset data = load_strokes(200, 50);
  double mean_auc = 0;
  for (int normal = 0; normal < 10; ++normal) {
    const datasets::OneVsRest task = one_vs_rest(data, {normal});
    std::vector<double> mean(784, 0);
    for (int64_t i = 0; i < task.train.count(); ++i)
      for (size_t p = 0; p < 784; ++p)
        mean[p] += task.train.sample(i)[p] / static_cast<double>(task.train.count());
    std::vector<std::pair<double, int32_t>> scored;
    for (int64_t i = 0; i < task.test.count(); ++i) {
      double distance = 0;
      for (size_t p = 0; p < 784; ++p) {
        const double difference = task.test.sample(i)[p] - mean[p];
        distance += difference * difference;
      }
      scored.emplace_back(distance, task.test_labels[static_cast<size_t>(i)]);
    }
    std::sort(scored.begin(), scored.end());
    double normals = 0, pairs = 0;
    for (const auto& [distance, label] : scored) label == 0 ? normals += 1 : pairs += normals;
    mean_auc += pairs / (50.0 * 450.0) / 10;
  }
  EXPECT_GT(mean_auc, 0.75);
  EXPECT_LT(mean_auc, 0.92);
}

TEST(Strokes, RefusesAbsurdNumbers) {
  EXPECT_TRUE(
      contains(error_of<std::invalid_argument>([] { load_strokes(0, 1); }), "0 train images per class"));
  EXPECT_TRUE(
      contains(error_of<std::invalid_argument>([] { load_strokes(1, -4); }), "-4 test images per class"));
  EXPECT_THROW(load_strokes(int64_t{1} << 60, 1), std::invalid_argument);
}

}  // namespace
