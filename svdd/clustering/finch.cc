#include "svdd/clustering/finch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/enough_memory.h"
#include "engine/floating_point_mode.h"
#include "engine/stopping.h"
#include "svdd/clustering/closest_pairs.h"
#include "svdd/clustering/cluster_means.h"
#include "svdd/clustering/disjoint_sets.h"
#include "svdd/clustering/nearest_neighbours.h"
#include "svdd/clustering/silhouette.h"
#include "svdd/clustering/work_sharing.h"

namespace svdd {

const std::string_view finch_licence_note =
    "FINCH's authors ask that it, re-implementations included, be used for academic purposes only without "
    "their leave";

namespace {

// The adjacency A of equation 1: A(i, j) = 1 where j = κ_i or κ_j = i or κ_i = κ_j.

// The length of the link from i to its first neighbour; twice that if the other's first neighbour is i.
double link_length(const Neighbours& first, size_t i) {
  const bool mutual = first.index[static_cast<size_t>(first.index[i])] == static_cast<int32_t>(i);
  return first.distance[i] * (mutual ? 2 : 1);
}

// Of each point those whose first neighbour it is: all of them are linked by the third rule.
std::vector<std::vector<int32_t>> followers_of(const Neighbours& first) {
  std::vector<std::vector<int32_t>> followers(first.index.size());
  for (size_t i = 0; i < first.index.size(); ++i)
    followers[static_cast<size_t>(first.index[i])].push_back(static_cast<int32_t>(i));
  return followers;
}

// The components of A. The third rule joins none that i – κ_i does not join.
DisjointSets components(const Neighbours& first) {
  DisjointSets sets(static_cast<int64_t>(first.index.size()));
  for (size_t i = 0; i < first.index.size(); ++i) sets.join(static_cast<int32_t>(i), first.index[i]);
  return sets;
}

// The components of A without links longer than `longest`. Here the third rule can join what the cut has
// parted: followers that lost their link to the neighbour they share.
DisjointSets components_within(const Points& points, const Neighbours& first, double longest) {
  DisjointSets sets(points.count());
  for (size_t i = 0; i < first.index.size(); ++i)
    if (link_length(first, i) <= longest) sets.join(static_cast<int32_t>(i), first.index[i]);
  const std::vector<std::vector<int32_t>> followers = followers_of(first);
  for (size_t shared = 0; shared < followers.size(); ++shared)
    for (const int32_t a : followers[shared]) {
      engine::check_stop();
      if (sets.together(a, static_cast<int32_t>(shared))) continue;
      for (const int32_t b : followers[shared])
        if (!sets.together(a, b) && points.distance(points.squared(a, b)) <= longest) sets.join(a, b);
    }
  return sets;
}

double longest_link(const Points& points, const Neighbours& first) {
  double longest = 0;
  for (size_t i = 0; i < first.index.size(); ++i) longest = std::max(longest, link_length(first, i));
  // Two followers at distances r and s from the neighbour they share are at most r + s apart, or under
  // cosine, where chords obey the triangle inequality, (√r + √s)². So, farthest first, most pairs need no
  // look; of a thousand duplicates none does.
  const bool cosine = points.kind() == Distance::cosine;
  const auto reach = [&](int32_t i) {
    const double r = first.distance[static_cast<size_t>(i)];
    return cosine ? std::sqrt(r) : r;
  };
  const auto at_most = [&](int32_t i, int32_t j) {
    const double sum = reach(i) + reach(j);
    return (cosine ? sum * sum : sum) * (1 + 1e-6);
  };
  for (std::vector<int32_t>& group : followers_of(first)) {
    std::sort(group.begin(), group.end(), [&](int32_t i, int32_t j) { return reach(i) > reach(j); });
    for (size_t a = 0; a < group.size(); ++a) {
      engine::check_stop();
      for (size_t b = a + 1; b < group.size() && at_most(group[a], group[b]) > longest; ++b)
        longest = std::max(longest, points.distance(points.squared(group[a], group[b])));
    }
  }
  return longest;
}

// The labels of rows whose cluster `labels` names, once clusters are merged as `merged` says.
Partition through(const std::vector<int32_t>& labels, const std::vector<int32_t>& merged) {
  Partition partition;
  std::vector<int32_t> name(merged.size(), -1);
  for (const int32_t label : labels) {
    int32_t& of = name[static_cast<size_t>(merged[static_cast<size_t>(label)])];
    if (of < 0) of = static_cast<int32_t>(partition.clusters++);
    partition.labels.push_back(of);
  }
  return partition;
}

ShareDone in_phase(const FinchMonitor& monitor, const std::string& phase) {
  if (!monitor) return {};
  return [&monitor, phase](double share) { monitor(phase, share); };
}

std::vector<Partition> all_partitions(std::span<const float> rows, int64_t d, const FinchOptions& options,
                                      const Machine& on, const FinchMonitor& monitor) {
  std::vector<Partition> partitions;
  std::vector<int32_t> labels(rows.size() / static_cast<size_t>(d));  // at first each row is a cluster
  std::iota(labels.begin(), labels.end(), 0);
  std::vector<double> means;
  double longest = HUGE_VAL;
  for (;;) {
    const Points points =
        partitions.empty() ? Points(rows, d, options.distance) : Points(means, d, options.distance);
    const Neighbours first = nearest_neighbours(
        points, on, in_phase(monitor, "partition " + std::to_string(partitions.size() + 1)));
    const bool bounded = longest < HUGE_VAL;
    DisjointSets sets = bounded ? components_within(points, first, longest) : components(first);
    if (partitions.empty() && options.variant == FinchVariant::early_exit)
      longest = longest_link(points, first);
    Partition next = through(labels, sets.representatives());
    const bool first_step = partitions.empty();
    if (!first_step && (next.clusters == 1 || next.clusters == partitions.back().clusters)) break;
    partitions.push_back(std::move(next));
    if (partitions.back().clusters == 1) break;
    labels = partitions.back().labels;
    means = cluster_means(rows, d, labels, partitions.back().clusters);
  }
  return partitions;
}

Partition merged_down(std::span<const float> rows, int64_t d, const FinchOptions& options,
                      const std::vector<Partition>& partitions) {
  if (options.clusters > partitions[0].clusters)
    throw std::invalid_argument("FINCH: " + std::to_string(options.clusters) +
                                " clusters are asked for, but the finest partition of these rows has " +
                                std::to_string(partitions[0].clusters) + "; ask for no more than that");
  const auto start = std::find_if(partitions.rbegin(), partitions.rend(),
                                  [&](const Partition& p) { return p.clusters >= options.clusters; });
  return through(start->labels,
                 merge_closest(rows, d, options.distance, start->labels, start->clusters, options.clusters));
}

void add_silhouettes(const Points& points, FinchResult& result, const Machine& on,
                     const FinchMonitor& monitor) {
  std::vector<Partition*> worth;
  std::vector<std::vector<int32_t>> labels;
  const auto add = [&](Partition& p) {
    if (p.clusters < 2) return;
    worth.push_back(&p);
    labels.push_back(p.labels);
  };
  for (Partition& p : result.partitions) add(p);
  if (result.required) add(*result.required);
  const std::vector<double> means = mean_silhouettes(points, labels, on, in_phase(monitor, "silhouettes"));
  for (size_t i = 0; i < worth.size(); ++i) worth[i]->silhouette = means[i];
}

FinchResult partitioned(std::span<const float> rows, int64_t d, const FinchOptions& options,
                        const Machine& on, const FinchMonitor& monitor) {
  FinchResult result;
  result.partitions = all_partitions(rows, d, options, on, monitor);
  if (options.clusters > 0) result.required = merged_down(rows, d, options, result.partitions);
  const bool by_silhouette = options.variant == FinchVariant::silhouette;
  if (by_silhouette || options.silhouettes)
    add_silhouettes(Points(rows, d, options.distance), result, on, monitor);
  result.chosen =
      by_silhouette ? std::min<size_t>(1, result.partitions.size() - 1) : result.partitions.size() - 1;
  if (by_silhouette)
    for (size_t p = 2; p < result.partitions.size(); ++p)
      if (result.partitions[p].silhouette >= result.partitions[result.chosen].silhouette) result.chosen = p;
  return result;
}

}  // namespace

FinchResult finch(std::span<const float> rows, int64_t d, const FinchOptions& options, const Machine& on,
                  const FinchMonitor& monitor) {
  const engine::IeeeMode ieee;
  check_rows("FINCH", rows, d, options.distance, 2);
  if (options.clusters < 0)
    throw std::invalid_argument("FINCH: the number of clusters is " + std::to_string(options.clusters) +
                                "; expected at least 1, or 0 to leave it to the method");
  if (options.clusters > static_cast<int64_t>(rows.size()) / d)
    throw std::invalid_argument("FINCH: " + std::to_string(options.clusters) + " clusters are asked for of " +
                                std::to_string(static_cast<int64_t>(rows.size()) / d) +
                                " rows; expected no more clusters than rows");
  return engine::with_enough_memory(
      [&] {
        return "FINCH on " + std::to_string(static_cast<int64_t>(rows.size()) / d) + " rows of " +
               std::to_string(d) + " numbers; fewer rows or fewer threads take less";
      },
      [&] { return partitioned(rows, d, options, on, monitor); });
}

double finch_memory(int64_t n, int64_t d, const Machine& on) {
  const auto rows = static_cast<double>(n), numbers = static_cast<double>(d);
  const double partitions = 200 * rows;   // labels, neighbours, norms, orders
  const double projections = 512 * rows;  // pair_filter.h
  const double blocks = 480 * 3 * 4 * numbers + 480 * 480 * 4;
  const double thread = blocks + 16 * rows + 400 * rows;  // what it has found; sums by cell of silhouettes
  const double block = on.device.backend ? static_cast<double>(std::min(on.device.block, n)) : 0;
  const double candidates = 4 * block * (2 * numbers + block);  // where all are candidates of all
  return candidates + 4 * rows * numbers + rows / 2 * (8 * numbers + 200) + partitions + projections +
         threads_for(on, (n + least_block - 1) / least_block) * thread;
}

}  // namespace svdd
