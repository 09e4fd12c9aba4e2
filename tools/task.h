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
  datasets::OneVsRest split;
};

// As --data, --data-dir, --normal and --limit ask. Throws UsageError for a data set of a later version, and a
// normal class that is named twice or not in the data; std::exception where the data cannot be read.
Task load_task(const TrainOptions& options);

}  // namespace tools
