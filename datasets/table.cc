#include "datasets/table.h"

#include <stdexcept>
#include <utility>

#include "datasets/array_table.h"
#include "datasets/csv.h"
#include "datasets/file_kind.h"
#include "datasets/hold_out.h"
#include "datasets/table_assembly.h"
#include "datasets/text_file.h"
#include "datasets/text_table.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/files/sha256.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

constexpr double usual_test_fraction = 0.4;  // Pima's in the DASVDD paper, and the custom of ODDS benchmarks

std::string not_a_table(const fs::path& path, FileKind kind) {
  return in_quotes(path) + " is " + name_of(kind) +
         "; expected a table: text in a file named .csv, or an .npz";
}

std::string sha256_of_file(const fs::path& path) {
  const std::string bytes = engine::read_file(path);
  return engine::sha256_hex(bytes.data(), bytes.size());
}

TableOptions table_options(const LoadOptions& options) {
  return {.label_column = options.label_column,
          .header = options.header,
          .form = options.form,
          .columns = options.columns,
          .drop = options.drop,
          .missing = options.missing,
          .label_may_be_missing = !options.test_data.empty()};
}

// Rows of another file, or of the other half, for a table that was read.
TableOptions options_for_test(const LoadOptions& options, const Table& train) {
  TableOptions of_test{.label_column = options.label_column,
                       .header = options.header,
                       .form = options.form ? options.form : train.form};
  if (train.labelled && !options.label_column.empty()) of_test.label_column.clear();  // which the form knows
  return of_test;
}

// The second table of rows, where there is one.
std::optional<Table> test_table(const fs::path& path, const LoadOptions& options, const Table& train) {
  if (!options.test_data.empty()) return read_table(options.test_data, options_for_test(options, train));
  if (file_kind(path) != FileKind::npz || !has_two_halves(path)) return std::nullopt;
  return read_npz_table(path, options_for_test(options, train), ArrayHalf::test);
}

// The two as one data set. Where the training rows have no labels, they are normal.
void join_halves(Table train, Table test, const fs::path& of_test, Dataset& data) {
  if (!test.labelled)
    throw std::runtime_error("the test rows in " + in_quotes(of_test) +
                             " have no labels, so there is nothing to test against");
  if (!train.labelled) {
    if (test.default_normal.empty())
      throw std::runtime_error(
          "the training rows have no labels and are taken for normal, and none of the classes of the test "
          "rows reads as "
          "normal: " +
          in_quotes(test.class_names));
    train.rows.labels.assign(train.rows.labels.size(), test.default_normal[0]);
    data.default_normal = test.default_normal;
    data.guess = std::move(test.guess);
    data.notes.push_back("the training rows have no labels and are taken for normal");
  }
  data.class_names = data.table->class_names = test.form.class_names;
  data.table->labels = test.form.labels;
  if (data.table->label.empty()) data.table->label = test.form.label;
  data.known_to_form = data.known_to_form && test.known_to_form;
  // Both as doubles, or both as floats.
  const bool wide = !train.rows.wide.empty() || !test.rows.wide.empty();
  for (Split* half : {&train.rows, &test.rows})
    if (wide && half->wide.empty()) {
      half->wide.assign(half->values.begin(), half->values.end());
      half->values.clear();
    }
  data.notes.insert(data.notes.end(), test.notes.begin(), test.notes.end());
  data.train = std::move(train.rows);
  data.test = std::move(test.rows);
}

}  // namespace

bool is_table_file(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return false;
  const FileKind kind = file_kind(path);
  return kind == FileKind::csv || kind == FileKind::npz || kind == FileKind::npy;
}

namespace {

// Whatever the name, by what the file holds; text that bears another name is taken, since somebody says it is a table.
Table read_table_of_kind(const fs::path& path, const TableOptions& options) {
  refuse_foreign(path);
  const FileKind kind = file_kind(path);
  if (kind == FileKind::npz) return read_npz_table(path, options);
  if (kind == FileKind::npy) return read_npy_table(path, options);
  if (kind == FileKind::csv || kind == FileKind::text || kind == FileKind::unknown)
    return parse_text_table(read_text_file(path), path, options);
  throw std::runtime_error(not_a_table(path, kind));
}

}  // namespace

Table read_table(const fs::path& path, const TableOptions& options) {
  Table table = read_table_of_kind(path, options);
  if (!options.form) table.running_numbers = running_numbers(table);
  return table;
}

Table read_table(const fs::path& path, const std::string& label_column) {
  return read_table(path, TableOptions{.label_column = label_column});
}

Dataset load_table(const fs::path& path, const LoadOptions& options) {
  Table table = read_table(path, table_options(options));
  table.form.sha256 = sha256_of_file(path);
  Dataset data{path.string(), table.class_names, {}, {}, table.default_normal, table.labelled};
  data.notes = std::move(table.notes);
  data.guess = std::move(table.guess);
  data.known_to_form = table.known_to_form;
  data.passed_over = std::move(table.passed_over);
  data.running_numbers = std::move(table.running_numbers);
  data.table = table.form;
  std::optional<Table> test = test_table(path, options, table);
  const double fraction = table.labelled ? options.test_fraction.value_or(usual_test_fraction) : 0;
  if (test && options.all_for_test) table = std::move(*test), test.reset();
  if (test) {
    data.test_was_held_out = false;
    join_halves(std::move(table), std::move(*test), options.test_data.empty() ? path : options.test_data,
                data);
  } else if (options.all_for_test) {
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
