// Deep Multi-sphere SVDD: Ghafoori and Leckie, "Deep Multi-sphere Support Vector Data Description", SDM 2020.
// Many spheres (c_k, R_k) stand about the k-means centres of the pretrained representations; while the
// network trains, those that few samples need die. With k_i the nearest centre of a live sphere, sought anew
// in every forward pass, and d_i = ‖φ(x_i; W) − c_{k_i}‖²:
//
// - hard margin, as the published runs: minimise (1/(νn)) Σ_i max(0, d_i − R²_{k_i});
// - soft boundary, as the paper has it: the same plus the mean of R_k² over the live spheres. Radii change
//   between epochs only, so this term moves the loss but not the network.
//
// The score is d − R² of the nearest live sphere; above 0 a sample lies outside all it could belong to.
#pragma once
#include <memory>
#include <vector>

#include "svdd/methods/deep_svdd.h"

namespace svdd {

enum class SphereObjective { hard_margin, soft_boundary };
inline constexpr auto sphere_objective_names = engine::names_of<SphereObjective>(
    "objective of several spheres",
    {{SphereObjective::hard_margin, "hard-margin"}, {SphereObjective::soft_boundary, "soft-boundary"}});
inline std::string_view name_of(SphereObjective objective) { return sphere_objective_names(objective); }

struct MultiSphereOptions : DeepOptions {
  SphereObjective objective = SphereObjective::hard_margin;
  double nu = 0.1;                 // the share of its samples outside a sphere; and see least_samples
  int64_t spheres = 100;           // K, at the start
  int64_t restarts = 10;           // of the k-means that places them
  bool trainable_centres = false;  // the c_k move with the weights, by Adam without weight decay
};

// std::invalid_argument naming the option that is impossible.
std::unique_ptr<Detector> make_multi_sphere(const MultiSphereOptions& options, engine::Backend& backend);

Method multi_sphere_method();

// ---- what happens to the spheres after an epoch; for each sphere the squared distances d_i of its own
// samples

using SphereDistances = std::vector<std::vector<float>>;

// A sphere with fewer dies: ⌊ν·max_k n_k⌋, but at least 1, for without samples there is no radius.
int64_t least_samples(const SphereDistances& d, double nu);

// R_k = sqrt of the ⌊ν n_k⌋-th largest distance, of the largest where that is the 0th (the released code then
// takes the smallest); 0, which says that a sphere is dead, where n_k < least. A live radius is at least
// 1e-18.
std::vector<float> sphere_radii(SphereDistances d, double nu, int64_t least);

}  // namespace svdd
