#include "datasets/bmp.h"

#include <gtest/gtest.h>

#include "tests/datasets/image_bytes.h"
#include "tests/datasets/scratch.h"

namespace {

using datasets::decode_image, datasets::Image;
using image_bytes::little_endian;
using scratch::contains, scratch::error_of;

struct BmpParts {
  int64_t width = 1, height = 1;
  int bits = 24, compression = 0;
  std::string masks = "", palette = "", pixels = "";
  int64_t offset = -1;  // of the pixels; below 0: where they are
};

std::string bmp_of(const BmpParts& p) {
  const auto n = [](int64_t value, int bytes) { return little_endian(static_cast<uint64_t>(value), bytes); };
  const int64_t offset =
      p.offset >= 0 ? p.offset : 54 + static_cast<int64_t>(p.masks.size() + p.palette.size());
  return "BM" + n(0, 8) + n(offset, 4) + n(40, 4) + n(p.width, 4) + n(p.height, 4) + n(1, 2) + n(p.bits, 2) +
         n(p.compression, 4) + n(0, 20) + p.masks + p.palette + p.pixels;
}

std::string error_for(const BmpParts& p) {
  return error_of<std::runtime_error>([&] { decode_image(bmp_of(p)); });
}

std::string text(std::initializer_list<int> bytes) {
  std::string s;
  for (const int b : bytes) s += static_cast<char>(b);
  return s;
}

using Pixels = std::vector<uint8_t>;

TEST(Bmp, PalettesOfOneToEightBits) {
  const std::string palette = text({3, 2, 1, 0, 30, 20, 10, 0});  // blue, green, red and nothing
  EXPECT_EQ(decode_image(bmp_of({.width = 3, .bits = 1, .palette = palette, .pixels = text({0x40, 0, 0, 0})}))
                .pixels,
            (Pixels{1, 2, 3, 10, 20, 30, 1, 2, 3}));
  EXPECT_EQ(
      decode_image(bmp_of({.width = 3, .bits = 4, .palette = palette, .pixels = text({0x10, 0x10})})).pixels,
      (Pixels{10, 20, 30, 1, 2, 3, 10, 20, 30}));
  EXPECT_EQ(
      decode_image(bmp_of({.width = 2, .bits = 8, .palette = palette, .pixels = text({1, 0, 0, 0})})).pixels,
      (Pixels{10, 20, 30, 1, 2, 3}));
  EXPECT_TRUE(contains(error_for({.bits = 8, .palette = palette, .pixels = text({2, 0, 0, 0})}),
                       "colour 2 of a palette of 2"));
  EXPECT_TRUE(contains(error_for({.bits = 8, .pixels = text({0, 0, 0, 0})}), "a palette of 0"));
}

TEST(Bmp, RowsFromBelowAndFromAbove) {
  const std::string rows = text({3, 2, 1, 0, 6, 5, 4, 0});
  EXPECT_EQ(decode_image(bmp_of({.height = 2, .pixels = rows})).pixels, (Pixels{4, 5, 6, 1, 2, 3}));
  EXPECT_EQ(decode_image(bmp_of({.height = -2, .pixels = rows})).pixels, (Pixels{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(decode_image(bmp_of({.height = 2, .pixels = rows.substr(0, 7)})).pixels,
            (Pixels{4, 5, 6, 1, 2, 3}));
}

TEST(Bmp, SixteenAndThirtyTwoBits) {
  EXPECT_EQ(
      decode_image(
          bmp_of({.width = 2, .bits = 16, .pixels = little_endian(0x7c1f, 2) + little_endian(0x0200, 2)}))
          .pixels,
      (Pixels{255, 0, 255, 0, 132, 0}));  // 10000 spread to 10000100
  const std::string masks = little_endian(0xf800, 4) + little_endian(0x07e0, 4) + little_endian(0x001f, 4);
  EXPECT_EQ(
      decode_image(bmp_of({.bits = 16, .compression = 3, .masks = masks, .pixels = little_endian(0x0420, 2)}))
          .pixels,
      (Pixels{0, 134, 0}));  // 100001 spread to 10000110
  EXPECT_EQ(decode_image(bmp_of({.bits = 32, .pixels = text({3, 2, 1, 0})})).pixels, (Pixels{1, 2, 3}));
  const std::string odd = little_endian(0x5, 4) + little_endian(0x07e0, 4) + little_endian(0x001f, 4);
  EXPECT_TRUE(
      contains(error_for({.bits = 16, .compression = 3, .masks = odd, .pixels = "ab"}), "neighbours"));
}

TEST(Bmp, WhatIsWrongIsSaid) {
  EXPECT_TRUE(contains(error_for({.bits = 8, .compression = 1, .pixels = "abcd"}), "run-length encoded"));
  EXPECT_TRUE(contains(error_for({.bits = 2, .pixels = "abcd"}), "2 bits a pixel"));
  EXPECT_TRUE(contains(error_for({.bits = 24, .compression = 5, .pixels = "abcd"}), "compression 5"));
  EXPECT_TRUE(
      contains(error_for({.width = 10, .pixels = "abcd"}), "is truncated: it holds 4 of the 30 bytes"));
  EXPECT_TRUE(contains(error_for({.width = -1, .pixels = "abcd"}), "-1 x 1 pixels"));
  EXPECT_TRUE(contains(error_for({.width = 1 << 30, .height = 1 << 30, .pixels = "abcd"}), "scale it down"));
  EXPECT_TRUE(contains(error_for({.height = -2147483648LL, .pixels = "abcd"}), "scale it down"));
  EXPECT_TRUE(contains(error_for({.pixels = "abcd", .offset = 20}),
                       "its pixels begin at byte 20, expected 54 to 58"));
  EXPECT_TRUE(
      contains(error_for({.pixels = "abcd", .offset = 0x7fffffff}), "its pixels begin at byte 2147483647"));
}

}  // namespace
