// k-means: Lloyd's iterations (IEEE Trans. Inf. Theory 28, 1982) from k-means++ beginnings (Arthur and
// Vassilvitskii, SODA 2007).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "svdd/clustering/machine.h"

namespace svdd {

struct KMeansOptions {
  int64_t clusters = 8;
  int64_t restarts = 10;     // the run with the least inertia counts, the first of equals
  int64_t iterations = 300;  // at most, in each run
  uint64_t seed = 0;         // run r draws from RandomStream(seed, "kmeans/r")
  // clusters x d centres to begin with in place of k-means++: then there is one run.
  std::vector<float> initial_centres = {};
};

struct KMeansResult {
  std::vector<int32_t> labels;  // of the nearest centre, of equally near ones the lowest
  std::vector<float> centres;   // clusters x d
  std::vector<int64_t> sizes;   // 0 only where there are fewer distinct rows than clusters
  double inertia = 0;           // Σ ‖x_i − centre‖²
  int64_t iterations = 0;       // of the run that counts
  bool converged = false;       // no label changed any more
};

// Of n >= clusters rows of d numbers.
//
// k-means++ as in scikit-learn: of 2 + ⌊ln K⌋ rows drawn with probability ∝ their squared distance to the
// nearest centre so far, the one that leaves the least sum of such distances becomes the next centre. A
// cluster that loses all its rows gets the row that lies farthest from its own centre, out of a cluster that
// keeps others, as in scikit-learn; where there are several such clusters, one after the other, so that no
// cluster is emptied to fill another.
//
// Labels are exact: the engine's products rule out most centres, the rest are compared by differences in
// double (the lowest index wins ties). So nothing depends on the number of threads, which share out the runs,
// on the instruction set, or on the device, which takes over the products of Lloyd's iterations.
//
// Throws std::invalid_argument as check_rows does; for clusters, restarts or iterations below 1, more
// clusters than rows, and initial centres of another number or not finite.
KMeansResult kmeans(std::span<const float> rows, int64_t d, const KMeansOptions& options,
                    const Machine& on = {});

}  // namespace svdd
