#include "datasets/pca.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "datasets/catalog.h"
#include "datasets/matrix_product.h"
#include "engine/random.h"
#include "engine/threads.h"
#include "tests/datasets/scratch.h"

namespace {

using datasets::CentredMap, datasets::Moments, datasets::Pca, datasets::Samples;
using scratch::contains, scratch::error_of;

// n samples of d values that correlate with their neighbours.
Samples cloud(int64_t n, int64_t d, uint64_t seed = 1) {
  const engine::RandomStream stream(seed, "cloud");
  Samples samples{{d}, {}};
  for (int64_t i = 0; i < n * d; ++i) {
    const float before = i % d == 0 ? 3.0f : samples.values.back();
    samples.values.push_back(0.5f * before + stream.normal(static_cast<uint64_t>(i)));
  }
  return samples;
}

TEST(MatrixProduct, EqualsThePlainLoops) {
  const engine::RandomStream stream(2, "product");
  for (const int64_t rows : {1, 3, 4, 9, 70})
    for (const int64_t depth : {1, 7}) {
      std::vector<double> a, b;
      for (int64_t i = 0; i < rows * depth; ++i) {
        a.push_back(static_cast<double>(stream.normal(static_cast<uint64_t>(i))));
        b.push_back(static_cast<double>(stream.normal(static_cast<uint64_t>(100000 + i))));
      }
      std::vector<double> c(static_cast<size_t>(rows * rows), 0.25), expected = c;
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j < rows; ++j)
          for (int64_t d = 0; d < depth; ++d)
            expected[static_cast<size_t>(i * rows + j)] +=
                a[static_cast<size_t>(i * depth + d)] * b[static_cast<size_t>(d * rows + j)];
      engine::ThreadPool pool(2);
      const auto left = datasets::PackedRows::of_rows(a.data(), rows, depth),
                 right = datasets::PackedRows::of_columns(b.data(), rows, depth);
      datasets::add_product(left, right, c.data(), rows, datasets::Part::all, pool);
      EXPECT_EQ(c, expected) << rows << " x " << depth;
      std::vector<double> lower(c.size(), 0.25);
      datasets::add_product(left, right, lower.data(), rows, datasets::Part::lower, pool);
      for (int64_t i = 0; i < rows; ++i)
        for (int64_t j = 0; j <= i; ++j)
          EXPECT_EQ(lower[static_cast<size_t>(i * rows + j)], expected[static_cast<size_t>(i * rows + j)]);
    }
}

TEST(Moments, KnownAnswer) {
  const Moments m = datasets::moments({{2}, {1, 10, 3, 30, 5, 20}});
  EXPECT_EQ(m.mean, (std::vector<double>{3, 20}));
  EXPECT_DOUBLE_EQ(m.covariance[0], 8 / 3.0);
  EXPECT_DOUBLE_EQ(m.covariance[2], 20 / 3.0);
  EXPECT_DOUBLE_EQ(m.covariance[3], 200 / 3.0);
  EXPECT_TRUE(contains(error_of([] { datasets::moments({{2}, {1, 2}}); }), "there are 1"));
  EXPECT_THROW(datasets::moments({{1}, {1, std::nanf("")}}), std::invalid_argument);
}

TEST(Pca, PointsOnALine) {
  // (3, 4) t + (1, 2): all variance lies in the direction (3, 4) / 5.
  Samples line{{2}, {}};
  for (const float t : {-1.0f, 0.0f, 2.0f, 3.0f})
    line.values.insert(line.values.end(), {1 + 3 * t, 2 + 4 * t});
  const Pca pca = Pca::fit(line);
  EXPECT_EQ(pca.features(), 2);
  EXPECT_EQ(pca.components(), 2);
  EXPECT_NEAR(pca.explained[0], 1, 1e-15);
  EXPECT_FLOAT_EQ(pca.map.matrix[0], 0.6f);
  EXPECT_FLOAT_EQ(pca.map.matrix[1], 0.8f);
  const Samples projected = pca.keep(0.95).apply(line);
  EXPECT_EQ(projected.shape, std::vector<int64_t>{1});
  const float expected[] = {-10, -5, 5, 10};  // 5 (t - 1)
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(projected.values[i], expected[i], 1e-5);
  const Samples restored = pca.keep(0.95).restore(projected, {1, 2});
  EXPECT_EQ(restored.shape, (std::vector<int64_t>{1, 2}));
  for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(restored.values[i], line.values[i], 1e-5);
}

TEST(Pca, ComponentsDoNotCorrelateAndExplainInOrder) {
  const Samples x = cloud(600, 37);
  const Pca pca = Pca::fit(x);
  double sum = 0;
  for (size_t k = 0; k < pca.explained.size(); ++k) {
    sum += pca.explained[k];
    if (k > 0) {
      EXPECT_LE(pca.explained[k], pca.explained[k - 1]);
    }
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  const Moments m = datasets::moments(pca.apply(x));
  double total = 0;
  for (size_t k = 0; k < 37; ++k) total += m.covariance[k * 37 + k];
  for (size_t i = 0; i < 37; ++i)
    for (size_t j = 0; j <= i; ++j)
      EXPECT_NEAR(m.covariance[i * 37 + j] / total, i == j ? pca.explained[i] : 0, 1e-6);
  const Samples restored = pca.restore(pca.apply(x), x.shape);
  for (size_t i = 0; i < x.values.size(); ++i) ASSERT_NEAR(restored.values[i], x.values[i], 2e-5);
}

TEST(Pca, KeepTakesTheFewestThatSuffice) {
  Pca pca{{{0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}}, {0.5, 0.25, 0.25}};
  for (const auto& [share, kept] :
       std::vector<std::pair<double, int64_t>>{{0.1, 1}, {0.5, 1}, {0.51, 2}, {0.75, 2}, {0.76, 3}, {1.0, 3}})
    EXPECT_EQ(pca.keep(share).components(), kept) << share;
  EXPECT_EQ(pca.keep(0.6).explained, (std::vector<double>{0.5, 0.25}));
  for (const double share : {0.0, -1.0, 1.1, std::nan("")})
    EXPECT_THROW(pca.keep(share), std::invalid_argument);
}

TEST(Pca, RefusesWhatDoesNotFit) {
  EXPECT_TRUE(contains(error_of([] { Pca::fit({{2}, {1, 2, 1, 2}}); }), "all 2 training samples are equal"));
  const Pca pca = Pca::fit(cloud(10, 3));
  EXPECT_TRUE(contains(error_of([&] { pca.apply({{4}, {1, 2, 3, 4}}); }), "shape 4 do not fit a map of 3"));
  EXPECT_THROW(pca.restore({{2}, {1, 2}}, {3}), std::invalid_argument);
  EXPECT_THROW(pca.restore({{3}, {1, 2, 3}}, {4}), std::invalid_argument);
  EXPECT_EQ(pca.apply({{3}, {}}).count(), 0);
}

TEST(Pca, TheBitsDependOnNeitherThreadsNorNeighbours) {
  const Samples x = cloud(300, 70);
  const Pca one = Pca::fit(x, 1);
  EXPECT_EQ(one, Pca::fit(x, 3));
  const Samples all = one.apply(x, 2);
  const Samples last = one.apply({x.shape, {x.sample(299), x.sample(299) + 70}}, 1);
  EXPECT_EQ(last.values, std::vector<float>(all.sample(299), all.sample(299) + 70));
}

// Fewer samples than values: the eigenvectors are those of the small matrix of products, the components the same.
TEST(Pca, ManyValuesOfFewSamples) {
  for (const auto& [n, d] :
       std::vector<std::pair<int64_t, int64_t>>{{2, 3}, {9, 10}, {30, 1100}, {40, 200}}) {
    const Samples x = cloud(n, d);
    const Pca pca = Pca::fit(x);
    ASSERT_EQ(pca.components(), n - 1);
    EXPECT_EQ(pca.features(), d);
    double total = 0, sum = 0;
    const std::vector<double> covariance = datasets::moments(x).covariance;
    for (int64_t j = 0; j < d; ++j) total += covariance[static_cast<size_t>(j * d + j)];
    const auto direction = [&](int64_t k) { return pca.map.matrix.data() + k * d; };
    for (int64_t a = 0; a < n - 1; ++a) {
      sum += pca.explained[static_cast<size_t>(a)];
      const auto largest = std::max_element(direction(a), direction(a) + d,
                                            [](float p, float q) { return std::abs(p) < std::abs(q); });
      EXPECT_GT(*largest, 0);
      for (int64_t b = 0; b <= a; ++b) {
        double product = 0, variance = 0;
        for (int64_t i = 0; i < d; ++i) {
          product += static_cast<double>(direction(a)[i]) * direction(b)[i];
          for (int64_t j = 0; j < d; ++j)
            variance += static_cast<double>(direction(a)[i]) * direction(b)[j] *
                        covariance[static_cast<size_t>(std::max(i, j) * d + std::min(i, j))];
        }
        EXPECT_NEAR(product, a == b ? 1 : 0, 1e-6);
        EXPECT_NEAR(variance / total, a == b ? pca.explained[static_cast<size_t>(a)] : 0, 1e-6);
        if (d > 200) break;  // enough is seen
      }
    }
    EXPECT_NEAR(sum, 1, 1e-12);
    const Samples restored = pca.restore(pca.apply(x), x.shape);
    for (size_t i = 0; i < x.values.size(); ++i) ASSERT_NEAR(restored.values[i], x.values[i], 1e-4);
    for (const double share : {0.3, 0.95, 1.0}) EXPECT_EQ(Pca::fit(x, 1, share), pca.keep(share));
    EXPECT_EQ(pca, Pca::fit(x, 3));
  }
  const Samples square = cloud(60, 20);
  EXPECT_EQ(Pca::fit(square, 1, 0.9), Pca::fit(square).keep(0.9));
}

TEST(Pca, EqualSamplesAmongFewGiveFewerDirections) {
  Samples x = cloud(5, 50);
  for (int copies = 0; copies < 3; ++copies) x.values.insert(x.values.end(), x.sample(0), x.sample(0) + 50);
  EXPECT_EQ(Pca::fit(x).components(), 4);
  EXPECT_TRUE(contains(error_of([] {
                         Pca::fit({{3}, {1, 2, 3, 1, 2, 3}});
                       }),
                       "all 2 training samples are equal"));
}

TEST(Pca, TheCostFollowsTheSmallerSide) {
  const Samples six = cloud(6, 49152);  // images of 3 x 128 x 128: as a matrix of 19 GB
  EXPECT_EQ(Pca::fit(six, 0, 0.95).features(), 49152);
  EXPECT_EQ(datasets::eigenvectors_cost(180), "");
  EXPECT_TRUE(contains(datasets::eigenvectors_cost(3072), "3072 x 3072 matrix"));
  const std::string error = error_of([] {
    datasets::zca_whitening(Samples{{20000}, std::vector<float>(40000)});
  });
  EXPECT_TRUE(contains(error, "20000 x 20000; expected at most 16384"));
}

TEST(Zca, WhitensAndStaysNear) {
  const Samples x = cloud(2000, 20);
  const CentredMap zca = datasets::zca_whitening(x, 1e-9);
  const Samples white = zca.apply(x, x.shape);
  const Moments m = datasets::moments(white);
  for (size_t i = 0; i < 20; ++i) {
    EXPECT_NEAR(m.mean[i], 0, 1e-5);
    for (size_t j = 0; j <= i; ++j) EXPECT_NEAR(m.covariance[i * 20 + j], i == j ? 1 : 0, 1e-5);
  }
  for (size_t i = 0; i < 20; ++i)
    for (size_t j = 0; j < i; ++j) EXPECT_EQ(zca.matrix[i * 20 + j], zca.matrix[j * 20 + i]);
}

TEST(Zca, KnownAnswer) {
  // Covariance [[2, 1], [1, 2]]: W = ½ [[a + b, a - b], [a - b, a + b]] with a = 1/√(3 + ε), b = 1/√(1 + ε).
  const float r = std::sqrt(3.0f);
  const Samples x{{2}, {r, r, -r, -r, 1, -1, -1, 1}};
  const CentredMap zca = datasets::zca_whitening(x);
  const double a = 1 / std::sqrt(3.1), b = 1 / std::sqrt(1.1);
  EXPECT_NEAR(zca.matrix[0], (a + b) / 2, 1e-6);
  EXPECT_NEAR(zca.matrix[1], (a - b) / 2, 1e-6);
  EXPECT_NEAR(zca.matrix[3], (a + b) / 2, 1e-6);
  for (const double epsilon : {0.0, -1.0, std::nan("")})
    EXPECT_THROW(datasets::zca_whitening(x, epsilon), std::invalid_argument);
}

TEST(PcaRealData, MnistKeepsAFewDozenDirections) {
  SKIP_WITHOUT_REAL_DATA("mnist");
  const Samples threes = datasets::one_vs_rest(datasets::load("mnist"), {3}, 2000).train;
  const Pca pca = Pca::fit(threes).keep(0.95);
  EXPECT_GT(pca.components(), 80);
  EXPECT_LT(pca.components(), 160);
}

}  // namespace
