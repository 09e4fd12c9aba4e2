// Isolation forest: Liu, Ting and Zhou, "Isolation forest", ICDM 2008. Trees that cut the data at random: an
// anomaly is alone after few cuts. Every tree is grown from ψ samples drawn without replacement; a node cuts
// a random feature, among those that still vary in it, at a random place between the feature's smallest and
// largest value, until a sample is alone or log2 ψ cuts deep. With E(x) the mean length over the trees of x's
// path to its leaf,
//
//   score(x) = 2^(−E(x) / c(ψ)),   in (0, 1),
//
// where c(m) = 2·H(m − 1) − 2·(m − 1)/m, H(i) = 1 + 1/2 + … + 1/i, is the mean path length among m samples
// (their equation 1); a leaf that still holds m samples counts c(m) more.
#pragma once
#include <cstdint>
#include <memory>

#include "datasets/preprocessing.h"
#include "svdd/methods/method.h"

namespace svdd {

struct IsolationForestOptions {
  int64_t trees = 100;
  int64_t samples = 256;       // ψ for each tree; all, where there are fewer
  uint64_t seed = 1;           // draws: streams "isolation-forest/<tree>/samples" and ".../cuts"
  double contamination = 0.1;  // threshold = the (1 − contamination)-quantile of the training scores
  datasets::PreprocessingOptions preprocessing = {};
};

// std::invalid_argument naming the option that is impossible. Trees are compared, not multiplied: it needs no
// backend.
std::unique_ptr<Detector> make_isolation_forest(const IsolationForestOptions& options);

Method isolation_forest_method();

}  // namespace svdd
