#include "datasets/png.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include "datasets/exif_orientation.h"
#include "datasets/zlib_stream.h"
#include "engine/files/in_quotes.h"

namespace datasets {
namespace {

constexpr std::string_view signature("\x89PNG\r\n\x1a\n", 8);

size_t byte_at(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }

uint32_t number(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(byte_at(bytes, at) << 24 | byte_at(bytes, at + 1) << 16 |
                               byte_at(bytes, at + 2) << 8 | byte_at(bytes, at + 3));
}

// Annex D of the standard: the polynomial 0xedb88320, bits reversed, ones before and after.
uint32_t crc32(std::string_view bytes) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> t{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
      t[i] = c;
    }
    return t;
  }();
  uint32_t c = 0xffffffffu;
  for (const char b : bytes) c = table[(c ^ static_cast<uint8_t>(b)) & 0xff] ^ (c >> 8);
  return c ^ 0xffffffffu;
}

// What IHDR says.
struct PngHeader {
  int64_t width = 0, height = 0;
  int depth = 0, colour = 0;  // bits of a value; 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha
  bool interlaced = false;

  int64_t values() const { return colour == 2 ? 3 : colour == 4 ? 2 : colour == 6 ? 4 : 1; }  // of a pixel
  int64_t row_bytes(int64_t pixels) const { return (pixels * values() * depth + 7) / 8; }
};

PngHeader png_header(std::string_view chunk) {
  if (chunk.size() != 13) throw std::runtime_error("is damaged: its IHDR chunk holds no 13 bytes");
  PngHeader h;
  h.width = number(chunk, 0), h.height = number(chunk, 4);
  h.depth = static_cast<int>(byte_at(chunk, 8)), h.colour = static_cast<int>(byte_at(chunk, 9));
  const bool byte_colours = h.colour == 2 || h.colour == 4 || h.colour == 6;
  const bool sound =
      (byte_colours && (h.depth == 8 || h.depth == 16)) ||
      ((h.colour == 0 || h.colour == 3) && (h.depth == 1 || h.depth == 2 || h.depth == 4 || h.depth == 8)) ||
      (h.colour == 0 && h.depth == 16);
  if (!sound || byte_at(chunk, 10) != 0 || byte_at(chunk, 11) != 0 || byte_at(chunk, 12) > 1)
    throw std::runtime_error("is damaged: its IHDR chunk names a kind of pixels that does not exist (" +
                             std::to_string(h.depth) + " bits, colour type " + std::to_string(h.colour) +
                             ")");
  h.interlaced = byte_at(chunk, 12) == 1;
  check_image_size(h.width, h.height, (h.colour == 3 ? 3 : h.values()) * (h.depth == 16 ? 2 : 1));
  return h;
}

struct Chunks {
  PngHeader header;
  std::string_view palette, exif;
  std::string packed;  // all IDAT chunks, one after the other
};

Chunks chunks_of(std::string_view contents) {
  Chunks found;
  bool first = true;
  for (size_t at = signature.size();;) {
    if (contents.size() - at < 12)
      throw std::runtime_error("is truncated: it ends before its last chunk, IEND; copy it again");
    const size_t length = number(contents, at);
    const std::string_view name = contents.substr(at + 4, 4);
    bool letters = true;
    for (const char c : name) letters = letters && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
    if (!letters)
      throw std::runtime_error("is damaged: at byte " + std::to_string(at) +
                               " a chunk begins whose name is no four letters; copy it again");
    const std::string chunk_name = "its " + std::string(name) + " chunk at byte " + std::to_string(at);
    if (length > contents.size() - at - 12)
      throw std::runtime_error("is truncated or damaged: " + chunk_name + " shall hold " +
                               std::to_string(length) + " bytes, and " +
                               std::to_string(contents.size() - at - 12) + " are left; copy it again");
    const std::string_view chunk = contents.substr(at + 8, length);
    if (number(contents, at + 8 + length) != crc32(contents.substr(at + 4, 4 + length)))
      throw std::runtime_error("is damaged: " + chunk_name + " does not agree with its checksum (CRC-32)" +
                               (name == "IHDR" && length >= 8
                                    ? " (it says " + std::to_string(number(chunk, 0)) + " x " +
                                          std::to_string(number(chunk, 4)) + " pixels)"
                                    : "") +
                               "; copy it again");
    at += 12 + length;
    if (first != (name == "IHDR"))
      throw std::runtime_error(name == "CgBI" ? "is a PNG of Apple's own kind (CgBI): save it as a usual PNG"
                               : first        ? "is damaged: its first chunk is not IHDR"
                                              : "is damaged: it holds a second IHDR chunk");
    first = false;
    if (name == "IHDR") {
      found.header = png_header(chunk);
    } else if (name == "PLTE") {
      if (chunk.empty() || chunk.size() % 3 != 0 || chunk.size() > 768 || !found.palette.empty() ||
          !found.packed.empty())
        throw std::runtime_error("is damaged: " + chunk_name + " is no palette, or in the wrong place");
      found.palette = chunk;
    } else if (name == "IDAT") {
      if (found.header.colour == 3 && found.palette.empty())
        throw std::runtime_error("is damaged: it has no palette (PLTE chunk) before its pixels");
      found.packed.append(chunk);
    } else if (name == "eXIf") {
      if (found.exif.empty()) found.exif = chunk;
    } else if (name == "IEND") {
      if (found.packed.empty()) throw std::runtime_error("is damaged: it holds no pixels (IDAT chunk)");
      return found;
    } else if (name[0] >= 'A' && name[0] <= 'Z') {  // a capital: it cannot be understood without this chunk
      throw std::runtime_error("cannot be read: " + chunk_name + " is of an unknown kind that must be known");
    }
  }
}

// Section 9.2: undoes a row's filter in place, from the row before (null: zeros).
void undo_filter(int filter, uint8_t* row, const uint8_t* before, int64_t count, int64_t step) {
  const auto left = [&](int64_t i) { return i >= step ? row[i - step] : 0; };
  const auto up = [&](int64_t i) { return before ? before[i] : 0; };
  switch (filter) {
    case 0:
      return;
    case 1:
      for (int64_t i = step; i < count; ++i) row[i] = static_cast<uint8_t>(row[i] + row[i - step]);
      return;
    case 2:
      if (before)
        for (int64_t i = 0; i < count; ++i) row[i] = static_cast<uint8_t>(row[i] + before[i]);
      return;
    case 3:
      for (int64_t i = 0; i < count; ++i) row[i] = static_cast<uint8_t>(row[i] + (left(i) + up(i)) / 2);
      return;
    case 4:
      for (int64_t i = 0; i < count; ++i) {
        const int a = left(i), b = up(i), c = before && i >= step ? before[i - step] : 0, p = a + b - c;
        const int to_a = std::abs(p - a), to_b = std::abs(p - b), to_c = std::abs(p - c);
        row[i] = static_cast<uint8_t>(row[i] + (to_a <= to_b && to_a <= to_c ? a : to_b <= to_c ? b : c));
      }
      return;
    default:
      throw std::runtime_error("is damaged: a row of its pixels has a filter that does not exist (" +
                               std::to_string(filter) + ")");
  }
}

// Every `dx`-th pixel from `x0` of every `dy`-th row from `y0`: the whole image, or one of seven passes.
struct Pass {
  int64_t x0, y0, dx, dy;
  int64_t width(const PngHeader& h) const { return h.width > x0 ? (h.width - x0 + dx - 1) / dx : 0; }
  int64_t height(const PngHeader& h) const { return h.height > y0 ? (h.height - y0 + dy - 1) / dy : 0; }
  int64_t bytes(const PngHeader& h) const {
    return width(h) == 0 ? 0 : height(h) * (1 + h.row_bytes(width(h)));  // a byte names each row's filter
  }
};

constexpr std::array<Pass, 1> whole = {{{0, 0, 1, 1}}};
constexpr std::array<Pass, 7> adam7 = {
    {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}};

// Puts one row's values where they belong.
void place_row(const PngHeader& h, std::string_view palette, const uint8_t* row, int64_t y, const Pass& pass,
               Image& image) {
  const int64_t values = h.values(), count = pass.width(h);
  for (int64_t i = 0; i < count; ++i) {
    const auto to = static_cast<size_t>((y * h.width + pass.x0 + i * pass.dx) * image.channels);
    if (h.depth == 16) {
      const uint8_t* value = row + 2 * values * i;
      for (int64_t c = 0; c < values; ++c)
        image.deep_pixels[to + static_cast<size_t>(c)] =
            static_cast<uint16_t>(value[2 * c] << 8 | value[2 * c + 1]);
    } else if (h.depth == 8 && h.colour != 3) {
      for (int64_t c = 0; c < values; ++c) image.pixels[to + static_cast<size_t>(c)] = row[values * i + c];
    } else {  // one value of 1 to 8 bits, the first in the highest ones
      const int64_t bit = i * h.depth;
      const int value = row[bit / 8] >> (8 - h.depth - bit % 8) & ((1 << h.depth) - 1);
      if (h.colour == 0) {
        image.pixels[to] = static_cast<uint8_t>(value * (255 / ((1 << h.depth) - 1)));
        continue;
      }
      const auto entry = static_cast<size_t>(3 * value);
      if (entry >= palette.size())
        throw std::runtime_error("is damaged: a pixel has colour " + std::to_string(value) +
                                 " of a palette of " + std::to_string(palette.size() / 3));
      for (size_t c = 0; c < 3; ++c) image.pixels[to + c] = static_cast<uint8_t>(palette[entry + c]);
    }
  }
}

}  // namespace

bool is_png(std::string_view head) { return head.starts_with(signature); }

Image decode_png(std::string_view contents) {
  const Chunks chunks = chunks_of(contents);
  const PngHeader& h = chunks.header;
  const Pass* const passes = h.interlaced ? adam7.data() : whole.data();
  const size_t pass_count = h.interlaced ? adam7.size() : whole.size();
  int64_t size = 0;
  for (size_t p = 0; p < pass_count; ++p) size += passes[p].bytes(h);
  std::string rows = unpack_zlib_stream(chunks.packed, static_cast<size_t>(size));

  Image image{h.height, h.width, h.colour == 3 ? 3 : h.values(), {}};
  const auto count = static_cast<size_t>(image.height * image.width * image.channels);
  if (h.depth == 16)
    image.deep_pixels.resize(count), image.maximum = 65535;
  else
    image.pixels.resize(count);
  const int64_t step = std::max<int64_t>(1, h.values() * h.depth / 8);
  auto* at = reinterpret_cast<uint8_t*>(rows.data());
  for (size_t p = 0; p < pass_count; ++p) {
    const Pass& pass = passes[p];
    if (pass.bytes(h) == 0) continue;
    const int64_t row_bytes = h.row_bytes(pass.width(h));
    const uint8_t* before = nullptr;
    for (int64_t y = 0; y < pass.height(h); ++y) {
      undo_filter(at[0], at + 1, before, row_bytes, step);
      place_row(h, chunks.palette, at + 1, pass.y0 + y * pass.dy, pass, image);
      before = at + 1;
      at += 1 + row_bytes;
    }
  }
  return turned(std::move(image), exif_orientation(chunks.exif));
}

}  // namespace datasets
