// The rows of a text table one by one: their fields made features, for tables that are read whole (text_table.h), and for a
// model's rows that come over a pipe, or are more than memory holds.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/column_offsets.h"
#include "datasets/csv.h"
#include "datasets/table.h"
#include "datasets/table_columns.h"

namespace datasets {

// The words of those columns that hold words, by the column's place among the ones that features come from.
using WordsOfColumns = std::map<size_t, std::vector<std::string>>;
WordsOfColumns words_of(const TableForm& form);

// The features of a row: numbers as they are, 0 or 1 for each word of a column of words, NaN for what is missing where it
// will be filled in.
class FeatureReader {
 public:
  // `sources`: the columns that features come from, in their order. Both must outlive the reader.
  FeatureReader(const std::vector<size_t>& sources, const WordsOfColumns& words, Missing missing);

  // Puts the features of the reader's last row in place of `row`; false where the row is to be dropped. Throws as double_at
  // does, failed_at() being the column's place among the sources.
  bool read(const CsvReader& reader, const std::vector<std::string_view>& fields,
            std::vector<WideNumber>& row);
  size_t failed_at() const { return at_; }
  // The reader's last row, which was read, is dropped for another reason.
  void drop(const CsvReader& reader);

  // What a person should know of the rows read so far, a sentence each; those told already are left out. `names`: of all
  // columns, or empty.
  std::vector<std::string> remarks(const std::vector<std::string>& names, bool of_model);

 private:
  bool read_words(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column,
                  const std::vector<std::string>& words, std::vector<WideNumber>& row);

  const std::vector<size_t>* sources_;
  std::vector<const std::vector<std::string>*> words_;  // of each source; null: numbers
  Missing missing_;
  DecimalMark decimal_ = {};
  size_t at_ = 0;
  int64_t dropped_ = 0, first_dropped_ = 0;                             // rows; the line of the first
  std::map<size_t, int64_t> missing_values_ = {}, missing_words_ = {};  // of each column
  std::map<size_t, std::set<std::string>> unknown_words_ = {};          // a few of each column
  std::set<std::string> told_ = {};
};

class TableRows {
 public:
  enum class Found { row, blank, dropped };

  // `beginning`: the table's first lines, two of them where the first is no row of numbers, from which header, columns and
  // delimiter are told as table_columns.h and csv.h say. `options.form`: the model's. Throws as table_columns does.
  TableRows(std::string_view beginning, std::string source, const TableOptions& options);
  TableRows(const TableRows&) = delete;  // its reader points into it
  TableRows& operator=(const TableRows&) = delete;

  bool header() const { return columns_.header; }
  int64_t size() const { return form_.columns; }
  const std::vector<std::string>& notes() const { return columns_.notes; }
  // What the rows since the last call have shown: FeatureReader::remarks.
  std::vector<std::string> remarks() { return features_.remarks(columns_.names, true); }

  // The row that this text holds, which began in line `line`, as the model takes it: size() numbers, missing values filled
  // in. Dropped where the model drops rows with such. Throws std::runtime_error naming the line and the column; the next
  // row may be read then.
  Found read(std::string_view record, int64_t line, float* to);

 private:
  std::string source_;
  TableColumns columns_;
  TableForm form_;
  WordsOfColumns words_;
  FeatureReader features_;
  char delimiter_;
  std::vector<std::string_view> fields_;
  std::vector<WideNumber> row_;
};

// The number in a field of the reader's last row; whole numbers beyond 2^53 keep what a double lacks. Throws as double_at.
WideNumber wide_number_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column,
                          DecimalMark* mark = nullptr);

// Throws std::runtime_error unless the reader's last row has as many fields as the first line.
void require_fields(const CsvReader& reader, const std::vector<std::string_view>& fields,
                    const TableColumns& columns);

}  // namespace datasets
