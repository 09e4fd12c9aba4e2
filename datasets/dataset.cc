#include "datasets/dataset.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "datasets/column_offsets.h"
#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

std::array<float, 256> make_fractions() {
  std::array<float, 256> fractions;
  for (int byte = 0; byte < 256; ++byte)
    fractions[static_cast<size_t>(byte)] = static_cast<float>(byte) / 255.0f;
  return fractions;
}

void check_split(const Dataset& data, const Split& split, const std::string& half) {
  const std::string where = data.name + " (" + half + ")";
  if (!split.bytes.empty() + !split.values.empty() + !split.wide.empty() > 1)
    throw std::invalid_argument(where + " holds both bytes and values; a half holds one or the other");
  const int64_t size = split.size();
  const bool as_bytes = split.values.empty() && split.wide.empty();
  const int64_t there =
      static_cast<int64_t>(std::max({split.bytes.size(), split.values.size(), split.wide.size()}));
  if (there % size != 0 || there / size != split.count())
    throw std::invalid_argument(where + ": " + std::to_string(split.count()) + " labels for " +
                                std::to_string(there) + (as_bytes ? " bytes" : " values") +
                                " of samples of shape " + shape_text(split.shape));
  if (!data.table || data.table->missing != Missing::median) check_finite(split.values, size, where);
  for (size_t i = 0; i < split.labels.size(); ++i)
    if (split.labels[i] < 0 || split.labels[i] >= data.classes())
      throw std::invalid_argument(where + ": sample " + std::to_string(i) + " has label " +
                                  std::to_string(split.labels[i]) + ", expected 0 to " +
                                  std::to_string(data.classes() - 1));
}

// "0 (T-shirt/top), 1 (Trouser)", or "0 to 9" where the names say no more than the numbers.
std::string class_list(const Dataset& data) {
  if (data.names_are_numbers()) return engine::in_quotes(data.class_names);
  bool plain = true;
  std::string list;
  for (size_t k = 0; k < data.class_names.size(); ++k) {
    const std::string number = std::to_string(k);
    if (data.class_names[k] != number) plain = false;
    list += (k > 0 ? ", " : "") + number + " (" + data.class_names[k] + ")";
  }
  return plain ? "0 to " + std::to_string(data.classes() - 1) : list;
}

// One flag per class; `what` ("normal", "anomalous") begins the complaint about a name given twice.
std::vector<bool> flags(const Dataset& data, const std::vector<int>& classes, const std::string& what) {
  std::vector<bool> chosen(static_cast<size_t>(data.classes()), false);
  for (const int k : classes) {
    const std::string name = std::to_string(k);
    if (k < 0 || k >= data.classes())
      throw std::invalid_argument(data.name + " has no class " + name + "; its classes are " +
                                  class_list(data));
    if (chosen[static_cast<size_t>(k)])
      throw std::invalid_argument(what + " class " + name + " is named twice");
    chosen[static_cast<size_t>(k)] = true;
  }
  return chosen;
}

std::vector<bool> normal_flags(const Dataset& data, const std::vector<int>& normal, bool test_only) {
  if (normal.empty())
    throw std::invalid_argument(data.name + ": no normal class is named; the classes are " +
                                class_list(data));
  std::vector<bool> chosen = flags(data, normal, "normal");
  const std::vector<int64_t> counts = data.train.class_counts(data.classes());
  for (const int k : normal)
    if (!test_only && counts[static_cast<size_t>(k)] == 0)
      throw std::invalid_argument(data.name + ": class " + data.class_word(k) +
                                  " has no training samples, so it cannot be normal");
  return chosen;
}

std::vector<bool> anomalous_flags(const Dataset& data, const std::vector<int>& anomalous,
                                  const std::vector<bool>& is_normal) {
  std::vector<bool> chosen = flags(data, anomalous, "anomalous");
  if (anomalous.empty()) {
    chosen = is_normal;
    chosen.flip();
  }
  for (const int k : anomalous)
    if (is_normal[static_cast<size_t>(k)])
      throw std::invalid_argument("class " + std::to_string(k) + " is named both normal and anomalous");
  return chosen;
}

// Without the features whose flags are false.
void keep_features(Samples& samples, const std::vector<bool>& kept) {
  const auto size = static_cast<size_t>(samples.size());
  size_t to = 0;
  for (size_t i = 0; i < samples.values.size(); ++i)
    if (kept[i % size]) samples.values[to++] = samples.values[i];
  samples.values.resize(to);
  samples.shape = {std::count(kept.begin(), kept.end(), true)};
}

// Words that no training row holds would be features that are 0 in all of them. A model knows no such word, so new rows
// with it are treated alike, whether they stood in this file or not.
void leave_out_unseen_words(OneVsRest& task) {
  TableForm& form = *task.table;
  if (form.words.empty() || task.train.values.empty()) return;
  const auto columns = static_cast<size_t>(form.columns);
  std::vector<bool> kept(columns, true);
  std::vector<WordColumn> words;
  int64_t gone = 0;
  for (const WordColumn& column : form.words) {
    WordColumn& seen = words.emplace_back(WordColumn{column.first - gone, column.name, {}});
    for (size_t k = 0; k < column.words.size(); ++k) {
      const size_t at = static_cast<size_t>(column.first) + k;
      bool found = false;
      for (int64_t i = 0; !found && i < task.train.count(); ++i) found = task.train.sample(i)[at] != 0;
      if (found)
        seen.words.push_back(column.words[k]);
      else
        kept[at] = false, ++gone;
    }
    if (seen.words.empty())
      throw std::invalid_argument("no normal training row holds a word in " +
                                  (column.name.empty() ? std::string("one of the columns of words")
                                                       : "the column " + engine::in_quotes(column.name)) +
                                  ": drop that column");
  }
  if (gone == 0) return;
  keep_features(task.train, kept);
  if (!task.test.values.empty())
    keep_features(task.test, kept);
  else
    task.test.shape = task.train.shape;
  const auto keep = [&](auto& of_features) {
    if (of_features.size() != columns) return;
    size_t to = 0;
    for (size_t i = 0; i < columns; ++i)
      if (kept[i]) of_features[to++] = of_features[i];
    of_features.resize(to);
  };
  keep(form.features);
  keep(form.offsets);
  task.offsets = form.offsets;
  form.words = std::move(words);
  form.columns -= gone;
}

// The medians of the training rows' values, those that are missing left out: the mean of the two in the middle where they
// are even in number, as pandas has it. What stands for a word is no number that could be missing.
std::vector<float> fill_of(const Samples& train, const TableForm& form) {
  std::vector<float> fill, column;
  for (int64_t j = 0; j < train.size(); ++j) {
    column.clear();
    for (int64_t i = 0; i < train.count(); ++i)
      if (const float value = train.sample(i)[j]; !std::isnan(value)) column.push_back(value);
    if (column.empty())
      throw std::invalid_argument("the column " +
                                  engine::in_quotes(form.feature_word(static_cast<size_t>(j))) +
                                  " holds no value in any normal training row, so it has no median: drop it");
    const auto middle = column.begin() + static_cast<std::ptrdiff_t>(column.size() / 2);
    std::nth_element(column.begin(), middle, column.end());
    const double upper = *middle,
                 lower = column.size() % 2 ? upper : *std::max_element(column.begin(), middle);
    fill.push_back(static_cast<float>(lower + (upper - lower) / 2));
  }
  return fill;
}

void require_row(int64_t row, int64_t count) {
  if (row < 0 || row >= count)
    throw std::out_of_range("row " + std::to_string(row) + " was asked for; there are " +
                            std::to_string(count));
}

}  // namespace

void fill_missing(Samples& rows, const std::vector<float>& fill) {
  const auto size = static_cast<size_t>(rows.size());
  if (fill.empty() || rows.values.empty()) return;
  if (fill.size() != size)
    throw std::invalid_argument(std::to_string(fill.size()) + " values to fill in for rows of " +
                                std::to_string(size));
  for (size_t i = 0; i < rows.values.size(); ++i)
    if (std::isnan(rows.values[i])) rows.values[i] = fill[i % size];
}

Samples Split::select(const std::vector<int64_t>& rows, const std::vector<double>& offsets) const {
  static const std::array<float, 256> fractions = make_fractions();
  const int64_t per_sample = size();
  if (!offsets.empty() && static_cast<int64_t>(offsets.size()) != per_sample)
    throw std::invalid_argument(std::to_string(offsets.size()) + " offsets for samples of shape " +
                                shape_text(shape));
  Samples samples{shape, {}};
  samples.values.resize(rows.size() * static_cast<size_t>(per_sample));
  float* to = samples.values.data();
  for (const int64_t row : rows) {
    engine::check_stop();
    require_row(row, count());
    if (!wide.empty()) {
      for (int64_t i = 0; i < per_sample; ++i) {
        const auto at = static_cast<size_t>(row * per_sample + i);
        // Exact where the two are near one another.
        double value = wide[at] - (offsets.empty() ? 0 : offsets[static_cast<size_t>(i)]);
        if (!wide_rest.empty()) value += wide_rest[at];
        to[i] = static_cast<float>(value);
      }
    } else if (values.empty()) {
      const uint8_t* from = bytes.data() + row * per_sample;
      for (int64_t i = 0; i < per_sample; ++i) to[i] = fractions[from[i]];
    } else {
      std::copy_n(values.data() + row * per_sample, per_sample, to);
    }
    to += per_sample;
  }
  return samples;
}

std::vector<int64_t> Split::all() const {
  std::vector<int64_t> rows(static_cast<size_t>(count()));
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

Split Split::first_of_class(int64_t most) const {
  std::vector<int64_t> rows, counts;
  for (int64_t i = 0; i < count(); ++i) {
    const auto label = static_cast<size_t>(labels[static_cast<size_t>(i)]);
    counts.resize(std::max(counts.size(), label + 1));
    if (most <= 0 || ++counts[label] <= most) rows.push_back(i);
  }
  return std::ssize(rows) == count() ? *this : subset(rows);
}

Split Split::subset(const std::vector<int64_t>& rows) const {
  const int64_t per_sample = size();
  Split chosen{shape, {}, {}};
  chosen.labels.reserve(rows.size());
  chosen.bytes.reserve(bytes.empty() ? 0 : rows.size() * static_cast<size_t>(per_sample));
  chosen.values.reserve(values.empty() ? 0 : rows.size() * static_cast<size_t>(per_sample));
  const auto append = [&](const auto& from, auto& to, int64_t row) {
    if (!from.empty())
      to.insert(to.end(), from.begin() + row * per_sample, from.begin() + (row + 1) * per_sample);
  };
  for (const int64_t row : rows) {
    engine::check_stop();
    require_row(row, count());
    chosen.labels.push_back(labels[static_cast<size_t>(row)]);
    append(bytes, chosen.bytes, row);
    append(values, chosen.values, row);
    append(wide, chosen.wide, row);
    append(wide_rest, chosen.wide_rest, row);
    if (!files.empty())
      chosen.files.push_back(files[static_cast<size_t>(row)]);
    else
      chosen.row_numbers.push_back(row_numbers.empty() ? row : row_numbers[static_cast<size_t>(row)]);
  }
  return chosen;
}

std::vector<int64_t> Split::class_counts(int64_t classes) const {
  std::vector<int64_t> counts(static_cast<size_t>(classes), 0);
  for (const int32_t label : labels) ++counts.at(static_cast<size_t>(label));
  return counts;
}

bool Dataset::names_are_numbers() const {
  for (size_t k = 0; k < class_names.size(); ++k) {
    const std::string& name = class_names[k];
    const size_t digits = name.starts_with('-') ? 1 : 0;
    if (name.size() > digits &&
        std::all_of(name.begin() + static_cast<std::ptrdiff_t>(digits), name.end(),
                    [](char c) { return c >= '0' && c <= '9'; }) &&
        name != std::to_string(k))
      return true;
  }
  return false;
}

std::string Dataset::class_word(int k) const {
  return names_are_numbers() ? class_names.at(static_cast<size_t>(k)) : std::to_string(k);
}

void Dataset::check() const {
  if (train.shape != test.shape)
    throw std::invalid_argument(name + ": training samples are " + shape_text(train.shape) +
                                ", test samples " + shape_text(test.shape) + "; both must have one shape");
  check_split(*this, train, "training half");
  check_split(*this, test, "test half");
}

OneVsRest one_vs_rest(const Dataset& data, const std::vector<int>& normal_classes,
                      const OneVsRestOptions& options) {
  const engine::IeeeMode ieee;
  data.check();
  const std::vector<bool> is_normal = normal_flags(data, normal_classes, options.test_only),
                          is_anomalous = anomalous_flags(data, options.anomalous, is_normal);
  if (options.limit < 0)
    throw std::invalid_argument("the limit of training samples is " + std::to_string(options.limit) +
                                "; expected 0 (all) or more");
  const auto most = static_cast<size_t>(options.limit);

  OneVsRest task;
  task.normal = normal_classes;
  std::vector<int64_t> rows;
  for (int64_t i = 0; !options.test_only && i < data.train.count() && (most == 0 || rows.size() < most);
       ++i) {
    const auto label = static_cast<size_t>(data.train.labels[static_cast<size_t>(i)]);
    if (!is_normal[label] && !(options.train_on_anomalies && is_anomalous[label])) continue;
    rows.push_back(i);
    task.train_classes.push_back(static_cast<int32_t>(label));
  }
  task.offsets = options.form ? options.form->offsets : column_offsets(data.train, rows);
  task.train = data.train.select(rows, task.offsets);

  rows.clear();
  for (int64_t i = 0; i < data.test.count(); ++i) {
    const auto label = static_cast<size_t>(data.test.labels[static_cast<size_t>(i)]);
    if (!is_normal[label] && !is_anomalous[label]) continue;
    rows.push_back(i);
    task.test_classes.push_back(static_cast<int32_t>(label));
    task.test_labels.push_back(is_normal[label] ? 0 : 1);
  }
  task.test = data.test.select(rows, task.offsets);
  for (const int64_t row : rows) {
    const auto at = static_cast<size_t>(row);
    if (!data.test.files.empty())
      task.test_files.push_back(data.test.files[at]);
    else
      task.test_rows.push_back(data.test.row_numbers.empty() ? row : data.test.row_numbers[at]);
  }
  if (data.table) {
    task.table = data.table;
    task.table->offsets = task.offsets;
    if (options.form) {
      task.table->words = options.form->words;
      task.table->fill = options.form->fill;
    } else {
      leave_out_unseen_words(task);
      if (data.table->missing == Missing::median) task.table->fill = fill_of(task.train, *task.table);
    }
    fill_missing(task.train, task.table->fill);
    fill_missing(task.test, task.table->fill);
  }
  return task;
}

OneVsRest one_vs_rest(const Dataset& data, const std::vector<int>& normal_classes, int64_t limit) {
  const engine::IeeeMode ieee;
  return one_vs_rest(data, normal_classes, OneVsRestOptions{limit});
}

}  // namespace datasets
