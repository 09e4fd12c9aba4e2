#include "svdd/baselines/kde.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

#include "engine/elementary.h"
#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "svdd/baselines/gaussian_density.h"
#include "svdd/baselines/shallow_detector.h"
#include "svdd/baselines/weighted_differences.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/export/distances.h"
#include "svdd/methods/deep_rows.h"
#include "svdd/recipes/published.h"
#include "svdd/training/progress_notes.h"

namespace svdd {

using datasets::Samples;
using engine::NdArray;

namespace {

// 2^(k/2) for k = first … last; 2^0.5 by IEEE's square root, so that the bits are the same everywhere.
std::vector<double> half_powers(int first, int last) {
  std::vector<double> powers;
  for (int k = first; k <= last; ++k) {
    const int whole = k >= 0 ? k / 2 : -((1 - k) / 2);  // rounded down
    powers.push_back(std::ldexp(k % 2 == 0 ? 1.0 : std::sqrt(2.0), whole));
  }
  return powers;
}

constexpr std::string_view kde_name = "kde";

class Kde final : public ShallowDetector {
 public:
  Kde(const KdeOptions& options, engine::Backend& backend)
      : ShallowDetector(options.preprocessing), options_(options), backend_(backend) {}

  std::string method() const override { return std::string(kde_name); }
  bool has_score_gradient() const override { return true; }
  std::string details() const override { return nlohmann::json{{"bandwidth", bandwidth_}}.dump(); }

 private:
  void learn(const Samples& rows, Monitor& monitor) override;
  std::vector<float> score_rows(const Samples& rows) override;
  std::vector<float> gradient_of_rows(const Samples& rows) override;
  engine::onnx::Value graph_of_rows(const engine::onnx::Value& rows) const override;
  std::vector<float> scores_of_training(const Samples&) override { return std::move(held_out_); }
  double threshold_for(const std::vector<float>& scores) const override {
    return contamination_threshold(scores, options_.contamination);
  }
  NamedArrays arrays() const override;
  nlohmann::json description() const override { return {{"contamination", options_.contamination}}; }
  void restore_arrays(const ModelFolder& model, int64_t features) override;

  KdeOptions options_;
  engine::Backend& backend_;
  float bandwidth_ = 0;
  Samples points_;
  std::optional<GaussianDensity> density_;
  std::vector<float> held_out_;  // from learn to scores_of_training
};

// The row with the largest sum; of equals, the first.
size_t likeliest(const std::vector<std::vector<double>>& densities) {
  std::vector<double> sums;
  for (const auto& row : densities) sums.push_back(std::accumulate(row.begin(), row.end(), 0.0));
  return static_cast<size_t>(std::max_element(sums.begin(), sums.end()) - sums.begin());
}

std::vector<float> negated(const std::vector<double>& values) {
  std::vector<float> result;
  for (const double v : values) result.push_back(static_cast<float>(-v));
  return result;
}

// The next few beyond an end of those tried, where the best lies; none beyond what may help.
std::vector<double> beyond(const std::vector<double>& tried, size_t best) {
  constexpr double smallest = 0x1p-12, largest = 0x1p20;
  constexpr int at_once = 8;
  const auto [low, high] = std::minmax_element(tried.begin(), tried.end());
  std::vector<double> next;
  if (tried.size() < 2 || (tried[best] != *low && tried[best] != *high)) return next;
  for (int k = 1; k <= at_once; ++k) {
    const double h = tried[best] == *low ? *low / half_powers(k, k)[0] : *high * half_powers(k, k)[0];
    if (h >= smallest && h <= largest) next.push_back(h);
  }
  return next;
}

void Kde::learn(const Samples& rows, Monitor& monitor) {
  ProgressNotes progress(monitor, "kernel density");
  const auto densities = [&](const std::vector<double>& bandwidths) {
    return held_out_log_density(rows, bandwidths, std::min(options_.folds, rows.count()), backend_,
                                [&](double share) { progress("cross-validation", share); });
  };
  std::vector<double> tried =
      options_.bandwidth > 0 ? std::vector<double>{options_.bandwidth} : options_.bandwidths;
  auto held_out = densities(tried);
  size_t best = likeliest(held_out);
  while (options_.widen) {
    const std::vector<double> next = beyond(tried, best);
    if (next.empty()) break;
    for (auto& density : densities(next)) held_out.push_back(std::move(density));
    tried.insert(tried.end(), next.begin(), next.end());
    best = likeliest(held_out);
  }
  held_out_ = negated(held_out[best]);
  bandwidth_ = static_cast<float>(tried[best]);
  points_ = rows;
  density_.emplace(points_, backend_);

  const auto [low, high] = std::minmax_element(tried.begin(), tried.end());
  if (*low < *high && (tried[best] == *low || tried[best] == *high))
    monitor.note("the best bandwidth, " + engine::number_text(tried[best]) + ", is the " +
                 (tried[best] == *low ? "smallest" : "largest") + " of those tried (" +
                 engine::number_text(*low) + " to " + engine::number_text(*high) +
                 "): a better one may lie beyond; give the bandwidth, or scale the data");
}

std::vector<float> Kde::score_rows(const Samples& rows) {
  return negated(density_->log_density(rows, {bandwidth_})[0]);
}

// Of −log Σ exp(−‖x − x_i‖² / 2h²): the mean of (x − x_i) / h², each point weighing as much as its term.
std::vector<float> Kde::gradient_of_rows(const Samples& rows) {
  const double h2 = static_cast<double>(bandwidth_) * static_cast<double>(bandwidth_);
  return weighted_differences(rows, points_, [h2](std::vector<double>& squares) {
    const double nearest = *std::min_element(squares.begin(), squares.end());
    double sum = 0;
    for (double& s : squares)
      sum += s = static_cast<double>(engine::elementary::exp(static_cast<float>((nearest - s) / (2 * h2))));
    for (double& s : squares) s /= sum * h2;
  });
}

// The nearest point's term, at most 1 as all others are in its units, and the logarithm of their sum. In double, where
// log_density computes in float: the scores differ by its rounding.
engine::onnx::Value Kde::graph_of_rows(const engine::onnx::Value& rows) const {
  using engine::onnx::Value;
  const double h = bandwidth_, factor = 1 / (2 * h * h);
  const Value squares =
      squared_distances(rows, NdArray::from({points_.count(), points_.size()}, points_.values));
  const Value nearest = least(squares, true);
  return as_score(sum(nearest) * factor - log(sum(exp((nearest - squares) * factor))) +
                  density_->log_constant(h));
}

NamedArrays Kde::arrays() const {
  return {{"bandwidth", NdArray::from({1}, std::vector<float>{bandwidth_})},
          {"points",
           NdArray::from({points_.count(), points_.values.empty() ? 0 : points_.size()}, points_.values)}};
}

void Kde::restore_arrays(const ModelFolder& model, int64_t features) {
  bandwidth_ = numbers(model, "bandwidth", {1})[0];
  const int64_t count = model.tensors.at("points").size() / features;
  points_ = {{features}, numbers(model, "points", {count, features})};
  if (count < 1) throw std::invalid_argument("the model has no points");
  if (!(bandwidth_ > 0)) throw std::invalid_argument("the bandwidth must be positive");
  density_.emplace(points_, backend_);
}

// As a float, which is how it is stored; its square must not vanish.
bool possible_bandwidth(double h) {
  const auto stored = static_cast<float>(h);
  return std::isfinite(stored) && stored >= 1e-15f && stored <= 1e15f;
}

void check(const KdeOptions& o) {
  const std::string must = "a bandwidth must be positive, between 1e-15 and 1e15; found ";
  if (o.bandwidth != 0 && !possible_bandwidth(o.bandwidth))
    throw std::invalid_argument(must + engine::number_text(o.bandwidth) + " (0: chosen by cross-validation)");
  check_contamination(o.contamination);
  if (o.bandwidth == 0 && o.bandwidths.empty())
    throw std::invalid_argument("there are no bandwidths to choose from");
  for (const double h : o.bandwidths)
    if (o.bandwidth == 0 && !possible_bandwidth(h))
      throw std::invalid_argument(must + engine::number_text(h));
  if (o.folds < 2)
    throw std::invalid_argument("cross-validation needs at least 2 folds; found " + std::to_string(o.folds));
}

}  // namespace

std::vector<double> published_bandwidths() { return half_powers(1, 10); }
std::vector<double> later_bandwidths() { return half_powers(-9, 10); }

std::vector<std::vector<double>> held_out_log_density(const Samples& rows,
                                                      const std::vector<double>& bandwidths, int64_t folds,
                                                      engine::Backend& backend,
                                                      const std::function<void(double)>& share_done) {
  const engine::IeeeMode ieee;
  const int64_t n = rows.count();
  if (folds < 2 || n < folds)
    throw std::invalid_argument(std::to_string(folds) + "-fold cross-validation of " + std::to_string(n) +
                                " samples is impossible: each fold needs one, and there must be two folds");
  std::vector<std::vector<double>> result(bandwidths.size());
  for (int64_t fold = 0; fold < folds; ++fold) {
    // As equal as can be; the first n mod folds are longer by one.
    const int64_t first = fold * (n / folds) + std::min(fold, n % folds),
                  last = first + n / folds + (fold < n % folds ? 1 : 0);
    const Samples held_out{rows.shape, {rows.sample(first), rows.sample(last)}};
    Samples others{rows.shape, {rows.sample(0), rows.sample(first)}};
    others.values.insert(others.values.end(), rows.sample(last), rows.sample(n));
    const auto densities = GaussianDensity(others, backend).log_density(held_out, bandwidths);
    for (size_t b = 0; b < result.size(); ++b)
      result[b].insert(result[b].end(), densities[b].begin(), densities[b].end());
    if (share_done) share_done(static_cast<double>(fold + 1) / static_cast<double>(folds));
  }
  return result;
}

std::unique_ptr<Detector> make_kde(const KdeOptions& options, engine::Backend& backend) {
  check(options);
  return std::make_unique<Kde>(options, backend);
}

namespace {

Rows rows_of(KdeOptions& o, Common common) {
  return {contamination_row(common),
          option::real_or(
              {"bandwidth", "auto|X", method_group, "kde: width of the bumps; auto: by cross-validation"},
              "auto", option::positive, o.bandwidth),
          pca_row(o.preprocessing), seed_row(common)};
}

}  // namespace

Method kde_method() {
  return {.name = std::string(kde_name),
          .title = "Kernel density estimate",
          .has_network = false,
          .published =
              [](const recipes::DataTraits& data, Recipe) {
                return Settings(recipes::kde(data), Settings::Form<KdeOptions>{rows_of, make_kde});
              },
          .load = [](const ModelFolder& model,
                     engine::Backend& backend) { return load_shallow<Kde, KdeOptions>(model, backend); }};
}

}  // namespace svdd
