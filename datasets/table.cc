#include "datasets/table.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <set>
#include <sstream>
#include <stdexcept>

#include "datasets/column_offsets.h"
#include "datasets/csv.h"
#include "datasets/file_kind.h"
#include "datasets/hold_out.h"
#include "datasets/table_classes.h"
#include "datasets/table_columns.h"
#include "datasets/table_rows.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npz.h"
#include "engine/files/sha256.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;
using engine::NdArray;
using Fields = std::vector<std::string_view>;

constexpr double usual_test_fraction = 0.4;  // Pima's in the DASVDD paper, and the custom of ODDS benchmarks

const TableForm* form_of(const TableOptions& options) { return options.form ? &*options.form : nullptr; }

// ---- values: floats, or doubles where floats might blur them

class Values {
 public:
  void add(WideNumber number) {
    values_.push_back(number.value);
    if (number.rest != 0 && rest_.empty()) rest_.resize(values_.size() - 1);
    if (number.rest != 0 || !rest_.empty()) rest_.push_back(number.rest);
  }

  void reserve(size_t count) { values_.reserve(count); }

  // `keep`: as doubles, whatever they are, for a model whose form has offsets.
  void assign_to(Split& rows, bool keep) {
    if (keep || may_blur(values_, rest_, rows.size(), rows.labels)) {
      rows.wide = std::move(values_);
      rows.wide_rest = std::move(rest_);
    } else {
      rows.values.assign(values_.begin(), values_.end());
      std::vector<double>().swap(values_);
    }
  }

 private:
  std::vector<double> values_;
  std::vector<float> rest_;
};

// ---- classes

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

// "'t.csv': header: yes; label: 'label' (normal 20, anomaly 4); 2 features: 'a', 'b'". An empty header: not said.
std::string description(const Table& table, const fs::path& path, const std::string& header) {
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

// ---- CSV

// What a feature's column holds that has a field which is no number.
struct TextLook {
  int64_t numbers = 0, words = 0;
  std::set<std::string> different = {};  // words; at most one more than make classes
};

constexpr size_t most_words_of_classes = 20;

TextLook look_for_text(const std::string& text, const fs::path& path, bool header, size_t column) {
  CsvReader reader(text, in_quotes(path));
  Fields fields;
  if (header) reader.next(fields);
  TextLook look;
  while (reader.next(fields)) {
    if (fields.size() <= column || is_missing(fields[column])) continue;
    if (looks_like_number(fields[column])) {
      ++look.numbers;
    } else {
      ++look.words;
      if (look.different.size() <= most_words_of_classes) look.different.insert(trimmed_name(fields[column]));
    }
  }
  return look;
}

// Throws TextColumn where a column holds words rather than numbers; returns where one field is merely a slip.
void refuse_text_column(const std::string& found, const std::string& text, const fs::path& path,
                        const TableColumns& columns, size_t column, bool of_model) {
  const TextLook look = look_for_text(text, path, columns.header, column);
  if (look.words <= look.numbers) return;
  const bool few = look.different.size() <= most_words_of_classes &&
                   2 * static_cast<int64_t>(look.different.size()) <= look.words;
  throw TextColumn(found, columns.header ? columns.names[column] : std::to_string(column + 1),
                   few && !of_model);
}

// Columns whose numbers go up by one from row to row.
class RowCounters {
 public:
  explicit RowCounters(size_t columns) : first_(columns), counts_(columns, true) {}
  void see(size_t column, int64_t row, double value) {
    if (row == 0) first_[column] = value;
    if (value != first_[column] + static_cast<double>(row)) counts_[column] = false;
  }
  std::vector<size_t> found(int64_t rows) const {
    constexpr int64_t no_chance = 10;
    std::vector<size_t> columns;
    for (size_t c = 0; c < counts_.size() && rows >= no_chance; ++c)
      if (counts_[c]) columns.push_back(c);
    return columns;
  }

 private:
  std::vector<double> first_;
  std::vector<bool> counts_;
};

Table parse_csv(const std::string& text, const fs::path& path, const TableOptions& options) {
  const TableForm* form = form_of(options);
  const TableColumns columns =
      table_columns(text, in_quotes(path), {options.label_column, options.header, form});
  CsvReader reader(text, in_quotes(path));
  reader.name_columns(columns.names);
  Fields fields;
  reader.next(fields);

  Table table;
  table.form.columns = static_cast<int64_t>(columns.features.size());
  table.rows.shape = {table.form.columns};
  for (const size_t column : columns.features)
    if (columns.header) table.features.push_back(columns.names[column]);
  if (form && columns.header && !form->features.empty()) table.features = form->features;
  table.form.features = table.features;
  const std::optional<size_t> label = columns.label;
  const std::string label_name = label && columns.header ? columns.names[*label] : "";
  table.form.label = label_name;
  table.form.label_number = label ? static_cast<int64_t>(*label) + 1 : 0;
  TableLabels labels(in_quotes(path) + ": column " + std::to_string(label.value_or(0) + 1) +
                         (label_name.empty() ? "" : " (" + in_quotes(label_name) + ")"),
                     label_name);
  Values values;
  RowCounters counters(columns.features.size());
  int64_t rows = 0;
  for (bool more = !columns.header || reader.next(fields); more; more = reader.next(fields), ++rows) {
    if (rows % 4096 == 0) engine::check_stop();
    require_fields(reader, fields, columns);
    for (size_t i = 0; i < columns.features.size(); ++i) try {
        const WideNumber number = wide_number_at(reader, fields, columns.features[i]);
        counters.see(i, rows, number.value);
        values.add(number);
      } catch (const std::runtime_error& error) {
        refuse_text_column(error.what(), text, path, columns, columns.features[i], form != nullptr);
        throw;
      }
    if (!label) continue;
    if (is_missing(fields[*label]))
      reader.refuse(*label, "the label is missing (" + in_quotes(fields[*label]) + ")");
    labels.add(fields[*label]);
  }
  if (rows == 0) throw std::runtime_error(in_quotes(path) + " holds a header and no rows");
  label ? assign_classes(table, labels.classes(form)) : assign_unlabelled(table, rows);
  values.assign_to(table.rows, form && !form->offsets.empty());
  const std::string header = std::string("header: ") + (columns.header ? "yes" : "no") +
                             (columns.numbers_as_names ? " (it counts the columns)" : "") + "; ";
  table.passed_over = columns.passed_over;
  for (const size_t i : form ? std::vector<size_t>{} : counters.found(rows))
    table.notes.push_back((columns.header ? in_quotes(columns.names[columns.features[i]])
                                          : "column " + std::to_string(columns.features[i] + 1)) +
                          " counts the rows, which tells nothing of them: new rows will have other numbers; "
                          "leave that column out");
  table.notes.insert(table.notes.begin(), columns.notes.begin(), columns.notes.end());
  table.notes.insert(table.notes.begin(), description(table, path, header));
  return table;
}

// ---- .npz

// Of the labels: the one asked for, y, or else the first that is named as labels are.
std::string label_array(const engine::Npz& archive, const fs::path& path, const std::string& wanted,
                        const std::string& x) {
  if (wanted == "none") return "";
  if (archive.contains(wanted) && wanted != x) return wanted;
  for (const char* usual : {"y", "Y"})
    if (archive.contains(usual)) return usual;
  for (const std::string& name : archive.names())
    if (name != x && is_label_name(name)) return name;
  if (!wanted.empty() && !decimal_number(wanted))
    throw std::runtime_error(in_quotes(path) + " has no array " + in_quotes(wanted) +
                             " with labels; it holds " + in_quotes(archive.names()));
  return "";
}

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
void add_all(const NdArray& array, Values& values) {
  in_pieces<Number>(array, [&](const std::vector<Number>& numbers, size_t) {
    for (const Number number : numbers)
      if constexpr (std::is_integral_v<Number>)
        values.add(wide(number));
      else
        values.add({number, 0});
  });
}

void add_values(const NdArray& x, Values& values) {
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

void check_range(const NdArray& x, const std::string& where) {
  in_pieces<double>(x, [&](const std::vector<double>& numbers, size_t first) {
    const auto bad = std::find_if(numbers.begin(), numbers.end(),
                                  [](double number) { return !std::isfinite(static_cast<float>(number)); });
    if (bad == numbers.end()) return;
    const size_t at = first + static_cast<size_t>(bad - numbers.begin());
    const auto columns = static_cast<size_t>(x.shape[1]);
    const std::string what = std::isnan(*bad) ? "NaN" : std::isinf(*bad) ? "an infinite number" : "";
    throw std::runtime_error(where + ": row " + std::to_string(at / columns) + " (counted from 0) holds " +
                             (what.empty() ? "a number that is infinite in single precision" : what) +
                             " at position " + std::to_string(at % columns) +
                             "; every value must be finite: remove or fill in that row");
  });
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

Table read_npz_table(const fs::path& path, const TableOptions& options) {
  engine::Npz archive = engine::Npz::open(path);
  const std::string name = archive.contains("X") ? "X" : "x";
  if (!archive.contains(name))
    throw std::runtime_error(
        in_quotes(path) + " holds " +
        (archive.names().empty() ? "no arrays" : "the arrays " + in_quotes(archive.names())) +
        "; expected X (rows x columns) and, where there are labels, y");
  // All that shapes tell comes before the numbers are unpacked, of which a small file may hold very many.
  const std::vector<int64_t> shape = archive.shape(name);
  const std::string where = in_quotes(path) + ", array " + in_quotes(name);
  if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1)
    throw std::runtime_error(where + " has the shape " + NdArray::text(shape) +
                             "; expected (rows, columns), at least one of each");
  const TableForm* form = form_of(options);
  if (form && form->columns != shape[1])
    throw std::runtime_error(where + " has the shape " + NdArray::text(shape) + "; expected " +
                             std::to_string(form->columns) + " columns, as the model was trained on");
  const std::string label = label_array(archive, path, options.label_column, name);
  const std::string labels_where = in_quotes(path) + ", array " + in_quotes(label);
  if (!label.empty()) {
    const std::vector<int64_t> of_labels = archive.shape(label);
    const bool one_column = of_labels.size() == 2 && of_labels[1] == 1;
    if ((of_labels.size() != 1 && !one_column) || of_labels[0] != shape[0])
      throw std::runtime_error(labels_where + " has the shape " + NdArray::text(of_labels) + "; expected (" +
                               std::to_string(shape[0]) + "), a label for each row of " + name);
  }
  archive.unpack({name, label});
  const NdArray& x = archive.at(name);
  Table table;
  table.form.columns = shape[1];
  table.rows.shape = {shape[1]};
  check_range(x, where);
  if (label.empty()) {
    assign_unlabelled(table, shape[0]);
  } else {
    TableLabels labels(labels_where, label);
    if (const std::optional<engine::NpyWords> words = archive.words(label))
      for (size_t i = 0; i < words->words.size(); ++i) {
        if (is_missing(words->words[i]))
          throw std::runtime_error(labels_where + ": the label of row " + std::to_string(i) +
                                   " (counted from 0) is missing (" + in_quotes(words->words[i]) + ")");
        labels.add(words->words[i]);
      }
    else
      add_labels(archive.at(label), labels_where, labels);
    table.form.label = label;
    assign_classes(table, labels.classes(form));
  }
  const bool keep = form && !form->offsets.empty();
  if (are_floats(x) && !keep) {
    table.rows.values = x.as<float>();
  } else {
    Values values;
    add_values(x, values);
    values.assign_to(table.rows, keep);
  }
  std::vector<std::string> others;
  for (const std::string& other : archive.names())
    if (other != name && other != label) others.push_back(other);
  if (!others.empty())
    table.notes.push_back((others.size() == 1 ? "the array " : "the arrays ") + in_quotes(others) +
                          (others.size() == 1 ? " is" : " are") + " passed over");
  table.notes.insert(table.notes.begin(), description(table, path, ""));
  return table;
}

std::string not_a_table(const fs::path& path, FileKind kind) {
  return in_quotes(path) + " is " + name_of(kind) +
         "; expected a table: text in a file named .csv, or an .npz";
}

// Whatever the name, by what the file holds; text that bears another name is taken, since somebody says it is a table.
// `text`, unless null, receives that of a CSV.
Table read_any_table(const fs::path& path, const TableOptions& options, std::string* text) {
  refuse_foreign(path);
  const FileKind kind = file_kind(path);
  if (kind == FileKind::npz) return read_npz_table(path, options);
  if (kind == FileKind::csv || kind == FileKind::text || kind == FileKind::unknown) {
    std::string read = engine::read_file(path);
    Table table = parse_csv(read, path, options);
    if (text) *text = std::move(read);
    return table;
  }
  throw std::runtime_error(not_a_table(path, kind));
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

Split wide_rows(const NdArray& array) {
  Split rows;
  const int64_t count = array.shape.at(0);
  rows.shape = {count > 0 ? array.size() / count : 1};
  rows.labels.assign(static_cast<size_t>(count), 0);
  Values values;
  add_values(array, values);
  values.assign_to(rows, true);
  return rows;
}

bool is_table_file(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  const FileKind kind = file_kind(path);
  return kind == FileKind::csv || kind == FileKind::npz;
}

Table read_table(const fs::path& path, const TableOptions& options) {
  return read_any_table(path, options, nullptr);
}

Table read_table(const fs::path& path, const std::string& label_column) {
  return read_table(path, TableOptions{label_column, {}, {}});
}

Dataset load_table(const fs::path& path, const LoadOptions& options) {
  std::string text;
  Table table = read_any_table(path, {options.label_column, options.header, options.form}, &text);
  if (text.empty()) text = engine::read_file(path);
  table.form.sha256 = engine::sha256_hex(text.data(), text.size());
  std::string().swap(text);
  Dataset data{path.string(), table.class_names, {}, {}, table.default_normal, table.labelled};
  data.notes = std::move(table.notes);
  data.guess = std::move(table.guess);
  data.known_to_form = table.known_to_form;
  data.passed_over = std::move(table.passed_over);
  data.table = std::move(table.form);
  const double fraction = table.labelled ? options.test_fraction.value_or(usual_test_fraction) : 0;
  if (options.all_for_test) {
    data.test_was_held_out = false;
    data.test = std::move(table.rows);
    data.train.shape = data.test.shape;
  } else if (fraction == 0) {  // nothing to hold out: the file's order is as good as any
    data.train = std::move(table.rows);
    data.test.shape = data.train.shape;
  } else {
    Halves halves = hold_out_test(table.rows, fraction, options.split_seed);
    data.train = std::move(halves.train);
    data.test = std::move(halves.test);
  }
  return data;
}

}  // namespace datasets
