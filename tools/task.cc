#include "tools/task.h"

#include <algorithm>
#include <utility>

#include "datasets/catalog.h"
#include "datasets/hold_out.h"
#include "svdd/networks.h"
#include "tools/published_settings.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

std::vector<int64_t> input_of(const std::string& network) {
  try {
    return svdd::network_info(network).input;
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

void check_classes(const std::string& option, const std::vector<int>& asked, const datasets::Dataset& data,
                   const std::string& name) {
  for (size_t i = 0; i < asked.size(); ++i) {
    const auto here = asked.begin() + static_cast<std::ptrdiff_t>(i);
    if (*here < data.classes() && std::find(asked.begin(), here, *here) == here) continue;
    throw UsageError(option + ": class " + std::to_string(*here) +
                     (*here < data.classes() ? " is named twice"
                                             : " is not in " + name + ", whose classes are 0 to " +
                                                   std::to_string(data.classes() - 1)));
  }
}

}  // namespace

Task load_task(const TrainOptions& options) {
  datasets::LoadOptions how{.data_dir = options.data_dir,
                            .label_column = options.label_column,
                            .test_fraction = options.test_fraction};
  if (has_network(options.method)) how.image_shape = input_of(options.deep_svdd.network);
  const datasets::Dataset data = datasets::load(options.data, how);
  if (options.test_fraction && !data.test_was_held_out)
    throw UsageError(
        "--test-fraction: " + options.data +
        (data.test.count() > 0 ? " has a test half of its own" : " has no labels to test against") +
        "; a share can be held out of labelled tables and of MobiFall's recording");
  const std::vector<int> normal = options.normal.empty() ? data.default_normal : options.normal;
  if (normal.empty())
    throw UsageError("--normal is missing: name the normal class or classes of " + options.data +
                     ", for instance --normal 3");
  check_classes("--normal", normal, data, options.data);
  check_classes("--anomalous", options.anomalous, data, options.data);
  for (const int anomalous : options.anomalous)
    if (std::find(normal.begin(), normal.end(), anomalous) != normal.end())
      throw UsageError("--anomalous: class " + std::to_string(anomalous) + " is normal too; name it once");
  const datasets::KnownDataset* known = datasets::known_dataset(options.data);
  const std::string source = !known              ? options.data
                             : known->built_in() ? "built in"
                                                 : datasets::find(options.data, options.data_dir).string();
  datasets::OneVsRest split =
      datasets::one_vs_rest(data, normal, {.limit = options.limit, .anomalous = options.anomalous});
  Task task{source, data.class_names, normal, {}};
  task.notes = data.notes;
  if (options.method == "multi-sphere") {  // whose protocol sets a sixth of the training data aside
    auto kept = datasets::hold_out_validation(split.train, split.train_classes,
                                              options.deep_svdd.training.batch_size, options.deep_svdd.seed);
    split.train = std::move(kept.train);
    split.train_classes = std::move(kept.train_classes);
    task.validation = std::move(kept.validation);
    task.validation_classes = std::move(kept.validation_classes);
  }
  task.split = std::move(split);
  return task;
}

}  // namespace tools
