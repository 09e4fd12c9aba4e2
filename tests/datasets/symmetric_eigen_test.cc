#include "datasets/symmetric_eigen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/random.h"

namespace {

using datasets::symmetric_eigen, datasets::SymmetricEigen;

std::vector<double> random_symmetric(int64_t n, uint64_t seed) {
  const engine::RandomStream stream(seed, "matrix");
  std::vector<double> matrix(static_cast<size_t>(n * n));
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j <= i; ++j)
      matrix[static_cast<size_t>(i * n + j)] = matrix[static_cast<size_t>(j * n + i)] =
          static_cast<double>(stream.normal(static_cast<uint64_t>(i * n + j)));
  return matrix;
}

// A u = λ u, uᵀ u' = δ, values falling, signs fixed; within `tolerance` times the largest value.
void expect_decomposes(const std::vector<double>& a, int64_t n, double tolerance) {
  const SymmetricEigen eigen = symmetric_eigen(a, n);
  ASSERT_EQ(eigen.values.size(), static_cast<size_t>(n));
  ASSERT_EQ(eigen.vectors.size(), a.size());
  double scale = 1e-300;
  for (const double value : eigen.values) scale = std::max(scale, std::abs(value));
  for (int64_t k = 0; k < n; ++k) {
    const double* u = eigen.vectors.data() + k * n;
    if (k > 0) {
      EXPECT_GE(eigen.values[static_cast<size_t>(k - 1)], eigen.values[static_cast<size_t>(k)]);
    }
    double largest = 0;
    for (int64_t i = 0; i < n; ++i) {
      double product = 0;
      for (int64_t j = 0; j < n; ++j) product += a[static_cast<size_t>(i * n + j)] * u[j];
      ASSERT_NEAR(product, eigen.values[static_cast<size_t>(k)] * u[i], tolerance * scale) << "n " << n;
      if (std::abs(u[i]) > std::abs(largest)) largest = u[i];
    }
    EXPECT_GT(largest, 0);
    for (int64_t l = 0; l <= k; ++l) {
      double product = 0;
      for (int64_t i = 0; i < n; ++i) product += u[i] * eigen.vectors[static_cast<size_t>(l * n + i)];
      ASSERT_NEAR(product, l == k ? 1 : 0, tolerance) << "n " << n;
    }
  }
}

TEST(SymmetricEigen, KnownAnswers) {
  const SymmetricEigen two = symmetric_eigen({2, 99, 1, 2}, 2);  // what is above the diagonal does not count
  EXPECT_DOUBLE_EQ(two.values[0], 3);
  EXPECT_DOUBLE_EQ(two.values[1], 1);
  for (const size_t i : {0, 1}) EXPECT_NEAR(two.vectors[i], std::sqrt(0.5), 1e-15);

  // Of the second difference matrix (2 on the diagonal, -1 beside it): 2 - 2 cos(k π / 4).
  const SymmetricEigen three = symmetric_eigen({2, -1, 0, -1, 2, -1, 0, -1, 2}, 3);
  EXPECT_NEAR(three.values[0], 2 + std::sqrt(2.0), 1e-15);
  EXPECT_NEAR(three.values[1], 2, 1e-15);
  EXPECT_NEAR(three.values[2], 2 - std::sqrt(2.0), 1e-15);
  EXPECT_NEAR(three.vectors[1], std::sqrt(0.5), 1e-15);  // (-1/2, √½, -1/2): the largest is positive
  EXPECT_NEAR(three.vectors[0], -0.5, 1e-15);

  const SymmetricEigen one = symmetric_eigen({-7}, 1);
  EXPECT_EQ(one.values[0], -7);
  EXPECT_EQ(one.vectors[0], 1);
}

TEST(SymmetricEigen, DiagonalsAndZerosStayAsTheyAre) {
  const SymmetricEigen diagonal = symmetric_eigen({1, 0, 0, 0, 5, 0, 0, 0, 3}, 3);
  EXPECT_EQ(diagonal.values, (std::vector<double>{5, 3, 1}));
  EXPECT_EQ(diagonal.vectors, (std::vector<double>{0, 1, 0, 0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(symmetric_eigen(std::vector<double>(9), 3).values, (std::vector<double>{0, 0, 0}));
}

TEST(SymmetricEigen, RandomMatricesOfAllSizes) {
  for (const int64_t n : {2, 3, 5, 16, 63, 64, 65, 130}) expect_decomposes(random_symmetric(n, 3), n, 1e-13);
}

TEST(SymmetricEigen, FewDirectionsAndManyEqualValues) {
  constexpr int64_t n = 70;
  std::vector<double> rank_two(n * n), reflected(n * n);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < n; ++j) {
      const auto at = static_cast<size_t>(i * n + j);
      rank_two[at] = static_cast<double>((i % 3) * (j % 3)) + (i % 5 == 0 && j % 5 == 0 ? 4 : 0);
      reflected[at] = (i == j ? 1 : 0) - 2.0 / n;  // eigenvalues 1 (69 times) and -1
    }
  expect_decomposes(rank_two, n, 1e-13);
  expect_decomposes(reflected, n, 1e-13);
  const SymmetricEigen eigen = symmetric_eigen(reflected, n);
  EXPECT_NEAR(eigen.values[68], 1, 1e-14);
  EXPECT_NEAR(eigen.values[69], -1, 1e-14);
}

TEST(SymmetricEigen, ExtremeScales) {
  for (const double scale : {1e-300, 1e-160, 1e160, 1e300}) {
    std::vector<double> matrix = random_symmetric(20, 4);
    const SymmetricEigen plain = symmetric_eigen(matrix, 20);
    for (double& number : matrix) number *= scale;
    const SymmetricEigen scaled = symmetric_eigen(matrix, 20);
    for (size_t k = 0; k < 20; ++k)
      EXPECT_NEAR(scaled.values[k] / scale, plain.values[k], 1e-12) << "scale " << scale;
  }
}

TEST(SymmetricEigen, TheBitsDoNotDependOnThreads) {
  const std::vector<double> matrix = random_symmetric(150, 5);
  const SymmetricEigen one = symmetric_eigen(matrix, 150, 1), three = symmetric_eigen(matrix, 150, 3);
  EXPECT_EQ(one.values, three.values);
  EXPECT_EQ(one.vectors, three.vectors);
}

TEST(SymmetricEigen, RefusesWhatIsNoMatrix) {
  EXPECT_THROW(symmetric_eigen({1, 2, 3}, 2), std::invalid_argument);
  EXPECT_THROW(symmetric_eigen({}, 0), std::invalid_argument);
  EXPECT_THROW(symmetric_eigen({std::numeric_limits<double>::quiet_NaN()}, 1), std::invalid_argument);
  EXPECT_THROW(symmetric_eigen({std::numeric_limits<double>::infinity()}, 1), std::invalid_argument);
}

}  // namespace
