#include "datasets/table_rows.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/files/in_quotes.h"

namespace datasets {
namespace {

// The form that rows of a table are read for; without one, as many numbers as there are columns.
TableForm form_for(const TableOptions& options, const TableColumns& columns) {
  if (options.form) return *options.form;
  TableForm form;
  form.columns = static_cast<int64_t>(columns.features.size());
  return form;
}

std::string column_in_words(const std::vector<std::string>& names, size_t column) {
  return column < names.size() ? engine::in_quotes(names[column]) : "column " + std::to_string(column + 1);
}

// "3 missing values filled in: 'a' 2, 'b' 1"
std::string counted_gaps(const std::map<size_t, int64_t>& gaps, const std::string& what,
                         const std::vector<std::string>& names, const std::string& done) {
  constexpr size_t most = 5;
  int64_t count = 0;
  std::string columns;
  size_t listed = 0;
  for (const auto& [column, values] : gaps) {
    count += values;
    if (++listed <= most)
      columns += (listed == 1 ? "" : ", ") + column_in_words(names, column) + " " + std::to_string(values);
  }
  if (listed > most) columns += " and " + std::to_string(listed - most) + " more";
  return std::to_string(count) + " missing " + what + (count == 1 ? "" : "s") + done + ": " + columns;
}

}  // namespace

WordsOfColumns words_of(const TableForm& form) {
  WordsOfColumns words;
  int64_t more = 0;  // features than columns before this one
  for (const WordColumn& column : form.words) {
    words.emplace(static_cast<size_t>(column.first - more), column.words);
    more += static_cast<int64_t>(column.words.size()) - 1;
  }
  return words;
}

FeatureReader::FeatureReader(const std::vector<size_t>& sources, const WordsOfColumns& words, Missing missing)
    : sources_(&sources), words_(sources.size()), missing_(missing) {
  for (const auto& [source, of_column] : words)
    if (source < words_.size()) words_[source] = &of_column;
}

bool FeatureReader::read_words(const CsvReader& reader, const std::vector<std::string_view>& fields,
                               size_t column, const std::vector<std::string>& words,
                               std::vector<WideNumber>& row) {
  const bool missing = is_missing(fields[column]);
  if (missing && missing_ == Missing::refuse)
    reader.refuse_missing(column, "the value is missing (" + engine::in_quotes(fields[column]) +
                                      "): fill it in or remove that row");
  if (missing && missing_ == Missing::drop) return false;
  const std::string word = missing ? "" : trimmed_name(fields[column]);
  const auto found = std::lower_bound(words.begin(), words.end(), word);
  const bool known = !missing && found != words.end() && *found == word;
  for (auto each = words.begin(); each != words.end(); ++each)
    row.push_back({known && each == found ? 1.0 : 0.0, 0});
  constexpr size_t few = 5;
  if (missing) ++missing_words_[column];
  if (!missing && !known && unknown_words_[column].size() < few) unknown_words_[column].insert(word);
  return true;
}

bool FeatureReader::read(const CsvReader& reader, const std::vector<std::string_view>& fields,
                         std::vector<WideNumber>& row) {
  row.clear();
  bool whole = true;
  for (at_ = 0; at_ < sources_->size(); ++at_) {
    const size_t column = (*sources_)[at_];
    if (words_[at_]) {
      whole = read_words(reader, fields, column, *words_[at_], row) && whole;
    } else if (missing_ == Missing::refuse || !is_missing(fields[column])) {
      row.push_back(wide_number_at(reader, fields, column, &decimal_));
    } else if (missing_ == Missing::median) {
      ++missing_values_[column];
      row.push_back({std::numeric_limits<double>::quiet_NaN(), 0});
    } else {
      whole = false;  // what else the row holds is still looked at
    }
  }
  if (!whole) drop(reader);
  return whole;
}

void FeatureReader::drop(const CsvReader& reader) {
  if (dropped_++ == 0) first_dropped_ = reader.line();
}

std::vector<std::string> FeatureReader::remarks(const std::vector<std::string>& names, bool of_model) {
  std::vector<std::string> found;
  const auto is_new = [&](const std::string& what) { return told_.insert(what).second; };
  const std::string by = "by the median of the training rows";
  if (decimal_.mark == ',' && is_new("comma"))
    found.push_back("fractions have a decimal comma: " + engine::in_quotes(decimal_.example) + " in line " +
                    std::to_string(decimal_.line));
  if (dropped_ > 0 && is_new("dropped"))
    found.push_back(
        of_model ? "rows with missing values have no score, as such rows were left out in training"
                 : std::to_string(dropped_) + (dropped_ == 1 ? " row" : " rows") +
                       " with missing values left out, the first in line " + std::to_string(first_dropped_));
  if (!missing_values_.empty() && is_new("missing"))
    found.push_back(of_model ? "missing values are filled in " + by + ", as in training"
                             : counted_gaps(missing_values_, "value", names, " filled in " + by));
  if (!missing_words_.empty() && is_new("missing words"))
    found.push_back(
        of_model ? "missing words count as none of those that the model knows, as in training"
                 : counted_gaps(missing_words_, "word", names, " not filled in, none of the column's words"));
  for (const auto& [column, words] : unknown_words_) {
    if (!is_new("words of " + std::to_string(column))) continue;
    found.push_back(
        column_in_words(names, column) +
        " holds words that the model was not trained on, which count as none of those it knows: " +
        engine::in_quotes(std::vector<std::string>(words.begin(), words.end())));
  }
  return found;
}

TableRows::TableRows(std::string_view beginning, std::string source, const TableOptions& options)
    : source_(std::move(source)),
      columns_(table_columns(beginning, source_,
                             {options.label_column, options.header, options.form ? &*options.form : nullptr,
                              options.columns, options.drop, options.label_may_be_missing})),
      form_(form_for(options, columns_)),
      words_(words_of(form_)),
      features_(columns_.features, words_, form_.missing),
      delimiter_(CsvReader(beginning, source_).delimiter()) {}

TableRows::Found TableRows::read(std::string_view record, int64_t line, float* to) {
  CsvReader reader(record, source_, delimiter_, line);
  if (!reader.next(fields_)) return Found::blank;
  try {
    require_fields(reader, fields_, columns_);
    if (!features_.read(reader, fields_, row_)) return Found::dropped;
  } catch (const std::runtime_error&) {
    if (columns_.names.empty()) throw;
    reader.name_columns(columns_.names);  // once more, for the message alone
    require_fields(reader, fields_, columns_);
    features_.read(reader, fields_, row_);
    throw;
  }
  for (size_t i = 0; i < row_.size(); ++i) {
    const WideNumber number = row_[i];
    to[i] = static_cast<float>(form_.offsets.empty() ? number.value
                                                     : (number.value - form_.offsets[i]) + number.rest);
    if (std::isnan(number.value)) to[i] = form_.fill.at(i);
  }
  return Found::row;
}

WideNumber wide_number_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column,
                          DecimalMark* mark) {
  constexpr double no_double = 0x1p53;
  const double value = double_at(reader, fields, column, mark);
  if (std::abs(value) < no_double) return {value, 0};
  const std::string field = trimmed_name(fields[column]);
  const char *begin = field.data(), *end = begin + field.size();
  int64_t whole = 0;
  const auto [stop, error] = std::from_chars(begin, end, whole);
  if (error == std::errc() && stop == end) return wide(whole);
  uint64_t large = 0;
  const auto [last, failed] = std::from_chars(begin, end, large);
  return failed == std::errc() && last == end ? wide(large) : WideNumber{value, 0};
}

void require_fields(const CsvReader& reader, const std::vector<std::string_view>& fields,
                    const TableColumns& columns) {
  if (fields.size() == columns.count) return;
  reader.refuse((fields.size() == 1 ? "there is 1 field, expected "
                                    : "there are " + std::to_string(fields.size()) + " fields, expected ") +
                std::to_string(columns.count) + " as in the first line");
}

}  // namespace datasets
