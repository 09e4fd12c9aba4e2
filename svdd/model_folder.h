// What a model folder holds, for every method: model.json (what it is and how to score with it) and
// weights.safetensors (parameters, buffers, centres, training scores). Reading runs no code and checks
// everything.
#pragma once
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <vector>

#include "datasets/table_form.h"
#include "engine/backend.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "engine/files/safetensors.h"
#include "engine/layers.h"

namespace svdd {

inline constexpr int model_format = 1;

struct ModelFolder {
  nlohmann::json description;               // of model.json; "format" and "method" are always there
  engine::SafeTensors tensors;              // of weights.safetensors
  std::filesystem::path described_in = {};  // for messages, where that is no model.json beside the tensors
  std::filesystem::path path() const {
    return described_in.empty() ? tensors.path.parent_path() / "model.json" : described_in;
  }
};

// A run folder stands for the model folder inside it.
std::filesystem::path model_folder_of(const std::filesystem::path& run_or_model_folder);

// std::runtime_error naming the file that is missing, malformed, or of a format this version does not know.
ModelFolder read_model_folder(const std::filesystem::path& folder);

class Detector;

// The detector that such a folder describes; errors as of load_detector.
std::unique_ptr<Detector> detector_of(const ModelFolder& model, engine::Backend& backend);

// What the description of every method has: what it is to remember, and its calibration.
void describe_every(nlohmann::json& description, const Detector& detector);

// What the detector remembers of the table that it was trained on; nothing where that was no table. std::runtime_error, naming
// model.json of this run or model folder, where that is damaged or of another number of columns than the detector takes.
std::optional<datasets::TableForm> table_form_of(const Detector& detector,
                                                 const std::filesystem::path& run_or_model_folder);

// The weights first, model.json last, each atomically: a folder with a new model.json is complete.
void write_model_folder(const std::filesystem::path& folder, const nlohmann::json& description,
                        const std::vector<std::pair<std::string, engine::NdArray>>& tensors);

// An array as it is stored, and stored state back into a network: std::runtime_error names the tensor that is
// missing, of another shape, or not finite.
engine::NdArray stored(const engine::Array& array);
std::vector<float> numbers(const ModelFolder& model, const std::string& name,
                           const std::vector<int64_t>& shape);
// std::runtime_error names a tensor that is not among these: the file belongs to another network.
void require_no_others(const ModelFolder& model, const std::vector<std::string>& names);
void restore_state(const ModelFolder& model, const std::vector<engine::NamedTensor>& state);

// model.json, for reading: every error names the file and the entry.
inline engine::JsonEntry entries(const ModelFolder& model) {
  return {model.description, engine::in_quotes(model.path()), "the file is damaged or not from this program"};
}

// A field of model.json of the type T; std::runtime_error names one that is missing or of another type.
template <class T>
T field(const ModelFolder& model, const std::string& name) {
  return entries(model).as<T>(name);
}

// What `read` gives. A std::invalid_argument from it, such as an option that is impossible, is a mistake of
// the file here: std::runtime_error naming model.json.
template <class Read>
auto reading(const ModelFolder& model, Read read) {
  try {
    return read();
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(engine::in_quotes(model.path()) + ": " + error.what());
  }
}

}  // namespace svdd
