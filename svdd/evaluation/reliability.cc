#include "svdd/evaluation/reliability.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "engine/floating_point_mode.h"
#include "svdd/evaluation/threshold.h"

namespace svdd {
namespace {

// A rate that is meant to be k / (m + 1) reaches it, whatever the division made of it.
double reached(double rate) {
  if (!(rate >= 0 && rate <= 1)) throw std::invalid_argument("a rate of false alarms is a share in [0, 1]");
  constexpr double rounding = 1e-12;
  return rate + rounding;
}

}  // namespace

std::pair<int64_t, int64_t> false_alarms_by_chance(int64_t calibration_samples, int64_t fresh_samples,
                                                   double rate, double probability) {
  if (calibration_samples < 1) throw std::invalid_argument("there are no calibration samples");
  const engine::IeeeMode ieee;
  const int64_t steps = calibration_samples + 1,
                k = std::min(steps,
                             static_cast<int64_t>(std::floor(reached(rate) * static_cast<double>(steps))));
  return beta_binomial_interval(fresh_samples, k, steps - k, probability);
}

// The probabilities follow from one another: P(s + 1) / P(s) = (n − s)(α + s) / ((s + 1)(n − s − 1 + β)). Their logarithms, from
// that of P(0) taken as 0, are brought to a sum of 1 at the end: P(0) itself may be too small for a double.
std::pair<int64_t, int64_t> beta_binomial_interval(int64_t n, int64_t alpha, int64_t beta,
                                                   double probability) {
  if (n < 0 || alpha < 0 || beta < 0 || alpha + beta == 0 || !(probability > 0 && probability < 1))
    throw std::invalid_argument("[beta_binomial_interval] n " + std::to_string(n) + ", parameters " +
                                std::to_string(alpha) + " and " + std::to_string(beta) +
                                "; expected none below 0, and a probability in (0, 1)");
  const engine::IeeeMode ieee;
  if (alpha == 0) return {0, 0};
  if (beta == 0) return {n, n};
  std::vector<double> p{0};
  for (int64_t s = 0; s < n; ++s)
    p.push_back(p.back() + std::log(static_cast<double>(n - s) / static_cast<double>(s + 1) *
                                    static_cast<double>(alpha + s) / static_cast<double>(n - s - 1 + beta)));
  const double highest = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& one : p) sum += one = std::exp(one - highest);
  const double beyond = (1 - probability) / 2 * sum;
  int64_t low = 0, high = n;
  for (double below = p[0]; low < n && below <= beyond; below += p[static_cast<size_t>(low)]) ++low;
  for (double above = p[static_cast<size_t>(n)]; high > 0 && above <= beyond;
       above += p[static_cast<size_t>(high)])
    --high;
  return {low, high};
}

std::vector<Reliability> reliability(std::span<const float> calibration_scores,
                                     std::span<const float> fresh_scores, std::span<const double> rates,
                                     double probability) {
  if (fresh_scores.empty()) throw std::invalid_argument("there are no fresh scores to look at");
  const engine::IeeeMode ieee;
  require_no_nan(fresh_scores, "fresh scores");
  const PValues p_value(std::vector<float>(calibration_scores.begin(), calibration_scores.end()));
  std::vector<double> p;
  for (const float score : fresh_scores) p.push_back(p_value(score));
  std::sort(p.begin(), p.end());
  const auto n = static_cast<int64_t>(p.size()), m = static_cast<int64_t>(calibration_scores.size());
  std::vector<Reliability> found;
  for (const double rate : rates) {
    const auto [low, high] = false_alarms_by_chance(m, n, rate, probability);
    found.push_back({rate, std::upper_bound(p.begin(), p.end(), reached(rate)) - p.begin(), n, low, high});
  }
  return found;
}

}  // namespace svdd
