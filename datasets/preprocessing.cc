#include "datasets/preprocessing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

// GCN of n values; `to` may be `from`.
//
// The mean of equal floats is exact (up to 2^29 of them: their sum needs no more than 53 bits), so a constant
// sample has a scale of exactly 0, and no threshold is needed.
// [book: contrast]
void normalise_contrast(Preprocessing::Gcn gcn, const float* from, int64_t n, float* to) {
  double sum = 0, deviations = 0;
  for (int64_t i = 0; i < n; ++i) sum += from[i];
  const double count = static_cast<double>(n), mean = sum / count;
  for (int64_t i = 0; i < n; ++i) {
    const double z = from[i] - mean;
    deviations += gcn == Preprocessing::Gcn::l1 ? std::abs(z) : z * z;
  }
  const double scale = (gcn == Preprocessing::Gcn::l1 ? deviations : std::sqrt(deviations)) / count;
  for (int64_t i = 0; i < n; ++i) to[i] = scale > 0 ? static_cast<float>((from[i] - mean) / scale) : 0.0f;
}

std::string text(float value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

void require_samples(const Samples& train, const char* step) {
  if (train.values.empty())
    throw std::invalid_argument(std::string(step) + " needs training samples; there are none");
}

void normalise_contrast(Preprocessing::Gcn gcn, Samples& samples) {
  const int64_t n = samples.size();
  if (gcn == Preprocessing::Gcn::none) return;
  for (int64_t i = 0; i < samples.count(); ++i) {
    engine::check_stop();
    float* sample = samples.sample(i);
    normalise_contrast(gcn, sample, n, sample);
  }
}

// The gradient g by y = z / s, carried back to x, z being x less its mean: with L1, ds/dz = sign(z) / n; with L2, z / (n² s).
// Then the mean, of which every x is a share, takes its part.
void pull_back_contrast(Preprocessing::Gcn gcn, const float* x, std::vector<double>& g) {
  const auto n = g.size();
  const auto count = static_cast<double>(n);
  const bool l1 = gcn == Preprocessing::Gcn::l1;
  double sum = 0, deviations = 0, along = 0, mean_gradient = 0;
  for (size_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]);
  const double mean = sum / count;
  for (size_t i = 0; i < n; ++i) {
    const double z = static_cast<double>(x[i]) - mean;
    deviations += l1 ? std::abs(z) : z * z;
    along += g[i] * z;
  }
  const double scale = (l1 ? deviations : std::sqrt(deviations)) / count;
  if (!(scale > 0)) return g.assign(n, 0);
  for (size_t i = 0; i < n; ++i) {
    const double z = static_cast<double>(x[i]) - mean, ds = l1 ? (z > 0   ? 1
                                                                  : z < 0 ? -1
                                                                          : 0) /
                                                                     count
                                                               : z / (count * count * scale);
    g[i] = g[i] / scale - along / (scale * scale) * ds;
    mean_gradient += g[i] / count;
  }
  for (double& of : g) of -= mean_gradient;
}

// ---- one minimum and maximum for all

void fit_min_max(const Samples& train, Preprocessing& result) {
  require_samples(train, "min-max scaling");
  const auto [low, high] = std::minmax_element(train.values.begin(), train.values.end());
  if (*low == *high)
    throw std::invalid_argument("min-max scaling is impossible: after GCN '" +
                                std::string(gcn_names(result.gcn)) + "' all " +
                                std::to_string(train.count()) + " training samples hold only the value " +
                                text(*low) + "; check the training data");
  result.min_max = true;
  result.min = *low;
  result.max = *high;
}

// [book: min-max]
void apply_min_max(const Preprocessing& p, Samples& samples) {
  const double low = p.min, range = static_cast<double>(p.max) - low;
  for (float& value : samples.values) value = static_cast<float>((value - low) / range);
}

// ---- each feature for itself

void fit_feature_min_max(const Samples& train, Preprocessing& result) {
  const auto d = static_cast<size_t>(train.size());
  std::vector<float> low(train.sample(0), train.sample(0) + d), high = low;
  for (int64_t i = 1; i < train.count(); ++i) {
    engine::check_stop();
    for (size_t j = 0; j < d; ++j) {
      low[j] = std::min(low[j], train.sample(i)[j]);
      high[j] = std::max(high[j], train.sample(i)[j]);
    }
  }
  result.offset = low;
  for (size_t j = 0; j < d; ++j) result.scale.push_back(high[j] - low[j]);
}

void fit_feature_standard(const Samples& train, Preprocessing& result) {
  const auto d = static_cast<size_t>(train.size());
  const double n = static_cast<double>(train.count());
  std::vector<double> mean(d), squares(d);
  for (int64_t i = 0; i < train.count(); ++i)
    for (size_t j = 0; j < d; ++j) mean[j] += train.sample(i)[j];
  for (double& m : mean) m /= n;
  for (int64_t i = 0; i < train.count(); ++i)
    for (size_t j = 0; j < d; ++j) {
      const double z = train.sample(i)[j] - mean[j];
      squares[j] += z * z;
    }
  for (size_t j = 0; j < d; ++j) {
    result.offset.push_back(static_cast<float>(mean[j]));
    result.scale.push_back(static_cast<float>(std::sqrt(squares[j] / n)));
  }
}

// For a feature that is c in all of training (preprocessing.h).
float scale_of_constant(float c) { return c == 0 ? 1.0f : std::clamp(std::abs(c), 1e-6f, 1.0f); }

void fit_features(Preprocessing::PerFeature scaling, const Samples& train, Preprocessing& result) {
  require_samples(train, "scaling of features");
  result.per_feature = scaling;
  scaling == Preprocessing::PerFeature::min_max ? fit_feature_min_max(train, result)
                                                : fit_feature_standard(train, result);
  for (const float scale : result.scale)
    if (!std::isfinite(scale))
      throw std::invalid_argument(
          "a feature's range in the training data is beyond single precision; scale it down");
  for (size_t j = 0; j < result.scale.size(); ++j)
    if (result.scale[j] == 0) {
      result.offset[j] = train.sample(0)[j];
      result.scale[j] = scale_of_constant(result.offset[j]);
    }
}

void apply_features(const Preprocessing& p, Samples& samples) {
  const auto d = p.offset.size();
  if (static_cast<size_t>(samples.size()) != d)
    throw std::invalid_argument("samples of shape " + shape_text(samples.shape) +
                                " do not fit a preprocessing of " + std::to_string(d) + " features");
  for (int64_t i = 0; i < samples.count(); ++i) {
    engine::check_stop();
    float* sample = samples.sample(i);
    for (size_t j = 0; j < d; ++j)
      sample[j] = p.scale[j] == 0
                      ? 0.0f
                      : static_cast<float>((static_cast<double>(sample[j]) - p.offset[j]) / p.scale[j]);
  }
}

}  // namespace

Preprocessing Preprocessing::fit(Gcn gcn, bool min_max, const Samples& train) {
  const engine::IeeeMode ieee;
  PreprocessingOptions options;
  options.gcn = gcn;
  options.min_max = min_max;
  return fit(options, train);
}

Preprocessing Preprocessing::fit(const PreprocessingOptions& options, const Samples& train, int threads) {
  const engine::IeeeMode ieee;
  if (options.min_max && options.per_feature != PerFeature::none)
    throw std::invalid_argument(
        "min-max over all values and a scaling of each feature are both wanted: choose one of them");
  Preprocessing result;
  result.gcn = options.gcn;
  const bool learns =
      options.zca || options.min_max || options.per_feature != PerFeature::none || options.pca != 0;
  if (!learns) return result;
  train.check("training data");
  Samples x = train;  // as the next step sees them
  normalise_contrast(result.gcn, x);
  if (options.zca) {
    result.zca = zca_whitening(x, options.zca_epsilon, threads);
    x = result.zca->apply(x, x.shape, threads);
  }
  if (options.min_max) fit_min_max(x, result);
  if (options.per_feature != PerFeature::none) fit_features(options.per_feature, x, result);
  if (options.pca == 0) return result;
  if (result.min_max) apply_min_max(result, x);
  if (result.per_feature != PerFeature::none) apply_features(result, x);
  result.pca = Pca::fit(x, threads, options.pca);
  return result;
}

std::string Preprocessing::cost(const PreprocessingOptions& options, const Samples& train) {
  const int64_t n = train.count(), d = train.size();
  const std::string whitening = options.zca ? eigenvectors_cost(d) : "",
                    components = options.pca != 0 ? eigenvectors_cost(std::min(n, d)) : "";
  if (!whitening.empty()) return "whitening takes " + whitening;
  return components.empty() ? "" : "principal components take " + components;
}

void Preprocessing::apply(Samples& samples, int threads) const {
  const engine::IeeeMode ieee;
  normalise_contrast(gcn, samples);
  if (zca) samples = zca->apply(samples, samples.shape, threads);
  if (min_max) apply_min_max(*this, samples);
  if (per_feature != PerFeature::none) apply_features(*this, samples);
  if (pca) samples = pca->apply(samples, threads);
}

std::vector<float> Preprocessing::pull_back(const Samples& samples,
                                            const std::vector<float>& gradient) const {
  const engine::IeeeMode ieee;
  const auto n = static_cast<size_t>(samples.size()), count = static_cast<size_t>(samples.count()),
             k = static_cast<size_t>(outputs(samples.size()));
  if (gradient.size() != count * k)
    throw std::invalid_argument("there are " + std::to_string(gradient.size()) + " gradients of " +
                                std::to_string(count) + " samples with " + std::to_string(k) +
                                " prepared values each");
  const double range = static_cast<double>(max) - static_cast<double>(min);
  std::vector<float> result;
  result.reserve(count * n);
  for (size_t i = 0; i < count; ++i) {
    engine::check_stop();
    const auto begin = gradient.begin() + static_cast<std::ptrdiff_t>(i * k);
    std::vector<double> g(begin, begin + static_cast<std::ptrdiff_t>(k));
    if (pca) g = pca->map.pull_back(g);
    for (size_t j = 0; j < scale.size(); ++j) g[j] = scale[j] == 0 ? 0 : g[j] / static_cast<double>(scale[j]);
    if (min_max)
      for (double& of : g) of /= range;
    if (zca) g = zca->pull_back(g);
    if (gcn != Gcn::none) pull_back_contrast(gcn, samples.sample(static_cast<int64_t>(i)), g);
    for (const double of : g) result.push_back(static_cast<float>(of));
  }
  return result;
}

int64_t Preprocessing::outputs(int64_t values) const {
  const auto require = [&](int64_t wanted) {
    if (wanted != values)
      throw std::invalid_argument("the preprocessing is for samples of " + std::to_string(wanted) +
                                  " values, but these have " + std::to_string(values));
  };
  if (zca) require(zca->inputs());
  if (per_feature != PerFeature::none) require(static_cast<int64_t>(offset.size()));
  if (pca) require(pca->features());
  return pca ? pca->components() : values;
}

}  // namespace datasets
