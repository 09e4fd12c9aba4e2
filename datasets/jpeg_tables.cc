#include "datasets/jpeg_tables.h"

#include <cstddef>
#include <cstdint>

namespace datasets {
namespace {

constexpr uint8_t huffman_tables = 0xc4, start_of_image = 0xd8, end_of_image = 0xd9;

// Markers that stand alone: a stuffed zero, TEM, the restarts, SOI. All others are followed by a length and a
// payload.
bool stands_alone(uint8_t marker) { return marker <= 0x01 || (marker >= 0xd0 && marker <= start_of_image); }

size_t byte(std::string_view contents, size_t at) {
  return at < contents.size() ? static_cast<uint8_t>(contents[at]) : 0;
}

// The tables in [at, end): each a byte of kind, 16 numbers of codes, and as many symbols as codes. One that
// goes on beyond the end is read there, as the decoder does before it complains.
bool are_sound(std::string_view contents, size_t at, size_t end) {
  while (at < end) {
    size_t codes = 0;
    for (size_t length = 1; length <= 16; ++length) codes += byte(contents, at + length);
    if (codes > 256) return false;
    at += 17 + codes;
  }
  return true;
}

}  // namespace

bool jpeg_tables_are_sound(std::string_view contents) {
  if (byte(contents, 0) != 0xff || byte(contents, 1) != start_of_image) return true;
  size_t at = 2;
  while ((at = contents.find('\xff', at)) != std::string_view::npos) {
    while (byte(contents, at) == 0xff) ++at;
    const uint8_t marker = static_cast<uint8_t>(byte(contents, at++));
    if (marker == end_of_image) break;
    if (stands_alone(marker)) continue;
    const size_t length = byte(contents, at) << 8 | byte(contents, at + 1);  // of itself and the payload
    if (marker == huffman_tables && !are_sound(contents, at + 2, at + length)) return false;
    at += length;
  }
  return true;
}

}  // namespace datasets
