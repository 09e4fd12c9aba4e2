#include "svdd/baselines/isolation_trees.h"

#include <algorithm>
#include <span>
#include <stdexcept>

#include "engine/random.h"
#include "engine/stopping.h"

namespace svdd {

using datasets::Samples;

std::vector<double> mean_path_lengths(int64_t most) {
  std::vector<double> c(static_cast<size_t>(most) + 1);
  double harmonic = 0;  // H(m − 1)
  for (int64_t m = 2; m <= most; ++m) {
    const auto count = static_cast<double>(m);
    harmonic += 1 / (count - 1);
    c[static_cast<size_t>(m)] = 2 * harmonic - 2 * (count - 1) / count;
  }
  return c;
}

namespace {

class Growth {
 public:
  Growth(IsolationTrees& trees, const Samples& samples, const engine::RandomStream& draws)
      : trees_(trees),
        samples_(samples),
        draws_(draws),
        root_(trees.nodes()),
        features_(samples.size()),
        low_(static_cast<size_t>(features_)),
        high_(static_cast<size_t>(features_)) {}

  // Appends the node of these rows and all below it; returns its index.
  int32_t grow(std::span<int32_t> rows, int64_t depth) {
    const size_t node = trees_.feature.size();
    trees_.feature.push_back(-1);
    trees_.threshold.push_back(0);
    trees_.right.push_back(0);
    trees_.population.push_back(static_cast<int32_t>(rows.size()));
    if (depth == 0 || rows.size() < 2) return static_cast<int32_t>(node);
    find_ranges(rows);
    if (varying_.empty()) return static_cast<int32_t>(node);  // equal samples cannot be told apart

    const uint64_t draw = 2 * (node - static_cast<size_t>(root_));
    const int32_t feature = varying_[draws_.below(varying_.size(), draw)];
    const float low = low_[static_cast<size_t>(feature)], high = high_[static_cast<size_t>(feature)];
    // In double the difference of two floats cannot overflow. Rounding may reach `high`, which must stay
    // right.
    const double place = low + draws_.uniform(draw + 1) * (static_cast<double>(high) - low);
    const float cut = static_cast<float>(place) < high ? static_cast<float>(place) : low;
    const auto middle = std::stable_partition(
        rows.begin(), rows.end(), [&](int32_t row) { return samples_.values[at(row, feature)] <= cut; });
    const auto left = static_cast<size_t>(middle - rows.begin());
    trees_.feature[node] = feature;
    trees_.threshold[node] = cut;
    grow(rows.first(left), depth - 1);
    trees_.right[node] = grow(rows.subspan(left), depth - 1);
    return static_cast<int32_t>(node);
  }

 private:
  size_t at(int32_t row, int32_t feature) const { return static_cast<size_t>(row * features_ + feature); }

  void find_ranges(std::span<const int32_t> rows) {
    const float* first = samples_.values.data() + at(rows[0], 0);
    std::copy_n(first, features_, low_.begin());
    std::copy_n(first, features_, high_.begin());
    engine::check_stop();
    for (const int32_t row : rows.subspan(1)) {
      const float* x = samples_.values.data() + at(row, 0);
      for (size_t f = 0; f < low_.size(); ++f) {
        low_[f] = std::min(low_[f], x[f]);
        high_[f] = std::max(high_[f], x[f]);
      }
    }
    varying_.clear();
    for (size_t f = 0; f < low_.size(); ++f)
      if (low_[f] < high_[f]) varying_.push_back(static_cast<int32_t>(f));
  }

  IsolationTrees& trees_;
  const Samples& samples_;
  const engine::RandomStream& draws_;
  int64_t root_, features_;
  std::vector<float> low_, high_;  // of each feature, in the node at hand
  std::vector<int32_t> varying_;   // features with low < high
};

}  // namespace

void IsolationTrees::grow(const Samples& samples, std::vector<int32_t>& rows, int64_t depth, uint64_t seed,
                          const std::string& stream) {
  roots.push_back(static_cast<int32_t>(nodes()));
  Growth(*this, samples, engine::RandomStream(seed, stream)).grow(rows, depth);
}

double IsolationTrees::path_lengths(const float* x, const std::vector<double>& c) const {
  double sum = 0;
  for (const int32_t root : roots) {
    auto node = static_cast<size_t>(root);
    int64_t cuts = 0;
    for (; feature[node] >= 0; ++cuts)
      node = x[feature[node]] <= threshold[node] ? node + 1 : static_cast<size_t>(right[node]);
    sum += static_cast<double>(cuts) + c[static_cast<size_t>(population[node])];
  }
  return sum;
}

void IsolationTrees::check(int64_t features, int64_t most_population) const {
  const int64_t count = nodes();
  if (roots.empty() || roots[0] != 0) throw std::invalid_argument("the forest has no first tree");
  for (size_t tree = 0; tree < roots.size(); ++tree) {
    const int64_t begin = roots[tree], end = tree + 1 < roots.size() ? roots[tree + 1] : count;
    if (begin < 0 || begin >= end || end > count)
      throw std::invalid_argument("tree " + std::to_string(tree) + " of the forest has no nodes of its own");
    for (int64_t n = begin; n < end; ++n) {
      const auto node = static_cast<size_t>(n);
      const std::string where = "node " + std::to_string(n) + " of the forest ";
      if (population[node] < 1 || population[node] > most_population)
        throw std::invalid_argument(where + "has a population of " + std::to_string(population[node]) +
                                    ", expected 1 to " + std::to_string(most_population));
      if (feature[node] < 0) continue;  // a leaf
      if (feature[node] >= features)
        throw std::invalid_argument(where + "cuts feature " + std::to_string(feature[node]) + " of " +
                                    std::to_string(features));
      // Children come after their parent, so every path ends.
      if (n + 1 >= end || right[node] <= n + 1 || right[node] >= end)
        throw std::invalid_argument(where + "has a child outside its tree");
    }
  }
}

}  // namespace svdd
