#include "svdd/evaluation/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

#include "engine/elementary.h"
#include "engine/floating_point_mode.h"
#include "engine/random.h"
#include "engine/stopping.h"
#include "svdd/evaluation/threshold.h"

namespace svdd {
namespace {

constexpr int64_t bootstrap_resamples = 1000;

// Samples of one and the same score. All that the metrics need of scores and labels is a list of these.
struct TieGroup {
  float score;
  int64_t normals, anomalies;
};

struct Ranking {
  std::vector<TieGroup> groups;  // by descending score
  int64_t normals = 0, anomalies = 0;
  bool has_both_classes() const { return normals > 0 && anomalies > 0; }
};

Ranking rank(std::span<const float> scores, std::span<const int32_t> labels) {
  if (scores.size() != labels.size())
    throw std::invalid_argument("there are " + std::to_string(scores.size()) + " scores but " +
                                std::to_string(labels.size()) + " labels; expected one label per score");
  if (scores.empty()) throw std::invalid_argument("metrics of no scores: at least one sample is needed");
  require_no_nan(scores, "scores");
  std::vector<std::pair<float, int32_t>> samples(scores.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1)
      throw std::invalid_argument("the label in row " + std::to_string(i) + " is " +
                                  std::to_string(labels[i]) + "; expected 0 (normal) or 1 (anomaly)");
    samples[i] = {scores[i] + 0.0f, labels[i]};  // -0 becomes 0
  }
  std::sort(samples.begin(), samples.end(), [](auto& a, auto& b) { return a.first > b.first; });
  Ranking ranking;
  for (const auto& [score, label] : samples) {
    if (ranking.groups.empty() || ranking.groups.back().score != score)
      ranking.groups.push_back({score, 0, 0});
    (label == 1 ? ranking.groups.back().anomalies : ranking.groups.back().normals) += 1;
    (label == 1 ? ranking.anomalies : ranking.normals) += 1;
  }
  return ranking;
}

Ranking rank_both_classes(std::span<const float> scores, std::span<const int32_t> labels) {
  Ranking ranking = rank(scores, labels);
  if (!ranking.has_both_classes())
    throw std::invalid_argument(std::string("all labels are ") +
                                (ranking.normals > 0 ? "0 (normal)" : "1 (anomaly)") +
                                "; this metric needs samples of both classes");
  return ranking;
}

// In [0, 1] for 0 <= part <= whole: a quotient is rounded once, and rounding keeps the order of numbers.
double ratio(int64_t part, int64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

double f1(int64_t true_positives, int64_t false_positives, int64_t anomalies) {
  return ratio(2 * true_positives, true_positives + false_positives + anomalies);  // TP + FN = anomalies
}

RocCurve roc_curve(const Ranking& r) {
  RocCurve curve{{0.0}, {0.0}, {std::numeric_limits<double>::infinity()}};
  int64_t normals = 0, anomalies = 0;
  for (const TieGroup& g : r.groups) {
    curve.fpr.push_back(ratio(normals += g.normals, r.normals));
    curve.tpr.push_back(ratio(anomalies += g.anomalies, r.anomalies));
    curve.thresholds.push_back(g.score);
  }
  return curve;
}

// [book: auc]
double roc_auc(const Ranking& r) {
  int64_t twice_wins = 0, normals_below = r.normals;  // pairs (anomaly, normal): 2 for a win, 1 for a tie
  for (const TieGroup& g : r.groups) {
    normals_below -= g.normals;
    twice_wins += g.anomalies * (2 * normals_below + g.normals);
  }
  return ratio(twice_wins, 2 * r.normals * r.anomalies);
}

// Σ (anomalies of the group)·precision, and the division at the end: no sum exceeds the number of anomalies so
// far, a whole number, so neither does a rounded one, and a perfect ranking gives exactly 1. Sums of n times 1/n
// do neither.
double average_precision(const Ranking& r) {
  double sum = 0;
  int64_t called = 0, caught = 0;
  for (const TieGroup& g : r.groups) {
    called += g.normals + g.anomalies;
    caught += g.anomalies;
    if (g.anomalies > 0) sum += static_cast<double>(g.anomalies) * ratio(caught, called);
  }
  return sum / static_cast<double>(r.anomalies);
}

double fpr_at_tpr(const Ranking& r, double tpr) {
  int64_t normals = 0, caught = 0;
  for (const TieGroup& g : r.groups) {
    normals += g.normals;
    if (ratio(caught += g.anomalies, r.anomalies) >= tpr) break;  // the last group at the latest: 1 >= tpr
  }
  return ratio(normals, r.normals);
}

double f1_at(const Ranking& r, double threshold) {
  int64_t normals = 0, anomalies = 0;
  for (const TieGroup& g : r.groups) {
    if (!(static_cast<double>(g.score) > threshold)) break;
    normals += g.normals;
    anomalies += g.anomalies;
  }
  return f1(anomalies, normals, r.anomalies);
}

BestF1 best_f1(const Ranking& r) {
  BestF1 best{0, r.groups.front().score};  // calls nothing anomalous
  int64_t normals = 0, anomalies = 0;
  for (size_t i = 0; i < r.groups.size(); ++i) {
    normals += r.groups[i].normals;
    anomalies += r.groups[i].anomalies;
    const float threshold = i + 1 < r.groups.size()
                                ? r.groups[i + 1].score
                                : std::nextafter(r.groups[i].score, -std::numeric_limits<float>::infinity());
    if (threshold == r.groups[i].score)
      break;  // nothing lies below -inf: no threshold calls such samples anomalous
    if (const double value = f1(anomalies, normals, r.anomalies); value > best.f1) best = {value, threshold};
  }
  return best;
}

// Draws with replacement, two from each 64 random bits: the bootstrap makes a thousand times as many draws as
// there are samples. An element's share is off by less than 2^-32.
class Resampler {
 public:
  explicit Resampler(engine::RandomStream stream) : stream_(stream) {}
  uint32_t draw(const std::vector<uint32_t>& from) {
    bits_ = drawn_ % 2 == 0 ? stream_.bits64(drawn_ / 2) : bits_ >> 32;
    if (++drawn_ % 65536 == 0) engine::check_stop();
    return from[static_cast<size_t>((bits_ & 0xffffffffu) * from.size() >> 32)];
  }

 private:
  engine::RandomStream stream_;
  uint64_t drawn_ = 0, bits_ = 0;
};

Interval bootstrapped_auc(const Ranking& r, uint64_t seed) {
  std::vector<uint32_t> normal_groups, anomaly_groups;  // the group of each normal and of each anomaly
  for (size_t g = 0; g < r.groups.size(); ++g) {
    normal_groups.insert(normal_groups.end(), static_cast<size_t>(r.groups[g].normals),
                         static_cast<uint32_t>(g));
    anomaly_groups.insert(anomaly_groups.end(), static_cast<size_t>(r.groups[g].anomalies),
                          static_cast<uint32_t>(g));
  }
  Resampler resampler({seed, "metrics/auc_ci95"});
  std::vector<double> aucs;
  std::vector<int64_t> twice_wins(
      r.groups.size());  // of one anomaly in this group, over the resampled normals
  for (int64_t b = 0; b < bootstrap_resamples; ++b) {
    std::fill(twice_wins.begin(), twice_wins.end(), 0);
    for (int64_t i = 0; i < r.normals; ++i) twice_wins[resampler.draw(normal_groups)] += 1;
    int64_t normals_below = r.normals;
    for (int64_t& group : twice_wins) {
      const int64_t tied = group;
      normals_below -= tied;
      group = 2 * normals_below + tied;
    }
    int64_t sum = 0;
    for (int64_t i = 0; i < r.anomalies; ++i) sum += twice_wins[resampler.draw(anomaly_groups)];
    aucs.push_back(ratio(sum, 2 * r.normals * r.anomalies));
  }
  return {quantile(aucs, 0.025), quantile(aucs, 0.975)};
}

// The mean and the sum of squared deviations of numbers that come many at a time (West, CACM 22, 1979).
struct Moments {
  double count = 0, mean = 0, squares = 0;
  void add(double times, double value) {
    if (times == 0) return;
    count += times;
    const double difference = value - mean;
    mean += difference * times / count;
    squares += times * difference * (value - mean);
  }
  double variance() const { return count > 1 ? squares / (count - 1) : 0; }
};

// The AUC is the mean, over the anomalies and over the normals, of the share of the other class that a sample wins
// against: its variance is the sum of those two means' variances.
Interval delong_auc(const Ranking& r) {
  Moments of_anomalies, of_normals;
  int64_t normals_below = r.normals, anomalies_above = 0;
  for (const TieGroup& g : r.groups) {
    normals_below -= g.normals;
    of_anomalies.add(static_cast<double>(g.anomalies), ratio(2 * normals_below + g.normals, 2 * r.normals));
    of_normals.add(static_cast<double>(g.normals), ratio(2 * anomalies_above + g.anomalies, 2 * r.anomalies));
    anomalies_above += g.anomalies;
  }
  const double auc = roc_auc(r), deviation = std::sqrt(of_anomalies.variance() / of_anomalies.count +
                                                       of_normals.variance() / of_normals.count);
  if (auc == 0 || auc == 1 || deviation == 0) return {auc, auc};
  // On the log-odds scale, back by AUC·w / (AUC·w + 1 − AUC) with w = exp(∓1.96·deviation / (AUC·(1 − AUC))).
  constexpr double quantile_975 = 1.959963984540054;
  const double width = quantile_975 * deviation / (auc * (1 - auc));
  const auto shifted = [&](double by) {
    const auto w = static_cast<double>(engine::elementary::exp(static_cast<float>(by)));
    return auc * w / (auc * w + (1 - auc));
  };
  return {shifted(-std::min(width, 80.0)), shifted(std::min(width, 80.0))};
}

Interval auc_ci95(const Ranking& r, uint64_t seed) {
  return r.normals + r.anomalies <= most_resampled ? bootstrapped_auc(r, seed) : delong_auc(r);
}

}  // namespace

RocCurve roc_curve(std::span<const float> scores, std::span<const int32_t> labels) {
  const engine::IeeeMode ieee;
  return roc_curve(rank_both_classes(scores, labels));
}

double roc_auc(std::span<const float> scores, std::span<const int32_t> labels) {
  const engine::IeeeMode ieee;
  return roc_auc(rank_both_classes(scores, labels));
}

double average_precision(std::span<const float> scores, std::span<const int32_t> labels) {
  const engine::IeeeMode ieee;
  return average_precision(rank_both_classes(scores, labels));
}

double fpr_at_tpr(std::span<const float> scores, std::span<const int32_t> labels, double tpr) {
  const engine::IeeeMode ieee;
  if (!(tpr > 0 && tpr <= 1))
    throw std::invalid_argument("fpr_at_tpr: tpr is " + std::to_string(tpr) + ", expected a share in (0, 1]");
  return fpr_at_tpr(rank_both_classes(scores, labels), tpr);
}

double f1_at(std::span<const float> scores, std::span<const int32_t> labels, double threshold) {
  const engine::IeeeMode ieee;
  if (std::isnan(threshold)) throw std::invalid_argument("f1_at: the threshold is NaN, expected a number");
  return f1_at(rank_both_classes(scores, labels), threshold);
}

BestF1 best_f1(std::span<const float> scores, std::span<const int32_t> labels) {
  const engine::IeeeMode ieee;
  return best_f1(rank_both_classes(scores, labels));
}

Interval auc_ci95(std::span<const float> scores, std::span<const int32_t> labels, uint64_t seed) {
  const engine::IeeeMode ieee;
  return auc_ci95(rank_both_classes(scores, labels), seed);
}

int64_t distinct_scores(std::span<const float> scores) {
  const engine::IeeeMode ieee;
  require_no_nan(scores, "scores");
  std::vector<float> sorted(scores.begin(), scores.end());
  std::sort(sorted.begin(), sorted.end());
  return std::unique(sorted.begin(), sorted.end()) - sorted.begin();
}

double standard_deviation(std::span<const float> scores) {
  const engine::IeeeMode ieee;
  if (scores.empty()) throw std::invalid_argument("standard deviation of no scores: at least one is needed");
  require_no_nan(scores, "scores");
  double sum = 0, squares = 0;
  for (const float s : scores) {
    if (std::isinf(s)) return std::numeric_limits<double>::infinity();
    sum += s;
  }
  const double count = static_cast<double>(scores.size()), mean = sum / count;
  for (const float s : scores) squares += (s - mean) * (s - mean);
  return std::sqrt(squares / count);
}

Metrics evaluate(std::span<const float> scores, std::span<const int32_t> labels, double threshold,
                 uint64_t seed) {
  const engine::IeeeMode ieee;
  if (std::isnan(threshold)) throw std::invalid_argument("evaluate: the threshold is NaN, expected a number");
  const Ranking ranking = rank(scores, labels);
  Metrics m;
  m.normals = ranking.normals;
  m.anomalies = ranking.anomalies;
  m.score_std = standard_deviation(scores);
  m.distinct_scores = static_cast<int64_t>(ranking.groups.size());
  if (!ranking.has_both_classes()) return m;
  m.auc = roc_auc(ranking);
  m.average_precision = average_precision(ranking);
  m.fpr95 = fpr_at_tpr(ranking, 0.95);
  m.auc_ci95 = auc_ci95(ranking, seed);
  m.f1 = f1_at(ranking, threshold);
  m.best_f1 = best_f1(ranking);
  return m;
}

}  // namespace svdd
