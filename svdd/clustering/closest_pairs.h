// Merging clusters two at a time.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "svdd/clustering/points.h"

namespace svdd {

// Merges the two clusters with the closest means, of equals the lowest, again and again until `wanted` are
// left; a merged cluster's mean is that of its rows. Returns for each cluster the one that it has become part
// of. 1 <= wanted <= clusters. O(clusters·d) for a merge, since most clusters keep their nearest neighbour.
std::vector<int32_t> merge_closest(std::span<const float> rows, int64_t d, Distance distance,
                                   std::span<const int32_t> labels, int64_t clusters, int64_t wanted);

}  // namespace svdd
