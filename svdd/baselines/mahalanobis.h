// The squared Mahalanobis distance from the mean: (x − μ)ᵀ Σ⁻¹ (x − μ) (Mahalanobis, "On the generalised distance in
// statistics", 1936), by how many standard deviations a sample is off, in whatever direction. It is what one Gaussian takes
// for unlikely, and sees what is wrong in the relation of two features.
//
// With few samples, or features that depend on one another, the sample covariance S has no inverse. Σ = (1 − s)·S + s·m·I
// has, with m the mean variance of the d features and s the share that brings Σ nearest to the truth on average (Ledoit and
// Wolf, "A well-conditioned estimator for large-dimensional covariance matrices", 2004):
//
//   s = min(b², δ²) / δ²,   δ² = ‖S − m·I‖²_F / d,   b² = (1/n²) Σ_i ‖x_i x_iᵀ − S‖²_F / d,   x_i less their mean.
#pragma once
#include <cstdint>
#include <memory>

#include "datasets/preprocessing.h"
#include "svdd/methods/method.h"

namespace svdd {

struct MahalanobisOptions {
  double contamination = 0.1;  // threshold = the (1 − contamination)-quantile of the training scores
  datasets::PreprocessingOptions preprocessing = {};
};

// std::invalid_argument naming the option that is impossible. Its fit refuses rows of more than 4096 features.
std::unique_ptr<Detector> make_mahalanobis(const MahalanobisOptions& options);

Method mahalanobis_method();

}  // namespace svdd
