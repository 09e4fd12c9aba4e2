// The options that the methods with a network share.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "datasets/preprocessing.h"
#include "engine/names.h"
#include "svdd/training/phase_options.h"

namespace svdd {

// `pytorch`: the authors' PyTorch port. `theano`: the code behind the paper's tables; Glorot-uniform start,
// first filters from a dictionary of patches, affine batch norm, training set cut to whole batches
// (README.md, "Two recipes").
enum class Recipe { pytorch, theano };
inline constexpr auto recipe_names =
    engine::names_of<Recipe>("recipe", {{Recipe::pytorch, "pytorch"}, {Recipe::theano, "theano"}});

struct DeepOptions {
  Recipe recipe = Recipe::pytorch;
  std::string network = "mnist_LeNet";  // a published name, or a text (networks.h)
  std::vector<int64_t> input = {};      // of one sample; empty: the network's own
  int64_t rep_dim = 0;                  // p; 0: the network's own
  std::vector<int64_t> widths = {};     // of the hidden layers; empty: the network's own
  bool dictionary = false;              // the first filters, if 5x5, are atoms learned from patches
  datasets::PreprocessingOptions preprocessing{.gcn = datasets::Preprocessing::Gcn::l1, .min_max = true};
  uint64_t seed = 1;
  bool amsgrad = false;
  bool pretrain = true;
  PhaseOptions pretraining{.weight_decay = 0.5e-3};
  PhaseOptions training{.weight_decay = 0.5e-6};
  double contamination = 0.1;  // threshold = the (1 − contamination)-quantile of the training scores
  bool allow_bias = false;     // train a network of one's own that breaks the theory (networks/theory.h)
  bool bias_terms = false;     // what Proposition 2 forbids, for the test that makes a network collapse
};

}  // namespace svdd
