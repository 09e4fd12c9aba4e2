#include "svdd/baselines/pca_reconstruction.h"

#include <algorithm>
#include <stdexcept>

#include "datasets/pca.h"
#include "datasets/preprocessing_graph.h"
#include "engine/files/in_quotes.h"
#include "svdd/baselines/shallow_detector.h"
#include "svdd/evaluation/collapse.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/export/distances.h"
#include "svdd/methods/deep_rows.h"
#include "svdd/recipes/published.h"

namespace svdd {

using datasets::Samples;
using engine::NdArray;

namespace {

constexpr std::string_view pca_name = "pca";

class PcaReconstruction final : public ShallowDetector {
 public:
  explicit PcaReconstruction(const PcaReconstructionOptions& options)
      : ShallowDetector(options.preprocessing), options_(options) {}

  std::string method() const override { return std::string(pca_name); }
  bool has_score_gradient() const override { return true; }
  std::string details() const override { return nlohmann::json{{"components", plane_.components()}}.dump(); }

 private:
  void learn(const Samples& rows, Monitor& monitor) override;
  std::vector<float> score_rows(const Samples& rows) override;
  std::vector<float> gradient_of_rows(const Samples& rows) override;
  engine::onnx::Value graph_of_rows(const engine::onnx::Value& rows) const override;
  double threshold_for(const std::vector<float>& scores) const override {
    return contamination_threshold(scores, options_.contamination);
  }
  NamedArrays arrays() const override {
    return {{"directions", NdArray::from({plane_.components(), plane_.features()}, plane_.map.matrix)},
            {"mean", NdArray::from({plane_.features()}, plane_.map.mean)}};
  }
  nlohmann::json description() const override { return {{"contamination", options_.contamination}}; }
  void restore_arrays(const ModelFolder& model, int64_t features) override;

  PcaReconstructionOptions options_;
  datasets::Pca plane_;
};

void PcaReconstruction::learn(const Samples& rows, Monitor&) {
  if (equal_samples_warning(rows.values, rows.size()))  // a point: no direction holds any variance
    plane_ = {{{rows.sample(0), rows.sample(1)}, {}}, {}};
  else
    plane_ = datasets::Pca::fit(rows, 0, options_.variance);
  if (plane_.components() == plane_.features()) {  // nothing would be left
    plane_.map.matrix.resize(static_cast<size_t>((plane_.features() - 1) * plane_.features()));
    plane_.explained.resize(static_cast<size_t>(plane_.features() - 1));
  }
}

// What floats leave of a point in the plane, as a share of its squared length.
constexpr double rounding = 1e-12;

std::vector<float> PcaReconstruction::score_rows(const Samples& rows) {
  const bool is_point = plane_.components() == 0;
  const Samples nearest = is_point ? Samples{} : plane_.restore(plane_.apply(rows), rows.shape);
  std::vector<float> scores;
  for (int64_t i = 0; i < rows.count(); ++i) {
    double sum = 0, size = 0;
    for (int64_t f = 0; f < rows.size(); ++f) {
      const float there = is_point ? plane_.map.mean[static_cast<size_t>(f)] : nearest.sample(i)[f];
      const double error = static_cast<double>(rows.sample(i)[f]) - static_cast<double>(there);
      sum += error * error;
      size += static_cast<double>(rows.sample(i)[f]) * static_cast<double>(rows.sample(i)[f]);
    }
    scores.push_back(sum > rounding * size ? finite_score(sum) : 0.0f);
  }
  return scores;
}

// Of ‖x − x̂‖², x̂ the nearest point of the plane, from which x moves away at a right angle: 2·(x − x̂).
std::vector<float> PcaReconstruction::gradient_of_rows(const Samples& rows) {
  const bool is_point = plane_.components() == 0;
  const Samples nearest = is_point ? Samples{} : plane_.restore(plane_.apply(rows), rows.shape);
  const auto d = static_cast<size_t>(rows.size());
  std::vector<float> gradient;
  for (size_t i = 0; i < rows.values.size(); ++i)
    gradient.push_back(2 * (rows.values[i] - (is_point ? plane_.map.mean[i % d] : nearest.values[i])));
  return gradient;
}

engine::onnx::Value PcaReconstruction::graph_of_rows(const engine::onnx::Value& rows) const {
  using engine::onnx::Type, engine::onnx::Value;
  const Value there =
      plane_.components() == 0
          ? rows.graph->constant("mean", NdArray::from({plane_.features()}, plane_.map.mean))
          : datasets::restored_from(plane_, datasets::mapped(plane_.map, rows, "plane"), "plane");
  const Value x = cast(rows, Type::f64), error = squared_distance(x, cast(there, Type::f64));
  const Value nothing = rows.graph->number(0, Type::f32);
  return where(greater(error, sum(square(x)) * rounding), as_score(error), nothing);
}

void PcaReconstruction::restore_arrays(const ModelFolder& model, int64_t features) {
  const int64_t components = model.tensors.at("directions").size() / features;
  if (components > features)
    throw std::invalid_argument("the model has " + std::to_string(components) +
                                " directions, more than there are features");
  plane_.map = {numbers(model, "mean", {features}), numbers(model, "directions", {components, features})};
}

void check(const PcaReconstructionOptions& o) {
  if (!(o.variance > 0 && o.variance <= 1))
    throw std::invalid_argument("the share of the variance must be in (0, 1]; found " +
                                engine::number_text(o.variance));
  check_contamination(o.contamination);
}

Rows rows_of(PcaReconstructionOptions& o, Common common) {
  return {contamination_row(common),
          option::real(
              {"variance", "X", method_group,
               "pca: the plane holds this share of the variance; the score is the squared\ndistance from it"},
              option::positive_share, o.variance),
          pca_row(o.preprocessing), seed_row(common)};
}

std::unique_ptr<Detector> make(const PcaReconstructionOptions& options, engine::Backend&) {
  return make_pca_reconstruction(options);
}

}  // namespace

std::unique_ptr<Detector> make_pca_reconstruction(const PcaReconstructionOptions& options) {
  check(options);
  return std::make_unique<PcaReconstruction>(options);
}

Method pca_reconstruction_method() {
  return {.name = std::string(pca_name),
          .title = "Reconstruction from principal components",
          .has_network = false,
          .published =
              [](const recipes::DataTraits& data, Recipe) {
                return Settings(recipes::pca_reconstruction(data),
                                Settings::Form<PcaReconstructionOptions>{rows_of, make});
              },
          .load =
              [](const ModelFolder& model, engine::Backend&) {
                return load_shallow<PcaReconstruction, PcaReconstructionOptions>(model);
              }};
}

}  // namespace svdd
