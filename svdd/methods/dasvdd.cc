#include "svdd/methods/dasvdd.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "engine/random.h"
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
using engine::RandomStream;
using engine::Tensor;

namespace {

constexpr std::string_view dasvdd_name = "dasvdd";
constexpr std::string_view given = "given";  // in the place of a rule's name

class Dasvdd final : public DeepDetector {
 public:
  Dasvdd(const DasvddOptions& options, engine::Backend& backend)
      : DeepDetector(options, backend),
        own_(options),
        centre_(Array(backend, {rep_dim()}, Layout::plain, DType::f32)) {
    require_decoder();
    centre_.grad() = centre_.value().zeros_like();
  }

  std::string method() const override { return std::string(dasvdd_name); }
  bool reconstructs() const override { return true; }
  std::string details() const override {
    return nlohmann::json{{"gamma", gamma_}, {"gamma_rule", gamma_source_}}.dump();
  }

 private:
  void initialise_spheres(const Samples& x, const std::vector<int32_t>& classes, Monitor& monitor) override;
  void minimise_objective(const Samples& x, Monitor& monitor) override;
  std::vector<float> score_prepared(const Samples& x) override;
  Tensor differentiable_score(const Tensor& x) override { return score_of(x, Mode::evaluate); }
  engine::onnx::Value graph_of_prepared(const engine::onnx::Value& x) const override;
  std::vector<engine::NamedTensor> scoring_state() const override { return network_.state(); }
  void describe(nlohmann::json& description, NamedArrays& arrays) const override;
  void restore_spheres(const ModelFolder& model) override;
  void keep_spheres(Checkpoint& c) override {
    c.array("centre", centre_.value());
    c.value("gamma", gamma_);
    c.value("gamma_rule", gamma_source_);
  }

  double tuned_gamma(const Samples& x);
  double ratio_of_terms(Network& network, const Samples& x, const RandomStream& shuffle);
  Tensor score_of(const Tensor& x, Mode mode) { return dasvdd_score(network_, x, centre_, gamma_, mode); }

  DasvddOptions own_;
  Tensor centre_;  // c, (p), and its gradient
  double gamma_ = 0;
  std::string gamma_source_ = std::string(given);
};

// c from N(0, 1), and γ. Neither depends on the network, so pretraining changes nothing here.
void Dasvdd::initialise_spheres(const Samples& x, const std::vector<int32_t>&, Monitor& monitor) {
  const RandomStream normal(options_.seed, "init/centre");
  std::vector<float> c(static_cast<size_t>(rep_dim()));
  for (size_t j = 0; j < c.size(); ++j) c[j] = normal.normal(j);
  centre_.value().assign(c);

  gamma_source_ = own_.gamma ? given : name_of(own_.gamma_rule);
  gamma_ = own_.gamma ? *own_.gamma : tuned_gamma(x);
  std::ostringstream line;
  line << "gamma " << gamma_ << " (" << gamma_source_;
  if (!own_.gamma) line << ", " << own_.gamma_networks << " untrained networks";
  monitor.note(line.str() + ")");
}

// The mean over T networks as they begin; network t draws from a seed of its own.
double Dasvdd::tuned_gamma(const Samples& x) {
  const RandomStream seeds(options_.seed, "gamma");
  Network network = fresh_network();
  double sum = 0;
  for (int64_t t = 0; t < own_.gamma_networks; ++t) {
    initialise(network.state(), plan_.start, seeds.bits64(static_cast<uint64_t>(t)));
    sum += ratio_of_terms(network, x, RandomStream(options_.seed, "shuffle/gamma/" + std::to_string(t)));
  }
  const double gamma = sum / static_cast<double>(own_.gamma_networks);
  if (!(gamma > 0) || !std::isfinite(gamma))
    throw std::invalid_argument("dasvdd: the rule '" + std::string(name_of(own_.gamma_rule)) +
                                "' gives a gamma of " + std::to_string(gamma) +
                                " on these training data, expected a positive number; set gamma by hand");
  return gamma;
}

// What the rule makes of one network as it begins. Batches are drawn as in training, short ones left out.
double Dasvdd::ratio_of_terms(Network& network, const Samples& x, const RandomStream& shuffle) {
  const bool from_centre = own_.gamma_rule == GammaRule::paper;
  const Tensor origin = from_centre ? centre_ : Tensor(centre_.value().zeros_like());
  const std::vector<float> errors = evaluate_batches(
      x, [&](const Tensor& b) { return dasvdd_score(network, b, origin, 0, Mode::evaluate); }, backend_);
  const std::vector<float> distances = evaluate_batches(
      x,
      [&](const Tensor& b) { return squared_distance(network.encoder.forward(b, Mode::evaluate), origin); },
      backend_);
  if (from_centre) {
    double sum = 0;
    for (size_t i = 0; i < errors.size(); ++i) sum += static_cast<double>(errors[i]) / distances[i];
    return sum / static_cast<double>(errors.size());
  }
  const int64_t batch = std::min(options_.training.batch_size, x.count());
  std::vector<int32_t> order = engine::permutation(x.count(), shuffle);
  order.resize(static_cast<size_t>(x.count() / batch * batch));
  const size_t stride = own_.gamma_rule == GammaRule::first_sample ? static_cast<size_t>(batch) : 1;
  double error = 0, distance = 0;
  for (const int32_t i : order) error += errors[static_cast<size_t>(i)];
  for (size_t k = 0; k < order.size(); k += stride) distance += distances[static_cast<size_t>(order[k])];
  return error / (distance * static_cast<double>(stride));
}

void Dasvdd::minimise_objective(const Samples& x, Monitor& monitor) {
  const auto optimizers =
      adam_for(network_.state(), options_.training.weight_decay, decay(), options_.amsgrad);
  TrainingPhase training = phase(std::string(dasvdd_name), options_.training, optimizers);
  training.whole_batches = true;
  training.step = [&](const Batch& b) {
    const Tensor s = score_of(b.samples, Mode::train);
    return StepResult{.loss = mean(s), .distances = s};
  };
  // [book: turns, 2 statements]
  engine::AdaGrad adagrad({centre_}, {.lr_decay = own_.centre_lr_decay});
  if (own_.train_centre)  // by codes of the network as it is after its own turn
    training.alternation = {.share = own_.network_share,
                            .forward = [&](const Batch& b) { return phi(b.samples, Mode::evaluate); },
                            .gradient = [&](const Tensor& z) { dasvdd_centre_gradient(z, centre_); },
                            .optimizer = &adagrad,
                            .lr = own_.centre_lr};
  svdd::train(x, training, backend_, monitor);
}

std::vector<float> Dasvdd::score_prepared(const Samples& x) {
  return evaluate_batches(
      x, [&](const Tensor& b) { return score_of(b, Mode::evaluate); }, backend_);
}

// dasvdd_score as a graph.
engine::onnx::Value Dasvdd::graph_of_prepared(const engine::onnx::Value& x) const {
  const engine::onnx::Value z = phi(x), c = x.graph->constant("centre", stored(centre_.value()));
  const auto features = static_cast<double>(datasets::sample_size(plan_.input));
  return squared_distance(flattened(reconstruction(z)), flattened(x)) * (1 / features) +
         squared_distance(z, c) * gamma_;
}

void Dasvdd::describe(nlohmann::json& description, NamedArrays& arrays) const {
  description["gamma"] = gamma_;
  description["gamma_rule"] = gamma_source_;
  arrays.emplace_back("centre", stored(centre_.value()));
}

void Dasvdd::restore_spheres(const ModelFolder& model) {
  gamma_ = field<double>(model, "gamma");
  gamma_source_ = field<std::string>(model, "gamma_rule");
  centre_.value().assign(numbers(model, "centre", {rep_dim()}));
}

void check(const DasvddOptions& o) {
  const auto fail = [](const std::string& what, double found) {
    std::ostringstream line;
    line << what << ", found " << found;
    throw std::invalid_argument(line.str());
  };
  if (o.recipe != Recipe::pytorch)
    throw std::invalid_argument("the theano recipe is Deep SVDD's; dasvdd takes pytorch alone");
  if (o.gamma && !(*o.gamma >= 0 && std::isfinite(*o.gamma)))
    fail("gamma weighs the distance against the reconstruction error and must not be negative", *o.gamma);
  if (o.gamma_networks < 1)
    fail("gamma is averaged over at least 1 network", static_cast<double>(o.gamma_networks));
  if (!(o.network_share > 0 && o.network_share <= 1))
    fail("the network's share of a batch is in (0, 1]", o.network_share);
  if (!(o.centre_lr > 0 && std::isfinite(o.centre_lr)))
    fail("the centre's learning rate must be positive", o.centre_lr);
  if (!(o.centre_lr_decay >= 0 && std::isfinite(o.centre_lr_decay)))
    fail("the decay of the centre's learning rate must not be negative", o.centre_lr_decay);
}

}  // namespace

// [book: score]
Tensor dasvdd_score(Network& network, const Tensor& x, const Tensor& centre, double gamma, Mode mode) {
  const Tensor z = network.encoder.forward(x, mode);
  const Tensor reconstruction = network.decoder.forward(z, mode);
  const auto features = static_cast<double>(x.shape().per_sample());
  return (1 / features) * squared_distance(reconstruction, x) + gamma * squared_distance(z, centre);
}

// [book: centre-gradient]
void dasvdd_centre_gradient(const Tensor& z, const Tensor& centre) {
  using enum engine::Unary;
  engine::Backend& on = z.backend();
  Array& g = centre.grad();
  on.channel_sum(z.value(), g);
  on.unary(scale, 1.0 / static_cast<double>(z.shape()[0]), g, g);  // the mean code
  on.binary(engine::Binary::subtract, centre.value(), g, g);
  on.unary(scale, 2.0 / static_cast<double>(centre.shape().count()), g, g);
}

DasvddOptions published_dasvdd_options(const std::string& network) {
  DasvddOptions o;
  o.network = network;
  o.preprocessing = {};
  if (network == "dasvdd_cifar10") o.preprocessing.gcn = datasets::Preprocessing::Gcn::l2;
  o.pretrain = false;
  o.training = {.epochs = 300, .lr = 1e-3, .lr_milestones = {}, .batch_size = 200};
  return o;
}

std::unique_ptr<Detector> make_dasvdd(const DasvddOptions& options, engine::Backend& backend) {
  check(options);
  return made<Dasvdd>(options, backend);
}

namespace {

Rows rows_of(DasvddOptions& o, Common common) {
  Rows rows{contamination_row(common)};
  add_network_rows(rows, o, false);
  rows.push_back(
      option::real_or({"gamma", "auto|X", method_group, "dasvdd: weight of the distance in loss and score"},
                      "auto", option::not_negative, o.gamma));
  rows.push_back(
      option::choice({"gamma-rule", "NAME", method_group,
                      "dasvdd, gamma auto: all (samples count), first-sample (as\nbehind the published "
                      "numbers) or paper"},
                     gamma_rule_names, o.gamma_rule));
  rows.back().idle = [&o] { return std::string(o.gamma ? "gamma says the weight itself" : ""); };
  rows.push_back(option::flag(
      {"train-centre", "True|False", method_group, "dasvdd: the centre learns too; else it stays as drawn"},
      o.train_centre));
  rows.push_back(option::real({"network-share", "K", method_group,
                               "dasvdd: of a batch, what moves the network; the rest moves\nthe centre"},
                              option::positive_share, o.network_share));
  rows.back().idle = [&o] { return std::string(o.train_centre ? "" : "the centre stays as drawn"); };
  add_training_rows(rows, o, common);
  return rows;
}

// The published 200 are for thousands of samples; of 87 they would make one step an epoch, on 79 of them, and centre
// updates on the other 8. So a batch of one's own data is an eighth of the samples, in whole sixteens, from 16 up to the
// published size: eight steps an epoch, and from 1600 samples on as published.
void fit_batch_to_size(DasvddOptions& o, int64_t training_samples, const Named& named) {
  if (named("batch-size")) return;
  constexpr int64_t steps = 8, lanes = 16;
  o.training.batch_size = std::clamp(training_samples / steps / lanes * lanes, lanes, o.training.batch_size);
}

std::unique_ptr<Detector> load_dasvdd(const ModelFolder& model, engine::Backend& backend) {
  DasvddOptions o;
  static_cast<DeepOptions&>(o) = saved_options(model);
  o.gamma = field<double>(model, "gamma");
  reading(model, [&] { check(o); });
  return restored<Dasvdd>(o, model, backend);
}

}  // namespace

Method dasvdd_method() {
  return {.name = std::string(dasvdd_name),
          .title = "DASVDD",
          .published =
              [](const recipes::DataTraits& data, Recipe) {
                return Settings(
                    recipes::dasvdd(data),
                    Settings::Form<DasvddOptions>{rows_of, make_dasvdd,
                                                  !data.own ? nullptr
                                                  : data.own_images.empty()
                                                      ? fit_batch_to_size
                                                      : recipes::fit_to_own_images<DasvddOptions>(data)});
              },
          .load = load_dasvdd};
}

}  // namespace svdd
