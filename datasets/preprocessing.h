// What is done to samples before a method sees them, and undone by nobody: stored with the model, applied
// when scoring.
//
//   global contrast normalisation (GCN), per sample over all its n values:
//       z = x - mean(x),   y = z / scale,   scale = (1/n) Σ|z|  (l1)   or   sqrt(Σz²) / n  (l2)
//   min-max, with one min and max over all GCN values of the training data:
//       y' = (y - min) / (max - min)
//
// Deep SVDD (Ruff et al., ICML 2018) uses l1 and min-max on images; DASVDD l2 without min-max on CIFAR-10.
// Test data go through the same map and may leave [0, 1]: nothing is clipped. A sample whose values are all
// equal has scale 0; its GCN is all zeros, never NaN.
#pragma once
#include <string_view>

#include "datasets/samples.h"

namespace datasets {

struct Preprocessing {
  enum class Gcn { none, l1, l2 };

  Gcn gcn = Gcn::none;
  bool min_max = false;
  float min = 0, max = 1;  // of the training data after GCN; 0 and 1 where min_max is false

  // The map for this training data. Throws std::invalid_argument when min-max is wanted and there are no
  // samples, a value is not finite, or all values are equal.
  static Preprocessing fit(Gcn gcn, bool min_max, const Samples& train);

  void apply(Samples& samples) const;  // in place; sums in double, in C order

  bool operator==(const Preprocessing&) const = default;
};

std::string_view name_of(Preprocessing::Gcn gcn);     // "none", "l1", "l2"
Preprocessing::Gcn gcn_named(std::string_view name);  // throws std::invalid_argument for any other name

}  // namespace datasets
