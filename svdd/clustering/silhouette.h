// How much nearer each sample lies to its own cluster than to the next (Rousseeuw, J. Comput. Appl. Math. 20,
// 1987).
#pragma once
#include <cstdint>
#include <span>
#include <vector>
#include "svdd/clustering/machine.h"

#include "svdd/clustering/points.h"
#include "svdd/clustering/work_sharing.h"

namespace svdd {

// The mean over all n points of s_i = (b_i − a_i) / max(a_i, b_i), where a_i is the mean distance to the
// other points of i's cluster and b_i the least mean distance to another cluster; s_i = 0 for a cluster of
// one, and where both are 0. One mean for each of `partitions`, which hold n labels from 0 each: distances
// are the greater part of the work and serve all of them. Fastest for partitions that refine each other.
//
// Distances come from float products (centred_points.h), those of near points from differences in double: off
// by about 1e-6 of themselves. The same bits for any number of threads and any instruction set. O(n²·d)
// operations, O(n + threads·clusters) memory beside the rows.
//
// Throws std::invalid_argument for labels that are negative or of another number than the rows, and for a
// partition of one cluster, which has no next.
std::vector<double> mean_silhouettes(const Points& points, std::span<const std::vector<int32_t>> partitions,
                                     const Machine& on = {}, const ShareDone& share_done = {});

// Of one partition of rows, checked by check_rows (n >= 2).
double mean_silhouette(std::span<const float> rows, int64_t d, Distance distance,
                       const std::vector<int32_t>& labels, const Machine& on = {});

}  // namespace svdd
