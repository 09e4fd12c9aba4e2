// t-SNE: points of a plane whose neighbours are those of the rows (van der Maaten and Hinton, JMLR 9, 2008).
// For looking at: distances between groups and sizes of groups mean little.
#pragma once
#include <cstdint>
#include <span>
#include <vector>
#include "svdd/clustering/machine.h"

#include "svdd/clustering/work_sharing.h"

namespace svdd {

struct TsneOptions {
  double perplexity = 30;  // about how many neighbours each row has
  int64_t iterations = 1000;
  double exaggeration = 12;  // of the affinities, for the first 250 iterations
  double learning_rate = 0;  // 0: n / exaggeration / 4, at least 50
  uint64_t seed = 0;         // the start: 1e-4·N(0, 1) from RandomStream(seed, "tsne")
};

inline constexpr int64_t most_tsne_rows = 5000;

// n x 2, centred. The exact method: all pairs, O(n²) for an iteration and 4n² bytes; 2000 rows take seconds,
// so take a sample of more. The same bits for any number of threads.
//
// Throws std::invalid_argument as check_rows does (euclidean); for more than most_tsne_rows rows, a
// perplexity outside [1, (n − 1)/3], fewer than 0 iterations, an exaggeration below 1 or a negative learning
// rate.
std::vector<float> tsne(std::span<const float> rows, int64_t d, const TsneOptions& options = {},
                        const Machine& on = {}, const ShareDone& share_done = {});

}  // namespace svdd
