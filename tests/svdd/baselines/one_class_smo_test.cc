#include "svdd/baselines/one_class_smo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "svdd/baselines/kernel_rows.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/baselines/few_points.h"

namespace one_class_smo_test {

using namespace svdd;
using datasets::Samples;

// A whole kernel matrix, in memory.
class Matrix final : public KernelSource {
 public:
  explicit Matrix(std::vector<std::vector<float>> rows) : rows_(std::move(rows)) {}
  Matrix(const Samples& points, double gamma) {
    for (int64_t i = 0; i < points.count(); ++i) {
      rows_.emplace_back();
      for (int64_t j = 0; j < points.count(); ++j)
        rows_.back().push_back(static_cast<float>(std::exp(
            -gamma * few_points::squared_distance(points.sample(i), points.sample(j), points.size()))));
    }
  }
  int64_t points() const override { return static_cast<int64_t>(rows_.size()); }
  std::span<const float> row(int64_t i) override { return rows_[static_cast<size_t>(i)]; }

 private:
  std::vector<std::vector<float>> rows_;
};

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

TEST(OneClassSmo, TwoPointsShareTheWeight) {
  Matrix two({{1, 0.25f}, {0.25f, 1}});
  const OneClassSolution s =
      solve_one_class(two, {.nu = 0.75, .tolerance = 1e-12});  // νn = 1.5, one starts with 1
  EXPECT_TRUE(s.converged);
  EXPECT_DOUBLE_EQ(s.beta[0], 0.75);
  EXPECT_DOUBLE_EQ(s.beta[1], 0.75);
  EXPECT_DOUBLE_EQ(s.rho, 0.75 * 1.25);
}

TEST(OneClassSmo, APointFarFromTwoEqualOnesWeighsAsMuchAsBoth) {
  // ½·(2a)² + ½·b² with 2a + b = 1.5: the pair may share as it likes, 2a = b = 0.75.
  Matrix three({{1, 1, 0}, {1, 1, 0}, {0, 0, 1}});
  const OneClassSolution s = solve_one_class(three, {.nu = 0.5, .tolerance = 1e-12});
  EXPECT_TRUE(s.converged);
  EXPECT_NEAR(s.beta[0] + s.beta[1], 0.75, 1e-11);
  EXPECT_NEAR(s.beta[2], 0.75, 1e-11);
  EXPECT_NEAR(s.rho, 0.75, 1e-11);
}

TEST(OneClassSmo, EqualPointsAndASinglePointNeedNoStep) {
  Matrix equal(std::vector<std::vector<float>>(5, std::vector<float>(5, 1)));
  const OneClassSolution s = solve_one_class(equal, {.nu = 0.5});
  EXPECT_EQ(s.iterations, 0);
  EXPECT_DOUBLE_EQ(s.rho, 2.5);
  Matrix one(std::vector<std::vector<float>>{{1}});
  EXPECT_DOUBLE_EQ(solve_one_class(one, {.nu = 0.2}).rho, 0.2);
}

TEST(OneClassSmo, WithNuOneEveryPointCarriesAllItMay) {
  Matrix two({{1, 0.25f}, {0.25f, 1}});
  const OneClassSolution s = solve_one_class(two, {.nu = 1});
  EXPECT_EQ(s.beta, (std::vector<double>{1, 1}));
  EXPECT_EQ(s.rho, 1.25);
  EXPECT_TRUE(s.converged);
}

// scikit-learn's issue 4195: below νn = 1 no point can reach its bound, so that the optimum is that of νn = 1, scaled.
TEST(OneClassSmo, BelowOnePointsWeightTheSolutionIsThatOfOnePoints) {
  constexpr int64_t n = 200;
  Matrix kernel(few_points::gaussian(n, 2, 3), 0.5);
  const OneClassSolution one = solve_one_class(kernel, {.nu = 1.0 / n});
  int64_t support = 0;
  for (const double beta : one.beta) support += beta > 0;
  EXPECT_GT(support, 3);
  for (const double share : {0.5, 1e-3, 1e-6}) {
    const OneClassSolution less = solve_one_class(kernel, {.nu = share / n});
    EXPECT_TRUE(less.converged);
    EXPECT_NEAR(sum(less.beta), share, 1e-9 * share);
    EXPECT_NEAR(less.rho / share, one.rho, 2e-3);
    for (size_t i = 0; i < less.gradient.size(); ++i)  // the decision values
      EXPECT_NEAR((less.gradient[i] - less.rho) / share, one.gradient[i] - one.rho, 4e-3);
  }
}

class OneClassSmoOptimum : public testing::TestWithParam<std::tuple<double, double>> {};

TEST_P(OneClassSmoOptimum, SatisfiesTheKktConditionsAndTheNuProperty) {
  const auto [nu, gamma] = GetParam();
  constexpr int64_t n = 300;
  Matrix kernel(few_points::gaussian(n, 3, 1), gamma);
  const double tolerance = 1e-6;
  const OneClassSolution s = solve_one_class(kernel, {.nu = nu, .tolerance = tolerance});
  ASSERT_TRUE(s.converged);
  EXPECT_LE(s.violation, tolerance);
  EXPECT_NEAR(sum(s.beta), nu * n, 1e-9);

  int64_t support = 0, at_bound = 0;
  for (int64_t i = 0; i < n; ++i) {
    const auto at = static_cast<size_t>(i);
    double gradient = 0;  // afresh, not as it was kept up to date
    for (int64_t j = 0; j < n; ++j)
      gradient += static_cast<double>(kernel.row(i)[static_cast<size_t>(j)]) * s.beta[static_cast<size_t>(j)];
    EXPECT_NEAR(gradient, s.gradient[at], 1e-9);
    EXPECT_GE(s.beta[at], 0);
    EXPECT_LE(s.beta[at], 1);
    if (s.beta[at] > 0) {  // on the sphere or outside
      EXPECT_LE(gradient, s.rho + 2 * tolerance);
    }
    if (s.beta[at] < 1) {  // on the sphere or inside
      EXPECT_GE(gradient, s.rho - 2 * tolerance);
    }
    support += s.beta[at] > 0;
    at_bound += s.beta[at] >= 1;
  }
  EXPECT_LE(static_cast<double>(at_bound), nu * n);
  EXPECT_GE(static_cast<double>(support), nu * n - 1e-9);
}

INSTANTIATE_TEST_SUITE_P(, OneClassSmoOptimum,
                         testing::Combine(testing::Values(0.001, 0.05, 0.3, 0.999),
                                          testing::Values(0.01, 0.5, 20.0)));

// No feasible point reached by moving weight between any two is better.
TEST(OneClassSmo, IsAMinimum) {
  const Samples points = few_points::gaussian(40, 2, 2);
  Matrix kernel(points, 0.5);
  const auto objective = [&](const std::vector<double>& beta) {
    double value = 0;
    for (int64_t i = 0; i < 40; ++i)
      for (size_t j = 0; j < 40; ++j)
        value += 0.5 * beta[static_cast<size_t>(i)] * beta[j] * static_cast<double>(kernel.row(i)[j]);
    return value;
  };
  const OneClassSolution s = solve_one_class(kernel, {.nu = 0.3, .tolerance = 1e-9});
  const double least = objective(s.beta);
  int64_t tried = 0;
  for (size_t i = 0; i < 40; ++i)
    for (size_t j = 0; j < 40; ++j) {
      std::vector<double> other = s.beta;
      const double moved = std::min({0.01, 1 - other[i], other[j]});
      if (i == j || moved <= 0) continue;
      other[i] += moved;
      other[j] -= moved;
      EXPECT_GT(objective(other), least - 1e-12);
      ++tried;
    }
  EXPECT_GT(tried, 300);
}

TEST(OneClassSmo, SaysWhenItWasStopped) {
  Matrix kernel(few_points::gaussian(100, 2, 3), 0.5);
  const OneClassSolution s = solve_one_class(kernel, {.nu = 0.3, .most_iterations = 3});
  EXPECT_FALSE(s.converged);
  EXPECT_EQ(s.iterations, 3);
  EXPECT_GT(s.violation, 1e-3);
}

TEST(OneClassSmo, RefusesTheImpossible) {
  Matrix none(std::vector<std::vector<float>>{}), one(std::vector<std::vector<float>>{{1}});
  EXPECT_THROW(solve_one_class(none, {}), std::invalid_argument);
  for (const double nu : {0.0, -1.0, 1.1, std::nan("")})
    EXPECT_TRUE(scratch::contains(
        scratch::error_of<std::invalid_argument>([&] { solve_one_class(one, {.nu = nu}); }), "(0, 1]"));
  EXPECT_THROW(solve_one_class(one, {.tolerance = 0}), std::invalid_argument);
  EXPECT_THROW(solve_one_class(one, {.rows_at_once = 0}), std::invalid_argument);
}

// ---- the rows it asks for

TEST(KernelRows, AreTheKernel) {
  const Samples points = few_points::gaussian(50, 7, 4);
  const DistanceProduct distances(points, *small_runs::backend());
  KernelRows rows(points, distances, 0.1f, 1 << 20, 16, *small_runs::backend());
  for (const int64_t i : {3, 0, 49, 3}) {
    const std::span<const float> row = rows.row(i);
    ASSERT_EQ(row.size(), 50u);
    EXPECT_EQ(row[static_cast<size_t>(i)], 1.0f);  // exactly: the distance to itself is 0
    for (int64_t j = 0; j < 50; ++j)
      EXPECT_NEAR(row[static_cast<size_t>(j)],
                  std::exp(-0.1f * few_points::squared_distance(points.sample(i), points.sample(j), 7)),
                  1e-6);
  }
  EXPECT_EQ(rows.computed(), 3);
}

// Far from the origin, where ‖x‖² and ‖y‖² would drown ‖x − y‖².
TEST(KernelRows, DoNotDependOnWhereTheOriginIs) {
  Samples points = few_points::gaussian(20, 4, 5);
  for (float& v : points.values) v = std::round(v * 1024) / 1024 + 1000;  // the differences stay exact
  const DistanceProduct distances(points, *small_runs::backend());
  KernelRows rows(points, distances, 0.25f, 1 << 20, 16, *small_runs::backend());
  for (int64_t j = 0; j < 20; ++j)
    EXPECT_NEAR(rows.row(7)[static_cast<size_t>(j)],
                std::exp(-0.25f * few_points::squared_distance(points.sample(7), points.sample(j), 4)), 1e-4);
}

TEST(KernelRows, ForgetTheLongestUnused) {
  const Samples points = few_points::gaussian(50, 2, 6);
  const DistanceProduct distances(points, *small_runs::backend());
  KernelRows rows(points, distances, 0.1f, 0, 2,
                  *small_runs::backend());  // no memory: the least there can be
  ASSERT_EQ(rows.capacity(), 4);
  for (const int64_t i : {0, 1, 2, 3}) rows.row(i);
  rows.row(0);
  rows.row(4);
  EXPECT_TRUE(rows.ready(0));
  EXPECT_FALSE(rows.ready(1));
  const std::vector<int64_t> more{2, 5, 6, 7};  // 2 is there; of the others as many as come at once
  rows.expect(more);
  EXPECT_TRUE(rows.ready(5));
  EXPECT_TRUE(rows.ready(6));
  EXPECT_FALSE(rows.ready(7));
  EXPECT_EQ(rows.computed(), 7);
}

TEST(KernelRows, MemoryChangesNoNumber) {
  const Samples points = few_points::gaussian(200, 5, 7);
  const DistanceProduct distances(points, *small_runs::backend());
  std::vector<OneClassSolution> solutions;
  std::vector<int64_t> computed;
  for (const auto& [bytes, at_once] :
       {std::pair<int64_t, int64_t>{1 << 20, 32}, {1 << 20, 1}, {0, 1}, {0, 7}}) {
    KernelRows rows(points, distances, 0.1f, bytes, at_once, *small_runs::backend());
    solutions.push_back(solve_one_class(rows, {.nu = 0.2, .rows_at_once = at_once}));
    computed.push_back(rows.computed());
    EXPECT_EQ(solutions.back().beta, solutions.front().beta);
    EXPECT_EQ(solutions.back().gradient, solutions.front().gradient);
  }
  EXPECT_LE(computed[1], 200);
  EXPECT_GT(computed[2], computed[1]);  // what was forgotten was made again
}

}  // namespace one_class_smo_test
