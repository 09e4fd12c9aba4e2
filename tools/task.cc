#include "tools/task.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "datasets/catalog.h"
#include "datasets/file_kind.h"
#include "datasets/hold_out.h"
#include "datasets/table_classes.h"
#include "engine/files/in_quotes.h"
#include "svdd/networks.h"
#include "tools/arguments.h"
#include "tools/csv_files.h"
#include "tools/known_data.h"
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

std::vector<int64_t> class_counts(const datasets::Dataset& data) {
  std::vector<int64_t> counts = data.train.class_counts(data.classes());
  const std::vector<int64_t> test = data.test.class_counts(data.classes());
  for (size_t k = 0; k < counts.size(); ++k) counts[k] += test[k];
  return counts;
}

// "0 to 9", or "yes (30), no (270)".
std::string class_list(const datasets::Dataset& data) {
  for (size_t k = 0; k < data.class_names.size(); ++k)
    if (data.class_names[k] != std::to_string(k))
      return datasets::class_counts_text(data.class_names, class_counts(data));
  return "0 to " + std::to_string(data.classes() - 1);
}

// The class that a word names; nothing for none.
std::optional<int> class_named(const std::string& word, const datasets::Dataset& data) {
  const std::vector<std::string>& names = data.class_names;
  if (const auto found = std::find(names.begin(), names.end(), word); found != names.end())
    return static_cast<int>(found - names.begin());
  int number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc() && end == word.data() + word.size())
    return number >= 0 && number < data.classes() && !data.names_are_numbers() ? std::optional(number)
                                                                               : std::nullopt;
  std::optional<int> alike;
  for (size_t k = 0; k < names.size(); ++k)
    if (datasets::in_small_letters(names[k]) == datasets::in_small_letters(word)) {
      if (alike) return std::nullopt;
      alike = static_cast<int>(k);
    }
  return alike;
}

std::vector<int> classes_named(const std::string& option, const std::vector<std::string>& words,
                               const datasets::Dataset& data, const std::string& name) {
  std::vector<int> classes;
  for (const std::string& word : words) {
    const std::optional<int> found = class_named(word, data);
    const bool number = !word.empty() && word.find_first_not_of("-0123456789") == std::string::npos;
    if (!found && number)
      throw UsageError(option + ": class " + word + " is not in " + name + ", whose classes are " +
                       class_list(data));
    if (!found)
      throw UsageError(option + " is " + engine::in_quotes(word) + ", which is no class of " + name +
                       "; its classes are " + class_list(data) + did_you_mean(word, data.class_names));
    if (std::find(classes.begin(), classes.end(), *found) != classes.end())
      throw UsageError(option + ": class " + word + " is named twice");
    classes.push_back(*found);
  }
  return classes;
}

// ---- what is said of a table's columns, once the training rows are known ----

std::string column_text(const datasets::TableForm& form, size_t j) {
  return form.features.empty() ? "column " + std::to_string(j + 1)
                               : "column " + engine::in_quotes(form.features[j]);
}

void say_offsets(const datasets::TableForm& form, std::vector<std::string>& notes) {
  std::string columns;
  int64_t count = 0;
  for (size_t j = 0; j < form.offsets.size(); ++j) {
    if (form.offsets[j] == 0 || ++count > 5) continue;
    columns += (columns.empty() ? "" : ", ") + shortest(form.offsets[j]) + " from " + column_text(form, j);
  }
  if (count == 0) return;
  notes.push_back("single precision would blur values that lie so close together: first " + columns +
                  (count > 5 ? " and others" : "") + " is subtracted");
}

void say_constants(const datasets::TableForm& form, const datasets::Samples& train,
                   const TrainOptions& options, std::vector<std::string>& notes) {
  std::string columns;
  int64_t constant = 0;
  for (int64_t j = 0; train.count() > 1 && j < train.size(); ++j) {
    const float value = train.sample(0)[j];
    bool same = true;
    for (int64_t i = 1; same && i < train.count(); ++i) same = train.sample(i)[j] == value;
    if (!same || ++constant > 5) continue;
    const auto at = static_cast<size_t>(j);
    const std::string text =
        form.offsets.empty() || form.offsets[at] == 0 ? shortest(value) : shortest(value + form.offsets[at]);
    columns += (columns.empty() ? "" : ", ") + column_text(form, at) + " (" + text + ")";
  }
  if (constant == 0) return;
  if (constant > 5) columns += " and " + std::to_string(constant - 5) + " more";
  const bool unseen = options.method == "isolation-forest" || options.deep_svdd.preprocessing.pca > 0;
  notes.push_back(
      "constant in training: " + columns +
      (unseen ? "; the method cannot see another value there" : "; any other value will stand out"));
}

}  // namespace

nlohmann::json Task::normal_words() const {
  nlohmann::json words = nlohmann::json::array();
  for (const int k : normal) {
    const std::string& word = class_words.at(static_cast<size_t>(k));
    int number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    words.push_back(error == std::errc() && end == word.data() + word.size() ? nlohmann::json(number)
                                                                             : nlohmann::json(word));
  }
  return words;
}

Task load_task(const TrainOptions& options, const std::optional<TestOfModel>& test) {
  datasets::LoadOptions how{.data_dir = options.data_dir,
                            .label_column = options.label_column,
                            .header = options.header,
                            .test_fraction = options.test_fraction};
  how.image_shape = test && !test->image_shape.empty() ? test->image_shape
                    : has_network(options.method)      ? input_of(options.deep_svdd.network)
                                                       : image_shape_of(kind_of(options.data));
  if (test) how.form = test->form, how.all_for_test = test->whole;
  const datasets::Dataset data = load_data(options.data, how);
  const bool whole = test && test->whole && data.table && data.train.count() == 0;
  if (options.test_fraction && !data.test_was_held_out)
    throw UsageError(
        "--test-fraction: " + options.data +
        (data.test.count() > 0 ? " has a test half of its own" : " has no labels to test against") +
        "; a share can be held out of labelled tables and of MobiFall's recording");
  const std::vector<int> asked = classes_named("--normal", options.normal, data, options.data),
                         normal = asked.empty() ? data.default_normal : asked,
                         anomalous = classes_named("--anomalous", options.anomalous, data, options.data);
  if (normal.empty())
    throw UsageError("--normal is missing: name the normal class or classes of " + options.data + ": " +
                     datasets::class_counts_text(data.class_names, class_counts(data)));
  for (const int k : anomalous)
    if (std::find(normal.begin(), normal.end(), k) != normal.end())
      throw UsageError("--anomalous: class " + data.class_word(k) + " is normal too; name it once");
  const datasets::KnownDataset* known = datasets::known_dataset(options.data);
  const std::string source = !known              ? options.data
                             : known->built_in() ? "built in"
                                                 : find_data(options.data, options.data_dir).string();
  datasets::OneVsRestOptions rule{.limit = options.limit, .anomalous = anomalous, .test_only = whole};
  if (test) rule.offsets = test->form ? test->form->offsets : std::vector<double>{};
  datasets::OneVsRest split = datasets::one_vs_rest(data, normal, rule);
  Task task{source, data.class_names, normal, {}};
  task.notes = data.notes;
  for (int k = 0; k < data.classes(); ++k) task.class_words.push_back(data.class_word(k));
  if (data.table) {
    task.table = data.table;
    task.table->offsets = split.offsets;
    for (const int k : normal) task.table->normal.push_back(data.class_names[static_cast<size_t>(k)]);
    if (!test) say_offsets(*task.table, task.notes);
    if (!test && !known) say_constants(*task.table, split.train, options, task.notes);
  }
  if (options.method == "multi-sphere" && !whole) {  // whose protocol sets a sixth of the training data aside
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
