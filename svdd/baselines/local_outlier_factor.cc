#include "svdd/baselines/local_outlier_factor.h"

#include <algorithm>
#include <stdexcept>

#include "svdd/baselines/neighbour_count.h"
#include "svdd/baselines/shallow_detector.h"
#include "svdd/clustering/k_nearest.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/export/distances.h"
#include "svdd/methods/deep_rows.h"
#include "svdd/recipes/published.h"
#include "svdd/training/progress_notes.h"

namespace svdd {

using datasets::Samples;
using engine::NdArray;

namespace {

constexpr std::string_view lof_name = "lof";

class LocalOutlierFactor final : public ShallowDetector {
 public:
  LocalOutlierFactor(const LocalOutlierOptions& options, engine::Backend& backend)
      : ShallowDetector(options.preprocessing), options_(options), machine_(backend) {}

  std::string method() const override { return std::string(lof_name); }

 private:
  void learn(const Samples& rows, Monitor& monitor) override;
  std::vector<float> score_rows(const Samples& rows) override;
  engine::onnx::Value graph_of_rows(const engine::onnx::Value& rows) const override;
  std::vector<float> scores_of_training(const Samples&) override { return std::move(of_training_); }
  double threshold_for(const std::vector<float>& scores) const override {
    return contamination_threshold(scores, options_.contamination);
  }
  NamedArrays arrays() const override;
  nlohmann::json description() const override {
    return {{"contamination", options_.contamination}, {"neighbours", neighbours_}};
  }
  void restore_arrays(const ModelFolder& model, int64_t features) override;

  double reachability_density(const KNearest& found, int64_t query) const;  // lrd
  float factor(const KNearest& found, int64_t query, double density) const;

  LocalOutlierOptions options_;
  Machine machine_;
  int64_t neighbours_ = 0;  // that there are
  Samples points_;
  std::vector<float> kth_distance_, density_;  // d_k and lrd of each point
  std::vector<float> of_training_;             // from learn to scores_of_training
};

double LocalOutlierFactor::reachability_density(const KNearest& found, int64_t query) const {
  double sum = 0;
  for (int64_t at = query * found.k; at < (query + 1) * found.k; ++at) {
    const auto o = static_cast<size_t>(found.index[static_cast<size_t>(at)]);
    sum += std::max(static_cast<double>(kth_distance_[o]), found.distance[static_cast<size_t>(at)]);
  }
  return 1 / (sum / static_cast<double>(found.k) + 1e-10);
}

float LocalOutlierFactor::factor(const KNearest& found, int64_t query, double density) const {
  double sum = 0;
  for (int64_t at = query * found.k; at < (query + 1) * found.k; ++at)
    sum += static_cast<double>(density_[static_cast<size_t>(found.index[static_cast<size_t>(at)])]);
  return finite_score(sum / static_cast<double>(found.k) / density);
}

void LocalOutlierFactor::learn(const Samples& rows, Monitor& monitor) {
  ProgressNotes progress(monitor, "local outlier factor");
  neighbours_ = neighbours_of(options_.neighbours, rows.count(), monitor);
  points_ = rows;
  const KNearest found = k_nearest_others(rows.values, rows.size(), neighbours_, machine_,
                                          [&](double share) { progress("search", share); });
  kth_distance_.clear(), density_.clear(), of_training_.clear();
  for (int64_t i = 0; i < rows.count(); ++i) kth_distance_.push_back(finite_score(found.farthest(i)));
  for (int64_t i = 0; i < rows.count(); ++i)
    density_.push_back(static_cast<float>(reachability_density(found, i)));
  for (int64_t i = 0; i < rows.count(); ++i)
    of_training_.push_back(factor(found, i, static_cast<double>(density_[static_cast<size_t>(i)])));
}

std::vector<float> LocalOutlierFactor::score_rows(const Samples& rows) {
  const KNearest found = k_nearest(points_.values, rows.values, rows.size(), neighbours_, machine_);
  std::vector<float> scores;
  for (int64_t i = 0; i < rows.count(); ++i)
    scores.push_back(factor(found, i, reachability_density(found, i)));
  return scores;
}

engine::onnx::Value LocalOutlierFactor::graph_of_rows(const engine::onnx::Value& rows) const {
  using engine::onnx::Value;
  const int64_t n = points_.count();
  const NearestPoints found =
      nearest_to(rows, NdArray::from({n, points_.size()}, points_.values), neighbours_);
  const auto of_found = [&](const char* name, const std::vector<float>& of_each) {
    const Value all = rows.graph->constant(name, NdArray::from({n}, of_each));
    return rows_at(cast(all, engine::onnx::Type::f64), found.places);
  };
  const auto k = static_cast<double>(neighbours_);
  const Value reachability =
      sum(larger(of_found("kth_distance", kth_distance_), sqrt(found.squares))) / k + 1e-10;
  return as_score(sum(of_found("density", density_)) / k * reachability);
}

NamedArrays LocalOutlierFactor::arrays() const {
  return {{"density", NdArray::from({points_.count()}, density_)},
          {"kth_distance", NdArray::from({points_.count()}, kth_distance_)},
          {"points", NdArray::from({points_.count(), points_.size()}, points_.values)}};
}

void LocalOutlierFactor::restore_arrays(const ModelFolder& model, int64_t features) {
  points_ = stored_points(model, features);
  neighbours_ = stored_neighbours(model, points_.count());
  kth_distance_ = numbers(model, "kth_distance", {points_.count()});
  density_ = numbers(model, "density", {points_.count()});
  const auto least = [](const std::vector<float>& values) {
    return *std::min_element(values.begin(), values.end());
  };
  if (!(least(kth_distance_) >= 0)) throw std::invalid_argument("a distance to a neighbour is below 0");
  if (!(least(density_) > 0)) throw std::invalid_argument("a density is not above 0");
}

void check(const LocalOutlierOptions& o) {
  check_neighbours(o.neighbours);
  check_contamination(o.contamination);
}

Rows rows_of(LocalOutlierOptions& o, Common common) {
  return {contamination_row(common), neighbours_row(o.neighbours), pca_row(o.preprocessing),
          seed_row(common)};
}

}  // namespace

std::unique_ptr<Detector> make_local_outlier_factor(const LocalOutlierOptions& options,
                                                    engine::Backend& backend) {
  check(options);
  return std::make_unique<LocalOutlierFactor>(options, backend);
}

Method local_outlier_factor_method() {
  return {.name = std::string(lof_name),
          .title = "Local outlier factor",
          .has_network = false,
          .published =
              [](const recipes::DataTraits& data, Recipe) {
                return Settings(recipes::local_outlier_factor(data),
                                Settings::Form<LocalOutlierOptions>{rows_of, make_local_outlier_factor});
              },
          .load =
              [](const ModelFolder& model, engine::Backend& backend) {
                return load_shallow<LocalOutlierFactor, LocalOutlierOptions>(model, backend);
              }};
}

}  // namespace svdd
