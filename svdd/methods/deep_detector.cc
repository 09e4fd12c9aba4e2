#include "svdd/methods/deep_detector.h"

#include "engine/files/in_quotes.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "datasets/preprocessing_graph.h"
#include "datasets/preprocessing_json.h"
#include "engine/floating_point_mode.h"
#include "engine/layer_graph.h"
#include "svdd/evaluation/collapse.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/networks/idle_taps.h"
#include "svdd/networks/theory.h"
#include "svdd/training/dictionary_learning.h"
#include "svdd/training/epoch_report_json.h"
#include "svdd/training/pretraining_store.h"

namespace svdd {

using datasets::Preprocessing;
using datasets::Samples;
using engine::Mode;
using engine::Tensor;

static void to_json(nlohmann::json& j, const Spread& s) {
  j = {{"score_std", s.score_std},
       {"score_rms", s.score_rms},
       {"representation_std", s.representation_std},
       {"representation_rms", s.representation_rms},
       {"distinct_scores", s.distinct_scores}};
}
static void read_entry(const engine::JsonEntry& e, Spread& s) {
  s = {e.as<double>("score_std"), e.as<double>("score_rms"), e.as<double>("representation_std"),
       e.as<double>("representation_rms"), e.as<int64_t>("distinct_scores")};
}

namespace {

// In model.json, false: the model was imported without them.
const char* const training_scores_known = "training_scores_known";

// Remembers what it passes on.
class EpochRecorder final : public Monitor {
 public:
  explicit EpochRecorder(Monitor& to) : to_(to) {}
  void epoch(const EpochReport& report) override {
    reports.push_back(report);
    to_.epoch(report);
  }
  void note(const std::string& line) override { to_.note(line); }

  std::vector<EpochReport> reports;

 private:
  Monitor& to_;
};

// Tells a monitor of each epoch, then shows it the detector as that left it.
class ShowsStanding final : public Monitor {
 public:
  ShowsStanding(Monitor& to, ScoreFunction score, ScoreFunction embed)
      : to_(to), score_(std::move(score)), embed_(std::move(embed)) {}
  void epoch(const EpochReport& report) override {
    to_.epoch(report);
    to_.standing(report, score_, embed_);
  }
  void note(const std::string& line) override { to_.note(line); }
  void stage(std::string_view name, const ScoreFunction& score) override { to_.stage(name, score); }
  void weights(std::string_view after, const std::string& sha256) override { to_.weights(after, sha256); }

 private:
  Monitor& to_;
  ScoreFunction score_, embed_;
};

}  // namespace

DeepDetector::DeepDetector(const DeepOptions& options, engine::Backend& backend)
    : options_(options), backend_(backend) {
  if (!(options.contamination >= 0 && options.contamination < 1))
    throw std::invalid_argument(
        "contamination is the share of training scores above the threshold, in [0, 1); found " +
        engine::number_text(options.contamination));
  options.training.check("training");
  if (options.pretrain) options.pretraining.check("pretraining");
  if (options.preprocessing.pca > 0)
    throw std::invalid_argument("a network takes whole samples, not their principal components");
  plan_ = plan_network(options.network, network_options());
  if (options.pretrain) require_decoder();
  network_ = fresh_network();
}

NetworkOptions DeepDetector::network_options() const {
  return {.input = options_.input,
          .rep_dim = options_.rep_dim,
          .widths = options_.widths,
          .affine_batch_norm = options_.recipe == Recipe::theano,
          .bias_terms = options_.bias_terms};
}

void DeepDetector::require_decoder() const {
  if (!plan_.no_decoder.empty()) throw std::invalid_argument(plan_.name + ": " + plan_.no_decoder);
}

void DeepDetector::require_theory() const {
  const std::vector<std::string> objections = theory_objections(plan_, network_options());
  if (!objections.empty() && !plan_.allow_bias && !options_.allow_bias)
    throw std::invalid_argument(plan_.name + ", " + objections[0] +
                                "; take it out, or allow it (allow-bias)");
}

void DeepDetector::require_trainable() const {
  require_consistent(options_.network, options_.input);
  if (!reconstructs()) require_theory();
  if (const std::string why = why_untrainable(plan_, backend_); !why.empty())
    throw std::invalid_argument(plan_.name + ", " + why);
}

// The run, in order (README.md, "The page: Deep SVDD").
void DeepDetector::fit(const TrainingSet& train, Monitor& monitor) {
  const engine::IeeeMode ieee;
  check_known(train);
  say_beforehand(train.samples, monitor);
  const Samples x = training_samples(train.samples);
  require_batches(x);
  begin_fit(train, x);
  std::vector<int32_t> classes = train.classes;
  classes.resize(std::min(classes.size(), static_cast<size_t>(x.count())));

  if (!checkpoints_ || !checkpoints_->begin([&](Checkpoint& c) { keep(c, monitor); })) {
    // The network as it begins, about spheres of its own. Its batch norm has seen nothing: the running
    // moments are still 0 and 1, which leaves the random filters' responses as they are.
    initialise_network(x);
    monitor.weights("start", svdd::weights_sha256(network_.state()));
    initialise_spheres(x, classes, monitor);
    monitor.stage("untrained", [&](const Samples& s) { return score_prepared(prepared(s)); });
  } else {
    pretrainings_ = nullptr;  // what this fit has begun, it ends
  }

  if (options_.pretrain && !stand_.pretrained) {
    stand_.watch = {};
    network_changes();
    train_autoencoder(x, options_.pretraining, monitor);
    pretrain_seconds_ = stand_.spent();
    monitor.weights("autoencoder", svdd::weights_sha256(network_.state()));
    monitor.stage("autoencoder",
                  [&](const Samples& s) { return reconstruction_errors(network_, prepared(s), backend_); });
    initialise_spheres(x, classes, monitor);
    stand_ = {.pretrained = true};
  }

  if (!stand_.training)
    stand_.at_start = measure_spread(scores_of_training(), training_representations(), rep_dim());
  stand_.training = true;
  stand_.watch = {};
  network_changes();
  ShowsStanding watched(
      monitor, [&](const Samples& s) { return score_prepared(prepared(s)); },
      [&](const Samples& s) { return representations(prepared(s)); });
  minimise_objective(x, watched);
  train_seconds_ = stand_.spent();
  monitor.weights(method(), svdd::weights_sha256(network_.state()));

  end_fit(train, monitor);
}

// What somebody wants to know before hours are spent.
void DeepDetector::say_beforehand(const Samples& samples, Monitor& monitor) {
  warnings_.clear();
  const auto warn = [&](const std::string& what) {
    warnings_.push_back(plan_.name + ", " + what);
    monitor.note(warnings_.back());
  };
  if (!reconstructs())
    for (const std::string& objection : theory_objections(plan_, network_options())) warn(objection);
  for (const std::string& idle : idle_taps(plan_)) warn(idle);
  if (const std::string cost = Preprocessing::cost(options_.preprocessing, samples); !cost.empty())
    monitor.note(cost);
}

void DeepDetector::require_batches(const Samples& x) {
  check_count(x.count());
  const bool trains_decoder = scoring_state().size() > network_.encoder.state().size();
  if (options_.pretrain) check_last_batch(x, "pretraining", options_.pretraining, true);
  check_last_batch(x, "training", options_.training, trains_decoder);
}

// A second fit owes nothing to the first, and one that fails leaves a detector that refuses to score.
void DeepDetector::begin_fit(const TrainingSet& train, const Samples& x) {
  fitted_ = false;
  network_ = fresh_network();
  network_changes();
  stand_ = {};
  training_clusters_.clear();
  training_scores_.clear();
  calibration_.reset();
  collapse_warning_.reset();
  pretrain_seconds_ = 0;
  took_pretraining_ = false;
  training_ = &x;
  known_ = train.known;
  known_.resize(std::min(known_.size(), static_cast<size_t>(x.count())));
  checkpoints_ = train.checkpoints;
  pretrainings_ = train.trace ? nullptr : train.pretrainings;  // one that is taken over has no steps
  trace_ = train.trace;
}

std::vector<float> DeepDetector::scores_of_training() {
  return reconstructs() ? score_prepared(*training_) : score_represented(training_representations());
}

// What scoring needs beside the network: whether the fit made sense, the threshold, the yardstick of p-values.
void DeepDetector::end_fit(const TrainingSet& train, Monitor& monitor) {
  const Samples& x = *training_;
  std::vector<float> scores = scores_of_training();
  const std::vector<float>& z = training_representations();
  const Spread after = measure_spread(scores, z, rep_dim());  // refuses what is not finite
  collapse_warning_ = equal_samples_warning(x.values, x.size());
  if (!collapse_warning_) collapse_warning_ = svdd::collapse_warning(stand_.at_start, after);
  if (!collapse_warning_) collapse_warning_ = equal_scores_warning(scores, x.values, x.size(), "training");
  if (collapse_warning_) monitor.note(*collapse_warning_);
  const std::optional<double> own = own_threshold();
  threshold_ = own ? *own : contamination_threshold(scores, options_.contamination);
  training_clusters_ = clusters_of_training(z);
  samples_used_ = x.count();
  constexpr int64_t enough = 19;  // for a p-value of 1/20
  if (train.held_out && train.held_out->count() >= enough) scores = score_prepared(prepared(*train.held_out));
  std::sort(scores.begin(), scores.end());
  training_scores_ = std::move(scores);
  fitted_ = true;
  training_z_ = {};
  training_ = nullptr;
  checkpoints_ = nullptr;
  pretrainings_ = nullptr;
  trace_ = nullptr;
}

std::vector<float> DeepDetector::score_represented(const std::vector<float>& /*z*/) {
  throw std::logic_error("a method that does not reconstruct scores representations");
}

// What a fit keeps in a checkpoint, beside what its phases do.
void DeepDetector::keep(Checkpoint& c, Monitor& monitor) {
  for (const engine::NamedTensor& s : network_.state()) c.array(s.name, s.tensor.value());
  keep_spheres(c);
  c.value("pretrained", stand_.pretrained);
  c.value("training", stand_.training);
  c.value("spread_at_start", stand_.at_start);
  c.value("pretrain_seconds", pretrain_seconds_);
  double seconds = stand_.spent();
  c.value("phase_seconds", seconds);
  nlohmann::json of_monitor = c.reading() ? nlohmann::json() : engine::parse_json(monitor.kept());
  c.value("monitor", of_monitor);
  if (!c.reading()) return;
  stand_.seconds = seconds;
  try {
    monitor.go_on(of_monitor.dump());
  } catch (const std::exception& error) {
    c.require(false, error.what());
  }
}

std::vector<float> DeepDetector::score(const Samples& samples) {
  const engine::IeeeMode ieee;
  require_fitted();
  return farthest_where_overflown(score_prepared(prepared(samples)));
}

namespace {

// While it lives no gradient of these is computed: that of the samples alone is wanted.
class HeldFixed {
 public:
  explicit HeldFixed(const std::vector<engine::NamedTensor>& state) {
    for (const Tensor& t : engine::trainable(state))
      if (t.requires_grad()) held_.push_back(t);
    for (Tensor& t : held_) t.set_requires_grad(false);
  }
  ~HeldFixed() {
    for (Tensor& t : held_) t.set_requires_grad(true);
  }
  HeldFixed(const HeldFixed&) = delete;
  HeldFixed& operator=(const HeldFixed&) = delete;

 private:
  std::vector<Tensor> held_;
};

}  // namespace

std::vector<float> DeepDetector::score_gradient(const Samples& samples) {
  const engine::IeeeMode ieee;
  require_fitted();
  const Samples x = prepared(samples);
  const HeldFixed parameters(network_.state());
  const std::vector<float> by_prepared = gradients_in_batches(
      x, [&](const Tensor& b) { return differentiable_score(b); }, backend_);
  return by_samples(preprocessing_, samples, by_prepared);
}

std::vector<float> DeepDetector::embed(const Samples& samples) {
  const engine::IeeeMode ieee;
  require_fitted();
  return representations(prepared(samples));
}

engine::onnx::Value DeepDetector::phi(const engine::onnx::Value& x) const {
  return add_layers(plan_.encoder, network_.encoder.state(), x);
}
engine::onnx::Value DeepDetector::reconstruction(const engine::onnx::Value& z) const {
  return add_layers(plan_.decoder, network_.decoder.state(), z);
}

engine::onnx::Value DeepDetector::score_graph(const engine::onnx::Value& input) const {
  const engine::onnx::Value rows = datasets::prepared_rows(preprocessing_, input, plan_.input);
  return graph_of_prepared(plan_.input.size() > 1 ? reshaped(rows, plan_.input) : rows);
}

std::string DeepDetector::weights_sha256() const { return svdd::weights_sha256(scoring_state()); }

std::vector<float> DeepDetector::representations(const Samples& x) {
  return evaluate_batches(
      x, [&](const Tensor& b) { return phi(b, Mode::evaluate); }, backend_);
}

const std::vector<float>& DeepDetector::training_representations() {
  if (training_z_.empty()) training_z_ = representations(*training_);
  return training_z_;
}

// [book: away-from-zero]
std::vector<float> DeepDetector::centre_of(const std::vector<double>& sum, int64_t count) {
  constexpr float epsilon = 0.1f;
  std::vector<float> c(sum.size());
  for (size_t j = 0; j < c.size(); ++j) {
    c[j] = static_cast<float>(sum[j] / static_cast<double>(count));
    if (std::abs(c[j]) < epsilon) c[j] = c[j] < 0 ? -epsilon : epsilon;
  }
  return c;
}

TrainingPhase DeepDetector::phase(const std::string& name, const PhaseOptions& options,
                                  const std::vector<std::unique_ptr<engine::Optimizer>>& optimizers) const {
  TrainingPhase phase{.name = name, .options = options, .seed = options_.seed, .checkpoints = checkpoints_};
  phase.trace = trace_;
  phase.names = network_.state();
  for (const auto& optimizer : optimizers) phase.optimizers.push_back(optimizer.get());
  return phase;
}

void DeepDetector::train_autoencoder(const Samples& x, const PhaseOptions& options, Monitor& monitor) {
  EpochRecorder recorder(monitor);
  const auto train_it = [&] {
    pretrain_autoencoder(network_, x, options, decay(), options_.amsgrad, options_.seed, backend_, recorder,
                         checkpoints_, trace_);
  };
  if (!pretrainings_) return train_it();
  const std::vector<engine::NamedTensor> state = network_.state();
  const auto list = [&](Checkpoint& c) {
    for (const engine::NamedTensor& s : state) c.array(s.name, s.tensor.value());
    c.value("history", recorder.reports);
    double seconds = stand_.spent();
    c.value("seconds", seconds);
    if (c.reading()) stand_.seconds = seconds, stand_.watch = {};
  };
  took_pretraining_ = pretrainings_->take_or_make(
      {options_.network, state, x, options, decay(), options_.amsgrad, options_.seed}, list, train_it,
      [&](const std::string& line) { monitor.note(line); });
  if (!took_pretraining_) return;
  monitor.note("the autoencoder is taken from a run that began alike");
  for (const EpochReport& report : recorder.reports) monitor.epoch(report);
}

void DeepDetector::warn_of_warm_up(int64_t warm_up_epochs) {
  const int64_t epochs = options_.training.epochs;
  if (epochs <= warm_up_epochs)
    warnings_.push_back("the radius stayed 0: of " + std::to_string(epochs) +
                        " epochs all were among the first " + std::to_string(warm_up_epochs) +
                        ", which are its warm-up");
}

void DeepDetector::require_fitted() const {
  if (!fitted_)
    throw std::runtime_error("this " + method() +
                             " detector has not been fitted; fit it or load a saved model");
}

void DeepDetector::check_shape(const Samples& samples) const {
  if (samples.shape != plan_.input)
    throw std::invalid_argument("the samples are " + datasets::shape_text(samples.shape) + ", but " +
                                plan_.name + " takes " + datasets::shape_text(plan_.input));
}

Samples DeepDetector::prepared(const Samples& samples) const {
  check_shape(samples);
  samples.check("the samples");
  Samples x = samples;
  preprocessing_.apply(x);
  return x;
}

// Preprocessing is fitted on all training samples; the theano recipe then drops what fills no whole batch (of
// the training phase; fewer samples than one batch are all kept).
Samples DeepDetector::training_samples(const Samples& samples) {
  check_shape(samples);
  samples.check("the training data");
  if (samples.count() < 2)
    throw std::invalid_argument("the training data hold " + std::to_string(samples.count()) +
                                " samples; at least 2 are needed");
  preprocessing_ = Preprocessing::fit(options_.preprocessing, samples);
  Samples x = prepared(samples);
  const int64_t batch = options_.training.batch_size;
  if (options_.recipe == Recipe::theano && x.count() > batch)
    x.values.resize(static_cast<size_t>(x.count() / batch * batch * x.size()));
  return x;
}

// Batch norm over vectors cannot learn from a last batch of one sample. Said now, not at the end of an epoch.
void DeepDetector::check_last_batch(const Samples& x, const std::string& name, const PhaseOptions& phase,
                                    bool decoder) const {
  const bool one_is_left = phase.batch_size == 1 || x.count() % phase.batch_size == 1;
  if (!one_is_left || phase.epochs == 0) return;
  Network trial = fresh_network();  // a forward pass moves running moments
  std::vector<int64_t> extents{1};
  extents.insert(extents.end(), x.shape.begin(), x.shape.end());
  const Tensor one(
      engine::Array(backend_, engine::Shape(extents), engine::Layout::samples, engine::DType::f32));
  try {
    const Tensor z = trial.encoder.forward(one, Mode::train);
    if (decoder) trial.decoder.forward(z, Mode::train);
  } catch (const engine::TooFewValues&) {
    throw std::invalid_argument(name + ": of " + std::to_string(x.count()) + " samples in batches of " +
                                std::to_string(phase.batch_size) +
                                " the last batch has one, from which the batch norm of " + plan_.name +
                                " cannot learn; choose another batch size");
  }
}

void DeepDetector::initialise_network(const Samples& x) {
  const bool theano = options_.recipe == Recipe::theano;
  const Initialisation rule = theano ? Initialisation::glorot : plan_.start;
  initialise(network_.encoder.state(), rule, options_.seed);
  initialise(network_.decoder.state(), rule, options_.seed);
  if (!options_.dictionary) return;
  // The first filters are atoms of a dictionary learned from patches.
  for (const engine::NamedTensor& s : network_.encoder.state()) {
    const engine::Shape& shape = s.tensor.shape();
    if (s.name != "conv1.weight" || !(shape == engine::Shape{shape[0], shape[1], 5, 5})) continue;
    s.tensor.value().assign(dictionary_filters({x.values, x.count(), x.shape[0], x.shape[1], x.shape[2]},
                                               {.atoms = shape[0], .seed = options_.seed}));
  }
}

void DeepDetector::save(const std::filesystem::path& folder) const {
  require_fitted();
  nlohmann::json description{{"method", method()},
                             {"network", plan_.name},
                             {"network_text", text_of(plan_)},
                             {"input", plan_.input},
                             {"rep_dim", rep_dim()},
                             {"widths", plan_.widths},
                             {"affine_batch_norm", options_.recipe == Recipe::theano},
                             {"bias_terms", options_.bias_terms},
                             {"contamination", options_.contamination},
                             {"threshold", threshold_},
                             {"preprocessing", preprocessing_},
                             {"weights_sha256", weights_sha256()},
                             {"collapse_warning", collapse_warning_.value_or("")}};
  NamedArrays arrays;
  for (const engine::NamedTensor& s : scoring_state()) arrays.emplace_back(s.name, stored(s.tensor.value()));
  if (training_scores_.empty())
    description[training_scores_known] = false;
  else
    arrays.emplace_back(
        "training_scores",
        engine::NdArray::from({static_cast<int64_t>(training_scores_.size())}, training_scores_));
  for (auto& array : datasets::tensors(preprocessing_)) arrays.push_back(std::move(array));
  describe(description, arrays);
  describe_every(description, *this);
  write_model_folder(folder, description, arrays);
}

void DeepDetector::restore(const ModelFolder& model) {
  const auto state = scoring_state();
  restore_state(model, state);
  if (field<std::string>(model, "weights_sha256") != weights_sha256())
    throw std::runtime_error(engine::in_quotes(model.tensors.path) +
                             " does not hold the weights that model.json beside it describes (its "
                             "weights_sha256 differs); the two come from different runs");
  std::vector<std::string> names;
  if (!model.description.contains(training_scores_known) || field<bool>(model, training_scores_known)) {
    names.push_back("training_scores");
    const engine::NdArray& scores = model.tensors.at("training_scores");
    training_scores_ = numbers(model, "training_scores", {scores.size()});
    if (training_scores_.empty())
      throw std::runtime_error(engine::in_quotes(model.tensors.path) + ": tensor 'training_scores' is empty");
  }
  threshold_ = field<double>(model, "threshold");
  preprocessing_ = field<Preprocessing>(model, "preprocessing");
  datasets::take_tensors(model.tensors.tensors, preprocessing_);
  preprocessing_.outputs(datasets::sample_size(plan_.input));
  const auto warning = field<std::string>(model, "collapse_warning");
  if (!warning.empty()) collapse_warning_ = warning;
  restore_spheres(model);
  // What the spheres hold is known by writing them again.
  nlohmann::json ignored;
  NamedArrays own = datasets::tensors(preprocessing_);
  describe(ignored, own);
  for (const auto& [name, array] : own) names.push_back(name);
  for (const engine::NamedTensor& s : state) names.push_back(s.name);
  require_no_others(model, names);
  fitted_ = true;
}

// No size is believed before the file has shown as many numbers, about: which tensor is too small is told when it is
// read.
NetworkPlan check_sizes(const ModelFolder& model, const DeepOptions& o) {
  constexpr int64_t taken_on_trust = int64_t{1} << 20;
  int64_t there = 0, needed = 0;
  for (const auto& [name, tensor] : model.tensors.tensors) there += tensor.size();
  NetworkPlan plan = plan_network(o.network, {.input = o.input, .rep_dim = o.rep_dim, .widths = o.widths});
  for (const engine::PlannedLayer& p : plan.encoder) needed += p.parameters;
  if (needed > std::max(there, taken_on_trust))
    throw std::runtime_error(engine::in_quotes(model.path()) +
                             ": the network is larger than the numbers in weights.safetensors; the file is "
                             "damaged");
  return plan;
}

DeepOptions saved_options(const ModelFolder& model) {
  DeepOptions o;
  // Before networks were texts a model held their name alone.
  const bool has_text = model.description.contains("network_text");
  o.network = field<std::string>(model, has_text ? "network_text" : "network");
  o.input = field<std::vector<int64_t>>(model, "input");
  o.rep_dim = field<int64_t>(model, "rep_dim");
  o.widths = field<std::vector<int64_t>>(model, "widths");
  o.recipe = field<bool>(model, "affine_batch_norm") ? Recipe::theano : Recipe::pytorch;
  o.bias_terms = field<bool>(model, "bias_terms");
  o.contamination = field<double>(model, "contamination");
  reading(model, [&] {
    const NetworkPlan plan = check_sizes(model, o);
    if (plan.name != field<std::string>(model, "network"))
      throw std::invalid_argument("the network is called " +
                                  engine::in_quotes(field<std::string>(model, "network")) +
                                  ", and its text describes " + engine::in_quotes(plan.name));
    if (plan.rep_dim != o.rep_dim)
      throw std::invalid_argument("rep_dim is " + std::to_string(o.rep_dim) + ", but the network has " +
                                  std::to_string(plan.rep_dim));
    if (!plan.no_decoder.empty()) o.pretrain = false;
  });
  return o;
}

}  // namespace svdd
