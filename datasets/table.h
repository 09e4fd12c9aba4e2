// Tables: CSV, and NumPy's .npz with an array X (n x d) of numbers and, where there are classes, y (n).
//
// Values are taken as they are; whether and how to scale them is preprocessing. Classes may be numbers, 0 for
// normal and 1 for anomalous by the custom of the public collections (ODDS, ADBench), or words.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/load_options.h"

namespace datasets {

struct Table {
  std::vector<std::string> features;  // names of the columns; empty where the file gives none
  Split rows;                         // samples of shape {d}, in the file's order; unlabelled: all of class 0
  std::vector<std::string> class_names;
  std::vector<int> default_normal;
  bool labelled = false;
};

// Whether the path, or the beginning of the file, is that of a table: .csv, .npz.
bool is_table_file(const std::filesystem::path& path);

// - CSV: the first line is a header when none of its fields is a number. `label_column` as in LoadOptions.
// - .npz: X or x with integers, truth values or floating-point numbers; y, where there is one, with n whole
//   numbers, as (n) or (n, 1).
// Classes: where all labels are whole numbers from 0 on they are the classes' numbers; 0 and 1 alone stand
// for "normal" and "anomaly", and class 0 is the default normal. Other labels are sorted as words, but one
// that reads normal, good, ok, inlier, nominal or benign comes first and is the default normal. Throws
// std::runtime_error, naming the file and the line and column or the array, for what is damaged, ragged,
// missing or not finite, and for a label column that holds more than 1000 different values.
Table read_table(const std::filesystem::path& path, const std::string& label_column = "");

// A table as a data set named by its path: shuffled and split by hold_out_test where it is labelled; where it
// is not, all rows are training data, in the file's order. Throws as those do.
Dataset load_table(const std::filesystem::path& path, const LoadOptions& options = {});

}  // namespace datasets
