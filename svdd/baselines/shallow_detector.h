// What the shallow baselines share: samples of any shape become prepared rows of features, and what was
// learned is a few named arrays. A method says how it learns from rows, how it scores them and what it
// stores; checks, threshold, training scores, model folder and receipt are here.
#pragma once
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "datasets/preprocessing.h"
#include "datasets/preprocessing_json.h"
#include "svdd/detector.h"
#include "svdd/model_folder.h"

namespace svdd {

using datasets::NamedArrays;

class ShallowDetector : public Detector {
 public:
  void fit(const TrainingSet& train, Monitor& monitor) final;
  std::vector<float> score(const datasets::Samples& samples) final;
  std::vector<float> score_gradient(const datasets::Samples& samples) final;
  engine::onnx::Value score_graph(const engine::onnx::Value& input) const final;
  void save(const std::filesystem::path& folder) const final;
  std::vector<int64_t> sample_shape() const final { return shape_; }  // empty before the fit
  std::string weights_sha256() const final;  // of arrays() and the preprocessing's, in name order

  // What save wrote; std::runtime_error naming the file and what is wrong with it.
  void restore(const ModelFolder& model);

 protected:
  explicit ShallowDetector(const datasets::PreprocessingOptions& preprocessing) : options_(preprocessing) {}

  // Rows are samples of shape {features}. At least two come to `learn`.
  virtual void learn(const datasets::Samples& rows, Monitor& monitor) = 0;
  virtual std::vector<float> score_rows(const datasets::Samples& rows) = 0;
  // The gradient of each row's score by its features, count × features, of a method that has one (has_score_gradient).
  virtual std::vector<float> gradient_of_rows(const datasets::Samples& /*rows*/) { return {}; }
  // score_rows as nodes of a graph, of rows (N, features) (Detector::score_graph).
  virtual engine::onnx::Value graph_of_rows(const engine::onnx::Value& rows) const = 0;
  // Of the samples just learned from, once after `learn`: as score_rows does, unless a method knows better.
  virtual std::vector<float> scores_of_training(const datasets::Samples& rows) { return score_rows(rows); }
  // Above which score a sample is called anomalous, given the training scores.
  virtual double threshold_for(const std::vector<float>& training_scores) const = 0;
  // What p-values go by, from the training scores: these, unless having learned from a sample makes much of its score.
  virtual std::vector<float> yardstick(std::vector<float> training_scores) { return training_scores; }
  virtual NamedArrays arrays() const = 0;          // all that score_rows needs
  virtual nlohmann::json description() const = 0;  // the method's own entries of model.json
  // Takes what arrays() gave, for rows of so many features, and believes nothing.
  virtual void restore_arrays(const ModelFolder& model, int64_t features) = 0;

 private:
  void require_fitted() const;
  void check(const datasets::Samples& samples) const;
  NamedArrays all_arrays() const;
  datasets::Samples prepared(const datasets::Samples& samples) const;

  datasets::PreprocessingOptions options_;
  datasets::Preprocessing preprocessing_;
  std::vector<int64_t> shape_;  // of one sample
};

// What save wrote of a method whose arrays say all but the contamination. `on`: a backend, where it takes one.
template <class Made, class Options, class... On>
std::unique_ptr<Detector> load_shallow(const ModelFolder& model, On&... on) {
  Options options;
  options.contamination = field<double>(model, "contamination");
  auto detector = std::make_unique<Made>(options, on...);
  detector->restore(model);
  return detector;
}

// As a float; of what is beyond all floats, the largest.
float finite_score(double score);

// std::invalid_argument unless it is a share of the training scores, in [0, 1).
void check_contamination(double contamination);

}  // namespace svdd
