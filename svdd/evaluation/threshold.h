// From a score to a decision: order statistics of the scores of known normal samples.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace svdd {

// Throws std::invalid_argument, beginning with `what` and naming the row, when a value is NaN. What every
// measure on scores asks first: a NaN has no place in any order.
void require_no_nan(std::span<const float> values, std::string_view what);
void require_no_nan(std::span<const double> values, std::string_view what);

// The q-quantile of m >= 1 values, q in [0, 1]: linear interpolation between the order statistics around the
// position (m - 1)·q, as numpy.quantile does. Throws std::invalid_argument for no values, a NaN (naming its
// row) or q outside [0, 1].
double quantile(std::span<const float> values, double q);
double quantile(std::span<const double> values, double q);

// The threshold above which the share `contamination` of the training scores lies: their (1 - contamination)
// quantile. A sample is called an anomaly when its score is > the threshold. `contamination`, in [0, 1],
// labels scores after training; the objective's nu shapes the training itself. Throws as quantile does.
double contamination_threshold(std::span<const float> train_scores, double contamination);

// The threshold at which false alarms have a known rate: that of split conformal prediction (Vovk, Gammerman, Shafer,
// "Algorithmic learning in a random world", 2005; Laxhammar and Falkman, "Conformal prediction for distribution-independent
// anomaly detection", 2010). It is the ⌊rate·(m + 1)⌋-th largest of the scores of m normal samples that were not trained on;
// a fresh normal sample scores above it with probability at most `rate`, whatever the method and the data, over the draw of
// all m + 1. Above it lie exactly the p-values (below) of at most `rate`. std::invalid_argument for a rate outside (0, 1), a
// NaN, and fewer samples than samples_for_rate.
double conformal_threshold(std::span<const float> normal_scores, double rate);
// How many it takes: the least m with rate·(m + 1) >= 1.
int64_t samples_for_rate(double rate);

// Which of n p-values are discoveries at a rate of false discoveries of at most q, by the step-up rule of Benjamini and
// Hochberg ("Controlling the false discovery rate", 1995): all up to the largest p_(k) <= k·q/n. It holds for conformal
// p-values too (Bates et al., "Testing for outliers with conformal p-values", 2023). std::invalid_argument for q outside
// (0, 1) and for a p-value outside [0, 1].
std::vector<bool> benjamini_hochberg(std::span<const double> p_values, double q);

// How often would a normal sample score at least this much? (1 + #{normal >= score}) / (m + 1), the conformal
// p-value (Vovk, Gammerman, Shafer, "Algorithmic learning in a random world", 2005): for a fresh normal
// sample it is at most u with probability at most u. That needs normal scores that were not trained on; from
// training scores it is optimistic.
class PValues {
 public:
  explicit PValues(std::vector<float> normal_scores);  // std::invalid_argument for none or a NaN
  double operator()(float score) const;                // in [1/(m + 1), 1]; std::invalid_argument for a NaN

 private:
  std::vector<float> sorted_;  // ascending
};

}  // namespace svdd
