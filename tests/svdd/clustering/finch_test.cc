#include "svdd/clustering/finch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "rows.h"
#include "svdd/clustering/partition_quality.h"

namespace finch_test {

using namespace clustering_tests;
using svdd::Distance, svdd::FinchOptions, svdd::FinchResult, svdd::FinchVariant;

std::vector<int64_t> counts(const FinchResult& result) {
  std::vector<int64_t> all;
  for (const svdd::Partition& p : result.partitions) all.push_back(p.clusters);
  return all;
}

FinchOptions euclidean(int64_t clusters = 0) {
  return {.distance = Distance::euclidean, .clusters = clusters};
}

TEST(Finch, FindsThePublishedClustersOfTheGestaltToy) {
  const Toy data = toy("gestalt_clusters.txt");
  ASSERT_EQ(data.classes.size(), 399u);
  const FinchResult result = svdd::finch(data.rows, 2, euclidean(6));
  EXPECT_EQ(counts(result), (std::vector<int64_t>{92, 29, 14, 12}));
  ASSERT_TRUE(result.required);
  EXPECT_EQ(result.required->clusters, 6);
  EXPECT_NEAR(100 * svdd::normalised_mutual_information(result.required->labels, data.classes), 84.70, 0.005);
}

TEST(Finch, FindsThePublishedClustersOfTheAggregationToy) {
  const Toy data = toy("Aggregation.txt");
  ASSERT_EQ(data.classes.size(), 788u);
  const FinchResult result = svdd::finch(data.rows, 2, euclidean(7));
  EXPECT_EQ(counts(result), (std::vector<int64_t>{265, 60, 53}));
  EXPECT_NEAR(100 * svdd::normalised_mutual_information(result.result().labels, data.classes), 98.23, 0.005);
}

TEST(Finch, EqualsTheAuthorsPackage) {
  engine_tests::for_golden_cases(
      "finch_official",
      [](std::string_view name, const nlohmann::json&) { return name.starts_with("finch_official"); },
      [](const engine_tests::GoldenCase& golden) {
        const bool early = golden.name().find("early") != std::string::npos;
        FinchOptions options;
        options.distance =
            golden.name().find("cosine") != std::string::npos ? Distance::cosine : Distance::euclidean;
        // Without early exit the steps are those of the other variant.
        options.variant = early ? FinchVariant::early_exit : FinchVariant::silhouette;
        options.clusters = golden.integer("required");
        const FinchResult result = svdd::finch(floats(golden.values("x")), golden.shape("x")[1], options);
        EXPECT_EQ(counts(result), golden.integers("num_clusters")) << golden.name();
        const int64_t columns = golden.shape("labels")[1];
        ASSERT_EQ(static_cast<int64_t>(result.partitions.size()), columns) << golden.name();
        for (int64_t p = 0; p < columns; ++p)
          EXPECT_TRUE(same_partition(result.partitions[static_cast<size_t>(p)].labels,
                                     column_of(golden.indices("labels"), columns, p)))
              << golden.name() << ", partition " << p;
        EXPECT_TRUE(same_partition(result.required->labels, golden.indices("required_labels")))
            << golden.name();
      });
}

TEST(Finch, EqualsThePackageThatChoosesBySilhouette) {
  engine_tests::for_golden_names("finch_silhouette", [](const engine_tests::GoldenCase& golden) {
    const FinchResult result =
        svdd::finch(floats(golden.values("x")), golden.shape("x")[1],
                    {.distance = Distance::euclidean, .variant = FinchVariant::silhouette});
    EXPECT_EQ(counts(result), golden.integers("num_clusters"));
    const int64_t columns = golden.shape("labels")[1];
    for (int64_t p = 0; p < columns; ++p)
      EXPECT_TRUE(same_partition(result.partitions[static_cast<size_t>(p)].labels,
                                 column_of(golden.indices("labels"), columns, p)));
    EXPECT_TRUE(same_partition(result.result().labels, golden.indices("best_labels")));
  });
}

TEST(Finch, GivesEachPartitionAsACoarseningOfTheOneBefore) {
  const FinchResult result =
      svdd::finch(noise(1500, 5), 5, {.distance = Distance::euclidean, .variant = FinchVariant::silhouette});
  ASSERT_GE(result.partitions.size(), 3u);
  for (size_t p = 0; p < result.partitions.size(); ++p) {
    const svdd::Partition& now = result.partitions[p];
    std::map<int32_t, int32_t> coarser;
    int32_t next = 0;
    for (size_t i = 0; i < now.labels.size(); ++i) {
      ASSERT_LE(now.labels[i], next) << "labels count clusters in order of their first row";
      next = std::max(next, now.labels[i] + 1);
      if (p + 1 == result.partitions.size()) continue;
      const int32_t above = result.partitions[p + 1].labels[i];
      EXPECT_EQ(coarser.emplace(now.labels[i], above).first->second, above);
    }
    EXPECT_EQ(next, now.clusters);
    EXPECT_TRUE(now.silhouette.has_value());
  }
}

TEST(Finch, SeparatesBunches) {
  std::vector<int32_t> groups;
  for (int32_t i = 0; i < 600; ++i) groups.push_back(i % 5);
  for (const FinchVariant variant : {FinchVariant::early_exit, FinchVariant::silhouette}) {
    const FinchResult result =
        svdd::finch(bunches(600, 8, 5, 10, 0.5f), 8,
                    {.distance = Distance::euclidean, .variant = variant, .clusters = 5});
    EXPECT_EQ(svdd::purity(result.partitions[result.chosen].labels, groups), 1);
    EXPECT_LE(result.partitions[result.chosen].clusters, 10);
    EXPECT_TRUE(same_partition(result.result().labels, groups));
  }
}

TEST(Finch, ChoosesTheLastPartitionWithEarlyExit) {
  const FinchResult result = svdd::finch(bunches(300, 4, 3, 20, 0.5f), 4, euclidean());
  EXPECT_EQ(result.chosen, result.partitions.size() - 1);
  EXPECT_FALSE(result.result().silhouette) << "not asked for";
  FinchOptions with = euclidean();
  with.silhouettes = true;
  EXPECT_TRUE(svdd::finch(bunches(300, 4, 3, 20, 0.5f), 4, with).result().silhouette);
}

TEST(Finch, OfTwoRowsIsOneCluster) {
  for (const FinchVariant variant : {FinchVariant::early_exit, FinchVariant::silhouette}) {
    const FinchResult result = svdd::finch(std::vector<float>{1, 2, 3, 5}, 2, {.variant = variant});
    EXPECT_EQ(counts(result), std::vector<int64_t>{1});
    EXPECT_EQ(result.result().labels, (std::vector<int32_t>{0, 0}));
    EXPECT_FALSE(result.result().silhouette);
  }
}

TEST(Finch, OfEqualRowsIsOneCluster) {
  const FinchResult result = svdd::finch(std::vector<float>(300, 1.5f), 3, euclidean());
  EXPECT_EQ(counts(result), std::vector<int64_t>{1});
}

// Equation 1 and the authors' cut, straight from the definition: all pairs, in matrices.
std::vector<int64_t> counts_by_plain_loops(const std::vector<float>& rows, int64_t d, Distance distance) {
  const auto n = static_cast<int64_t>(rows.size()) / d;
  std::vector<int32_t> labels(static_cast<size_t>(n));
  std::iota(labels.begin(), labels.end(), 0);
  std::vector<double> means(rows.begin(), rows.end());
  std::vector<int64_t> all;
  double longest = infinite;
  for (;;) {
    const svdd::Points points(means, d, distance);
    const auto m = static_cast<size_t>(points.count());
    const auto between = [&](size_t i, size_t j) {
      return points.distance(points.squared(static_cast<int64_t>(i), static_cast<int64_t>(j)));
    };
    std::vector<size_t> kappa(m);
    for (size_t i = 0; i < m; ++i) {
      double least = infinite;
      for (size_t j = 0; j < m; ++j)
        if (i != j && between(i, j) < least) kappa[i] = j, least = between(i, j);
    }
    std::vector<int32_t> component(m);
    std::iota(component.begin(), component.end(), 0);
    double largest = 0;
    for (size_t i = 0; i < m; ++i)
      for (size_t j = 0; j < m; ++j) {
        const int common = (kappa[i] == j) + (kappa[j] == i) + (kappa[i] == kappa[j]);
        if (i == j || common == 0) continue;
        const double length = common * between(i, j);
        largest = std::max(largest, length);
        if (length > longest) continue;
        const int32_t from = std::max(component[i], component[j]), to = std::min(component[i], component[j]);
        std::replace(component.begin(), component.end(), from, to);
      }
    if (all.empty()) longest = largest;
    for (int32_t& label : labels) label = component[static_cast<size_t>(label)];
    std::map<int32_t, std::vector<size_t>> members;
    for (size_t i = 0; i < labels.size(); ++i) members[labels[i]].push_back(i);
    const auto clusters = static_cast<int64_t>(members.size());
    if (!all.empty() && (clusters == 1 || clusters == all.back())) return all;
    all.push_back(clusters);
    if (clusters == 1) return all;
    means.clear();
    int32_t name = 0;
    for (const auto& [old, group] : members) {
      for (int64_t k = 0; k < d; ++k) {
        double sum = 0;
        for (const size_t i : group)
          sum += static_cast<double>(rows[i * static_cast<size_t>(d) + static_cast<size_t>(k)]);
        means.push_back(sum / static_cast<double>(group.size()));
      }
      for (const size_t i : group) labels[i] = name;
      ++name;
    }
  }
}

TEST(Finch, EqualsThePlainLoops) {
  for (const Distance distance : {Distance::euclidean, Distance::cosine})
    for (uint64_t seed = 1; seed <= 12; ++seed) {
      const std::vector<float> rows = seed % 2 ? noise(200, 2, seed) : bunches(200, 3, 7, 2, 0.4f, seed);
      EXPECT_EQ(counts(svdd::finch(rows, seed % 2 ? 2 : 3, {.distance = distance})),
                counts_by_plain_loops(rows, seed % 2 ? 2 : 3, distance))
          << "seed " << seed;
    }
  std::vector<float> many_equal = grid(300, 2, 4);
  for (float& x : many_equal) x += 1;
  EXPECT_EQ(counts(svdd::finch(many_equal, 2, {})), counts_by_plain_loops(many_equal, 2, Distance::cosine));
}

TEST(Finch, MergesDownToAnyNumber) {
  const std::vector<float> rows = noise(200, 3);
  const int64_t finest = svdd::finch(rows, 3, euclidean()).partitions[0].clusters;
  for (const int64_t k : {int64_t{1}, int64_t{2}, int64_t{5}, int64_t{17}, finest}) {
    const FinchResult result = svdd::finch(rows, 3, euclidean(k));
    EXPECT_EQ(result.result().clusters, k);
    EXPECT_EQ(*std::max_element(result.result().labels.begin(), result.result().labels.end()), k - 1);
  }
}

TEST(Finch, TakesMeansThatHaveNoDirection) {
  // Opposite pairs, nearest to each other only through a third: some clusters' means are zero or nearly so.
  const std::vector<float> rows = {1, 0, 0.9f, 0.5f, -1, 0, -0.9f, -0.5f, 0, 1, 0.1f, 1, 0, -1, -0.1f, -1};
  const FinchResult result = svdd::finch(rows, 2, {.distance = Distance::cosine, .clusters = 1});
  EXPECT_EQ(result.result().clusters, 1);
}

TEST(Finch, IsTheSameOnAnyMachine) {
  const std::vector<float> rows = grid(700, 4, 5);
  const FinchOptions options = {
      .distance = Distance::euclidean, .variant = FinchVariant::silhouette, .clusters = 9};
  const FinchResult wanted = svdd::finch(rows, 4, options);
  for (const auto& [name, on] : machines()) {
    const FinchResult found = svdd::finch(rows, 4, options, on);
    ASSERT_EQ(counts(found), counts(wanted)) << name;
    for (size_t p = 0; p < wanted.partitions.size(); ++p) {
      EXPECT_EQ(found.partitions[p].labels, wanted.partitions[p].labels) << name;
      EXPECT_EQ(found.partitions[p].silhouette, wanted.partitions[p].silhouette) << name;
    }
    EXPECT_EQ(found.required->labels, wanted.required->labels) << name;
  }
}

TEST(Finch, TellsItsPhases) {
  std::vector<std::string> phases;
  svdd::finch(noise(3000, 3), 3, {.distance = Distance::euclidean, .variant = FinchVariant::silhouette},
              host_of({.threads = 1}), [&](std::string_view phase, double) {
                if (phases.empty() || phases.back() != phase) phases.emplace_back(phase);
              });
  ASSERT_GE(phases.size(), 2u);
  EXPECT_EQ(phases.front(), "partition 1");
  EXPECT_EQ(phases.back(), "silhouettes");
}

TEST(Finch, RefusesWhatCannotBe) {
  const std::vector<float> rows = noise(50, 2);
  const auto message = [&](const std::vector<float>& x, const FinchOptions& o) {
    return refusal([&] { svdd::finch(x, 2, o); });
  };
  EXPECT_NE(message(rows, euclidean(51)).find("51 clusters are asked for of 50 rows"), std::string::npos);
  EXPECT_NE(message(rows, euclidean(-1)).find("-1"), std::string::npos);
  EXPECT_NE(message({1, 2}, euclidean()).find("at least 2 rows"), std::string::npos);
  EXPECT_NE(message({1, 2, not_a_number, 3}, euclidean()).find("row 1, value 0 is NaN"), std::string::npos);
  EXPECT_NE(message({0, 0, 1, 3}, {}).find("row 0 (counted from 0) is all zeros"), std::string::npos);
}

}  // namespace finch_test
