#include "svdd/autoencoder.h"
#include "svdd/baselines/isolation_forest.h"
#include "svdd/baselines/kde.h"
#include "svdd/baselines/kernel_svdd.h"
#include "svdd/dasvdd.h"
#include "svdd/deep_svdd.h"
#include "svdd/model_folder.h"
#include "svdd/multi_radius.h"
#include "svdd/multi_sphere.h"

namespace svdd {

std::unique_ptr<Detector> load_detector(const std::filesystem::path& folder, engine::Backend& backend) {
  const ModelFolder model = read_model_folder(folder);
  const auto method = field<std::string>(model, "method");
  if (method == "deep-svdd") return load_deep_svdd(model, backend);
  if (method == "multi-radius") return load_multi_radius(model, backend);
  if (method == "multi-sphere") return load_multi_sphere(model, backend);
  if (method == "dasvdd") return load_dasvdd(model, backend);
  if (method == "autoencoder") return load_autoencoder(model, backend);
  if (method == "kernel-svdd") return load_kernel_svdd(model, backend);
  if (method == "kde") return load_kde(model, backend);
  if (method == "isolation-forest") return load_isolation_forest(model);
  throw std::runtime_error(
      engine::in_quotes(model.path()) + ": the method " + engine::in_quotes(method) +
      " is not one this version knows (deep-svdd, multi-radius, multi-sphere, dasvdd, autoencoder, "
      "kernel-svdd, kde, isolation-forest)");
}

}  // namespace svdd
