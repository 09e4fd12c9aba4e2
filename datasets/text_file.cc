#include "datasets/text_file.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "datasets/packed_file.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;
using engine::in_quotes;

// Text packs ten to one, and a gigabyte of the same row a thousand to one.
constexpr size_t always_unpacked = size_t{1} << 30, most_per_byte = 100;

std::string unpacked_text(const fs::path& path) {
  constexpr size_t piece = size_t{1} << 20;
  PackedFile file(path);
  const auto stored = static_cast<size_t>(fs::file_size(path));
  std::string text;
  for (bool more = true; more;) {
    const size_t there = text.size();
    if (there > always_unpacked && there / most_per_byte > stored)
      throw std::runtime_error(
          in_quotes(path) + " unpacks to more than " + std::to_string(most_per_byte) +
          " times its size and a gigabyte: if that is meant, unpack it first (gunzip -k)");
    if (there > engine::most_file_bytes())
      throw std::runtime_error(in_quotes(path) + " unpacks to more than this machine's memory holds");
    const size_t wanted = std::max(piece, there / 2);
    text.resize(there + wanted);
    const size_t got = file.read(reinterpret_cast<uint8_t*>(text.data()) + there, wanted);
    text.resize(there + got);
    more = got == wanted;
  }
  return text;
}

void append_utf8(uint32_t code, std::string& text) {
  const auto add = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | code >> 6), add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | code >> 12), add(0x80 | (code >> 6 & 0x3f)), add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | code >> 18), add(0x80 | (code >> 12 & 0x3f)), add(0x80 | (code >> 6 & 0x3f)),
        add(0x80 | (code & 0x3f));
  }
}

}  // namespace

bool is_utf16(std::string_view bytes) {
  if (bytes.starts_with(std::string_view("\xff\xfe\0\0", 4))) return false;  // UTF-32
  return bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff");
}

std::string utf8_of_utf16(std::string_view bytes, const std::string& source) {
  const bool little = bytes.starts_with("\xff\xfe");
  const auto refuse = [&](size_t at, const std::string& what) {
    throw std::runtime_error(source + " is damaged UTF-16 text (" + what + " at byte " + std::to_string(at) +
                             "): save it as CSV in UTF-8");
  };
  if (bytes.size() % 2 != 0) refuse(bytes.size() - 1, "half a character");
  const auto unit = [&](size_t at) {
    const uint32_t first = static_cast<uint8_t>(bytes[at]), second = static_cast<uint8_t>(bytes[at + 1]);
    return little ? second << 8 | first : first << 8 | second;
  };
  std::string text;
  text.reserve(bytes.size() / 2);
  for (size_t at = 2; at < bytes.size(); at += 2) {  // behind the mark
    if (at % (size_t{1} << 20) == 0) engine::check_stop();
    uint32_t code = unit(at);
    if (code >= 0xd800 && code < 0xe000) {
      const uint32_t low = code < 0xdc00 && at + 2 < bytes.size() ? unit(at + 2) : 0;
      if (low < 0xdc00 || low >= 0xe000) refuse(at, "half of a pair");
      code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
      at += 2;
    }
    append_utf8(code, text);
  }
  return text;
}

std::string read_text_file(const fs::path& path) {
  const bool packed = engine::beginning_of(path, 2).starts_with("\x1f\x8b");
  std::string text = packed ? unpacked_text(path) : engine::read_file(path);
  return is_utf16(text) ? utf8_of_utf16(text, in_quotes(path)) : text;
}

}  // namespace datasets
