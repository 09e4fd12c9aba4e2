#include "datasets/preprocessing_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "engine/files/json_file.h"

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

bool read_flag(const nlohmann::json& json, const std::string& name) {
  const auto entry = json.find(name);
  if (entry == json.end()) return false;
  if (!entry->is_boolean())
    throw std::invalid_argument("preprocessing: '" + name + "' must be true or false");
  return entry->get<bool>();
}

const char* const offset_name = "preprocessing.feature_offset";
const char* const scale_name = "preprocessing.feature_scale";
const char* const zca_mean_name = "preprocessing.zca_mean";
const char* const zca_matrix_name = "preprocessing.zca_matrix";
const char* const pca_mean_name = "preprocessing.pca_mean";
const char* const pca_directions_name = "preprocessing.pca_directions";
const char* const pca_explained_name = "preprocessing.pca_explained";

constexpr int64_t any = -1;  // an extent that the file decides; not 0

int64_t extent(const std::vector<float>& numbers) { return static_cast<int64_t>(numbers.size()); }

template <class Number>
std::vector<Number> numbers(const NamedArrays& stored, const std::string& name, std::vector<int64_t> shape) {
  const auto found =
      std::find_if(stored.begin(), stored.end(), [&](const auto& entry) { return entry.first == name; });
  if (found == stored.end()) throw std::invalid_argument("the tensor '" + name + "' is missing");
  const engine::NdArray& array = found->second;
  for (size_t i = 0; i < std::min(shape.size(), array.shape.size()); ++i)
    if (shape[i] == any) shape[i] = std::max<int64_t>(1, array.shape[i]);
  const auto dtype = engine::NdArray::dtype_of<Number>();
  if (array.shape != shape || array.dtype != dtype)
    throw std::invalid_argument("the tensor '" + name + "' is " + engine::NdArray::name(array.dtype) +
                                " of shape " + engine::NdArray::text(array.shape) + ", expected " +
                                engine::NdArray::name(dtype) + " of " + engine::NdArray::text(shape));
  std::vector<Number> values = array.as<Number>();
  for (const Number value : values)
    if (!std::isfinite(value))
      throw std::invalid_argument("the tensor '" + name + "' holds a number that is not finite");
  return values;
}

}  // namespace

void to_json(nlohmann::json& json, const Preprocessing& preprocessing) {
  json = {{"gcn", gcn_names(preprocessing.gcn)},
          {"min_max", preprocessing.min_max},
          {"min", preprocessing.min},
          {"max", preprocessing.max}};
  if (preprocessing.per_feature != Preprocessing::PerFeature::none)
    json["per_feature"] = per_feature_names(preprocessing.per_feature);
  if (preprocessing.zca) json["zca"] = true;
  if (preprocessing.pca) json["pca"] = true;
}

void from_json(const nlohmann::json& json, Preprocessing& preprocessing) {
  if (!json.is_object()) throw std::invalid_argument("preprocessing: expected a JSON object");
  const auto gcn = json.find("gcn"), min_max = json.find("min_max");
  if (gcn == json.end() || !gcn->is_string())
    throw std::invalid_argument("preprocessing: 'gcn' must be \"none\", \"l1\" or \"l2\"");
  if (min_max == json.end() || !min_max->is_boolean())
    throw std::invalid_argument("preprocessing: 'min_max' must be true or false");
  Preprocessing read{gcn_names.named(gcn->get_ref<const std::string&>()), min_max->get<bool>(),
                     read_limit(json, "min"), read_limit(json, "max")};
  if (!(read.max > read.min))
    throw std::invalid_argument("preprocessing: 'max' must be above 'min', but they are " +
                                json["max"].dump() + " and " + json["min"].dump());
  if (const auto scaling = json.find("per_feature"); scaling != json.end()) {
    if (!scaling->is_string())
      throw std::invalid_argument("preprocessing: 'per_feature' must be \"min-max\" or \"standard\"");
    read.per_feature = per_feature_names.named(scaling->get_ref<const std::string&>());
  }
  if (read_flag(json, "zca")) read.zca.emplace();
  if (read_flag(json, "pca")) read.pca.emplace();
  preprocessing = std::move(read);
}

void read_entry(const engine::JsonEntry& entry, Preprocessing& preprocessing) {
  try {
    from_json(entry.value(), preprocessing);
  } catch (const std::invalid_argument& error) {
    entry.refuse("cannot be used: " + std::string(error.what()));
  }
}

NamedArrays tensors(const Preprocessing& preprocessing) {
  NamedArrays arrays;
  const auto add = [&](const char* name, std::vector<int64_t> shape, const auto& numbers) {
    arrays.emplace_back(name, engine::NdArray::from(std::move(shape), numbers));
  };
  if (preprocessing.per_feature != Preprocessing::PerFeature::none) {
    const auto d = static_cast<int64_t>(preprocessing.offset.size());
    add(offset_name, {d}, preprocessing.offset);
    add(scale_name, {d}, preprocessing.scale);
  }
  if (const auto& zca = preprocessing.zca) {
    add(zca_mean_name, {zca->inputs()}, zca->mean);
    add(zca_matrix_name, {zca->outputs(), zca->inputs()}, zca->matrix);
  }
  if (const auto& pca = preprocessing.pca) {
    add(pca_mean_name, {pca->features()}, pca->map.mean);
    add(pca_directions_name, {pca->components(), pca->features()}, pca->map.matrix);
    add(pca_explained_name, {pca->components()}, pca->explained);
  }
  return arrays;
}

void take_tensors(const NamedArrays& stored, Preprocessing& preprocessing) {
  if (preprocessing.per_feature != Preprocessing::PerFeature::none) {
    preprocessing.offset = numbers<float>(stored, offset_name, {any});
    preprocessing.scale = numbers<float>(stored, scale_name, {extent(preprocessing.offset)});
  }
  if (auto& zca = preprocessing.zca) {
    zca->mean = numbers<float>(stored, zca_mean_name, {any});
    zca->matrix = numbers<float>(stored, zca_matrix_name, {zca->inputs(), zca->inputs()});
  }
  if (auto& pca = preprocessing.pca) {
    pca->map.mean = numbers<float>(stored, pca_mean_name, {any});
    pca->map.matrix = numbers<float>(stored, pca_directions_name, {any, pca->features()});
    pca->explained = numbers<double>(stored, pca_explained_name, {pca->components()});
  }
}

}  // namespace datasets
