#include "svdd/clustering/tsne.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "engine/elementary.h"
#include "engine/floating_point_mode.h"
#include "engine/random.h"
#include "svdd/clustering/points.h"

namespace svdd {
namespace {

constexpr int64_t pair_lanes = 16;  // pairs at a time; sums over pairs keep so many parts
constexpr int64_t block = 64;       // rows that a thread takes at a time
constexpr int64_t early = 250;      // iterations with exaggerated affinities and little momentum

// A thread is worth its waking only with enough pairs to itself in each iteration.
int threads_worth(int64_t n, const Machine& on) {
  constexpr int64_t pairs_of_a_thread = int64_t{1} << 16;
  return threads_for(on, std::min((n + block - 1) / block, 1 + n * n / pairs_of_a_thread));
}

int64_t whole_lanes(int64_t n) { return (n + pair_lanes - 1) / pair_lanes * pair_lanes; }

void check(std::span<const float> rows, int64_t d, const TsneOptions& o) {
  check_rows("t-SNE", rows, d, Distance::euclidean, 4);
  const int64_t n = static_cast<int64_t>(rows.size()) / d;
  if (n > most_tsne_rows)
    throw std::invalid_argument("t-SNE: there are " + std::to_string(n) + " rows; expected at most " +
                                std::to_string(most_tsne_rows) + ": take a sample");
  if (!(o.perplexity >= 1 && 3 * o.perplexity <= static_cast<double>(n - 1)))
    throw std::invalid_argument("t-SNE: the perplexity is " + std::to_string(o.perplexity) +
                                "; expected 1 to a third of the number of rows, " +
                                std::to_string((n - 1) / 3) + " here");
  if (o.iterations < 0 || !(o.exaggeration >= 1) || !(o.learning_rate >= 0))
    throw std::invalid_argument(
        "t-SNE: expected at least 0 iterations, an exaggeration of at least 1 and a learning rate of at "
        "least 0");
}

// Equation 1: p_{j|i} ∝ exp(−β·‖x_i − x_j‖²), with β such that the entropy is the logarithm of the
// perplexity, found by bisection. `squared` holds the squared distances of row i, in place of which p comes.
void conditional_affinities(std::vector<float>& squared, size_t i, double log_perplexity) {
  float nearest = std::numeric_limits<float>::infinity();
  for (size_t j = 0; j < squared.size(); ++j)
    if (j != i) nearest = std::min(nearest, squared[j]);
  for (float& s : squared) s -= nearest;  // p does not change, and one term is 1
  std::vector<float> p(squared.size());
  double low = 0, high = std::numeric_limits<double>::infinity(), beta = 1;
  for (int step = 0; step < 64; ++step) {
    double sum = 0, weighted = 0;
    for (size_t j = 0; j < p.size(); ++j) {
      p[j] = j == i ? 0.0f
                    : engine::elementary::exp(static_cast<float>(-beta * static_cast<double>(squared[j])));
      sum += static_cast<double>(p[j]);
      weighted += static_cast<double>(p[j]) * static_cast<double>(squared[j]);
    }
    for (float& x : p) x = static_cast<float>(static_cast<double>(x) / sum);
    const double entropy =
        static_cast<double>(engine::elementary::log(static_cast<float>(sum))) + beta * weighted / sum;
    if (std::abs(entropy - log_perplexity) < 1e-5) break;
    (entropy > log_perplexity ? low : high) = beta;
    beta = std::isinf(high) ? 2 * beta : (low + high) / 2;
  }
  squared.swap(p);
}

// p_ij = (p_{j|i} + p_{i|j}) / 2n, n rows of whole_lanes(n) numbers. Distances are in units of their mean
// square, so that β begins near the right scale whatever the data's.
std::vector<float> affinities(std::span<const float> rows, int64_t d, double perplexity,
                              engine::ThreadPool& pool) {
  const Points points(rows, d, Distance::euclidean);
  const int64_t n = points.count(), stride = whole_lanes(n);
  std::vector<float> p(static_cast<size_t>(n * stride));
  const auto log_perplexity = static_cast<double>(engine::elementary::log(static_cast<float>(perplexity)));
  Turns turns(n);
  on_threads(pool, turns, [&] {
    std::vector<float> row(static_cast<size_t>(n));
    std::vector<double> squared(row.size());
    for (int64_t i = 0; turns.take(i);) {
      double sum = 0;
      for (int64_t j = 0; j < n; ++j) sum += squared[static_cast<size_t>(j)] = points.squared(i, j);
      const double scale = sum > 0 ? static_cast<double>(n) / sum : 1;
      for (size_t j = 0; j < row.size(); ++j) row[j] = static_cast<float>(squared[j] * scale);
      conditional_affinities(row, static_cast<size_t>(i), log_perplexity);
      std::copy(row.begin(), row.end(), p.begin() + i * stride);
    }
  });
  for (int64_t i = 0; i < n; ++i)
    for (int64_t j = 0; j < i; ++j) {
      float &a = p[static_cast<size_t>(i * stride + j)], &b = p[static_cast<size_t>(j * stride + i)];
      a = b = std::max((a + b) / static_cast<float>(2 * n), 1e-12f);
    }
  return p;
}

// What one row feels from all: with q = 1/(1 + ‖y_i − y_j‖²), the sums Σ q, Σ p·q·(y_i − y_j), Σ q²·(y_i −
// y_j).
struct Forces {
  double q = 0, attraction[2] = {}, repulsion[2] = {};
};

double closed(const float* parts) {
  double sum = 0;
  for (int64_t l = 0; l < pair_lanes; ++l) sum += static_cast<double>(parts[l]);
  return sum;
}

// x and y are whole lanes long; beyond the last point they hold a number so far away that q² is 0.
Forces forces_on(size_t i, const float* p, const std::vector<float>& x, const std::vector<float>& y) {
  float q_sum[pair_lanes] = {}, ax[pair_lanes] = {}, ay[pair_lanes] = {}, rx[pair_lanes] = {},
        ry[pair_lanes] = {};
  for (size_t j = 0; j < x.size(); j += pair_lanes)
    for (size_t l = 0; l < pair_lanes; ++l) {
      const float dx = x[i] - x[j + l], dy = y[i] - y[j + l];
      const float q = 1.0f / (1.0f + (dx * dx + dy * dy));
      const float pq = p[j + l] * q, qq = q * q;
      q_sum[l] += q;
      ax[l] += pq * dx, ay[l] += pq * dy;
      rx[l] += qq * dx, ry[l] += qq * dy;
    }
  return {closed(q_sum) - 1, {closed(ax), closed(ay)}, {closed(rx), closed(ry)}};  // q_ii is 1 and no pair
}

}  // namespace

std::vector<float> tsne(std::span<const float> rows, int64_t d, const TsneOptions& options, const Machine& on,
                        const ShareDone& share_done) {
  const engine::IeeeMode ieee;
  check(rows, d, options);
  const int64_t n = static_cast<int64_t>(rows.size()) / d, stride = whole_lanes(n);
  engine::ThreadPool pool(threads_worth(n, on));
  const std::vector<float> p = affinities(rows, d, options.perplexity, pool);
  const double rate = options.learning_rate > 0
                          ? options.learning_rate
                          : std::max(static_cast<double>(n) / options.exaggeration / 4, 50.0);

  constexpr float far_away = 1e18f;
  std::vector<float> at[2] = {std::vector<float>(static_cast<size_t>(stride), far_away),
                              std::vector<float>(static_cast<size_t>(stride), far_away)};
  std::vector<double> place[2], velocity[2], gain[2];
  const engine::RandomStream start(options.seed, "tsne");
  for (size_t axis = 0; axis < 2; ++axis) {
    for (int64_t i = 0; i < n; ++i)
      place[axis].push_back(1e-4 * static_cast<double>(start.normal(static_cast<uint64_t>(2 * i) + axis)));
    velocity[axis].assign(static_cast<size_t>(n), 0.0);
    gain[axis].assign(static_cast<size_t>(n), 1.0);
    std::copy(place[axis].begin(), place[axis].end(), at[axis].begin());
  }

  std::vector<Forces> forces(static_cast<size_t>(n));
  for (int64_t t = 0; t < options.iterations; ++t) {
    Turns turns((n + block - 1) / block);
    on_threads(pool, turns, [&] {
      for (int64_t turn = 0; turns.take(turn);)
        for (int64_t i = turn * block; i < std::min(n, (turn + 1) * block); ++i)
          forces[static_cast<size_t>(i)] =
              forces_on(static_cast<size_t>(i), p.data() + i * stride, at[0], at[1]);
    });
    double normaliser = 0;  // Z = Σ_{k≠l} q_kl
    for (const Forces& f : forces) normaliser += f.q;
    const double exaggeration = t < early ? options.exaggeration : 1, momentum = t < early ? 0.5 : 0.8;
    for (size_t axis = 0; axis < 2; ++axis) {
      double mean = 0;
      for (size_t i = 0; i < forces.size(); ++i) {
        // Equation 5, and the gains of Jacobs (1988): larger where the gradient keeps its sign.
        const double gradient =
            4 * (exaggeration * forces[i].attraction[axis] - forces[i].repulsion[axis] / normaliser);
        double &v = velocity[axis][i], &g = gain[axis][i];
        g = (gradient > 0) != (v > 0) ? g + 0.2 : std::max(g * 0.8, 0.01);
        v = momentum * v - rate * g * gradient;
        place[axis][i] += v;
        mean += place[axis][i];
      }
      mean /= static_cast<double>(n);
      for (size_t i = 0; i < forces.size(); ++i) {
        place[axis][i] -= mean;
        at[axis][i] = static_cast<float>(place[axis][i]);
      }
    }
    if (share_done) share_done(static_cast<double>(t + 1) / static_cast<double>(options.iterations));
  }
  std::vector<float> plane;
  for (size_t i = 0; i < static_cast<size_t>(n); ++i) plane.insert(plane.end(), {at[0][i], at[1][i]});
  return plane;
}

}  // namespace svdd
