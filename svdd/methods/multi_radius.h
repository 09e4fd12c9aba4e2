// Multi-Radius Deep SVDD (report of December 2022): one sphere for each cluster of the pretrained
// representations. With k_i the cluster of training sample i, and d_i = ‖φ(x_i; W) − c_{k_i}‖²:
//
// - one-class: minimise (1/n) Σ_i d_i; the score is d to the nearest centre.
// - soft-boundary: minimise (1/K') Σ_k [R_k² + (1/ν)·mean_{i: k_i = k} max(0, d_i − R_k²)] over
//   the K' clusters that the batch holds; the score is d − R² of the nearest centre.
//
// A cluster that a batch does not hold adds nothing and keeps its radius (the released code makes NaN of it).
#pragma once
#include <memory>
#include <span>

#include "svdd/methods/deep_svdd.h"

namespace svdd {

// Where the training labels k_i come from.
enum class LabelSource {
  finch,    // the method: FINCH on the representations, the partition with the best silhouette
  classes,  // "true": the known classes, as the released code trains in fact
  kmeans    // as many clusters as asked for
};
inline constexpr auto label_source_names = engine::names_of<LabelSource>(
    "label source",
    {{LabelSource::finch, "finch"}, {LabelSource::classes, "true"}, {LabelSource::kmeans, "kmeans"}});
inline std::string_view name_of(LabelSource source) { return label_source_names(source); }

// What a sample is scored by. All three say "outside" above 0.
enum class Inference {
  nearest_centre,   // d − R² of the nearest centre, as released
  smallest_margin,  // min_k (d_k − R_k²), as the report's text has it
  relative_margin   // ours: (d − R²)/R² of the nearest centre, so that spheres of unlike size compare
};
inline constexpr auto inference_names =
    engine::names_of<Inference>("inference rule", {{Inference::nearest_centre, "nearest-centre"},
                                                   {Inference::smallest_margin, "smallest-margin"},
                                                   {Inference::relative_margin, "relative-margin"}});

// z: one representation, p numbers; centres: K × p; radii: K. Under the one-class objective these are 0, and
// the score is d, or with the relative margin a multiple of it.
float multi_radius_score(Inference rule, std::span<const float> z, std::span<const float> centres,
                         std::span<const float> radii);

// Which sphere that score is of; of equals the first.
size_t multi_radius_sphere(Inference rule, std::span<const float> z, std::span<const float> centres,
                           std::span<const float> radii);

// Where FINCH's best partition has more clusters than this, the best of those that have not is taken: a sphere for each
// of thousands of clusters holds a handful of samples, and every step and score pays for all of them. A number of
// clusters that is asked for is not bounded.
inline constexpr int64_t most_found_spheres = 1000;

// Which samples the radii of the soft boundary are quantiles of.
enum class RadiusFrom {
  batch,  // those of each batch, after its step, as released: a cluster's few samples in the last batch decide
  training  // ours, what the objective asks for: all of the cluster, in evaluation mode, at the end of every epoch
};
inline constexpr auto radius_from_names = engine::names_of<RadiusFrom>(
    "source of the radii", {{RadiusFrom::batch, "batch"}, {RadiusFrom::training, "training"}});

struct MultiRadiusOptions : DeepOptions {
  Objective objective = Objective::one_class;
  double nu = 0.1;              // as in Deep SVDD, for each sphere
  int64_t warm_up_epochs = 10;  // soft-boundary: all R_k are held at 0 for these
  LabelSource labels = LabelSource::finch;
  int64_t clusters = 0;       // kmeans: K; finch: exactly so many; 0: the partition that FINCH chooses
  int64_t least_cluster = 0;  // smaller clusters join the one with the nearest mean; 0: none is too small
  Inference inference = Inference::nearest_centre;
  RadiusFrom radius_from = RadiusFrom::batch;
};

// The soft-boundary loss of a batch as a sum over samples: mean_radius2 + Σ_i weight_i·max(0, d_i −
// radius2_i), where weight_i = 1 / (ν K' n_k), K' being the clusters that the batch holds and n_k the samples
// of i's own in it, and mean_radius2 = (1/K') Σ_k R_k² over them.
struct ClusterShares {
  std::vector<float> radius2, weight;  // of each sample
  float mean_radius2 = 0;
  // clusters: k_i of each sample, below radii.size(). Allocates only where the batch is larger than before.
  void update(std::span<const int32_t> clusters, std::span<const float> radii, double nu);

 private:
  std::vector<int64_t> count_;
};

// R_k = the (1 − ν)-quantile of sqrt(d_i) over cluster k's samples in the batch; a cluster without any keeps
// its radius.
void update_radii(std::span<const float> distances, std::span<const int32_t> clusters, double nu,
                  std::span<float> radii);

// std::invalid_argument naming the option that is impossible.
std::unique_ptr<Detector> make_multi_radius(const MultiRadiusOptions& options, engine::Backend& backend);

Method multi_radius_method();

}  // namespace svdd
