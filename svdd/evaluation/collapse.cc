#include "svdd/evaluation/collapse.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include "engine/floating_point_mode.h"
#include "svdd/evaluation/metrics.h"

namespace svdd {
namespace {

constexpr double min_distinct_share = 0.01;
constexpr double min_representation_share = 1e-3;
constexpr double min_representation_resolution = 1e-5;
constexpr double min_score_share = 1e-6;
constexpr double min_relative_score_share = 1e-3;
constexpr size_t least_for_equal_scores = 10;
constexpr double relative_tie = 1e-6, share_of_equal_scores = 0.9;

void require_finite(std::span<const float> values, int64_t row_length, const char* what) {
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      throw std::invalid_argument(
          std::string(what) + " in row " + std::to_string(i / static_cast<size_t>(row_length)) + " is " +
          std::to_string(values[i]) +
          "; expected a finite number (has the training diverged? try a lower learning rate)");
}

double root_mean_square(std::span<const float> values) {
  double squares = 0;
  for (const float v : values) squares += static_cast<double>(v) * v;
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// sqrt((1/p)·Σ_j var_j), the variance over the n rows; two passes, since std may be a millionth of the mean.
double root_mean_variance(std::span<const float> rows, size_t p) {
  const size_t n = rows.size() / p;
  std::vector<double> mean(p, 0.0);
  for (size_t i = 0; i < rows.size(); ++i) mean[i % p] += rows[i];
  for (double& m : mean) m /= static_cast<double>(n);
  double squares = 0;
  for (size_t i = 0; i < rows.size(); ++i) squares += (rows[i] - mean[i % p]) * (rows[i] - mean[i % p]);
  return std::sqrt(squares / static_cast<double>(rows.size()));
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

// Nothing where `end` keeps at least the share `limit` of `start`.
std::optional<std::string> fell(const std::string& what, double start, double end, double limit) {
  if (!(end < limit * start)) return std::nullopt;
  return what + " fell to " + number(end / start) + " of its start (" + number(start) + " to " + number(end) +
         ", limit " + number(limit) + ")";
}

std::optional<std::string> what_collapsed(const Spread& start, const Spread& end) {
  const int64_t least = std::max<int64_t>(
      2, static_cast<int64_t>(std::ceil(min_distinct_share * static_cast<double>(start.distinct_scores))));
  if (end.distinct_scores < least)
    return "only " + std::to_string(end.distinct_scores) + " distinct scores are left of " +
           std::to_string(start.distinct_scores) + " at the start (limit " + std::to_string(least) + ")";
  if (auto text = fell("the spread of the representations", start.representation_std, end.representation_std,
                       min_representation_share))
    return text;
  if (end.representation_std < min_representation_resolution * end.representation_rms)
    return "the spread of the representations is " + number(end.representation_std / end.representation_rms) +
           " of their size (limit " + number(min_representation_resolution) +
           "), no more than float rounding";
  if (auto text = fell("the spread of the scores", start.score_std, end.score_std, min_score_share))
    return text;
  const auto relative = [](const Spread& s) { return s.score_rms > 0 ? s.score_std / s.score_rms : 0.0; };
  return fell("the spread of the scores relative to their size", relative(start), relative(end),
              min_relative_score_share);
}

}  // namespace

Spread measure_spread(std::span<const float> scores, std::span<const float> representations, int64_t p) {
  const engine::IeeeMode ieee;
  if (scores.empty()) throw std::invalid_argument("spread of no scores: at least one sample is needed");
  if (p < 0 || (p == 0 ? !representations.empty()
                       : representations.size() % static_cast<size_t>(p) != 0 ||
                             representations.size() / static_cast<size_t>(p) != scores.size()))
    throw std::invalid_argument("spread: there are " + std::to_string(representations.size()) +
                                " representation values for " + std::to_string(scores.size()) +
                                " scores; expected one row of p = " + std::to_string(p) +
                                " values per score");
  require_finite(scores, 1, "the score");
  require_finite(representations, std::max<int64_t>(p, 1), "the representation");
  Spread spread;
  spread.score_std = standard_deviation(scores);
  spread.score_rms = root_mean_square(scores);
  spread.distinct_scores = distinct_scores(scores);
  if (p == 0) return spread;
  spread.representation_std = root_mean_variance(representations, static_cast<size_t>(p));
  spread.representation_rms = root_mean_square(representations);
  return spread;
}

std::optional<std::string> collapse_warning(const Spread& start, const Spread& end) {
  const engine::IeeeMode ieee;
  const auto cause = what_collapsed(start, end);
  if (!cause) return std::nullopt;
  return "the model has collapsed: " + *cause +
         ", so its scores hardly tell samples apart; usual causes are bias terms (or an affine batch norm), "
         "a centre near zero, "
         "bounded activations (sigmoid, tanh) and too much weight decay";
}

std::optional<std::string> equal_samples_warning(std::span<const float> rows, int64_t size) {
  const auto width = static_cast<size_t>(std::max<int64_t>(size, 1));
  for (size_t i = width; i < rows.size(); ++i)
    if (rows[i] != rows[i - width]) return std::nullopt;
  return "there is nothing to tell apart: all " + std::to_string(rows.size() / width) +
         " training samples are equal after preprocessing, so they share one score; check the training data, "
         "and "
         "whether their differences are too small beside the values themselves";
}

std::optional<std::string> equal_scores_warning(std::span<const float> scores, std::span<const float> rows,
                                                int64_t size, std::string_view which) {
  const engine::IeeeMode ieee;
  const size_t n = scores.size();
  if (n < least_for_equal_scores || size < 1 || rows.size() != n * static_cast<size_t>(size))
    return std::nullopt;
  std::vector<float> sorted(scores.begin(), scores.end());
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(n / 2), sorted.end());
  const double middle = sorted[n / 2];
  std::vector<size_t> alike;
  for (size_t i = 0; i < n; ++i)
    if (std::abs(scores[i] - middle) <= relative_tie * std::abs(middle)) alike.push_back(i);
  if (static_cast<double>(alike.size()) < share_of_equal_scores * static_cast<double>(n)) return std::nullopt;
  // Equal samples must share a score: their largest group does not count.
  const auto width = static_cast<size_t>(size);
  const auto sample = [&](size_t i) { return rows.subspan(i * width, width); };
  std::sort(alike.begin(), alike.end(), [&](size_t a, size_t b) {
    return std::lexicographical_compare(sample(a).begin(), sample(a).end(), sample(b).begin(),
                                        sample(b).end());
  });
  size_t largest = 0, group = 0;
  for (size_t k = 0; k < alike.size(); ++k) {
    const bool again =
        k > 0 && std::equal(sample(alike[k]).begin(), sample(alike[k]).end(), sample(alike[k - 1]).begin());
    group = again ? group + 1 : 1;
    largest = std::max(largest, group);
  }
  if (2 * largest > alike.size()) return std::nullopt;
  return "the scores tell nearly nothing apart: " +
         (alike.size() == n ? "all " + std::to_string(n)
                            : std::to_string(alike.size()) + " of " + std::to_string(n)) +
         ' ' + std::string(which) + " samples share the score " + number(middle) +
         ", though they differ; usual causes are a value far from all others, which swallows its column's "
         "scale, and columns of noise";
}

}  // namespace svdd
