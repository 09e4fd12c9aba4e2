#include "tools/input/task.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "datasets/catalog.h"
#include "datasets/far_values.h"
#include "datasets/file_kind.h"
#include "datasets/table_classes.h"
#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "svdd/evaluation/attribution.h"
#include "svdd/recipes/set_aside.h"
#include "tools/arguments.h"
#include "tools/commands/counted.h"
#include "tools/commands/csv_files.h"
#include "tools/commands/known_data.h"
#include "tools/report/svg_chart.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

std::vector<int64_t> class_counts(const datasets::Dataset& data) {
  std::vector<int64_t> counts = data.train.class_counts(data.classes());
  const std::vector<int64_t> test = data.test.class_counts(data.classes());
  for (size_t k = 0; k < counts.size(); ++k) counts[k] += test[k];
  return counts;
}

// How the classes of a table stand in it.
std::vector<std::string> labels_of(const datasets::Dataset& data) {
  return data.table ? data.table->labels : std::vector<std::string>{};
}

// "0 to 9", or "yes (30), no (270)".
std::string class_list(const datasets::Dataset& data) {
  for (size_t k = 0; k < data.class_names.size(); ++k)
    if (data.class_names[k] != std::to_string(k))
      return datasets::class_counts_text(data.class_names, class_counts(data), labels_of(data));
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
      throw UsageError(option + ": class " + engine::shown(word) + " is not in " + name +
                       ", whose classes are " + class_list(data));
    if (!found)
      throw UsageError(option + " is " + engine::in_quotes(word, engine::longest_value) +
                       ", which is no class of " + name + "; its classes are " + class_list(data) +
                       did_you_mean(word, data.class_names));
    if (std::find(classes.begin(), classes.end(), *found) != classes.end())
      throw UsageError(option + ": class " + engine::shown(word) + " is named twice");
    classes.push_back(*found);
  }
  return classes;
}

// ---- what is said of a table's columns, once the training rows are known

std::string column_text(const datasets::TableForm& form, size_t j) {
  const std::string word = form.feature_word(j);
  return "column " + (form.features.empty() ? word : engine::in_quotes(word));
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

// Medians; of a column of words the commonest word.
std::vector<float> usual_values(const datasets::TableForm& form, const datasets::Samples& train) {
  std::vector<float> usual = svdd::column_medians(train);
  for (const datasets::WordColumn& column : form.words) {
    std::vector<int64_t> counts(column.words.size());
    for (int64_t i = 0; i < train.count(); ++i)
      for (size_t k = 0; k < counts.size(); ++k)
        counts[k] += train.sample(i)[column.first + static_cast<int64_t>(k)] == 1;
    const auto commonest = std::max_element(counts.begin(), counts.end()) - counts.begin();
    for (int64_t k = 0; k < static_cast<int64_t>(counts.size()); ++k)
      usual[static_cast<size_t>(column.first + k)] = k == commonest ? 1.0f : 0.0f;
  }
  return usual;
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
  const bool one = constant == 1;
  if (!options.method_row().sees_distances || options.settings.preprocessing().pca > 0)
    columns += "; the method cannot see another value there";
  else if (options.method_row().has_network)
    columns += std::string("; ") + (one ? "it" : "they") +
               " told the network nothing, and what another value there does to the score is not known";
  else
    columns += std::string("; ") + (one ? "it" : "they") +
               " told the method nothing; another value there counts as so much distance";
  notes.push_back("constant in training: " + columns);
}

// ---- what is said of the normal classes

// The guess was used: which it was, and that it is odd where it is.
void say_guess(const datasets::Dataset& data, std::vector<std::string>& notes) {
  if (data.guess.sentence.empty()) return;
  const std::vector<int64_t> counts = class_counts(data);
  int64_t normal = 0, all = 0;
  for (size_t k = 0; k < counts.size(); ++k) {
    all += counts[k];
    if (static_cast<int>(k) == data.default_normal.at(0)) normal = counts[k];
  }
  std::string odd;
  if (2 * normal < all)
    odd = ", though only " + std::to_string(normal) + " of " + counted(all, "row") +
          (normal == 1 ? " is" : " are") + " normal then: if others are, name them with --normal";
  notes.push_back(data.guess.sentence + odd);
}

// A table without labels is nothing to test a model against.
void require_labels(const datasets::Dataset& data, const TestOfModel& test, const std::string& name) {
  if (!data.table || !data.table->labels.empty()) return;
  std::string why = engine::in_quotes(name) + " has no labels, so there is nothing to evaluate against";
  if (test.form && !test.form->label.empty() && !data.table->features.empty())
    why += ": no column is named " + engine::in_quotes(test.form->label) + ", as the model's label is";
  if (!data.passed_over.empty())
    why += "; of the columns beside the model's (" + engine::in_quotes(data.passed_over) +
           ") --label-column NAME says which holds the classes";
  throw std::runtime_error(why + "; svdd score scores rows without labels");
}

// The classes that the model was trained on mean nothing in a table of other labels.
void require_classes_of_model(const datasets::Dataset& data, const TestOfModel& test,
                              const std::string& name) {
  if (data.known_to_form) return;
  throw UsageError("the model was trained with " +
                   std::string(test.form->normal.size() == 1 ? "the normal class " : "the normal classes ") +
                   engine::in_quotes(test.form->normal) + ", and " + engine::in_quotes(name) +
                   " has the classes " +
                   datasets::class_counts_text(data.class_names, class_counts(data), labels_of(data)) +
                   ": name the normal ones with --normal" +
                   (data.guess.label.empty()
                        ? ""
                        : " (svdd train would take " + engine::in_quotes(data.guess.label) + " for normal)"));
}

// Of a model that sees samples of another shape there is nothing more to say.
void require_shape_of_model(const datasets::Dataset& data, const TestOfModel& test, const std::string& name) {
  if (test.shape.empty() || data.test.shape == test.shape) return;
  throw std::runtime_error("the model sees samples of " + datasets::shape_text(test.shape) + ", and " +
                           engine::in_quotes(name) + " holds samples of " +
                           datasets::shape_text(data.test.shape));
}

// ---- the data of an earlier run, whose configuration names them

// Of data that a configuration names, and that are not here.
std::string why_not_read(const TrainOptions& options) {
  if (options.recorded_data.empty())
    return ", seen from where its run was started, and there is no such file or folder here";
  const std::string recorded = engine::in_quotes(options.recorded_data);
  return engine::file_exists(options.recorded_data)
             ? ", which is not here, and has recorded other data, " + recorded
             : ", which lay at " + recorded + ", and there is no such file or folder now";
}

datasets::Dataset load_named_data(const TrainOptions& options, const datasets::LoadOptions& how,
                                  std::vector<std::string>& notes) {
  const std::string& here = options.data;
  const bool path = !datasets::known_dataset(here), is_here = path && engine::file_exists(here);
  const std::string recorded = engine::in_quotes(options.recorded_data);
  if (options.reads_recorded_data)
    notes.push_back(engine::in_quotes(here) + " is not here: " + recorded + " is read, where " +
                    engine::in_quotes(options.data_named_by) + " recorded it");
  else if (is_here && !options.recorded_data.empty() && engine::file_exists(options.recorded_data) &&
           !engine::same_file(here, options.recorded_data))
    notes.push_back(engine::in_quotes(here) + " here is read, and it is another than " + recorded +
                    ", which " + engine::in_quotes(options.data_named_by) + " recorded");
  else if (path && !is_here && options.found_data.empty() && !options.data_named_by.empty())
    throw std::runtime_error(engine::in_quotes(options.data_named_by) + " names the data " +
                             engine::in_quotes(here) + why_not_read(options) + ": name it with --data");
  return load_data(options.data_to_read(), how);
}

// Values are said as they stand in the table.
void say_far_values(const datasets::TableForm& form, const datasets::Samples& train,
                    std::vector<std::string>& warnings) {
  constexpr size_t most = 3;
  const std::vector<datasets::FarValues> found = datasets::far_values(train);
  for (size_t k = 0; k < found.size() && k < most; ++k) {
    const datasets::FarValues& far = found[k];
    const auto at = static_cast<size_t>(far.column);
    const double offset = form.offsets.empty() ? 0 : form.offsets[at];
    const auto text = [&](float value) { return offset == 0 ? shortest(value) : shortest(value + offset); };
    warnings.push_back(column_text(form, at) + " holds " + text(far.value) +
                       (far.same ? "" : " and the like") + " in " + std::to_string(far.rows) + " of " +
                       std::to_string(train.count()) + " training rows, so far from all others (" +
                       text(far.low) + " to " + text(far.high) + ") that these lie within " +
                       number_text(100 * far.share, 2) + " % of its range and are hardly told apart: " +
                       (far.same && far.rows > 1 ? "it looks like a code for a missing value"
                                                 : "it may be a slip, or a code for a missing value") +
                       "; fill it in or remove " + (far.rows > 1 ? "those rows" : "that row"));
  }
  if (found.size() > most)
    warnings.push_back("so it is in " + std::to_string(found.size() - most) +
                       (found.size() == most + 1 ? " more column" : " more columns"));
}

// The options of tables on what is none.
void refuse_table_options(const TrainOptions& options) {
  if (svdd::recipes::traits_of(options.data_to_read()).kind == svdd::recipes::DataKind::table) return;
  for (const auto& [option, given] : {std::pair{"--columns", !options.columns.empty()},
                                      {"--drop", !options.drop.empty()},
                                      {"--missing", !options.missing.empty()},
                                      {"--test-data", !options.test_data.empty()}})
    if (given)
      throw UsageError(std::string(option) + " is an option of tables, and " +
                       engine::in_quotes(options.data) + " is none");
}

// Takes the samples to calibrate with, and those of the method's protocol, out of the training samples.
void set_aside(Task& task, datasets::OneVsRest& split, const TrainOptions& options) {
  try {
    svdd::recipes::SetAside parts = svdd::recipes::set_aside(
        std::move(split.train), std::move(split.train_classes), options.method_row(), options.settings,
        {options.calibration, options.false_alarm_rate, options.split_seed.value_or(0)}, options.traits.own);
    split.train = std::move(parts.train);
    split.train_classes = std::move(parts.train_classes);
    task.calibration = std::move(parts.calibration);
    task.false_alarm_rate = parts.false_alarm_rate;
    task.validation = std::move(parts.validation);
    task.validation_classes = std::move(parts.validation_classes);
    task.left_out = parts.left_out;
  } catch (const svdd::recipes::ImpossibleCalibration& error) {
    throw UsageError("--" + std::string(error.what()));
  }
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

std::string Task::test_class_list() const {
  std::vector<int64_t> counts(class_names.size(), 0);
  for (const int32_t k : split.test_classes) ++counts.at(static_cast<size_t>(k));
  return datasets::class_counts_text(class_names, counts, table ? table->labels : std::vector<std::string>{});
}

Task load_task(const TrainOptions& options, const std::optional<TestOfModel>& test) {
  datasets::LoadOptions how{.data_dir = options.data_dir,
                            .label_column = options.label_column,
                            .header = options.header,
                            .columns = options.columns,
                            .drop = options.drop,
                            .missing = missing_rule(options.missing, "--missing"),
                            .test_data = options.test_data_to_read(),
                            .test_fraction = options.test_fraction,
                            .split_seed = options.split_seed.value_or(0)};
  how.most_of_class = options.limit;
  how.image_shape = test && test->shape.size() == 3 ? test->shape : options.image_size;
  if (test) how.form = test->form, how.all_for_test = test->whole;
  if (how.all_for_test) how.test_data.clear();
  if (!test) refuse_table_options(options);
  if (!how.test_data.empty() && !engine::file_exists(how.test_data))
    throw std::runtime_error("--test-data " + engine::in_quotes(options.test_data) +
                             ": there is no such file here" +
                             (options.recorded_test_data.empty()
                                  ? ""
                                  : ", and none at " + engine::in_quotes(options.recorded_test_data) +
                                        ", where the run recorded it"));
  std::error_code unknown;
  if (!how.test_data.empty() && !std::filesystem::is_regular_file(how.test_data, unknown) &&
      !std::filesystem::is_directory(how.test_data, unknown))
    throw std::runtime_error(
        "--test-data " + engine::in_quotes(options.test_data) +
        " is a pipe or a device, and data are read more than once: write them to a file");
  if (!how.test_data.empty() && engine::same_file(how.test_data, options.data_to_read()))
    throw UsageError(
        "--test-data names the table of --data itself: a method tested on what it was trained on looks "
        "better than it is; leave it out, and a share of the rows is held out for the test");
  std::vector<std::string> notes;
  const datasets::Dataset data = load_named_data(options, how, notes);
  const std::vector<std::string> other_data = test ? std::vector<std::string>{} : std::exchange(notes, {});
  if (test) {
    require_shape_of_model(data, *test, options.data);
    require_labels(data, *test, options.data);
    if (test->normal_of_model) require_classes_of_model(data, *test, options.data);
  }
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
    throw UsageError("--normal is missing" +
                     (data.guess.unclear.empty() ? "" : ", and " + data.guess.unclear) +
                     ": name the normal class or classes of " + options.data + ": " +
                     datasets::class_counts_text(data.class_names, class_counts(data), labels_of(data)));
  for (const int k : anomalous)
    if (std::find(normal.begin(), normal.end(), k) != normal.end())
      throw UsageError("--anomalous: class " + engine::shown(data.class_word(k)) +
                       " is normal too; name it once");
  const datasets::KnownDataset* known = datasets::known_dataset(options.data);
  const std::string source = !known              ? options.data_to_read()
                             : known->built_in() ? "built in"
                                                 : find_data(options.data, options.data_dir).string();
  datasets::OneVsRestOptions rule{.limit = options.limit, .anomalous = anomalous, .test_only = whole};
  if (test) rule.form = test->form.value_or(datasets::TableForm{});
  datasets::OneVsRest split = datasets::one_vs_rest(data, normal, rule);
  Task task{source, data.class_names, normal, {}};
  task.warnings = other_data;
  task.notes = std::move(notes);
  task.notes.insert(task.notes.end(), data.notes.begin(), data.notes.end());
  if (asked.empty() && !known) say_guess(data, task.notes);
  for (int k = 0; k < data.classes(); ++k) task.class_words.push_back(data.class_word(k));
  if (data.table) {
    task.table = split.table;
    if (!test && split.train.count() > 0) task.table->usual = usual_values(*task.table, split.train);
    for (const int k : normal) task.table->normal.push_back(data.class_names[static_cast<size_t>(k)]);
    if (!test) say_offsets(*task.table, task.notes);
    if (!test && !known) say_constants(*task.table, split.train, options, task.notes);
    if (!test && !known) say_far_values(*task.table, split.train, task.warnings);
  }
  if (!test) set_aside(task, split, options);
  task.split = std::move(split);
  return task;
}

}  // namespace tools
