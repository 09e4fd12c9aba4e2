#include "datasets/preprocessing_json.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace datasets {
namespace {

float read_limit(const nlohmann::json& json, const std::string& name) {
  const auto entry = json.find(name);
  if (entry == json.end() || !entry->is_number())
    throw std::invalid_argument("preprocessing: '" + name + "' must be a number");
  const double value = entry->get<double>();
  if (!(std::abs(value) <= std::numeric_limits<float>::max()))
    throw std::invalid_argument("preprocessing: '" + name + "' is " + entry->dump() +
                                ", expected a finite single-precision number");
  return static_cast<float>(value);
}

}  // namespace

void to_json(nlohmann::json& json, const Preprocessing& preprocessing) {
  json = {{"gcn", name_of(preprocessing.gcn)},
          {"min_max", preprocessing.min_max},
          {"min", preprocessing.min},
          {"max", preprocessing.max}};
}

void from_json(const nlohmann::json& json, Preprocessing& preprocessing) {
  if (!json.is_object()) throw std::invalid_argument("preprocessing: expected a JSON object");
  const auto gcn = json.find("gcn"), min_max = json.find("min_max");
  if (gcn == json.end() || !gcn->is_string())
    throw std::invalid_argument("preprocessing: 'gcn' must be \"none\", \"l1\" or \"l2\"");
  if (min_max == json.end() || !min_max->is_boolean())
    throw std::invalid_argument("preprocessing: 'min_max' must be true or false");
  const Preprocessing read{gcn_named(gcn->get_ref<const std::string&>()), min_max->get<bool>(),
                           read_limit(json, "min"), read_limit(json, "max")};
  if (!(read.max > read.min))
    throw std::invalid_argument("preprocessing: 'max' must be above 'min', but they are " +
                                json["max"].dump() + " and " + json["min"].dump());
  preprocessing = read;
}

}  // namespace datasets
