// The k nearest of some points to each of others, exactly.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "svdd/clustering/machine.h"
#include "svdd/clustering/work_sharing.h"

namespace svdd {

struct KNearest {
  int64_t k = 0;
  // Of query i at i·k … i·k + k − 1, nearest first; of equally near points the lower index first.
  std::vector<int32_t> index;
  std::vector<double> distance;  // Euclidean

  int64_t queries() const { return k == 0 ? 0 : static_cast<int64_t>(index.size()) / k; }
  double farthest(int64_t query) const { return distance[static_cast<size_t>((query + 1) * k - 1)]; }
};

// Of rows of d numbers, 1 <= k <= the number of points. As exact as nearest_neighbours.h, by the same means: a bound from
// products in float rules most pairs out, the rest is measured in double. Nothing depends on the number of threads, nor on
// which queries come together. O(n·m·d) time; beside the rows a copy of them and 12·k bytes for each query.
//
// Throws std::invalid_argument as check_rows does, and for an impossible k.
KNearest k_nearest(std::span<const float> points, std::span<const float> queries, int64_t d, int64_t k,
                   const Machine& on = {}, const ShareDone& share_done = {});

// Of each of the points among the others, k < their number. Of points that lie on one another all but the one itself count.
KNearest k_nearest_others(std::span<const float> points, int64_t d, int64_t k, const Machine& on = {},
                          const ShareDone& share_done = {});

}  // namespace svdd
