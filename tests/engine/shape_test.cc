#include "engine/shape.h"

#include <gtest/gtest.h>

#include "tests/engine/expect_message.h"

namespace {

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
}

}  // namespace
