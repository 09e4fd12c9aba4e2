#include "svdd/export/export.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "datasets/preprocessing_json.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npz.h"
#include "engine/files/safetensors.h"
#include "engine/files/torch_file.h"
#include "engine/floating_point_mode.h"
#include "svdd/methods/method.h"
#include "svdd/model_folder.h"
#include "svdd/networks/networks.h"

namespace svdd {

namespace fs = std::filesystem;
using datasets::NamedArrays;
using engine::NdArray;
using engine::TorchDict;
using engine::TorchValue;

namespace {

constexpr std::string_view preprocessing_prefix = "preprocessing.";

// All arrays of the model, and the numbers of its model.json that are needed beside them.
NamedArrays all_arrays(const ModelFolder& model, const Detector& detector) {
  NamedArrays arrays = model.tensors.tensors;
  // Where the method or a layer has called something of its own so, the decision's stands by its full name.
  const bool taken =
      std::any_of(arrays.begin(), arrays.end(), [](const auto& a) { return a.first == "threshold"; });
  arrays.emplace_back(taken ? "decision_threshold" : "threshold", NdArray::scalar(detector.threshold()));
  const auto preprocessing = field<datasets::Preprocessing>(model, "preprocessing");
  if (preprocessing.min_max) {
    arrays.emplace_back("preprocessing.min", NdArray::scalar(preprocessing.min));
    arrays.emplace_back("preprocessing.max", NdArray::scalar(preprocessing.max));
  }
  return arrays;
}

void write_as_safetensors(const fs::path& file, const ModelFolder& model, const Detector& detector) {
  engine::write_safetensors(file, all_arrays(model, detector),
                            {{"method", detector.method()},
                             {"threshold", nlohmann::json(detector.threshold()).dump()},
                             {"weights_sha256", detector.weights_sha256()},
                             {"svdd_version", SVDD_VERSION},
                             {"model_json", model.description.dump()}});
}

void write_as_npz(const fs::path& file, const ModelFolder& model, const Detector& detector) {
  NamedArrays arrays = all_arrays(model, detector);
  const std::string description = model.description.dump();
  arrays.emplace_back("model_json",
                      NdArray::from({static_cast<int64_t>(description.size())},
                                    std::vector<uint8_t>(description.begin(), description.end())));
  engine::write_npz(file, arrays);
}

// ---- PyTorch

// The arrays that belong to these layers, whose state is called NAME.weight, NAME.running_mean, …
void take_state(const std::vector<engine::PlannedLayer>& layers, const NamedArrays& arrays, TorchDict& to) {
  for (const engine::PlannedLayer& p : layers)
    for (const auto& [name, array] : arrays)
      if (const size_t dot = name.rfind('.'); dot != std::string::npos && name.substr(0, dot) == p.layer.name)
        to.push_back({name, TorchValue{array}});
}

TorchValue tensor_or_none(const NamedArrays& arrays, std::initializer_list<std::string_view> names) {
  for (const auto& [name, array] : arrays)
    if (std::find(names.begin(), names.end(), name) != names.end()) return {array};
  return {};
}

void write_as_torch_file(const fs::path& file, const ModelFolder& model, const Detector& detector) {
  if (!method_named(detector.method()).has_network)
    throw std::runtime_error("a model of " + detector.method() +
                             " has no network, which is what a file for PyTorch holds; export it as onnx, "
                             "safetensors or npz");
  const NamedArrays arrays = all_arrays(model, detector);
  const NetworkPlan plan =
      plan_network(model.description.contains("network_text") ? field<std::string>(model, "network_text")
                                                              : field<std::string>(model, "network"),
                   {.input = field<std::vector<int64_t>>(model, "input"),
                    .rep_dim = field<int64_t>(model, "rep_dim"),
                    .widths = field<std::vector<int64_t>>(model, "widths"),
                    .affine_batch_norm = field<bool>(model, "affine_batch_norm"),
                    .bias_terms = field<bool>(model, "bias_terms")});
  TorchDict encoder, decoder, constants;
  take_state(plan.encoder, arrays, encoder);
  take_state(plan.decoder, arrays, decoder);
  TorchValue autoencoder;  // the authors' holds the encoder too
  if (!decoder.empty()) {
    TorchDict both = encoder;
    both.insert(both.end(), decoder.begin(), decoder.end());
    autoencoder.value = std::move(both);
  }
  for (const auto& [name, array] : arrays)
    if (name.starts_with(preprocessing_prefix))
      constants.push_back({name.substr(preprocessing_prefix.size()), TorchValue{array}});
  engine::write_torch_file(file, {{"R", tensor_or_none(arrays, {"radius", "radii"})},
                                  {"c", tensor_or_none(arrays, {"centre", "centres"})},
                                  {"net_dict", {std::move(encoder)}},
                                  {"ae_net_dict", std::move(autoencoder)},
                                  {"threshold", tensor_or_none(arrays, {"threshold"})},
                                  {"preprocessing", {std::move(constants)}},
                                  {"model_json", {model.description.dump()}}});
}

}  // namespace

void export_model(const fs::path& folder, ExportFormat format, const fs::path& file,
                  engine::Backend& backend) {
  const engine::IeeeMode ieee;
  const ModelFolder model = read_model_folder(folder);
  const std::unique_ptr<Detector> detector = load_detector(folder, backend);
  switch (format) {
    case ExportFormat::onnx:
      return engine::write_file_atomically(file, onnx_model(*detector));
    case ExportFormat::safetensors:
      return write_as_safetensors(file, model, *detector);
    case ExportFormat::npz:
      return write_as_npz(file, model, *detector);
    case ExportFormat::pytorch:
      return write_as_torch_file(file, model, *detector);
  }
}

}  // namespace svdd
