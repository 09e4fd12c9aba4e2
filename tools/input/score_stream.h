// What `svdd score --input -` reads: rows of a table, or paths of images, one a line, as they come.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/samples.h"
#include "datasets/table_rows.h"
#include "tools/input/line_input.h"
#include "tools/input/score_input.h"

namespace tools {

class ScoreStream {
 public:
  struct Piece {
    datasets::Samples samples = {};
    std::vector<std::string> paths = {};        // of images
    std::vector<int64_t> rows = {};             // the numbers of a table's rows, counted from 0
    std::vector<std::string> passed_over = {};  // what had no sample in it, a sentence each
  };

  // `shape`: the model's, of a row or an image.
  ScoreStream(int descriptor, std::string source, std::vector<int64_t> shape, const ScoreTable& table);

  // The samples whose lines are there, at most 4096 of them or of a million numbers, after waiting for one; nothing at the end of the input. A row that is
  // none, or an image that cannot be read, is passed over; but std::runtime_error or std::invalid_argument where that is
  // the first row, or the header does not fit the model: all others would be alike.
  std::optional<Piece> next();

  const std::vector<std::string>& notes() const { return notes_; }  // of the table, once it has begun

 private:
  bool next_record();  // joins the lines of a field in quotes
  void begin_table();
  void add_row(Piece& piece);
  void add_image(Piece& piece);

  LineInput lines_;
  std::vector<int64_t> shape_;
  ScoreTable table_;
  std::optional<datasets::TableRows> rows_;
  std::vector<std::string> notes_;
  std::string record_, line_;
  std::optional<std::string> ahead_;  // the record after the header, read with it
  int64_t record_line_ = 0, ahead_line_ = 0, row_ = 0;
};

}  // namespace tools
