// The nearest of several points, and the rows of a table, where the answer is known.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/ops.h"
#include "engine/tape.h"
#include "tests/engine/platforms.h"

namespace {

using namespace engine;
using Numbers = std::vector<double>;

class NearestPoint : public engine_tests::OnEachPlatform {
 protected:
  Numbers nearest(Numbers on_a_line, Numbers points, Numbers alive) {
    const auto n = static_cast<int64_t>(on_a_line.size()), k = static_cast<int64_t>(points.size());
    return nearest_point(Tensor(samples({n, 1}, on_a_line)), Tensor(plain({k, 1}, points)),
                         Tensor(plain({k}, alive)))
        .value()
        .to_doubles();
  }
};

TEST_P(NearestPoint, OfPointsOnALine) {
  EXPECT_EQ(nearest({-9, 0.4, 0.6, 1.4, 7}, {0, 2, 1}, {1, 1, 1}), (Numbers{0, 0, 2, 2, 1}));
}

TEST_P(NearestPoint, TheLowestOfEquallyNearOnes) {
  EXPECT_EQ(nearest({1, 5, 3}, {4, 2, 4, 2, 2}, {1, 1, 1, 1, 1}), (Numbers{1, 0, 0}));
  EXPECT_EQ(nearest({1, 5, 3}, {4, 2, 4, 2, 2}, {0, 0, 1, 1, 1}), (Numbers{3, 2, 2}));
}

TEST_P(NearestPoint, OnesThatAreNotAliveAreLeftOut) {
  Numbers points, alive;
  for (int k = 0; k < 40; ++k) {  // in several groups of whatever a kernel takes together
    points.push_back(k);
    alive.push_back(k == 3 || k == 21 || k == 39 ? 0.5 : 0);
  }
  EXPECT_EQ(nearest({0, 3, 11, 13, 25, 31, 99}, points, alive), (Numbers{3, 3, 3, 21, 21, 39, 39}));
  EXPECT_EQ(nearest({5, -5}, {5, -5}, {0, 0}), (Numbers{0, 0}));  // none is
}

TEST_P(NearestPoint, InfiniteDistancesAreNotNear) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(nearest({0, std::nan(""), inf}, {inf, 8}, {1, 1}), (Numbers{1, 0, 0}));
}

TEST_P(NearestPoint, IsSoughtAnewOnEveryReplay) {
  const Tensor a(samples({2, 2}, {0, 0, 10, 10}), true), alive(plain({2}, {1, 1}));
  const Tensor points(plain({2, 2}, {1, 1, 8, 8}));
  Tape tape;
  Tensor k, loss;
  {
    const Tape::Recording recording(tape);
    k = nearest_point(a, points, alive);
    loss = mean(squared_distance(a, take(points, k)) - take(alive, k));
  }
  tape.backward(loss);
  EXPECT_EQ(k.value().to_doubles(), (Numbers{0, 1}));
  EXPECT_EQ(loss.value().item(), (2 + 8) / 2.0 - 1);
  EXPECT_EQ(a.grad().to_doubles(), (Numbers{-1, -1, 2, 2}));

  Tensor(alive).value().assign(Numbers{0, 2});
  Tensor(a).value().assign(Numbers{7, 8, 10, 10});
  tape.replay();
  tape.backward(loss);
  EXPECT_EQ(k.value().to_doubles(), (Numbers{1, 1}));
  EXPECT_EQ(loss.value().item(), (1 + 8) / 2.0 - 2);
  EXPECT_EQ(a.grad().to_doubles(), (Numbers{-1, 0, 2, 2}));
}

TEST_P(NearestPoint, TakesNumbersAndRows) {
  const Tensor index(samples({3}, {2, 0, 2}));
  const Tensor numbers = take(Tensor(plain({3}, {5, 6, 7})), index);
  EXPECT_EQ(numbers.shape(), Shape({3}));
  EXPECT_EQ(numbers.value().to_doubles(), (Numbers{7, 5, 7}));
  const Tensor rows = take(Tensor(plain({3, 2}, {1, 2, 3, 4, 5, 6})), index);
  EXPECT_EQ(rows.shape(), Shape({3, 2}));
  EXPECT_EQ(rows.value().to_doubles(), (Numbers{5, 6, 1, 2, 5, 6}));
}

INSTANTIATE_TEST_SUITE_P(Platforms, NearestPoint, testing::ValuesIn(engine_tests::platforms()),
                         engine_tests::platform_name);

}  // namespace
