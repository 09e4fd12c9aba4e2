// FINCH: clusters from first neighbours alone, without a parameter (Sarfraz, Sharma, Stiefelhagen, "Efficient
// parameter-free clustering using first neighbor relations", CVPR 2019).
//
// Link every sample with its nearest neighbour; what hangs together is a cluster (equation 1). Put each
// cluster's mean in its place and begin again: every step gives a coarser partition.
//
// The authors ask that the algorithm, in any implementation, be used for academic purposes only unless they
// agree to more (licence_note).
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "svdd/clustering/machine.h"
#include "svdd/clustering/points.h"

namespace svdd {

extern const std::string_view finch_licence_note;

enum class FinchVariant {
  // As the authors' package: the longest link of the first step bounds those of the later ones; a link
  // between
  // two that are each other's first neighbours counts twice its length, both when the longest is taken and
  // when
  // it is compared. The last partition is the chosen one.
  early_exit,
  // As the package that Multi-Radius Deep SVDD uses: all steps; the partition with the largest mean
  // silhouette
  // is chosen, the first partition aside, the later of equals.
  silhouette
};

struct FinchOptions {
  Distance distance = Distance::cosine;  // the authors' default; Multi-Radius takes euclidean
  FinchVariant variant = FinchVariant::early_exit;
  int64_t clusters = 0;      // > 0: also merge down to exactly so many
  bool silhouettes = false;  // compute them for early_exit too
};

struct Partition {
  std::vector<int32_t> labels;  // one per row: 0, 1, … in order of a cluster's first row
  int64_t clusters = 0;
  std::optional<double> silhouette;  // where computed; a partition of one cluster has none
};

struct FinchResult {
  std::vector<Partition> partitions;  // finest first, at least one; each a coarsening of the one before
  size_t chosen = 0;                  // index of the partition that the variant chooses
  std::optional<Partition> required;  // exactly `clusters` clusters, where asked for

  const Partition& result() const { return required ? *required : partitions[chosen]; }
};

// What is being computed ("partition 2", "silhouettes") and how much of it is done, in [0, 1].
using FinchMonitor = std::function<void(std::string_view phase, double share)>;

// Of n >= 2 rows of d numbers. For `clusters` = K it starts from the coarsest partition with at least K
// clusters and merges the closest two, by their means, until K are left. A step that would leave one cluster
// ends the recursion, unless it is the first. First neighbours are exact, so the same rows give the same
// partitions everywhere. Nearly all the time and memory is that of nearest_neighbours, whose products a
// device takes over, and mean_silhouettes, which stays on the host.
//
// Throws std::invalid_argument as check_rows does, and where more clusters are asked for than the finest
// partition has.
FinchResult finch(std::span<const float> rows, int64_t d, const FinchOptions& options, const Machine& on = {},
                  const FinchMonitor& monitor = {});

// Bytes that finch needs at most on the host for n rows of d numbers, those of the rows included; the greater
// part of it is they and the means of the first partition, which are n/2 at most.
double finch_memory(int64_t n, int64_t d, const Machine& on);

}  // namespace svdd
