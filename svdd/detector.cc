#include "svdd/detector.h"

#include "engine/files/json_file.h"
#include "engine/floating_point_mode.h"
#include "svdd/methods/method.h"
#include "svdd/model_folder.h"

namespace svdd {

void to_json(nlohmann::json& j, const EpochReport& r) {
  j = {{"phase", r.phase}, {"epoch", r.epoch}, {"epochs", r.epochs},  {"loss", r.loss},
       {"lr", r.lr},       {"radii", r.radii}, {"seconds", r.seconds}};
  if (r.radius) j["radius"] = *r.radius;
  if (r.spheres) j["spheres"] = *r.spheres;
}

void read_entry(const engine::JsonEntry& e, EpochReport& r) {
  r.phase = e.as<std::string>("phase");
  r.epoch = e.as<int64_t>("epoch");
  r.epochs = e.as<int64_t>("epochs");
  r.loss = e.as<double>("loss");
  r.lr = e.as<double>("lr");
  r.radii = e.as<std::vector<float>>("radii");
  r.seconds = e.as<double>("seconds");
  if (const auto radius = e.find("radius")) r.radius = radius->as<double>();
  if (const auto spheres = e.find("spheres")) r.spheres = spheres->as<int64_t>();
}

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

namespace {

std::unique_ptr<Detector> load_method(const ModelFolder& model, engine::Backend& backend) {
  const auto name = field<std::string>(model, "method");
  if (const Method* method = find_method(name)) return method->load(model, backend);
  throw std::runtime_error(engine::in_quotes(model.path()) + ": the method " + engine::in_quotes(name) +
                           " is not one this version knows (" + method_names() + ")");
}

}  // namespace

std::unique_ptr<Detector> load_detector(const std::filesystem::path& folder, engine::Backend& backend) {
  const engine::IeeeMode ieee;
  const ModelFolder model = read_model_folder(folder);
  std::unique_ptr<Detector> detector = load_method(model, backend);
  if (const auto data = model.description.find("data"); data != model.description.end())
    detector->remember(*data);
  return detector;
}

}  // namespace svdd
