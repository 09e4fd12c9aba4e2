// From labels as they stand in a table to classes: which there are, what they are called, and which is normal where
// nobody says.
//
//   whole numbers from 0 on   the classes' numbers; 0 and 1 alone stand for "normal" and "anomaly", or the other way
//                             round under a name such as is_normal
//   -1 and 1 alone            "-1" and "1", of which 1 is normal and -1 anomalous, as scikit-learn has it
//   other whole numbers       each means itself: "-1", "0", "1"
//   true/false, yes/no        under a name such as is_anomaly: false and no are normal, and first
//   other words               sorted; one that reads normal, good, ok, inlier, nominal, benign, ... comes first and is
//                             the default normal; where several do, or 0 stands beside it, none is
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/normal_guess.h"
#include "datasets/table_form.h"

namespace datasets {

struct TableClasses {
  std::vector<std::string> labels, names;  // of each class: as it stands in the table, and what it is called
  std::vector<int> default_normal = {};
  NormalGuess guess = {};
  bool known_to_form = true;  // whether any row is of a class that the form has
  std::vector<int32_t> of_rows = {};
  std::vector<std::string> notes = {};
};

// Whether a class of this name is normal by custom: normal, good, ok, inlier, nominal, benign, healthy, ... in any case.
bool reads_normal(std::string_view word);

class TableLabels {
 public:
  static constexpr int64_t most_classes = 1000;

  // `source` names file and column in messages, `name` is the column's own, which may be empty.
  TableLabels(std::string source, std::string name) : source_(std::move(source)), name_(std::move(name)) {}

  // Of the next row. Throws std::runtime_error for more than 1000 different ones.
  void add(std::string_view label);

  // `form`: of a model, whose classes come first and keep their places; or null. Throws std::runtime_error for a class
  // number of 1000 or more. The guess is what would be taken without a form.
  TableClasses classes(const TableForm* form = nullptr) const;

 private:
  std::string source_, name_;
  std::map<std::string, int32_t, std::less<>>
      numbers_;  // of each different label, in the order of appearance
  std::vector<int32_t> rows_;
};

// "ok (20), bad (3)": the classes that rows are of, and how many; at most twenty of them. `labels`: how each stands in
// the table, which is said where that is another word: "0 = normal (20), 1 = anomaly (3)"; or empty.
std::string class_counts_text(const std::vector<std::string>& names, const std::vector<int64_t>& counts,
                              const std::vector<std::string>& labels = {});

}  // namespace datasets
