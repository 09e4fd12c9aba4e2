#include "svdd/clustering/silhouette.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rows.h"

namespace silhouette_test {

using namespace clustering_tests;
using svdd::Distance, svdd::Points;

// Straight from the definition.
double by_plain_loops(const std::vector<float>& rows, int64_t d, Distance distance,
                      const std::vector<int32_t>& labels) {
  const Points points(rows, d, distance);
  const auto n = static_cast<int64_t>(labels.size());
  const int32_t clusters = *std::max_element(labels.begin(), labels.end()) + 1;
  double total = 0;
  for (int64_t i = 0; i < n; ++i) {
    std::vector<double> sum(static_cast<size_t>(clusters)), size(sum.size());
    for (int64_t j = 0; j < n; ++j) {
      const auto k = static_cast<size_t>(labels[static_cast<size_t>(j)]);
      sum[k] += points.distance(points.squared(i, j));
      size[k] += 1;
    }
    const auto own = static_cast<size_t>(labels[static_cast<size_t>(i)]);
    if (size[own] == 1) continue;
    const double a = sum[own] / (size[own] - 1);
    double b = std::numeric_limits<double>::infinity();
    for (size_t k = 0; k < sum.size(); ++k)
      if (k != own && size[k] > 0) b = std::min(b, sum[k] / size[k]);
    total += std::max(a, b) > 0 ? (b - a) / std::max(a, b) : 0;
  }
  return total / static_cast<double>(n);
}

std::vector<int32_t> random_labels(int64_t n, uint64_t clusters) {
  const engine::RandomStream stream(9, "test/labels");
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < n; ++i)
    labels.push_back(static_cast<int32_t>(stream.below(clusters, static_cast<uint64_t>(i))));
  return labels;
}

TEST(Silhouette, OfTwoPairsOnALine) {
  // a = 1, b = mean of the distances to the other pair: 10.5 or 9.5 from the outer and inner points.
  const std::vector<float> line = {0, 1, 10, 11};
  const double outer = (10.5 - 1) / 10.5, inner = (9.5 - 1) / 9.5;
  EXPECT_NEAR(svdd::mean_silhouette(line, 1, Distance::euclidean, {0, 0, 1, 1}), (outer + inner) / 2, 1e-12);
  // The names of clusters do not matter, nor that one name is not used; alone in a cluster counts 0.
  EXPECT_NEAR(svdd::mean_silhouette(line, 1, Distance::euclidean, {3, 3, 0, 0}), (outer + inner) / 2, 1e-12);
  EXPECT_NEAR(svdd::mean_silhouette(line, 1, Distance::euclidean, {0, 0, 1, 2}), (9.0 / 10 + 8.0 / 9) / 4,
              1e-12);
}

TEST(Silhouette, EqualsThePlainLoops) {
  for (const Distance distance : {Distance::euclidean, Distance::cosine})
    for (const int64_t n : {2, 17, 96, 97, 600}) {
      const std::vector<float> rows = noise(n, 7, static_cast<uint64_t>(n));
      std::vector<int32_t> labels = random_labels(n, 5);
      labels[0] = 0, labels[1] = 1;
      EXPECT_NEAR(svdd::mean_silhouette(rows, 7, distance, labels), by_plain_loops(rows, 7, distance, labels),
                  1e-6)
          << n;
    }
}

TEST(Silhouette, SurvivesBunchesAndDuplicates) {
  const std::vector<float> tight = bunches(400, 5, 4, 1e4f, 1e-3f), same = grid(500, 2, 3);
  const std::vector<int32_t> four = random_labels(400, 4), three = random_labels(500, 3);
  EXPECT_NEAR(svdd::mean_silhouette(tight, 5, Distance::euclidean, four),
              by_plain_loops(tight, 5, Distance::euclidean, four), 1e-6);
  EXPECT_NEAR(svdd::mean_silhouette(same, 2, Distance::euclidean, three),
              by_plain_loops(same, 2, Distance::euclidean, three), 1e-6);
  EXPECT_EQ(svdd::mean_silhouette(std::vector<float>(8, 1.0f), 2, Distance::euclidean, {0, 0, 1, 1}), 0);
}

TEST(Silhouette, OfSeveralPartitionsIsThatOfEach) {
  const std::vector<float> rows = noise(500, 6);
  const std::vector<std::vector<int32_t>> partitions = {random_labels(500, 40), random_labels(500, 7),
                                                        random_labels(500, 2)};
  const std::vector<double> together =
      svdd::mean_silhouettes(Points(rows, 6, Distance::euclidean), partitions);
  ASSERT_EQ(together.size(), 3u);
  for (size_t p = 0; p < 3; ++p)  // in another order of the rows: equal up to rounding
    EXPECT_NEAR(together[p], svdd::mean_silhouette(rows, 6, Distance::euclidean, partitions[p]), 1e-6);
}

TEST(Silhouette, EqualsScikitLearns) {
  engine_tests::for_golden_names("finch_silhouette", [](const engine_tests::GoldenCase& golden) {
    const int64_t columns = golden.shape("labels")[1];
    const std::vector<double> wanted = golden.numbers("silhouettes");
    for (int64_t p = 0; p < columns; ++p)
      EXPECT_NEAR(svdd::mean_silhouette(floats(golden.values("x")), golden.shape("x")[1], Distance::euclidean,
                                        column_of(golden.indices("labels"), columns, p)),
                  wanted[static_cast<size_t>(p)], 1e-6);
  });
}

TEST(Silhouette, IsTheSameOnAnyMachine) {
  const std::vector<float> rows = noise(700, 20);
  const std::vector<int32_t> labels = random_labels(700, 6);
  const double wanted = svdd::mean_silhouette(rows, 20, Distance::euclidean, labels);
  for (const auto& [name, on] : machines())
    EXPECT_EQ(svdd::mean_silhouette(rows, 20, Distance::euclidean, labels, on), wanted) << name;
}

TEST(Silhouette, RefusesWhatHasNone) {
  const std::vector<float> rows = noise(4, 2);
  const auto of = [&](const std::vector<int32_t>& labels) {
    return refusal([&] { svdd::mean_silhouette(rows, 2, Distance::euclidean, labels); });
  };
  EXPECT_NE(of({0, 0, 0, 0}).find("one cluster"), std::string::npos);
  EXPECT_NE(of({2, 2, 2, 2}).find("one cluster"), std::string::npos);
  EXPECT_NE(of({0, 1, 0}).find("3 labels for 4 rows"), std::string::npos);
  EXPECT_NE(of({0, 1, 0, -1}).find("-1"), std::string::npos);
  EXPECT_NE(of({0, 1, 0, 4}).find("is 4"), std::string::npos);
}

}  // namespace silhouette_test
