#include "tools/saved_model.h"

#include <stdexcept>

#include "engine/files/in_quotes.h"

namespace tools {

namespace fs = std::filesystem;
using engine::in_quotes;

fs::path model_folder(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error))
    throw std::runtime_error("there is no model: " + in_quotes(path) +
                             (fs::exists(path, error) ? " is a file" : " does not exist") +
                             "; expected the folder that svdd train --out wrote, or the folder model in it");
  return fs::is_directory(path / "model", error) ? path / "model" : path;
}

std::unique_ptr<svdd::Detector> load_model(const fs::path& path, engine::Backend& backend) {
  return svdd::load_detector(model_folder(path), backend);
}

fs::path config_of_run(const fs::path& path) {
  const fs::path config = fs::absolute(model_folder(path)).lexically_normal().parent_path() / "config.json";
  std::error_code error;
  return fs::exists(config, error) ? config : fs::path();
}

}  // namespace tools
