// libFuzzer's entry to the description of a model (svdd/model_folder.h): the input is its model.json. The weights beside it are
// those of the model folder that SVDD_FUZZ_MODEL names.
#include <stdlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "engine/backends/cpu/cpu.h"
#include "svdd/detector.h"
#include "svdd/model_folder.h"

namespace {

namespace fs = std::filesystem;

struct ModelFolderOnDisk {
  ModelFolderOnDisk() {
    std::string name = (fs::temp_directory_path() / "svdd-fuzz.XXXXXX").string();
    if (!::mkdtemp(name.data())) std::abort();
    path = name;
    const char* model = std::getenv("SVDD_FUZZ_MODEL");
    if (model) fs::copy_file(fs::path(model) / "weights.safetensors", path / "weights.safetensors");
  }
  ~ModelFolderOnDisk() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const ModelFolderOnDisk folder;
  static const std::unique_ptr<engine::Backend> backend = engine::make_cpu_backend();
  std::ofstream(folder.path / "model.json", std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    const std::unique_ptr<svdd::Detector> detector = svdd::load_detector(folder.path, *backend);
    svdd::table_form_of(*detector, folder.path);
  } catch (const std::runtime_error&) {
  }
  return 0;
}
