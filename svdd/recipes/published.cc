#include "svdd/recipes/published.h"

#include <algorithm>

#include "svdd/methods/method.h"
#include "svdd/recipes/image_network.h"

namespace svdd::recipes {
namespace {

using datasets::Preprocessing;

// The networks for the kinds of data.
struct NetworkFor {
  std::string digits, colour_images, signs, motion, table;

  std::string operator()(const DataTraits& data) const {
    const bool as_published = data.own_images == image_shape_of(DataTraits{.kind = data.kind});
    if (!data.own_images.empty() && !as_published) return image_network(data.own_images);
    switch (data.kind) {
      case DataKind::digits:
        return digits;
      case DataKind::colour_images:
        return colour_images;
      case DataKind::signs:
        return signs;
      case DataKind::motion:
        return motion;
      case DataKind::table:
        break;
    }
    return table;
  }
};

bool is_colour(DataKind kind) { return kind == DataKind::colour_images || kind == DataKind::signs; }

// Images under contrast normalisation (l1) and from 0 to 1, tables with each column scaled.
datasets::PreprocessingOptions usual_preprocessing(DataKind kind) {
  datasets::PreprocessingOptions p;
  if (kind == DataKind::table)
    p.per_feature = Preprocessing::PerFeature::standard;
  else
    p.min_max = true;
  if (kind != DataKind::table && kind != DataKind::motion) p.gcn = Preprocessing::Gcn::l1;
  return p;
}

datasets::PreprocessingOptions with_principal_components(const DataTraits& data) {
  datasets::PreprocessingOptions p = usual_preprocessing(data.kind);
  if (!data.own) p.pca = 0.95;  // on one's own data every one of them ranks worse with it (RESULTS.md)
  return p;
}

}  // namespace

Settings published(std::string_view method, const std::string& data, Recipe recipe) {
  return method_named(method).published(traits_of(data), recipe);
}

DeepSvddOptions deep_svdd(const DataTraits& data, Recipe recipe) {
  static const NetworkFor network{.digits = "mnist_LeNet",
                                  .colour_images = "cifar10_LeNet",
                                  .signs = "gtsrb_LeNet",
                                  .motion = "multi_sphere_mobifall",
                                  .table = "mlp"};
  DeepSvddOptions o = published_options(recipe);
  o.network = network(data);
  o.preprocessing = usual_preprocessing(data.kind);
  if (!data.own_images.empty()) {
    o.dictionary = false;
    o.pretraining.weight_decay = 0.5e-6;  // as CIFAR-10's
    o.pretraining.lr_milestones = o.training.lr_milestones = {};
  } else if (is_colour(data.kind) && recipe == Recipe::pytorch) {
    o.pretraining.epochs = 350;
    o.pretraining.lr_milestones = {250};
    o.pretraining.weight_decay = 0.5e-6;
  }
  if (data.kind != DataKind::digits) o.dictionary = false;
  if (data.own && data.kind == DataKind::table && recipe == Recipe::pytorch) {
    o.widths = {512}, o.rep_dim = 512;
    o.pretrain = false;
    o.training.lr_milestones = {};
  }
  if (data.kind == DataKind::signs) o.training.batch_size = o.pretraining.batch_size = 64;
  return o;
}

void fit_to_table(DeepOptions& o, int64_t& warm_up, int64_t training_samples, const Named& named) {
  constexpr int64_t steps = 300, block = 16, least_batch = 32, most_batch = 1024, most_epochs = 10;
  if (!named("batch-size"))
    o.training.batch_size =
        std::clamp((training_samples / steps + block / 2) / block * block, least_batch, most_batch);
  if (!named("epochs"))
    o.training.epochs = std::clamp<int64_t>(
        (steps * o.training.batch_size + training_samples / 2) / std::max<int64_t>(training_samples, 1), 1,
        most_epochs);
  if (!named("warm-up-epochs")) warm_up = std::min(warm_up, o.training.epochs / 2);
}

void fit_to_images(DeepOptions& o, int64_t& warm_up, int64_t training_samples, const Named& named) {
  constexpr int64_t block = 16, least_batch = 32, most_batch = 128, batches = 20;
  const auto fit = [&](PhaseOptions& phase, const std::string& prefix, int64_t steps, int64_t least,
                       int64_t most) {
    if (!named(prefix + "batch-size"))
      phase.batch_size = std::clamp(training_samples / batches / block * block, least_batch, most_batch);
    const int64_t of_an_epoch =
        std::max<int64_t>((training_samples + phase.batch_size - 1) / phase.batch_size, 1);
    if (!named(prefix + "epochs")) phase.epochs = std::clamp(steps / of_an_epoch, least, most);
  };
  fit(o.pretraining, "ae-", 1600, 20, 100);
  fit(o.training, "", 800, 10, 50);
  if (!named("warm-up-epochs")) warm_up = std::min(warm_up, o.training.epochs / 2);
}

void fit_spheres(MultiSphereOptions& o, int64_t training_samples, const Named& named) {
  if (!named("spheres")) o.spheres = std::clamp<int64_t>(training_samples / 10, 1, o.spheres);
}

DeepOptions autoencoder(const DataTraits& data, Recipe recipe) {
  DeepOptions o = deep_svdd(data, recipe);
  if (o.pretrain) return o;  // published
  o.pretrain = true;
  o.rep_dim = 256;
  return o;
}

MultiRadiusOptions multi_radius(const DataTraits& data, Recipe recipe) {
  MultiRadiusOptions o;
  static_cast<DeepOptions&>(o) = deep_svdd(data, recipe);
  return o;
}

MultiSphereOptions multi_sphere(const DataTraits& data) {
  static const NetworkFor network{.digits = "multi_sphere_mnist",
                                  .colour_images = "multi_sphere_cifar10",
                                  .signs = "multi_sphere_cifar10",
                                  .motion = "multi_sphere_mobifall",
                                  .table = "mlp"};
  MultiSphereOptions o;
  static_cast<DeepOptions&>(o) = deep_svdd(data, Recipe::theano);
  o.network = network(data);
  o.training.epochs = 100;
  o.dictionary = data.kind == DataKind::digits || data.kind == DataKind::motion;
  return o;
}

DasvddOptions dasvdd(const DataTraits& data) {
  static const NetworkFor network{.digits = "dasvdd_mnist",
                                  .colour_images = "dasvdd_cifar10",
                                  .signs = "dasvdd_cifar10",
                                  .motion = "dasvdd_speech",
                                  .table = "dasvdd_pima"};
  DasvddOptions o = published_dasvdd_options(data.name == "speech" ? "dasvdd_speech" : network(data));
  if (data.own && data.kind == DataKind::table) {
    o.preprocessing.per_feature = Preprocessing::PerFeature::standard;
    o.widths = {512, 256}, o.rep_dim = 128;
    o.training.epochs = 100;
  }
  return o;
}

KernelSvddOptions kernel_svdd(const DataTraits& data) {
  return {.preprocessing = with_principal_components(data)};
}

KdeOptions kde(const DataTraits& data) {
  return {.widen = data.own && data.kind == DataKind::table,
          .preprocessing = with_principal_components(data)};
}

IsolationForestOptions isolation_forest(const DataTraits& data) {
  return {.preprocessing = with_principal_components(data)};
}

KNearestOptions k_nearest_neighbours(const DataTraits& data) {
  return {.preprocessing = usual_preprocessing(data.kind)};
}

LocalOutlierOptions local_outlier_factor(const DataTraits& data) {
  return {.preprocessing = usual_preprocessing(data.kind)};
}

// Of images the principal components: their covariances as they are would take minutes.
MahalanobisOptions mahalanobis(const DataTraits& data) {
  datasets::PreprocessingOptions p = usual_preprocessing(data.kind);
  if (data.kind != DataKind::table) p.pca = 0.95;
  return {.preprocessing = p};
}

PcaReconstructionOptions pca_reconstruction(const DataTraits& data) {
  return {.preprocessing = usual_preprocessing(data.kind)};
}

}  // namespace svdd::recipes
