// What a table looked like when a model was trained on it: what is needed to read another table as the same kind of
// rows. Stored with the model (table_form_json.h).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace datasets {

struct TableForm {
  int64_t columns = 0;                // features: the size of a row
  std::vector<std::string> features;  // their names, in order; empty: the file gave none
  std::string label;         // the name of the column (or array) with the classes; empty: none, or no header
  int64_t label_number = 0;  // which column that was, counted from 1; 0: none
  // The classes: how each stands in the file ("0", "-1", "dos"), and what it is called ("normal", "-1", "dos").
  std::vector<std::string> labels, class_names;
  std::vector<std::string> normal;  // the classes that were trained on, as they are called
  // Of each feature: subtracted before the values are rounded to single precision (column_offsets.h); empty: nothing.
  std::vector<double> offsets;
  // Of each feature: the median of the training rows, offset subtracted; empty in models of earlier versions.
  std::vector<float> usual;
  std::string sha256;  // of the file

  bool operator==(const TableForm&) const = default;
};

}  // namespace datasets
