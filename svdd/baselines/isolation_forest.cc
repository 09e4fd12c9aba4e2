#include "svdd/baselines/isolation_forest.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "engine/elementary.h"
#include "engine/files/in_quotes.h"
#include "engine/files/onnx.h"
#include "engine/random.h"
#include "engine/stopping.h"
#include "svdd/baselines/isolation_trees.h"
#include "svdd/baselines/shallow_detector.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/methods/deep_rows.h"
#include "svdd/recipes/published.h"

namespace svdd {

using datasets::Samples;
using engine::NdArray;

namespace {

constexpr int64_t most_nodes = std::numeric_limits<int32_t>::max();

constexpr std::string_view isolation_forest_name = "isolation-forest";

class IsolationForest final : public ShallowDetector {
 public:
  explicit IsolationForest(const IsolationForestOptions& options)
      : ShallowDetector(options.preprocessing), options_(options) {}

  std::string method() const override { return std::string(isolation_forest_name); }
  std::string details() const override {
    return nlohmann::json{{"trees", trees_.roots.size()},
                          {"samples_per_tree", trees_.population.empty() ? 0 : trees_.population[0]}}
        .dump();
  }

 private:
  void learn(const Samples& rows, Monitor& monitor) override;
  std::vector<float> score_rows(const Samples& rows) override;
  engine::onnx::Value graph_of_rows(const engine::onnx::Value& rows) const override;
  double threshold_for(const std::vector<float>& scores) const override {
    return contamination_threshold(scores, options_.contamination);
  }
  NamedArrays arrays() const override;
  nlohmann::json description() const override {
    return {{"contamination", options_.contamination}, {"features", features_}};
  }
  void restore_arrays(const ModelFolder& model, int64_t features) override;

  IsolationForestOptions options_;
  IsolationTrees trees_;
  int64_t features_ = 0;              // of a row
  std::vector<double> path_lengths_;  // c(0) … c(ψ)
};

// The first `count` entries of a uniformly drawn order of 0 … n−1: Fisher and Yates' method, stopped early.
// `order` is any order of them, and is changed.
std::vector<int32_t> drawn_rows(std::vector<int32_t>& order, int64_t count,
                                const engine::RandomStream& draws) {
  const size_t n = order.size();
  for (size_t i = 0; i < static_cast<size_t>(count); ++i)
    std::swap(order[i], order[i + draws.below(n - i, i)]);
  return {order.begin(), order.begin() + count};
}

void IsolationForest::learn(const Samples& rows, Monitor&) {
  const int64_t n = rows.count(), psi = std::min(options_.samples, n);
  if (n > most_nodes || options_.trees > most_nodes / (2 * psi))
    throw std::invalid_argument("an isolation forest of " + std::to_string(options_.trees) + " trees of " +
                                std::to_string(psi) + " of " + std::to_string(n) +
                                " samples is too large: at most 2^31 nodes can be counted");
  const auto depth = static_cast<int64_t>(std::bit_width(static_cast<uint64_t>(psi) - 1));  // ⌈log2 ψ⌉
  trees_ = {};
  features_ = rows.size();
  std::vector<int32_t> order(static_cast<size_t>(n));
  for (int64_t tree = 0; tree < options_.trees; ++tree) {
    engine::check_stop();
    const std::string stream = "isolation-forest/" + std::to_string(tree);
    std::iota(order.begin(), order.end(), 0);
    std::vector<int32_t> drawn =
        drawn_rows(order, psi, engine::RandomStream(options_.seed, stream + "/samples"));
    trees_.grow(rows, drawn, depth, options_.seed, stream + "/cuts");
  }
  path_lengths_ = mean_path_lengths(psi);
}

// [book: score]
std::vector<float> IsolationForest::score_rows(const Samples& rows) {
  constexpr double log_2 = 0.69314718055994530942;
  const double factor = -log_2 / (static_cast<double>(trees_.roots.size()) * path_lengths_.back());
  std::vector<float> scores;
  for (int64_t i = 0; i < rows.count(); ++i) {
    engine::check_stop();
    scores.push_back(engine::elementary::exp(
        static_cast<float>(trees_.path_lengths(rows.sample(i), path_lengths_) * factor)));
  }
  return scores;
}

// The trees as the operation that ONNX has for them. A leaf's weight is its path's share of the exponent.
engine::onnx::Value IsolationForest::graph_of_rows(const engine::onnx::Value& rows) const {
  using engine::onnx::Type, engine::onnx::Value;
  constexpr double log_2 = 0.69314718055994530942;
  const double factor = -log_2 / (static_cast<double>(trees_.roots.size()) * path_lengths_.back());
  std::vector<int64_t> tree_of, id_of, feature, left, right, leaf_tree, leaf_id, zeros;
  std::vector<std::string> modes;
  std::vector<double> cut, weights;
  for (size_t tree = 0; tree < trees_.roots.size(); ++tree) {
    const auto root = static_cast<size_t>(trees_.roots[tree]);
    const size_t end =
        tree + 1 < trees_.roots.size() ? static_cast<size_t>(trees_.roots[tree + 1]) : trees_.feature.size();
    std::vector<int64_t> depth(end - root);  // of a node, known before it is come to
    for (size_t node = root; node < end; ++node) {
      const auto id = static_cast<int64_t>(node - root);
      const bool leaf = trees_.feature[node] < 0;
      const int64_t to_right = leaf ? 0 : trees_.right[node] - static_cast<int64_t>(root);
      if (!leaf)
        depth[static_cast<size_t>(id) + 1] = depth[static_cast<size_t>(to_right)] =
            depth[static_cast<size_t>(id)] + 1;
      tree_of.push_back(static_cast<int64_t>(tree));
      id_of.push_back(id);
      modes.emplace_back(leaf ? "LEAF" : "BRANCH_LEQ");
      feature.push_back(leaf ? 0 : trees_.feature[node]);
      cut.push_back(static_cast<double>(trees_.threshold[node]));
      left.push_back(leaf ? 0 : id + 1);
      right.push_back(to_right);
      if (!leaf) continue;
      leaf_tree.push_back(static_cast<int64_t>(tree));
      leaf_id.push_back(id);
      zeros.push_back(0);
      weights.push_back((static_cast<double>(depth[static_cast<size_t>(id)]) +
                         path_lengths_[static_cast<size_t>(trees_.population[node])]) *
                        factor);
    }
  }
  const auto array = [](const std::vector<double>& of) {
    return NdArray::from({static_cast<int64_t>(of.size())}, of);
  };
  const Value exponent = rows.graph->node("TreeEnsembleRegressor", {cast(rows, Type::f64)}, Type::f32,
                                          {{"aggregate_function", std::string("SUM")},
                                           {"n_targets", int64_t{1}},
                                           {"nodes_falsenodeids", right},
                                           {"nodes_featureids", feature},
                                           {"nodes_modes", modes},
                                           {"nodes_nodeids", id_of},
                                           {"nodes_treeids", tree_of},
                                           {"nodes_truenodeids", left},
                                           {"nodes_values_as_tensor", array(cut)},
                                           {"post_transform", std::string("NONE")},
                                           {"target_ids", zeros},
                                           {"target_nodeids", leaf_id},
                                           {"target_treeids", leaf_tree},
                                           {"target_weights_as_tensor", array(weights)}},
                                          "trees", engine::onnx::trees_domain);
  return exp(sum(exponent));
}

NamedArrays IsolationForest::arrays() const {
  const int64_t nodes = trees_.nodes();
  return {{"feature", NdArray::from({nodes}, trees_.feature)},
          {"population", NdArray::from({nodes}, trees_.population)},
          {"right", NdArray::from({nodes}, trees_.right)},
          {"roots", NdArray::from({static_cast<int64_t>(trees_.roots.size())}, trees_.roots)},
          {"threshold", NdArray::from({nodes}, trees_.threshold)}};
}

// Of a calibrated model training_scores are not those of the training samples.
int64_t most_drawn(const ModelFolder& model) {
  constexpr int64_t any = int64_t{1} << 24;
  return model.description.contains("calibration") ? any : model.tensors.at("training_scores").size();
}

std::vector<int32_t> integers(const ModelFolder& model, const std::string& name, int64_t count) {
  const NdArray& array = model.tensors.at(name);
  if (array.dtype != NdArray::DType::i4 || array.shape != std::vector<int64_t>{count})
    throw std::runtime_error(engine::in_quotes(model.tensors.path) + ": tensor " + engine::in_quotes(name) +
                             " holds " + NdArray::name(array.dtype) + " of shape " +
                             NdArray::text(array.shape) + ", expected int32 of shape " +
                             NdArray::text(std::vector<int64_t>{count}));
  return array.as<int32_t>();
}

void IsolationForest::restore_arrays(const ModelFolder& model, int64_t features) {
  features_ = field<int64_t>(model, "features");
  if (features_ != features)
    throw std::invalid_argument("the forest cuts rows of " + std::to_string(features_) +
                                " features, but the samples give " + std::to_string(features));
  const int64_t nodes = model.tensors.at("feature").size();
  trees_.feature = integers(model, "feature", nodes);
  trees_.population = integers(model, "population", nodes);
  trees_.right = integers(model, "right", nodes);
  trees_.roots = integers(model, "roots", model.tensors.at("roots").size());
  trees_.threshold = numbers(model, "threshold", {nodes});
  const int64_t drawn = nodes > 0 ? trees_.population[0] : 0;  // ψ
  if (drawn < 2 || drawn > most_drawn(model))
    throw std::invalid_argument("the trees of the forest grew from " + std::to_string(drawn) +
                                " samples each, expected 2 to the number of training samples");
  trees_.check(features, drawn);
  path_lengths_ = mean_path_lengths(drawn);
}

void check(const IsolationForestOptions& o) {
  if (o.trees < 1)
    throw std::invalid_argument("an isolation forest needs at least 1 tree; found " +
                                std::to_string(o.trees));
  if (o.samples < 2)
    throw std::invalid_argument("each isolation tree needs at least 2 samples; found " +
                                std::to_string(o.samples));
  check_contamination(o.contamination);
}

}  // namespace

std::unique_ptr<Detector> make_isolation_forest(const IsolationForestOptions& options) {
  check(options);
  return std::make_unique<IsolationForest>(options);
}

namespace {

Rows rows_of(IsolationForestOptions& o, Common common) {
  return {contamination_row(common), pca_row(o.preprocessing), seed_row(common)};
}

// Trees need no backend.
std::unique_ptr<Detector> make(const IsolationForestOptions& options, engine::Backend&) {
  return make_isolation_forest(options);
}

}  // namespace

Method isolation_forest_method() {
  return {
      .name = std::string(isolation_forest_name),
      .title = "Isolation forest",
      .has_network = false,
      .sees_distances = false,
      .published =
          [](const recipes::DataTraits& data, Recipe) {
            return Settings(recipes::isolation_forest(data),
                            Settings::Form<IsolationForestOptions>{rows_of, make});
          },
      .load = [](const ModelFolder& model,
                 engine::Backend&) { return load_shallow<IsolationForest, IsolationForestOptions>(model); }};
}

}  // namespace svdd
