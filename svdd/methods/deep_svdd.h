// Deep SVDD: Ruff et al., "Deep One-Class Classification", ICML 2018. With d(x) = ‖φ(x; W) − c‖², c fixed:
//
// - one-class: minimise (1/n) Σ_i d(x_i), equation 4; the score is d(x), equation 5.
// - soft-boundary: minimise R² + (1/ν)·(1/n) Σ_i max(0, d(x_i) − R²), equation 3; the score is d(x) − R².
//
// To both belongs weight decay, (λ/2)·Σ W², which the optimiser adds to the gradient. Section 3.1 of the
// paper.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "svdd/methods/deep_options.h"
#include "svdd/methods/method.h"

namespace svdd {

enum class Objective { one_class, soft_boundary };
inline constexpr auto objective_names = engine::names_of<Objective>(
    "objective", {{Objective::one_class, "one-class"}, {Objective::soft_boundary, "soft-boundary"}});
inline std::string_view name_of(Objective objective) { return objective_names(objective); }

struct DeepSvddOptions : DeepOptions {
  Objective objective = Objective::one_class;
  double nu = 0.1;              // share of the training data allowed outside the sphere, in (0, 1]
  int64_t warm_up_epochs = 10;  // soft-boundary: R is held at 0 for these
  bool zero_centre = false;     // what Proposition 1 forbids, for the test that makes a network collapse
};

// std::invalid_argument where these options of the soft boundary are impossible.
void check_soft_boundary(double nu, int64_t warm_up_epochs);

// The published settings of a recipe on MNIST-like images.
DeepSvddOptions published_options(Recipe recipe);

// std::invalid_argument naming the option that is impossible.
std::unique_ptr<Detector> make_deep_svdd(const DeepSvddOptions& options, engine::Backend& backend);

// The rows of methods with these two objectives: recipe, objective, nu, warm-up-epochs, contamination, network, dictionary.
std::vector<Option> sphere_rows(DeepOptions& o, Objective& objective, double& nu, int64_t& warm_up_epochs,
                                Common common);

Method deep_svdd_method();

}  // namespace svdd
