// What the C++ library of Debian's emscripten 3.1.6 (LLVM's, 13) lacks of C++20, as far as svdd uses it. Included before
// every file of such a build (cmake/cross.cmake), so that the sources need not know.
#pragma once
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <version>

namespace std {

#if !defined(__cpp_lib_bit_cast)
template <class To, class From>
constexpr To bit_cast(const From& from) noexcept {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}
#endif

#if !defined(__cpp_lib_to_chars)
// The grammar of strtod without blanks, signs of plus and hexadecimal numbers, in the locale "C", the only one there is.
template <class Number>
requires is_floating_point_v<Number> from_chars_result from_chars(const char* first, const char* last,
                                                                  Number& value) {
  const char* const digits = first != last && *first == '-' ? first + 1 : first;
  if (digits == last || *digits == '+' || isspace(static_cast<unsigned char>(*digits)))
    return {first, errc::invalid_argument};
  const bool hexadecimal = last - digits > 1 && digits[0] == '0' && (digits[1] | 32) == 'x';
  const string text(first, hexadecimal ? digits + 1 : last);
  char* end;
  const Number found = sizeof(Number) == sizeof(float) ? strtof(text.c_str(), &end)
                                                       : static_cast<Number>(strtod(text.c_str(), &end));
  if (end == text.c_str()) return {first, errc::invalid_argument};
  const char* const stop = first + (end - text.c_str());
  const char* const power = find_if(digits, stop, [](char c) { return (c | 32) == 'e'; });
  const bool named = (*digits | 32) == 'i' || (*digits | 32) == 'n';  // inf, nan
  const bool too_small = found == 0 && any_of(digits, power, [](char c) { return c >= '1' && c <= '9'; });
  if (!named && (too_small || found - found != 0)) return {stop, errc::result_out_of_range};
  value = found;
  return {stop, errc()};
}

inline to_chars_result chars_of(const string& text, char* first, char* last) {
  if (static_cast<ptrdiff_t>(text.size()) > last - first) return {last, errc::value_too_large};
  return {copy(text.begin(), text.end(), first), errc()};
}

inline to_chars_result to_chars(char* first, char* last, double value, chars_format format, int precision) {
  char text[512];
  const char* const how = format == chars_format::fixed        ? "%.*f"
                          : format == chars_format::scientific ? "%.*e"
                                                               : "%.*g";
  snprintf(text, sizeof text, how, precision, value);
  return chars_of(text, first, last);
}

// The fewest digits that are read back as the same number; fixed or scientific, whichever is shorter.
template <class Number>
requires is_floating_point_v<Number> to_chars_result to_chars(char* first, char* last, Number value) {
  if (value - value != 0) return chars_of(value != value ? "nan" : value < 0 ? "-inf" : "inf", first, last);
  char text[64];
  int digits = 1;
  const auto same = [&] {
    return sizeof(Number) == sizeof(float) ? strtof(text, nullptr) == value : strtod(text, nullptr) == value;
  };
  do snprintf(text, sizeof text, "%.*e", digits - 1, static_cast<double>(value));
  while (!same() && ++digits < 18);
  const string scientific = text;
  const int exponent = atoi(strchr(text, 'e') + 1);
  string fixed(400, ' ');
  fixed.resize(static_cast<size_t>(snprintf(fixed.data(), fixed.size(), "%.*f", max(0, digits - 1 - exponent),
                                            static_cast<double>(value))));
  return chars_of(fixed.size() <= scientific.size() ? fixed : scientific, first, last);
}
#endif

#if !defined(__cpp_lib_ranges)
namespace ranges {
template <class Range, class Value, class Projection = identity>
auto find(Range&& range, const Value& value, Projection projection = {}) {
  return find_if(begin(range), end(range),
                 [&](const auto& item) { return invoke(projection, item) == value; });
}
template <class Range, class Predicate>
bool all_of(Range&& range, Predicate predicate) {
  return std::all_of(begin(range), end(range), predicate);
}
template <class Range, class To, class Function>
void transform(Range&& range, To to, Function function) {
  std::transform(begin(range), end(range), to, function);
}
}  // namespace ranges
#endif

}  // namespace std
