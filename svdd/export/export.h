// A trained model for other tools.
//
// - onnx: the whole detector as one graph (engine/files/onnx.h), from raw samples to score and label: `input`, (batch_size, …) of
//   a sample's shape in float, pixels from 0 to 1 or a table's columns, as score() takes them; `pred_score`, (batch_size) in
//   float, larger = more anomalous; `pred_label`, (batch_size) as int64, 1 where the score is above the threshold; where the
//   model is calibrated, `p_value`, (batch_size) in float (evaluation/threshold.h). A model whose table has columns that float
//   would blur (datasets/column_offsets.h) takes `input` in double. Metadata say what the model is.
// - safetensors, npz: all arrays of the model, under the names they have in its folder, which for the published networks are
//   those of the authors' modules (conv1.weight, bn2d1.running_mean); `threshold`, in double; the constants of the
//   preprocessing, preprocessing.… (datasets/preprocessing_json.h). What the model is, model.json tells: it is there as metadata
//   of safetensors, and as its bytes in UTF-8, model_json, in npz.
// - pytorch: as the authors' DeepSVDD.save_model has it: a dict of R, c, net_dict and ae_net_dict (None where there is no
//   decoder), as torch.save writes them (engine/files/torch_file.h); R and c are tensors, of several spheres (K) and (K, p).
//   Beside them threshold, preprocessing and model_json.
#pragma once
#include <filesystem>
#include <string>

#include "engine/backend.h"
#include "engine/names.h"
#include "svdd/detector.h"

namespace svdd {

enum class ExportFormat { onnx, safetensors, npz, pytorch };
inline constexpr auto export_format_names =
    engine::names_of<ExportFormat>("format", {{ExportFormat::onnx, "onnx"},
                                              {ExportFormat::safetensors, "safetensors"},
                                              {ExportFormat::npz, "npz"},
                                              {ExportFormat::pytorch, "pytorch"}});

// Writes the model of a folder to a file, atomically. Errors of load_detector, and std::runtime_error saying why this model
// has no such form, or that the file cannot be written.
void export_model(const std::filesystem::path& folder, ExportFormat format, const std::filesystem::path& file,
                  engine::Backend& backend);

// The ONNX model of a detector in memory. std::invalid_argument for one that has not been fitted, or has no such form.
std::string onnx_model(const Detector& detector);

}  // namespace svdd
