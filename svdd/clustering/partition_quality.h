// How well clusters agree with known classes.
//
// Everywhere: n labels and n classes, row i of both is sample i; numbers are names, their values do not
// matter. Throws std::invalid_argument for none, or for different numbers of them.
#pragma once
#include <cstdint>
#include <span>

namespace svdd {

// The share of samples that belong to the most frequent class of their cluster. Clusters of one are pure: the
// figure says little without the number of clusters beside it.
double purity(std::span<const int32_t> labels, std::span<const int32_t> classes);

// Mutual information over the arithmetic mean of both entropies, in [0, 1]; symmetric. 1 where both put all
// in one group, as in scikit-learn. Logarithms are the engine's: right to about 1e-7.
double normalised_mutual_information(std::span<const int32_t> labels, std::span<const int32_t> classes);

}  // namespace svdd
