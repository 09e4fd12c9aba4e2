#include "datasets/pca.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <string>

#include "datasets/matrix_product.h"
#include "datasets/symmetric_eigen.h"
#include "engine/backends/cpu/cpu.h"
#include "engine/enough_memory.h"
#include "engine/floating_point_mode.h"
#include "engine/stopping.h"
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

void check(const Samples& samples) {
  samples.check("the training data");
  if (samples.count() < 2)
    throw std::invalid_argument("a covariance needs at least 2 training samples; there are " +
                                std::to_string(samples.count()));
}

std::vector<double> mean_of(const Samples& samples) {
  std::vector<double> mean(static_cast<size_t>(samples.size()), 0);
  for (int64_t i = 0; i < samples.count(); ++i) {
    engine::check_stop();
    const float* x = samples.sample(i);
    for (double& sum : mean) sum += *x++;
  }
  for (double& sum : mean) sum /= static_cast<double>(samples.count());
  return mean;
}

// How long eigenvectors take, on one thread; read off measurements at 784 to 3072.
double eigenvectors_seconds(int64_t order) { return 1e-9 * std::pow(static_cast<double>(order), 3); }
double eigenvectors_bytes(int64_t order) { return 3 * 8 * std::pow(static_cast<double>(order), 2); }

std::string two_digits(double number) {
  std::ostringstream out;
  out << std::setprecision(2) << number;
  return out.str();
}

std::string cost_text(int64_t order) {
  const double seconds = eigenvectors_seconds(order), bytes = eigenvectors_bytes(order);
  const std::string side = std::to_string(order);
  return "about " +
         (seconds < 100 ? two_digits(seconds) + " s" : two_digits(std::ceil(seconds / 60)) + " minutes") +
         " and " +
         (bytes < 1e9 ? std::to_string(static_cast<int64_t>(bytes / 1e6)) + " MB"
                      : two_digits(bytes / 1e9) + " GB") +
         " for the eigenvectors of a " + side + " x " + side + " matrix";
}

void check_order(const std::string& what, int64_t order, const std::string& instead) {
  if (order <= most_eigenvectors) return;
  throw std::invalid_argument(what + " would take the eigenvectors of a matrix of " + std::to_string(order) +
                              " x " + std::to_string(order) + "; expected at most " +
                              std::to_string(most_eigenvectors) + ": " + instead);
}

template <class F>
auto with_enough_memory(const char* what, const Samples& train, F f) {
  return engine::with_enough_memory(
      [&] {
        return std::string(what) + " of " + std::to_string(train.count()) + " samples of " +
               std::to_string(train.size()) +
               " values; fewer samples or fewer values (smaller images) take less";
      },
      f);
}

// Columns [begin, end) of the samples less their mean, n x (end − begin), in double.
std::vector<double> centred_columns(const Samples& samples, int64_t begin, int64_t end,
                                    const std::vector<double>& mean) {
  std::vector<double> block;
  block.reserve(static_cast<size_t>(samples.count() * (end - begin)));
  for (int64_t i = 0; i < samples.count(); ++i)
    for (int64_t j = begin; j < end; ++j)
      block.push_back(static_cast<double>(samples.sample(i)[j]) - mean[static_cast<size_t>(j)]);
  return block;
}

// Directions whose variance rounding alone could have made, by the error of the eigenvalues.
double negligible_variance(const SymmetricEigen& eigen) {
  return 16 * static_cast<double>(eigen.values.size()) * 0x1p-52 * std::max(0.0, eigen.values.front());
}

void check_share(double share) {
  if (!(share > 0 && share <= 1))
    throw std::invalid_argument("the share of variance to keep is " + std::to_string(share) +
                                "; expected a number in (0, 1]");
}

void require_variance(double total, const Samples& train) {
  if (total > 0) return;
  throw std::invalid_argument("principal components are impossible: all " + std::to_string(train.count()) +
                              " training samples are equal; check the training data");
}

// How many of the leading shares come to `share`.
int64_t fewest(const std::vector<double>& explained, double share) {
  int64_t kept = 0;
  double sum = 0;
  while (kept < static_cast<int64_t>(explained.size()) && (kept == 0 || sum < share))
    sum += explained[static_cast<size_t>(kept++)];
  return kept;
}

// By the products of the samples with each other, XXᵀ, for fewer samples than values.
Pca fit_by_products(const Samples& train, int threads, double share) {
  constexpr int64_t block_values = 1024;
  const int64_t n = train.count(), d = train.size();
  const std::vector<double> mean = mean_of(train);
  std::vector<double> gram(static_cast<size_t>(n * n));
  ThreadPool pool(engine::threads_to_start(threads));
  for (int64_t begin = 0; begin < d; begin += block_values) {
    const int64_t end = std::min(d, begin + block_values);
    const std::vector<double> block = centred_columns(train, begin, end, mean);
    const PackedRows samples = PackedRows::of_rows(block.data(), n, end - begin);
    add_product(samples, samples, gram.data(), n, Part::lower, pool);
  }
  for (double& sum : gram) sum /= static_cast<double>(n);
  SymmetricEigen eigen = symmetric_eigen(gram, n, threads);
  gram = {};

  double total = 0;
  for (const double variance : eigen.values) total += std::max(0.0, variance);
  require_variance(total, train);
  Pca pca;
  const double negligible = negligible_variance(eigen);
  for (int64_t k = 0; k < n - 1 && eigen.values[static_cast<size_t>(k)] > negligible;
       ++k)  // centred: n − 1 at most
    pca.explained.push_back(eigen.values[static_cast<size_t>(k)] / total);
  if (share > 0) pca.explained.resize(static_cast<size_t>(fewest(pca.explained, share)));
  const auto kept = static_cast<int64_t>(pca.explained.size());

  std::vector<double> directions(static_cast<size_t>(kept * d));
  const PackedRows u = PackedRows::of_rows(eigen.vectors.data(), kept, n);
  for (int64_t begin = 0; begin < d; begin += block_values) {
    const int64_t end = std::min(d, begin + block_values);
    const std::vector<double> block = centred_columns(train, begin, end, mean);
    add_product(u, PackedRows::of_columns(block.data(), end - begin, n), directions.data() + begin, d,
                Part::all, pool);
  }
  pca.map.mean = rounded(mean);
  pca.map.matrix.reserve(directions.size());
  for (int64_t k = 0; k < kept; ++k) {
    engine::check_stop();
    const double* row = directions.data() + k * d;
    double squares = 0, largest = 0;  // Σ (Xᵀu)² is nλ but for rounding
    for (int64_t j = 0; j < d; ++j) {
      squares += row[j] * row[j];
      if (std::abs(row[j]) > std::abs(largest)) largest = row[j];
    }
    const double scale = (largest < 0 ? -1 : 1) / std::sqrt(squares);
    for (int64_t j = 0; j < d; ++j) pca.map.matrix.push_back(static_cast<float>(row[j] * scale));
  }
  return pca;
}

Pca fit_by_covariance(const Samples& train, int threads, double share) {
  const Moments m = moments(train, threads);
  const SymmetricEigen eigen = symmetric_eigen(m.covariance, train.size(), threads);
  Pca pca;
  pca.map = {rounded(m.mean), rounded(eigen.vectors)};
  double total = 0;
  for (const double variance : eigen.values) total += std::max(0.0, variance);  // below 0 by rounding alone
  require_variance(total, train);
  for (const double variance : eigen.values) pca.explained.push_back(std::max(0.0, variance) / total);
  return share > 0 ? pca.keep(share) : pca;
}

CentredMap whitening(const Samples& train, double epsilon, int threads) {
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

}  // namespace

std::string eigenvectors_cost(int64_t order) {
  constexpr double a_moment = 5;  // seconds
  return eigenvectors_seconds(order) > a_moment ? cost_text(order) : "";
}

Moments moments(const Samples& samples, int threads) {
  const engine::IeeeMode ieee;
  check(samples);
  const int64_t n = samples.count(), d = samples.size();
  Moments result;
  result.mean = mean_of(samples);
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

std::vector<double> CentredMap::pull_back(const std::vector<double>& g) const {
  std::vector<double> sum(mean.size());
  for (size_t k = 0; k < g.size(); ++k)
    for (size_t j = 0; j < sum.size(); ++j) sum[j] += g[k] * static_cast<double>(matrix[k * sum.size() + j]);
  return sum;
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

Pca Pca::fit(const Samples& train, int threads, double share) {
  const engine::IeeeMode ieee;
  check(train);
  if (share != 0) check_share(share);
  const int64_t n = train.count(), d = train.size();
  check_order("principal components of " + std::to_string(n) + " samples of " + std::to_string(d) + " values",
              std::min(n, d), "take fewer samples, or fewer values (smaller images)");
  return with_enough_memory("principal components", train, [&] {
    return n < d ? fit_by_products(train, threads, share) : fit_by_covariance(train, threads, share);
  });
}

Pca Pca::keep(double share) const {
  const engine::IeeeMode ieee;
  check_share(share);
  const int64_t kept = fewest(explained, share);
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
  check(train);
  const int64_t d = train.size();
  check_order("whitening of samples of " + std::to_string(d) + " values", d,
              "smaller images or fewer columns take less");
  return with_enough_memory("whitening", train, [&] { return whitening(train, epsilon, threads); });
}

}  // namespace datasets
