#include "svdd/deep_svdd.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "datasets/preprocessing.h"
#include "datasets/preprocessing_json.h"
#include "engine/files/in_quotes.h"
#include "svdd/autoencoder_pretraining.h"
#include "svdd/collapse.h"
#include "svdd/dictionary_learning.h"
#include "svdd/model_folder.h"
#include "svdd/networks.h"
#include "svdd/receipt.h"
#include "svdd/stopwatch.h"
#include "svdd/threshold.h"

namespace svdd {

using datasets::Preprocessing;
using datasets::Samples;
using engine::Array;
using engine::DType;
using engine::Layout;
using engine::Mode;
using engine::Tensor;

namespace {

// One number that the objective refers to and that changes between steps: R.
Tensor single_number(engine::Backend& backend) {
  return Tensor(Array(backend, {1}, Layout::plain, DType::f32));
}

class DeepSvdd final : public Detector {
 public:
  DeepSvdd(const DeepSvddOptions& options, engine::Backend& backend)
      : options_(options),
        backend_(backend),
        network_(fresh_network()),
        rep_dim_(options.rep_dim ? options.rep_dim : network_info(options.network).rep_dim),
        centre_(Array(backend, {rep_dim_}, Layout::plain, DType::f32)),
        radius_(single_number(backend)) {}

  std::string method() const override { return "deep-svdd"; }
  std::vector<int64_t> sample_shape() const override { return network_info(options_.network).input; }
  std::string weights_sha256() const override { return svdd::weights_sha256(network_.encoder.state()); }

  void fit(const TrainingSet& train, Monitor& monitor) override;
  std::vector<float> score(const Samples& samples) override {
    require_fitted();
    return score_prepared(prepared(samples));
  }
  void save(const std::filesystem::path& folder) const override;
  void restore(const ModelFolder& model);

 private:
  Tensor phi(const Tensor& x, Mode mode) { return network_.encoder.forward(x, mode); }
  bool soft_boundary() const { return options_.objective == Objective::soft_boundary; }
  Decay decay() const { return options_.recipe == Recipe::theano ? Decay::weights_only : Decay::all; }

  void require_fitted() const;
  Network fresh_network() const;
  Samples prepared(const Samples& samples) const;
  Samples training_samples(const Samples& samples);
  void initialise_network(const Samples& x);
  void initialise_centre(const Samples& x);
  void minimise_objective(const Samples& x, Monitor& monitor);
  StepResult one_class_step(const Tensor& x);
  StepResult soft_boundary_step(const Tensor& x);

  std::vector<float> representations(const Samples& x) {
    return evaluate_batches(
        x, [&](const Tensor& b) { return phi(b, Mode::evaluate); }, backend_);
  }
  std::vector<float> score_prepared(const Samples& x);

  DeepSvddOptions options_;
  engine::Backend& backend_;
  Network network_;
  int64_t rep_dim_;
  Preprocessing preprocessing_;
  Tensor centre_;  // c, (p)
  Tensor radius_;  // R, (1); 0 under the one-class objective
};

// The run, in order (README.md, "The page: Deep SVDD").
void DeepSvdd::fit(const TrainingSet& train, Monitor& monitor) {
  const Samples x = training_samples(train.samples);
  training_scores_.clear();  // a fit that fails leaves a detector that refuses to score
  initialise_network(x);

  // The network as it begins, about a centre of its own. Its batch norm has seen nothing: the running moments
  // are still 0 and 1, which leaves the random filters' responses as they are.
  initialise_centre(x);
  monitor.stage("untrained", [&](const Samples& s) { return score_prepared(prepared(s)); });

  if (options_.pretrain) {
    const Stopwatch watch;
    pretrain_autoencoder(network_, x, options_.pretraining, decay(), options_.amsgrad, options_.seed,
                         backend_, monitor);
    pretrain_seconds_ = watch.seconds();
    monitor.stage("autoencoder",
                  [&](const Samples& s) { return reconstruction_errors(network_, prepared(s), backend_); });
    initialise_centre(x);
  }

  const Spread before = measure_spread(score_prepared(x), representations(x), rep_dim_);
  const Stopwatch watch;
  minimise_objective(x, monitor);
  train_seconds_ = watch.seconds();

  std::vector<float> scores = score_prepared(x);
  const Spread after = measure_spread(scores, representations(x), rep_dim_);  // refuses what is not finite
  collapse_warning_ = svdd::collapse_warning(before, after);
  if (collapse_warning_) monitor.note(*collapse_warning_);
  // Outside the sphere, or above all but the contamination of the training scores.
  threshold_ = soft_boundary() ? 0.0 : contamination_threshold(scores, options_.contamination);
  std::sort(scores.begin(), scores.end());
  training_scores_ = std::move(scores);
}

// c: the mean representation of the training set, in evaluation mode, summed in the order of the samples.
// Coordinates near zero are moved to ±0.1, because a zero coordinate can be met by zero weights
// (Proposition 1). One that is exactly 0 goes to +0.1.
void DeepSvdd::initialise_centre(const Samples& x) {
  constexpr float epsilon = 0.1f;
  const std::vector<float> z = representations(x);
  std::vector<double> sum(static_cast<size_t>(rep_dim_));
  for (size_t i = 0; i < z.size(); ++i) sum[i % sum.size()] += z[i];
  std::vector<float> c(sum.size());
  for (size_t j = 0; j < c.size(); ++j) {
    c[j] = static_cast<float>(sum[j] / static_cast<double>(x.count()));
    if (std::abs(c[j]) < epsilon) c[j] = c[j] < 0 ? -epsilon : epsilon;
    if (options_.zero_centre) c[j] = 0;
  }
  centre_.value().assign(c);
  backend_.fill(radius_.value(), 0);
}

// Section 3.1, One-Class Deep SVDD: the mean squared distance to the centre.
StepResult DeepSvdd::one_class_step(const Tensor& x) {
  const Tensor d = squared_distance(phi(x, Mode::train), centre_);
  return {mean(d), d};
}

// Section 3.1, soft-boundary Deep SVDD: the sphere's size, and how far samples lie outside it.
StepResult DeepSvdd::soft_boundary_step(const Tensor& x) {
  const Tensor d = squared_distance(phi(x, Mode::train), centre_);
  const Tensor r2 = square(radius_);
  return {r2 + (1 / options_.nu) * mean(relu(d - r2)), d};
}

void DeepSvdd::minimise_objective(const Samples& x, Monitor& monitor) {
  const auto optimizers =
      adam_for(network_.encoder.state(), options_.training.weight_decay, decay(), options_.amsgrad);
  TrainingPhase phase{.name = "deep-svdd", .options = options_.training, .seed = options_.seed};
  for (const auto& optimizer : optimizers) phase.optimizers.push_back(optimizer.get());
  if (soft_boundary()) {
    phase.step = [&](const Tensor& b) { return soft_boundary_step(b); };
    // R: the (1 − ν)-quantile of the batch's distances, those of the forward pass before the step
    // (Section 3.2; the paper searches a line over all samples, the quantile is its solution on the batch).
    phase.after_step = [&](int64_t epoch, const Array& distances) {
      if (epoch >= options_.warm_up_epochs)
        backend_.root_quantile(distances, 1 - options_.nu, radius_.value());
    };
    phase.radius = [&] { return std::optional(radius_.value().item()); };
  } else {
    phase.step = [&](const Tensor& b) { return one_class_step(b); };
  }
  svdd::train(x, phase, backend_, monitor);
}

// d(x), or d(x) − R² under the soft boundary.
std::vector<float> DeepSvdd::score_prepared(const Samples& x) {
  std::vector<float> scores = evaluate_batches(
      x, [&](const Tensor& b) { return squared_distance(phi(b, Mode::evaluate), centre_); }, backend_);
  const auto r = static_cast<float>(radius_.value().item());
  if (soft_boundary())
    for (float& s : scores) s -= r * r;
  return scores;
}

void DeepSvdd::require_fitted() const {
  if (training_scores_.empty())
    throw std::runtime_error("this deep-svdd detector has not been fitted; fit it or load a saved model");
}

Network DeepSvdd::fresh_network() const {
  return build_network(options_.network, backend_,
                       {.rep_dim = options_.rep_dim,
                        .affine_batch_norm = options_.recipe == Recipe::theano,
                        .bias_terms = options_.bias_terms});
}

void check_fits(const Samples& samples, const std::vector<int64_t>& shape, const std::string& network) {
  if (samples.shape != shape)
    throw std::invalid_argument("the samples are " + datasets::shape_text(samples.shape) + ", but " +
                                network + " takes " + datasets::shape_text(shape));
}

Samples DeepSvdd::prepared(const Samples& samples) const {
  check_fits(samples, sample_shape(), options_.network);
  samples.check("the samples");
  Samples x = samples;
  preprocessing_.apply(x);
  return x;
}

// GCN and min-max, fitted on all training samples; the theano recipe then drops what fills no whole batch
// (of the training phase; fewer samples than one batch are all kept).
Samples DeepSvdd::training_samples(const Samples& samples) {
  check_fits(samples, sample_shape(), options_.network);
  samples.check("the training data");
  if (samples.count() < 2)
    throw std::invalid_argument("the training data hold " + std::to_string(samples.count()) +
                                " samples; at least 2 are needed");
  preprocessing_ = Preprocessing::fit(Preprocessing::Gcn::l1, true, samples);
  Samples x = prepared(samples);
  const int64_t batch = options_.training.batch_size;
  if (options_.recipe == Recipe::theano && x.count() > batch)
    x.values.resize(static_cast<size_t>(x.count() / batch * batch * x.size()));
  return x;
}

void DeepSvdd::initialise_network(const Samples& x) {
  const bool theano = options_.recipe == Recipe::theano;
  network_ = fresh_network();  // a second fit owes nothing to the first
  const Initialisation rule = theano ? Initialisation::glorot
                              : network_info(options_.network).xavier_convolutions
                                  ? Initialisation::pytorch_xavier
                                  : Initialisation::pytorch;
  initialise(network_.encoder.state(), rule, options_.seed);
  initialise(network_.decoder.state(), rule, options_.seed);
  if (!theano) return;
  // The first filters are atoms of a dictionary learned from patches.
  for (const engine::NamedTensor& s : network_.encoder.state()) {
    const engine::Shape& shape = s.tensor.shape();
    if (s.name != "conv1.weight" || !(shape == engine::Shape{shape[0], 1, 5, 5})) continue;
    s.tensor.value().assign(dictionary_filters(x.values, x.count(), x.shape[1], x.shape[2],
                                               {.atoms = shape[0], .seed = options_.seed}));
  }
}

void DeepSvdd::save(const std::filesystem::path& folder) const {
  require_fitted();
  const nlohmann::json description{{"method", method()},
                                   {"network", options_.network},
                                   {"rep_dim", rep_dim_},
                                   {"affine_batch_norm", options_.recipe == Recipe::theano},
                                   {"bias_terms", options_.bias_terms},
                                   {"objective", soft_boundary() ? "soft-boundary" : "one-class"},
                                   {"nu", options_.nu},
                                   {"contamination", options_.contamination},
                                   {"radius", radius_.value().item()},
                                   {"threshold", threshold_},
                                   {"preprocessing", preprocessing_},
                                   {"weights_sha256", weights_sha256()},
                                   {"collapse_warning", collapse_warning_.value_or("")}};
  std::vector<std::pair<std::string, engine::NdArray>> tensors;
  for (const engine::NamedTensor& s : network_.encoder.state())
    tensors.emplace_back(s.name, stored(s.tensor.value()));
  tensors.emplace_back("centre", stored(centre_.value()));
  tensors.emplace_back("radius", stored(radius_.value()));
  tensors.emplace_back(
      "training_scores",
      engine::NdArray::from({static_cast<int64_t>(training_scores_.size())}, training_scores_));
  write_model_folder(folder, description, tensors);
}

void DeepSvdd::restore(const ModelFolder& model) {
  const auto state = network_.encoder.state();
  std::vector<std::string> names{"centre", "radius", "training_scores"};
  for (const engine::NamedTensor& s : state) names.push_back(s.name);
  require_no_others(model, names);
  restore_state(model, state);
  if (field<std::string>(model, "weights_sha256") != weights_sha256())
    throw std::runtime_error(engine::in_quotes(model.tensors.path) +
                             " does not hold the weights that model.json beside it describes (its "
                             "weights_sha256 differs); the two come from different runs");
  centre_.value().assign(numbers(model, "centre", {rep_dim_}));
  radius_.value().assign(numbers(model, "radius", {1}));
  const engine::NdArray& scores = model.tensors.at("training_scores");
  training_scores_ = numbers(model, "training_scores", {scores.size()});
  if (training_scores_.empty())
    throw std::runtime_error(engine::in_quotes(model.tensors.path) + ": tensor 'training_scores' is empty");
  threshold_ = field<double>(model, "threshold");
  preprocessing_ = field<Preprocessing>(model, "preprocessing");
  const auto warning = field<std::string>(model, "collapse_warning");
  if (!warning.empty()) collapse_warning_ = warning;
}

void check(const DeepSvddOptions& o) {
  if (!(o.nu > 0 && o.nu <= 1))
    throw std::invalid_argument(
        "nu is the share of the training data allowed outside the sphere, in (0, 1]; found " +
        std::to_string(o.nu));
  if (!(o.contamination >= 0 && o.contamination < 1))
    throw std::invalid_argument(
        "contamination is the share of training scores above the threshold, in [0, 1); found " +
        std::to_string(o.contamination));
  if (o.warm_up_epochs < 0)
    throw std::invalid_argument("the number of warm-up epochs must not be negative, found " +
                                std::to_string(o.warm_up_epochs));
  o.training.check("training");
  if (o.pretrain) o.pretraining.check("pretraining");
}

}  // namespace

DeepSvddOptions published_options(Recipe recipe) {
  DeepSvddOptions o;
  o.recipe = recipe;
  if (recipe == Recipe::theano) {
    o.pretraining.lr_milestones = {};
    o.pretraining.weight_decay = 1e-3;  // penalty (0.5/1e3)·Σ W²
    o.training.weight_decay = 1e-6;     // penalty 0.5·(1/1e6)·Σ W²
  }
  return o;
}

std::unique_ptr<Detector> make_deep_svdd(const DeepSvddOptions& options, engine::Backend& backend) {
  check(options);
  return std::make_unique<DeepSvdd>(options, backend);
}

std::unique_ptr<Detector> load_deep_svdd(const ModelFolder& model, engine::Backend& backend) {
  DeepSvddOptions o;
  o.network = field<std::string>(model, "network");
  o.rep_dim = field<int64_t>(model, "rep_dim");
  o.recipe = field<bool>(model, "affine_batch_norm") ? Recipe::theano : Recipe::pytorch;
  o.bias_terms = field<bool>(model, "bias_terms");
  const auto objective = field<std::string>(model, "objective");
  o.objective = objective == "soft-boundary" ? Objective::soft_boundary : Objective::one_class;
  o.nu = field<double>(model, "nu");
  o.contamination = field<double>(model, "contamination");
  numbers(model, "centre",
          {o.rep_dim});  // the file holds as many: no size is believed before memory is taken
  try {
    if (objective != "soft-boundary" && objective != "one-class")
      throw std::invalid_argument("there is no objective " + engine::in_quotes(objective) +
                                  "; known are one-class, soft-boundary");
    check(o);
    auto detector = std::make_unique<DeepSvdd>(o, backend);
    detector->restore(model);
    return detector;
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(engine::in_quotes(model.path()) + ": " + error.what());
  }
}

}  // namespace svdd
