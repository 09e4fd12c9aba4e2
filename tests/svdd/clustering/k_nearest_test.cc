#include "svdd/clustering/k_nearest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "engine/backends/cpu/cpu.h"
#include "svdd/clustering/nearest_neighbours.h"
#include "svdd/clustering/points.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/baselines/few_points.h"

namespace k_nearest_test {

using namespace svdd;

// All pairs, one after another.
KNearest by_all_pairs(const std::vector<float>& points, const std::vector<float>& queries, int64_t d,
                      int64_t k, bool others) {
  std::vector<float> all = points;
  if (!others) all.insert(all.end(), queries.begin(), queries.end());
  const Points measured(all, d, Distance::euclidean);
  const auto n = static_cast<int64_t>(points.size()) / d, first = others ? 0 : n;
  KNearest result{k, {}, {}};
  for (int64_t q = first; q < measured.count(); ++q) {
    std::vector<std::pair<double, int32_t>> found;
    for (int64_t j = 0; j < n; ++j)
      if (j != q) found.emplace_back(measured.squared(q, j), static_cast<int32_t>(j));
    std::sort(found.begin(), found.end());
    for (int64_t i = 0; i < k; ++i) {
      result.index.push_back(found[static_cast<size_t>(i)].second);
      result.distance.push_back(measured.distance(found[static_cast<size_t>(i)].first));
    }
  }
  return result;
}

void expect_equal(const KNearest& found, const KNearest& expected) {
  EXPECT_EQ(found.k, expected.k);
  EXPECT_EQ(found.index, expected.index);
  EXPECT_EQ(found.distance, expected.distance);
}

TEST(KNearest, AreThoseOfAllPairs) {
  for (const auto& [n, m, d] : std::vector<std::array<int64_t, 3>>{
           {1, 1, 1}, {2, 3, 1}, {17, 5, 2}, {100, 33, 7}, {700, 300, 3}, {200, 130, 100}}) {
    const auto points = few_points::gaussian(n, d, 1).values, queries = few_points::gaussian(m, d, 2).values;
    for (const int64_t k : {int64_t{1}, int64_t{2}, int64_t{5}, n - 1, n}) {
      if (k < 1 || k > n) continue;
      expect_equal(k_nearest(points, queries, d, k), by_all_pairs(points, queries, d, k, false));
      if (k < n) expect_equal(k_nearest_others(points, d, k), by_all_pairs(points, {}, d, k, true));
    }
  }
}

// Whole numbers: many pairs are equally far, and duplicates lie on one another.
TEST(KNearest, OfEquallyNearOnesTheLowestComeFirst) {
  std::vector<float> grid, places;
  for (int i = 0; i < 300; ++i)
    grid.push_back(static_cast<float>(i * 7 % 11)), grid.push_back(static_cast<float>(i * 5 % 13));
  for (int i = 0; i < 40; ++i)
    places.push_back(static_cast<float>(i % 12)), places.push_back(static_cast<float>(i % 5));
  for (const int64_t k : {1, 4, 20}) {
    expect_equal(k_nearest(grid, places, 2, k), by_all_pairs(grid, places, 2, k, false));
    expect_equal(k_nearest_others(grid, 2, k), by_all_pairs(grid, {}, 2, k, true));
  }
}

TEST(KNearest, NearnessFarFromTheOrigin) {
  std::vector<float> points = few_points::gaussian(150, 4, 3).values;
  for (size_t i = 0; i < points.size(); ++i) points[i] = points[i] * 0.01f + 4096;
  points[5] = 1e30f;  // one that is so far off that floats see nothing else
  expect_equal(k_nearest_others(points, 4, 3), by_all_pairs(points, {}, 4, 3, true));
}

TEST(KNearest, TheFirstIsTheNearestNeighbour) {
  const auto points = few_points::gaussian(500, 20, 4).values;
  const Neighbours nearest = nearest_neighbours(points, 20, Distance::euclidean);
  const KNearest found = k_nearest_others(points, 20, 1);
  EXPECT_EQ(found.index, nearest.index);
  EXPECT_EQ(found.distance, nearest.distance);
}

TEST(KNearest, NothingDependsOnThreadsOrOnCompany) {
  const auto points = few_points::gaussian(400, 6, 5).values,
             queries = few_points::gaussian(250, 6, 6).values;
  const KNearest all = k_nearest(points, queries, 6, 5);
  for (const int threads : {1, 2, 3}) {
    const auto backend = engine::make_cpu_backend({.threads = threads});
    expect_equal(k_nearest(points, queries, 6, 5, Machine(*backend)), all);
  }
  const KNearest alone = k_nearest(points, std::span(queries).subspan(6 * 77, 6), 6, 5);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(alone.index[i], all.index[77 * 5 + i]);
}

TEST(KNearest, WhatCannotBeIsRefused) {
  const std::vector<float> two{0, 1};
  const auto error = [](auto call) { return scratch::error_of<std::invalid_argument>(call); };
  EXPECT_TRUE(scratch::contains(error([&] { k_nearest(two, two, 1, 3); }), "the 3 nearest of 2 points"));
  EXPECT_TRUE(scratch::contains(error([&] { k_nearest(two, two, 1, 0); }), "the 0 nearest"));
  EXPECT_TRUE(scratch::contains(error([&] { k_nearest_others(two, 1, 2); }), "the 2 nearest of 1 point are"));
  EXPECT_FALSE(error([&] { k_nearest(two, std::vector<float>{std::nanf("")}, 1, 1); }).empty());
  EXPECT_EQ(k_nearest(two, {}, 1, 1).queries(), 0);
}

}  // namespace k_nearest_test
