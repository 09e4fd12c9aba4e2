// Kernel density estimation with a Gaussian kernel (Parzen, "On estimation of a probability density function
// and mode", 1962). Each of the n training samples x_i, of d features, spreads the same round bump of width
// h:
//
//   p(x) = (1/n) Σ_i (2πh²)^(−d/2) exp(−‖x − x_i‖² / 2h²),   score(x) = −log p(x).
//
// The sum is taken relative to its largest term, so no sample is too far off to have a density. With no
// bandwidth given, h is the one of a list under which held-out training samples are likeliest:
// cross-validation in k folds, equal runs of the samples in the order in which they come.
//
// The training scores, by which threshold and p-values go, are those of the held-out samples too: under its
// own bump every sample looks normal, the more so the narrower the bump.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "datasets/preprocessing.h"
#include "engine/backend.h"
#include "svdd/methods/method.h"

namespace svdd {

// 2^0.5, 2^1, …, 2^5: the ten of the paper (Ruff et al. 2018, section 4.1).
std::vector<double> published_bandwidths();
// 2^−4.5, 2^−4, …, 2^5: the twenty of the authors' later code.
std::vector<double> later_bandwidths();

struct KdeOptions {
  double bandwidth = 0;  // h; 0: chosen from `bandwidths`
  std::vector<double> bandwidths = published_bandwidths();
  // Where the best of the list is its smallest or largest, a factor of √2 at a time beyond it, from 2^−12 to 2^20.
  bool widen = false;
  int64_t folds = 5;           // of fewer samples: each sample is a fold
  double contamination = 0.1;  // threshold = the (1 − contamination)-quantile of the training scores
  datasets::PreprocessingOptions preprocessing = {};
};

// std::invalid_argument naming the option that is impossible.
std::unique_ptr<Detector> make_kde(const KdeOptions& options, engine::Backend& backend);

Method kde_method();

// log p(x) of every sample under the density of the other folds: result[b][i] for bandwidth b and sample i.
// The b with the largest sum is what fit chooses. Samples of shape {features}; std::invalid_argument for
// fewer samples than folds, or fewer than two folds. `share_done`, where there is one, is told after each fold.
std::vector<std::vector<double>> held_out_log_density(const datasets::Samples& rows,
                                                      const std::vector<double>& bandwidths, int64_t folds,
                                                      engine::Backend& backend,
                                                      const std::function<void(double)>& share_done = {});

}  // namespace svdd
