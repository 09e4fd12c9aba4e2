// Values that single precision would blur: read as doubles, moved, and only then rounded.
#include "datasets/column_offsets.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "datasets/table.h"
#include "engine/files/npz.h"
#include "tests/datasets/scratch.h"

namespace {

using datasets::Dataset, datasets::LoadOptions, datasets::load_table, datasets::one_vs_rest;
using engine::NdArray;

class Offsets : public testing::Test {
 protected:
  // Rows base + i/8 for i of 0 to 7, again and again, and one row 100 off that is labelled 1.
  std::string csv(const std::string& base, int rows = 40) const {
    std::string text = "t,label\n";
    for (int i = 0; i < rows; ++i) text += base + "." + std::to_string(125 * (i % 8)) + ",0\n";
    return text;
  }
  Dataset load(const std::string& text, const LoadOptions& options = {}) const {
    scratch::write(folder_ / "t.csv", text);
    return load_table(folder_ / "t.csv", options);
  }
  const scratch::Folder folder_;
};

TEST_F(Offsets, KeepSecondsApart) {
  const Dataset data = load(csv("1700000000"));
  const datasets::OneVsRest task = one_vs_rest(data, {0});
  ASSERT_EQ(task.offsets.size(), 1u);
  std::set<float> values(task.train.values.begin(), task.train.values.end());
  EXPECT_EQ(values.size(), 8u);
  EXPECT_EQ(*values.rbegin() - *values.begin(), 0.875f);
  for (const float value : task.test.values) EXPECT_TRUE(values.contains(value));

  LoadOptions whole;
  whole.all_for_test = true;
  const Dataset again = load(csv("1700000000"), whole);
  datasets::OneVsRestOptions rule;
  rule.test_only = true;
  rule.form.emplace();
  rule.form->offsets = task.offsets;
  const datasets::OneVsRest test = one_vs_rest(again, {0}, rule);
  EXPECT_EQ(test.test.count(), 40);
  EXPECT_EQ(test.train.count(), 0);
  for (const float value : test.test.values) EXPECT_TRUE(values.contains(value));
}

TEST_F(Offsets, LeaveOtherTablesTheirBits) {
  for (const char* base : {"0", "1", "100"}) {
    const Dataset data = load(csv(base));
    EXPECT_TRUE(data.train.wide.empty()) << base;
    EXPECT_TRUE(one_vs_rest(data, {0}).offsets.empty()) << base;
  }
  EXPECT_TRUE(one_vs_rest(load("a,label\n2015,0\n2015,0\n2016,0\n2016,0\n2015,0\n"), {0}).offsets.empty());
  const Dataset constant = load("a,label\n0.1,0\n0.1,0\n0.1,0\n0.1,0\n0.1,0\n");
  EXPECT_EQ(one_vs_rest(constant, {0}).train.values.at(0), 0.1f);
}

TEST_F(Offsets, ComeFromTheTrainingRows) {
  std::string text = csv("1700000000");
  for (int i = 0; i < 40; ++i) text += "5.5,1\n";  // far off: not trained on
  const datasets::OneVsRest task = one_vs_rest(load(text), {0});
  ASSERT_EQ(task.offsets.size(), 1u);
  EXPECT_NEAR(task.offsets[0], 1.7e9, 1);
}

TEST_F(Offsets, WholeNumbersBeyondADoubleToo) {
  constexpr int64_t base = int64_t{1} << 60;
  std::vector<int64_t> numbers;
  std::string text = "k\n";
  for (int64_t i = 0; i < 50; ++i)
    numbers.push_back(base + 3 * i), text += std::to_string(base + 3 * i) + "\n";
  engine::write_npz(folder_ / "t.npz", {{"X", NdArray::from({50, 1}, numbers)}});
  const datasets::OneVsRest from_npz = one_vs_rest(load_table(folder_ / "t.npz"), {0});
  const datasets::OneVsRest from_csv = one_vs_rest(load(text), {0});
  EXPECT_EQ(from_csv.train.values, from_npz.train.values);
  for (size_t i = 1; i < 50; ++i) EXPECT_EQ(from_npz.train.values[i] - from_npz.train.values[i - 1], 3) << i;
}

TEST(WideNumber, KeepsWholeNumbers) {
  const auto text = [](datasets::WideNumber x) { return std::pair(x.value, x.rest); };
  EXPECT_EQ(text(datasets::wide(int64_t{7})), std::pair(7.0, 0.0f));
  EXPECT_EQ(text(datasets::wide(int64_t{-7})), std::pair(-7.0, 0.0f));
  EXPECT_EQ(text(datasets::wide((int64_t{1} << 60) + 5)), std::pair(0x1p60, 5.0f));
  EXPECT_EQ(text(datasets::wide(-(int64_t{1} << 60) - 5)), std::pair(-0x1p60, -5.0f));
  EXPECT_EQ(text(datasets::wide(std::numeric_limits<uint64_t>::max())), std::pair(0x1p64, -1.0f));
  EXPECT_EQ(text(datasets::wide(std::numeric_limits<int64_t>::min())), std::pair(-0x1p63, 0.0f));
}

}  // namespace
