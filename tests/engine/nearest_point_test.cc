// The nearest of several points, and the rows of a table, where the answer is known.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/ops.h"
#include "engine/tape.h"
#include "tests/engine/platforms.h"

namespace nearest_point_test {

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

TEST_P(NearestPoint, ARowTakenHasTheSumOfItsSamplesGradients) {
  for (const int64_t n : {5, 40}) {
    std::vector<double> at, numbers;
    for (int64_t i = 0; i < n; ++i) at.push_back(static_cast<double>(i % 3 == 0 ? 2 : 0));  // nobody takes 1
    for (int64_t i = 0; i < 2 * n; ++i) numbers.push_back(static_cast<double>(i));
    const Tensor table(plain({3, 2}, {1, 2, 3, 4, 5, 6}), true), single(plain({3}, {1, 2, 3}), true);
    const Tensor a(samples({n, 2}, numbers)), index(samples({n}, at));
    Tape tape;
    Tensor loss;
    {
      const Tape::Recording recording(tape);
      loss = sum(squared_distance(a, take(table, index))) + sum(take(single, index));
    }
    Numbers rows(6), counts(3);
    for (int64_t i = 0; i < n; ++i) {
      const auto k = static_cast<size_t>(at[static_cast<size_t>(i)]);
      counts[k] += 1;
      for (size_t j = 0; j < 2; ++j)
        rows[2 * k + j] += 2 * (static_cast<double>(2 * k + j + 1) - numbers[static_cast<size_t>(2 * i) + j]);
    }
    for (int pass = 0; pass < 2; ++pass) {  // whole numbers: every order of the sum is exact
      tape.replay();
      tape.backward(loss);
      EXPECT_EQ(table.grad().to_doubles(), rows);
      EXPECT_EQ(single.grad().to_doubles(), counts);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Platforms, NearestPoint, testing::ValuesIn(engine_tests::platforms()),
                         engine_tests::platform_name);

}  // namespace nearest_point_test
