// `svdd compare`: all methods side by side on one's own data, on one split.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tools/options/options.h"

namespace tools {

struct CompareOptions {
  // Of svdd train: data, data-dir, normal, anomalous, label-column, header, columns, drop, missing, test-data, split-seed,
  // test-fraction, limit.
  GivenOptions data;
  std::string out;      // empty: runs/compare-NAME
  std::string methods;  // "knn,deep-svdd"; empty: all
  int64_t seeds = 1, jobs = 0;
  std::string device = "cpu";
};

// A table of one case, filled as svdd reproduce fills its own (reproduce.h): runs that are finished are not repeated, and the
// page lies in --out. Every method trains on all normal samples of the training half. Throws UsageError for a method that does
// not exist and data without anomalies to test against, and as svdd train does.
void run_compare(const CompareOptions& options);

}  // namespace tools
