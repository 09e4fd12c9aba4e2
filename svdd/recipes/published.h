// What the papers, or their authors' code, used: the options of a method on a kind of data, before anybody asks for
// others. svdd/README.md says where each number is from.
//
//   svdd::Settings settings = svdd::recipes::published("deep-svdd", "cifar10");
//   settings.set("epochs", "50");
//   const auto detector = settings.make({3, 32, 32}, *backend);
#pragma once
#include <string>
#include <string_view>

#include "svdd/baselines/isolation_forest.h"
#include "svdd/baselines/k_nearest_neighbours.h"
#include "svdd/baselines/kde.h"
#include "svdd/baselines/kernel_svdd.h"
#include "svdd/baselines/local_outlier_factor.h"
#include "svdd/baselines/mahalanobis.h"
#include "svdd/baselines/pca_reconstruction.h"
#include "svdd/methods/dasvdd.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/methods/multi_sphere.h"
#include "svdd/recipes/data_traits.h"

namespace svdd::recipes {

// `data`: a known set's name, or a path. std::invalid_argument lists the methods there are.
Settings published(std::string_view method, const std::string& data, Recipe recipe = Recipe::pytorch);

// Ruff et al. 2018: MNIST as it stands, CIFAR-10 with a longer pretraining, GTSRB in smaller batches. The other methods
// with a network begin from there.
// On one's own tables neither suits: by their figures on the tables of ADBench (svdd/RESULTS.md) one wide layer and few steps
// from random weights rank better than 150 epochs of a narrow network. So such tables have a layer of 512, 512 numbers of
// representation, no pretraining, and, by fit_to_table below, some 300 steps.
DeepSvddOptions deep_svdd(const DataTraits& data, Recipe recipe = Recipe::pytorch);
// The autoencoder that Deep SVDD pretrains, by itself.
DeepOptions autoencoder(const DataTraits& data, Recipe recipe = Recipe::pytorch);
// The report's code takes Deep SVDD's settings.
MultiRadiusOptions multi_radius(const DataTraits& data, Recipe recipe = Recipe::pytorch);
// Ghafoori and Leckie 2020, whose code ran on Theano: always that recipe, 100 epochs, networks of its own.
MultiSphereOptions multi_sphere(const DataTraits& data);
// Hojjati and Armanfard 2024. One's own tables have each column scaled to mean 0 and deviation 1, as the other methods
// do anyway, a wider network than Pima's and 100 epochs.
DasvddOptions dasvdd(const DataTraits& data);
// As Ruff et al. compare with: contrast normalisation, 0.95 of the variance by PCA; but all columns of one's own table.
KernelSvddOptions kernel_svdd(const DataTraits& data);
KdeOptions kde(const DataTraits& data);
IsolationForestOptions isolation_forest(const DataTraits& data);
// What no paper of the family compares with, and a person tries first: on all features, scaled as the networks have them.
KNearestOptions k_nearest_neighbours(const DataTraits& data);
LocalOutlierOptions local_outlier_factor(const DataTraits& data);
MahalanobisOptions mahalanobis(const DataTraits& data);
PcaReconstructionOptions pca_reconstruction(const DataTraits& data);

// On one's own tables: batches from 32 to 1024, a multiple of 16, and epochs from 1 to 10, such that there are some 300 steps.
// What somebody asked for stays. `warm_up`: of the soft boundary; half the epochs at most.
void fit_to_table(DeepOptions& o, int64_t& warm_up, int64_t training_samples, const Named& named);
// On one's own images (DataTraits::own_images): batches from 32 to 128, a multiple of 16 and a twentieth of the samples where
// that lies between, and epochs such that there are some 1600 steps of pretraining and 800 of training, but from 20 to 100 and from 10
// to 50; at one rate. So a training takes minutes, whatever the number of samples.
void fit_to_images(DeepOptions& o, int64_t& warm_up, int64_t training_samples, const Named& named);

// Of Deep Multi-sphere, on one's own data: ten training samples or more for each sphere, where the papers' hundred had 120.
void fit_spheres(MultiSphereOptions& o, int64_t training_samples, const Named& named);

// Settings::Form::fit_to_size of a method: for images of one's own; null for all other data.
template <class Options>
auto fit_to_own_images(const DataTraits& data) -> void (*)(Options&, int64_t, const Named&) {
  if (data.own_images.empty()) return nullptr;
  return [](Options& o, int64_t training_samples, const Named& named) {
    int64_t none = 0;
    if constexpr (requires { o.warm_up_epochs; })
      fit_to_images(o, o.warm_up_epochs, training_samples, named);
    else
      fit_to_images(o, none, training_samples, named);
  };
}
// The same, and for tables of one's own.
template <class Options>
auto fit_to_own(const DataTraits& data, Recipe recipe) -> void (*)(Options&, int64_t, const Named&) {
  if (!data.own || data.kind != DataKind::table || recipe != Recipe::pytorch)
    return fit_to_own_images<Options>(data);
  return [](Options& o, int64_t training_samples, const Named& named) {
    fit_to_table(o, o.warm_up_epochs, training_samples, named);
  };
}

}  // namespace svdd::recipes
