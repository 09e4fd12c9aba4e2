// Tables: text in CSV's kind, plain or packed by gzip (text_table.h), and NumPy's arrays (array_table.h).
//
// Values are taken as they are; whether and how to scale them is preprocessing. Classes may be numbers, 0 for
// normal and 1 for anomalous by the custom of the public collections (ODDS, ADBench), or words.
#pragma once
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/load_options.h"
#include "engine/files/nd_array.h"

namespace datasets {

struct Table {
  std::vector<std::string> features;  // names of the columns; empty where the file gives none
  // Samples of shape {d}, in the file's order; unlabelled: all of class 0. NaN: a value that is missing and will be
  // filled in (fill_missing).
  Split rows;
  std::vector<std::string> class_names;
  std::vector<int> default_normal;
  NormalGuess guess = {};     // where default_normal comes from
  bool known_to_form = true;  // whether any row is of a class that the form has
  bool labelled = false;
  std::vector<std::string> passed_over = {};  // the names of columns that the form lacks
  // Without a form: columns that look like running numbers (table_assembly.h), by their names, or their numbers from 1.
  std::vector<std::string> running_numbers = {};
  TableForm form = {};  // all of that for a model to remember, but for what depends on the training
  std::vector<std::string> notes = {};  // how it was read, in a sentence, and what was guessed
};

// How a table is to be read; as in LoadOptions.
struct TableOptions {
  std::string label_column = {};
  std::optional<bool> header = {};
  std::optional<TableForm> form = {};
  std::vector<std::string> columns = {}, drop = {};
  Missing missing = Missing::refuse;  // without a form
  bool label_may_be_missing = false;  // the column that label_column names: another file has it

  const TableForm* model() const { return form ? &*form : nullptr; }
  Missing rule() const { return form ? form->missing : missing; }
};

// A column of features that holds words.
struct TextColumn : std::runtime_error {
  TextColumn(const std::string& found, std::string name, bool few);
  std::string complaint;  // the first such field: file, line, column
  std::string column;     // its name, or its number, counted from 1
  bool like_classes;      // few different words stand in it, so that it may be meant for the label
};

// Whether the file is a table: text named .csv or .tsv, those with .gz, a zip archive or NumPy's array (file_kind.h).
bool is_table_file(const std::filesystem::path& path);

// By what the file holds, as text_table.h and array_table.h say. Classes as table_classes.h says. Throws
// std::runtime_error, naming the file and the line and column or the array, for what is damaged, ragged, not finite or
// missing (MissingValue), for a column of text (TextColumn), for a label column that holds more than 1000 different values,
// and for columns that are not the form's.
Table read_table(const std::filesystem::path& path, const TableOptions& options = {});
Table read_table(const std::filesystem::path& path, const std::string& label_column);

// The rows of an array (n, ...) of numbers, as doubles and all of class 0, for a model with offsets.
Split wide_rows(const engine::NdArray& array);

// A table as a data set named by its path: shuffled and split by hold_out_test where it is labelled; where it
// is not, all rows are training data, in the file's order. With `test_data`, and of arrays that come in two halves, all rows
// of the first are training data, and those of the second the test: normal are then the rows of a first that has no labels.
// Throws as those do, and where the second has no labels.
Dataset load_table(const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace datasets
