// The error of reconstruction from principal components: ‖x − x̂‖², x̂ the nearest point to x in the plane through the mean
// along the leading directions (Pearson, "On lines and planes of closest fit to systems of points in space", 1901; for
// anomalies: Jackson and Mudholkar, "Control procedures for residuals associated with principal component analysis", 1979).
// It sees what breaks the rule by which features go together, and nothing of how far off along that rule a sample is. The best
// that an autoencoder with linear layers can do.
#pragma once
#include <memory>

#include "datasets/preprocessing.h"
#include "svdd/methods/method.h"

namespace svdd {

struct PcaReconstructionOptions {
  // The plane has the fewest directions that hold this share of it, in (0, 1]; always fewer than there are features, so that
  // something is left to score.
  double variance = 0.95;
  double contamination = 0.1;  // threshold = the (1 − contamination)-quantile of the training scores
  datasets::PreprocessingOptions preprocessing = {};
};

// std::invalid_argument naming the option that is impossible.
std::unique_ptr<Detector> make_pca_reconstruction(const PcaReconstructionOptions& options);

Method pca_reconstruction_method();

}  // namespace svdd
