// Which points may be nearest, where the answer is known.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/engine/platforms.h"

namespace nearest_candidates_test {

using namespace engine;
using Numbers = std::vector<double>;

constexpr double inf = std::numeric_limits<double>::infinity();

struct Found {
  Numbers limit, count, list;
};

class NearestCandidates : public engine_tests::OnEachPlatform {
 protected:
  Found among(const Numbers& x, const Numbers& slack, const Numbers& margin, bool others,
              const Numbers& limit, int64_t listed) {
    const auto n = static_cast<int64_t>(margin.size()), k = static_cast<int64_t>(slack.size());
    Array limits = samples({n}, limit), count = limits.zeros_like(),
          list = samples({n, listed}, Numbers(static_cast<size_t>(n * listed)));
    on_->nearest_candidates(samples({n, k}, x), plain({k}, slack), samples({n}, margin), others, limits,
                            count, list);
    return {limits.to_doubles(), count.to_doubles(), list.to_doubles()};
  }
};

TEST_P(NearestCandidates, AreTheOnesWithinTheLimit) {
  const Found found = among({5, 3, 4, 3.5,  //
                             9, 8, 7, 6},
                            {9, 1, 9, 0.25}, {0.25, 0.5}, false, {inf, inf}, 3);
  EXPECT_EQ(found.limit, (Numbers{4.25, 6.75}));
  EXPECT_EQ(found.count, (Numbers{3, 1}));
  EXPECT_EQ(found.list, (Numbers{1, 2, 3, 3, -1, -1}));
}

TEST_P(NearestCandidates, KeepALimitThatIsLower) {
  const Found found = among({5, 3, 4, 5, 3, 4}, {0, 1, 0}, {0, 0}, false, {3.5, 2}, 2);
  EXPECT_EQ(found.limit, (Numbers{3.5, 2}));
  EXPECT_EQ(found.count, (Numbers{1, 0}));
  EXPECT_EQ(found.list, (Numbers{1, -1, -1, -1}));
}

TEST_P(NearestCandidates, TakeTheSlackOfTheLowestOfEquals) {
  EXPECT_EQ(among({7, 2, 2, 2}, {0, 3, 1, 1}, {0}, false, {inf}, 4).limit, (Numbers{5}));
}

TEST_P(NearestCandidates, MayLeaveOutTheRowItself) {
  const Found found = among({0, 2, 5, 2, 0, 2, 5, 2, 0}, {0, 0, 0}, {0, 0, 0}, true, {inf, inf, inf}, 2);
  EXPECT_EQ(found.limit, (Numbers{2, 2, 2}));
  EXPECT_EQ(found.count, (Numbers{1, 2, 1}));
  EXPECT_EQ(found.list, (Numbers{1, -1, 0, 2, 1, -1}));
}

TEST_P(NearestCandidates, AreCountedWhereTheListIsFull) {
  const int64_t n = 18, k = 100;  // more points than a kernel takes at a time
  const auto rows = static_cast<size_t>(n);
  const Found found = among(Numbers(rows * static_cast<size_t>(k), 1), Numbers(static_cast<size_t>(k)),
                            Numbers(rows), true, Numbers(rows, inf), 2);
  EXPECT_EQ(found.count, Numbers(rows, 99));
  for (size_t r = 0; r < rows; ++r) {
    EXPECT_EQ(found.list[2 * r], r == 0 ? 1 : 0);
    EXPECT_EQ(found.list[2 * r + 1], r <= 1 ? 2 : 1);
  }
}

// What is not known cannot be ruled out.
TEST_P(NearestCandidates, HoldWhatIsNoNumber) {
  const double nan = std::nan("");
  const Found found = among({nan, 3, inf, 4,      //
                             inf, inf, inf, nan,  //
                             -inf, 3, 4, nan},
                            {0, 0, 0, inf}, {0, 0, 0}, false, {inf, inf, inf}, 4);
  EXPECT_EQ(found.limit, (Numbers{3, inf, -inf}));
  EXPECT_EQ(found.count, (Numbers{2, 4, 2}));
  EXPECT_EQ(found.list, (Numbers{0, 1, -1, -1, 0, 1, 2, 3, 0, 3, -1, -1}));
  const Found unlimited = among({-inf, 3}, {inf, 0}, {0}, false, {inf}, 2);
  EXPECT_EQ(unlimited.limit, (Numbers{inf})) << "-inf + inf is no number";
  EXPECT_EQ(unlimited.count, (Numbers{2}));
}

INSTANTIATE_TEST_SUITE_P(Platforms, NearestCandidates, testing::ValuesIn(engine_tests::platforms()),
                         engine_tests::platform_name);

}  // namespace nearest_candidates_test
