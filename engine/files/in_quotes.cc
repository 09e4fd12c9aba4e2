#include "engine/files/in_quotes.h"

#include <sstream>

namespace engine {
namespace {

// How many bytes the UTF-8 character takes that `text` begins with; 0 where it begins with none.
size_t character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t count = first < 0x80   ? 1
                       : first < 0xc2 ? 0
                       : first < 0xe0 ? 2
                       : first < 0xf0 ? 3
                       : first < 0xf5 ? 4
                                      : 0;
  if (count == 0 || count > text.size()) return 0;
  for (size_t i = 1; i < count; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  // Neither longer than need be, nor a surrogate, nor beyond the last character.
  if (count > 2) {
    const unsigned char second = byte(1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
      return 0;
  }
  return count;
}

// Those that would break the line or drive the terminal.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7f ||
         (first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0);  // U+0080 to U+009F
}

}  // namespace

std::string shown(std::string_view name, size_t longest) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  size_t at = 0;
  while (at < name.size() && at < longest) {
    const size_t length = character(name.substr(at));
    if (length > 0 && at + length > longest) break;
    const std::string_view next = name.substr(at, length > 0 ? length : 1);
    if (length > 0 && !is_control(next)) {
      text += next;
    } else {
      for (const char c : next) {
        text.append("\\x").push_back(digits[static_cast<unsigned char>(c) >> 4]);
        text.push_back(digits[static_cast<unsigned char>(c) & 15]);
      }
    }
    at += next.size();
  }
  if (at < name.size()) text += "...";
  return text;
}

std::string in_quotes(std::string_view name, size_t longest) { return "'" + shown(name, longest) + "'"; }

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = character(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string in_quotes(const std::vector<std::string>& names) {
  constexpr size_t most = 20, enough = 400;
  std::string text;
  size_t i = 0;
  for (; i < names.size() && i < most && text.size() < enough; ++i)
    text += (i > 0 ? ", " : "") + in_quotes(names[i], longest_value);
  if (i < names.size()) text += " and " + std::to_string(names.size() - i) + " more";
  return names.empty() ? "nothing" : text;
}

std::string number_text(double value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace engine
