#include "datasets/csv.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

using engine::in_quotes;

constexpr size_t most_fields = 1'000'000;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_line_end(char c) { return c == '\n' || c == '\r'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view field) {
  while (!field.empty() && is_blank(field.front())) field.remove_prefix(1);
  while (!field.empty() && is_blank(field.back())) field.remove_suffix(1);
  return field;
}

// The first line that is not blank, taken from the text.
std::string_view take_line(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
  text.remove_prefix(line.size());
  return line;
}

std::vector<std::string_view> parts(std::string_view line, char delimiter) {
  std::vector<std::string_view> found;
  for (size_t begin = 0; begin <= line.size();) {
    const size_t end = std::min(line.find(delimiter, begin), line.size());
    found.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return found;
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
    found.push_back(line.substr(0, line.find_first_of(" \t")));
    line.remove_prefix(found.back().size());
  }
  return found;
}

char delimiter_of(std::string_view text) {
  const std::string_view first = take_line(text), second = take_line(text);
  const auto count = [&](char c) { return std::count(first.begin(), first.end(), c); };
  for (const char c : {';', '\t'}) {  // "3,9;0,6" holds as many commas as semicolons, or more
    const std::vector<std::string_view> fields = parts(first, c);
    if (fields.size() > 1 && std::any_of(fields.begin(), fields.end(), has_decimal_comma) &&
        std::all_of(fields.begin(), fields.end(), looks_like_number))
      return c;
  }
  const std::vector<std::string_view> spaced = words(first);  // "3,9 0,6", but not "3, 9, 6"
  if (spaced.size() > 1 && std::any_of(spaced.begin(), spaced.end(), has_decimal_comma) &&
      std::all_of(spaced.begin(), spaced.end(),
                  [](std::string_view word) { return looks_like_number(word) && !word.ends_with(','); }))
    return CsvReader::white_space;
  char best = ',';
  for (const char c : {';', '\t'})
    if (count(c) > count(best)) best = c;
  if (count(best) > 0 || first.find('"') != std::string_view::npos) return best;
  const std::vector<std::string_view> one = words(first), two = words(second);
  const bool alike =
      two.empty() ? std::all_of(one.begin(), one.end(), looks_like_number) : one.size() == two.size();
  return one.size() > 1 && alike ? CsvReader::white_space : best;
}

}  // namespace

CsvReader::CsvReader(std::string_view text, std::string source, char delimiter, int64_t line)
    : text_(text), source_(std::move(source)), delimiter_(delimiter), line_(line) {
  if (text_.starts_with(std::string_view("\xff\xfe\0\0", 4)) ||
      text_.starts_with(std::string_view("\0\0\xfe\xff", 4)))
    throw std::runtime_error(source_ + " is UTF-32 text: save it as CSV in UTF-8");
  if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff"))
    throw std::runtime_error(source_ +
                             " is UTF-16 text (a spreadsheet's \"Unicode text\"): save it as CSV in UTF-8");
  if (text_.substr(0, 256).find('\0') != std::string_view::npos)
    throw std::runtime_error(
        source_ + " holds zero bytes: it is no text, or UTF-16 or UTF-32; save it as CSV in UTF-8");
  if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
  skip_separator_line();
  if (delimiter_ == 0) delimiter_ = delimiter_of(text_.substr(position_));
}

// Excel's own first line: sep= and one character.
void CsvReader::skip_separator_line() {
  std::string_view rest = text_;
  std::string_view line = take_line(rest);
  if (line.size() == 7 && line.front() == '"' && line.back() == '"') line = line.substr(1, 5);
  if (line.size() != 5 || !(line.starts_with("sep=") || line.starts_with("SEP=")) || line[4] == '"') return;
  if (delimiter_ == 0) delimiter_ = line[4];
  position_ = text_.size() - rest.size();
}

bool CsvReader::at_line_end() const { return position_ < text_.size() && is_line_end(text_[position_]); }

bool CsvReader::at_delimiter() const {
  if (position_ == text_.size()) return false;
  return delimiter_ == white_space ? is_blank(text_[position_]) : text_[position_] == delimiter_;
}

// LF, CRLF or CR alone.
void CsvReader::take_line_end() {
  position_ += text_.substr(position_).starts_with("\r\n") ? 2 : 1;
  ++line_;
}

void CsvReader::skip_blanks() {
  while (position_ < text_.size() && is_blank(text_[position_])) ++position_;
}

bool CsvReader::next(std::vector<std::string_view>& fields) {
  engine::check_stop();
  fields.clear();
  unescaped_.clear();
  for (;;) {
    while (at_line_end()) take_line_end();
    if (delimiter_ != white_space) break;
    skip_blanks();
    if (!at_line_end()) break;  // a line of blanks alone is blank
  }
  if (position_ == text_.size()) return false;
  row_line_ = line_;
  for (;;) {
    if (fields.size() == most_fields) refuse("the row has more than a million fields: is it a text table?");
    const size_t begin = position_;
    if (delimiter_ != '\t') skip_blanks();  // as in: a, "b, c"
    if (position_ < text_.size() && text_[position_] == '"') {
      fields.push_back(quoted_field(fields.size()));
    } else {
      if (delimiter_ != white_space) position_ = begin;
      const size_t start = position_;
      const char part = delimiter_, other = part == white_space ? '\t' : part;  // where most time is spent
      const char *at = text_.data() + start, *end = text_.data() + text_.size();
      while (at < end && *at != part && *at != other && !is_line_end(*at)) ++at;
      position_ = static_cast<size_t>(at - text_.data());
      fields.push_back(text_.substr(start, position_ - start));
    }
    if (delimiter_ == white_space) skip_blanks();
    if (position_ == text_.size()) return true;
    if (at_line_end()) {
      take_line_end();
      return true;
    }
    if (delimiter_ != white_space) ++position_;
  }
}

// From the opening quote to what follows the closing one: the delimiter, a line's LF, or the end.
std::string_view CsvReader::quoted_field(size_t column) {
  const size_t begin = ++position_;
  bool doubled = false;
  for (;; ++position_) {
    position_ = text_.find('"', position_);
    if (position_ == std::string_view::npos) {
      position_ = text_.size();
      refuse(column, "the quoted field that begins here never ends");
    }
    if (position_ + 1 == text_.size() || text_[position_ + 1] != '"') break;
    doubled = true;
    ++position_;
  }
  std::string_view field = text_.substr(begin, position_ - begin);
  for (size_t i = 0; i < field.size(); ++i)
    line_ += field[i] == '\n' || (field[i] == '\r' && !field.substr(i).starts_with("\r\n"));
  ++position_;
  if (delimiter_ != '\t' && delimiter_ != white_space) skip_blanks();
  if (position_ < text_.size() && !at_delimiter() && !at_line_end())
    refuse(column, "there is text after the closing quote; a quote within quotes is written twice");
  if (!doubled) return field;
  std::string& plain = unescaped_.emplace_back();
  for (size_t i = 0; i < field.size(); ++i) {
    plain += field[i];
    i += field[i] == '"';
  }
  return plain;
}

std::string CsvReader::complaint(size_t column, const std::string& why) const {
  return source_ + ", line " + std::to_string(row_line_) + ", column " + std::to_string(column + 1) + ": " +
         why + (column < names_.size() ? "; the column is named " + in_quotes(names_[column]) : "");
}

void CsvReader::refuse(size_t column, const std::string& why) const {
  throw BadRow(complaint(column, why), row_line_);
}

void CsvReader::refuse_missing(size_t column, const std::string& why) const {
  throw MissingValue(complaint(column, why), row_line_);
}

void CsvReader::refuse(const std::string& why) const {
  throw BadRow(source_ + ", line " + std::to_string(row_line_) + ": " + why, row_line_);
}

namespace {

struct Parsed {
  double value = 0;
  bool is_number = false;  // and nothing else
  bool too_large = false;  // but no double holds it
};

// Whether a number in digits that no double can hold is too small for one rather than too large: 1e-400 is 0.
bool vanishes(std::string_view number) {
  const size_t e = number.find_first_of("eE");
  const std::string_view digits = number.substr(0, e);
  int64_t exponent = 0;
  if (e != number.npos) {
    std::string_view power = number.substr(e + 1);
    if (power.starts_with('+')) power.remove_prefix(1);
    if (std::from_chars(power.data(), power.data() + power.size(), exponent).ec != std::errc())
      return power.starts_with('-');  // beyond 64 bits
  }
  const size_t first = digits.find_first_of("123456789"), point = std::min(digits.find('.'), digits.size());
  if (first == digits.npos) return true;
  const auto before = static_cast<int64_t>(point) - static_cast<int64_t>(first);  // of the first digit
  return exponent < -before;
}

Parsed parsed(std::string_view field) {
  field = trimmed(field);
  if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
  const engine::IeeeMode ieee;
  Parsed result;
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, result.value);
  const bool beyond = error == std::errc::result_out_of_range;
  result.is_number = !field.empty() && stop == end && (error == std::errc() || beyond);
  if (beyond && vanishes(field)) result.value = 0;
  result.too_large = beyond && !vanishes(field);
  return result;
}

}  // namespace

std::optional<double> decimal_number(std::string_view field) {
  const Parsed found = parsed(field);
  if (!found.is_number || found.too_large || !std::isfinite(found.value)) return std::nullopt;
  return found.value;
}

bool has_decimal_comma(std::string_view field) {
  if (std::count(field.begin(), field.end(), ',') != 1) return false;
  std::string with_point(field);
  std::replace(with_point.begin(), with_point.end(), ',', '.');
  return decimal_number(with_point).has_value();
}

bool looks_like_number(std::string_view field) {
  const Parsed found = parsed(field);
  return (found.is_number && !std::isnan(found.value)) || has_decimal_comma(field);
}

bool is_missing(std::string_view field) {
  constexpr std::array<std::string_view, 7> words = {"", "?", "na", "n/a", "nan", "null", "none"};
  std::string small(trimmed(field));
  if (small.size() > 4) return false;
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::find(words.begin(), words.end(), small) != words.end();
}

namespace {

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80                   ? 1
                          : lead >= 0xc2 && lead < 0xe0 ? 2
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xf0 && lead < 0xf5 ? 4
                                                        : 0;
    if (length == 0 || length > text.size() - i) return false;
    for (size_t k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
        (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f))
      return false;
    i += length;
  }
  return true;
}

std::string latin1_as_utf8(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      utf8 += c;
    } else {
      utf8 += static_cast<char>(0xc0 | byte >> 6);
      utf8 += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  return utf8;
}

}  // namespace

std::string trimmed_name(std::string_view field) {
  const std::string text = is_utf8(field) ? std::string(field) : latin1_as_utf8(field);
  std::string_view name = text;
  // Spaces, the space that does not break a line, the byte order mark and the space of no width.
  constexpr std::array<std::string_view, 8> around = {
      " ", "\t", "\r", "\n", "\v", "\xc2\xa0", byte_order_mark, "\xe2\x80\x8b"};
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::string_view space : around) {
      for (; name.starts_with(space); changed = true) name.remove_prefix(space.size());
      for (; name.ends_with(space); changed = true) name.remove_suffix(space.size());
    }
    for (const char quote : {'"', '\''})
      if (name.size() > 1 && name.front() == quote && name.back() == quote)
        name = name.substr(1, name.size() - 2), changed = true;
  }
  return std::string(name);
}

namespace {

std::string with_point(std::string_view field) {
  std::string number(field);
  std::replace(number.begin(), number.end(), ',', '.');
  return number;
}

// Whether the field has a decimal comma in a table that has such, which the first fraction decides.
bool is_with_comma(const CsvReader& reader, std::string_view field, size_t column, DecimalMark& mark) {
  const bool comma = has_decimal_comma(field);
  if (!comma && field.find('.') == field.npos) return false;
  const char found = comma ? ',' : '.';
  if (mark.mark == 0) mark = {found, std::string(trimmed(field)), reader.line()};
  if (mark.mark != found && (comma || decimal_number(field)))
    reader.refuse(column, in_quotes(field, engine::longest_value) + " has a decimal " +
                              (comma ? "comma" : "point") + ", and line " + std::to_string(mark.line) +
                              " has a decimal " + (comma ? "point" : "comma") + " (" +
                              in_quotes(mark.example, engine::longest_value) + "): write one of the two");
  return comma;
}

}  // namespace

double double_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column,
                 DecimalMark* mark) {
  const std::string_view field = fields[column];
  const bool comma = mark && reader.delimiter() != ',' && is_with_comma(reader, field, column, *mark);
  const std::optional<double> value = comma ? decimal_number(with_point(field)) : decimal_number(field);
  if (!value) {
    if (is_missing(field))
      reader.refuse_missing(column, "the value is missing (" + in_quotes(field, engine::longest_value) +
                                        "): fill it in or remove that row");
    if (parsed(field).too_large)
      reader.refuse(column, in_quotes(field, engine::longest_value) + " is beyond single precision");
    reader.refuse(column, in_quotes(field, engine::longest_value) + " is no finite number" +
                              (has_decimal_comma(field) ? ": a decimal comma? Write it with a point" : ""));
  }
  if (std::abs(*value) > std::numeric_limits<float>::max())
    reader.refuse(column, in_quotes(field, engine::longest_value) + " is beyond single precision");
  return *value;
}

float number_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column) {
  return static_cast<float>(double_at(reader, fields, column));
}

int64_t whole_number_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column,
                        int64_t least, int64_t most) {
  const std::string_view field = trimmed(fields[column]);
  int64_t value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  if (field.empty() || error != std::errc() || stop != end || value < least || value > most)
    reader.refuse(column, in_quotes(field, engine::longest_value) + " is no whole number from " +
                              std::to_string(least) + " to " + std::to_string(most));
  return value;
}

}  // namespace datasets
