// Principal components of samples, and ZCA whitening from the same eigenvectors.
#pragma once
#include <cstdint>
#include <vector>

#include "datasets/samples.h"

namespace datasets {

// The mean of each value over all samples, and the covariance matrix: (1/n) Σ (x - mean)(x - mean)ᵀ, d x d in
// C order, of which only the lower triangle is filled. Sums in double, in the order of the samples.
struct Moments {
  std::vector<double> mean, covariance;
};
// Throws std::invalid_argument for fewer than 2 samples, and where Samples::check does. `threads` 0: all.
Moments moments(const Samples& samples, int threads = 0);

// x -> W (x - mean): a linear map kept in single precision, as it is stored; sums in double, one chain for
// each result in the order of the features.
struct CentredMap {
  std::vector<float> mean;    // d, the features
  std::vector<float> matrix;  // k x d

  int64_t inputs() const { return static_cast<int64_t>(mean.size()); }
  int64_t outputs() const { return mean.empty() ? 0 : static_cast<int64_t>(matrix.size()) / inputs(); }
  // `shape` is that of the result, of k values. Throws std::invalid_argument where the samples have not d
  // values.
  Samples apply(const Samples& samples, const std::vector<int64_t>& shape, int threads = 0) const;

  bool operator==(const CentredMap&) const = default;
};

// Principal component analysis: the orthogonal directions in which the samples vary most.
struct Pca {
  CentredMap map;  // its rows: directions of length 1, largest variance first, each with its component
                   // of largest magnitude positive
  std::vector<double> explained;  // of each direction: its share of all variance

  int64_t features() const { return map.inputs(); }
  int64_t components() const { return map.outputs(); }

  // All d directions. Throws as moments() does, and where all samples are equal.
  static Pca fit(const Samples& train, int threads = 0);
  // The fewest leading directions that together explain at least this share, in (0, 1]; std::invalid_argument
  // for another.
  Pca keep(double share) const;

  // As samples of shape {components()}, and back: mean + Σ_k y_k · direction_k, as samples of `shape`.
  Samples apply(const Samples& samples, int threads = 0) const {
    return map.apply(samples, {components()}, threads);
  }
  Samples restore(const Samples& projected, const std::vector<int64_t>& shape) const;

  bool operator==(const Pca&) const = default;
};

// ZCA whitening (Krizhevsky 2009, appendix A): W = U diag(1 / sqrt(λ + epsilon)) Uᵀ of the covariance U
// diag(λ) Uᵀ: features no longer correlate, and of all such maps this one changes the samples least. Throws
// as moments() does, and std::invalid_argument unless epsilon > 0.
CentredMap zca_whitening(const Samples& train, double epsilon = 0.1, int threads = 0);

}  // namespace datasets
