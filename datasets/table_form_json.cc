#include "datasets/table_form_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

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

constexpr std::array<std::pair<Missing, const char*>, 3> missing_names{
    {{Missing::refuse, "refuse"}, {Missing::median, "median"}, {Missing::drop, "drop"}}};

std::vector<WordColumn> word_columns(const nlohmann::json& json) {
  if (!json.is_array()) throw std::invalid_argument("the table's 'words' is of the wrong kind");
  std::vector<WordColumn> columns;
  for (const nlohmann::json& one : json) {
    WordColumn& column = columns.emplace_back();
    take(one, "first", column.first);
    take(one, "name", column.name);
    take(one, "words", column.words);
  }
  return columns;
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
  for (const WordColumn& column : form.words)
    json["words"].push_back({{"first", column.first}, {"name", column.name}, {"words", column.words}});
  for (const auto& [missing, name] : missing_names)
    if (missing == form.missing && missing != Missing::refuse) json["missing"] = name;
  if (!form.fill.empty()) json["fill"] = form.fill;
  if (!form.places.empty()) json["places"] = form.places, json["fields"] = form.fields;
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
  if (json.contains("words")) read.words = word_columns(json["words"]);
  if (json.contains("missing")) {
    std::string missing;
    take(json, "missing", missing);
    const auto known = std::find_if(missing_names.begin(), missing_names.end(),
                                    [&](const auto& entry) { return missing == entry.second; });
    require(known != missing_names.end(), "missing");
    read.missing = known->first;
  }
  if (json.contains("fill")) take(json, "fill", read.fill);
  if (json.contains("places")) take(json, "places", read.places), take(json, "fields", read.fields);
  const auto columns = static_cast<size_t>(read.columns);
  require(read.columns > 0, "columns");
  require(read.features.empty() || read.features.size() == columns, "features");
  require(read.labels.size() == read.class_names.size(), "labels");
  require(read.offsets.empty() || read.offsets.size() == columns, "offsets");
  for (const double offset : read.offsets) require(std::isfinite(offset), "offsets");
  require(read.usual.empty() || read.usual.size() == columns, "usual");
  for (const float value : read.usual) require(std::isfinite(value), "usual");
  int64_t next = 0;  // columns of words lie behind one another
  for (const WordColumn& column : read.words) {
    require(column.first >= next && !column.words.empty() && column.first < read.columns &&
                static_cast<int64_t>(column.words.size()) <= read.columns - column.first,
            "words");
    require(std::is_sorted(column.words.begin(), column.words.end()), "words");
    next = column.first + static_cast<int64_t>(column.words.size());
  }
  require((read.missing == Missing::median) == !read.fill.empty(), "missing");
  require(read.fill.empty() || read.fill.size() == columns, "fill");
  for (const float value : read.fill) require(std::isfinite(value), "fill");
  require(read.places.empty() || static_cast<int64_t>(read.places.size()) == read.source_count(), "places");
  for (const int64_t place : read.places) require(place >= 1 && place <= read.fields, "places");
  form = std::move(read);
}

}  // namespace datasets
