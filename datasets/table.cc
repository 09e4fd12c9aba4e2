#include "datasets/table.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <map>
#include <numeric>
#include <stdexcept>

#include "datasets/csv.h"
#include "datasets/hold_out.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/files/npz.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;
using engine::NdArray;
using Fields = std::vector<std::string_view>;

constexpr int64_t most_classes = 1000;
constexpr double usual_test_fraction = 0.4;  // Pima's in the DASVDD paper, and the custom of ODDS benchmarks

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), in_small_letters(word)) != words.end();
}

bool is_zip(const fs::path& path) {
  std::array<char, 2> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  return head[0] == 'P' && head[1] == 'K';
}

// ---- classes ----

// Labels as they stand in the file, each distinct one once.
class Labels {
 public:
  explicit Labels(std::string source) : source_(std::move(source)) {}

  void add(std::string_view label) {
    const auto known = numbers_.find(label);
    if (known != numbers_.end()) return rows_.push_back(known->second);
    rows_.push_back(static_cast<int32_t>(numbers_.size()));
    numbers_.emplace(label, rows_.back());
    if (static_cast<int64_t>(numbers_.size()) > most_classes)
      throw std::runtime_error(source_ + " holds more than " + std::to_string(most_classes) +
                               " different values: they look like measurements, not classes");
  }

  void assign_to(Table& table) const {
    std::vector<int32_t> class_of(numbers_.size());
    if (!number_by_value(table, class_of)) number_by_word(table, class_of);
    table.rows.labels.reserve(rows_.size());
    for (const int32_t row : rows_) table.rows.labels.push_back(class_of[static_cast<size_t>(row)]);
    table.labelled = true;
  }

 private:
  // Where all labels are whole numbers from 0 on.
  bool number_by_value(Table& table, std::vector<int32_t>& class_of) const {
    int32_t last = 0;
    for (const auto& [label, number] : numbers_) {
      const std::optional<double> value = decimal_number(label);
      if (!value || *value < 0 || *value != std::floor(*value)) return false;
      if (*value >= most_classes)
        throw std::runtime_error(source_ + " holds the class " + in_quotes(label) + "; expected 0 to " +
                                 std::to_string(most_classes - 1));
      class_of[static_cast<size_t>(number)] = static_cast<int32_t>(*value);
      last = std::max(last, static_cast<int32_t>(*value));
    }
    if (last <= 1) {
      table.class_names = {"normal", "anomaly"};
      table.default_normal = {0};
    } else {
      for (int32_t k = 0; k <= last; ++k) table.class_names.push_back(std::to_string(k));
    }
    return true;
  }

  void number_by_word(Table& table, std::vector<int32_t>& class_of) const {
    const auto is_normal = [](const std::string& name) {
      return is_one_of(name, {"normal", "good", "ok", "inlier", "nominal", "benign"});
    };
    for (const auto& [label, number] : numbers_)
      table.class_names.push_back(label);  // sorted, as map keys are
    const auto normal = std::find_if(table.class_names.begin(), table.class_names.end(), is_normal);
    if (normal != table.class_names.end()) {
      std::rotate(table.class_names.begin(), normal, normal + 1);
      table.default_normal = {0};
    }
    for (size_t k = 0; k < table.class_names.size(); ++k)
      class_of[static_cast<size_t>(numbers_.find(table.class_names[k])->second)] = static_cast<int32_t>(k);
  }

  std::string source_;
  std::map<std::string, int32_t, std::less<>> numbers_;
  std::vector<int32_t> rows_;
};

void assign_unlabelled(Table& table, int64_t rows) {
  table.class_names = {"normal", "anomaly"};
  table.default_normal = {0};
  table.rows.labels.assign(static_cast<size_t>(rows), 0);
}

// ---- CSV ----

bool is_header(const Fields& fields) {
  return std::none_of(fields.begin(), fields.end(),
                      [](std::string_view field) { return decimal_number(field).has_value(); });
}

// The label's column in rows like the first, counted from 0; nothing where there is none.
std::optional<size_t> label_column_of(const CsvReader& reader, const Fields& first, bool has_header,
                                      const std::string& wanted) {
  if (wanted == "none") return std::nullopt;
  if (wanted.empty()) {
    for (size_t column = 0; has_header && column < first.size(); ++column)
      if (is_one_of(first[column], {"label", "class", "y", "target", "outlier", "anomaly", "is_anomaly"}))
        return column;
    return std::nullopt;
  }
  if (has_header)
    if (const auto named = std::find(first.begin(), first.end(), wanted); named != first.end())
      return static_cast<size_t>(named - first.begin());
  const auto columns = static_cast<double>(first.size());
  const std::optional<double> number = decimal_number(wanted);
  if (number && *number == std::floor(*number) && std::abs(*number) >= 1 && std::abs(*number) <= columns)
    return static_cast<size_t>(*number > 0 ? *number - 1 : columns + *number);
  reader.refuse("there is no label column " + in_quotes(wanted) + " among " + std::to_string(first.size()) +
                (has_header ? ": " + in_quotes(std::vector<std::string>(first.begin(), first.end()))
                            : " without names: give its number, 1 for the first or -1 for the last"));
}

Table read_csv_table(const fs::path& path, const std::string& wanted_label) {
  const std::string text = engine::read_file(path);
  CsvReader reader(text, in_quotes(path));
  Fields fields;
  if (!reader.next(fields)) throw std::runtime_error(in_quotes(path) + " holds no rows");
  const bool has_header = is_header(fields);
  const size_t columns = fields.size();
  const std::optional<size_t> label = label_column_of(reader, fields, has_header, wanted_label);
  if (columns == (label ? 1 : 0)) reader.refuse("there is no column but the label's");
  if (has_header && fields[0].empty())
    reader.refuse(0, "the column has no name: a row number? Write the table without it, or name it");

  Table table;
  table.rows.shape = {static_cast<int64_t>(columns - (label ? 1 : 0))};
  for (size_t column = 0; has_header && column < columns; ++column)
    if (column != label) table.features.emplace_back(fields[column]);
  Labels labels(in_quotes(path) + ": column " + std::to_string(label.value_or(0) + 1));
  int64_t rows = 0;
  for (bool more = !has_header || reader.next(fields); more; more = reader.next(fields), ++rows) {
    if (fields.size() != columns)
      reader.refuse("there are " + std::to_string(fields.size()) + " fields, expected " +
                    std::to_string(columns) + " as in the first line");
    for (size_t column = 0; column < columns; ++column) {
      if (column != label)
        table.rows.values.push_back(number_at(reader, fields, column));
      else if (is_missing(fields[column]))
        reader.refuse(column, "the label is missing (" + in_quotes(fields[column]) + ")");
      else
        labels.add(fields[column]);
    }
  }
  if (rows == 0) throw std::runtime_error(in_quotes(path) + " holds a header and no rows");
  label ? labels.assign_to(table) : assign_unlabelled(table, rows);
  return table;
}

// ---- .npz ----

Table read_npz_table(const fs::path& path) {
  const engine::Npz archive = engine::Npz::read(path);
  const char* name = archive.contains("X") ? "X" : "x";
  if (!archive.contains(name))
    throw std::runtime_error(in_quotes(path) + " holds the arrays " + in_quotes(archive.names()) +
                             "; expected X (rows x columns) and, where there are labels, y");
  const NdArray& x = archive.at(name);
  const std::string where = in_quotes(path) + ", array '" + name + "'";
  if (x.shape.size() != 2 || x.shape[0] < 1 || x.shape[1] < 1)
    throw std::runtime_error(where + " has the shape " + NdArray::text(x.shape) +
                             "; expected (rows, columns), at least one of each");
  Table table;
  table.rows.shape = {x.shape[1]};
  table.rows.values = x.as<float>();
  try {
    check_finite(table.rows.values, x.shape[1], where);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(error.what());
  }
  if (!archive.contains("y")) {
    assign_unlabelled(table, x.shape[0]);
    return table;
  }
  const NdArray& y = archive.at("y");
  const std::string labels_where = in_quotes(path) + ", array 'y'";
  const bool one_column = y.shape.size() == 2 && y.shape[1] == 1;
  if ((y.shape.size() != 1 && !one_column) || y.shape[0] != x.shape[0])
    throw std::runtime_error(labels_where + " has the shape " + NdArray::text(y.shape) + "; expected (" +
                             std::to_string(x.shape[0]) + "), a label for each row of " + name);
  Labels labels(labels_where);
  try {
    for (const int64_t label : y.as<int64_t>()) labels.add(std::to_string(label));
  } catch (const std::range_error& error) {
    throw std::runtime_error(labels_where + ": " + error.what() + "; labels are whole numbers");
  }
  labels.assign_to(table);
  return table;
}

}  // namespace

bool is_table_file(const fs::path& path) {
  const std::string ending = in_small_letters(path.extension().string());
  std::error_code error;
  return fs::is_regular_file(path, error) && (ending == ".csv" || ending == ".npz" || is_zip(path));
}

Table read_table(const fs::path& path, const std::string& label_column) {
  return is_zip(path) || in_small_letters(path.extension().string()) == ".npz"
             ? read_npz_table(path)
             : read_csv_table(path, label_column);
}

Dataset load_table(const fs::path& path, const LoadOptions& options) {
  Table table = read_table(path, options.label_column);
  Dataset data{path.string(), table.class_names, {}, {}, table.default_normal, table.labelled};
  const double fraction = table.labelled ? options.test_fraction.value_or(usual_test_fraction) : 0;
  if (fraction == 0) {  // nothing to hold out: the file's order is as good as any
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
