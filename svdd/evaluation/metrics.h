// How well scores separate anomalies from normal samples.
//
// Everywhere: n scores and n labels, row i of both is sample i; label 1 is an anomaly, 0 is normal; a larger
// score is more anomalous. Any range of scores will do, infinities too: only their order matters. Equal
// scores are one step of every curve, so no result depends on the order of the rows.
//
// Errors, std::invalid_argument: as many scores as labels and at least one are needed; a NaN score or a label
// other than 0 and 1 (its row is named); only one class present, save where said (`evaluate`).
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace svdd {

// Point i: the shares of normals (fpr) and of anomalies (tpr) whose score is >= thresholds[i]. It starts at
// (0, 0) with threshold +inf and then has one point per distinct score, descending, none dropped; it ends at
// (1, 1).
struct RocCurve {
  std::vector<double> fpr, tpr, thresholds;
};
RocCurve roc_curve(std::span<const float> scores, std::span<const int32_t> labels);

// The area under that curve = P(anomaly's score > normal's score) + P(equal)/2, the Mann-Whitney statistic.
// Counted in integers, so exact but for the last division.
double roc_auc(std::span<const float> scores, std::span<const int32_t> labels);

// Σ_i (recall_i - recall_{i-1})·precision_i over the distinct scores, descending: no interpolation.
double average_precision(std::span<const float> scores, std::span<const int32_t> labels);

// The share of normals at or above the largest threshold that at least the share `tpr`, in (0, 1], of the
// anomalies reaches. fpr95 is fpr_at_tpr(scores, labels, 0.95).
double fpr_at_tpr(std::span<const float> scores, std::span<const int32_t> labels, double tpr);

// 2·TP / (2·TP + FP + FN) where a sample counts as an anomaly when its score is > threshold.
double f1_at(std::span<const float> scores, std::span<const int32_t> labels, double threshold);

// The largest F1 that any threshold gives; of equals, the highest threshold. It knows the labels it is judged
// on: a bound, not a result to expect. `threshold` is the next score below those called anomalous.
struct BestF1 {
  double f1, threshold;
};
BestF1 best_f1(std::span<const float> scores, std::span<const int32_t> labels);

// 95 % confidence interval of the AUC. Up to most_resampled scores: percentile bootstrap (Efron and Tibshirani 1993,
// ch. 13) of 1000 resamples, each drawing as many normals and as many anomalies as there are, with replacement, from
// RandomStream(seed, "metrics/auc_ci95"). For more, where that takes a minute and drawing adds nothing, from the
// variance of DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988), on the scale of log(AUC / (1 − AUC)), so that it
// stays within [0, 1]. It holds the model fixed: it is the spread over test samples, not over training seeds.
inline constexpr int64_t most_resampled = 200'000;
struct Interval {
  double low, high;
};
Interval auc_ci95(std::span<const float> scores, std::span<const int32_t> labels, uint64_t seed);

// How many different scores there are; -0 equals 0. No labels needed; none for no scores.
int64_t distinct_scores(std::span<const float> scores);

// The square root of the mean squared deviation from the mean (divided by n, not n - 1), in double. +inf when
// a score is infinite.
double standard_deviation(std::span<const float> scores);

// Everything above at once. Where the labels hold one class only, all that compares the classes is absent.
struct Metrics {
  int64_t normals = 0, anomalies = 0;
  std::optional<double> auc, average_precision, fpr95;
  std::optional<Interval> auc_ci95;
  std::optional<double> f1;  // at the threshold given
  std::optional<BestF1> best_f1;
  double score_std = 0;
  int64_t distinct_scores = 0;
};
Metrics evaluate(std::span<const float> scores, std::span<const int32_t> labels, double threshold,
                 uint64_t seed);

}  // namespace svdd
