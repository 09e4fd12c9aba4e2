#include "datasets/array_table.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <set>
#include <sstream>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "datasets/column_offsets.h"
#include "datasets/csv.h"
#include "datasets/file_kind.h"
#include "datasets/table_assembly.h"
#include "datasets/table_columns.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;
using engine::NdArray;
using engine::Npz;

// ---- which array is what

struct ArrayNames {
  std::string rows, labels;
  bool guessed = false;  // the rows, by their shape
};

// Nothing for what is no array of numbers or words.
std::optional<std::vector<int64_t>> shape_of(const Npz& archive, const std::string& name) {
  try {
    return archive.shape(name);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

bool holds(const std::string& name, const char* part) {
  return in_small_letters(name).find(part) != std::string::npos;
}

// "'data' (100, 5), 'target' (100,)".
std::string arrays_in_words(const Npz& archive) {
  std::string text;
  constexpr size_t most = 20;
  const std::vector<std::string> names = archive.names();
  for (size_t i = 0; i < std::min(names.size(), most); ++i) {
    const auto shape = shape_of(archive, names[i]);
    text += (i ? ", " : "") + in_quotes(names[i], engine::longest_value) +
            (shape ? " " + NdArray::text(*shape) : "");
  }
  return names.size() > most ? text + " and " + std::to_string(names.size() - most) + " more" : text;
}

std::vector<std::string> arrays_of_rows(const Npz& archive) {
  std::vector<std::string> found;
  for (const std::string& name : archive.names())
    if (const auto shape = shape_of(archive, name);
        shape && shape->size() == 2 && (*shape)[0] > 0 && (*shape)[1] > 1)
      found.push_back(name);
  return found;
}

// Of several arrays of rows the one for this half; empty where there is none, or there are some.
std::string rows_of_half(const std::vector<std::string>& arrays, ArrayHalf half) {
  std::string found;
  for (const std::string& name : arrays) {
    if (!holds(name, half == ArrayHalf::train ? "train" : "test")) continue;
    if (!found.empty()) return "";
    found = name;
  }
  return found;
}

bool are_two_halves(const Npz& archive) {
  const std::vector<std::string> arrays = arrays_of_rows(archive);
  return !archive.contains("X") && !archive.contains("x") &&
         !rows_of_half(arrays, ArrayHalf::train).empty() && !rows_of_half(arrays, ArrayHalf::test).empty();
}

std::string rows_array(const Npz& archive, const fs::path& path, ArrayHalf half, bool& guessed) {
  for (const char* usual : {"X", "x"})
    if (archive.contains(usual)) return usual;
  guessed = true;
  const std::vector<std::string> arrays = arrays_of_rows(archive);
  if (arrays.size() == 1) return arrays[0];
  if (const std::string found = rows_of_half(arrays, half); !found.empty()) return found;
  const std::string expected = "; expected X (rows x columns) and, where there are labels, y";
  if (archive.names().empty()) throw std::runtime_error(in_quotes(path) + " holds no arrays" + expected);
  throw std::runtime_error(in_quotes(path) + " holds the arrays " + arrays_in_words(archive) + expected +
                           (arrays.size() > 1 ? ": several may be the rows" : ""));
}

bool is_one_column(const std::vector<int64_t>& shape, int64_t rows) {
  return !shape.empty() && shape[0] == rows && (shape.size() == 1 || (shape.size() == 2 && shape[1] == 1));
}

// Words, or whole numbers few of which are different.
bool look_like_labels(Npz& archive, const std::string& name) {
  archive.unpack({name});
  if (archive.words(name)) return true;
  try {
    const std::vector<int64_t> numbers = archive.at(name).as<int64_t>();
    const std::set<int64_t> different(numbers.begin(), numbers.end());
    return different.size() <= 20 || 2 * different.size() <= numbers.size();
  } catch (const std::range_error&) {  // fractions
    return false;
  }
}

// Of the labels: the one asked for, y, or else the first that is named as labels are, of this half where there are two.
std::string labels_array(Npz& archive, const fs::path& path, const std::string& wanted,
                         const ArrayNames& names, ArrayHalf half, int64_t rows) {
  if (wanted == "none") return "";
  if (archive.contains(wanted) && wanted != names.rows) return wanted;
  for (const char* usual : {"y", "Y"})
    if (archive.contains(usual)) return usual;
  for (const std::string& name : archive.names())
    if (name != names.rows && is_label_name(name)) return name;
  std::vector<std::string> may_be;
  const char *mine = half == ArrayHalf::train ? "train" : "test",
             *other = half == ArrayHalf::train ? "test" : "train";
  for (const std::string& name : archive.names()) {
    const auto shape = shape_of(archive, name);
    if (names.guessed && name != names.rows && shape && is_one_column(*shape, rows) && !holds(name, other))
      may_be.push_back(name);
  }
  if (may_be.size() > 1) std::erase_if(may_be, [&](const std::string& name) { return !holds(name, mine); });
  if (may_be.size() == 1 && look_like_labels(archive, may_be[0])) return may_be[0];
  if (!wanted.empty() && !decimal_number(wanted))
    throw std::runtime_error(in_quotes(path) + " has no array " + in_quotes(wanted) +
                             " with labels; it holds " + in_quotes(archive.names()));
  return "";
}

// ---- numbers

constexpr size_t numbers_at_once = size_t{1}
                                   << 18;  // are converted: a copy of all would double what an array takes

// Calls visit(vector<Number>, the first's number) with all elements, some at a time.
template <class Number, class Visit>
void in_pieces(const NdArray& array, Visit visit) {
  const auto size = static_cast<size_t>(array.size());
  for (size_t first = 0; first < size; first += numbers_at_once) {
    engine::check_stop();
    visit(array.as<Number>(first, std::min(numbers_at_once, size - first)), first);
  }
}

template <class Number>
void add_all(const NdArray& array, TableValues& values) {
  in_pieces<Number>(array, [&](const std::vector<Number>& numbers, size_t) {
    for (const Number number : numbers)
      if constexpr (std::is_integral_v<Number>)
        values.add(wide(number));
      else
        values.add({number, 0});
  });
}

void add_values(const NdArray& x, TableValues& values) {
  values.reserve(static_cast<size_t>(x.size()));
  if (x.dtype == NdArray::DType::i8)
    add_all<int64_t>(x, values);
  else if (x.dtype == NdArray::DType::u8)
    add_all<uint64_t>(x, values);
  else
    add_all<double>(x, values);
}

bool are_floats(const NdArray& x) {  // whatever they are, as those of single precision and small integers
  using enum NdArray::DType;
  for (const NdArray::DType other : {i4, u4, i8, u8, f8})
    if (x.dtype == other) return false;
  return true;
}

// Whether a value is missing; what is infinite is refused.
bool check_values(const NdArray& x, const std::string& where, Missing rule) {
  bool missing = false;
  in_pieces<double>(x, [&](const std::vector<double>& numbers, size_t first) {
    for (size_t i = 0; i < numbers.size(); ++i) {
      const double number = numbers[i];
      if (std::isfinite(static_cast<float>(number))) continue;
      const bool nan = std::isnan(number);
      if (nan && rule != Missing::refuse) {
        missing = true;
        continue;
      }
      const size_t at = first + i;
      const auto columns = static_cast<size_t>(x.shape[1]);
      const std::string what = nan                  ? "NaN"
                               : std::isinf(number) ? "an infinite number"
                                                    : "a number that is infinite in single precision",
                        message = where + ": row " + std::to_string(at / columns) +
                                  " (counted from 0) holds " + what + " in column " +
                                  std::to_string(at % columns + 1) +
                                  " (counted from 1); every value must be finite: remove or fill in that row";
      if (nan) throw MissingValue(message);
      throw std::runtime_error(message);
    }
  });
  return missing;
}

// The labels of an array of numbers.
void add_labels(const NdArray& y, const std::string& where, TableLabels& labels) {
  try {
    for (const int64_t number : y.as<int64_t>()) labels.add(std::to_string(number));
  } catch (const std::range_error&) {
    const std::vector<double> numbers = y.as<double>();
    const auto bad = std::find_if(numbers.begin(), numbers.end(), [](double number) {
      return !(number == std::floor(number) && std::abs(number) < 0x1p63);
    });
    std::ostringstream found;
    if (bad != numbers.end()) found << std::setprecision(9) << *bad;
    throw std::runtime_error(where + ": row " + std::to_string(bad - numbers.begin()) +
                             " (counted from 0) is " + found.str() +
                             "; labels are whole numbers or words, which name the classes");
  }
}

// ---- the table

// The places that are wished for, counted from 0, in the file's order; all where nothing is.
std::vector<size_t> places_of(const TableOptions& options, int64_t columns, const std::string& where) {
  const auto flags = [&](const std::vector<std::string>& wanted) {
    std::vector<bool> chosen(static_cast<size_t>(columns), false);
    for (const std::string& word : wanted) {
      const std::optional<double> number = decimal_number(word);
      if (!number || *number != std::floor(*number) || std::abs(*number) < 1 ||
          std::abs(*number) > static_cast<double>(columns))
        throw std::runtime_error(where + " has no column " + in_quotes(word, engine::longest_value) +
                                 ": an array names none; give numbers from 1 to " + std::to_string(columns));
      const auto at = static_cast<size_t>(*number > 0 ? *number - 1 : static_cast<double>(columns) + *number);
      if (chosen[at])
        throw std::runtime_error(where + ": column " + std::to_string(at + 1) +
                                 " is named twice among those to choose or drop");
      chosen[at] = true;
    }
    return chosen;
  };
  const std::vector<bool> chosen = flags(options.columns), dropped = flags(options.drop);
  std::vector<size_t> places;
  for (size_t c = 0; c < chosen.size(); ++c)
    if (!dropped[c] && (options.columns.empty() || chosen[c])) places.push_back(c);
  if (places.empty()) throw std::runtime_error(where + ": every column is dropped");
  return places;
}

// Of an array that has the columns of the one trained on, of which some were chosen; else all, as many as the model takes.
std::vector<size_t> places_of_model(const TableForm& form, const std::vector<int64_t>& shape,
                                    const std::string& where) {
  std::vector<size_t> places;
  if (!form.places.empty() && form.words.empty() && shape[1] == form.fields) {
    for (const int64_t place : form.places) places.push_back(static_cast<size_t>(place - 1));
    return places;
  }
  if (form.columns != shape[1])
    throw std::runtime_error(where + " has the shape " + NdArray::text(shape) + "; expected " +
                             std::to_string(form.columns) + " columns, as the model was trained on");
  for (size_t c = 0; c < static_cast<size_t>(shape[1]); ++c) places.push_back(c);
  return places;
}

void choose_columns(Split& rows, const std::vector<size_t>& places) {
  const auto columns = static_cast<size_t>(rows.size());
  const auto choose = [&](auto& values) {
    if (values.empty()) return;
    size_t to = 0;
    for (size_t row = 0; row < values.size() / columns; ++row)
      for (const size_t place : places)
        values[to++] = values[row * columns + place];  // never behind what is read
    values.resize(to);
  };
  choose(rows.values), choose(rows.wide), choose(rows.wide_rest);
  rows.shape = {static_cast<int64_t>(places.size())};
}

// The rows of an array, of the columns at these places.
Split rows_of(const NdArray& x, const std::vector<size_t>& places, std::vector<int32_t> labels, bool keep) {
  Split rows{{x.shape[1]}, {}, std::move(labels)};
  if (are_floats(x) && !keep) {
    rows.values = x.as<float>();
  } else {
    TableValues values;
    add_values(x, values);
    values.assign_to(rows, keep);
  }
  if (places.size() != static_cast<size_t>(x.shape[1])) choose_columns(rows, places);
  return rows;
}

// Rows that miss a value are left out where the rule says so, and what is done is said.
void settle_missing(Table& table, Missing rule) {
  Split& rows = table.rows;
  const int64_t size = rows.size();
  std::vector<int64_t> whole;
  int64_t missing = 0;
  for (int64_t i = 0; i < rows.count(); ++i) {
    int64_t here = 0;
    for (int64_t j = 0; j < size; ++j) {
      const auto at = static_cast<size_t>(i * size + j);
      here += rows.wide.empty() ? std::isnan(rows.values[at]) : std::isnan(rows.wide[at]);
    }
    missing += here;
    if (here == 0) whole.push_back(i);
  }
  if (missing == 0) return;
  const int64_t dropped = rows.count() - static_cast<int64_t>(whole.size());
  if (rule == Missing::median) {
    table.notes.push_back(std::to_string(missing) + (missing == 1 ? " missing value" : " missing values") +
                          " (NaN) filled in by the median of the training rows");
    return;
  }
  if (whole.empty()) throw std::runtime_error("every row holds a missing value");
  rows = rows.subset(whole);
  table.notes.push_back(std::to_string(dropped) + (dropped == 1 ? " row" : " rows") +
                        " with missing values (NaN) left out");
}

void require_rows(const std::vector<int64_t>& shape, const std::string& where) {
  if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1)
    throw std::runtime_error(where + " has the shape " + NdArray::text(shape) +
                             "; expected (rows, columns), at least one of each");
}

std::vector<size_t> places_for(const TableOptions& options, const std::vector<int64_t>& shape,
                               const std::string& where, TableForm& form) {
  std::vector<size_t> places =
      options.form ? places_of_model(*options.form, shape, where) : places_of(options, shape[1], where);
  form.columns = static_cast<int64_t>(places.size());
  if (options.form) form.words = options.form->words, form.features = options.form->features;
  if (!options.columns.empty() || !options.drop.empty()) {
    for (const size_t place : places) form.places.push_back(static_cast<int64_t>(place) + 1);
    form.fields = shape[1];
  }
  form.missing = options.rule();
  return places;
}

}  // namespace

bool has_two_halves(const fs::path& path) { return are_two_halves(Npz::open(path)); }

Table read_npz_table(const fs::path& path, const TableOptions& options, ArrayHalf half) {
  Npz archive = Npz::open(path);
  ArrayNames names;
  names.rows = rows_array(archive, path, half, names.guessed);
  // All that shapes tell comes before the numbers are unpacked, of which a small file may hold very many.
  const std::vector<int64_t> shape = archive.shape(names.rows);
  const std::string where = in_quotes(path) + ", array " + in_quotes(names.rows);
  require_rows(shape, where);
  Table table;
  const std::vector<size_t> places = places_for(options, shape, where, table.form);
  names.labels = labels_array(archive, path, options.label_column, names, half, shape[0]);
  const std::string labels_where = in_quotes(path) + ", array " + in_quotes(names.labels);
  if (!names.labels.empty()) {
    const std::vector<int64_t> of_labels = archive.shape(names.labels);
    if (!is_one_column(of_labels, shape[0]))
      throw std::runtime_error(labels_where + " has the shape " + NdArray::text(of_labels) + "; expected (" +
                               std::to_string(shape[0]) + "), a label for each row of " + names.rows);
  }
  archive.unpack({names.rows, names.labels});
  const NdArray& x = archive.at(names.rows);
  const TableForm* form = options.model();
  const bool missing = check_values(x, where, options.rule());
  if (names.labels.empty()) {
    assign_unlabelled(table, shape[0]);
  } else {
    TableLabels labels(labels_where, names.labels);
    if (const std::optional<engine::NpyWords> words = archive.words(names.labels))
      for (size_t i = 0; i < words->words.size(); ++i) {
        if (is_missing(words->words[i]))
          throw std::runtime_error(labels_where + ": the label of row " + std::to_string(i) +
                                   " (counted from 0) is missing (" + in_quotes(words->words[i]) + ")");
        labels.add(words->words[i]);
      }
    else
      add_labels(archive.at(names.labels), labels_where, labels);
    table.form.label = names.labels;
    assign_classes(table, labels.classes(form));
  }
  table.rows = rows_of(x, places, std::move(table.rows.labels), form && !form->offsets.empty());
  if (missing) settle_missing(table, options.rule());
  const bool halves = are_two_halves(archive);
  std::vector<std::string> others;
  for (const std::string& other : archive.names())
    if (other != names.rows && other != names.labels && !halves) others.push_back(other);
  if (!others.empty())
    table.notes.push_back((others.size() == 1 ? "the array " : "the arrays ") + in_quotes(others) +
                          (others.size() == 1 ? " is" : " are") + " passed over");
  if (names.guessed)
    table.notes.insert(table.notes.begin(),
                       "the array " + in_quotes(names.rows) + " " + NdArray::text(shape) +
                           " is taken for the " +
                           (halves ? half == ArrayHalf::train ? "training rows" : "test rows" : "rows") +
                           (names.labels.empty() ? "" : ", " + in_quotes(names.labels) + " for the labels"));
  table.notes.insert(table.notes.begin(), table_description(table, path, ""));
  return table;
}

Table read_npy_table(const fs::path& path, const TableOptions& options) {
  const NdArray x = engine::read_npy(path);
  const std::string where = in_quotes(path);
  require_rows(x.shape, where);
  if (!options.label_column.empty() && options.label_column != "none")
    throw std::runtime_error(
        where + " is an array of rows and has no labels: write rows and labels to an .npz, as X and y");
  Table table;
  const std::vector<size_t> places = places_for(options, x.shape, where, table.form);
  const bool missing = check_values(x, where, options.rule());
  assign_unlabelled(table, x.shape[0]);
  const TableForm* form = options.model();
  table.rows = rows_of(x, places, std::move(table.rows.labels), form && !form->offsets.empty());
  if (missing) settle_missing(table, options.rule());
  table.notes.insert(table.notes.begin(), table_description(table, path, ""));
  return table;
}

Split wide_rows(const NdArray& array) {
  Split rows;
  const int64_t count = array.shape.at(0);
  rows.shape = {count > 0 ? array.size() / count : 1};
  rows.labels.assign(static_cast<size_t>(count), 0);
  TableValues values;
  add_values(array, values);
  values.assign_to(rows, true);
  return rows;
}

}  // namespace datasets
