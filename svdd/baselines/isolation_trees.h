// The trees of an isolation forest (isolation_forest.h), all in one list of nodes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/samples.h"

namespace svdd {

// c(0) … c(most): the mean path length to a leaf among so many samples; 0 for none or one.
std::vector<double> mean_path_lengths(int64_t most);

// Node by node, each tree in preorder: the left child is the next node.
struct IsolationTrees {
  std::vector<int32_t> roots;       // ascending; the first is 0
  std::vector<int32_t> feature;     // that is cut here; −1: a leaf
  std::vector<float> threshold;     // left: at most this; 0 in leaves
  std::vector<int32_t> right;       // the right child; 0 in leaves
  std::vector<int32_t> population;  // training samples that came through here

  int64_t nodes() const { return static_cast<int64_t>(feature.size()); }

  // Grows one more tree from these rows of `samples`, at most `depth` cuts deep; its draws are those of
  // RandomStream(seed, stream), two for each node. The order of `rows` changes.
  void grow(const datasets::Samples& samples, std::vector<int32_t>& rows, int64_t depth, uint64_t seed,
            const std::string& stream);

  // Σ over the trees of the length of x's path, in the order of the trees; c from mean_path_lengths, up to
  // the largest population.
  double path_lengths(const float* x, const std::vector<double>& c) const;

  // std::invalid_argument unless every path ends in a leaf and no cut lies outside so many features: what
  // must hold before trees from a file are walked.
  void check(int64_t features, int64_t most_population) const;
};

}  // namespace svdd
