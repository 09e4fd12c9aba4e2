#include "svdd/model_folder.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "datasets/table_form_json.h"
#include "engine/files/atomic_file.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "svdd/detector.h"
#include "svdd/evaluation/receipt.h"

namespace svdd {

namespace fs = std::filesystem;
using engine::NdArray;

namespace {
std::vector<int64_t> extents(const engine::Shape& shape) {
  std::vector<int64_t> v;
  for (int i = 0; i < shape.rank(); ++i) v.push_back(shape[i]);
  return v;
}
}  // namespace

fs::path model_folder_of(const fs::path& folder) {
  return !engine::file_exists(folder / "model.json") && engine::file_exists(folder / "model" / "model.json")
             ? folder / "model"
             : folder;
}

ModelFolder read_model_folder(const fs::path& given) {
  const engine::IeeeMode ieee;
  const fs::path folder = model_folder_of(given), description = folder / "model.json";
  if (!engine::file_exists(description))
    throw std::runtime_error(
        "no model in " + engine::in_quotes(given) +
        ": it holds neither model.json nor model/model.json; name a folder that `svdd train` wrote");
  for (const fs::path& file :
       {description, folder / "weights.safetensors"})  // what is read to its end must have one
    if (std::error_code error; engine::file_exists(file) && !fs::is_regular_file(file, error))
      throw std::runtime_error(engine::in_quotes(file) +
                               " is no regular file; expected one that svdd train wrote");
  ModelFolder model;
  model.description = engine::read_json_object(description, "the file is damaged", uint64_t{64} << 20);
  model.tensors.path = folder / "weights.safetensors";
  const int format = field<int>(model, "format");
  if (format < 1 || format > model_format)
    throw std::runtime_error(engine::in_quotes(description) + " has format " + std::to_string(format) +
                             "; this version reads up to " + std::to_string(model_format));
  model.tensors = engine::read_safetensors(folder / "weights.safetensors");
  return model;
}

void describe_every(nlohmann::json& description, const Detector& detector) {
  if (detector.remembered() != "null") description["data"] = engine::parse_json(detector.remembered());
  if (const auto& calibration = detector.calibration())
    description["calibration"] = {{"samples", calibration->samples},
                                  {"false_alarm_rate", calibration->false_alarm_rate}};
}

std::optional<datasets::TableForm> table_form_of(const Detector& detector, const fs::path& folder) {
  if (detector.remembered() == "null") return std::nullopt;
  datasets::TableForm form;
  try {
    form = engine::parse_json(detector.remembered()).get<datasets::TableForm>();
    if (detector.sample_shape() != std::vector<int64_t>{form.columns})
      throw std::invalid_argument("the table's columns are not as many as the model takes");
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(engine::in_quotes(model_folder_of(folder) / "model.json") + ": " + error.what());
  }
  return form;
}

void write_model_folder(const fs::path& folder, const nlohmann::json& description,
                        const std::vector<std::pair<std::string, NdArray>>& tensors) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    throw std::runtime_error("cannot make the folder " + engine::in_quotes(folder) + ": " + error.message());
  engine::write_safetensors(folder / "weights.safetensors", tensors);
  nlohmann::json complete = description;
  complete["format"] = model_format;
  complete["receipt"] = receipt_number;  // the contract by which its scores are the same bits everywhere
  engine::write_file_atomically(folder / "model.json", engine::json_text(complete, 1) + "\n");
}

NdArray stored(const engine::Array& array) {
  return NdArray::from(extents(array.shape()), array.to_floats());
}

std::vector<float> numbers(const ModelFolder& model, const std::string& name,
                           const std::vector<int64_t>& shape) {
  const NdArray& array = model.tensors.at(name);
  const std::string where = engine::in_quotes(model.tensors.path) + ": tensor " + engine::in_quotes(name);
  if (array.dtype != NdArray::DType::f4)
    throw std::runtime_error(where + " holds " + NdArray::name(array.dtype) + ", expected float32");
  if (array.shape != shape)
    throw std::runtime_error(where + " has shape " + NdArray::text(array.shape) + ", expected " +
                             NdArray::text(shape));
  std::vector<float> values = array.as<float>();
  for (const float v : values)
    if (!std::isfinite(v))
      throw std::runtime_error(where + " holds a number that is not finite; the file is damaged");
  return values;
}

void require_no_others(const ModelFolder& model, const std::vector<std::string>& names) {
  for (const auto& [name, tensor] : model.tensors.tensors)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw std::runtime_error(engine::in_quotes(model.tensors.path) + ": there is a tensor " +
                               engine::in_quotes(name) + " that the network of model.json does not have");
}

void restore_state(const ModelFolder& model, const std::vector<engine::NamedTensor>& state) {
  for (const engine::NamedTensor& s : state)
    s.tensor.value().assign(numbers(model, s.name, extents(s.tensor.shape())));
}

}  // namespace svdd
