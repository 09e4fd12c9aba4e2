#include "tools/report/plane_map.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "engine/random.h"
#include "svdd/clustering/tsne.h"
#include "tools/commands/csv_files.h"

namespace tools {
namespace {

constexpr int64_t fewest = 8;

// So many of 0 … n−1, ascending.
std::vector<int32_t> drawn_rows(int64_t n, uint64_t seed) {
  std::vector<int32_t> rows = engine::permutation(n, engine::RandomStream(seed, "map"));
  rows.resize(static_cast<size_t>(std::min(n, most_map_samples)));
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

std::string map_csv(svdd::Detector& detector, const datasets::OneVsRest& task, uint64_t seed,
                    engine::Backend& on) {
  const std::vector<int32_t>& clusters = detector.training_clusters();
  const bool several =
      std::any_of(clusters.begin(), clusters.end(), [&](int32_t k) { return k != clusters.front(); });
  const datasets::Samples& from = several ? task.train : task.test;
  const std::vector<int32_t>& classes = several ? task.train_classes : task.test_classes;
  // A fit may have left out the last samples, which then have no cluster.
  const int64_t count = several ? static_cast<int64_t>(clusters.size()) : from.count();
  if (count < fewest) return "";

  const std::vector<int32_t> rows = drawn_rows(count, seed);
  datasets::Samples shown{from.shape, {}};
  for (const int32_t row : rows)
    shown.values.insert(shown.values.end(), from.sample(row), from.sample(row) + from.size());
  const std::vector<float> z = detector.embed(shown);
  if (z.empty() || !std::all_of(z.begin(), z.end(), [](float v) { return std::isfinite(v); })) return "";
  const auto n = static_cast<int64_t>(rows.size());
  const double perplexity = std::min(30.0, static_cast<double>(n - 1) / 3);
  const std::vector<float> plane =
      svdd::tsne(z, static_cast<int64_t>(z.size()) / n, {.perplexity = perplexity, .seed = seed}, on);

  std::string csv = "x,y,class,label,cluster\n";
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto row = static_cast<size_t>(rows[i]);
    csv += shortest(plane[2 * i]) + ',' + shortest(plane[2 * i + 1]) + ',' + std::to_string(classes[row]) +
           ',' + (several || task.test_labels[row] == 0 ? "0," : "1,") +
           (several ? std::to_string(clusters[row]) : "") + '\n';
  }
  return csv;
}

}  // namespace tools
