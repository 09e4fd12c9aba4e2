// The exact first neighbour of every row.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "svdd/clustering/machine.h"
#include "svdd/clustering/points.h"
#include "svdd/clustering/work_sharing.h"

namespace svdd {

struct Neighbours {
  std::vector<int32_t> index;    // of row i's nearest other row; of equally near ones the lowest
  std::vector<double> distance;  // to it
};

// Of n >= 2 rows of d numbers, exactly: the result is that of the plain loop over all pairs with
// Points::squared, whatever the number of threads and the instruction set. Duplicated rows are each other's
// neighbours at distance 0.
//
// How: a cheap lower bound (pair_filter.h) tells of all but a few pairs that they are no neighbours; the rest
// is measured in double. Of long rows the bound is that of their projections; where these rule out too
// little, as of pure noise, the rows themselves take over. O(n + threads·block·(block + d)) memory beside the
// rows, and 512 n bytes for projections. Where most rows lie in tight bunches far apart, closer together than
// floats can tell, the pairs within a bunch are all measured, which is slower and no less exact.
//
// With a device the bounds on all pairs are its work (nearest_candidates.h), in O(n·d + block²) of its
// memory, and what may be nearest is measured by the threads of the host.
//
// Throws std::invalid_argument as check_rows does.
Neighbours nearest_neighbours(std::span<const float> rows, int64_t d, Distance distance,
                              const Machine& on = {}, const ShareDone& share_done = {});

// The same for points that were checked before.
Neighbours nearest_neighbours(const Points& points, const Machine& on, const ShareDone& share_done = {});

}  // namespace svdd
