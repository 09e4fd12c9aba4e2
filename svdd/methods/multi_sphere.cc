#include "svdd/methods/multi_sphere.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

#include "svdd/clustering/kmeans.h"
#include "svdd/evaluation/threshold.h"
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

constexpr std::string_view multi_sphere_name = "multi-sphere";

class MultiSphere final : public DeepDetector {
 public:
  MultiSphere(const MultiSphereOptions& options, engine::Backend& backend)
      : DeepDetector(options, backend),
        own_(options),
        mean_radius2_(Array(backend, {1}, Layout::plain, DType::f32)) {}

  std::string method() const override { return std::string(multi_sphere_name); }
  std::string details() const override {
    return nlohmann::json{
        {"spheres", own_.spheres}, {"alive", alive()}, {"alive_by_epoch", alive_by_epoch_}, {"radii", radii_}}
        .dump();
  }

 private:
  // Not before it is known that there are samples, or numbers in a file, for so many.
  void make_spheres() {
    centres_ =
        Tensor(Array(backend_, {own_.spheres, rep_dim()}, Layout::plain, DType::f32), own_.trainable_centres);
    radius2_ = Tensor(Array(backend_, {own_.spheres}, Layout::plain, DType::f32));
  }
  int64_t alive() const { return own_.spheres - std::count(radii_.begin(), radii_.end(), 0.0f); }

  void check_count(int64_t samples) const override;
  void initialise_spheres(const Samples& x, const std::vector<int32_t>& classes, Monitor& monitor) override;
  void minimise_objective(const Samples& x, Monitor& monitor) override;
  std::vector<float> score_prepared(const Samples& x) override;
  std::vector<float> score_represented(const std::vector<float>& z) override;
  Tensor differentiable_score(const Tensor& x) override { return margin(phi(x, Mode::evaluate)); }
  engine::onnx::Value graph_of_prepared(const engine::onnx::Value& x) const override;
  std::optional<double> own_threshold() const override { return 0.0; }  // on the nearest sphere
  std::vector<int32_t> clusters_of_training(const std::vector<float>& z) const override;
  void describe(nlohmann::json& description, NamedArrays& arrays) const override;
  void restore_spheres(const ModelFolder& model) override;
  void keep_spheres(Checkpoint& c) override;

  Tensor nearest_sphere(const Tensor& z) const { return nearest_point(z, centres_, radius2_); }
  Tensor margin(const Tensor& z) const;
  StepResult step(const Tensor& x);
  void update_spheres();
  SphereDistances distances(const Tensor& z, const Tensor& k) const;
  Tensor as_one_batch(const std::vector<float>& z) const;
  void set_radii(std::vector<float> radii);

  MultiSphereOptions own_;
  Tensor centres_;            // c_k, (K, p); fixed while the network trains, or trained too
  Tensor radius2_;            // R_k², (K); 0: dead
  Tensor mean_radius2_;       // over the live spheres, (1)
  std::vector<float> radii_;  // R_k
  std::vector<int64_t> alive_by_epoch_;
};

void MultiSphere::check_count(int64_t samples) const {
  if (own_.spheres > samples)
    throw std::invalid_argument("the training data hold " + std::to_string(samples) +
                                " samples, too few for " + std::to_string(own_.spheres) +
                                " spheres; ask for fewer (spheres)");
}

// c_k: the k-means centres of the representations, kept away from 0 as Deep SVDD's; R_k from cluster k.
void MultiSphere::initialise_spheres(const Samples& x, const std::vector<int32_t>&, Monitor&) {
  make_spheres();
  const Tensor z = as_one_batch(training_representations());
  const KMeansResult clusters =
      kmeans(training_representations(), rep_dim(),
             {.clusters = own_.spheres, .restarts = own_.restarts, .seed = options_.seed}, backend_);
  std::vector<float> centres;
  for (auto c = clusters.centres.begin(); c != clusters.centres.end(); c += rep_dim()) {
    const std::vector<float> centre = centre_of({c, c + rep_dim()}, 1);
    centres.insert(centres.end(), centre.begin(), centre.end());
  }
  centres_.value().assign(centres);
  const Tensor k(Array::from(backend_, {x.count()}, Layout::samples, DType::f32,
                             std::vector<float>(clusters.labels.begin(), clusters.labels.end())));
  set_radii(sphere_radii(distances(z, k), own_.nu, 1));
  alive_by_epoch_.clear();
}

// [book: margin]
// d − R² of the nearest live sphere.
Tensor MultiSphere::margin(const Tensor& z) const {
  const Tensor k = nearest_sphere(z);
  return squared_distance(z, take(centres_, k)) - take(radius2_, k);
}

// [book: objective]
// The objective: how far samples lie outside their nearest sphere; softly, how large the spheres are too.
StepResult MultiSphere::step(const Tensor& x) {
  const Tensor outside = (1 / own_.nu) * mean(relu(margin(phi(x, Mode::train))));
  return {.loss = own_.objective == SphereObjective::soft_boundary ? mean_radius2_ + outside : outside,
          .distances = {}};
}

void MultiSphere::minimise_objective(const Samples& x, Monitor& monitor) {
  auto optimizers =
      adam_for(network_.encoder.state(), options_.training.weight_decay, decay(), options_.amsgrad);
  if (own_.trainable_centres)
    optimizers.push_back(std::make_unique<engine::Adam>(std::vector<Tensor>{centres_},
                                                        engine::Adam::Options{.amsgrad = options_.amsgrad}));
  TrainingPhase training = phase(std::string(multi_sphere_name), options_.training, optimizers);
  training.step = [&](const Batch& b) { return step(b.samples); };
  training.after_epoch = [&](int64_t) {
    network_changes();
    update_spheres();
  };
  training.radii = [&] { return radii_; };
  training.spheres = [&] { return std::optional(alive()); };
  svdd::train(x, training, backend_, monitor);
  monitor.note(std::to_string(alive()) + " of " + std::to_string(own_.spheres) + " spheres are left");
}

// After each epoch, in evaluation mode: spheres with too few samples die, the others fit theirs again. A dead
// one is nobody's nearest, so it stays dead.
void MultiSphere::update_spheres() {
  const Tensor z = as_one_batch(training_representations());
  const SphereDistances d = distances(z, nearest_sphere(z));
  set_radii(sphere_radii(d, own_.nu, least_samples(d, own_.nu)));
  alive_by_epoch_.push_back(alive());
}

// The squared distance of each sample to the centre of sphere k_i, sphere by sphere.
SphereDistances MultiSphere::distances(const Tensor& z, const Tensor& k) const {
  const std::vector<float> d = squared_distance(z, take(centres_, k)).value().to_floats(),
                           sphere = k.value().to_floats();
  require_no_nan(d, "multi-sphere, distances to the centres");
  SphereDistances of(static_cast<size_t>(own_.spheres));
  for (size_t i = 0; i < d.size(); ++i) of[static_cast<size_t>(sphere[i])].push_back(d[i]);
  return of;
}

Tensor MultiSphere::as_one_batch(const std::vector<float>& z) const {
  const auto n = static_cast<int64_t>(z.size()) / rep_dim();
  return Tensor(Array::from(backend_, {n, rep_dim()}, Layout::samples, DType::f32, z));
}

void MultiSphere::set_radii(std::vector<float> radii) {
  radii_ = std::move(radii);
  std::vector<float> squares;
  double sum = 0;
  for (const float r : radii_) {
    squares.push_back(r * r);
    sum += squares.back();
  }
  radius2_.value().assign(squares);
  mean_radius2_.value().assign(std::vector<double>{sum / static_cast<double>(alive())});
}

std::vector<float> MultiSphere::score_prepared(const Samples& x) {
  return evaluate_batches(
      x, [&](const Tensor& b) { return margin(phi(b, Mode::evaluate)); }, backend_);
}

std::vector<float> MultiSphere::score_represented(const std::vector<float>& z) {
  return evaluate_batches(
      {{rep_dim()}, z}, [&](const Tensor& b) { return margin(b); }, backend_);
}

// The same as a graph, of the live spheres alone.
engine::onnx::Value MultiSphere::graph_of_prepared(const engine::onnx::Value& x) const {
  const std::vector<float> all = centres_.value().to_floats();
  std::vector<float> centres, r2;
  for (size_t k = 0; k < radii_.size(); ++k) {
    if (radii_[k] == 0) continue;
    const auto c = all.begin() + static_cast<std::ptrdiff_t>(k) * rep_dim();
    centres.insert(centres.end(), c, c + rep_dim());
    r2.push_back(radii_[k] * radii_[k]);
  }
  const NearestPoints nearest = nearest_to(phi(x), engine::NdArray::from({alive(), rep_dim()}, centres), 1);
  const engine::onnx::Value radius2 =
      x.graph->constant("squared_radii", engine::NdArray::from({alive()}, r2));
  return cast(sum(nearest.squares), engine::onnx::Type::f32) - sum(rows_at(radius2, nearest.places));
}

// Each to the nearest sphere that is live in the end: the last one to die may have been nearer.
std::vector<int32_t> MultiSphere::clusters_of_training(const std::vector<float>& z) const {
  const Tensor k = nearest_sphere(as_one_batch(z));
  const std::vector<float> sphere = k.value().to_floats();
  return {sphere.begin(), sphere.end()};
}

void MultiSphere::describe(nlohmann::json& description, NamedArrays& arrays) const {
  description["objective"] = name_of(own_.objective);
  description["nu"] = own_.nu;
  description["alive_by_epoch"] = alive_by_epoch_;
  arrays.emplace_back("centres", stored(centres_.value()));
  arrays.emplace_back("radii", engine::NdArray::from({own_.spheres}, radii_));
}

void MultiSphere::restore_spheres(const ModelFolder& model) {
  const std::vector<float> centres = numbers(model, "centres", {own_.spheres, rep_dim()});
  make_spheres();
  centres_.value().assign(centres);
  std::vector<float> radii = numbers(model, "radii", {own_.spheres});
  const auto [least, largest] = std::minmax_element(radii.begin(), radii.end());
  if (*least < 0 || *largest == 0)
    throw std::runtime_error(engine::in_quotes(model.tensors.path) + ": tensor 'radii' " +
                             (*least < 0 ? "holds a negative number" : "has no live sphere (all are 0)") +
                             "; the file is damaged");
  set_radii(std::move(radii));
  alive_by_epoch_ = field<std::vector<int64_t>>(model, "alive_by_epoch");
}

void MultiSphere::keep_spheres(Checkpoint& c) {
  c.array("radii", radii_);
  c.require(static_cast<int64_t>(radii_.size()) == own_.spheres, "it has another number of spheres");
  if (c.reading()) make_spheres();
  c.array("centres", centres_.value());
  c.value("alive_by_epoch", alive_by_epoch_);
  if (c.reading()) set_radii(radii_);
}

void check(const MultiSphereOptions& o) {
  check_soft_boundary(o.nu, 0);
  if (o.spheres < 1)
    throw std::invalid_argument("the number of spheres must be at least 1, found " +
                                std::to_string(o.spheres));
  if (o.restarts < 1)
    throw std::invalid_argument("the number of k-means restarts must be at least 1, found " +
                                std::to_string(o.restarts));
}

}  // namespace

// [book: least]
int64_t least_samples(const SphereDistances& d, double nu) {
  size_t most = 0;
  for (const std::vector<float>& of_one : d) most = std::max(most, of_one.size());
  return std::max<int64_t>(1, static_cast<int64_t>(nu * static_cast<double>(most)));
}

// [book: radii]
std::vector<float> sphere_radii(SphereDistances d, double nu, int64_t least) {
  constexpr float smallest = 1e-18f;  // whose square is still a normal number
  std::vector<float> radii;
  for (std::vector<float>& of_one : d) {
    const auto n = static_cast<int64_t>(of_one.size());
    if (n < least) {
      radii.push_back(0);
      continue;
    }
    const auto rank = std::max<int64_t>(1, static_cast<int64_t>(nu * static_cast<double>(n)));
    const auto at = of_one.begin() + (rank - 1);
    std::nth_element(of_one.begin(), at, of_one.end(), std::greater<>());
    radii.push_back(std::max(std::sqrt(*at), smallest));
  }
  return radii;
}

std::unique_ptr<Detector> make_multi_sphere(const MultiSphereOptions& options, engine::Backend& backend) {
  check(options);
  return made<MultiSphere>(options, backend);
}

namespace {

Rows rows_of(MultiSphereOptions& o, Common common) {
  Rows rows{nu_row(o.nu),
            contamination_row(common, [] { return "the threshold is the surface of the nearest sphere"; })};
  add_network_rows(rows, o, true);
  rows.push_back(dictionary_row(o));
  rows.push_back(option::whole({"spheres", "K", method_group, "multi-sphere: how many to begin with"},
                               int64_t{1}, o.spheres));
  rows.push_back(option::flag({"trainable-centres", "True|False", method_group,
                               "multi-sphere: the centres move with the weights; else they stay"},
                              o.trainable_centres));
  add_training_rows(rows, o, common);
  add_pretraining_rows(rows, o, true);
  return rows;
}

std::unique_ptr<Detector> load_multi_sphere(const ModelFolder& model, engine::Backend& backend) {
  MultiSphereOptions o;
  static_cast<DeepOptions&>(o) = saved_options(model);
  o.nu = field<double>(model, "nu");
  o.spheres = model.tensors.at("radii").size();
  numbers(model, "centres", {o.spheres, o.rep_dim});  // before memory is asked for that many
  const auto objective = field<std::string>(model, "objective");
  reading(model, [&] {
    o.objective = sphere_objective_names.named(objective);
    check(o);
  });
  return restored<MultiSphere>(o, model, backend);
}

auto fit_multi_sphere(const recipes::DataTraits& data)
    -> void (*)(MultiSphereOptions&, int64_t, const Named&) {
  if (!data.own) return nullptr;
  if (data.own_images.empty()) return recipes::fit_spheres;
  return [](MultiSphereOptions& o, int64_t training_samples, const Named& named) {
    int64_t none = 0;
    recipes::fit_to_images(o, none, training_samples, named);
    recipes::fit_spheres(o, training_samples, named);
  };
}

}  // namespace

Method multi_sphere_method() {
  return {.name = std::string(multi_sphere_name),
          .title = "Deep Multi-sphere SVDD",
          .protocol = Protocol::sixth_held_out,
          .published =
              [](const recipes::DataTraits& data, Recipe) {
                return Settings(
                    recipes::multi_sphere(data),
                    Settings::Form<MultiSphereOptions>{rows_of, make_multi_sphere, fit_multi_sphere(data)});
              },
          .load = load_multi_sphere};
}

}  // namespace svdd
