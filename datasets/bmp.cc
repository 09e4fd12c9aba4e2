#include "datasets/bmp.h"

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>
#include <string>

namespace datasets {
namespace {

size_t byte(std::string_view bytes, size_t at) { return static_cast<uint8_t>(bytes[at]); }
uint32_t two(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(byte(bytes, at) | byte(bytes, at + 1) << 8);
}
uint32_t four(std::string_view bytes, size_t at) { return two(bytes, at) | two(bytes, at + 2) << 16; }

constexpr size_t file_header = 14;  // the header of the picture follows, and begins with its own size

[[noreturn]] void refuse(const std::string& why) { throw std::runtime_error(why); }
[[noreturn]] void refuse_bmp_kind(const std::string& kind, const std::string& why) {
  throw ImageKindNotRead(kind, "cannot be read: " + why);
}

// One colour's bits in a pixel, together and at most 8.
class Mask {
 public:
  explicit Mask(uint32_t mask) : mask_(mask) {
    shift_ = mask == 0 ? 0 : std::countr_zero(mask);
    bits_ = std::popcount(mask);
    if (bits_ < 1 || bits_ > 8 || mask >> shift_ != (1u << bits_) - 1)
      refuse_bmp_kind("BMP of unusual colours", "one of its colours has the bits " + std::to_string(mask) +
                                                    " of a pixel, expected 1 to 8 neighbours");
  }
  // Its value with its bits repeated until there are 8, so that all ones are 255.
  uint8_t of(uint32_t pixel) const {
    const uint32_t value = ((pixel & mask_) >> shift_) << (8 - bits_);
    uint32_t spread = value;
    for (int done = bits_; done < 8; done += bits_) spread |= value >> done;
    return static_cast<uint8_t>(spread);
  }

 private:
  uint32_t mask_;
  int shift_, bits_;
};

struct BitmapHeader {
  int64_t width = 0, height = 0;
  bool top_down = false;
  size_t size = 0, pixels_at = 0;
  uint32_t bits = 0, compression = 0;

  int64_t row_bytes() const { return (width * bits + 7) / 8; }
  int64_t stride() const { return (row_bytes() + 3) / 4 * 4; }
};

BitmapHeader bitmap_header(std::string_view contents) {
  BitmapHeader h;
  const auto need = [&](size_t size) {
    if (contents.size() < size) refuse("is truncated: it ends within its header; copy it again");
  };
  need(file_header + 12);
  h.pixels_at = four(contents, 10);
  h.size = four(contents, file_header);
  need(file_header + h.size);
  const bool old = h.size == 12;  // of OS/2
  if (old) {
    h.width = two(contents, 18), h.height = two(contents, 20);
    h.bits = two(contents, 24);
  } else {
    h.width = static_cast<int32_t>(four(contents, 18)), h.height = static_cast<int32_t>(four(contents, 22));
    h.bits = two(contents, 28), h.compression = four(contents, 30);
  }
  h.top_down = h.height < 0;
  if (h.top_down) h.height = -h.height;
  check_image_size(h.width, h.height, 3);
  if (h.compression == 1 || h.compression == 2)
    refuse_bmp_kind("run-length encoded BMP",
                    "it is run-length encoded; save it without compression, or as PNG");
  constexpr std::array<uint32_t, 6> known = {1, 4, 8, 16, 24, 32};
  const bool masks = h.compression == 3;
  if (std::find(known.begin(), known.end(), h.bits) == known.end() || (h.compression != 0 && !masks) ||
      (masks && h.bits != 16 && h.bits != 32))
    refuse_bmp_kind("packed BMP", "it has " + std::to_string(h.bits) + " bits a pixel and compression " +
                                      std::to_string(h.compression) + "; save it as PNG");
  const size_t header_end = file_header + h.size + (masks && h.size == 40 ? 12 : 0);
  if (h.pixels_at < header_end || h.pixels_at > contents.size())
    refuse("is damaged: its pixels begin at byte " + std::to_string(h.pixels_at) + ", expected " +
           std::to_string(header_end) + " to " + std::to_string(contents.size()));
  // The last row may do without its padding.
  const int64_t needed = h.stride() * (h.height - 1) + h.row_bytes();
  const auto there = static_cast<int64_t>(contents.size() - h.pixels_at);
  if (needed > there)
    refuse("is truncated: it holds " + std::to_string(there) + " of the " + std::to_string(needed) +
           " bytes of its pixels; copy it again");
  return h;
}

}  // namespace

bool is_bmp(std::string_view head) {
  if (!head.starts_with("BM") || head.size() < file_header + 4) return false;
  constexpr std::array<uint32_t, 7> sizes = {12, 40, 52, 56, 64, 108, 124};
  const uint32_t size = four(head, file_header);
  const size_t planes = file_header + (size == 12 ? 8 : 12);
  return std::find(sizes.begin(), sizes.end(), size) != sizes.end() &&
         (head.size() < planes + 2 || two(head, planes) == 1);
}

Image decode_bmp(std::string_view contents) {
  const BitmapHeader h = bitmap_header(contents);
  Image image{h.height, h.width, 3, {}};
  image.pixels.resize(static_cast<size_t>(h.width * h.height * 3));
  const auto for_each_pixel = [&](auto paint) {  // paint(row's first byte, column, the three values)
    for (int64_t y = 0; y < h.height; ++y) {
      const size_t row = h.pixels_at + static_cast<size_t>(h.stride() * (h.top_down ? y : h.height - 1 - y));
      uint8_t* to = image.pixels.data() + y * h.width * 3;
      for (int64_t x = 0; x < h.width; ++x, to += 3) paint(row, static_cast<size_t>(x), to);
    }
  };
  if (h.bits <= 8) {
    const size_t entry_size = h.size == 12 ? 3 : 4, palette = file_header + h.size;
    const size_t entries = std::min<size_t>((h.pixels_at - palette) / entry_size, size_t{1} << h.bits);
    for_each_pixel([&](size_t row, size_t x, uint8_t* to) {
      const size_t bit = x * h.bits;
      const size_t colour = byte(contents, row + bit / 8) >> (8 - h.bits - bit % 8) & ((1u << h.bits) - 1);
      if (colour >= entries)
        refuse("is damaged: a pixel has colour " + std::to_string(colour) + " of a palette of " +
               std::to_string(entries));
      const size_t entry = palette + colour * entry_size;
      for (size_t c = 0; c < 3; ++c) to[c] = static_cast<uint8_t>(byte(contents, entry + 2 - c));
    });
  } else if (h.bits == 24) {
    for_each_pixel([&](size_t row, size_t x, uint8_t* to) {
      for (size_t c = 0; c < 3; ++c) to[c] = static_cast<uint8_t>(byte(contents, row + 3 * x + 2 - c));
    });
  } else {
    const bool wide = h.bits == 32, own = h.compression == 3;
    const size_t masks = file_header + 40;
    const Mask red(own    ? four(contents, masks)
                   : wide ? 0xff0000u
                          : 0x7c00u),
        green(own    ? four(contents, masks + 4)
              : wide ? 0xff00u
                     : 0x3e0u),
        blue(own    ? four(contents, masks + 8)
             : wide ? 0xffu
                    : 0x1fu);
    for_each_pixel([&](size_t row, size_t x, uint8_t* to) {
      const uint32_t pixel = wide ? four(contents, row + 4 * x) : two(contents, row + 2 * x);
      to[0] = red.of(pixel), to[1] = green.of(pixel), to[2] = blue.of(pixel);
    });
  }
  return image;
}

}  // namespace datasets
