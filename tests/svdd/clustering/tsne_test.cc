#include "svdd/clustering/tsne.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rows.h"
#include "svdd/clustering/nearest_neighbours.h"

namespace tsne_test {

using namespace clustering_tests;

TEST(Tsne, KeepsBunchesTogether) {
  const int64_t n = 240;
  const std::vector<float> plane =
      svdd::tsne(bunches(n, 20, 4, 5, 0.3f), 20, {.perplexity = 20, .iterations = 500});
  ASSERT_EQ(plane.size(), static_cast<size_t>(2 * n));
  const svdd::Neighbours near = svdd::nearest_neighbours(plane, 2, svdd::Distance::euclidean);
  for (int32_t i = 0; i < n; ++i) EXPECT_EQ(near.index[static_cast<size_t>(i)] % 4, i % 4) << "row " << i;
}

TEST(Tsne, IsCentredAndSpreads) {
  const std::vector<float> plane = svdd::tsne(noise(100, 5), 5, {.perplexity = 10, .iterations = 300});
  for (size_t axis = 0; axis < 2; ++axis) {
    double sum = 0, square = 0;
    for (size_t i = axis; i < plane.size(); i += 2)
      sum += static_cast<double>(plane[i]),
          square += static_cast<double>(plane[i]) * static_cast<double>(plane[i]);
    EXPECT_NEAR(sum / 100, 0, 1e-4);
    EXPECT_GT(square / 100, 1);
  }
}

TEST(Tsne, BeginsSmallAndIsDeterminedByTheSeed) {
  const std::vector<float> rows = noise(50, 3);
  const auto start = [&](uint64_t seed) {
    return svdd::tsne(rows, 3, {.perplexity = 5, .iterations = 0, .seed = seed});
  };
  EXPECT_EQ(start(1), start(1));
  EXPECT_NE(start(1), start(2));
  for (const float x : start(1)) EXPECT_LT(std::abs(x), 1e-3f);
}

TEST(Tsne, IsTheSameOnAnyMachine) {
  const std::vector<float> rows = noise(150, 6);
  const svdd::TsneOptions options{.perplexity = 15, .iterations = 300};
  const std::vector<float> wanted = svdd::tsne(rows, 6, options);
  for (const auto& [name, on] : machines()) EXPECT_EQ(svdd::tsne(rows, 6, options, on), wanted) << name;
}

TEST(Tsne, SurvivesDuplicatesAndAnyScale) {
  std::vector<float> same(120, 1.0f);
  for (const float x : svdd::tsne(same, 3, {.perplexity = 5, .iterations = 100}))
    EXPECT_TRUE(std::isfinite(x));
  for (const float scale : {1e-30f, 1e30f}) {
    std::vector<float> rows = noise(60, 3);
    for (float& x : rows) x *= scale;
    for (const float x : svdd::tsne(rows, 3, {.perplexity = 5, .iterations = 100}))
      EXPECT_TRUE(std::isfinite(x));
  }
}

TEST(Tsne, TellsHowFarItIs) {
  std::vector<double> told;
  svdd::tsne(noise(20, 2), 2, {.perplexity = 3, .iterations = 4}, {},
             [&](double share) { told.push_back(share); });
  EXPECT_EQ(told, (std::vector<double>{0.25, 0.5, 0.75, 1}));
}

TEST(Tsne, RefusesWhatCannotBe) {
  const std::vector<float> rows = noise(40, 2);
  const auto of = [&](const svdd::TsneOptions& o) { return refusal([&] { svdd::tsne(rows, 2, o); }); };
  EXPECT_NE(of({.perplexity = 14}).find("the perplexity is 14"), std::string::npos);
  EXPECT_NE(of({.perplexity = not_a_number}).find("perplexity"), std::string::npos);
  EXPECT_NE(of({.perplexity = 5, .iterations = -1}).find("iterations"), std::string::npos);
  EXPECT_NE(of({.perplexity = 5, .exaggeration = 0}).find("exaggeration"), std::string::npos);
  EXPECT_NE(of({.perplexity = 5, .learning_rate = -1}).find("learning rate"), std::string::npos);
  EXPECT_NE(refusal([] { svdd::tsne(std::vector<float>(5001), 1); }).find("at most 5000"), std::string::npos);
  EXPECT_NE(refusal([] { svdd::tsne(std::vector<float>(3), 1); }).find("at least 4 rows"), std::string::npos);
}

}  // namespace tsne_test
