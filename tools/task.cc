#include "tools/task.h"

#include <algorithm>

#include "datasets/catalog.h"
#include "tools/usage_error.h"

namespace tools {

Task load_task(const TrainOptions& options) {
  for (const char* later : {"cifar10", "gtsrb", "mobifall"})
    if (options.data == later)
      throw UsageError("--data " + options.data + " is not in this version; svdd data list shows what is");
  const datasets::Dataset data = datasets::load(options.data, options.data_dir);
  for (size_t i = 0; i < options.normal.size(); ++i) {
    const auto here = options.normal.begin() + static_cast<std::ptrdiff_t>(i);
    if (*here < data.classes() && std::find(options.normal.begin(), here, *here) == here) continue;
    throw UsageError("--normal: class " + std::to_string(*here) +
                     (*here < data.classes() ? " is named twice"
                                             : " is not in " + options.data + ", whose classes are 0 to " +
                                                   std::to_string(data.classes() - 1)));
  }
  const datasets::KnownDataset* known = datasets::known_dataset(options.data);
  const std::string source = !known              ? options.data
                             : known->built_in() ? "built in"
                                                 : datasets::find(options.data, options.data_dir).string();
  return {source, data.class_names, datasets::one_vs_rest(data, options.normal, options.limit)};
}

}  // namespace tools
