#include "datasets/table_columns.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <stdexcept>

#include "datasets/csv.h"
#include "datasets/file_kind.h"
#include "engine/did_you_mean.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

using engine::in_quotes;
using Fields = std::vector<std::string_view>;
using Names = std::vector<std::string>;

template <size_t n>
bool is_one_of(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Small letters and digits alone: "Is-Anomaly" and "is_anomaly" are one name.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (const char c : in_small_letters(trimmed_name(name)))
    if (c != '_' && c != '-' && c != ' ' && c != '.') plain += c;
  return plain;
}

// ---- what the rows after the first hold

struct ColumnLook {
  bool numbers = true, whole = true;  // of all values seen, missing ones left out
  int64_t fractions = 0;              // how many are no whole numbers
  bool repeats_first = false;         // the first line's word stands there again
  int64_t rows = 0;
  std::set<std::string> values = {};  // different ones, of columns that may be labels
};

constexpr int64_t most_rows_seen = 1000, most_cells_seen = 1'000'000;

void look(ColumnLook& column, std::string_view field, std::string_view first, bool may_be_label) {
  if (is_missing(field)) return;
  ++column.rows;
  const std::optional<double> number = decimal_number(field);
  if (!number && !looks_like_number(field)) column.numbers = false;
  if ((number && *number != std::floor(*number)) || (!number && has_decimal_comma(field)))
    column.whole = false, ++column.fractions;
  if (!first.empty() && field.find(first) != field.npos && trimmed_name(field) == first)
    column.repeats_first = true;
  if (may_be_label) column.values.insert(trimmed_name(field));
}

std::vector<ColumnLook> look_ahead(CsvReader& reader, const Names& first) {
  std::vector<ColumnLook> columns(first.size());
  std::vector<bool> may_be_label;
  for (const std::string& name : first)
    may_be_label.push_back(is_label_name(name) || plain_name(name) == "y");
  Fields fields;
  int64_t cells = 0;
  for (int64_t row = 0; row < most_rows_seen && cells < most_cells_seen && reader.next(fields); ++row) {
    const size_t shared = std::min(fields.size(), first.size());
    for (size_t c = 0; c < shared; ++c) look(columns[c], fields[c], first[c], may_be_label[c]);
    cells += static_cast<int64_t>(shared);
    engine::check_stop();
  }
  return columns;
}

// ---- the header

// The step between whole numbers that count up evenly: 1 for 0, 1, 2; nothing for others, or fewer than two.
std::optional<double> even_step(const std::vector<double>& numbers) {
  if (numbers.size() < 2) return std::nullopt;
  const double step = numbers[1] - numbers[0];
  for (size_t i = 0; i < numbers.size(); ++i)
    if (numbers[i] != std::floor(numbers[i]) || (i > 0 && numbers[i] - numbers[i - 1] != step))
      return std::nullopt;
  return step > 0 ? std::optional(step) : std::nullopt;
}

// Digits alone: 1.0 is a value, 1 may be a name.
bool is_plain_whole(std::string_view field) {
  return !field.empty() &&
         std::all_of(field.begin(), field.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whether the first line is different whole numbers above columns which otherwise hold fractions for the most part, but
// for one that may be a label.
bool is_whole_above_fractions(const Names& first, const std::vector<ColumnLook>& below) {
  size_t fractional = 0;
  for (const ColumnLook& column : below) fractional += 2 * column.fractions > column.rows;
  const std::set<std::string> different(first.begin(), first.end());
  return first.size() >= 2 && different.size() == first.size() && fractional > 0 &&
         fractional + 1 >= first.size() && std::all_of(first.begin(), first.end(), is_plain_whole) &&
         std::all_of(below.begin(), below.end(), [](const ColumnLook& column) { return column.rows > 0; });
}

// Where it is taken for a row, it may be a header nonetheless, and so may one that counts from 1.
bool may_be_header_of_numbers(const Names& first, const std::vector<ColumnLook>& below) {
  if (is_whole_above_fractions(first, below)) return true;
  bool counts = first.size() >= 4 && below[0].rows > 0;
  for (size_t c = 0; c < first.size(); ++c) counts = counts && first[c] == std::to_string(c + 1);
  return counts;
}

// `from_one`: whether 1, 2, 3, ..., which measurements may be too, counts as 0, 1, 2, ... does.
bool is_header_of_numbers(const std::vector<double>& numbers, const std::vector<ColumnLook>& below,
                          bool from_one) {
  const std::optional<double> step = even_step(numbers);
  if (!step) return false;
  size_t broken = 0, seen = 0;  // columns with numbers that are not whole; with any
  for (const ColumnLook& column : below) {
    broken += !column.whole;
    seen += column.rows > 0;
  }
  const size_t n = numbers.size();
  if (seen < n) return false;  // nothing to compare with
  const bool counts = *step == 1 && (numbers[0] == 0 || (numbers[0] == 1 && from_one));
  // A label may be whole where the features are not. Wavelengths and years count up too.
  if (broken > 0 && broken + 1 >= n) return counts || n >= 5;
  return counts && n >= (broken > 0 ? 3 : 4);
}

// Whether the first line names the columns; `by_numbers`: that was told by numbers in it.
bool is_header(const Names& first, const std::vector<ColumnLook>& below, bool& by_numbers) {
  std::vector<double> numbers;
  bool words = false, blank_first = false, odd_number = false, repeated = false, plain = true;
  bool label_word = false, naming_word = false;  // naming: one that would be odd for a class
  bool above_numbers = true;
  for (size_t c = 0; c < first.size(); ++c) {
    const std::string& field = first[c];
    if (const std::optional<double> number = decimal_number(field)) {
      numbers.push_back(*number);
      plain = plain && is_plain_whole(field);
    } else if (looks_like_number(field) || field == "?" || in_small_letters(field) == "nan") {
      odd_number = true;  // a value, though not a good one
    } else if (field.empty()) {
      if (c == 0) blank_first = true;  // above row numbers; elsewhere as good as a word
    } else if (is_missing(field)) {
      words = words || first.size() > 1;  // Na, the element, beside others; alone a missing value
      repeated = repeated || below[c].repeats_first;
    } else {
      words = true;
      repeated = repeated || below[c].repeats_first;
      label_word = label_word || is_label_name(field) || plain_name(field) == "y";
      naming_word = naming_word || (is_label_name(field) && !says_anomalous(field) && !says_normal(field));
      above_numbers = above_numbers && below[c].numbers && below[c].rows > 0;
    }
  }
  const bool all_missing =
      std::all_of(first.begin(), first.end(), [](const std::string& f) { return is_missing(f); });
  if (odd_number || all_missing || repeated) return false;
  if (numbers.empty()) return words;
  if (!plain) return false;
  by_numbers = true;
  const std::optional<double> step = even_step(numbers);
  if (!words) {
    constexpr int64_t few_rows = 3;
    const bool from_one =
        first.size() >= 3 && below[0].rows >= few_rows && is_whole_above_fractions(first, below);
    if (!blank_first) return is_header_of_numbers(numbers, below, from_one);
    return numbers.size() + 1 == first.size() && numbers[0] == 0 && step == 1;
  }
  if (numbers.size() > 1 && !step) return false;
  const bool counts = step == 1 && (numbers[0] == 0 || numbers[0] == 1);
  return above_numbers ? label_word || counts : naming_word && counts;
}

// ---- the label

bool looks_like_classes(const ColumnLook& column) {
  if (!column.numbers) return true;  // words
  if (!column.whole) return false;   // measurements
  constexpr size_t few = 20;
  return column.values.size() <= few || static_cast<int64_t>(2 * column.values.size()) <= column.rows;
}

// The column that is named as labels are, among those that `may` be. What is passed over is said.
std::optional<size_t> told_label(const Names& names, const std::vector<ColumnLook>& below,
                                 const std::vector<bool>& may, Names& notes) {
  const bool has_x = std::any_of(names.begin(), names.end(),
                                 [](const std::string& name) { return plain_name(name) == "x"; });
  std::optional<size_t> label, weak;
  for (size_t c = 0; c < names.size(); ++c) {
    const bool is_y = plain_name(names[c]) == "y";
    if (!may[c] || (!is_y && !is_label_name(names[c]))) continue;
    if (is_y && has_x)
      notes.push_back(in_quotes(names[c]) + " is a feature: beside x it is a coordinate, not a label");
    else if (!looks_like_classes(below[c]))
      notes.push_back(in_quotes(names[c]) + " is a feature: its values are measurements, not classes");
    else if (is_y && !weak)
      weak = c;
    else if (!label)
      label = c;
    else
      notes.push_back(in_quotes(names[c]) + " is a feature: " + in_quotes(names[*label]) + " is the label");
  }
  if (label && weak)
    notes.push_back(in_quotes(names[*weak]) + " is a feature: " + in_quotes(names[*label]) + " is the label");
  return label ? label : weak;
}

// The column of this name, exactly or else but for capitals; nothing where there is none, or two alike.
std::optional<size_t> column_named(const Names& names, const std::string& wanted) {
  for (const bool exact : {true, false}) {
    std::optional<size_t> found;
    int alike = 0;
    for (size_t c = 0; c < names.size(); ++c)
      if (exact ? names[c] == wanted : in_small_letters(names[c]) == in_small_letters(wanted)) {
        if (!found) found = c;
        ++alike;
      }
    if (alike == 1 || (exact && found)) return found;
  }
  return std::nullopt;
}

// "; did you mean 'temperature'?" where a name is near, in whatever case.
std::string nearest_name(const Names& names, const std::string& wanted) {
  Names small;
  for (const std::string& name : names) small.push_back(in_small_letters(name));
  const std::string near = engine::nearest_word(in_small_letters(wanted), small);
  const auto found = std::find(small.begin(), small.end(), near);
  return found == small.end() || near.empty()
             ? ""
             : "; did you mean " + in_quotes(names[static_cast<size_t>(found - small.begin())]) + "?";
}

[[noreturn]] void refuse_ambiguous(const CsvReader& reader, const std::string& name) {
  reader.refuse(in_quotes(name) + " names more than one column: give the number of the one that is meant");
}
void refuse_two_labels(const CsvReader& reader, const Names& names, const std::string& name) {
  if (std::count(names.begin(), names.end(), name) > 1) refuse_ambiguous(reader, name);
}

// By name, or by number: 1 the first, -1 the last.
size_t wanted_label(const CsvReader& reader, const TableColumns& columns, const std::string& wanted) {
  const std::string name = trimmed_name(wanted);
  refuse_two_labels(reader, columns.names, name);
  if (const auto named = std::find(columns.names.begin(), columns.names.end(), name);
      named != columns.names.end())
    return static_cast<size_t>(named - columns.names.begin());
  const auto count = static_cast<double>(columns.count);
  const std::optional<double> number = decimal_number(wanted);
  if (number && *number == std::floor(*number) && std::abs(*number) >= 1 && std::abs(*number) <= count)
    return static_cast<size_t>(*number > 0 ? *number - 1 : count + *number);
  reader.refuse("there is no label column " + in_quotes(wanted) + " among " + std::to_string(columns.count) +
                (columns.header ? ": " + in_quotes(columns.names) + nearest_name(columns.names, name)
                                : " without names: give its number, 1 for the first or -1 for the last"));
}

// ---- the columns that are wished for

// By name, or by number: 1 the first, -1 the last.
size_t wanted_column(const CsvReader& reader, const TableColumns& columns, const std::string& wanted) {
  const std::string name = trimmed_name(wanted);
  if (std::count(columns.names.begin(), columns.names.end(), name) > 1) refuse_ambiguous(reader, name);
  if (const std::optional<size_t> named = column_named(columns.names, name)) return *named;
  const auto count = static_cast<double>(columns.count);
  const std::optional<double> number = decimal_number(wanted);
  if (number && *number == std::floor(*number) && std::abs(*number) >= 1 && std::abs(*number) <= count)
    return static_cast<size_t>(*number > 0 ? *number - 1 : count + *number);
  const std::string there = "there is no column " + in_quotes(wanted, engine::longest_value);
  if (!columns.header)
    reader.refuse(there + ": the file names none; give numbers from 1 to " + std::to_string(columns.count));
  const std::string nearest = nearest_name(columns.names, name);
  reader.refuse(there + (nearest.empty() ? " among " + in_quotes(columns.names) : nearest));
}

std::vector<bool> wanted_columns(const CsvReader& reader, const TableColumns& columns, const Names& wanted) {
  std::vector<bool> chosen(columns.count, false);
  for (const std::string& name : wanted) {
    const size_t column = wanted_column(reader, columns, name);
    if (chosen[column]) reader.refuse(column, "this column is named twice among those to choose or drop");
    chosen[column] = true;
  }
  return chosen;
}

void take_wanted(const CsvReader& reader, const ColumnWishes& wishes, const std::vector<ColumnLook>& below,
                 TableColumns& columns) {
  const std::vector<bool> chosen = wanted_columns(reader, columns, wishes.columns),
                          dropped = wanted_columns(reader, columns, wishes.drop);
  for (size_t c = 0; c < columns.count; ++c)
    if (chosen[c] && dropped[c]) reader.refuse(c, "this column is both chosen and dropped");
  std::vector<bool> may_be_label = dropped;
  may_be_label.flip();
  const bool named_elsewhere = wishes.label_may_be_missing && columns.header &&
                               !decimal_number(wishes.label) &&
                               !column_named(columns.names, trimmed_name(wishes.label));
  if (!wishes.label.empty() && wishes.label != "none" && !named_elsewhere) {
    columns.label = wanted_label(reader, columns, wishes.label);
    if (dropped[*columns.label])
      reader.refuse(*columns.label, "this column is the label and to be dropped: it can be one of the two");
  } else if (wishes.label.empty() && columns.header) {
    columns.label = told_label(columns.names, below, may_be_label, columns.notes);
    if (columns.label)
      for (size_t c = 0; c < columns.count; ++c)
        if (c != *columns.label && !dropped[c] && columns.names[c] == columns.names[*columns.label])
          refuse_ambiguous(reader, columns.names[c]);
  }
  for (size_t c = 0; c < columns.count; ++c)
    if (columns.label != c && !dropped[c] && (wishes.columns.empty() || chosen[c]))
      columns.features.push_back(c);
  columns.chosen = !wishes.columns.empty() || !wishes.drop.empty();
}

// ---- the columns of a model

bool all_different(Names names) {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

// Each of the form's features where the header has it.
void take_by_name(const CsvReader& reader, const ColumnWishes& wishes, const std::vector<ColumnLook>& below,
                  TableColumns& columns) {
  const TableForm& form = *wishes.form;
  Names missing;
  const Names wanted = form.source_names();
  std::vector<bool> taken(columns.count, false);
  for (const std::string& name : wanted) {
    if (std::count(columns.names.begin(), columns.names.end(), name) > 1)
      reader.refuse(
          in_quotes(name) +
          " names more than one column, and the model was trained on one: rename those that are not meant");
    const std::optional<size_t> column = column_named(columns.names, name);
    if (!column || taken[*column])
      missing.push_back(name);
    else
      columns.features.push_back(*column), taken[*column] = true;
  }
  if (!missing.empty())
    reader.refuse("the columns are " + in_quotes(columns.names) + ", but the model was trained on " +
                  in_quotes(wanted) + ": " + in_quotes(missing) + (missing.size() == 1 ? " is" : " are") +
                  " missing here");
  if (!std::is_sorted(columns.features.begin(), columns.features.end()))
    columns.notes.push_back("the columns are put in the model's order: " + in_quotes(wanted));
  if (!wishes.label.empty() && wishes.label != "none") {
    columns.label = wanted_label(reader, columns, wishes.label);
    if (taken[*columns.label])
      reader.refuse(*columns.label, "this column is a feature of the model; it cannot be the label");
  } else if (wishes.label.empty()) {
    if (!form.label.empty()) {
      const bool its_own =
          form.label_number > 0 && static_cast<int64_t>(columns.count) == form.fields &&
          column_named({columns.names[static_cast<size_t>(form.label_number - 1)]}, form.label);
      if (its_own)
        columns.label = static_cast<size_t>(form.label_number - 1);
      else if (columns.label = column_named(columns.names, form.label); columns.label)
        refuse_two_labels(reader, columns.names, columns.names[*columns.label]);
    }
    if (columns.label && taken[*columns.label]) columns.label.reset();
    std::vector<bool> may = taken;
    may.flip();
    Names ignored;
    if (!columns.label) columns.label = told_label(columns.names, below, may, ignored);
  }
  Names others;
  for (size_t c = 0; c < columns.count; ++c)
    if (!taken[c] && columns.label != c) others.push_back(columns.names[c]);
  if (!others.empty())
    columns.notes.push_back(in_quotes(others) + (others.size() == 1 ? " is" : " are") +
                            " passed over: the model was not trained on " +
                            (others.size() == 1 ? "it" : "them"));
  columns.passed_over = std::move(others);
}

// A form whose names tell its columns apart finds them by these; where they do not, or the file has none, by their places. If
// both have names, they must agree there.
void require_names(const CsvReader& reader, const TableColumns& columns, const TableForm& form) {
  const Names wanted = form.source_names();
  if (!columns.header || wanted.empty()) return;
  for (size_t i = 0; i < wanted.size() && i < columns.features.size(); ++i) {
    const std::string& found = columns.names[columns.features[i]];
    if (column_named({found}, wanted[i])) continue;
    reader.refuse(columns.features[i],
                  "this column is named " + in_quotes(found) + ", and the model has " + in_quotes(wanted[i]) +
                      " here: it knows its columns by their places, because some of them are "
                      "named alike");
  }
}

// Of a file that has the columns of the one trained on, of which some were chosen; its label may be missing. Whether it
// is such a file.
bool take_chosen_places(const CsvReader& reader, const ColumnWishes& wishes, TableColumns& columns) {
  const TableForm& form = *wishes.form;
  if (form.places.empty()) return false;
  const auto count = static_cast<int64_t>(columns.count);
  const bool whole = count == form.fields,
             no_label = form.label_number > 0 && count == form.fields - 1 && wishes.label.empty();
  if (!whole && !no_label) return false;
  for (const int64_t place : form.places)
    columns.features.push_back(static_cast<size_t>(place - 1 - (no_label && place > form.label_number)));
  if (!wishes.label.empty() && wishes.label != "none")
    columns.label = wanted_label(reader, columns, wishes.label);
  else if (whole && wishes.label.empty() && form.label_number > 0)
    columns.label = static_cast<size_t>(form.label_number - 1);
  require_names(reader, columns, form);
  columns.notes.push_back("the model's columns are taken by their places: " +
                          std::to_string(columns.features.size()) + " of " + std::to_string(count));
  return true;
}

// As many as the model takes, in the file's order, where one of the two has no names.
void take_by_place(const CsvReader& reader, const ColumnWishes& wishes, const std::vector<ColumnLook>& below,
                   TableColumns& columns) {
  const TableForm& form = *wishes.form;
  if (take_chosen_places(reader, wishes, columns)) return;
  const auto wanted = static_cast<size_t>(form.source_count());
  if (!wishes.label.empty() && wishes.label != "none") {
    columns.label = wanted_label(reader, columns, wishes.label);
  } else if (wishes.label.empty() && columns.count == wanted + 1) {
    Names ignored;
    if (columns.header)
      columns.label = told_label(columns.names, below, std::vector<bool>(columns.count, true), ignored);
    if (!columns.label && form.label_number > 0 && form.label_number <= static_cast<int64_t>(columns.count))
      columns.label = static_cast<size_t>(form.label_number - 1);
  }
  for (size_t c = 0; c < columns.count; ++c)
    if (columns.label != c) columns.features.push_back(c);
  if (columns.features.size() != wanted)
    reader.refuse((columns.features.size() == 1
                       ? "there is 1 feature"
                       : "there are " + std::to_string(columns.features.size()) + " features") +
                  (columns.label ? " beside the label" : "") + "; expected " + std::to_string(wanted) +
                  ", as the model was trained on" +
                  (form.features.empty() ? "" : ": " + in_quotes(form.source_names())));
  require_names(reader, columns, form);
  if (form.features.empty() && columns.header)
    columns.notes.push_back("the model knows no names of columns: they are taken in the file's order");
  else if (!form.features.empty())
    columns.notes.push_back("without a header the columns are taken for the model's, in its order: " +
                            in_quotes(form.source_names()));
}

}  // namespace

bool is_label_name(std::string_view name) {
  constexpr std::array<std::string_view, 26> names = {
      "label",       "labels",       "class",   "classes",   "classlabel",  "truelabel",    "binarylabel",
      "attacklabel", "target",       "targets", "outcome",   "groundtruth", "outlier",      "outliers",
      "isoutlier",   "outlierlabel", "anomaly", "anomalies", "isanomaly",   "anomalylabel", "anomalous",
      "isanomalous", "isattack",     "isfraud", "isnormal",  "isinlier"};
  return is_one_of(names, plain_name(name));
}

bool says_anomalous(std::string_view name) {
  constexpr std::array<std::string_view, 14> names = {
      "outlier",   "outliers",    "isoutlier",    "outlierlabel", "anomaly",  "anomalies", "isanomaly",
      "anomalous", "isanomalous", "anomalylabel", "attack",       "isattack", "fraud",     "isfraud"};
  return is_one_of(names, plain_name(name));
}

bool says_normal(std::string_view name) {
  constexpr std::array<std::string_view, 4> names = {"normal", "isnormal", "inlier", "isinlier"};
  return is_one_of(names, plain_name(name));
}

TableColumns table_columns(std::string_view text, const std::string& source, const ColumnWishes& wishes) {
  CsvReader reader(text, source);
  Fields fields;
  if (!reader.next(fields)) throw std::runtime_error(source + " holds no rows");
  Names first;
  for (const std::string_view field : fields) first.push_back(trimmed_name(field));
  CsvReader ahead(text, source);
  ahead.next(fields);
  const std::vector<ColumnLook> below = look_ahead(ahead, first);

  TableColumns columns;
  columns.count = first.size();
  const TableForm* form = wishes.form;
  const Names of_form = form ? form->source_names() : Names{};
  const bool named = !of_form.empty() && all_different(of_form);
  if (wishes.header)
    columns.header = *wishes.header;
  else if (named && std::any_of(of_form.begin(), of_form.end(), [&](const std::string& name) {
             return column_named(first, name).has_value();
           }))
    columns.header = true;
  else
    columns.header = is_header(first, below, columns.numbers_as_names);
  columns.numbers_as_names = columns.numbers_as_names && columns.header;
  if (!wishes.header && !columns.header && may_be_header_of_numbers(first, below))
    columns.notes.push_back("the first line, " + in_quotes(first) +
                            ", is taken for a row of numbers: if it names the columns, say header yes");
  if (columns.header) columns.names = first;
  // Chosen by number among columns that are named alike, they are found by their places.
  const bool ambiguous = form && !form->places.empty() && columns.header &&
                         std::any_of(of_form.begin(), of_form.end(), [&](const std::string& name) {
                           return std::count(first.begin(), first.end(), name) > 1;
                         });
  if (form && named && columns.header && !ambiguous) {
    take_by_name(reader, wishes, below, columns);
  } else if (form) {
    take_by_place(reader, wishes, below, columns);
  } else {
    take_wanted(reader, wishes, below, columns);
  }
  if (columns.header && first[0].empty() &&
      std::find(columns.features.begin(), columns.features.end(), 0) != columns.features.end())
    reader.refuse(0, "the column has no name: a row number? Drop it, as column 1");
  if (columns.features.empty()) reader.refuse("there is no column but the label's");
  if (columns.header && !all_different(columns.names)) {
    Names sorted = columns.names, twice;
    std::sort(sorted.begin(), sorted.end());
    for (size_t c = 1; c < sorted.size(); ++c)
      if (sorted[c] == sorted[c - 1] && (twice.empty() || twice.back() != sorted[c]))
        twice.push_back(sorted[c]);
    columns.notes.push_back(in_quotes(twice) + (twice.size() == 1 ? " names" : " name") +
                            " more than one column: all are read, and told apart by their places");
  }
  return columns;
}

}  // namespace datasets
