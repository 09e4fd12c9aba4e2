#include "datasets/text_table.h"

#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "datasets/csv.h"
#include "datasets/table_assembly.h"
#include "datasets/table_columns.h"
#include "datasets/table_rows.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;
using Fields = std::vector<std::string_view>;

// ---- columns of words

// What a feature's column holds that has a field which is no number.
struct TextLook {
  int64_t numbers = 0, words = 0;
  std::set<std::string> different = {};  // of all fields; at most one more than make features
};

constexpr size_t most_words_of_classes = 20, most_words_of_features = 100;

TextLook look_for_text(const std::string& text, const fs::path& path, bool header, size_t column) {
  CsvReader reader(text, in_quotes(path));
  Fields fields;
  if (header) reader.next(fields);
  TextLook look;
  while (reader.next(fields)) {
    if (fields.size() <= column || is_missing(fields[column])) continue;
    ++(looks_like_number(fields[column]) ? look.numbers : look.words);
    if (look.different.size() <= most_words_of_features) look.different.insert(trimmed_name(fields[column]));
  }
  return look;
}

// The words of a column that holds words rather than numbers, where they may be features; nothing where one field is
// merely a slip. Throws TextColumn where they may not.
std::optional<std::vector<std::string>> words_of_column(const std::string& found, const std::string& text,
                                                        const fs::path& path, const TableColumns& columns,
                                                        size_t column, const TableOptions& options) {
  const TextLook look = look_for_text(text, path, columns.header, column);
  if (look.words <= look.numbers) return std::nullopt;
  const size_t different = look.different.size();
  const bool repeated = 2 * static_cast<int64_t>(different) <= look.words + look.numbers,
             label_is_known = columns.label || options.label_column == "none" || options.label_may_be_missing;
  if (!options.form && label_is_known && repeated && different <= most_words_of_features)
    return std::vector<std::string>(look.different.begin(), look.different.end());
  throw TextColumn(found, columns.header ? columns.names[column] : std::to_string(column + 1),
                   repeated && different <= most_words_of_classes && !options.form && !label_is_known);
}

// ---- the table

// What the model is to remember of the columns, and the features' names.
void assign_columns(Table& table, const TableColumns& columns, const WordsOfColumns& words,
                    const TableOptions& options) {
  TableForm& form = table.form;
  for (size_t i = 0; i < columns.features.size(); ++i) {
    const size_t column = columns.features[i];
    const std::string name = columns.header ? columns.names[column] : "";
    const auto of_column = words.find(i);
    if (of_column == words.end()) {
      ++form.columns;
      if (columns.header) form.features.push_back(name);
      continue;
    }
    form.words.push_back({form.columns, name, of_column->second});
    form.columns += static_cast<int64_t>(of_column->second.size());
    for (const std::string& word : of_column->second)
      if (columns.header) form.features.push_back(name + '=' + word);
  }
  if (options.form && columns.header && !options.form->features.empty())
    form.features = options.form->features, form.words = options.form->words;
  if (columns.chosen) {
    for (const size_t column : columns.features) form.places.push_back(static_cast<int64_t>(column) + 1);
    form.fields = static_cast<int64_t>(columns.count);
  }
  form.missing = options.rule();
  table.features = form.features;
  table.rows.shape = {form.columns};
  form.label = columns.label && columns.header ? columns.names[*columns.label] : "";
  form.label_number = columns.label ? static_cast<int64_t>(*columns.label) + 1 : 0;
}

void say_words(const TableForm& form, const TableColumns& columns, const WordsOfColumns& words,
               std::vector<std::string>& notes) {
  auto column = words.begin();
  for (const WordColumn& found : form.words) {
    const std::string name = found.name.empty()
                                 ? "column " + std::to_string(columns.features[column->first] + 1)
                                 : in_quotes(found.name);
    const size_t count = found.words.size();
    notes.push_back(name + " holds words: " +
                    (count == 1 ? "a feature" : std::to_string(count) + " features, one for each") + " (" +
                    in_quotes(found.words) + ")");
    ++column;
  }
}

// Nothing where a column turned out to hold words, which are added to those that are known: begin again.
std::optional<Table> parse_rows(const std::string& text, const fs::path& path, const TableOptions& options,
                                const TableColumns& columns, WordsOfColumns& words) {
  const TableForm* form = options.model();
  Table table;
  assign_columns(table, columns, words, options);
  CsvReader reader(text, in_quotes(path));
  reader.name_columns(columns.names);
  Fields fields;
  if (columns.header) reader.next(fields);

  const std::optional<size_t> label = columns.label;
  const std::string& label_name = table.form.label;
  TableLabels labels(in_quotes(path) + ": column " + std::to_string(label.value_or(0) + 1) +
                         (label_name.empty() ? "" : " (" + in_quotes(label_name) + ")"),
                     label_name);
  TableValues values;
  FeatureReader features(columns.features, words, options.rule());
  std::vector<WideNumber> row;
  int64_t rows = 0, kept = 0;
  for (; reader.next(fields); ++rows) {
    if (rows % 4096 == 0) engine::check_stop();
    require_fields(reader, fields, columns);
    bool whole = false;
    try {
      whole = features.read(reader, fields, row);
    } catch (const std::runtime_error& error) {
      const size_t at = features.failed_at();
      if (words.contains(at)) throw;
      auto found = words_of_column(error.what(), text, path, columns, columns.features[at], options);
      if (!found) throw;
      words.emplace(at, std::move(*found));
      return std::nullopt;
    }
    const bool no_label = label && is_missing(fields[*label]);
    if (no_label && options.rule() != Missing::drop)
      reader.refuse(*label, "the label is missing (" + in_quotes(fields[*label]) + ")");
    if (whole && no_label) features.drop(reader);
    if (!whole || no_label) continue;
    for (const WideNumber& number : row) values.add(number);
    if (label) labels.add(fields[*label]);
    table.rows.row_numbers.push_back(rows);
    ++kept;
  }
  if (rows == 0) throw std::runtime_error(in_quotes(path) + " holds a header and no rows");
  if (kept == 0) throw std::runtime_error(in_quotes(path) + " holds no row without a missing value");
  if (kept == rows) std::vector<int64_t>().swap(table.rows.row_numbers);
  label ? assign_classes(table, labels.classes(form)) : assign_unlabelled(table, kept);
  values.assign_to(table.rows, form && !form->offsets.empty());
  const std::string header = std::string("header: ") + (columns.header ? "yes" : "no") +
                             (columns.numbers_as_names ? " (it counts the columns)" : "") + "; ";
  table.passed_over = columns.passed_over;
  if (!form) say_words(table.form, columns, words, table.notes);
  for (std::string& remark : features.remarks(columns.names, form != nullptr))
    table.notes.push_back(std::move(remark));
  table.notes.insert(table.notes.begin(), columns.notes.begin(), columns.notes.end());
  table.notes.insert(table.notes.begin(), table_description(table, path, header));
  return table;
}

}  // namespace

TextColumn::TextColumn(const std::string& found, std::string name, bool few)
    : std::runtime_error(
          found + "; columns must hold numbers" +
          (few ? ": if this one holds the classes, it can be the label; else take it out of the table"
               : ": this one holds text or times; take it out of the table, or write numbers there")),
      complaint(found),
      column(std::move(name)),
      like_classes(few) {}

Table parse_text_table(const std::string& text, const fs::path& path, const TableOptions& options) {
  const TableColumns columns = table_columns(text, in_quotes(path),
                                             {options.label_column, options.header, options.model(),
                                              options.columns, options.drop, options.label_may_be_missing});
  WordsOfColumns words = options.form ? words_of(*options.form) : WordsOfColumns{};
  for (;;)
    if (std::optional<Table> table = parse_rows(text, path, options, columns, words))
      return std::move(*table);
}

}  // namespace datasets
