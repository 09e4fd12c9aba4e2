// Sets that only ever join (union-find; Tarjan, J. ACM 22, 1975).
#pragma once
#include <cstdint>
#include <numeric>
#include <vector>

namespace svdd {

class DisjointSets {
 public:
  explicit DisjointSets(int64_t n) : parent_(static_cast<size_t>(n)) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }

  // The least member of i's set.
  int32_t find(int32_t i) {
    while (parent(i) != i) i = parent(i) = parent(parent(i));  // halves the way for the next
    return i;
  }
  bool together(int32_t i, int32_t j) { return find(i) == find(j); }
  void join(int32_t i, int32_t j) {
    i = find(i), j = find(j);
    (i < j ? parent(j) : parent(i)) = i < j ? i : j;
  }
  // find(i) for every i.
  std::vector<int32_t> representatives() {
    std::vector<int32_t> all(parent_.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = find(static_cast<int32_t>(i));
    return all;
  }

 private:
  int32_t& parent(int32_t i) { return parent_[static_cast<size_t>(i)]; }
  std::vector<int32_t> parent_;
};

}  // namespace svdd
