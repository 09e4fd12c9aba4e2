#include "svdd/training/epoch_report_json.h"

#include <nlohmann/json.hpp>

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

}  // namespace svdd
