// What reading tables of text and of arrays have in common: values, classes, and the sentence that says how a file was
// read.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "datasets/column_offsets.h"
#include "datasets/table.h"
#include "datasets/table_classes.h"

namespace datasets {

// The numbers of a table as they come, row by row: floats, or doubles where floats might blur them.
class TableValues {
 public:
  void add(WideNumber number);
  void reserve(size_t count) { values_.reserve(count); }

  // `keep`: as doubles, whatever they are, for a model whose form has offsets.
  void assign_to(Split& rows, bool keep);

 private:
  std::vector<double> values_;
  std::vector<float> rest_;
};

void assign_classes(Table& table, TableClasses classes);
void assign_unlabelled(Table& table, int64_t rows);

// Columns of ten rows and more whose numbers go up by one from row to row, and those that are called id, index, row or the like
// and hold whole numbers of which none comes twice: they tell nothing of a row, and new rows will have other numbers. By their
// names, or their numbers from 1; none of a table of one column.
std::vector<std::string> running_numbers(const Table& table);

// "'t.csv': header: yes; label: 'label' (normal 20, anomaly 4); 2 features: 'a', 'b'". An empty header: not said.
std::string table_description(const Table& table, const std::filesystem::path& path,
                              const std::string& header);

}  // namespace datasets
