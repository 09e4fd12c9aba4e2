#include "datasets/table_form_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "engine/files/json_file.h"

namespace datasets {
namespace {

template <class T>
void take(const nlohmann::json& json, const char* name, T& to) {
  try {
    to = engine::JsonEntry(json, "the table").as<T>(name);
  } catch (const std::runtime_error&) {
    throw std::invalid_argument("the table's '" + std::string(name) + "' is missing or of the wrong kind");
  }
}

void require(bool fits, const char* name) {
  if (!fits)
    throw std::invalid_argument("the table's '" + std::string(name) + "' does not fit its other entries");
}

}  // namespace

void to_json(nlohmann::json& json, const TableForm& form) {
  json = {{"columns", form.columns}, {"features", form.features},
          {"label", form.label},     {"label_number", form.label_number},
          {"labels", form.labels},   {"class_names", form.class_names},
          {"normal", form.normal},   {"offsets", form.offsets},
          {"sha256", form.sha256}};
  if (!form.usual.empty()) json["usual"] = form.usual;
}

void from_json(const nlohmann::json& json, TableForm& form) {
  TableForm read;
  if (!json.is_object()) throw std::invalid_argument("the table is no JSON object");
  take(json, "columns", read.columns);
  take(json, "features", read.features);
  take(json, "label", read.label);
  take(json, "label_number", read.label_number);
  take(json, "labels", read.labels);
  take(json, "class_names", read.class_names);
  take(json, "normal", read.normal);
  take(json, "offsets", read.offsets);
  take(json, "sha256", read.sha256);
  if (json.contains("usual")) take(json, "usual", read.usual);
  const auto columns = static_cast<size_t>(read.columns);
  require(read.columns > 0, "columns");
  require(read.features.empty() || read.features.size() == columns, "features");
  require(read.labels.size() == read.class_names.size(), "labels");
  require(read.offsets.empty() || read.offsets.size() == columns, "offsets");
  for (const double offset : read.offsets) require(std::isfinite(offset), "offsets");
  require(read.usual.empty() || read.usual.size() == columns, "usual");
  for (const float value : read.usual) require(std::isfinite(value), "usual");
  form = std::move(read);
}

}  // namespace datasets
