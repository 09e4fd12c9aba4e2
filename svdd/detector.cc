#include "engine/files/json_file.h"
#include "engine/floating_point_mode.h"
#include "svdd/baselines/isolation_forest.h"
#include "svdd/baselines/kde.h"
#include "svdd/baselines/kernel_svdd.h"
#include "svdd/methods/autoencoder.h"
#include "svdd/methods/dasvdd.h"
#include "svdd/methods/deep_svdd.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/methods/multi_sphere.h"
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

namespace {

std::unique_ptr<Detector> load_method(const ModelFolder& model, engine::Backend& backend) {
  const auto method = field<std::string>(model, "method");
  if (method == "deep-svdd") return load_deep_svdd(model, backend);
  if (method == "multi-radius") return load_multi_radius(model, backend);
  if (method == "multi-sphere") return load_multi_sphere(model, backend);
  if (method == "dasvdd") return load_dasvdd(model, backend);
  if (method == "autoencoder") return load_autoencoder(model, backend);
  if (method == "kernel-svdd") return load_kernel_svdd(model, backend);
  if (method == "kde") return load_kde(model, backend);
  if (method == "isolation-forest") return load_isolation_forest(model);
  throw std::runtime_error(
      engine::in_quotes(model.path()) + ": the method " + engine::in_quotes(method) +
      " is not one this version knows (deep-svdd, multi-radius, multi-sphere, dasvdd, autoencoder, "
      "kernel-svdd, kde, isolation-forest)");
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
