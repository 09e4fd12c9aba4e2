#include "datasets/pca.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string>

#include "datasets/matrix_product.h"
#include "datasets/symmetric_eigen.h"
#include "engine/floating_point_mode.h"
#include "engine/threads.h"

namespace datasets {
namespace {

using engine::ThreadPool;

constexpr int64_t block_samples = 256;  // as doubles they fit the cache's last level

// Samples [begin, end) less the mean, in double.
template <class Mean>
std::vector<double> centred(const Samples& samples, int64_t begin, int64_t end,
                            const std::vector<Mean>& mean) {
  std::vector<double> block;
  block.reserve(static_cast<size_t>((end - begin) * samples.size()));
  for (int64_t i = begin; i < end; ++i) {
    const float* x = samples.sample(i);
    for (const Mean m : mean) block.push_back(static_cast<double>(*x++) - static_cast<double>(m));
  }
  return block;
}

std::vector<float> rounded(const std::vector<double>& numbers) { return {numbers.begin(), numbers.end()}; }

}  // namespace

Moments moments(const Samples& samples, int threads) {
  const engine::IeeeMode ieee;
  samples.check("the training data");
  const int64_t n = samples.count(), d = samples.size();
  if (n < 2)
    throw std::invalid_argument("a covariance needs at least 2 training samples; there are " +
                                std::to_string(n));
  Moments result;
  result.mean.assign(static_cast<size_t>(d), 0);
  for (int64_t i = 0; i < n; ++i) {
    const float* x = samples.sample(i);
    for (double& sum : result.mean) sum += *x++;
  }
  for (double& sum : result.mean) sum /= static_cast<double>(n);
  result.covariance.assign(static_cast<size_t>(d * d), 0);
  ThreadPool pool(engine::threads_to_start(threads));
  for (int64_t begin = 0; begin < n; begin += block_samples) {
    const int64_t end = std::min(n, begin + block_samples);
    const std::vector<double> block = centred(samples, begin, end, result.mean);
    const PackedRows features = PackedRows::of_columns(block.data(), d, end - begin);
    add_product(features, features, result.covariance.data(), d, Part::lower, pool);
  }
  for (double& sum : result.covariance) sum /= static_cast<double>(n);
  return result;
}

Samples CentredMap::apply(const Samples& samples, const std::vector<int64_t>& shape, int threads) const {
  const engine::IeeeMode ieee;
  const int64_t d = inputs(), k = outputs(), n = samples.count();
  if (samples.size() != d)
    throw std::invalid_argument("samples of shape " + shape_text(samples.shape) + " do not fit a map of " +
                                std::to_string(d) + " values");
  const std::vector<double> weights(matrix.begin(), matrix.end());
  const PackedRows directions = PackedRows::of_rows(weights.data(), k, d);
  ThreadPool pool(engine::threads_to_start(threads));
  Samples result{shape, {}};
  result.values.reserve(static_cast<size_t>(n * k));
  for (int64_t begin = 0; begin < n; begin += block_samples) {
    const int64_t end = std::min(n, begin + block_samples);
    const std::vector<double> block = centred(samples, begin, end, mean);
    std::vector<double> products(static_cast<size_t>((end - begin) * k));
    add_product(PackedRows::of_rows(block.data(), end - begin, d), directions, products.data(), k, Part::all,
                pool);
    result.values.insert(result.values.end(), products.begin(), products.end());
  }
  return result;
}

Pca Pca::fit(const Samples& train, int threads) {
  const engine::IeeeMode ieee;
  const Moments m = moments(train, threads);
  const SymmetricEigen eigen = symmetric_eigen(m.covariance, train.size(), threads);
  Pca pca;
  pca.map = {rounded(m.mean), rounded(eigen.vectors)};
  double total = 0;
  for (const double variance : eigen.values) total += std::max(0.0, variance);  // below 0 by rounding alone
  if (!(total > 0))
    throw std::invalid_argument("principal components are impossible: all " + std::to_string(train.count()) +
                                " training samples are equal; check the training data");
  for (const double variance : eigen.values) pca.explained.push_back(std::max(0.0, variance) / total);
  return pca;
}

Pca Pca::keep(double share) const {
  const engine::IeeeMode ieee;
  if (!(share > 0 && share <= 1))
    throw std::invalid_argument("the share of variance to keep is " + std::to_string(share) +
                                "; expected a number in (0, 1]");
  int64_t kept = 0;
  double sum = 0;
  while (kept < components() && (kept == 0 || sum < share)) sum += explained[static_cast<size_t>(kept++)];
  Pca fewer{{map.mean, {map.matrix.begin(), map.matrix.begin() + kept * features()}}, {}};
  fewer.explained.assign(explained.begin(), explained.begin() + kept);
  return fewer;
}

Samples Pca::restore(const Samples& projected, const std::vector<int64_t>& shape) const {
  const engine::IeeeMode ieee;
  const int64_t d = features(), k = components();
  if (projected.size() != k || sample_size(shape) != d)
    throw std::invalid_argument("samples of " + std::to_string(k) + " components and a shape of " +
                                std::to_string(d) + " values are needed; found " +
                                shape_text(projected.shape) + " and " + shape_text(shape));
  Samples result{shape, {}};
  result.values.reserve(static_cast<size_t>(projected.count() * d));
  for (int64_t i = 0; i < projected.count(); ++i) {
    std::vector<double> sum(map.mean.begin(), map.mean.end());
    for (int64_t c = 0; c < k; ++c) {
      const double y = projected.sample(i)[c];
      const float* direction = map.matrix.data() + c * d;
      for (double& s : sum) s += y * *direction++;
    }
    result.values.insert(result.values.end(), sum.begin(), sum.end());
  }
  return result;
}

CentredMap zca_whitening(const Samples& train, double epsilon, int threads) {
  const engine::IeeeMode ieee;
  if (!(epsilon > 0 && std::isfinite(epsilon)))
    throw std::invalid_argument("the epsilon of ZCA whitening is " + std::to_string(epsilon) +
                                "; expected a number above 0");
  const Moments m = moments(train, threads);
  const int64_t d = train.size();
  SymmetricEigen eigen = symmetric_eigen(m.covariance, d, threads);
  // Row k of U diag(λ + ε)^(-1/4), so that the product with itself is W and exactly symmetric.
  for (int64_t k = 0; k < d; ++k) {
    const double factor =
        1 / std::sqrt(std::sqrt(std::max(0.0, eigen.values[static_cast<size_t>(k)]) + epsilon));
    for (int64_t j = 0; j < d; ++j) eigen.vectors[static_cast<size_t>(k * d + j)] *= factor;
  }
  std::vector<double> w(static_cast<size_t>(d * d));
  ThreadPool pool(engine::threads_to_start(threads));
  const PackedRows u = PackedRows::of_columns(eigen.vectors.data(), d, d);
  add_product(u, u, w.data(), d, Part::lower, pool);
  for (int64_t i = 0; i < d; ++i)
    for (int64_t j = 0; j < i; ++j) w[static_cast<size_t>(j * d + i)] = w[static_cast<size_t>(i * d + j)];
  return {rounded(m.mean), rounded(w)};
}

}  // namespace datasets
