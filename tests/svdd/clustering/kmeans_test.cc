#include "svdd/clustering/kmeans.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "rows.h"

namespace kmeans_test {

using namespace clustering_tests;
using svdd::KMeansOptions, svdd::KMeansResult;

double inertia_of(const std::vector<float>& rows, int64_t d, const KMeansResult& r) {
  double sum = 0;
  for (size_t i = 0; i < r.labels.size(); ++i)
    for (int64_t k = 0; k < d; ++k) {
      const double difference =
          static_cast<double>(rows[i * static_cast<size_t>(d) + static_cast<size_t>(k)]) -
          static_cast<double>(r.centres[static_cast<size_t>(r.labels[i] * d + k)]);
      sum += difference * difference;
    }
  return sum;
}

// The nearest centre in plain double loops.
std::vector<int32_t> nearest(const std::vector<float>& rows, int64_t d, const std::vector<float>& centres) {
  std::vector<int32_t> labels;
  for (size_t i = 0; i < rows.size(); i += static_cast<size_t>(d)) {
    double least = std::numeric_limits<double>::infinity();
    labels.push_back(0);
    for (size_t k = 0; k * static_cast<size_t>(d) < centres.size(); ++k) {
      double sum = 0;
      for (size_t j = 0; j < static_cast<size_t>(d); ++j) {
        const double difference =
            static_cast<double>(rows[i + j]) - static_cast<double>(centres[k * static_cast<size_t>(d) + j]);
        sum += difference * difference;
      }
      if (sum < least) labels.back() = static_cast<int32_t>(k), least = sum;
    }
  }
  return labels;
}

TEST(KMeans, EqualsScikitLearns) {
  engine_tests::for_golden_names("kmeans_", [](const engine_tests::GoldenCase& golden) {
    const std::vector<float> rows = floats(golden.values("x"));
    const int64_t d = golden.shape("x")[1];
    const auto expect_equal = [&](const KMeansResult& r) {
      EXPECT_TRUE(same_partition(r.labels, golden.indices("labels")));
      EXPECT_NEAR(r.inertia / golden.value("inertia"), 1, 1e-6);
      EXPECT_TRUE(r.converged);
    };
    expect_equal(svdd::kmeans(rows, d, {.clusters = golden.integer("k")}));
    KMeansOptions from_theirs{.clusters = golden.integer("k")};
    from_theirs.initial_centres = floats(golden.values("centers"));
    const KMeansResult same = svdd::kmeans(rows, d, from_theirs);
    expect_equal(same);
    EXPECT_EQ(same.labels, golden.indices("labels")) << "their centres, hence their numbers";
    EXPECT_EQ(same.iterations, 1);
  });
}

TEST(KMeans, StopsWhereEachRowIsAtItsNearestMean) {
  const std::vector<float> rows = noise(500, 3);
  const KMeansResult r = svdd::kmeans(rows, 3, {.clusters = 12, .restarts = 3});
  ASSERT_TRUE(r.converged);
  EXPECT_EQ(r.labels, nearest(rows, 3, r.centres));
  EXPECT_NEAR(r.inertia, inertia_of(rows, 3, r), 1e-4);
  for (int32_t k = 0; k < 12; ++k) {
    EXPECT_EQ(r.sizes[static_cast<size_t>(k)], std::count(r.labels.begin(), r.labels.end(), k));
    double mean = 0;
    for (size_t i = 0; i < r.labels.size(); ++i)
      if (r.labels[i] == k)
        mean += static_cast<double>(rows[3 * i]) / static_cast<double>(r.sizes[static_cast<size_t>(k)]);
    EXPECT_NEAR(mean, r.centres[static_cast<size_t>(3 * k)], 1e-5);
  }
}

TEST(KMeans, GivesTiesToTheLowestCentre) {
  KMeansOptions options{.clusters = 3, .iterations = 1};
  options.initial_centres = {0, 2, 2};
  const KMeansResult r = svdd::kmeans(std::vector<float>{1, 0, 2, 2}, 1, options);
  EXPECT_EQ(r.iterations, 1);
  // 1 is as near to 0 as to 2: with row 1 in cluster 0. Rows 2 and 3 go to cluster 1; cluster 2, empty, takes
  // the row farthest from its centre, row 0.
  EXPECT_EQ(r.labels, (std::vector<int32_t>{2, 0, 1, 1}));
  EXPECT_EQ(r.centres, (std::vector<float>{0, 2, 1}));
}

TEST(KMeans, FindsSeparateBunches) {
  const KMeansResult r = svdd::kmeans(bunches(400, 6, 8, 20, 0.5f), 6, {.clusters = 8});
  std::vector<int32_t> groups;
  for (int32_t i = 0; i < 400; ++i) groups.push_back(i % 8);
  EXPECT_TRUE(same_partition(r.labels, groups));
}

TEST(KMeans, LeavesNoClusterEmptyWhereThereAreRowsEnough) {
  KMeansOptions options{.clusters = 5, .restarts = 1};
  options.initial_centres.assign(10, 1e6f);  // five equal centres far outside: one takes all rows
  const KMeansResult r = svdd::kmeans(noise(60, 2), 2, options);
  for (const int64_t size : r.sizes) EXPECT_GT(size, 0);
}

TEST(KMeans, OfFewerDistinctRowsThanClusters) {
  std::vector<float> rows;
  for (int i = 0; i < 30; ++i) rows.push_back(static_cast<float>(i % 3));
  const KMeansResult r = svdd::kmeans(rows, 1, {.clusters = 5});
  EXPECT_EQ(r.inertia, 0);
  EXPECT_EQ(std::accumulate(r.sizes.begin(), r.sizes.end(), int64_t{0}), 30);
  EXPECT_EQ(std::count(r.sizes.begin(), r.sizes.end(), 0), 2);
}

TEST(KMeans, OfAsManyClustersAsRowsHasNoInertia) {
  const KMeansResult r = svdd::kmeans(noise(20, 4), 4, {.clusters = 20});
  EXPECT_EQ(r.inertia, 0);
  EXPECT_EQ(svdd::kmeans(noise(20, 4), 4, {.clusters = 1}).sizes, std::vector<int64_t>{20});
}

TEST(KMeans, TakesCentresFarOutside) {
  KMeansOptions options{.clusters = 2};
  options.initial_centres = {1e30f, 0, 3e38f, 3e38f};
  const KMeansResult r = svdd::kmeans(noise(50, 2), 2, options);
  for (const int64_t size : r.sizes) EXPECT_GT(size, 0);
  EXPECT_LT(r.inertia, 200);
}

TEST(KMeans, IsTheSameOnAnyMachine) {
  const std::vector<float> rows = grid(400, 5, 4);
  const KMeansOptions options{.clusters = 11, .restarts = 4, .seed = 3};
  const KMeansResult wanted = svdd::kmeans(rows, 5, options);
  for (const auto& [name, on] : machines()) {
    const KMeansResult found = svdd::kmeans(rows, 5, options, on);
    EXPECT_EQ(found.labels, wanted.labels) << name;
    EXPECT_EQ(found.centres, wanted.centres) << name;
    EXPECT_EQ(found.inertia, wanted.inertia) << name;
  }
  EXPECT_NE(svdd::kmeans(rows, 5, {.clusters = 11, .restarts = 1, .seed = 4}).centres,
            svdd::kmeans(rows, 5, {.clusters = 11, .restarts = 1, .seed = 5}).centres);
}

TEST(KMeans, MoreRestartsAreNeverWorse) {
  const std::vector<float> rows = noise(300, 4);
  double before = std::numeric_limits<double>::infinity();
  for (const int64_t restarts : {1, 3, 10}) {
    const double now = svdd::kmeans(rows, 4, {.clusters = 15, .restarts = restarts}).inertia;
    EXPECT_LE(now, before);
    before = now;
  }
}

TEST(KMeans, RefusesWhatCannotBe) {
  const std::vector<float> rows = noise(10, 2);
  const auto of = [&](const KMeansOptions& o) { return refusal([&] { svdd::kmeans(rows, 2, o); }); };
  EXPECT_NE(of({.clusters = 11}).find("11 clusters are asked for of 10 rows"), std::string::npos);
  EXPECT_NE(of({.clusters = 0}).find("clusters is 0"), std::string::npos);
  EXPECT_NE(of({.clusters = 2, .restarts = 0}).find("restarts is 0"), std::string::npos);
  EXPECT_NE(of({.clusters = 2, .iterations = 0}).find("iterations is 0"), std::string::npos);
  KMeansOptions wrong{.clusters = 2};
  wrong.initial_centres = {1, 2};
  EXPECT_NE(of(wrong).find("1 initial centres for 2 clusters"), std::string::npos);
  wrong.initial_centres = {1, 2, not_a_number, 4};
  EXPECT_NE(of(wrong).find("initial centres: row 1, value 0 is NaN"), std::string::npos);
  EXPECT_NE(refusal([] {
              svdd::kmeans(std::vector<float>{1, infinite}, 1, {.clusters = 1});
            }).find("row 1"),
            std::string::npos);
}

}  // namespace kmeans_test
