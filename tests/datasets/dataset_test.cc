#include "datasets/dataset.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/datasets/scratch.h"

namespace {

using datasets::Dataset, datasets::OneVsRest, datasets::Samples, datasets::Split;
using scratch::contains, scratch::error_of;

// Training classes 0 1 2 0 1 0, test classes 2 0 1; class 3 has no samples. Pixel p of sample i is 10 i + p.
Dataset small_data() {
  Dataset data{"small", {"a", "b", "c", "d"}, {}, {}};
  const auto fill = [](Split& split, std::vector<int32_t> labels) {
    split.shape = {1, 1, 2};
    for (size_t i = 0; i < labels.size(); ++i)
      for (size_t p = 0; p < 2; ++p) split.bytes.push_back(static_cast<uint8_t>(10 * i + p));
    split.labels = std::move(labels);
  };
  fill(data.train, {0, 1, 2, 0, 1, 0});
  fill(data.test, {2, 0, 1});
  return data;
}

TEST(Samples, CountsAndFindsThem) {
  const Samples samples{{2, 3}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};
  EXPECT_EQ(samples.size(), 6);
  EXPECT_EQ(samples.count(), 2);
  EXPECT_EQ(samples.sample(1)[0], 6);
  EXPECT_EQ(Samples{}.count(), 0);
}

TEST(Samples, ImpossibleShapes) {
  EXPECT_THROW(datasets::sample_size({}), std::invalid_argument);
  EXPECT_TRUE(contains(error_of([] { datasets::sample_size({1, 0, 28}); }), "1x0x28"));
  EXPECT_THROW(datasets::sample_size({-2, -2}), std::invalid_argument);
  EXPECT_THROW(datasets::sample_size({int64_t{1} << 32, int64_t{1} << 32}), std::invalid_argument);
  EXPECT_EQ(datasets::sample_size({int64_t{1} << 31, int64_t{1} << 31}), int64_t{1} << 62);
}

TEST(Samples, CheckNamesTheFirstBadRow) {
  Samples samples{{3}, {1, 2, 3, 4, 5, 6, 7, 8, 9}};
  EXPECT_NO_THROW(samples.check("table"));
  samples.values[7] = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(contains(error_of([&] { samples.check("table"); }),
                       "table: row 2 (counted from 0) holds an infinite number"));
  samples.values[4] = std::nanf("");
  const std::string message = error_of<std::invalid_argument>([&] { samples.check("table"); });
  EXPECT_TRUE(contains(message, "row 1 (counted from 0) holds NaN at position 1"));
  samples.values.resize(8);
  EXPECT_TRUE(
      contains(error_of([&] { samples.check("table"); }), "8 values are not a whole number of samples"));
}

TEST(Split, SelectsRowsInTheAskedOrderAsFractions) {
  const Samples samples = small_data().train.select({5, 0, 5});
  EXPECT_EQ(samples.shape, (std::vector<int64_t>{1, 1, 2}));
  EXPECT_EQ(samples.values,
            (std::vector<float>{50 / 255.0f, 51 / 255.0f, 0, 1 / 255.0f, 50 / 255.0f, 51 / 255.0f}));
  EXPECT_THROW(small_data().train.select({6}), std::out_of_range);
  EXPECT_THROW(small_data().train.select({-1}), std::out_of_range);
}

TEST(OneVsRest, KeepsNormalTrainingSamplesInFileOrderAndTheWholeTest) {
  const OneVsRest task = one_vs_rest(small_data(), {1, 0});
  EXPECT_EQ(task.normal, (std::vector<int>{1, 0}));
  EXPECT_EQ(task.train_classes, (std::vector<int32_t>{0, 1, 0, 1, 0}));
  ASSERT_EQ(task.train.count(), 5);
  const std::vector<float> first_pixels = {0, 10, 30, 40, 50};
  for (int64_t i = 0; i < 5; ++i)
    EXPECT_EQ(task.train.sample(i)[0], first_pixels[static_cast<size_t>(i)] / 255.0f);
  EXPECT_EQ(task.test.count(), 3);
  EXPECT_EQ(task.test_classes, (std::vector<int32_t>{2, 0, 1}));
  EXPECT_EQ(task.test_labels, (std::vector<int32_t>{1, 0, 0}));
}

TEST(OneVsRest, LimitKeepsTheFirst) {
  const OneVsRest task = one_vs_rest(small_data(), {0, 2}, 2);
  EXPECT_EQ(task.train_classes, (std::vector<int32_t>{0, 2}));
  EXPECT_EQ(task.test.count(), 3);
  EXPECT_EQ(one_vs_rest(small_data(), {0}, 99).train.count(), 3);
}

TEST(OneVsRest, RefusesImpossibleNormals) {
  const Dataset data = small_data();
  const auto message = [&](const std::vector<int>& normal, int64_t limit = 0) {
    return error_of<std::invalid_argument>([&] { one_vs_rest(data, normal, limit); });
  };
  EXPECT_TRUE(contains(message({4}), "small has no class 4; its classes are 0 (a), 1 (b), 2 (c), 3 (d)"));
  EXPECT_TRUE(contains(message({-1}), "no class -1"));
  EXPECT_TRUE(contains(message({1, 1}), "1 is named twice"));
  EXPECT_TRUE(contains(message({3}), "class 3 has no training samples"));
  EXPECT_TRUE(contains(message({}), "no normal class"));
  EXPECT_TRUE(contains(message({0}, -5), "-5"));
}

TEST(OneVsRest, NamesPlainClassesByTheirRange) {
  Dataset data = small_data();
  data.class_names = {"0", "1", "2", "3"};
  EXPECT_TRUE(contains(error_of([&] { one_vs_rest(data, {7}); }), "its classes are 0 to 3"));
}

TEST(Dataset, CheckFindsBadLabelsAndSizes) {
  Dataset data = small_data();
  data.test.labels[1] = 4;
  EXPECT_TRUE(
      contains(error_of([&] { data.check(); }), "small (test half): sample 1 has label 4, expected 0 to 3"));
  data = small_data();
  data.train.labels[0] = -1;
  EXPECT_THROW(one_vs_rest(data, {0}), std::invalid_argument);
  data = small_data();
  data.train.bytes.pop_back();
  EXPECT_THROW(data.check(), std::invalid_argument);
  data = small_data();
  data.test.shape = {1, 2, 1};
  EXPECT_TRUE(contains(error_of([&] { data.check(); }), "1x1x2"));
}

}  // namespace
