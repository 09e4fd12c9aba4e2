#include "svdd/baselines/yardsticks.h"

#include <algorithm>
#include <cmath>

#include "datasets/preprocessing.h"
#include "engine/floating_point_mode.h"
#include "svdd/baselines/mean_distance.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/methods/method.h"
#include "svdd/recipes/published.h"

namespace svdd {

using datasets::Samples;

namespace {

constexpr int64_t most_samples = 20'000, most_features_of_slow_ones = 600;
constexpr double most_products = 2e10;  // of the neighbours' search: a second

// How many of so many samples of each half are taken.
int64_t taken(int64_t count, double share) {
  return std::clamp<int64_t>(static_cast<int64_t>(share * static_cast<double>(count)),
                             std::min<int64_t>(count, 100), std::min(count, most_samples));
}

std::vector<int64_t> evenly_spaced(int64_t count, int64_t of) {
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(i * of / count);
  return rows;
}

Samples some_of(const Samples& samples, const std::vector<int64_t>& rows) {
  Samples some{samples.shape, {}};
  some.values.reserve(rows.size() * static_cast<size_t>(samples.size()));
  for (const int64_t row : rows)
    some.values.insert(some.values.end(), samples.sample(row), samples.sample(row) + samples.size());
  return some;
}

std::vector<float> scores_of_mean(const Samples& train, const Samples& test,
                                  const recipes::DataTraits& data) {
  const auto prepare =
      datasets::Preprocessing::fit(method_named("knn").published(data, Recipe{}).preprocessing(), train);
  Samples from = train, to = test;
  prepare.apply(from);
  prepare.apply(to);
  return distances_to_mean(from, to);
}

}  // namespace

Yardsticks measure_yardsticks(const Samples& train, const Samples& test,
                              const std::vector<int32_t>& test_labels, const recipes::DataTraits& data,
                              uint64_t seed, engine::Backend& backend, const std::string& but) {
  const engine::IeeeMode ieee;
  Yardsticks found;
  const double products = static_cast<double>(train.count()) * static_cast<double>(test.count()) *
                          static_cast<double>(train.size());
  const double share = std::min(1.0, std::sqrt(most_products / std::max(products, 1.0)));
  const std::vector<int64_t> train_rows = evenly_spaced(taken(train.count(), share), train.count()),
                             test_rows = evenly_spaced(taken(test.count(), share), test.count());
  std::vector<int32_t> labels;
  for (const int64_t row : test_rows) labels.push_back(test_labels[static_cast<size_t>(row)]);
  const auto anomalies = std::count(labels.begin(), labels.end(), 1);
  if (anomalies == 0 || anomalies == std::ssize(labels) || train_rows.size() < 2) return found;
  const Samples from = some_of(train, train_rows), to = some_of(test, test_rows);
  found.trained_on = from.count(), found.tested_on = to.count();

  Monitor silent;
  for (const std::string name : {"knn", "mahalanobis", "isolation-forest"}) {
    if (name == but || (name != "knn" && train.size() > most_features_of_slow_ones)) continue;
    Settings settings = method_named(name).published(data, Recipe{});
    settings.set("seed", std::to_string(seed));
    const auto detector = settings.make(from.shape, backend);
    detector->fit({from}, silent);
    const std::string title = name == "knn" ? "Distance to the fifth neighbour" : method_named(name).title;
    found.of.push_back({name, title, roc_auc(detector->score(to), labels)});
  }
  found.of.push_back(
      {"mean-distance", "Distance to the mean", roc_auc(scores_of_mean(from, to, data), labels)});
  return found;
}

}  // namespace svdd
