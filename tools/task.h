// The data of a run: loaded by name or path, split one against the rest.
#pragma once
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "tools/options.h"

namespace tools {

struct Task {
  std::string source;  // the folder in which the data were found, or "built in"
  std::vector<std::string> class_names;
  std::vector<int> normal;  // as asked for, or the data's own default
  datasets::OneVsRest split;
  // Set aside from the training data where the method's protocol does so (multi-sphere), else empty.
  datasets::Samples validation = {};
  std::vector<int32_t> validation_classes = {};
  std::vector<std::string> notes = {};  // of the data (datasets/dataset.h)
};

// As --data, --data-dir, --normal and --limit ask. Throws UsageError for a
// class that is named twice or not in the data, and where --normal is missing and the data have no default;
// std::exception where the data cannot be read.
Task load_task(const TrainOptions& options);

}  // namespace tools
