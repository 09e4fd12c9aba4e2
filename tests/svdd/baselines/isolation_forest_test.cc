#include "svdd/baselines/isolation_forest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <set>

#include "svdd/baselines/isolation_trees.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/baselines/few_points.h"

namespace isolation_forest_test {

using namespace svdd;
using datasets::Samples;
using few_points::fitted;

TEST(MeanPathLengths, ByHand) {
  const auto c = mean_path_lengths(256);
  ASSERT_EQ(c.size(), 257u);
  EXPECT_EQ(c[0], 0);
  EXPECT_EQ(c[1], 0);
  EXPECT_DOUBLE_EQ(c[2], 1);        // one cut
  EXPECT_DOUBLE_EQ(c[3], 5.0 / 3);  // 2·(1 + 1/2) − 2·2/3
  // The paper writes ln i + 0.5772… for H(i), which is 1/(2i) less.
  EXPECT_NEAR(c[256], 2 * (std::log(255.0) + 0.5772156649 + 1 / 510.0) - 2 * 255 / 256.0, 1e-5);
}

IsolationTrees one_tree(const Samples& samples, int64_t depth, uint64_t seed = 1) {
  std::vector<int32_t> rows(static_cast<size_t>(samples.count()));
  std::iota(rows.begin(), rows.end(), 0);
  IsolationTrees trees;
  trees.grow(samples, rows, depth, seed, "tests/cuts");
  return trees;
}

TEST(IsolationTrees, CutAmongWhatVariesUntilAllAreAlone) {
  Samples samples = few_points::gaussian(60, 5, 13);
  for (int64_t i = 0; i < 60; ++i) samples.sample(i)[2] = 4;  // constant: never cut
  const IsolationTrees tree = one_tree(samples, 100);
  EXPECT_NO_THROW(tree.check(5, 60));
  EXPECT_EQ(tree.nodes(), 2 * 60 - 1);
  std::set<int32_t> cut;
  int64_t leaves = 0;
  for (size_t n = 0; n < tree.feature.size(); ++n) {
    if (tree.feature[n] < 0) {
      EXPECT_EQ(tree.population[n], 1);
      ++leaves;
    } else {
      cut.insert(tree.feature[n]);
      EXPECT_EQ(tree.population[n],
                tree.population[n + 1] + tree.population[static_cast<size_t>(tree.right[n])]);
    }
  }
  EXPECT_EQ(leaves, 60);
  EXPECT_EQ(cut, (std::set<int32_t>{0, 1, 3, 4}));
}

TEST(IsolationTrees, GoNoDeeperThanAsked) {
  const IsolationTrees tree = one_tree(few_points::gaussian(60, 2, 14), 1);
  ASSERT_EQ(tree.nodes(), 3);
  // One cut, and what c adds for the samples that are still together.
  const auto c = mean_path_lengths(60);
  const float low = -100, high = 100;
  const float left[2] = {low, low}, right[2] = {high, high};
  EXPECT_EQ(tree.path_lengths(left, c), 1 + c[static_cast<size_t>(tree.population[1])]);
  EXPECT_EQ(tree.path_lengths(right, c), 1 + c[static_cast<size_t>(tree.population[2])]);
}

TEST(IsolationTrees, EqualSamplesStayTogether) {
  const IsolationTrees tree = one_tree({{1}, {3, 3, 3, 3}}, 10);
  EXPECT_EQ(tree.nodes(), 1);
  EXPECT_EQ(tree.population[0], 4);
}

// Between neighbouring floats no place is left: the larger must still go right. And a difference that float
// cannot hold.
TEST(IsolationTrees, TheNarrowestAndTheWidestCutSeparate) {
  const float widest = std::numeric_limits<float>::max();
  for (const auto& [a, b] : {std::pair{1.0f, std::nextafter(1.0f, 2.0f)}, {-widest, widest}, {0.0f, 1e-45f}})
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const IsolationTrees tree = one_tree({{1}, {b, a}}, 10, seed);
      ASSERT_EQ(tree.nodes(), 3);
      EXPECT_GE(tree.threshold[0], a);
      EXPECT_LT(tree.threshold[0], b);
    }
}

TEST(IsolationTrees, FromAFileAreNotBelieved) {
  const IsolationTrees good = one_tree(few_points::gaussian(8, 2, 15), 10);
  const auto error = [&](auto damage) {
    IsolationTrees bad = good;
    damage(bad);
    return scratch::error_of<std::invalid_argument>([&] { bad.check(2, 8); });
  };
  EXPECT_TRUE(scratch::contains(error([](auto& t) { t.roots.clear(); }), "first tree"));
  EXPECT_TRUE(scratch::contains(error([](auto& t) { t.roots[0] = 1; }), "first tree"));
  for (const int32_t root : {0, -1, 15, 1000})
    EXPECT_TRUE(scratch::contains(error([&](auto& t) { t.roots.push_back(root); }), "no nodes of its own"));
  EXPECT_TRUE(scratch::contains(error([](auto& t) { t.feature[0] = 2; }), "cuts feature 2 of 2"));
  for (const int32_t child : {0, 1, -5, 15, 1000})
    EXPECT_TRUE(scratch::contains(error([&](auto& t) { t.right[0] = child; }), "a child outside its tree"));
  EXPECT_TRUE(scratch::contains(error([](auto& t) { t.feature.back() = 0; }), "a child outside its tree"));
  for (const int32_t population : {0, -1, 9})
    EXPECT_TRUE(scratch::contains(error([&](auto& t) { t.population[1] = population; }), "population"));
}

// ---- the forest

TEST(IsolationForest, AnOutlierIsAlone) {
  Samples train = few_points::gaussian(400, 3, 16);
  train.sample(17)[1] = 30;
  const auto detector = make_isolation_forest({});
  const auto scores = fitted(detector, train).score(train);
  EXPECT_EQ(std::max_element(scores.begin(), scores.end()) - scores.begin(), 17);
  for (const float s : scores) {
    EXPECT_GT(s, 0.3f);
    EXPECT_LT(s, 0.9f);
  }
  EXPECT_GT(scores[17], 0.7f);
  // Far out is as far out as further out; the middle is deep.
  const auto some = detector->score({{3}, {0, 30, 0, 0, 3000, 0, 0, 0, 0}});
  EXPECT_EQ(some[0] > 0.6f, true);
  EXPECT_NEAR(some[0], some[1], 0.05);
  EXPECT_LT(some[2], 0.45f);
}

TEST(IsolationForest, EqualSamplesScoreAHalf) {  // E(x) = c(ψ)
  const auto detector = make_isolation_forest({.trees = 3});
  const Samples equal{{2}, {1, 2, 1, 2, 1, 2, 1, 2}};
  for (const float s : fitted(detector, equal).score({{2}, {1, 2, 7, 7}})) EXPECT_NEAR(s, 0.5, 1e-7);
}

TEST(IsolationForest, TheSeedShowsAndOneTreeAfterTheOther) {
  const Samples train = few_points::gaussian(300, 3, 17), test = few_points::gaussian(50, 3, 18);
  const auto scores = [&](const IsolationForestOptions& o) {
    const auto detector = make_isolation_forest(o);
    return fitted(detector, train).score(test);
  };
  EXPECT_EQ(scores({.trees = 10}), scores({.trees = 10}));
  EXPECT_NE(scores({.trees = 10}), scores({.trees = 10, .seed = 2}));
  EXPECT_NE(scores({.trees = 10}), scores({.trees = 10, .samples = 100}));
  // log2 of the scores of 1 and of 2 trees are −E/c: the first tree of both is the same.
  const auto one = scores({.trees = 1}), two = scores({.trees = 2});
  int64_t different = 0;
  for (size_t i = 0; i < one.size(); ++i) {
    const double second = 2 * std::log2(two[i]) - std::log2(one[i]);  // −path/c of the second tree
    EXPECT_LT(second, -0.05);
    EXPECT_GT(second, -2.5);
    different += std::abs(second - std::log2(one[i])) > 1e-3;
  }
  EXPECT_GT(different, 20);
}

TEST(IsolationForest, ImpossibleOptionsAreNamed) {
  const auto error = [](const IsolationForestOptions& o) {
    return scratch::error_of<std::invalid_argument>([&] { make_isolation_forest(o); });
  };
  EXPECT_TRUE(scratch::contains(error({.trees = 0}), "at least 1 tree"));
  EXPECT_TRUE(scratch::contains(error({.samples = 1}), "at least 2 samples"));
  EXPECT_TRUE(scratch::contains(error({.contamination = -0.1}), "contamination is the share"));
  Monitor silent;
  const auto detector = make_isolation_forest({.trees = int64_t{1} << 40});
  EXPECT_TRUE(scratch::contains(scratch::error_of<std::invalid_argument>([&] {
                                  detector->fit({few_points::twelve(), {}}, silent);
                                }),
                                "too large"));
}

}  // namespace isolation_forest_test
