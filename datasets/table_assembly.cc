#include "datasets/table_assembly.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "engine/files/in_quotes.h"

namespace datasets {

using engine::in_quotes;

void TableValues::add(WideNumber number) {
  values_.push_back(number.value);
  if (number.rest != 0 && rest_.empty()) rest_.resize(values_.size() - 1);
  if (number.rest != 0 || !rest_.empty()) rest_.push_back(number.rest);
}

void TableValues::assign_to(Split& rows, bool keep) {
  if (keep || may_blur(values_, rest_, rows.size(), rows.labels)) {
    rows.wide = std::move(values_);
    rows.wide_rest = std::move(rest_);
  } else {
    rows.values.assign(values_.begin(), values_.end());
    std::vector<double>().swap(values_);
  }
}

void assign_classes(Table& table, TableClasses classes) {
  table.rows.labels = std::move(classes.of_rows);
  table.form.labels = std::move(classes.labels);
  table.class_names = table.form.class_names = std::move(classes.names);
  table.default_normal = std::move(classes.default_normal);
  table.guess = std::move(classes.guess);
  table.known_to_form = classes.known_to_form;
  table.notes.insert(table.notes.end(), classes.notes.begin(), classes.notes.end());
  table.labelled = true;
}

void assign_unlabelled(Table& table, int64_t rows) {
  table.class_names = {"normal", "anomaly"};
  table.default_normal = {0};
  table.rows.labels.assign(static_cast<size_t>(rows), 0);
}

namespace {

// Whether number(i), of so many rows, goes up as the numbers of the rows do.
template <class Number>
bool counts_rows(const Number& number, const std::vector<int64_t>& row_numbers, int64_t rows) {
  for (int64_t i = 1; i < rows; ++i) {
    const auto k = static_cast<size_t>(i);
    const int64_t row = row_numbers.empty() ? i : row_numbers[k] - row_numbers[0];
    if (number(i) != number(0) + static_cast<double>(row)) return false;
  }
  return true;
}

template <class Number>
bool are_different_whole_numbers(const Number& number, int64_t rows) {
  std::vector<double> sorted;
  for (int64_t i = 0; i < rows; ++i) {
    sorted.push_back(number(i));
    if (sorted.back() != std::floor(sorted.back())) return false;  // a fraction, or NaN
  }
  std::sort(sorted.begin(), sorted.end());
  return std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

// "ID", "row_number", "Unnamed: 0" of a data frame's nameless index.
bool is_name_of_numbers(const std::string& name) {
  std::string letters = in_small_letters(name);
  std::erase_if(letters, [](char c) { return std::string_view(" _-.:#").find(c) != std::string_view::npos; });
  constexpr std::array<std::string_view, 12> names = {
      "", "id", "index", "idx", "row", "rowid", "rownr", "rownumber", "uid", "nr", "unnamed0", "rowindex"};
  return std::find(names.begin(), names.end(), letters) != names.end();
}

}  // namespace

std::vector<std::string> running_numbers(const Table& table) {
  constexpr int64_t no_chance = 10;
  const Split& rows = table.rows;
  const int64_t count = rows.count(), size = rows.size();
  std::vector<std::string> found;
  if (count < no_chance || table.form.source_count() < 2) return found;
  for (int64_t column = 0; column < size; ++column) {
    const auto number = [&](int64_t row) {
      const auto at = static_cast<size_t>(row * size + column);
      return rows.wide.empty() ? static_cast<double>(rows.values[at]) : rows.wide[at];
    };
    const bool of_words =
        std::any_of(table.form.words.begin(), table.form.words.end(), [&](const WordColumn& words) {
          return column >= words.first && column < words.first + std::ssize(words.words);
        });
    const std::string name = table.form.feature_word(static_cast<size_t>(column));
    if (of_words) continue;
    if (counts_rows(number, rows.row_numbers, count) ||
        (!table.features.empty() && is_name_of_numbers(name) && are_different_whole_numbers(number, count)))
      found.push_back(name);
  }
  return found;
}

std::string table_description(const Table& table, const std::filesystem::path& path,
                              const std::string& header) {
  std::string text = in_quotes(path) + ": " + header + "label: ";
  if (table.labelled) {
    text += !table.form.label.empty() ? in_quotes(table.form.label)
                                      : "column " + std::to_string(table.form.label_number);
    text += ", " + class_counts_text(table.class_names,
                                     table.rows.class_counts(static_cast<int64_t>(table.class_names.size())),
                                     table.form.labels);
  } else {
    text += "none";
  }
  const int64_t columns = table.rows.size();
  text += "; " + std::to_string(columns) + (columns == 1 ? " feature" : " features");
  return table.features.empty() ? text : text + ": " + in_quotes(table.features);
}

}  // namespace datasets
