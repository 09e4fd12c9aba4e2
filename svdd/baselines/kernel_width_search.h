// How the papers' tables choose the width of kernel SVDD: by AUC on labelled test data (Ruff et al. 2018,
// section 4.1). That favours this baseline, as the paper says itself; it is here to reproduce the tables.
// Without labels, KernelSvddOptions' own width is what there is.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "svdd/baselines/kernel_svdd.h"

namespace svdd {

// 2^−10, 2^−9, …, 2^−1.
std::vector<double> published_kernel_widths();

struct KernelWidthSearch {
  struct Candidate {
    double gamma, auc;  // on the tenth
  };
  std::vector<Candidate> candidates;   // as tried
  double gamma = 0;                    // the best; of equals, the first
  std::unique_ptr<Detector> detector;  // fitted with it
  std::vector<int64_t> rest;           // the test rows that took no part in the choice, ascending
  std::vector<float> rest_scores;
  double rest_auc = 0;  // what the tables report
};

// Fits one detector for each width to `train` and keeps the one with the largest AUC on a tenth of the test
// rows, drawn without replacement by RandomStream(seed, "kernel-width/rows"); labels as in metrics.h. The
// options' preprocessing is fitted afresh for each width: where that is dear, as with PCA, prepare the
// samples beforehand. std::invalid_argument for no widths, fewer than 10 test rows, or a tenth or a rest of
// one class only.
KernelWidthSearch search_kernel_width(const datasets::Samples& train, const datasets::Samples& test,
                                      const std::vector<int32_t>& test_labels,
                                      const KernelSvddOptions& options, const std::vector<double>& widths,
                                      uint64_t seed, engine::Backend& backend, Monitor& monitor);

}  // namespace svdd
