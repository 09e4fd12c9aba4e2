#include "svdd/baselines/k_nearest_neighbours.h"

#include <gtest/gtest.h>

#include "tests/datasets/scratch.h"
#include "tests/svdd/baselines/few_points.h"

namespace k_nearest_neighbours_test {

using namespace svdd;
using few_points::fitted;

// scikit-learn 1.2.1: NearestNeighbors(n_neighbors=k), the last of kneighbors(places), and the largest of kneighbors().
TEST(KNearestNeighbours, KnownAnswers) {
  const std::vector<std::pair<int64_t, std::vector<double>>> known{
      {1, {0, 0.25, 0.901387819, 2.12132034, 39.7940008}},
      {5, {2.30488611, 0.901387819, 1.25, 3.71651719, 40.1286992}}};
  for (const auto& [k, expected] : known) {
    const auto detector = make_k_nearest_neighbours({.neighbours = k}, *small_runs::backend());
    const auto scores = fitted(detector, few_points::twelve()).score(few_points::places());
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_NEAR(scores[i], expected[i], 1e-6 * (1 + expected[i]));
    EXPECT_NEAR(detector->training_scores().back(), k == 1 ? 0.559016994 : 2.46221445, 1e-6);
  }
}

TEST(KNearestNeighbours, OfFewSamplesAllOthersCount) {
  const auto detector = make_k_nearest_neighbours({}, *small_runs::backend());
  fitted(detector, {{1}, {0, 1, 3}});
  EXPECT_EQ(detector->score({{1}, {0, 7}}), (std::vector<float>{1, 6}));
  EXPECT_EQ(detector->training_scores(), (std::vector<float>{2, 3, 3}));
}

TEST(KNearestNeighbours, WhatCannotBeIsRefused) {
  for (const int64_t k : {0, -1})
    EXPECT_TRUE(scratch::contains(scratch::error_of<std::invalid_argument>([&] {
                                    make_k_nearest_neighbours({.neighbours = k}, *small_runs::backend());
                                  }),
                                  "at least 1 neighbour"));
  EXPECT_THROW(make_k_nearest_neighbours({.contamination = 1}, *small_runs::backend()),
               std::invalid_argument);
}

}  // namespace k_nearest_neighbours_test
