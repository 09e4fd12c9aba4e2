#include "svdd/baselines/mahalanobis.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "datasets/pca.h"
#include "datasets/preprocessing_graph.h"
#include "engine/stopping.h"
#include "svdd/baselines/shallow_detector.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/export/distances.h"
#include "svdd/methods/deep_rows.h"
#include "svdd/recipes/published.h"

namespace svdd {

using datasets::CentredMap;
using datasets::Samples;
using engine::NdArray;

namespace {

constexpr std::string_view mahalanobis_name = "mahalanobis";
constexpr int64_t most_features = 4096;  // their factors are d x d, and take d³/3 multiplications each

class Mahalanobis final : public ShallowDetector {
 public:
  explicit Mahalanobis(const MahalanobisOptions& options)
      : ShallowDetector(options.preprocessing), options_(options) {}

  std::string method() const override { return std::string(mahalanobis_name); }
  bool has_score_gradient() const override { return true; }
  std::string details() const override { return nlohmann::json{{"shrinkage", shrinkage_}}.dump(); }

 private:
  void learn(const Samples& rows, Monitor& monitor) override;
  std::vector<float> score_rows(const Samples& rows) override;
  std::vector<float> gradient_of_rows(const Samples& rows) override;
  engine::onnx::Value graph_of_rows(const engine::onnx::Value& rows) const override;
  double threshold_for(const std::vector<float>& scores) const override {
    return contamination_threshold(scores, options_.contamination);
  }
  NamedArrays arrays() const override {
    return {{"mean", NdArray::from({whitening_.inputs()}, whitening_.mean)},
            {"whitening", NdArray::from({whitening_.outputs(), whitening_.inputs()}, whitening_.matrix)}};
  }
  nlohmann::json description() const override {
    return {{"contamination", options_.contamination}, {"shrinkage", shrinkage_}};
  }
  void restore_arrays(const ModelFolder& model, int64_t features) override;

  MahalanobisOptions options_;
  double shrinkage_ = 0;
  CentredMap whitening_;  // x -> L⁻¹(x − μ), with Σ = L·Lᵀ
};

// A lower triangle in C order, d x d.
class Triangle {
 public:
  Triangle(std::vector<double> numbers, int64_t d) : numbers_(std::move(numbers)), d_(d) {}
  double& operator()(int64_t i, int64_t j) { return numbers_[static_cast<size_t>(i * d_ + j)]; }
  double* row(int64_t i) { return numbers_.data() + i * d_; }
  int64_t order() const { return d_; }

 private:
  std::vector<double> numbers_;
  int64_t d_;
};

double trace(Triangle& s) {
  double sum = 0;
  for (int64_t i = 0; i < s.order(); ++i) sum += s(i, i);
  return sum;
}

// Ledoit and Wolf's s. As 1/n Σ ‖x_i x_iᵀ − S‖² = 1/n Σ ‖x_i‖⁴ − ‖S‖², one pass over the rows is enough.
double shrinkage_of(const Samples& rows, const std::vector<double>& mean, Triangle& s) {
  const auto d = static_cast<double>(s.order()), n = static_cast<double>(rows.count());
  double fourth_powers = 0;
  for (int64_t i = 0; i < rows.count(); ++i) {
    const float* x = rows.sample(i);
    double squared = 0;
    for (const double m : mean) {
      const double difference = static_cast<double>(*x++) - m;
      squared += difference * difference;
    }
    fourth_powers += squared * squared;
  }
  double s_squared = 0;
  for (int64_t i = 0; i < s.order(); ++i) {
    for (int64_t j = 0; j < i; ++j) s_squared += 2 * s(i, j) * s(i, j);
    s_squared += s(i, i) * s(i, i);
  }
  const double m = trace(s) / d, delta2 = s_squared / d - m * m,
               b2 = (fourth_powers / n - s_squared) / (n * d);
  return delta2 > 0 && b2 > 0 ? std::min(b2, delta2) / delta2 : 0;
}

// In place: L with L·Lᵀ = S. What is left of a pivot by rounding alone is not taken for a direction.
void cholesky(Triangle& s) {
  const double least = 1e-12 * trace(s) / static_cast<double>(s.order());
  for (int64_t i = 0; i < s.order(); ++i) {
    engine::check_stop();
    for (int64_t j = 0; j <= i; ++j) {
      double sum = s(i, j);
      const double *a = s.row(i), *b = s.row(j);
      for (int64_t k = 0; k < j; ++k) sum -= a[k] * b[k];
      s(i, j) = i == j ? std::sqrt(std::max(sum, least)) : sum / s(j, j);
    }
  }
}

// L⁻¹, by rows: row i is (e_i − Σ_{k<i} L_ik · row k) / L_ii.
std::vector<float> inverse(Triangle& l) {
  const int64_t d = l.order();
  Triangle inverse(std::vector<double>(static_cast<size_t>(d * d)), d);
  std::vector<float> rounded;
  rounded.reserve(static_cast<size_t>(d * d));
  for (int64_t i = 0; i < d; ++i) {
    engine::check_stop();
    double* row = inverse.row(i);
    for (int64_t k = 0; k < i; ++k)
      for (int64_t j = 0; j <= k; ++j) row[j] -= l(i, k) * inverse(k, j);
    row[i] = 1;
    for (int64_t j = 0; j <= i; ++j) row[j] /= l(i, i);
    for (int64_t j = 0; j < d; ++j) rounded.push_back(static_cast<float>(row[j]));
  }
  return rounded;
}

void Mahalanobis::learn(const Samples& rows, Monitor&) {
  const int64_t d = rows.size();
  if (d > most_features)
    throw std::invalid_argument("mahalanobis takes rows of at most " + std::to_string(most_features) +
                                " features; these have " + std::to_string(d) +
                                "; take their principal components");
  datasets::Moments moments = datasets::moments(rows);
  Triangle s(std::move(moments.covariance), d);
  const double mean_variance = trace(s) / static_cast<double>(d);
  shrinkage_ = shrinkage_of(rows, moments.mean, s);
  for (int64_t i = 0; i < d; ++i) {
    for (int64_t j = 0; j < i; ++j) s(i, j) *= 1 - shrinkage_;
    s(i, i) = (1 - shrinkage_) * s(i, i) + shrinkage_ * mean_variance;
    if (mean_variance == 0) s(i, i) = 1;  // samples that are all equal: the distance itself
  }
  cholesky(s);
  whitening_ = {{moments.mean.begin(), moments.mean.end()}, inverse(s)};
}

// [book: score]
std::vector<float> Mahalanobis::score_rows(const Samples& rows) {
  const Samples white = whitening_.apply(rows, {whitening_.outputs()});
  std::vector<float> scores;
  for (int64_t i = 0; i < white.count(); ++i) {
    double sum = 0;
    for (int64_t f = 0; f < white.size(); ++f) {
      const auto z = static_cast<double>(white.sample(i)[f]);
      sum += z * z;
    }
    scores.push_back(finite_score(sum));
  }
  return scores;
}

// Of ‖W(x − μ)‖²: 2·Wᵀ W(x − μ).
std::vector<float> Mahalanobis::gradient_of_rows(const Samples& rows) {
  const Samples white = whitening_.apply(rows, {whitening_.outputs()});
  std::vector<float> gradient;
  for (int64_t i = 0; i < white.count(); ++i)
    for (const double g : whitening_.pull_back({white.sample(i), white.sample(i + 1)}))
      gradient.push_back(static_cast<float>(2 * g));
  return gradient;
}

engine::onnx::Value Mahalanobis::graph_of_rows(const engine::onnx::Value& rows) const {
  return as_score(
      sum(square(cast(datasets::mapped(whitening_, rows, "whitening"), engine::onnx::Type::f64))));
}

void Mahalanobis::restore_arrays(const ModelFolder& model, int64_t features) {
  shrinkage_ = field<double>(model, "shrinkage");
  if (!(shrinkage_ >= 0 && shrinkage_ <= 1)) throw std::invalid_argument("the shrinkage is no share");
  whitening_ = {numbers(model, "mean", {features}), numbers(model, "whitening", {features, features})};
}

Rows rows_of(MahalanobisOptions& o, Common common) {
  return {contamination_row(common), pca_row(o.preprocessing), seed_row(common)};
}

std::unique_ptr<Detector> make(const MahalanobisOptions& options, engine::Backend&) {
  return make_mahalanobis(options);
}

}  // namespace

std::unique_ptr<Detector> make_mahalanobis(const MahalanobisOptions& options) {
  check_contamination(options.contamination);
  return std::make_unique<Mahalanobis>(options);
}

Method mahalanobis_method() {
  return {
      .name = std::string(mahalanobis_name),
      .title = "Mahalanobis distance",
      .has_network = false,
      .published =
          [](const recipes::DataTraits& data, Recipe) {
            return Settings(recipes::mahalanobis(data), Settings::Form<MahalanobisOptions>{rows_of, make});
          },
      .load = [](const ModelFolder& model,
                 engine::Backend&) { return load_shallow<Mahalanobis, MahalanobisOptions>(model); }};
}

}  // namespace svdd
