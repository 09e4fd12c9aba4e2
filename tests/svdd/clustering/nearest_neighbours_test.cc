#include "svdd/clustering/nearest_neighbours.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rows.h"

namespace nearest_neighbours_test {

using namespace clustering_tests;
using svdd::Distance, svdd::Neighbours, svdd::Points;

// The definition: for each row the least squared distance over all others, the lowest index of equals.
Neighbours by_plain_loops(const std::vector<float>& rows, int64_t d, Distance distance) {
  const Points points(rows, d, distance);
  Neighbours all;
  for (int64_t i = 0; i < points.count(); ++i) {
    int32_t nearest = -1;
    double least = std::numeric_limits<double>::infinity();
    for (int64_t j = 0; j < points.count(); ++j)
      if (const double squared = points.squared(i, j); i != j && squared < least)
        nearest = static_cast<int32_t>(j), least = squared;
    all.index.push_back(nearest);
    all.distance.push_back(points.distance(least));
  }
  return all;
}

void expect_the_definition(const std::vector<float>& rows, int64_t d, Distance distance,
                           const svdd::Machine& on, const std::string& what) {
  const Neighbours found = svdd::nearest_neighbours(rows, d, distance, on),
                   wanted = by_plain_loops(rows, d, distance);
  EXPECT_EQ(found.index, wanted.index) << what;
  EXPECT_EQ(found.distance, wanted.distance) << what;
}

TEST(Points, MeasuresKnownDistances) {
  const std::vector<float> rows = {0, 0, 3, 4, 6, 8, -3, 4};
  const Points plane(rows, 2, Distance::euclidean),
      rays(std::span<const float>(rows).subspan(2), 2, Distance::cosine);
  EXPECT_EQ(plane.squared(0, 1), 25);
  EXPECT_EQ(plane.distance(plane.squared(0, 1)), 5);
  EXPECT_EQ(plane.squared(1, 1), 0);
  EXPECT_EQ(rays.squared(0, 1), 0) << "rows in proportion point the same way";
  EXPECT_NEAR(rays.distance(rays.squared(0, 2)), 1 - 7.0 / 25, 1e-7);
}

TEST(Points, KeepsTheDifferencesOfNearlyEqualRows) {
  const std::vector<float> rows = {1e6f, 1.0f, 1e6f, std::nextafter(1.0f, 2.0f)};
  EXPECT_EQ(Points(rows, 2, Distance::euclidean).squared(0, 1), 0x1p-46);
}

TEST(Points, TiesWhatDiffersByRoundingOnly) {
  const std::vector<double> means = {1.0 / 3, 0, 4.0 / 3, 0, 1.0 / 3, 1};
  const Points points(means, 2, Distance::euclidean);
  EXPECT_EQ(points.squared(0, 1), points.squared(0, 2));
}

TEST(Points, GivesTheSameBelowALimit) {
  const std::vector<float> rows = noise(40, 333);
  const Points points(rows, 333, Distance::euclidean);
  for (int64_t i = 0; i < 40; ++i)
    for (int64_t j = 0; j < 40; ++j) {
      const double squared = points.squared(i, j);
      EXPECT_EQ(points.squared_below(i, j, squared), squared);
      EXPECT_EQ(points.squared(j, i), squared);
      EXPECT_GE(points.squared_below(i, j, squared / 2), squared);
    }
}

TEST(NearestNeighbours, OfFourPoints) {
  const std::vector<float> line = {0, 1, 3, 10};
  const Neighbours found = svdd::nearest_neighbours(line, 1, Distance::euclidean);
  EXPECT_EQ(found.index, (std::vector<int32_t>{1, 0, 1, 2}));
  EXPECT_EQ(found.distance, (std::vector<double>{1, 1, 2, 7}));
}

TEST(NearestNeighbours, EqualThePlainLoops) {
  for (const Distance distance : {Distance::euclidean, Distance::cosine})
    for (const int64_t n : {2, 3, 15, 16, 17, 95, 97, 300, 1001})
      for (const int64_t d : {1, 2, 7, 33})
        expect_the_definition(noise(n, d, static_cast<uint64_t>(n * d)), d, distance, host_of({.threads = 2}),
                              std::to_string(n) + " x " + std::to_string(d));
}

TEST(NearestNeighbours, GoToTheLowestIndexOnTies) {
  for (const int64_t n : {5, 40, 1200}) {
    expect_the_definition(grid(n, 3, 4), 3, Distance::euclidean, host_of({.threads = 2}),
                          std::to_string(n) + " ties");
    std::vector<float> off_zero = grid(n, 3, 4);
    for (float& x : off_zero) x += 1;
    expect_the_definition(off_zero, 3, Distance::cosine, host_of({.threads = 2}),
                          std::to_string(n) + " directions");
  }
}

TEST(NearestNeighbours, OfDuplicatesAreEachOther) {
  std::vector<float> rows = noise(700, 9);
  for (int64_t i = 350; i < 700; ++i) std::copy_n(rows.begin() + (i - 350) * 9, 9, rows.begin() + i * 9);
  const Neighbours found = svdd::nearest_neighbours(rows, 9, Distance::euclidean);
  for (int32_t i = 0; i < 350; ++i) {
    EXPECT_EQ(found.index[static_cast<size_t>(i)], i + 350);
    EXPECT_EQ(found.index[static_cast<size_t>(i + 350)], i);
    EXPECT_EQ(found.distance[static_cast<size_t>(i)], 0);
  }
  const Neighbours all_equal =
      svdd::nearest_neighbours(std::vector<float>(3000, 2.5f), 3, Distance::euclidean);
  EXPECT_EQ(all_equal.index[0], 1);
  for (size_t i = 1; i < 1000; ++i) EXPECT_EQ(all_equal.index[i], 0);
}

// Their directions differ in the last of 53 bits alone.
TEST(NearestNeighbours, OfRowsInProportionAreEachOther) {
  std::vector<float> rows;
  for (int i = 1; i <= 300; ++i)
    for (const float x : {1.0f, 2.0f, 3.75f}) rows.push_back(x * static_cast<float>(i));
  expect_the_definition(rows, 3, Distance::cosine, host_of({.threads = 2}), "one direction");
}

// What the expansion ‖a‖² + ‖b‖² − 2ab gets wrong in float.
TEST(NearestNeighbours, SurviveBunchesFarApart) {
  expect_the_definition(bunches(600, 5, 4, 1e4f, 1e-3f), 5, Distance::euclidean, host_of({.threads = 2}),
                        "tight");
  std::vector<float> shifted = noise(500, 6);
  for (float& x : shifted) x = 1e6f + x;
  expect_the_definition(shifted, 6, Distance::euclidean, host_of({.threads = 2}), "far from the origin");
}

TEST(NearestNeighbours, SurviveAnyScale) {
  for (const float scale : {1e-42f, 1e-30f, 1e18f, 5e37f}) {
    std::vector<float> rows = noise(300, 8);
    for (float& x : rows) x *= scale;
    expect_the_definition(rows, 8, Distance::euclidean, host_of({.threads = 2}), std::to_string(scale));
  }
  std::vector<float> outlier = noise(300, 8);
  outlier[17] = 1e30f;
  expect_the_definition(outlier, 8, Distance::euclidean, host_of({.threads = 2}), "one far away");
}

// Long rows, enough of them that projections serve as the filter; of noise they rule out nothing.
TEST(NearestNeighbours, OfLongRowsEqualThePlainLoops) {
  const int64_t d = 400, n = 2100;
  std::vector<float> flat = noise(n, d);  // spread in 30 directions, a little in the others
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 30; k < d; ++k) flat[static_cast<size_t>(i * d + k)] *= 0.05f;
  expect_the_definition(flat, d, Distance::euclidean, host_of({.threads = 2}), "flat");
  expect_the_definition(flat, d, Distance::cosine, host_of({.threads = 2}), "flat, cosine");
  expect_the_definition(noise(n, d, 5), d, Distance::euclidean, host_of({.threads = 2}), "noise");
  std::vector<float> line(static_cast<size_t>(n * d));  // one direction only: a projection of rank 1
  const std::vector<float> along = noise(n, 1), direction = noise(1, d, 3);
  for (int64_t i = 0; i < n; ++i)
    for (int64_t k = 0; k < d; ++k)
      line[static_cast<size_t>(i * d + k)] =
          along[static_cast<size_t>(i)] * direction[static_cast<size_t>(k)];
  expect_the_definition(line, d, Distance::euclidean, host_of({.threads = 2}), "a line");
}

TEST(NearestNeighbours, AreTheSameOnAnyMachine) {
  const std::vector<float> rows = grid(900, 12, 3);
  const Neighbours wanted = svdd::nearest_neighbours(rows, 12, Distance::euclidean);
  for (const auto& [name, on] : machines()) {
    const Neighbours found = svdd::nearest_neighbours(rows, 12, Distance::euclidean, on);
    EXPECT_EQ(found.index, wanted.index) << name;
    EXPECT_EQ(found.distance, wanted.distance) << name;
  }
}

TEST(NearestNeighbours, TellHowFarTheyAre) {
  std::vector<double> told;
  svdd::nearest_neighbours(noise(3000, 4), 4, Distance::euclidean, host_of({.threads = 2}),
                           [&](double share) { told.push_back(share); });
  ASSERT_FALSE(told.empty());
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_GE(told.front(), 0);
  EXPECT_LE(told.back(), 1);
}

TEST(NearestNeighbours, RefuseBadRows) {
  const auto find = [](std::vector<float> rows, int64_t d, Distance distance) {
    return refusal([&] { svdd::nearest_neighbours(rows, d, distance); });
  };
  const auto has = [](const std::string& message, const std::string& part) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
  };
  has(find({}, 2, Distance::euclidean), "at least 2 rows are needed, found 0");
  has(find({1, 2}, 2, Distance::euclidean), "at least 2 rows are needed, found 1");
  has(find({1, 2, 3}, 2, Distance::euclidean), "3 numbers are no whole number of rows of 2");
  has(find({1, 2}, 0, Distance::euclidean), "rows of 0");
  has(find({1, 2, 3, not_a_number}, 2, Distance::euclidean), "row 1, value 1 is NaN");
  has(find({-infinite, 2, 3, 4}, 2, Distance::cosine), "row 0, value 0 is infinite");
  has(find({1, 2, 0, 0}, 2, Distance::cosine), "row 1 (counted from 0) is all zeros");
  EXPECT_NO_THROW(svdd::nearest_neighbours(std::vector<float>{1, 2, 0, 0}, 2, Distance::euclidean));
}

}  // namespace nearest_neighbours_test
