// The rows of a text table one by one, for a model: those that come over a pipe, or are more than memory holds.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "datasets/column_offsets.h"
#include "datasets/csv.h"
#include "datasets/table.h"
#include "datasets/table_columns.h"

namespace datasets {

class TableRows {
 public:
  // `beginning`: the table's first lines, two of them where the first is no row of numbers, from which header, columns and
  // delimiter are told as table_columns.h and csv.h say. `options.form`: the model's. Throws as table_columns does.
  TableRows(std::string_view beginning, std::string source, const TableOptions& options);

  bool header() const { return columns_.header; }
  int64_t size() const { return static_cast<int64_t>(columns_.features.size()); }
  const std::vector<std::string>& notes() const { return columns_.notes; }

  // The row that this text holds, which began in line `line`, as the model takes it: size() numbers. False where it is
  // blank. Throws std::runtime_error naming the line and the column; the next row may be read then.
  bool read(std::string_view record, int64_t line, float* to);

 private:
  std::string source_;
  std::vector<double> offsets_;
  TableColumns columns_;
  char delimiter_;
  std::vector<std::string_view> fields_;
};

// The number in a field of the reader's last row; whole numbers beyond 2^53 keep what a double lacks. Throws as double_at.
WideNumber wide_number_at(const CsvReader& reader, const std::vector<std::string_view>& fields,
                          size_t column);

// Throws std::runtime_error unless the reader's last row has as many fields as the first line.
void require_fields(const CsvReader& reader, const std::vector<std::string_view>& fields,
                    const TableColumns& columns);

}  // namespace datasets
