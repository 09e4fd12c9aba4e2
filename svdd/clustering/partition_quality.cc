#include "svdd/clustering/partition_quality.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/elementary.h"
#include "engine/floating_point_mode.h"

namespace svdd {
namespace {

struct Contingency {
  std::map<int32_t, int64_t> clusters, classes;
  std::map<std::pair<int32_t, int32_t>, int64_t> both;
  double n = 0;
};

Contingency count(std::span<const int32_t> labels, std::span<const int32_t> classes) {
  if (labels.size() != classes.size())
    throw std::invalid_argument("there are " + std::to_string(labels.size()) + " cluster labels but " +
                                std::to_string(classes.size()) + " classes; expected one of each per sample");
  if (labels.empty()) throw std::invalid_argument("there are no cluster labels to compare with classes");
  Contingency table;
  table.n = static_cast<double>(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    ++table.clusters[labels[i]];
    ++table.classes[classes[i]];
    ++table.both[{labels[i], classes[i]}];
  }
  return table;
}

double log_of(int64_t count) { return engine::elementary::log(static_cast<float>(count)); }

// −Σ (m/n)·log(m/n)
double entropy(const std::map<int32_t, int64_t>& counts, double log_n, double n) {
  double sum = 0;
  for (const auto& [name, m] : counts) sum += static_cast<double>(m) / n * (log_n - log_of(m));
  return sum;
}

}  // namespace

double purity(std::span<const int32_t> labels, std::span<const int32_t> classes) {
  const engine::IeeeMode ieee;
  const Contingency table = count(labels, classes);
  std::map<int32_t, int64_t> most;
  for (const auto& [pair, m] : table.both) most[pair.first] = std::max(most[pair.first], m);
  int64_t sum = 0;
  for (const auto& [cluster, m] : most) sum += m;
  return static_cast<double>(sum) / table.n;
}

double normalised_mutual_information(std::span<const int32_t> labels, std::span<const int32_t> classes) {
  const engine::IeeeMode ieee;
  const Contingency table = count(labels, classes);
  // One and the same grouping under two sets of names (all in one group too): 1, whatever logarithms round to.
  if (table.both.size() == table.clusters.size() && table.both.size() == table.classes.size()) return 1;
  const double log_n = log_of(static_cast<int64_t>(labels.size()));
  double information = 0;
  for (const auto& [pair, m] : table.both)
    information += static_cast<double>(m) / table.n *
                   ((log_n + log_of(m)) -
                    (log_of(table.clusters.at(pair.first)) + log_of(table.classes.at(pair.second))));
  const double mean = (entropy(table.clusters, log_n, table.n) + entropy(table.classes, log_n, table.n)) / 2;
  return std::clamp(information / mean, 0.0, 1.0);
}

}  // namespace svdd
