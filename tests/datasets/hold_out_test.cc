#include "datasets/hold_out.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "engine/random.h"
#include "tests/datasets/scratch.h"

namespace {

using datasets::Halves, datasets::hold_out_test, datasets::hold_out_validation, datasets::Samples,
    datasets::Split, datasets::Validated;
using scratch::contains, scratch::error_of;

// Row i holds the value i and has the label i mod 3.
Split numbered(int n) {
  Split all{{1}, {}, {}};
  for (int i = 0; i < n; ++i) {
    all.values.push_back(static_cast<float>(i));
    all.labels.push_back(i % 3);
  }
  return all;
}

TEST(HoldOutTest, TheFirstOfTheShuffledRowsAreTheTest) {
  const Halves halves = hold_out_test(numbered(768), 0.4, 0);
  EXPECT_EQ(halves.test.count(), 307);  // floor(307.2), as the released DASVDD code has it
  EXPECT_EQ(halves.train.count(), 461);
  const auto order = engine::permutation(768, engine::RandomStream(0, "split/test"));
  EXPECT_EQ(halves.test.values[0], static_cast<float>(order[0]));
  EXPECT_EQ(halves.train.values[0], static_cast<float>(order[307]));
  std::set<float> seen(halves.train.values.begin(), halves.train.values.end());
  seen.insert(halves.test.values.begin(), halves.test.values.end());
  EXPECT_EQ(seen.size(), 768u);
  for (size_t i = 0; i < 307; ++i)
    EXPECT_EQ(halves.test.labels[i], static_cast<int>(halves.test.values[i]) % 3);
}

TEST(HoldOutTest, NothingAndTooMuch) {
  EXPECT_EQ(hold_out_test(numbered(5), 0, 0).test.count(), 0);
  EXPECT_EQ(hold_out_test(numbered(5), 0.1, 0).test.count(), 0);
  for (const double fraction : {-0.1, 1.0, std::nan("")})
    EXPECT_THROW(hold_out_test(numbered(5), fraction, 0), std::invalid_argument);
}

TEST(HoldOutValidation, ASixthAndWholeBatches) {
  Split all = numbered(100);
  const Samples train = all.select([] {
    std::vector<int64_t> rows(100);
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int64_t>(i);
    return rows;
  }());
  const Validated split = hold_out_validation(train, all.labels, 20, 7);
  EXPECT_EQ(split.validation.count(), 16);
  EXPECT_EQ(split.train.count(), 80);  // of the 84 left
  std::set<float> seen(split.train.values.begin(), split.train.values.end());
  seen.insert(split.validation.values.begin(), split.validation.values.end());
  EXPECT_EQ(seen.size(), 96u);
  EXPECT_FALSE(std::is_sorted(split.train.values.begin(), split.train.values.end()));
  for (size_t i = 0; i < 80; ++i)
    EXPECT_EQ(split.train_classes[i], static_cast<int>(split.train.values[i]) % 3);
  for (size_t i = 0; i < 16; ++i)
    EXPECT_EQ(split.validation_classes[i], static_cast<int>(split.validation.values[i]) % 3);
  EXPECT_EQ(hold_out_validation(train, {}, 20, 7).train.values, split.train.values);
  EXPECT_NE(hold_out_validation(train, {}, 20, 8).train.values, split.train.values);
  EXPECT_EQ(hold_out_validation(train, {}, 1000, 7).train.count(), 84);  // less than a batch: all of it
}

TEST(HoldOutValidation, RefusesWhatCannotBe) {
  const Samples two{{1}, {1, 2}};
  EXPECT_TRUE(contains(error_of([&] { hold_out_validation(two, {}, 0, 0); }), "batch size is 0"));
  EXPECT_TRUE(contains(error_of([&] { hold_out_validation(two, {1}, 1, 0); }), "1 classes were given for 2"));
  EXPECT_THROW(hold_out_validation({{1}, {}}, {}, 1, 0), std::invalid_argument);
  EXPECT_EQ(hold_out_validation(two, {}, 1, 0).validation.count(), 0);
}

}  // namespace
