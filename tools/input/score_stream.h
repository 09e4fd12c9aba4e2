// What `svdd score --input -` and `explain` read: rows of a table, or paths of images, one a line, as they come.
#pragma once
#include <cstdint>
#include <deque>
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
    std::vector<std::string> paths = {};  // of images
    std::vector<int64_t> rows = {};       // the numbers of a table's rows, counted from 0
    // What came after these and had no sample in it: the row's number or the path, and why.
    std::optional<int64_t> bad_row = {};
    std::string bad_path = {}, why = {};
    bool dropped = false;                   // as the model has it with missing values: no mistake
    std::vector<std::string> remarks = {};  // what the rows have shown for the first time
    bool passed_over() const { return !why.empty(); }
  };

  // `shape`: the model's, of a row or an image.
  ScoreStream(int descriptor, std::string source, std::vector<int64_t> shape, const ScoreTable& table);

  // The samples whose lines are there, at most 4096 of them or of a million numbers, after waiting for one, up to the first
  // that is none: a row that cannot be read, or an image. Nothing at the end of the input. std::runtime_error or
  // std::invalid_argument where the table's columns do not fit the model: all its rows would be alike. Lines before the table that
  // are no part of it (a log's greeting, a row whose beginning is gone) are none too, up to twenty.
  std::optional<Piece> next();

  const std::vector<std::string>& notes() const { return notes_; }  // of the table, once it has begun

 private:
  void refuse_binary() const;  // what is no text, by its first line
  bool next_record();          // joins the lines of a field in quotes
  void begin_table();
  bool is_like_header() const;  // the record: it names one of the model's columns, or as many as it has
  bool is_followed_by_table();
  datasets::TableOptions table_options() const;
  void add_row(Piece& piece);
  void add_image(Piece& piece);

  LineInput lines_;
  std::vector<int64_t> shape_;
  ScoreTable table_;
  std::optional<datasets::TableRows> rows_;
  std::vector<std::string> notes_;
  struct Line {
    std::string text;
    int64_t number;
  };
  std::optional<Line> next_line();

  std::deque<Line> ahead_;  // lines that were looked at already
  std::string record_;
  int64_t record_line_ = 0, row_ = 0;
  bool told_of_pages_ = false;
};

}  // namespace tools
