#include "svdd/baselines/kernel_svdd.h"

#include "engine/files/in_quotes.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "engine/elementary.h"
#include "engine/stopping.h"
#include "svdd/baselines/distance_product.h"
#include "svdd/baselines/kernel_rows.h"
#include "svdd/baselines/one_class_smo.h"
#include "svdd/baselines/shallow_detector.h"
#include "svdd/baselines/weighted_differences.h"
#include "svdd/export/distances.h"
#include "svdd/methods/deep_rows.h"
#include "svdd/recipes/published.h"

namespace svdd {

using datasets::Samples;
using engine::Array;
using engine::DType;
using engine::Layout;
using engine::NdArray;

namespace {

constexpr std::string_view kernel_svdd_name = "kernel-svdd";

class KernelSvdd final : public ShallowDetector {
 public:
  KernelSvdd(const KernelSvddOptions& options, engine::Backend& backend)
      : ShallowDetector(options.preprocessing), options_(options), backend_(backend) {}

  std::string method() const override { return std::string(kernel_svdd_name); }
  bool has_score_gradient() const override { return true; }
  std::string details() const override {
    return nlohmann::json{{"gamma", gamma_}, {"rho", rho_}, {"support_vectors", alpha_.size()}}.dump();
  }

 private:
  void learn(const Samples& rows, Monitor& monitor) override;
  std::vector<float> score_rows(const Samples& rows) override;
  std::vector<float> gradient_of_rows(const Samples& rows) override;
  engine::onnx::Value graph_of_rows(const engine::onnx::Value& rows) const override;
  double threshold_for(const std::vector<float>& training_scores) const override;
  std::vector<float> yardstick(std::vector<float> training_scores) override;
  NamedArrays arrays() const override;
  nlohmann::json description() const override { return {{"nu", options_.nu}}; }
  void restore_arrays(const ModelFolder& model, int64_t features) override;

  void place_support_vectors();

  KernelSvddOptions options_;
  engine::Backend& backend_;
  float gamma_ = 0, rho_ = 0;
  Samples support_;                // x_i with α_i > 0
  std::vector<float> alpha_;       // their weights; Σ α = 1
  std::vector<bool> outside_;      // of the training samples, in the optimum: α_i = 1/νn
  std::vector<float> own_weight_;  // α_i of every training sample
  std::optional<DistanceProduct> distances_;
  Array right_, weights_;  // of the support vectors: right factor, and α as (1, support vectors)
};

void KernelSvdd::learn(const Samples& rows, Monitor& monitor) {
  const DistanceProduct distances(rows, backend_);
  if (!(distances.variance() > 0))
    throw std::invalid_argument("all " + std::to_string(rows.count()) +
                                " training samples are equal; kernel SVDD needs some that differ");
  gamma_ = static_cast<float>(options_.gamma > 0 ? options_.gamma : 1 / distances.variance());
  const OneClassProblem problem{.nu = options_.nu,
                                .tolerance = options_.tolerance,
                                .note = [&monitor](const std::string& line) { monitor.note(line); }};
  KernelRows kernel(rows, distances, gamma_, options_.cache_bytes, problem.rows_at_once, backend_);
  const OneClassSolution solution = solve_one_class(kernel, problem);
  if (!solution.converged)
    monitor.note("kernel SVDD stopped after " + std::to_string(solution.iterations) +
                 " iterations, before its tolerance was reached: the sphere is approximate");

  const double sum = options_.nu * static_cast<double>(rows.count());  // Σ β
  support_ = {rows.shape, {}};
  alpha_.clear();
  outside_.clear();
  own_weight_.clear();
  for (const double beta : solution.beta) outside_.push_back(beta >= 1);
  for (int64_t i = 0; i < rows.count(); ++i) {
    const auto alpha = static_cast<float>(solution.beta[static_cast<size_t>(i)] / sum);
    own_weight_.push_back(alpha);
    if (!(alpha > 0)) continue;
    support_.values.insert(support_.values.end(), rows.sample(i), rows.sample(i) + rows.size());
    alpha_.push_back(alpha);
  }
  rho_ = static_cast<float>(solution.rho / sum);
  place_support_vectors();
}

// The sphere, 0, moved outwards by the optimiser's tolerance and rounding: as far as the support vectors on
// it lie to either side. So the share of training samples above the threshold is at most ν, as the theory has
// it.
double KernelSvdd::threshold_for(const std::vector<float>& training_scores) const {
  float threshold = 0;
  for (size_t i = 0; i < training_scores.size(); ++i)
    if (!outside_[i]) threshold = std::max(threshold, training_scores[i]);
  return threshold;
}

// The score that each sample would have had it not been learned from: without α_i·K(x_i, x_i) = α_i in f(x_i), the
// other weights making up for it in proportion. Exact for the samples inside, whose α_i is 0. In many dimensions, where
// samples are about as far from each other as from themselves in the feature space, a support vector's own weight is
// all that tells it from a fresh sample.
std::vector<float> KernelSvdd::yardstick(std::vector<float> training_scores) {
  for (size_t i = 0; i < training_scores.size(); ++i) {
    const double own = own_weight_[i], f = rho_ - static_cast<double>(training_scores[i]) / 2;
    if (own > 0 && own < 1) training_scores[i] = static_cast<float>(2 * (rho_ - (f - own) / (1 - own)));
  }
  return training_scores;
}

// The origin of the distances is the support vectors' own mean: it need not be stored.
void KernelSvdd::place_support_vectors() {
  distances_.emplace(support_, backend_);
  right_ = distances_->right(support_);
  weights_ = Array::from(backend_, {1, support_.count()}, Layout::plain, DType::f32, alpha_);
}

// [book: score]
std::vector<float> KernelSvdd::score_rows(const Samples& rows) {
  constexpr int64_t block = 480;  // rows at a time: kernel values that stay in the cache
  std::vector<float> scores;
  for (int64_t first = 0; first < rows.count(); first += block) {
    engine::check_stop();
    const int64_t count = std::min(block, rows.count() - first);
    Array k = distances_->negated_squares(distances_->left(rows, first, count), right_);
    backend_.unary(engine::Unary::exp, gamma_, k, k);
    Array f(backend_, {count, 1}, Layout::samples, DType::f32);  // Σ_i α_i K(x_i, x)
    backend_.dense(k, weights_, nullptr, f);
    for (const float inside : f.to_floats()) scores.push_back(2 * (rho_ - inside));
  }
  return scores;
}

// Of 2·(ρ − Σ α_i exp(−γ‖x − x_i‖²)): Σ 4·γ·α_i·K(x_i, x)·(x − x_i).
std::vector<float> KernelSvdd::gradient_of_rows(const Samples& rows) {
  return weighted_differences(rows, support_, [this](std::vector<double>& squares) {
    for (size_t i = 0; i < squares.size(); ++i) {
      const auto gamma = static_cast<double>(gamma_);
      const float k = engine::elementary::exp(static_cast<float>(-gamma * squares[i]));
      squares[i] = 4 * gamma * static_cast<double>(alpha_[i]) * static_cast<double>(k);
    }
  });
}

// In double, where score_rows computes in float: near the sphere, at 0, the scores differ by its rounding.
engine::onnx::Value KernelSvdd::graph_of_rows(const engine::onnx::Value& rows) const {
  using engine::onnx::Type, engine::onnx::Value;
  const Value squares =
      squared_distances(rows, NdArray::from({support_.count(), support_.size()}, support_.values));
  const Value alpha = rows.graph->constant("alpha", NdArray::from({support_.count()}, alpha_));
  const Value inside = sum(exp(squares * -static_cast<double>(gamma_)) * cast(alpha, Type::f64));
  return as_score((-inside + rho_) * 2);
}

NamedArrays KernelSvdd::arrays() const {
  return {{"alpha", NdArray::from({static_cast<int64_t>(alpha_.size())}, alpha_)},
          {"gamma", NdArray::from({1}, std::vector<float>{gamma_})},
          {"rho", NdArray::from({1}, std::vector<float>{rho_})},
          {"support_vectors", NdArray::from({support_.count(), support_.values.empty() ? 0 : support_.size()},
                                            support_.values)}};
}

void KernelSvdd::restore_arrays(const ModelFolder& model, int64_t features) {
  gamma_ = numbers(model, "gamma", {1})[0];
  rho_ = numbers(model, "rho", {1})[0];
  const int64_t count = model.tensors.at("alpha").size();
  alpha_ = numbers(model, "alpha", {count});
  support_ = {{features}, numbers(model, "support_vectors", {count, features})};
  if (count < 1) throw std::invalid_argument("the model has no support vectors");
  if (!(gamma_ > 0)) throw std::invalid_argument("the kernel width gamma must be positive");
  if (std::any_of(alpha_.begin(), alpha_.end(), [](float a) { return !(a > 0); }))
    throw std::invalid_argument("a support vector has a weight that is not positive");
  place_support_vectors();
}

void check(const KernelSvddOptions& o) {
  if (!(o.nu > 0 && o.nu <= 1))
    throw std::invalid_argument(
        "nu is the share of the training data allowed outside the sphere, in (0, 1]; found " +
        engine::number_text(o.nu));
  if (!(o.gamma >= 0) || !std::isfinite(static_cast<float>(o.gamma)) ||
      (o.gamma > 0 && !(static_cast<float>(o.gamma) > 0)))
    throw std::invalid_argument(
        "gamma, the width of the kernel exp(-gamma·distance²), must be a positive number of single "
        "precision; "
        "found " +
        engine::number_text(o.gamma));
  if (!(o.tolerance > 0) || !std::isfinite(o.tolerance))
    throw std::invalid_argument("the optimiser's tolerance must be positive; found " +
                                engine::number_text(o.tolerance));
  if (o.cache_bytes < 0)
    throw std::invalid_argument("the memory for kernel rows must not be negative; found " +
                                std::to_string(o.cache_bytes));
}

}  // namespace

std::unique_ptr<Detector> make_kernel_svdd(const KernelSvddOptions& options, engine::Backend& backend) {
  check(options);
  return std::make_unique<KernelSvdd>(options, backend);
}

namespace {

Rows rows_of(KernelSvddOptions& o, Common common) {
  return {
      nu_row(o.nu),
      contamination_row(common, [] { return "the threshold is the sphere's surface, which nu shapes"; }),
      option::real_or({"gamma", "auto|X", method_group, "kernel-svdd: of the kernel exp(-gamma |x - y|^2)"},
                      "auto", option::positive, o.gamma),
      pca_row(o.preprocessing), seed_row(common)};
}

std::unique_ptr<Detector> load_kernel_svdd(const ModelFolder& model, engine::Backend& backend) {
  KernelSvddOptions options;
  options.nu = field<double>(model, "nu");
  auto detector = std::make_unique<KernelSvdd>(options, backend);
  detector->restore(model);
  return detector;
}

}  // namespace

Method kernel_svdd_method() {
  return {.name = std::string(kernel_svdd_name),
          .title = "Kernel SVDD",
          .has_network = false,
          .published =
              [](const recipes::DataTraits& data, Recipe) {
                return Settings(recipes::kernel_svdd(data),
                                Settings::Form<KernelSvddOptions>{rows_of, make_kernel_svdd});
              },
          .load = load_kernel_svdd};
}

}  // namespace svdd
