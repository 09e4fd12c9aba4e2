#include "svdd/clustering/closest_pairs.h"

#include <limits>

#include "engine/stopping.h"
#include "svdd/clustering/cluster_means.h"
#include "svdd/clustering/disjoint_sets.h"

namespace svdd {
namespace {

class Merging {
 public:
  Merging(std::span<const float> rows, int64_t d, Distance distance, std::span<const int32_t> labels,
          int64_t clusters)
      : d_(d),
        distance_(distance),
        sums_(static_cast<size_t>(clusters * d)),
        sizes_(cluster_sizes(labels, clusters)),
        means_(cluster_means(rows, d, labels, clusters)),
        nearest_(static_cast<size_t>(clusters)),
        squared_(static_cast<size_t>(clusters)),
        sets_(clusters) {
    for (size_t i = 0; i < labels.size(); ++i)
      for (int64_t k = 0; k < d; ++k)
        sums_[static_cast<size_t>(labels[i] * d + k)] +=
            static_cast<double>(rows[i * static_cast<size_t>(d) + static_cast<size_t>(k)]);
    for (int32_t a = 0; a < clusters; ++a) alive_.push_back(a);
    const Points points(means_, d_, distance_);
    for (const int32_t a : alive_) search(points, a);
  }

  void merge() {
    int32_t a = alive_[0];
    for (const int32_t other : alive_)
      if (squared_[at(other)] < squared_[at(a)]) a = other;
    const int32_t b = nearest_[at(a)];  // a < b: b's distance is the same, and the lowest came first
    sets_.join(a, b);
    std::erase(alive_, b);
    sizes_[at(a)] += sizes_[at(b)];
    for (int64_t k = 0; k < d_; ++k) {
      double& sum = sums_[static_cast<size_t>(a * d_ + k)];
      sum += sums_[static_cast<size_t>(b * d_ + k)];
      means_[static_cast<size_t>(a * d_ + k)] = sum / static_cast<double>(sizes_[at(a)]);
    }
    engine::check_stop();
    const Points points(means_, d_, distance_);
    for (const int32_t c : alive_)
      if (c == a || nearest_[at(c)] == a || nearest_[at(c)] == b)
        search(points, c);
      else
        offer(c, a, points.squared(c, a));
  }

  std::vector<int32_t> representatives() { return sets_.representatives(); }

 private:
  static size_t at(int32_t cluster) { return static_cast<size_t>(cluster); }

  void search(const Points& points, int32_t a) {
    engine::check_stop();
    nearest_[at(a)] = -1;
    squared_[at(a)] = std::numeric_limits<double>::infinity();
    for (const int32_t b : alive_)
      if (b != a) offer(a, b, points.squared_below(a, b, squared_[at(a)]));
  }
  void offer(int32_t a, int32_t b, double squared) {
    if (squared > squared_[at(a)] || (squared == squared_[at(a)] && b > nearest_[at(a)])) return;
    nearest_[at(a)] = b;
    squared_[at(a)] = squared;
  }

  int64_t d_;
  Distance distance_;
  std::vector<double> sums_;
  std::vector<int64_t> sizes_;
  std::vector<double> means_;
  std::vector<int32_t> alive_, nearest_;
  std::vector<double> squared_;
  DisjointSets sets_;
};

}  // namespace

std::vector<int32_t> merge_closest(std::span<const float> rows, int64_t d, Distance distance,
                                   std::span<const int32_t> labels, int64_t clusters, int64_t wanted) {
  Merging merging(rows, d, distance, labels, clusters);
  for (; clusters > wanted; --clusters) merging.merge();
  return merging.representatives();
}

}  // namespace svdd
