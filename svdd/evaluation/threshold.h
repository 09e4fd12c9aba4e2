// From a score to a decision: order statistics of the scores of known normal samples.
#pragma once
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
