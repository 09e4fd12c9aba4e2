#include "svdd/baselines/shallow_detector.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "datasets/preprocessing_graph.h"
#include "engine/enough_memory.h"
#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "svdd/evaluation/collapse.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/training/stopwatch.h"

namespace svdd {

using datasets::Preprocessing;
using datasets::Samples;

void ShallowDetector::fit(const TrainingSet& train, Monitor& monitor) {
  const engine::IeeeMode ieee;
  const Stopwatch watch;
  check_known(train);
  train.samples.check("the training data");
  if (train.samples.count() < 2)
    throw std::invalid_argument("the training data hold " + std::to_string(train.samples.count()) +
                                (train.samples.count() == 1 ? " sample" : " samples") +
                                "; at least 2 are needed");
  training_scores_.clear();  // a fit that fails leaves a detector that refuses to score
  calibration_.reset();
  shape_ = train.samples.shape;
  if (const std::string cost = Preprocessing::cost(options_, train.samples); !cost.empty())
    monitor.note(cost);
  preprocessing_ = Preprocessing::fit(options_, train.samples);
  const Samples rows = prepared(train.samples);
  collapse_warning_ = equal_samples_warning(rows.values, rows.size());
  std::vector<float> scores = engine::with_enough_memory(
      [&] {
        return method() + " on " + std::to_string(rows.count()) + " samples of " +
               std::to_string(rows.size()) + " values; fewer samples take less";
      },
      [&] {
        learn(rows, monitor);
        return scores_of_training(rows);
      });
  if (const auto bad =
          std::find_if_not(scores.begin(), scores.end(), [](float s) { return std::isfinite(s); });
      bad != scores.end())
    throw std::runtime_error("the score of training sample " + std::to_string(bad - scores.begin()) +
                             " (counted from 0) is not finite: its values are too large; leave it out");
  if (!collapse_warning_)
    collapse_warning_ = equal_scores_warning(scores, train.samples.values, train.samples.size(), "training");
  threshold_ = threshold_for(scores);
  samples_used_ = rows.count();
  scores = yardstick(std::move(scores));
  std::sort(scores.begin(), scores.end());
  training_scores_ = std::move(scores);
  train_seconds_ = watch.seconds();
}

void ShallowDetector::check(const Samples& samples) const {
  require_fitted();
  if (samples.shape != shape_)
    throw std::invalid_argument("the samples are " + datasets::shape_text(samples.shape) + ", but this " +
                                method() + " detector was fitted on " + datasets::shape_text(shape_));
  samples.check("the samples");
}

namespace {

// Numbers that the preprocessing brought beyond all floats are the farthest there are, as scores are: searches for neighbours
// refuse others, and one such row would take its score from all.
Samples within_floats(Samples rows) {
  constexpr float farthest = std::numeric_limits<float>::max();
  for (float& value : rows.values)
    if (!std::isfinite(value)) value = std::signbit(value) && !std::isnan(value) ? -farthest : farthest;
  return rows;
}

}  // namespace

std::vector<float> ShallowDetector::score_gradient(const Samples& samples) {
  const engine::IeeeMode ieee;
  if (!has_score_gradient()) return Detector::score_gradient(samples);
  check(samples);
  if (samples.count() == 0) return {};
  return by_samples(preprocessing_, samples, gradient_of_rows(within_floats(prepared(samples))));
}

std::vector<float> ShallowDetector::score(const Samples& samples) {
  const engine::IeeeMode ieee;
  check(samples);
  if (samples.count() == 0) return {};
  std::vector<float> scores = score_rows(within_floats(prepared(samples)));
  return farthest_where_overflown(std::move(scores));
}

engine::onnx::Value ShallowDetector::score_graph(const engine::onnx::Value& input) const {
  return graph_of_rows(datasets::prepared_rows(preprocessing_, input, shape_));
}

void ShallowDetector::require_fitted() const {
  if (training_scores_.empty())
    throw std::runtime_error("this " + method() +
                             " detector has not been fitted; fit it or load a saved model");
}

// The one place where samples become the rows that the methods learn from and score.
Samples ShallowDetector::prepared(const Samples& samples) const {
  Samples rows = samples;
  preprocessing_.apply(rows);
  rows.shape = {rows.size()};
  return rows;
}

NamedArrays ShallowDetector::all_arrays() const {
  NamedArrays all = arrays();
  for (auto& preprocessing : datasets::tensors(preprocessing_)) all.push_back(std::move(preprocessing));
  return all;
}

std::string ShallowDetector::weights_sha256() const { return arrays_sha256(all_arrays()); }

void ShallowDetector::save(const std::filesystem::path& folder) const {
  require_fitted();
  nlohmann::json entries = description();
  entries["method"] = method();
  entries["sample_shape"] = shape_;
  entries["threshold"] = threshold_;
  entries["preprocessing"] = preprocessing_;
  entries["weights_sha256"] = weights_sha256();
  NamedArrays stored = all_arrays();
  stored.emplace_back(
      "training_scores",
      engine::NdArray::from({static_cast<int64_t>(training_scores_.size())}, training_scores_));
  describe_every(entries, *this);
  write_model_folder(folder, entries, stored);
}

void ShallowDetector::restore(const ModelFolder& model) {
  reading(model, [&] {
    shape_ = field<std::vector<int64_t>>(model, "sample_shape");
    preprocessing_ = field<Preprocessing>(model, "preprocessing");
    datasets::take_tensors(model.tensors.tensors, preprocessing_);
    restore_arrays(model, preprocessing_.outputs(datasets::sample_size(shape_)));
    threshold_ = field<double>(model, "threshold");
    if (!std::isfinite(threshold_)) throw std::invalid_argument("the threshold is not finite");
  });
  const engine::NdArray& scores = model.tensors.at("training_scores");
  training_scores_ = numbers(model, "training_scores", {scores.size()});
  const std::string tensors = engine::in_quotes(model.tensors.path);
  if (training_scores_.empty()) throw std::runtime_error(tensors + ": tensor 'training_scores' is empty");
  if (!std::is_sorted(training_scores_.begin(), training_scores_.end()))
    throw std::runtime_error(tensors + ": tensor 'training_scores' is not ascending; the file is damaged");
  std::vector<std::string> names{"training_scores"};
  for (const auto& [name, array] : all_arrays()) names.push_back(name);
  require_no_others(model, names);
  if (field<std::string>(model, "weights_sha256") != weights_sha256())
    throw std::runtime_error(tensors +
                             " does not hold the arrays that model.json beside it describes (its "
                             "weights_sha256 differs); the two come from different runs");
}

float finite_score(double score) {
  return static_cast<float>(std::min(score, static_cast<double>(std::numeric_limits<float>::max())));
}

void check_contamination(double contamination) {
  if (!(contamination >= 0 && contamination < 1))
    throw std::invalid_argument(
        "contamination is the share of training scores above the threshold, in [0, 1); found " +
        engine::number_text(contamination));
}

}  // namespace svdd
