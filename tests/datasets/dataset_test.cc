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
  EXPECT_TRUE(contains(message, "row 1 (counted from 0) holds NaN in column 2 (counted from 1)"));
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

// As small_data(), kept as values: pixel p of sample i is 10 i + p + 1/2.
Dataset small_table() {
  Dataset data = small_data();
  for (Split* half : {&data.train, &data.test}) {
    for (const uint8_t byte : half->bytes) half->values.push_back(static_cast<float>(byte) + 0.5f);
    half->bytes.clear();
  }
  return data;
}

TEST(Split, ValuesAreSelectedAsTheyAre) {
  EXPECT_EQ(small_table().train.select({5, 0}).values, (std::vector<float>{50.5f, 51.5f, 0.5f, 1.5f}));
  EXPECT_THROW(small_table().train.select({6}), std::out_of_range);
  EXPECT_EQ(one_vs_rest(small_table(), {1}).train.values, (std::vector<float>{10.5f, 11.5f, 40.5f, 41.5f}));
}

TEST(Split, SubsetsKeepLabelsAndKind) {
  const Split bytes = small_data().train.subset({4, 0}), values = small_table().train.subset({4, 0});
  EXPECT_EQ(bytes.labels, (std::vector<int32_t>{1, 0}));
  EXPECT_EQ(bytes.bytes, (std::vector<uint8_t>{40, 41, 0, 1}));
  EXPECT_TRUE(bytes.values.empty());
  EXPECT_EQ(values.values, (std::vector<float>{40.5f, 41.5f, 0.5f, 1.5f}));
  EXPECT_TRUE(values.bytes.empty());
  EXPECT_THROW(small_data().train.subset({-1}), std::out_of_range);
}

TEST(OneVsRest, AnomalousClassesCanBeNamed) {
  datasets::OneVsRestOptions options;
  options.anomalous = {2};  // class 1 is in neither
  const OneVsRest task = one_vs_rest(small_data(), {0}, options);
  EXPECT_EQ(task.test_classes, (std::vector<int32_t>{2, 0}));
  EXPECT_EQ(task.test_labels, (std::vector<int32_t>{1, 0}));
  EXPECT_EQ(task.test.values.size(), 4u);
  options.anomalous = {0};
  EXPECT_TRUE(
      contains(error_of([&] { one_vs_rest(small_data(), {0}, options); }), "both normal and anomalous"));
  options.anomalous = {4};
  EXPECT_TRUE(contains(error_of([&] { one_vs_rest(small_data(), {0}, options); }), "no class 4"));
  options.anomalous = {2, 2};
  EXPECT_TRUE(contains(error_of([&] { one_vs_rest(small_data(), {0}, options); }),
                       "anomalous class 2 is named twice"));
}

TEST(OneVsRest, AnomaliesCanStayInTheTrainingData) {
  datasets::OneVsRestOptions options;
  options.train_on_anomalies = true;
  EXPECT_EQ(one_vs_rest(small_data(), {0}, options).train_classes, (std::vector<int32_t>{0, 1, 2, 0, 1, 0}));
  options.anomalous = {2};
  options.limit = 3;
  EXPECT_EQ(one_vs_rest(small_data(), {0}, options).train_classes, (std::vector<int32_t>{0, 2, 0}));
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
  data = small_table();
  data.test.values[3] = std::nanf("");
  EXPECT_TRUE(
      contains(error_of([&] { data.check(); }), "small (test half): row 1 (counted from 0) holds NaN"));
  data = small_table();
  data.test.values.pop_back();
  EXPECT_TRUE(contains(error_of([&] { data.check(); }), "3 labels for 5 values"));
  data.test.bytes = {1};
  EXPECT_TRUE(contains(error_of([&] { data.check(); }), "both bytes and values"));
  data = small_data();
  data.test.shape = {1, 2, 1};
  EXPECT_TRUE(contains(error_of([&] { data.check(); }), "1x1x2"));
}

}  // namespace
