// Tables as text (RFC 4180 and its relatives): one row a line, fields parted by a comma, semicolon, tab or white
// space, in quotes where they hold one or a line's end; two quotes within quotes stand for one. Lines end with LF,
// CRLF or CR; blank lines, a byte order mark and a line "sep=;" at the beginning are passed over.
#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace datasets {

// A row that cannot be read, or a first line that does not fit; in `line`, counted from 1. 0: of an array.
struct BadRow : std::runtime_error {
  BadRow(const std::string& message, int64_t in_line = 0) : std::runtime_error(message), line(in_line) {}
  int64_t line;
};

// A field that holds no value. A caller may know a rule for such.
struct MissingValue : BadRow {
  using BadRow::BadRow;
};

// The rows of a text, one after the other. Nothing is copied but fields with doubled quotes.
class CsvReader {
 public:
  // Fields parted by runs of spaces and tabs; those at a line's beginning and end part nothing.
  static constexpr char white_space = ' ';

  // `text` must outlive the reader; `source` names it in messages. Delimiter 0: what the first line tells. "sep=;"
  // names it; else it is a semicolon or tab where that is more frequent than the comma, or parts numbers with decimal
  // commas; white space where it does that, or where there is none of these and the first two lines have as many words each,
  // or the only line holds numbers. Throws std::runtime_error for UTF-16. `line`: the number of the text's first line.
  CsvReader(std::string_view text, std::string source, char delimiter = 0, int64_t line = 1);

  // Puts the fields of the next row in place of those there, valid until the next call; false at the end.
  // Throws std::runtime_error for a quoted field that does not end, text after a closing quote, or a row of
  // more than a million fields.
  bool next(std::vector<std::string_view>& fields);

  int64_t line() const { return row_line_; }  // in which the last row began, counted from 1
  char delimiter() const { return delimiter_; }
  // What messages call the columns beside their numbers; empty: nothing.
  void name_columns(std::vector<std::string> names) { names_ = std::move(names); }
  // Throws BadRow: "SOURCE, line L, column C: why" with the column counted from 0 here, from 1
  // there; "; the column is named 'b'" follows where it is.
  [[noreturn]] void refuse(size_t column, const std::string& why) const;
  // The same as MissingValue.
  [[noreturn]] void refuse_missing(size_t column, const std::string& why) const;
  // "SOURCE, line L: why".
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  bool at_line_end() const;
  bool at_delimiter() const;
  void take_line_end();
  void skip_blanks();
  void skip_separator_line();
  std::string_view quoted_field(size_t column);
  std::string complaint(size_t column, const std::string& why) const;

  std::string_view text_;
  std::string source_;
  char delimiter_;
  size_t position_ = 0;
  int64_t line_, row_line_ = 0;
  std::deque<std::string> unescaped_;  // a deque leaves the others where they are
  std::vector<std::string> names_;
};

// The number that a field holds, with spaces around it allowed; nothing for anything else: words, "nan",
// "inf", an empty field, a number that no double can hold.
std::optional<double> decimal_number(std::string_view field);

// Whether the field was meant for a number: one that decimal_number knows, one that no double can hold, an infinity,
// or one with a decimal comma.
bool looks_like_number(std::string_view field);
// "3,9417", and no number otherwise.
bool has_decimal_comma(std::string_view field);

// Whether the field stands for a value that is missing: empty, ?, NA, N/A, NaN, null, none in capitals or
// small letters.
bool is_missing(std::string_view field);

// A column's or a class's name as it is meant: without spaces (also those that do not break a line), byte order marks
// and quotes around it; Latin-1 made UTF-8.
std::string trimmed_name(std::string_view field);

// What a table's fractions are parted by: a point, or a comma where something else parts its fields ("3,14;2,7"). The
// first fraction decides; one of the other kind below it is refused, for 1,234 may be a thousand and more.
struct DecimalMark {
  char mark = 0;             // '.' or ','; 0: no fraction was seen yet
  std::string example = {};  // the field that decided
  int64_t line = 0;          // where it stands
};

// The number in a field of the reader's last row as a double within single precision's range. Throws as refuse() does,
// saying whether the value is missing (MissingValue), no number, or beyond single precision. `mark`: of the table; null:
// fractions have a point.
double double_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column,
                 DecimalMark* mark = nullptr);
// The same as a float.
float number_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column);

// The same for a whole number in [least, most].
int64_t whole_number_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column,
                        int64_t least, int64_t most);

}  // namespace datasets
