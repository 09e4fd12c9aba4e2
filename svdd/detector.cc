#include "svdd/deep_svdd.h"
#include "svdd/model_folder.h"

namespace svdd {

std::unique_ptr<Detector> load_detector(const std::filesystem::path& folder, engine::Backend& backend) {
  const ModelFolder model = read_model_folder(folder);
  const auto method = field<std::string>(model, "method");
  if (method == "deep-svdd") return load_deep_svdd(model, backend);
  throw std::runtime_error(engine::in_quotes(model.path()) + ": the method " + engine::in_quotes(method) +
                           " is not one this version knows (deep-svdd)");
}

}  // namespace svdd
