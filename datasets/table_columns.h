// Which columns a text table has: whether its first line is a header, what the columns are called, and which of them
// holds the classes.
//
// A header is told by these rules, unless somebody says:
//   - words and no number: a header (but "?" and "nan" are missing values, and a word that its column holds again is a
//     class);
//   - numbers alone: a row, unless they count 0, 1, 2, ... as a nameless data frame's header does. Where the columns
//     hold whole numbers only, that may be a row too: four or more must count then. 1, 2, 3, ... is a header above
//     three rows and more of fractions; that it is none elsewhere, nor other whole numbers above fractions, a note says;
//   - words and numbers: a header where the numbers count up in equal steps of whole numbers, and the words stand above
//     other values: a known name of labels, or numbers that begin with 0 or 1.
//
// A column is taken for the classes by its name (label, class, target, outcome, outlier, anomaly, is_anomaly,
// ground_truth, ... in any spelling with capitals, spaces, '_' or '-'; y where no column is named x) if its values look
// like classes: words, or few whole numbers.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/table_form.h"

namespace datasets {

struct TableColumns {
  size_t count = 0;                      // of fields in a row
  bool header = false;                   // the first line is one
  bool numbers_as_names = false;         // and was told by its numbers
  std::vector<std::string> names;        // of all columns, trimmed; empty without a header
  std::vector<size_t> features;          // which columns are features, in the order in which they are read
  bool chosen = false;                   // some were wished for, or dropped
  std::optional<size_t> label;           // which holds the classes
  std::vector<std::string> notes;        // what was guessed beyond that
  std::vector<std::string> passed_over;  // the names of columns that the form lacks
};

struct ColumnWishes {
  std::string label;           // name or number of the label's column, "none", or empty: as it is told
  std::optional<bool> header;  // nothing: as it is told
  const TableForm* form =
      {};  // the columns of the model that the rows are for, which are put in its order; may be
           // null
  // Without a form: the features, each by its name or its number from 1 (-1: the last), and columns that are none. Empty
  // `columns`: all that are neither dropped nor the label. They stay in the file's order.
  std::vector<std::string> columns = {}, drop = {};
  bool label_may_be_missing = false;  // a label's column that is named and not there is none
};

// Looks at the beginning of the text. Throws std::runtime_error naming the file (`source`) and its first line where
// there is no row, no such label column, no feature, a column that is wished for is not there (suggesting the nearest
// name), or one that the form has is missing.
TableColumns table_columns(std::string_view text, const std::string& source, const ColumnWishes& wishes);

// Whether a column or array of this name holds labels by custom.
bool is_label_name(std::string_view name);
// Whether 1, true or yes in it says "anomalous": outlier, is_anomaly, ... or "normal": is_normal, inlier.
bool says_anomalous(std::string_view label_name);
bool says_normal(std::string_view label_name);

}  // namespace datasets
