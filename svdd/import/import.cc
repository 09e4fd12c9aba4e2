#include "svdd/import/import.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "datasets/preprocessing_json.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "engine/files/npz.h"
#include "engine/files/safetensors.h"
#include "engine/files/torch_file.h"
#include "engine/floating_point_mode.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/model_folder.h"
#include "svdd/networks/networks.h"

namespace svdd {
namespace {

namespace fs = std::filesystem;
using datasets::NamedArrays;
using engine::in_quotes;
using engine::NdArray;
using engine::TorchDict;
using engine::TorchValue;

// What a file holds, whatever its format.
struct Contents {
  fs::path file;
  NamedArrays arrays;  // of the network, and all else that a model folder of ours would hold
  std::optional<NdArray> threshold;
  std::optional<std::string> described;  // model.json, of what export_model wrote
  bool has_autoencoder = false;

  [[noreturn]] void refuse(const std::string& reason) const {
    throw std::runtime_error("cannot import " + in_quotes(file) + ": " + reason);
  }
};

std::optional<NdArray> take_out(NamedArrays& arrays, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto found =
        std::find_if(arrays.begin(), arrays.end(), [&](const auto& a) { return a.first == name; });
    if (found == arrays.end()) continue;
    NdArray array = std::move(found->second);
    arrays.erase(found);
    return array;
  }
  return std::nullopt;
}

// ---- the three formats

const TorchValue* entry_of(const TorchDict& dict, std::string_view key) {
  for (const auto& [name, saved] : dict)
    if (name == key) return &saved;
  return nullptr;
}

// All tensors among the entries of a dict.
NamedArrays tensors_in(const Contents& contents, const TorchDict& dict) {
  NamedArrays arrays;
  for (const auto& [name, saved] : dict) {
    if (const auto* array = std::get_if<NdArray>(&saved.value))
      arrays.emplace_back(name, *array);
    else if (!std::holds_alternative<std::monostate>(saved.value))
      contents.refuse("its entry " + in_quotes(name) + " is neither a tensor nor a number");
  }
  return arrays;
}

// What stands under net_dict, c, R and so on; all of it where there is no net_dict.
void take_torch_dict(Contents& contents, const TorchDict& saved) {
  const TorchValue* net = entry_of(saved, "net_dict");
  if (!net) {
    contents.arrays = tensors_in(contents, saved);
    return;
  }
  const auto* state = std::get_if<TorchDict>(&net->value);
  if (!state) contents.refuse("its net_dict is no dict");
  contents.arrays = tensors_in(contents, *state);
  for (const char* key : {"c", "R", "threshold"})
    if (const TorchValue* value = entry_of(saved, key))
      if (const auto* array = std::get_if<NdArray>(&value->value)) contents.arrays.emplace_back(key, *array);
  if (const TorchValue* value = entry_of(saved, "model_json"))
    if (const auto* text = std::get_if<std::string>(&value->value)) contents.described = *text;
  const TorchValue* autoencoder = entry_of(saved, "ae_net_dict");
  const auto* both = autoencoder ? std::get_if<TorchDict>(&autoencoder->value) : nullptr;
  contents.has_autoencoder = both && !both->empty();
  if (!contents.described) return;
  // Ours: the decoder, where the method scores with it, and what the preprocessing has beside min and max.
  if (both)
    for (auto& [name, array] : tensors_in(contents, *both))
      if (!entry_of(*state, name)) contents.arrays.emplace_back(name, std::move(array));
  const TorchValue* preprocessing = entry_of(saved, "preprocessing");
  if (const auto* steps = preprocessing ? std::get_if<TorchDict>(&preprocessing->value) : nullptr)
    for (auto& [name, array] : tensors_in(contents, *steps))
      contents.arrays.emplace_back("preprocessing." + name, std::move(array));
}

// Whatever is no .safetensors and no .npz is taken for a file of torch.save; one that is none may be anything.
TorchValue read_saved_by_torch(const fs::path& file) {
  try {
    return engine::read_torch_file(file);
  } catch (const std::runtime_error& error) {
    const std::string what = error.what();
    if (what.find("it is no file of torch.save") == std::string::npos) throw;
    throw std::runtime_error(
        what +
        "; what can be imported is what torch.save wrote (.tar, .pt, .pth), .safetensors "
        "and .npz files");
  }
}

Contents read_contents(const fs::path& file) {
  Contents contents;
  contents.file = file;
  if (file.extension() == ".safetensors") {
    engine::SafeTensors read = engine::read_safetensors(file);
    contents.arrays = std::move(read.tensors);
    if (const auto text = read.metadata.find("model_json"); text != read.metadata.end())
      contents.described = text->second;
  } else if (file.extension() == ".npz") {
    const engine::Npz read = engine::Npz::read(file);
    for (const std::string& name : read.names()) contents.arrays.emplace_back(name, read.at(name));
    if (const auto text = take_out(contents.arrays, {"model_json"})) {
      if (text->dtype != NdArray::DType::u1) contents.refuse("its model_json is no text");
      const std::vector<uint8_t> bytes = text->as<uint8_t>();
      contents.described.emplace(bytes.begin(), bytes.end());
    }
  } else {
    const TorchValue read = read_saved_by_torch(file);
    const auto* saved = std::get_if<TorchDict>(&read.value);
    if (!saved) contents.refuse("it holds no dict; save {'R': R, 'c': c, 'net_dict': net.state_dict()}");
    take_torch_dict(contents, *saved);
  }
  contents.threshold = take_out(contents.arrays, {"threshold"});
  take_out(contents.arrays, {"preprocessing.min"});  // these stand in model.json too
  take_out(contents.arrays, {"preprocessing.max"});
  return contents;
}

// ---- what export_model wrote

Imported describing_itself(Contents& contents, const ImportOptions& options, engine::Backend& backend) {
  if (options.preprocessing || options.objective || !options.centre.empty() || !options.input.empty())
    throw std::invalid_argument(
        "the file says itself what its preprocessing, objective, centre and input are; name a "
        "network to read it as if it did not");
  Imported imported;
  ModelFolder model;
  try {
    model.description = engine::parse_json(*contents.described);
  } catch (const std::exception& error) {
    contents.refuse("its model_json is damaged: " + std::string(error.what()));
  }
  if (!model.description.is_object() || !model.description.contains("method"))
    contents.refuse("its model_json is damaged: it is no description of a model");
  model.tensors.path = model.described_in = contents.file;
  model.tensors.tensors = std::move(contents.arrays);
  if (const int format = field<int>(model, "format"); format < 1 || format > model_format)
    contents.refuse("its model has format " + std::to_string(format) + "; this version reads up to " +
                    std::to_string(model_format));
  auto& arrays = model.tensors.tensors;
  if (std::optional<NdArray> c = take_out(arrays, {"c"})) {  // the authors' names of what are ours
    const bool several = c->shape.size() > 1;
    arrays.emplace_back(several ? "centres" : "centre", std::move(*c));
    if (std::optional<NdArray> r = take_out(arrays, {"R"}))
      arrays.emplace_back(several ? "radii" : "radius", std::move(*r));
  }
  const auto known = [&](const char* name) {
    return std::any_of(arrays.begin(), arrays.end(), [&](const auto& a) { return a.first == name; });
  };
  if (!known("training_scores")) {
    model.description["training_scores_known"] = false;
    if (model.description.erase("calibration") > 0)
      imported.notes.push_back(
          "the threshold is that of the calibration, whose samples' scores the file does not hold");
  }
  std::sort(arrays.begin(), arrays.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  imported.detector = detector_of(model, backend);
  if (options.threshold) imported.detector->set_threshold(*options.threshold);
  return imported;
}

// ---- what the authors' program saved

// "module." before all names is what DataParallel puts there; num_batches_tracked is of no use to a batch norm whose momentum is
// given. Numbers become float, as they are here.
void tidy(Contents& contents) {
  constexpr std::string_view parallel = "module.", counter = ".num_batches_tracked";
  std::erase_if(contents.arrays, [&](const auto& a) { return a.first.ends_with(counter); });
  const bool is_parallel = std::all_of(contents.arrays.begin(), contents.arrays.end(),
                                       [&](const auto& a) { return a.first.starts_with(parallel); });
  for (auto& [name, array] : contents.arrays) {
    if (is_parallel) name.erase(0, parallel.size());
    if (array.dtype == NdArray::DType::f8) array = NdArray::from(array.shape, array.as<float>());
  }
}

// The numbers of c or R, in one row.
std::vector<float> finite_numbers(const Contents& contents, const NdArray& array, const char* name) {
  std::vector<float> values = array.as<float>();
  for (const float v : values)
    if (!std::isfinite(v)) contents.refuse("its " + std::string(name) + " holds a number that is not finite");
  return values;
}

NetworkPlan plan_for(const Contents& contents, const ImportOptions& options, NetworkOptions& network) {
  const auto has = [&](const std::string& name) {
    return std::any_of(contents.arrays.begin(), contents.arrays.end(),
                       [&](const auto& a) { return a.first == name; });
  };
  NetworkPlan plan = plan_network(options.network, network);
  for (const engine::PlannedLayer& p : plan.encoder) {
    const bool norm = p.layer.kind == engine::LayerKind::batch_norm;
    network.affine_batch_norm |= norm && !p.layer.affine && has(p.layer.name + ".weight");
    network.bias_terms |= !norm && !p.layer.bias && !p.layer.name.empty() && has(p.layer.name + ".bias");
  }
  plan = plan_network(options.network, network);
  int64_t needed = 0, there = 0;
  for (const engine::PlannedLayer& p : plan.encoder) needed += p.parameters;
  for (const auto& [name, array] : contents.arrays) there += array.size();
  constexpr int64_t taken_on_trust = int64_t{1}
                                     << 20;  // which array is too small or missing is told by its name later
  if (needed > std::max(there, taken_on_trust))
    contents.refuse("the network " + in_quotes(plan.name) + " has " + std::to_string(needed) +
                    " parameters, but the file holds " + std::to_string(there) + " numbers of a network");
  return plan;
}

void require_arrays_of(const Contents& contents, const std::vector<engine::NamedTensor>& state) {
  std::vector<std::string> wanted, there, unknown;
  for (const engine::NamedTensor& s : state) wanted.push_back(s.name);
  for (const auto& [name, array] : contents.arrays) there.push_back(name);
  for (const std::string& name : wanted)
    if (std::find(there.begin(), there.end(), name) == there.end())
      contents.refuse("the network has " + in_quotes(name) + ", which the file does not hold; there are " +
                      in_quotes(there) + ": a network's text can name its layers so (\"conv1: conv 8 5x5\")");
  for (const std::string& name : there)
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) unknown.push_back(name);
  if (!unknown.empty())
    contents.refuse("it holds " + in_quotes(unknown) + ", which the network does not have: that has " +
                    in_quotes(wanted));
}

Imported as_the_authors_save(Contents& contents, const ImportOptions& options, engine::Backend& backend) {
  if (options.network.empty())
    throw std::invalid_argument("the file does not say of which network it is: name one, or give its text");
  if (!options.preprocessing)
    throw std::invalid_argument(
        "the file does not say what was done to the samples: name their preprocessing, or none");
  Imported imported;
  take_out(contents.arrays, {"training_scores"});
  const std::optional<NdArray> file_c = take_out(contents.arrays, {"c", "centre", "centres"}),
                               file_r = take_out(contents.arrays, {"R", "radius", "radii"});
  tidy(contents);
  if (file_c && file_c->shape.size() > 1 && file_c->shape[0] != 1)
    contents.refuse("its c has shape " + NdArray::text(file_c->shape) +
                    ": these are several centres, and one is what Deep SVDD has");
  const std::vector<float> c = !options.centre.empty() ? options.centre
                               : file_c                ? finite_numbers(contents, *file_c, "c")
                                                       : std::vector<float>{};
  if (c.empty())
    contents.refuse("it holds no centre c; give one, the mean representation of the training samples");
  const std::vector<float> r = file_r ? finite_numbers(contents, *file_r, "R") : std::vector<float>{0};
  if (r.size() != 1)
    contents.refuse("its R is " + std::to_string(r.size()) + " numbers, and one is what Deep SVDD has");
  if (r[0] < 0) contents.refuse("its radius R is " + engine::number_text(r[0]) + ", and none is negative");

  const auto p = static_cast<int64_t>(c.size());
  if (p > most_width)
    contents.refuse("its c has " + std::to_string(p) + " numbers, more than any representation");
  NetworkOptions network{.input = options.input};
  if (network_info(options.network).rep_dim != 0) network.rep_dim = p;
  const NetworkPlan plan = plan_for(contents, options, network);
  if (plan.rep_dim != p)
    contents.refuse("its c has " + std::to_string(p) + " numbers, and the network's representation " +
                    std::to_string(plan.rep_dim));
  const Network built = build_network(plan, backend);
  const std::vector<engine::NamedTensor> state = built.encoder.state();
  require_arrays_of(contents, state);

  const Objective objective = options.objective ? *options.objective
                              : r[0] > 0        ? Objective::soft_boundary
                                                : Objective::one_class;
  double threshold = objective == Objective::soft_boundary ? 0 : Detector::no_threshold;
  if (contents.threshold && contents.threshold->size() == 1 && !options.objective)
    threshold = contents.threshold->as<double>()[0];
  if (options.threshold) threshold = *options.threshold;
  if (!std::isfinite(threshold)) contents.refuse("its threshold is not a finite number");

  ModelFolder model;
  model.tensors.path = model.described_in = contents.file;
  model.tensors.tensors = contents.arrays;
  restore_state(model, state);
  model.tensors.tensors.emplace_back("centre", NdArray::from({p}, c));
  model.tensors.tensors.emplace_back("radius", NdArray::from({1}, r));
  for (auto& array : datasets::tensors(*options.preprocessing))
    model.tensors.tensors.push_back(std::move(array));
  model.description = {{"format", model_format},
                       {"method", deep_svdd_method().name},
                       {"network", plan.name},
                       {"network_text", text_of(plan)},
                       {"input", plan.input},
                       {"rep_dim", plan.rep_dim},
                       {"widths", plan.widths},
                       {"affine_batch_norm", network.affine_batch_norm},
                       {"bias_terms", network.bias_terms},
                       {"contamination", 0.0},
                       {"threshold", threshold},
                       {"preprocessing", *options.preprocessing},
                       {"weights_sha256", weights_sha256(state)},
                       {"collapse_warning", ""},
                       {"training_scores_known", false},
                       {"objective", name_of(objective)},
                       {"nu", DeepSvddOptions{}.nu},
                       {"radius", r[0]}};
  imported.detector = detector_of(model, backend);
  if (contents.has_autoencoder)
    imported.notes.push_back("its autoencoder, ae_net_dict, is of no use to scores and left aside");
  return imported;
}

}  // namespace

bool is_self_describing(const fs::path& file) { return read_contents(file).described.has_value(); }

Imported import_model(const fs::path& file, const ImportOptions& options, engine::Backend& backend) {
  const engine::IeeeMode ieee;
  if (options.threshold && !std::isfinite(*options.threshold))
    throw std::invalid_argument("a threshold is a finite number; found " +
                                engine::number_text(*options.threshold));
  Contents contents = read_contents(file);
  return contents.described && options.network.empty() ? describing_itself(contents, options, backend)
                                                       : as_the_authors_save(contents, options, backend);
}

}  // namespace svdd
