#include "tools/options/methods.h"

#include <stdexcept>

#include "datasets/catalog.h"
#include "datasets/samples.h"
#include "engine/files/in_quotes.h"
#include "svdd/baselines/isolation_forest.h"
#include "svdd/baselines/kde.h"
#include "svdd/baselines/kernel_svdd.h"
#include "svdd/methods/autoencoder.h"
#include "svdd/methods/dasvdd.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/methods/multi_sphere.h"
#include "tools/options/published_settings.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

// What all methods with a network share goes over as it is.
template <class Options>
Options with_shared(const svdd::DeepSvddOptions& shared) {
  Options o;
  static_cast<svdd::DeepOptions&>(o) = shared;
  return o;
}

std::unique_ptr<svdd::Detector> make(const TrainOptions& options, const svdd::DeepSvddOptions& d,
                                     engine::Backend& backend) {
  if (options.method == "deep-svdd") return svdd::make_deep_svdd(d, backend);
  if (options.method == "autoencoder") return svdd::make_autoencoder(d, backend);
  if (options.method == "multi-radius") {
    if (options.labels == svdd::LabelSource::kmeans && options.clusters < 1)
      throw UsageError("--labels kmeans needs the number of clusters; give it with --clusters");
    if (options.labels == svdd::LabelSource::classes && options.clusters > 0)
      throw UsageError("--labels true has as many clusters as there are classes; leave --clusters out");
    auto o = with_shared<svdd::MultiRadiusOptions>(d);
    o.objective = d.objective, o.nu = d.nu, o.warm_up_epochs = d.warm_up_epochs;
    o.labels = options.labels, o.clusters = options.clusters, o.least_cluster = options.least_cluster;
    o.inference = options.inference;
    o.clustering = cpu_options(options.backend);
    return svdd::make_multi_radius(o, backend);
  }
  if (options.method == "multi-sphere") {
    auto o = with_shared<svdd::MultiSphereOptions>(d);
    o.nu = d.nu, o.spheres = options.spheres, o.trainable_centres = options.trainable_centres;
    o.clustering = cpu_options(options.backend);
    return svdd::make_multi_sphere(o, backend);
  }
  if (options.method == "dasvdd") {
    auto o = with_shared<svdd::DasvddOptions>(d);
    if (options.gamma != 0) o.gamma = options.gamma;
    o.gamma_rule = options.gamma_rule;
    return svdd::make_dasvdd(o, backend);
  }
  if (options.method == "kernel-svdd")
    return svdd::make_kernel_svdd({.nu = d.nu, .gamma = options.gamma, .preprocessing = d.preprocessing},
                                  backend);
  if (options.method == "kde")
    return svdd::make_kde({.bandwidth = options.bandwidth,
                           .widen = kind_of(options.data_to_read()) == DataKind::table &&
                                    !datasets::known_dataset(options.data),
                           .contamination = d.contamination,
                           .preprocessing = d.preprocessing},
                          backend);
  return svdd::make_isolation_forest(
      {.seed = d.seed, .contamination = d.contamination, .preprocessing = d.preprocessing});
}

}  // namespace

std::unique_ptr<svdd::Detector> make_detector(const TrainOptions& options, const std::vector<int64_t>& input,
                                              engine::Backend& backend) {
  svdd::DeepSvddOptions d = options.deep_svdd;
  d.input = input;
  try {
    return make(options, d, backend);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

}  // namespace tools
