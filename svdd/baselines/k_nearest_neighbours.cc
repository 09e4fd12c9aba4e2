#include "svdd/baselines/k_nearest_neighbours.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "svdd/baselines/neighbour_count.h"
#include "svdd/baselines/shallow_detector.h"
#include "svdd/baselines/weighted_differences.h"
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

constexpr std::string_view knn_name = "knn";

class KNearestNeighbours final : public ShallowDetector {
 public:
  KNearestNeighbours(const KNearestOptions& options, engine::Backend& backend)
      : ShallowDetector(options.preprocessing), options_(options), machine_(backend) {}

  std::string method() const override { return std::string(knn_name); }
  bool has_score_gradient() const override { return true; }

 private:
  void learn(const Samples& rows, Monitor& monitor) override;
  std::vector<float> score_rows(const Samples& rows) override;
  std::vector<float> gradient_of_rows(const Samples& rows) override;
  engine::onnx::Value graph_of_rows(const engine::onnx::Value& rows) const override;
  std::vector<float> scores_of_training(const Samples&) override { return std::move(of_training_); }
  double threshold_for(const std::vector<float>& scores) const override {
    return contamination_threshold(scores, options_.contamination);
  }
  NamedArrays arrays() const override {
    return {{"points", NdArray::from({points_.count(), points_.size()}, points_.values)}};
  }
  nlohmann::json description() const override {
    return {{"contamination", options_.contamination}, {"neighbours", neighbours_}};
  }
  void restore_arrays(const ModelFolder& model, int64_t features) override;

  KNearestOptions options_;
  Machine machine_;
  int64_t neighbours_ = 0;  // that there are
  Samples points_;
  std::vector<float> of_training_;  // from learn to scores_of_training
};

std::vector<float> farthest(const KNearest& found) {
  std::vector<float> distances;
  for (int64_t q = 0; q < found.queries(); ++q) distances.push_back(finite_score(found.farthest(q)));
  return distances;
}

void KNearestNeighbours::learn(const Samples& rows, Monitor& monitor) {
  ProgressNotes progress(monitor, "nearest neighbours");
  neighbours_ = neighbours_of(options_.neighbours, rows.count(), monitor);
  points_ = rows;
  of_training_ = farthest(k_nearest_others(rows.values, rows.size(), neighbours_, machine_,
                                           [&](double share) { progress("search", share); }));
}

// [book: score]
std::vector<float> KNearestNeighbours::score_rows(const Samples& rows) {
  return farthest(k_nearest(points_.values, rows.values, rows.size(), neighbours_, machine_));
}

// Of the distance to the k-th nearest point: away from it, with length 1; none on the point itself.
std::vector<float> KNearestNeighbours::gradient_of_rows(const Samples& rows) {
  const auto last = static_cast<size_t>(neighbours_ - 1);
  return weighted_differences(rows, points_, [last](std::vector<double>& squares) {
    std::vector<size_t> order(squares.size());
    std::iota(order.begin(), order.end(), size_t{0});
    const auto kth = order.begin() + static_cast<std::ptrdiff_t>(last);
    std::nth_element(order.begin(), kth, order.end(), [&](size_t a, size_t b) {
      return squares[a] != squares[b] ? squares[a] < squares[b] : a < b;
    });
    const double square = squares[*kth];
    squares.assign(squares.size(), 0);
    if (square > 0) squares[*kth] = 1 / std::sqrt(square);
  });
}

engine::onnx::Value KNearestNeighbours::graph_of_rows(const engine::onnx::Value& rows) const {
  const NearestPoints found =
      nearest_to(rows, NdArray::from({points_.count(), points_.size()}, points_.values), neighbours_);
  return as_score(most(sqrt(found.squares)));
}

void KNearestNeighbours::restore_arrays(const ModelFolder& model, int64_t features) {
  points_ = stored_points(model, features);
  neighbours_ = stored_neighbours(model, points_.count());
}

void check(const KNearestOptions& o) {
  check_neighbours(o.neighbours);
  check_contamination(o.contamination);
}

Rows rows_of(KNearestOptions& o, Common common) {
  return {contamination_row(common), neighbours_row(o.neighbours), pca_row(o.preprocessing),
          seed_row(common)};
}

}  // namespace

std::unique_ptr<Detector> make_k_nearest_neighbours(const KNearestOptions& options,
                                                    engine::Backend& backend) {
  check(options);
  return std::make_unique<KNearestNeighbours>(options, backend);
}

Method k_nearest_neighbours_method() {
  return {.name = std::string(knn_name),
          .title = "Nearest neighbours",
          .has_network = false,
          .published =
              [](const recipes::DataTraits& data, Recipe) {
                return Settings(recipes::k_nearest_neighbours(data),
                                Settings::Form<KNearestOptions>{rows_of, make_k_nearest_neighbours});
              },
          .load =
              [](const ModelFolder& model, engine::Backend& backend) {
                return load_shallow<KNearestNeighbours, KNearestOptions>(model, backend);
              }};
}

}  // namespace svdd
