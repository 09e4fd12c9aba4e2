#include "engine/shape.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/engine/expect_message.h"

namespace shape_test {

using engine::checked_product, engine::most_numbers, engine::product_if_counted;
using engine::Shape;
using engine_tests::message_of;

TEST(Shape, CountsNumbersSamplesAndPositions) {
  const Shape images{200, 8, 28, 27};
  EXPECT_EQ(images.rank(), 4);
  EXPECT_EQ(images[3], 27);
  EXPECT_EQ(images.count(), 200 * 8 * 28 * 27);
  EXPECT_EQ(images.per_sample(), 8 * 28 * 27);
  EXPECT_EQ(images.positions(), 28 * 27);

  const Shape representations{5, 32};
  EXPECT_EQ(representations.per_sample(), 32);
  EXPECT_EQ(representations.positions(), 1);
  EXPECT_EQ(Shape{7}.per_sample(), 1);
  EXPECT_EQ((Shape{0, 3}).count(), 0);
  EXPECT_EQ(Shape{}.count(), 1);  // a number without axes
}

TEST(Shape, AnotherNumberOfSamplesKeepsTheRest) {
  EXPECT_EQ((Shape{4, 1, 28, 28}.with_samples(9)), (Shape{9, 1, 28, 28}));
}

TEST(Shape, EqualityIncludesTheRank) {
  EXPECT_EQ((Shape{2, 3}), Shape(std::vector<int64_t>{2, 3}));
  EXPECT_NE((Shape{2, 3}), (Shape{2, 3, 1}));
  EXPECT_NE((Shape{2, 3}), (Shape{3, 2}));
}

TEST(Shape, ReadsAsText) {
  EXPECT_EQ((Shape{200, 8, 28, 28}).text(), "(200, 8, 28, 28)");
  EXPECT_EQ(Shape{1}.text(), "(1)");
  EXPECT_EQ(Shape{}.text(), "()");
}

TEST(Shape, RefusesWhatIsNoShape) {
  EXPECT_EQ(message_of([] { Shape{1, 2, 3, 4, 5}; }), "[Shape] 5 axes; at most 4 are supported");
  EXPECT_EQ(message_of([] { Shape{3, -1}; }), "[Shape] negative extent -1");
  EXPECT_EQ(message_of([] { Shape{3, 0, -5}; }), "[Shape] negative extent -5");
}

// Products of extents would overflow long before memory was asked for.
TEST(Shape, RefusesWhatNoMachineHolds) {
  const int64_t large = int64_t{1} << 62;
  for (const Shape& s : {Shape{int64_t{1} << 48}, Shape{1 << 24, 1 << 24}, Shape{0, int64_t{1} << 48}})
    EXPECT_GE(s.per_sample(), 1);
  EXPECT_EQ(message_of([&] {
              Shape{1, large};
            }),
            "[Shape] (1, 4611686018427387904) is more than any machine can hold: at most 2^48 numbers");
  EXPECT_NE(message_of([&] { Shape{large, large, large, large}; }), "");  // 2^248, 0 in 64 bits
  EXPECT_NE(message_of([&] { Shape{0, large, 8}; }), "");                 // a sample of 2^65 numbers
  EXPECT_NE(message_of([&] { Shape{std::numeric_limits<int64_t>::max()}; }), "");
  EXPECT_NE(message_of([&] { Shape(std::vector<int64_t>{1 << 24, 1 << 24, 2}); }), "");
  EXPECT_NE(message_of([&] { Shape{2, 1 << 30}.with_samples(int64_t{1} << 40); }), "");
}

TEST(CheckedSize, ProductsAreCountedOrRefused) {
  EXPECT_EQ(product_if_counted({3, 4, 5}), 60);
  EXPECT_EQ(product_if_counted({}), 1);
  EXPECT_EQ(product_if_counted({0, 7}), 0);
  EXPECT_EQ(product_if_counted({most_numbers, 1}), most_numbers);
  EXPECT_FALSE(product_if_counted({most_numbers, 2}));
  EXPECT_FALSE(product_if_counted({0, most_numbers, 2}));
  EXPECT_FALSE(product_if_counted({2, -1}));
  EXPECT_EQ(message_of([] {
              checked_product("a table", {int64_t{1} << 40, int64_t{1} << 40});
            }),
            "a table of 1099511627776 x 1099511627776 numbers is more than any machine can hold");
}

}  // namespace shape_test
