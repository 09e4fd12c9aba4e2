#include "svdd/methods/deep_svdd.h"

#include "engine/files/in_quotes.h"

#include <stdexcept>

#include "svdd/export/distances.h"
#include "svdd/methods/deep_detector.h"
#include "svdd/methods/deep_rows.h"
#include "svdd/recipes/published.h"

namespace svdd {

using datasets::Samples;
using engine::Array;
using engine::DType;
using engine::Layout;
using engine::Mode;
using engine::Tensor;

namespace {

constexpr std::string_view deep_svdd_name = "deep-svdd";

class DeepSvdd final : public DeepDetector {
 public:
  DeepSvdd(const DeepSvddOptions& options, engine::Backend& backend)
      : DeepDetector(options, backend),
        own_(options),
        centre_(Array(backend, {rep_dim()}, Layout::plain, DType::f32)),
        radius_(Array(backend, {1}, Layout::plain, DType::f32)) {}

  std::string method() const override { return std::string(deep_svdd_name); }

 private:
  bool soft_boundary() const { return own_.objective == Objective::soft_boundary; }

  void initialise_spheres(const Samples& x, const std::vector<int32_t>& classes, Monitor& monitor) override;
  void minimise_objective(const Samples& x, Monitor& monitor) override;
  std::vector<float> score_prepared(const Samples& x) override {
    return margins(x, [&](const Tensor& b) { return phi(b, Mode::evaluate); });
  }
  std::vector<float> score_represented(const std::vector<float>& z) override {
    return margins({{rep_dim()}, z}, [](const Tensor& b) { return b; });
  }
  Tensor differentiable_score(const Tensor& x) override {
    return squared_distance(phi(x, Mode::evaluate), centre_);  // R² does not depend on x
  }
  engine::onnx::Value graph_of_prepared(const engine::onnx::Value& x) const override;
  std::vector<float> margins(const Samples& x, const std::function<Tensor(const Tensor&)>& z_of);
  std::optional<double> own_threshold() const override {
    return soft_boundary() ? std::optional(0.0) : std::nullopt;  // on the sphere
  }
  void describe(nlohmann::json& description, NamedArrays& arrays) const override;
  void restore_spheres(const ModelFolder& model) override;
  void keep_spheres(Checkpoint& c) override {
    c.array("centre", centre_.value());
    c.array("radius", radius_.value());
  }

  StepResult one_class_step(const Tensor& x);
  StepResult soft_boundary_step(const Tensor& x);

  DeepSvddOptions own_;
  Tensor centre_;  // c, (p)
  Tensor radius_;  // R, (1); 0 under the one-class objective
};

// [book: centre]
// c: the mean representation of the training set, in evaluation mode.
void DeepSvdd::initialise_spheres(const Samples& x, const std::vector<int32_t>&, Monitor&) {
  const std::vector<float>& z = training_representations();
  std::vector<double> sum(static_cast<size_t>(rep_dim()));
  for (size_t i = 0; i < z.size(); ++i) sum[i % sum.size()] += z[i];
  std::vector<float> c = centre_of(sum, x.count());
  if (own_.zero_centre) c.assign(c.size(), 0);
  centre_.value().assign(c);
  backend_.fill(radius_.value(), 0);
}

// [book: one-class]
// Equation 4, One-Class Deep SVDD: the mean squared distance to the centre.
StepResult DeepSvdd::one_class_step(const Tensor& x) {
  const Tensor d = squared_distance(phi(x, Mode::train), centre_);
  return {.loss = mean(d), .distances = d};
}

// [book: soft-boundary]
// Equation 3, soft-boundary Deep SVDD: the sphere's size, and how far samples lie outside it.
StepResult DeepSvdd::soft_boundary_step(const Tensor& x) {
  const Tensor d = squared_distance(phi(x, Mode::train), centre_);
  const Tensor r2 = square(radius_);
  return {.loss = r2 + (1 / own_.nu) * mean(relu(d - r2)), .distances = d};
}

void DeepSvdd::minimise_objective(const Samples& x, Monitor& monitor) {
  const auto optimizers =
      adam_for(network_.encoder.state(), options_.training.weight_decay, decay(), options_.amsgrad);
  TrainingPhase training = phase(std::string(deep_svdd_name), options_.training, optimizers);
  if (soft_boundary()) {
    warn_of_warm_up(own_.warm_up_epochs);
    training.step = [&](const Batch& b) { return soft_boundary_step(b.samples); };
    // [book: radius]
    // R: the (1 − ν)-quantile of the batch's distances, those of the forward pass before the step
    // (Section 3.2; the paper searches a line over all samples, the quantile is its solution on the batch).
    training.after_step = [&](const Batch&, const StepResult& step) {
      backend_.root_quantile(step.distances.value(), 1 - own_.nu, radius_.value());
    };
    training.after_step_from_epoch = own_.warm_up_epochs;
    training.radius = [&] { return std::optional(radius_.value().item()); };
  } else {
    training.step = [&](const Batch& b) { return one_class_step(b.samples); };
  }
  svdd::train(x, training, backend_, monitor);
}

// [book: score]
// Equation 5: d(x), or d(x) − R² under the soft boundary.
std::vector<float> DeepSvdd::margins(const Samples& x, const std::function<Tensor(const Tensor&)>& z_of) {
  std::vector<float> scores = evaluate_batches(
      x, [&](const Tensor& b) { return squared_distance(z_of(b), centre_); }, backend_);
  const auto r = static_cast<float>(radius_.value().item());
  if (soft_boundary())
    for (float& s : scores) s -= r * r;
  return scores;
}

// The same as a graph.
engine::onnx::Value DeepSvdd::graph_of_prepared(const engine::onnx::Value& x) const {
  const engine::onnx::Value d =
      squared_distance(phi(x), x.graph->constant("centre", stored(centre_.value())));
  const auto r = static_cast<float>(radius_.value().item());
  return soft_boundary() ? d - x.graph->constant("squared_radius", engine::NdArray::scalar(r * r)) : d;
}

void DeepSvdd::describe(nlohmann::json& description, NamedArrays& arrays) const {
  description["objective"] = name_of(own_.objective);
  description["nu"] = own_.nu;
  description["radius"] = radius_.value().item();
  arrays.emplace_back("centre", stored(centre_.value()));
  arrays.emplace_back("radius", stored(radius_.value()));
}

void DeepSvdd::restore_spheres(const ModelFolder& model) {
  centre_.value().assign(numbers(model, "centre", {rep_dim()}));
  radius_.value().assign(numbers(model, "radius", {1}));
}

}  // namespace

void check_soft_boundary(double nu, int64_t warm_up_epochs) {
  if (!(nu > 0 && nu <= 1))
    throw std::invalid_argument(
        "nu is the share of the training data allowed outside the sphere, in (0, 1]; found " +
        engine::number_text(nu));
  if (warm_up_epochs < 0)
    throw std::invalid_argument("the number of warm-up epochs must not be negative, found " +
                                std::to_string(warm_up_epochs));
}

DeepSvddOptions published_options(Recipe recipe) {
  DeepSvddOptions o;
  o.recipe = recipe;
  if (recipe == Recipe::theano) {
    o.dictionary = true;
    o.pretraining.lr_milestones = {};
    o.pretraining.weight_decay = 1e-3;  // penalty (0.5/1e3)·Σ W²
    o.training.weight_decay = 1e-6;     // penalty 0.5·(1/1e6)·Σ W²
  }
  return o;
}

std::unique_ptr<Detector> make_deep_svdd(const DeepSvddOptions& options, engine::Backend& backend) {
  check_soft_boundary(options.nu, options.warm_up_epochs);
  return made<DeepSvdd>(options, backend);
}

std::vector<Option> sphere_rows(DeepOptions& o, Objective& objective, double& nu, int64_t& warm_up_epochs,
                                Common common) {
  const Idle idle = [&objective] {
    return std::string(objective == Objective::soft_boundary ? ""
                                                             : "only objective soft-boundary looks at it");
  };
  Rows rows{recipe_row(o), option::choice({"objective", "NAME", method_group, "one-class or soft-boundary"},
                                          objective_names, objective)};
  rows.push_back(nu_row(nu, idle));
  rows.push_back(
      option::whole({"warm-up-epochs", "N", method_group, "soft-boundary: the radius stays 0 for these"},
                    int64_t{0}, warm_up_epochs));
  rows.back().idle = idle;
  rows.push_back(contamination_row(common, [&objective] {
    return std::string(objective == Objective::soft_boundary
                           ? "with objective soft-boundary the threshold is the sphere's surface"
                           : "");
  }));
  add_network_rows(rows, o, true);
  rows.push_back(dictionary_row(o));
  return rows;
}

namespace {

Rows rows_of(DeepSvddOptions& o, Common common) {
  Rows rows = sphere_rows(o, o.objective, o.nu, o.warm_up_epochs, common);
  add_training_rows(rows, o, common);
  add_pretraining_rows(rows, o, true);
  return rows;
}

std::unique_ptr<Detector> load_deep_svdd(const ModelFolder& model, engine::Backend& backend) {
  DeepSvddOptions o;
  static_cast<DeepOptions&>(o) = saved_options(model);
  o.nu = field<double>(model, "nu");
  const auto objective = field<std::string>(model, "objective");
  reading(model, [&] {
    o.objective = objective_names.named(objective);
    check_soft_boundary(o.nu, o.warm_up_epochs);
  });
  return restored<DeepSvdd>(o, model, backend);
}

}  // namespace

Method deep_svdd_method() {
  return {.name = std::string(deep_svdd_name),
          .title = "Deep SVDD",
          .published =
              [](const recipes::DataTraits& data, Recipe recipe) {
                return Settings(
                    recipes::deep_svdd(data, recipe),
                    Settings::Form<DeepSvddOptions>{rows_of, make_deep_svdd,
                                                    recipes::fit_to_own<DeepSvddOptions>(data, recipe)});
              },
          .load = load_deep_svdd};
}

}  // namespace svdd
