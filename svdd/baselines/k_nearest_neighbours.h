// The distance to the k-th nearest training sample (Ramaswamy, Rastogi, Shim, "Efficient algorithms for mining outliers from
// large data sets", SIGMOD 2000): no model at all, and on tables hard to beat. The model is the training set.
//
// The training scores leave the sample itself out, so they are about those of fresh samples.
#pragma once
#include <cstdint>
#include <memory>

#include "datasets/preprocessing.h"
#include "engine/backend.h"
#include "svdd/methods/method.h"

namespace svdd {

struct KNearestOptions {
  int64_t neighbours = 5;      // k; of so few training samples or fewer, one less than there are
  double contamination = 0.1;  // threshold = the (1 − contamination)-quantile of the training scores
  datasets::PreprocessingOptions preprocessing = {};
};

// std::invalid_argument naming the option that is impossible.
std::unique_ptr<Detector> make_k_nearest_neighbours(const KNearestOptions& options, engine::Backend& backend);

Method k_nearest_neighbours_method();

}  // namespace svdd
