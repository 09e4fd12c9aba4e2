#include "svdd/methods/multi_radius.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/fused_multiply_add.h"
#include "engine/stopping.h"
#include "svdd/clustering/finch.h"
#include "svdd/clustering/kmeans.h"
#include "svdd/clustering/partition_quality.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/export/distances.h"
#include "svdd/methods/deep_detector.h"
#include "svdd/methods/deep_rows.h"
#include "svdd/recipes/published.h"
#include "svdd/training/progress_notes.h"

namespace svdd {

using datasets::Samples;
using engine::Array;
using engine::DType;
using engine::Layout;
using engine::Mode;
using engine::Shape;
using engine::Tensor;

namespace {

constexpr std::string_view multi_radius_name = "multi-radius";
constexpr float least_r2 = 1e-30f;  // in whose units distances up to 3e8 stay finite

class MultiRadius final : public DeepDetector {
 public:
  MultiRadius(const MultiRadiusOptions& options, engine::Backend& backend)
      : DeepDetector(options, backend), own_(options) {}

  std::string method() const override { return std::string(multi_radius_name); }
  std::string details() const override { return details_.dump(); }

 private:
  bool soft_boundary() const { return own_.objective == Objective::soft_boundary; }
  int64_t spheres() const { return static_cast<int64_t>(radii_.size()); }

  void check_count(int64_t samples) const override;
  void initialise_spheres(const Samples& x, const std::vector<int32_t>& classes, Monitor& monitor) override;
  void minimise_objective(const Samples& x, Monitor& monitor) override;
  std::vector<float> score_prepared(const Samples& x) override;
  std::vector<float> score_represented(const std::vector<float>& z) override;
  Tensor differentiable_score(const Tensor& x) override;
  engine::onnx::Value graph_of_prepared(const engine::onnx::Value& x) const override;
  std::optional<double> own_threshold() const override {
    return soft_boundary() ? std::optional(0.0) : std::nullopt;  // on the nearest sphere
  }
  std::vector<int32_t> clusters_of_training(const std::vector<float>&) const override { return cluster_; }
  void describe(nlohmann::json& description, NamedArrays& arrays) const override;
  void restore_spheres(const ModelFolder& model) override;
  void keep_spheres(Checkpoint& c) override;

  std::vector<int32_t> pseudo_labels(const std::vector<float>& z, const std::vector<int32_t>& classes,
                                     Monitor& monitor) const;
  std::vector<int32_t> finch_labels(const std::vector<float>& z, Monitor& monitor) const;
  void centre_spheres(const std::vector<float>& z);
  void merge_small_clusters(const std::vector<float>& z);
  void report_clusters(const std::vector<int32_t>& classes, Monitor& monitor);
  StepResult one_class_step(const Batch& batch, const Tensor& centres);
  StepResult soft_boundary_step(const Batch& batch, const Tensor& centres);
  std::vector<int32_t> clusters_of(const Batch& batch) const;
  void fit_radii_to_training();

  MultiRadiusOptions own_;
  std::vector<int32_t> cluster_;  // k_i of each training sample
  std::vector<float> centres_;    // c_k, K × p
  std::vector<float> radii_;      // R_k; 0 under the one-class objective
  nlohmann::json details_ = nlohmann::json::object();
};

// The clusters of the representations, a centre for each, and radii of 0.
void MultiRadius::initialise_spheres(const Samples&, const std::vector<int32_t>& classes, Monitor& monitor) {
  const std::vector<float>& z = training_representations();
  cluster_ = pseudo_labels(z, classes, monitor);
  centre_spheres(z);
  if (own_.least_cluster > 1) merge_small_clusters(z);
  report_clusters(classes, monitor);
}

void MultiRadius::check_count(int64_t samples) const {
  if (own_.labels != LabelSource::classes && own_.clusters > samples)
    throw std::invalid_argument("the training data hold " + std::to_string(samples) +
                                " samples, too few for " + std::to_string(own_.clusters) +
                                " clusters; ask for fewer");
}

std::vector<int32_t> MultiRadius::finch_labels(const std::vector<float>& z, Monitor& monitor) const {
  const FinchResult found =
      finch(z, rep_dim(),
            {.distance = Distance::euclidean, .variant = FinchVariant::silhouette, .clusters = own_.clusters},
            backend_, ProgressNotes(monitor, "FINCH"));
  if (found.required || found.result().clusters <= most_found_spheres) return found.result().labels;
  const Partition* best = nullptr;  // as FINCH chooses, the later of equals
  for (const Partition& p : found.partitions)
    if (p.clusters <= most_found_spheres && (!best || p.silhouette >= best->silhouette)) best = &p;
  const std::string many = "FINCH finds " + std::to_string(found.result().clusters) +
                           " clusters, too many for a sphere each (at most " +
                           std::to_string(most_found_spheres) + " unless a number is asked for)";
  if (!best) throw std::invalid_argument(many + ", and no coarser partition: ask for a number of clusters");
  monitor.note(many + ": its partition of " + std::to_string(best->clusters) + " is taken");
  return best->labels;
}

std::vector<int32_t> MultiRadius::pseudo_labels(const std::vector<float>& z,
                                                const std::vector<int32_t>& classes, Monitor& monitor) const {
  switch (own_.labels) {
    case LabelSource::finch:
      return finch_labels(z, monitor);
    case LabelSource::kmeans:
      return kmeans(z, rep_dim(), {.clusters = own_.clusters, .seed = options_.seed}, backend_).labels;
    case LabelSource::classes:
      break;
  }
  if (classes.size() * static_cast<size_t>(rep_dim()) != z.size())
    throw std::invalid_argument("true labels need the class of every training sample; these data have none");
  std::vector<int32_t> known = classes;  // named 0, 1, … in ascending order
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  std::vector<int32_t> labels;
  for (const int32_t c : classes)
    labels.push_back(static_cast<int32_t>(std::lower_bound(known.begin(), known.end(), c) - known.begin()));
  return labels;
}

// [book: centres]
// c_k: the mean of its samples' representations, kept away from 0 as Deep SVDD's.
void MultiRadius::centre_spheres(const std::vector<float>& z) {
  const auto p = static_cast<size_t>(rep_dim());
  const auto k = static_cast<size_t>(*std::max_element(cluster_.begin(), cluster_.end())) + 1;
  std::vector<std::vector<double>> sums(k, std::vector<double>(p));
  std::vector<int64_t> sizes(k);
  for (size_t i = 0; i < cluster_.size(); ++i) {
    const auto c = static_cast<size_t>(cluster_[i]);
    ++sizes[c];
    for (size_t j = 0; j < p; ++j) sums[c][j] += z[i * p + j];
  }
  centres_.clear();
  for (size_t c = 0; c < k; ++c) {
    const std::vector<float> centre = centre_of(sums[c], sizes[c]);
    centres_.insert(centres_.end(), centre.begin(), centre.end());
  }
  radii_.assign(k, 0);
}

float squared(const float* a, const float* b, int64_t p) {
  float sum = 0;
  for (int64_t j = 0; j < p; ++j) {
    const float difference = a[j] - b[j];
    sum = engine::fused_multiply_add(difference, difference, sum);
  }
  return sum;
}

// Tiny clusters have unstable radii, the weakness that the report names: the smallest joins the nearest until
// none is too small.
void MultiRadius::merge_small_clusters(const std::vector<float>& z) {
  while (spheres() > 1) {
    engine::check_stop();
    std::vector<int64_t> sizes(radii_.size());
    for (const int32_t c : cluster_) ++sizes[static_cast<size_t>(c)];
    const auto smallest = std::min_element(sizes.begin(), sizes.end()) - sizes.begin();
    if (sizes[static_cast<size_t>(smallest)] >= own_.least_cluster) return;
    int64_t nearest = -1;
    float least = std::numeric_limits<float>::infinity();
    for (int64_t c = 0; c < spheres(); ++c) {
      if (c == smallest) continue;
      const float d = squared(&centres_[static_cast<size_t>(c * rep_dim())],
                              &centres_[static_cast<size_t>(smallest * rep_dim())], rep_dim());
      if (d < least) least = d, nearest = c;
    }
    for (int32_t& c : cluster_) {
      if (c == smallest) c = static_cast<int32_t>(nearest);
      if (c > smallest) --c;
    }
    centre_spheres(z);
  }
}

void MultiRadius::report_clusters(const std::vector<int32_t>& classes, Monitor& monitor) {
  std::vector<int64_t> sizes(radii_.size());
  for (const int32_t c : cluster_) ++sizes[static_cast<size_t>(c)];
  details_ = {{"labels", name_of(own_.labels)}, {"clusters", sizes.size()}, {"cluster_sizes", sizes}};
  std::string line =
      std::to_string(sizes.size()) + " clusters (" + std::string(name_of(own_.labels)) + " labels)";
  if (classes.size() == cluster_.size()) {
    const double pure = purity(cluster_, classes), nmi = normalised_mutual_information(cluster_, classes);
    details_["purity"] = pure;
    details_["nmi"] = nmi;
    line += ", purity " + std::to_string(pure).substr(0, 5) + " and NMI " + std::to_string(nmi).substr(0, 5) +
            " against the true classes";
  }
  monitor.note(line);
}

// [book: one-class]
// The mean squared distance of every sample to the centre of its own cluster.
StepResult MultiRadius::one_class_step(const Batch& batch, const Tensor& centres) {
  const Tensor d = squared_distance(phi(batch.samples, Mode::train), centres);
  return {.loss = mean(d), .distances = d};
}

// Each cluster's share of the batch counts as one (ClusterShares); the host computes it for every batch.
StepResult MultiRadius::soft_boundary_step(const Batch& batch, const Tensor& centres) {
  const int64_t n = batch.samples.shape()[0];
  const auto tensor = [&](const Shape& shape, Layout layout) {
    return Tensor(Array(backend_, shape, layout, DType::f32));
  };
  Tensor r2 = tensor({n}, Layout::samples), weight = tensor({n}, Layout::samples),
         sizes = tensor({1}, Layout::plain);
  const auto update = [this, batch, r2, weight, sizes, shares = ClusterShares(),
                       mean_r2 = std::vector<float>(1)]() mutable {
    shares.update(clusters_of(batch), radii_, own_.nu);
    mean_r2[0] = shares.mean_radius2;
    r2.value().assign(shares.radius2);
    weight.value().assign(shares.weight);
    sizes.value().assign(mean_r2);
  };
  auto begin = update;
  begin();
  const Tensor d = squared_distance(phi(batch.samples, Mode::train), centres);
  return {.loss = sum(weight * relu(d - r2)) + sizes, .distances = d, .before_replay = update};
}

std::vector<int32_t> MultiRadius::clusters_of(const Batch& batch) const {
  std::vector<int32_t> clusters;
  for (const float row : batch.rows.value().to_floats())
    clusters.push_back(cluster_[static_cast<size_t>(row)]);
  return clusters;
}

// R_k = the (1 − ν)-quantile of all its samples' distances, as the network is now: for a network that stays, the radii
// that minimise the objective.
void MultiRadius::fit_radii_to_training() {
  network_changes();
  const std::vector<float>& z = training_representations();
  const auto p = static_cast<size_t>(rep_dim());
  std::vector<float> distances;
  for (size_t i = 0; i < cluster_.size(); ++i)
    distances.push_back(squared(&z[i * p], &centres_[static_cast<size_t>(cluster_[i]) * p], rep_dim()));
  update_radii(distances, cluster_, own_.nu, radii_);
}

void MultiRadius::minimise_objective(const Samples& x, Monitor& monitor) {
  const auto optimizers =
      adam_for(network_.encoder.state(), options_.training.weight_decay, decay(), options_.amsgrad);
  TrainingPhase training = phase(std::string(multi_radius_name), options_.training, optimizers);
  const Tensor centres(Array::from(backend_, {spheres(), rep_dim()}, Layout::plain, DType::f32, centres_)),
      cluster(Array::from(backend_, {x.count()}, Layout::plain, DType::f32,
                          std::vector<float>(cluster_.begin(), cluster_.end())));
  const auto own_centres = [&](const Batch& b) { return take(centres, take(cluster, b.rows)); };  // c_{k_i}
  if (soft_boundary()) {
    warn_of_warm_up(own_.warm_up_epochs);
    training.step = [&](const Batch& b) { return soft_boundary_step(b, own_centres(b)); };
    if (own_.radius_from == RadiusFrom::batch) {
      training.after_step = [&](const Batch& b, const StepResult& step) {
        update_radii(step.distances.value().to_floats(), clusters_of(b), own_.nu, radii_);
      };
      training.after_step_from_epoch = own_.warm_up_epochs;
    } else {
      training.after_epoch = [&](int64_t epoch) {
        if (epoch + 1 >= own_.warm_up_epochs) fit_radii_to_training();
      };
    }
    training.needs_host = true;  // for the shares and radii of the clusters
    training.radii = [&] { return radii_; };
  } else {
    training.step = [&](const Batch& b) { return one_class_step(b, own_centres(b)); };
  }
  svdd::train(x, training, backend_, monitor);
  if (soft_boundary()) details_["radii"] = radii_;
}

std::vector<float> MultiRadius::score_prepared(const Samples& x) {
  return score_represented(representations(x));
}

std::vector<float> MultiRadius::score_represented(const std::vector<float>& z) {
  const auto p = static_cast<size_t>(rep_dim());
  std::vector<float> scores;
  for (size_t i = 0; i < z.size(); i += p) {
    engine::check_stop();
    scores.push_back(multi_radius_score(own_.inference, {&z[i], p}, centres_, radii_));
  }
  return scores;
}

// Of the sphere that each sample is scored by; R² matters where the margin is measured by it.
Tensor MultiRadius::differentiable_score(const Tensor& x) {
  const auto p = static_cast<size_t>(rep_dim());
  const Tensor z = phi(x, Mode::evaluate);
  const std::vector<float> numbers = z.value().to_floats();
  std::vector<float> centres, unit;
  for (size_t i = 0; i < numbers.size(); i += p) {
    const size_t k = multi_radius_sphere(own_.inference, {&numbers[i], p}, centres_, radii_);
    centres.insert(centres.end(), &centres_[k * p], &centres_[k * p] + p);
    unit.push_back(
        own_.inference == Inference::relative_margin ? 1 / std::max(radii_[k] * radii_[k], least_r2) : 1.0f);
  }
  const Tensor own_centres(Array::from(backend_, z.shape(), Layout::samples, DType::f32, centres)),
      units(Array::from(backend_, {x.shape()[0]}, Layout::samples, DType::f32, unit));
  return squared_distance(z, own_centres) * units;
}

// multi_radius_score as a graph.
engine::onnx::Value MultiRadius::graph_of_prepared(const engine::onnx::Value& x) const {
  std::vector<float> r2;
  for (const float r : radii_) r2.push_back(r * r);
  const bool by_margin = own_.inference == Inference::smallest_margin;
  const NearestPoints nearest = nearest_to(phi(x), engine::NdArray::from({spheres(), rep_dim()}, centres_), 1,
                                           by_margin ? r2 : std::vector<float>());
  const auto of_nearest = [&](const char* name, const std::vector<float>& of_each) {
    return sum(rows_at(x.graph->constant(name, engine::NdArray::from({spheres()}, of_each)), nearest.places));
  };
  const engine::onnx::Value margin =
      cast(sum(nearest.squares), engine::onnx::Type::f32) - of_nearest("squared_radii", r2);
  if (own_.inference != Inference::relative_margin) return margin;
  for (float& r : r2) r = std::max(r, least_r2);
  return margin / of_nearest("units", r2);
}

void MultiRadius::describe(nlohmann::json& description, NamedArrays& arrays) const {
  description["objective"] = name_of(own_.objective);
  description["nu"] = own_.nu;
  description["inference"] = inference_names(own_.inference);
  description["spheres"] = spheres();
  description["details"] = details_;
  arrays.emplace_back("centres", engine::NdArray::from({spheres(), rep_dim()}, centres_));
  arrays.emplace_back("radii", engine::NdArray::from({spheres()}, radii_));
}

void MultiRadius::restore_spheres(const ModelFolder& model) {
  const int64_t k = model.tensors.at("radii").size();
  if (k < 1) throw std::runtime_error(engine::in_quotes(model.tensors.path) + ": tensor 'radii' is empty");
  radii_ = numbers(model, "radii", {k});
  centres_ = numbers(model, "centres", {k, rep_dim()});
  details_ = field<nlohmann::json>(model, "details");
}

void MultiRadius::keep_spheres(Checkpoint& c) {
  c.array("clusters", cluster_);
  c.array("centres", centres_);
  c.array("radii", radii_);
  c.value("details", details_);
  c.require(std::all_of(cluster_.begin(), cluster_.end(), [&](int32_t k) { return k >= 0 && k < spheres(); }),
            "a sample is in a cluster that is not there");
}

}  // namespace

// [book: score]
float multi_radius_score(Inference rule, std::span<const float> z, std::span<const float> centres,
                         std::span<const float> radii) {
  float nearest = std::numeric_limits<float>::infinity(), least = nearest, r2 = 0;
  for (size_t k = 0; k < radii.size(); ++k) {
    const float d = squared(z.data(), &centres[k * z.size()], static_cast<int64_t>(z.size()));
    least = std::min(least, d - radii[k] * radii[k]);
    if (d < nearest) nearest = d, r2 = radii[k] * radii[k];
  }
  switch (rule) {
    case Inference::smallest_margin:
      return least;
    case Inference::relative_margin:
      return (nearest - r2) / std::max(r2, least_r2);
    case Inference::nearest_centre:
      break;
  }
  return nearest - r2;
}

size_t multi_radius_sphere(Inference rule, std::span<const float> z, std::span<const float> centres,
                           std::span<const float> radii) {
  float least = std::numeric_limits<float>::infinity();
  size_t sphere = 0;
  for (size_t k = 0; k < radii.size(); ++k) {
    const float d = squared(z.data(), &centres[k * z.size()], static_cast<int64_t>(z.size()));
    const float by = rule == Inference::smallest_margin ? d - radii[k] * radii[k] : d;
    if (by < least) least = by, sphere = k;
  }
  return sphere;
}

// [book: shares]
void ClusterShares::update(std::span<const int32_t> clusters, std::span<const float> radii, double nu) {
  count_.assign(radii.size(), 0);
  for (const int32_t k : clusters) ++count_[static_cast<size_t>(k)];
  int64_t present = 0;
  double sum = 0;
  for (size_t k = 0; k < radii.size(); ++k) {
    if (count_[k] == 0) continue;
    ++present;
    sum += static_cast<double>(radii[k]) * radii[k];
  }
  mean_radius2 = static_cast<float>(sum / static_cast<double>(present));
  radius2.resize(clusters.size());
  weight.resize(clusters.size());
  for (size_t i = 0; i < clusters.size(); ++i) {
    const auto k = static_cast<size_t>(clusters[i]);
    radius2[i] = radii[k] * radii[k];
    weight[i] = static_cast<float>(1 / (nu * static_cast<double>(present * count_[k])));
  }
}

// [book: radii]
void update_radii(std::span<const float> distances, std::span<const int32_t> clusters, double nu,
                  std::span<float> radii) {
  std::vector<std::vector<float>> roots(radii.size());
  for (size_t i = 0; i < clusters.size(); ++i)
    roots[static_cast<size_t>(clusters[i])].push_back(std::sqrt(distances[i]));
  for (size_t k = 0; k < roots.size(); ++k)
    if (!roots[k].empty()) radii[k] = static_cast<float>(quantile(roots[k], 1 - nu));
}

std::unique_ptr<Detector> make_multi_radius(const MultiRadiusOptions& o, engine::Backend& backend) {
  check_soft_boundary(o.nu, o.warm_up_epochs);
  if (o.clusters < 0 || o.least_cluster < 0)
    throw std::invalid_argument("numbers of clusters and of their samples must not be negative");
  if (o.labels == LabelSource::kmeans && o.clusters < 1)
    throw std::invalid_argument("k-means labels need the number of clusters; expected at least 1 (clusters)");
  if (o.labels == LabelSource::classes && o.clusters > 0)
    throw std::invalid_argument(
        "true labels have as many clusters as there are classes; expected no number of them (0)");
  return made<MultiRadius>(o, backend);
}

namespace {

Rows rows_of(MultiRadiusOptions& o, Common common) {
  Rows rows = sphere_rows(o, o.objective, o.nu, o.warm_up_epochs, common);
  rows.push_back(option::choice(
      {"labels", "NAME", method_group, "multi-radius: finch, true (the known classes) or kmeans"},
      label_source_names, o.labels));
  rows.push_back(
      option::whole({"clusters", "K", method_group, "multi-radius: exactly so many; 0: as FINCH finds them"},
                    int64_t{0}, o.clusters));
  rows.push_back(option::whole(
      {"least-cluster", "N", method_group, "multi-radius: smaller clusters join the nearest; 0: none do"},
      int64_t{0}, o.least_cluster));
  rows.push_back(option::choice(
      {"inference", "NAME", method_group,
       "multi-radius: what the score is: nearest-centre (d - R^2),\nsmallest-margin (the least of all "
       "spheres), or relative-margin\n((d - R^2) / R^2)"},
      inference_names, o.inference));
  rows.push_back(option::choice({"radius-from", "batch|training", method_group,
                                 "multi-radius: the soft boundary's radii are quantiles of each\nbatch, as "
                                 "released, or of all training "
                                 "samples after each epoch"},
                                radius_from_names, o.radius_from));
  rows.back().idle = [&o] {
    return std::string(o.objective == Objective::soft_boundary ? ""
                                                               : "only objective soft-boundary has radii");
  };
  add_training_rows(rows, o, common);
  add_pretraining_rows(rows, o, true);
  return rows;
}

std::unique_ptr<Detector> load_multi_radius(const ModelFolder& model, engine::Backend& backend) {
  MultiRadiusOptions o;
  static_cast<DeepOptions&>(o) = saved_options(model);
  o.nu = field<double>(model, "nu");
  const auto objective = field<std::string>(model, "objective"),
             rule = field<std::string>(model, "inference");
  reading(model, [&] {
    o.objective = objective_names.named(objective);
    o.inference = inference_names.named(rule);
    check_soft_boundary(o.nu, o.warm_up_epochs);
  });
  return restored<MultiRadius>(o, model, backend);
}

}  // namespace

Method multi_radius_method() {
  return {.name = std::string(multi_radius_name),
          .title = "Multi-Radius Deep SVDD",
          .published =
              [](const recipes::DataTraits& data, Recipe recipe) {
                return Settings(
                    recipes::multi_radius(data, recipe),
                    Settings::Form<MultiRadiusOptions>{
                        rows_of, make_multi_radius, recipes::fit_to_own<MultiRadiusOptions>(data, recipe)});
              },
          .load = load_multi_radius};
}

}  // namespace svdd
