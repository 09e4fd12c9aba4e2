// Support vector data description with a Gaussian kernel: Tax and Duin, "Support vector data description",
// Machine Learning 54, 2004. In the feature space of K(x, y) = exp(−γ·‖x − y‖²), the smallest sphere that
// leaves at most the share ν of the training data outside:
//
//   minimise R² + (1/νn) Σ_i ξ_i   subject to   ‖φ(x_i) − a‖² <= R² + ξ_i,  ξ_i >= 0.
//
// Its centre is a = Σ_i α_i φ(x_i), and because K(x, x) = 1 its dual is that of the ν-one-class support
// vector machine (Schölkopf et al. 2001); both give the same α (one_class_smo.h). With f(x) = Σ_i α_i K(x_i,
// x), and ρ its value on the sphere, the score is
//
//   ‖φ(x) − a‖² − R² = 2·(ρ − f(x)),
//
// positive outside: the negated decision value of a one-class SVM, in other units. The threshold is 0, but
// for the optimiser's tolerance.
#pragma once
#include <cstdint>
#include <memory>

#include "datasets/preprocessing.h"
#include "engine/backend.h"
#include "svdd/methods/method.h"

namespace svdd {

struct KernelSvddOptions {
  double nu = 0.1;                  // the share of the training data allowed outside, in (0, 1]
  double gamma = 0;                 // γ; 0: 1 / Σ_f var(x_f), which makes γ·‖x − y‖² 2 on average
  double tolerance = 1e-3;          // at which the optimiser stops (one_class_smo.h)
  int64_t cache_bytes = 512 << 20;  // for rows of the kernel matrix; of no matter to the result
  datasets::PreprocessingOptions preprocessing = {};
};

// std::invalid_argument naming the option that is impossible.
std::unique_ptr<Detector> make_kernel_svdd(const KernelSvddOptions& options, engine::Backend& backend);

Method kernel_svdd_method();

}  // namespace svdd
