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

char frequent_delimiter(std::string_view text) {
  const std::string_view first = text.substr(0, text.find('\n'));
  const auto count = [&](char c) { return std::count(first.begin(), first.end(), c); };
  char best = ',';
  for (const char c : {';', '\t'})
    if (count(c) > count(best)) best = c;
  return best;
}

std::string_view trimmed(std::string_view field) {
  while (!field.empty() && (field.front() == ' ' || field.front() == '\t')) field.remove_prefix(1);
  while (!field.empty() && (field.back() == ' ' || field.back() == '\t')) field.remove_suffix(1);
  return field;
}

}  // namespace

CsvReader::CsvReader(std::string_view text, std::string source, char delimiter)
    : text_(text), source_(std::move(source)) {
  if (text_.starts_with(byte_order_mark)) text_.remove_prefix(byte_order_mark.size());
  delimiter_ = delimiter != 0 ? delimiter : frequent_delimiter(text_);
}

bool CsvReader::next(std::vector<std::string_view>& fields) {
  engine::check_stop();
  fields.clear();
  unescaped_.clear();
  while (position_ < text_.size() && (text_[position_] == '\n' || text_[position_] == '\r'))
    line_ += text_[position_++] == '\n';
  if (position_ == text_.size()) return false;
  row_line_ = line_;
  for (;;) {
    if (fields.size() == most_fields) refuse("the row has more than a million fields: is it a text table?");
    if (position_ < text_.size() && text_[position_] == '"') {
      fields.push_back(quoted_field(fields.size()));
    } else {
      const size_t begin = position_;
      while (position_ < text_.size() && text_[position_] != delimiter_ && text_[position_] != '\n')
        ++position_;
      std::string_view field = text_.substr(begin, position_ - begin);
      if (field.ends_with('\r') && (position_ == text_.size() || text_[position_] == '\n'))
        field.remove_suffix(1);
      fields.push_back(field);
    }
    if (position_ == text_.size()) return true;
    if (text_[position_++] == delimiter_) continue;
    ++line_;  // it was the line's end
    return true;
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
  line_ += std::count(field.begin(), field.end(), '\n');
  ++position_;
  if (text_.substr(position_).starts_with("\r\n") || text_.substr(position_) == "\r") ++position_;
  if (position_ < text_.size() && text_[position_] != delimiter_ && text_[position_] != '\n')
    refuse(column, "there is text after the closing quote; a quote within quotes is written twice");
  if (!doubled) return field;
  std::string& plain = unescaped_.emplace_back();
  for (size_t i = 0; i < field.size(); ++i) {
    plain += field[i];
    i += field[i] == '"';
  }
  return plain;
}

void CsvReader::refuse(size_t column, const std::string& why) const {
  throw std::runtime_error(source_ + ", line " + std::to_string(row_line_) + ", column " +
                           std::to_string(column + 1) + ": " + why);
}

void CsvReader::refuse(const std::string& why) const {
  throw std::runtime_error(source_ + ", line " + std::to_string(row_line_) + ": " + why);
}

std::optional<double> decimal_number(std::string_view field) {
  const engine::IeeeMode ieee;
  field = trimmed(field);
  if (field.starts_with('+') && !field.starts_with("+-")) field.remove_prefix(1);
  double value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  if (field.empty() || error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

bool is_missing(std::string_view field) {
  constexpr std::array<std::string_view, 7> words = {"", "?", "na", "n/a", "nan", "null", "none"};
  std::string small(trimmed(field));
  if (small.size() > 4) return false;
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::find(words.begin(), words.end(), small) != words.end();
}

float number_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column) {
  const std::string_view field = fields[column];
  const std::optional<double> value = decimal_number(field);
  if (!value) {
    if (is_missing(field))
      reader.refuse(column, "the value is missing (" + in_quotes(field) + "): fill it in or remove that row");
    reader.refuse(column, in_quotes(field) + " is no finite number");
  }
  if (std::abs(*value) > std::numeric_limits<float>::max())
    reader.refuse(column, in_quotes(field) + " is beyond single precision");
  return static_cast<float>(*value);
}

int64_t whole_number_at(const CsvReader& reader, const std::vector<std::string_view>& fields, size_t column,
                        int64_t least, int64_t most) {
  const std::string_view field = trimmed(fields[column]);
  int64_t value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  if (field.empty() || error != std::errc() || stop != end || value < least || value > most)
    reader.refuse(column, in_quotes(field) + " is no whole number from " + std::to_string(least) + " to " +
                              std::to_string(most));
  return value;
}

}  // namespace datasets
