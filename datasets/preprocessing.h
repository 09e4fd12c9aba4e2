// What is done to samples before a method sees them, and undone by nobody: stored with the model, applied
// when scoring. Steps, each of which may be absent, in this order (that of the published Deep SVDD code):
//
//   1. global contrast normalisation (GCN), per sample over all its n values:
//          z = x - mean(x),   y = z / scale,   scale = (1/n) Σ|z|  (l1)   or   sqrt(Σz²) / n  (l2)
//   2. ZCA whitening (pca.h)
//   3. min-max, with one min and max over all values of the training data:  y' = (y - min) / (max - min)
//      or, for each feature on its own over the training data,
//          min-max:   y' = (y - min_j) / (max_j - min_j)
//          standard:  y' = (y - mean_j) / sqrt((1/n) Σ (y - mean_j)²)
//   4. principal components that explain a share of the variance (pca.h)
//
// Deep SVDD (Ruff et al., ICML 2018) uses l1 and min-max on images; DASVDD l2 without min-max on CIFAR-10 and
// nothing but bytes / 255 on MNIST and tables; Multi-Sphere SVDD min-max alone on MobiFall; the shallow
// baselines PCA to 0.95 of the variance. Test data go through the same map and may leave [0, 1]: nothing is
// clipped. A sample whose values are all equal has scale 0; its GCN is all zeros, never NaN. A feature that is constant
// in training, c, has no scale of its own; it is divided by |c|, but by no more than 1 and no less than 1e-6, and by 1
// where c is 0: it is 0 in training, and any other value stands out.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/pca.h"
#include "datasets/samples.h"
#include "engine/names.h"

namespace datasets {

struct PreprocessingOptions;

struct Preprocessing {
  enum class Gcn { none, l1, l2 };
  enum class PerFeature { none, min_max, standard };

  Gcn gcn = Gcn::none;
  bool min_max = false;
  float min = 0, max = 1;  // of the training data at that step; 0 and 1 where min_max is false
  PerFeature per_feature = PerFeature::none;
  std::vector<float>
      offset = {},
      scale = {};  // of each feature: y' = (y - offset) / scale, or 0 where scale is 0, as it is for
                   // constant features in models of earlier versions
  std::optional<CentredMap> zca = {};
  std::optional<Pca> pca = {};

  // The map for this training data. Throws std::invalid_argument when there are no samples for a step that
  // needs some, a value is not finite, all values are equal where one min and max are wanted, both min-max
  // and a scaling per feature are, or where pca.h throws. `threads` 0: as many as the machine has; the bits
  // do not depend on it.
  static Preprocessing fit(const PreprocessingOptions& options, const Samples& train, int threads = 0);
  static Preprocessing fit(Gcn gcn, bool min_max, const Samples& train);
  // What a fit that takes more than a moment takes, in words; else empty.
  static std::string cost(const PreprocessingOptions& options, const Samples& train);

  // In place; sums in double, in C order. PCA changes the shape to {components}. Throws std::invalid_argument
  // where samples have not as many values as those it was fitted on, if it knows.
  void apply(Samples& samples, int threads = 0) const;

  // The chain rule, backward: `gradient` is that of some number of each sample by the values that apply makes of it, and
  // comes back as that by the sample's own values, count x size. `samples` as apply takes them; in double until it is
  // rounded at the end. A sample whose values are all equal has the gradient 0 under contrast normalisation, and so has a
  // feature of scale 0. Throws std::invalid_argument where apply does, and where there are not as many gradients as values.
  std::vector<float> pull_back(const Samples& samples, const std::vector<float>& gradient) const;

  // How many values come out of samples of so many. Throws std::invalid_argument where the tensors of its
  // steps are for samples of another size, as may be in a file.
  int64_t outputs(int64_t values) const;

  bool operator==(const Preprocessing&) const = default;
};

struct PreprocessingOptions {
  Preprocessing::Gcn gcn = Preprocessing::Gcn::none;
  bool zca = false;
  double zca_epsilon = 0.1;
  bool min_max = false;
  Preprocessing::PerFeature per_feature = Preprocessing::PerFeature::none;
  double pca = 0;  // the share of the variance to keep, such as 0.95; 0: no PCA
};

inline constexpr auto gcn_names = engine::names_of<Preprocessing::Gcn>(
    "contrast normalisation",
    {{Preprocessing::Gcn::none, "none"}, {Preprocessing::Gcn::l1, "l1"}, {Preprocessing::Gcn::l2, "l2"}});
inline constexpr auto per_feature_names = engine::names_of<Preprocessing::PerFeature>(
    "scaling of features", {{Preprocessing::PerFeature::none, "none"},
                            {Preprocessing::PerFeature::min_max, "min-max"},
                            {Preprocessing::PerFeature::standard, "standard"}});

}  // namespace datasets
