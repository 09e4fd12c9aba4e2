#include "svdd/evaluation/threshold.h"

#include "engine/files/in_quotes.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/floating_point_mode.h"

namespace svdd {
namespace {

template <class T>
void refuse_nan(std::span<const T> values, std::string_view what) {
  for (size_t i = 0; i < values.size(); ++i)
    if (std::isnan(values[i]))
      throw std::invalid_argument(
          std::string(what) + ": the value in row " + std::to_string(i) +
          " is NaN; expected a number (has the training diverged? try a lower learning rate)");
}

template <class T>
double interpolated_quantile(std::span<const T> values, double q) {
  if (values.empty()) throw std::invalid_argument("quantile of no values: at least one is needed");
  refuse_nan(values, "quantile");
  if (!(q >= 0 && q <= 1))
    throw std::invalid_argument("quantile: q is " + std::to_string(q) + ", expected a number in [0, 1]");
  std::vector<T> v(values.begin(), values.end());
  const double position = static_cast<double>(v.size() - 1) * q;
  const double below = std::floor(position);
  const auto at = v.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(v.begin(), at, v.end());
  const double low = *at, share = position - below;
  if (share == 0) return low;  // also the last order statistic, which has no neighbour above
  const double high = *std::min_element(at + 1, v.end());
  // Infinities have no difference, and a place between two numbers is rounded beyond neither of them.
  if (std::isinf(low) || std::isinf(high)) return std::isinf(low) ? low : high;
  return std::clamp(low + share * (high - low), low, high);
}

}  // namespace

void require_no_nan(std::span<const float> values, std::string_view what) { refuse_nan(values, what); }
void require_no_nan(std::span<const double> values, std::string_view what) { refuse_nan(values, what); }

double quantile(std::span<const float> values, double q) {
  const engine::IeeeMode ieee;
  return interpolated_quantile(values, q);
}
double quantile(std::span<const double> values, double q) {
  const engine::IeeeMode ieee;
  return interpolated_quantile(values, q);
}

double contamination_threshold(std::span<const float> train_scores, double contamination) {
  const engine::IeeeMode ieee;
  if (!(contamination >= 0 && contamination <= 1))
    throw std::invalid_argument("contamination is " + engine::number_text(contamination) +
                                ", expected the share of training samples to call anomalous, in [0, 1]");
  return quantile(train_scores, 1 - contamination);
}

int64_t samples_for_rate(double rate) {
  if (!(rate > 0 && rate < 1))
    throw std::invalid_argument("a rate of false alarms lies in (0, 1); found " + engine::number_text(rate));
  auto m = static_cast<int64_t>(1 / rate);
  while (m > 0 && rate * static_cast<double>(m) >= 1) --m;  // now rate·m < 1
  while (rate * static_cast<double>(m + 1) < 1) ++m;
  return m;
}

double conformal_threshold(std::span<const float> normal_scores, double rate) {
  const engine::IeeeMode ieee;
  const int64_t needed = samples_for_rate(rate), m = static_cast<int64_t>(normal_scores.size());
  if (m < needed)
    throw std::invalid_argument("a rate of false alarms of " + engine::number_text(rate) + " takes " +
                                std::to_string(needed) + " normal samples that were not trained on; there " +
                                (m == 1 ? "is 1" : "are " + std::to_string(m)));
  require_no_nan(normal_scores, "normal scores");
  std::vector<float> sorted(normal_scores.begin(), normal_scores.end());
  const auto k = static_cast<std::ptrdiff_t>(rate * static_cast<double>(m + 1));
  std::nth_element(sorted.begin(), sorted.begin() + (k - 1), sorted.end(), std::greater<>());
  return sorted[static_cast<size_t>(k - 1)];
}

std::vector<bool> benjamini_hochberg(std::span<const double> p_values, double q) {
  const engine::IeeeMode ieee;
  if (!(q > 0 && q < 1))
    throw std::invalid_argument("a rate of false discoveries lies in (0, 1); found " +
                                engine::number_text(q));
  std::vector<double> sorted(p_values.begin(), p_values.end());
  for (const double p : sorted)
    if (!(p >= 0 && p <= 1))
      throw std::invalid_argument("a p-value lies in [0, 1]; found " + engine::number_text(p));
  std::sort(sorted.begin(), sorted.end());
  double largest = -1;
  for (size_t k = 0; k < sorted.size(); ++k)
    if (sorted[k] <= static_cast<double>(k + 1) * q / static_cast<double>(sorted.size())) largest = sorted[k];
  std::vector<bool> discoveries;
  for (const double p : p_values) discoveries.push_back(p <= largest);
  return discoveries;
}

PValues::PValues(std::vector<float> normal_scores) : sorted_(std::move(normal_scores)) {
  const engine::IeeeMode ieee;
  if (sorted_.empty())
    throw std::invalid_argument("p-values against no normal scores: at least one is needed");
  require_no_nan(sorted_, "normal scores");
  std::sort(sorted_.begin(), sorted_.end());
}

double PValues::operator()(float score) const {
  const engine::IeeeMode ieee;
  if (std::isnan(score)) throw std::invalid_argument("p-value of a score that is NaN: expected a number");
  const auto at_least = sorted_.end() - std::lower_bound(sorted_.begin(), sorted_.end(), score);
  return static_cast<double>(1 + at_least) / static_cast<double>(1 + sorted_.size());
}

}  // namespace svdd
