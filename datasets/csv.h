// Tables as text (RFC 4180 and its relatives): one row a line, fields parted by a comma, semicolon or tab, in
// quotes where they hold one or a line's end; two quotes within quotes stand for one. Lines end with LF or
// CRLF; blank lines and a byte order mark at the beginning are passed over.
#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace datasets {

// The rows of a text, one after the other. Nothing is copied but fields with doubled quotes.
class CsvReader {
 public:
  // `text` must outlive the reader; `source` names it in messages. Delimiter 0: whichever of , ; and tab is
  // the most frequent in the first line.
  CsvReader(std::string_view text, std::string source, char delimiter = 0);

  // Puts the fields of the next row in place of those there, valid until the next call; false at the end.
  // Throws std::runtime_error for a quoted field that does not end, text after a closing quote, or a row of
  // more than a million fields.
  bool next(std::vector<std::string_view>& fields);

  int64_t line() const { return row_line_; }  // in which the last row began, counted from 1
  // Throws std::runtime_error: "SOURCE, line L, column C: why" with the column counted from 0 here, from 1
  // there.
  [[noreturn]] void refuse(size_t column, const std::string& why) const;
  // "SOURCE, line L: why".
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  std::string_view quoted_field(size_t column);

  std::string_view text_;
  std::string source_;
  char delimiter_;
  size_t position_ = 0;
  int64_t line_ = 1, row_line_ = 0;
  std::deque<std::string> unescaped_;  // a deque leaves the others where they are
};

// The number that a field holds, with spaces around it allowed; nothing for anything else: words, "nan",
// "inf", an empty field, a number that no double can hold.
std::optional<double> decimal_number(std::string_view field);

// Whether the field stands for a value that is missing: empty, ?, NA, N/A, NaN, null, none in capitals or
// small letters.
bool is_missing(std::string_view field);

// The number in a field of the reader's last row as a float. Throws as refuse() does, saying whether the
// value is missing, no number, or beyond single precision.
float number_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column);

// The same for a whole number in [least, most].
int64_t whole_number_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column,
                        int64_t least, int64_t most);

}  // namespace datasets
