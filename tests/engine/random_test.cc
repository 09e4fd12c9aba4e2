#include "engine/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace random_test {

using namespace engine;
using Words = std::array<uint32_t, 4>;

// The known answers that Random123 comes with.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomStream, DrawsByIndexInAnyOrder) {
  const RandomStream stream(7, "shuffle"), again(7, "shuffle");
  const uint32_t far = stream.bits(uint64_t{1} << 40), near = stream.bits(3);
  EXPECT_EQ(again.bits(3), near);
  EXPECT_EQ(again.bits(uint64_t{1} << 40), far);
  EXPECT_NE(near, far);
}

TEST(RandomStream, SeedAndNameEachMakeAnotherStream) {
  std::set<uint64_t> first;
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32})
    for (const char* name : {"", "a", "b", "ab", "ba", "init/conv1.weight"})
      first.insert(RandomStream(seed, name).bits64(0));
  EXPECT_EQ(first.size(), 18u);
}

// A change of these numbers changes every result ever published from a seed.
TEST(RandomStream, StaysTheSame) {
  const RandomStream stream(1, "init/conv1.weight");
  EXPECT_EQ(stream.bits(0), 1246911485u);
  EXPECT_EQ(stream.bits64(5), 8733867998360252539u);
  EXPECT_EQ(stream.uniform(1), 0x1.668218p-1f);
  EXPECT_EQ(stream.normal(2), 0x1.2616p+0f);
  EXPECT_EQ(stream.below(1000, 3), 778u);
  EXPECT_EQ(permutation(8, RandomStream(1, "shuffle/0")), (std::vector<int32_t>{1, 0, 3, 6, 7, 2, 5, 4}));
}

TEST(RandomStream, UniformHasItsMoments) {
  const RandomStream stream(3, "moments");
  constexpr int count = 100'000;
  double sum = 0, squares = 0, products = 0;
  std::array<int, 16> cells{};
  for (int i = 0; i < count; ++i) {
    const float u = stream.uniform(static_cast<uint64_t>(i));
    ASSERT_GE(u, 0.0f);
    ASSERT_LT(u, 1.0f);
    ASSERT_EQ(u, std::floor(u * 0x1p24f) * 0x1p-24f);
    sum += u;
    squares += static_cast<double>(u) * u;
    products += (u - 0.5) * (stream.uniform(static_cast<uint64_t>(i) + 1) - 0.5);
    ++cells[static_cast<size_t>(u * 16)];
  }
  EXPECT_NEAR(sum / count, 0.5, 4 * std::sqrt(1.0 / 12 / count));
  EXPECT_NEAR(squares / count, 1.0 / 3, 4 * std::sqrt(4.0 / 45 / count));
  EXPECT_NEAR(products / count, 0,
              4 / 12.0 / std::sqrt(count));  // neighbours have nothing to do with each other
  for (const int cell : cells) EXPECT_NEAR(cell, count / 16, 4 * std::sqrt(count / 16.0));

  for (uint64_t i = 0; i < 1000; ++i) {
    const float u = stream.uniform(i, -0.25f, 0.5f);
    ASSERT_GE(u, -0.25f);
    ASSERT_LE(u, 0.5f);
  }
}

TEST(RandomStream, NormalHasItsMoments) {
  const RandomStream stream(3, "moments");
  constexpr int count = 100'000;
  double sum = 0, squares = 0, cubes = 0, fourths = 0;
  int beyond_two = 0;
  for (int i = 0; i < count; ++i) {
    const double z = stream.normal(static_cast<uint64_t>(i));
    ASSERT_TRUE(std::isfinite(z));
    ASSERT_LT(std::abs(z), 6);
    sum += z;
    squares += z * z;
    cubes += z * z * z;
    fourths += z * z * z * z;
    beyond_two += std::abs(z) > 2;
  }
  EXPECT_NEAR(sum / count, 0, 4 / std::sqrt(count));
  EXPECT_NEAR(squares / count, 1, 4 * std::sqrt(2.0 / count));
  EXPECT_NEAR(cubes / count, 0, 4 * std::sqrt(15.0 / count));
  EXPECT_NEAR(fourths / count, 3, 4 * std::sqrt(96.0 / count));
  EXPECT_NEAR(beyond_two / double{count}, 0.0455, 4 * std::sqrt(0.0455 / count));
}

// The high word of the 128-bit product of n and 64 random bits.
TEST(RandomStream, BelowIsTheHighWordOfAProduct) {
  __extension__ using Wide = unsigned __int128;
  const RandomStream stream(11, "below");
  for (const uint64_t n : {uint64_t{1}, uint64_t{2}, uint64_t{10}, uint64_t{0xffffffff}, uint64_t{1} << 32,
                           (uint64_t{1} << 32) + 1, uint64_t{0x123456789abcdef}, ~uint64_t{0}})
    for (uint64_t i = 0; i < 200; ++i) {
      const auto expected = static_cast<uint64_t>((Wide{n} * stream.bits64(i)) >> 64);
      ASSERT_EQ(stream.below(n, i), expected) << n << " " << i;
    }
}

TEST(Permutation, HoldsEachIndexOnce) {
  for (const int64_t n : {0, 1, 2, 3, 17, 1000}) {
    std::vector<int32_t> order = permutation(n, RandomStream(5, "p"));
    std::vector<int32_t> all(static_cast<size_t>(n));
    std::iota(all.begin(), all.end(), 0);
    EXPECT_TRUE(n < 10 || order != all) << n;
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, all) << n;
  }
}

TEST(Permutation, EveryOrderIsEquallyLikely) {
  std::array<int, 27> seen{};  // orders of three, as numbers to base 3
  constexpr uint64_t draws = 6000;
  for (uint64_t i = 0; i < draws; ++i) {
    const std::vector<int32_t> p = permutation(3, RandomStream(i, "order"));
    ++seen[static_cast<size_t>(9 * p[0] + 3 * p[1] + p[2])];
  }
  int kinds = 0;
  for (const int count : seen) {
    if (count == 0) continue;
    ++kinds;
    EXPECT_NEAR(count, draws / 6.0, 5 * std::sqrt(draws / 6.0));
  }
  EXPECT_EQ(kinds, 6);
}

}  // namespace random_test
