#include "svdd/baselines/one_class_smo.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <stdexcept>
#include <string>

#include "engine/floating_point_mode.h"
#include "engine/stopping.h"
#include "svdd/training/stopwatch.h"

namespace svdd {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
// What stands for K_ii + K_jj − 2K_ij where it is not positive: two equal points, or rounding.
constexpr double smallest_curvature = 1e-12;

class Smo {
 public:
  Smo(KernelSource& kernel, const OneClassProblem& problem)
      : kernel_(kernel),
        problem_(problem),
        n_(kernel.points()),
        beta_(static_cast<size_t>(n_)),
        gradient_(static_cast<size_t>(n_)) {}

  OneClassSolution solve();

 private:
  double& beta(int64_t i) { return beta_[static_cast<size_t>(i)]; }
  double& gradient(int64_t i) { return gradient_[static_cast<size_t>(i)]; }
  void start();
  int64_t most_eager();
  int64_t best_partner(int64_t i, std::span<const float> row);
  void move(int64_t i, int64_t j, std::span<const float> to, std::span<const float> from);
  template <class Precedes>
  std::span<const float> row(int64_t i, Precedes precedes);
  double rho() const;

  KernelSource& kernel_;
  const OneClassProblem problem_;
  const int64_t n_;
  std::vector<double> beta_, gradient_;
  std::vector<int64_t> candidates_;
  double highest_ = 0;  // the largest gradient among the points with β > 0
};

// All weight on the first points, as much as each may carry.
void Smo::start() {
  double left = problem_.nu * static_cast<double>(n_);
  std::vector<int64_t> batch;
  for (int64_t i = 0; i < n_ && left > 0; ++i) {
    beta(i) = std::min(1.0, left);
    left -= beta(i);
  }
  for (int64_t first = 0; first < n_ && beta(first) > 0;) {
    batch.clear();
    int64_t last = first;
    for (; last < n_ && beta(last) > 0 && last - first < problem_.rows_at_once; ++last) batch.push_back(last);
    kernel_.expect(batch);
    for (; first < last; ++first) {
      engine::check_stop();
      const std::span<const float> k = kernel_.row(first);
      for (size_t t = 0; t < gradient_.size(); ++t) gradient_[t] += beta(first) * k[t];
    }
  }
}

// The point that gains most by more weight: the smallest gradient where β < 1. −1: none may gain.
int64_t Smo::most_eager() {
  int64_t best = -1;
  double lowest = infinity;
  highest_ = -infinity;
  for (int64_t t = 0; t < n_; ++t) {
    if (beta(t) < 1 && gradient(t) < lowest) lowest = gradient(t), best = t;
    if (beta(t) > 0 && gradient(t) > highest_) highest_ = gradient(t);
  }
  return best;
}

// The point that should give it: where moving weight to i lowers the objective most, (G_j − G_i)² / (2·(K_ii
// + K_jj − 2K_ij)), among those with β > 0 and G_j > G_i.
int64_t Smo::best_partner(int64_t i, std::span<const float> row) {
  int64_t best = -1;
  double most = 0;
  const double low = gradient(i);
  for (int64_t t = 0; t < n_; ++t) {
    const double slope = gradient(t) - low;
    if (!(beta(t) > 0) || slope <= 0) continue;
    const double curvature = 2 - 2 * static_cast<double>(row[static_cast<size_t>(t)]);
    const double gain = slope * slope / std::max(curvature, smallest_curvature);
    if (gain > most) most = gain, best = t;
  }
  return best;
}

// K(i, ·). If it must be computed, some are computed with it whose turn is likely to come: the first by
// `precedes` among those not at hand.
template <class Precedes>
std::span<const float> Smo::row(int64_t i, Precedes precedes) {
  if (!kernel_.ready(i)) {
    candidates_.clear();
    for (int64_t t = 0; t < n_; ++t)
      if (t != i && !kernel_.ready(t)) candidates_.push_back(t);
    const auto count = std::min(static_cast<ptrdiff_t>(problem_.rows_at_once - 1),
                                static_cast<ptrdiff_t>(candidates_.size()));
    std::partial_sort(candidates_.begin(), candidates_.begin() + count, candidates_.end(), precedes);
    candidates_.resize(static_cast<size_t>(count));
    candidates_.insert(candidates_.begin(), i);
    kernel_.expect(candidates_);
  }
  return kernel_.row(i);
}

// Exact minimisation along e_i − e_j, within the bounds.
void Smo::move(int64_t i, int64_t j, std::span<const float> to, std::span<const float> from) {
  const double curvature = 2 - 2 * static_cast<double>(to[static_cast<size_t>(j)]);
  const double wanted = (gradient(j) - gradient(i)) / std::max(curvature, smallest_curvature);
  const double room = 1 - beta(i), stock = beta(j), moved = std::min({wanted, room, stock});
  // At the bounds exactly: a weight of 1 − 1e-17 would count as free.
  beta(i) = moved == room ? 1 : beta(i) + moved;
  beta(j) = moved == stock ? 0 : beta(j) - moved;
  for (size_t t = 0; t < gradient_.size(); ++t)
    gradient_[t] += moved * (static_cast<double>(to[t]) - static_cast<double>(from[t]));
}

double Smo::rho() const {
  double sum = 0, above = -infinity, below = infinity;
  int64_t free = 0;
  for (size_t t = 0; t < beta_.size(); ++t) {
    if (beta_[t] >= 1)
      above = std::max(above, gradient_[t]);  // outside or on the sphere: G <= rho
    else if (beta_[t] <= 0)
      below = std::min(below, gradient_[t]);  // inside or on it: G >= rho
    else
      sum += gradient_[t], ++free;
  }
  if (free > 0) return sum / static_cast<double>(free);
  if (below == infinity) return above;  // ν = 1: every point carries all it may
  return above == -infinity ? below : (above + below) / 2;
}

OneClassSolution Smo::solve() {
  start();
  OneClassSolution solution;
  const int64_t most =
      problem_.most_iterations > 0 ? problem_.most_iterations : std::max<int64_t>(10'000'000, 100 * n_);
  const double tolerance = problem_.tolerance * std::min(1.0, problem_.nu * static_cast<double>(n_));
  Stopwatch since_note;
  const auto smaller = [&](int64_t a, int64_t b) { return gradient(a) < gradient(b); };
  const auto larger = [&](int64_t a, int64_t b) { return gradient(a) > gradient(b); };
  for (;; ++solution.iterations) {
    engine::check_stop();
    const int64_t i = most_eager();
    solution.violation = i < 0 ? 0 : std::max(0.0, highest_ - gradient(i));
    solution.converged = solution.violation <= tolerance;
    if (solution.converged || solution.iterations >= most) break;
    if (constexpr double often_enough = 10; problem_.note && since_note.seconds() > often_enough) {
      since_note = Stopwatch();
      std::ostringstream line;
      line << "kernel SVDD: " << solution.iterations << " iterations, off the optimum by "
           << solution.violation << ", to come below " << tolerance;
      problem_.note(line.str());
    }
    const std::span<const float> to = row(i, smaller);
    const int64_t j = best_partner(i, to);
    move(i, j, to, row(j, larger));
  }
  solution.rho = rho();
  solution.beta = std::move(beta_);
  solution.gradient = std::move(gradient_);
  return solution;
}

}  // namespace

OneClassSolution solve_one_class(KernelSource& kernel, const OneClassProblem& problem) {
  const engine::IeeeMode ieee;
  if (kernel.points() < 1) throw std::invalid_argument("one-class SMO: there are no points");
  if (!(problem.nu > 0 && problem.nu <= 1))
    throw std::invalid_argument("nu must be in (0, 1]; found " + std::to_string(problem.nu));
  if (!(problem.tolerance > 0) || problem.rows_at_once < 1)
    throw std::invalid_argument(
        "one-class SMO: the tolerance must be positive and rows come at least one at once");
  return Smo(kernel, problem).solve();
}

}  // namespace svdd
