#include "svdd/clustering/partition_quality.h"

#include <gtest/gtest.h>

#include "rows.h"

namespace partition_quality_test {

using namespace clustering_tests;
using Labels = std::vector<int32_t>;

TEST(Purity, CountsTheMostFrequentClassOfEachCluster) {
  EXPECT_DOUBLE_EQ(svdd::purity(Labels{0, 0, 0, 1, 1}, Labels{7, 7, 8, 8, 9}), 3.0 / 5);
  EXPECT_DOUBLE_EQ(svdd::purity(Labels{0, 1, 2}, Labels{5, 5, 5}), 1);
  EXPECT_DOUBLE_EQ(svdd::purity(Labels{4, 4, 4, 4}, Labels{0, 0, 1, 1}), 0.5);
}

TEST(NormalisedMutualInformation, OfKnownTables) {
  const auto nmi = [](const Labels& a, const Labels& b) { return svdd::normalised_mutual_information(a, b); };
  EXPECT_DOUBLE_EQ(nmi({0, 0, 1, 1, 2}, {5, 5, -3, -3, 8}), 1);
  EXPECT_NEAR(nmi({0, 0, 1, 1}, {0, 1, 0, 1}), 0, 1e-7);
  EXPECT_EQ(nmi({0, 0, 0}, {1, 1, 1}), 1);
  EXPECT_EQ(nmi({0, 0, 0, 0}, {0, 1, 2, 2}), 0);
  // sklearn.metrics.normalized_mutual_info_score
  EXPECT_NEAR(nmi({0, 0, 1, 1, 1, 2, 2, 2, 2, 0}, {0, 0, 0, 1, 1, 1, 2, 2, 2, 2}), 0.442701283, 1e-6);
  EXPECT_NEAR(nmi({0, 0, 0, 1, 1, 1, 2, 2, 2, 2}, {0, 0, 1, 1, 1, 2, 2, 2, 2, 0}), 0.442701283, 1e-6);
  EXPECT_NEAR(nmi({0, 1, 2, 3, 4, 5}, {0, 0, 0, 1, 1, 1}), 0.557885891, 1e-6);
}

TEST(NormalisedMutualInformation, OfOneGroupingUnderTwoNamesIsExactlyOne) {
  for (int n = 1; n <= 200; ++n) {
    Labels a, b;
    for (int i = 0; i < n; ++i) {
      a.push_back(i * i % 7);
      b.push_back(100 - 3 * a.back());
    }
    EXPECT_EQ(svdd::normalised_mutual_information(a, b), 1) << n;
    EXPECT_EQ(svdd::purity(a, b), 1) << n;
  }
}

TEST(PartitionQuality, RefusesListsThatDoNotMatch) {
  EXPECT_NE(refusal([] {
              svdd::purity(Labels{0}, Labels{0, 1});
            }).find("1 cluster labels but 2 classes"),
            std::string::npos);
  EXPECT_NE(
      refusal([] { svdd::normalised_mutual_information(Labels{}, Labels{}); }).find("no cluster labels"),
      std::string::npos);
}

}  // namespace partition_quality_test
