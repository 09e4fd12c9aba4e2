// The model that --model names, or why there is none there.
#pragma once
#include <filesystem>
#include <memory>

#include "engine/backend.h"
#include "svdd/detector.h"

namespace tools {

// `named`: a run's folder, its model folder, or the model.json in that. Throws std::runtime_error where nothing is there,
// where a run is not finished (and says where an earlier one lies), and as svdd::load_detector does.
std::unique_ptr<svdd::Detector> load_model(const std::filesystem::path& named, engine::Backend& backend);

// The folder that --model means: the one named, or that of the model.json that is.
std::filesystem::path folder_of_model(const std::filesystem::path& named);

}  // namespace tools
