// A model as `svdd train` leaves it: in a run folder, or its model/ folder alone.
#pragma once
#include <filesystem>
#include <memory>

#include "engine/backend.h"
#include "svdd/detector.h"

namespace tools {

// The model folder that `path`, a run folder or a model folder, stands for. Throws std::runtime_error where
// there is no such folder.
std::filesystem::path model_folder(const std::filesystem::path& path);

// svdd::load_detector on that folder.
std::unique_ptr<svdd::Detector> load_model(const std::filesystem::path& path, engine::Backend& backend);

// The config.json of the run that the model is of, which lies beside its model folder; empty where there is
// none.
std::filesystem::path config_of_run(const std::filesystem::path& path);

}  // namespace tools
