// The local outlier factor (Breunig, Kriegel, Ng, Sander, "LOF: identifying density-based local outliers", SIGMOD 2000): how
// much sparser it is about a sample than about its neighbours. With N(x) the k nearest training samples and d_k(o) the
// distance of training sample o to its own k-th other:
//
//   reach(x, o) = max(d_k(o), ‖x − o‖)                         definition 5
//   lrd(x)      = 1 / (mean over N(x) of reach(x, o) + 1e-10)  definition 6; the 1e-10, for samples on one another, is
//                                                              scikit-learn's
//   score(x)    = mean over N(x) of lrd(o) / lrd(x)            definition 7
//
// About 1 within a cluster of whatever density, larger outside. The training scores leave the sample itself out.
#pragma once
#include <cstdint>
#include <memory>

#include "datasets/preprocessing.h"
#include "engine/backend.h"
#include "svdd/methods/method.h"

namespace svdd {

struct LocalOutlierOptions {
  int64_t neighbours =
      20;  // k, as in scikit-learn; of so few training samples or fewer, one less than there are
  double contamination = 0.1;  // threshold = the (1 − contamination)-quantile of the training scores
  datasets::PreprocessingOptions preprocessing = {};
};

// std::invalid_argument naming the option that is impossible.
std::unique_ptr<Detector> make_local_outlier_factor(const LocalOutlierOptions& options,
                                                    engine::Backend& backend);

Method local_outlier_factor_method();

}  // namespace svdd
