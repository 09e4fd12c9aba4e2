#include "svdd/clustering/cluster_means.h"

#include "engine/stopping.h"

namespace svdd {
namespace {

// sum += row, eight at a time: of a loop of unknown length compilers make no vector code at -O2.
void add(const float* row, std::vector<double>& sum) {
  const size_t whole = sum.size() / 8 * 8;
  double* to = sum.data();
  for (size_t j = 0; j < whole; j += 8)
    for (size_t p = 0; p < 8; ++p) to[j + p] += static_cast<double>(row[j + p]);
  for (size_t j = whole; j < sum.size(); ++j) to[j] += static_cast<double>(row[j]);
}

}  // namespace

std::vector<int64_t> cluster_sizes(std::span<const int32_t> labels, int64_t clusters) {
  std::vector<int64_t> sizes(static_cast<size_t>(clusters));
  for (const int32_t label : labels) ++sizes[static_cast<size_t>(label)];
  return sizes;
}

std::vector<double> cluster_means(std::span<const float> rows, int64_t d, std::span<const int32_t> labels,
                                  int64_t clusters) {
  // Cluster by cluster, so that one row of doubles is enough.
  const std::vector<int64_t> sizes = cluster_sizes(labels, clusters);
  std::vector<int64_t> begin(static_cast<size_t>(clusters) + 1);
  for (size_t k = 0; k < sizes.size(); ++k) begin[k + 1] = begin[k] + sizes[k];
  std::vector<int32_t> members(labels.size());
  std::vector<int64_t> next(begin.begin(), begin.end() - 1);
  for (size_t i = 0; i < labels.size(); ++i)
    members[static_cast<size_t>(next[static_cast<size_t>(labels[i])]++)] = static_cast<int32_t>(i);

  std::vector<double> means(static_cast<size_t>(clusters * d));
  std::vector<double> sum(static_cast<size_t>(d));
  for (size_t k = 0; k < sizes.size(); ++k) {
    engine::check_stop();
    if (sizes[k] == 0) continue;
    sum.assign(static_cast<size_t>(d), 0.0);
    for (int64_t m = begin[k]; m < begin[k + 1]; ++m) {
      const float* row = rows.data() + members[static_cast<size_t>(m)] * d;
      add(row, sum);
    }
    for (size_t j = 0; j < sum.size(); ++j)
      means[k * sum.size() + j] = sum[j] / static_cast<double>(sizes[k]);
  }
  return means;
}

}  // namespace svdd
