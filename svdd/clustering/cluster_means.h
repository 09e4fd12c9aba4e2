// The means of clusters.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace svdd {

// clusters x d: of each cluster the mean of its rows, summed in the order of the rows. Labels are 0 …
// clusters-1; a cluster without rows gets zeros.
std::vector<double> cluster_means(std::span<const float> rows, int64_t d, std::span<const int32_t> labels,
                                  int64_t clusters);

// How many rows each cluster has.
std::vector<int64_t> cluster_sizes(std::span<const int32_t> labels, int64_t clusters);

}  // namespace svdd
