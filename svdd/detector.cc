#include "svdd/detector.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "engine/files/onnx.h"
#include "engine/floating_point_mode.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/methods/method.h"
#include "svdd/model_folder.h"

namespace svdd {

void Detector::check_known(const TrainingSet& train) const {
  if (train.known.empty()) return;
  const auto samples = static_cast<size_t>(train.samples.count());
  if (train.known.size() != samples)
    throw std::invalid_argument("what is known of the training samples is told of " +
                                std::to_string(train.known.size()) + ", but there are " +
                                std::to_string(samples));
  for (const int8_t k : train.known) {
    if (k < -1 || k > 1)
      throw std::invalid_argument(
          "what is known of a training sample is 1 (normal), -1 (an anomaly) or 0 (nothing); found " +
          std::to_string(k));
    if (k == -1 && !learns_from_anomalies())
      throw std::invalid_argument(method() +
                                  " learns from normal samples alone; leave the known anomalies out");
  }
}

engine::onnx::Value Detector::score_graph(const engine::onnx::Value&) const {
  throw std::invalid_argument(method() + " has no form as a graph of ONNX operations");
}

std::vector<float> Detector::score_gradient(const datasets::Samples&) {
  throw std::invalid_argument("the score of " + method() + " has no gradient");
}

std::vector<float> Detector::farthest_where_overflown(std::vector<float> scores) {
  constexpr float farthest = std::numeric_limits<float>::max();
  for (float& score : scores)
    if (!(score <= farthest)) score = farthest;
  return scores;
}

std::vector<float> Detector::by_samples(const datasets::Preprocessing& preprocessing,
                                        const datasets::Samples& samples,
                                        const std::vector<float>& by_prepared) {
  std::vector<float> gradient = preprocessing.pull_back(samples, by_prepared);
  const auto bad =
      std::find_if_not(gradient.begin(), gradient.end(), [](float g) { return std::isfinite(g); });
  if (bad != gradient.end())
    throw std::runtime_error(
        "the gradient of the score of sample " + std::to_string((bad - gradient.begin()) / samples.size()) +
        " (counted from 0) is not finite: its values are far from all that was trained on");
  return gradient;
}

void Detector::calibrate(const datasets::Samples& held_out, double false_alarm_rate) {
  const engine::IeeeMode ieee;
  std::vector<float> scores = score(held_out);
  threshold_ = conformal_threshold(scores, false_alarm_rate);
  std::sort(scores.begin(), scores.end());
  training_scores_ = std::move(scores);
  calibration_ = Calibration{held_out.count(), false_alarm_rate};
}

void Detector::set_threshold(double threshold) {
  if (!std::isfinite(threshold))
    throw std::invalid_argument("a threshold is a finite number; found " + engine::number_text(threshold));
  if (calibration_)
    throw std::invalid_argument("the detector is calibrated: its rate of false alarms, " +
                                engine::number_text(calibration_->false_alarm_rate) + ", sets the threshold");
  threshold_ = threshold;
}

namespace {

// What keep_calibration wrote.
Detector::Calibration calibration_in(const ModelFolder& model, size_t scores) {
  const engine::JsonEntry entry = entries(model).at("calibration");
  const Detector::Calibration c{entry.at("samples").as<int64_t>(), entry.at("false_alarm_rate").as<double>()};
  if (c.samples != static_cast<int64_t>(scores) || !(c.false_alarm_rate > 0 && c.false_alarm_rate < 1))
    throw std::runtime_error(engine::in_quotes(model.path()) +
                             ": its calibration is not that of the training_scores in weights.safetensors");
  return c;
}

std::unique_ptr<Detector> load_method(const ModelFolder& model, engine::Backend& backend) {
  const auto name = field<std::string>(model, "method");
  if (const Method* method = find_method(name)) return method->load(model, backend);
  throw std::runtime_error(engine::in_quotes(model.path()) + ": the method " + engine::in_quotes(name) +
                           " is not one this version knows (" + method_names() + ")");
}

}  // namespace

std::unique_ptr<Detector> load_detector(const std::filesystem::path& folder, engine::Backend& backend) {
  return detector_of(read_model_folder(folder), backend);
}

std::unique_ptr<Detector> detector_of(const ModelFolder& model, engine::Backend& backend) {
  const engine::IeeeMode ieee;
  std::unique_ptr<Detector> detector = load_method(model, backend);
  if (const auto data = model.description.find("data"); data != model.description.end())
    detector->remember(data->dump());
  if (model.description.contains("calibration"))
    detector->calibration_ = calibration_in(model, detector->training_scores().size());
  return detector;
}

}  // namespace svdd
