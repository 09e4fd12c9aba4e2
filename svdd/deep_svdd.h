// Deep SVDD: Ruff et al., "Deep One-Class Classification", ICML 2018. With d(x) = ‖φ(x; W) − c‖², c fixed:
//
// - one-class: minimise (1/n) Σ_i d(x_i); the score is d(x).
// - soft-boundary: minimise R² + (1/ν)·(1/n) Σ_i max(0, d(x_i) − R²); the score is d(x) − R².
//
// To both belongs weight decay, (λ/2)·Σ W², which the optimiser adds to the gradient. Section 3.1 of the
// paper.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "svdd/detector.h"
#include "svdd/training.h"

namespace svdd {

struct ModelFolder;  // model_folder.h

enum class Objective { one_class, soft_boundary };

// `pytorch`: the authors' PyTorch port. `theano`: the code behind the paper's tables; Glorot-uniform start,
// first filters from a dictionary of patches, affine batch norm, training set cut to whole batches
// (README.md, "Two recipes").
enum class Recipe { pytorch, theano };

struct DeepSvddOptions {
  Objective objective = Objective::one_class;
  double nu = 0.1;  // share of the training data allowed outside the sphere, in (0, 1]
  double contamination =
      0.1;  // one-class: threshold = the (1 − contamination)-quantile of the training scores
  Recipe recipe = Recipe::pytorch;
  std::string network = "mnist_LeNet";
  int64_t rep_dim = 0;  // p; 0: the network's own
  uint64_t seed = 1;
  bool amsgrad = false;
  bool pretrain = true;
  PhaseOptions pretraining{.weight_decay = 0.5e-3};
  PhaseOptions training{.weight_decay = 0.5e-6};
  int64_t warm_up_epochs = 10;  // soft-boundary: R is held at 0 for these

  // What Propositions 1 and 2 forbid, for the test that makes a network collapse.
  bool bias_terms = false, zero_centre = false;
};

// The published settings of a recipe on MNIST-like images.
DeepSvddOptions published_options(Recipe recipe);

// std::invalid_argument naming the option that is impossible.
std::unique_ptr<Detector> make_deep_svdd(const DeepSvddOptions& options, engine::Backend& backend);

// What its save wrote; see load_detector.
std::unique_ptr<Detector> load_deep_svdd(const ModelFolder& model, engine::Backend& backend);

}  // namespace svdd
