// Principal components of samples, and ZCA whitening from the same eigenvectors.
#pragma once
#include <cstdint>
#include <string>
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
  // Wᵀ g, d numbers: the gradient by x, where g, k numbers, is that by W (x - mean).
  std::vector<double> pull_back(const std::vector<double>& g) const;

  bool operator==(const CentredMap&) const = default;
};

// Principal component analysis: the orthogonal directions in which the samples vary most.
struct Pca {
  CentredMap map;  // its rows: directions of length 1, largest variance first, each with its component
                   // of largest magnitude positive
  std::vector<double> explained;  // of each direction: its share of all variance

  int64_t features() const { return map.inputs(); }
  int64_t components() const { return map.outputs(); }

  // All d directions; of n < d samples those n − 1 at most in which they differ. With a share, those that keep(share)
  // would leave: the same, for less memory. The cost follows the smaller of n and d: the eigenvectors are those of the
  // covariance matrix, d x d, or, where n < d, of the n x n products of the centred samples (with those u of variance λ,
  // the directions are Xᵀu / √(nλ)). Throws as moments() does, where all samples are equal, and where both n and d
  // exceed most_eigenvectors.
  static Pca fit(const Samples& train, int threads = 0, double share = 0);
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

// The largest matrix whose eigenvectors are sought: of 128 x 128 pixels.
inline constexpr int64_t most_eigenvectors = 16384;

// "about 40 s and 230 MB for the eigenvectors of a 3072 x 3072 matrix"; empty where that takes no more than a moment.
std::string eigenvectors_cost(int64_t order);

// ZCA whitening (Krizhevsky 2009, appendix A): W = U diag(1 / sqrt(λ + epsilon)) Uᵀ of the covariance U
// diag(λ) Uᵀ: features no longer correlate, and of all such maps this one changes the samples least. Throws
// as moments() does, and std::invalid_argument unless epsilon > 0 and d is at most most_eigenvectors.
CentredMap zca_whitening(const Samples& train, double epsilon = 0.1, int threads = 0);

}  // namespace datasets
