#include "datasets/png.h"

#include <gtest/gtest.h>

#include "tests/datasets/image_bytes.h"
#include "tests/datasets/scratch.h"

namespace {

using datasets::decode_image, datasets::Image;
using image_bytes::chunk, image_bytes::pattern, image_bytes::png, image_bytes::png_of, image_bytes::PngParts,
    image_bytes::zlib_stored;
using scratch::contains, scratch::error_of;

std::string png_error(const std::string& bytes) {
  return error_of<std::runtime_error>([&] { decode_image(bytes); });
}

std::string png_bytes(std::initializer_list<int> bytes) {
  std::string s;
  for (const int b : bytes) s += static_cast<char>(b);
  return s;
}

TEST(Png, EveryDepthOfGrey) {
  const auto grey = [](int depth, uint32_t width, const std::string& row) {
    return decode_image(png_of({.width = width, .depth = depth, .rows = '\0' + row}));
  };
  EXPECT_EQ(grey(1, 9, png_bytes({0xa0, 0x80})).pixels,
            (std::vector<uint8_t>{255, 0, 255, 0, 0, 0, 0, 0, 255}));
  EXPECT_EQ(grey(2, 5, png_bytes({0x1b, 0x40})).pixels, (std::vector<uint8_t>{0, 85, 170, 255, 85}));
  EXPECT_EQ(grey(4, 3, png_bytes({0x0f, 0x10})).pixels, (std::vector<uint8_t>{0, 255, 17}));
  EXPECT_EQ(grey(8, 2, png_bytes({7, 200})).pixels, (std::vector<uint8_t>{7, 200}));
  const Image deep = grey(16, 3, png_bytes({0x0f, 0xff, 0x00, 0x01, 0xff, 0xff}));
  EXPECT_TRUE(deep.pixels.empty());
  EXPECT_EQ(deep.deep_pixels, (std::vector<uint16_t>{4095, 1, 65535}));
  EXPECT_EQ(deep.plane(0, 1), (std::vector<float>{4095 / 65535.0f, 1 / 65535.0f, 1}));
  EXPECT_EQ(deep.largest_value(), 65535);
}

TEST(Png, SixteenBitsOfColourKeepTheirPrecision) {
  const Image image = decode_image(png_of(
      {.depth = 16, .colour = 6, .rows = png_bytes({0, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xff, 0xff})}));
  EXPECT_EQ(image.channels, 4);
  EXPECT_EQ(image.plane(1, 3)[0], 0x0304 / 65535.0f);
  EXPECT_NEAR(image.plane(0, 1)[0], (0.299 * 0x0102 + 0.587 * 0x0304 + 0.114 * 0x0506) / 65535, 1e-8);
  EXPECT_TRUE(image.has_colour());
  EXPECT_EQ(image.largest_value(), 0x0506);  // not that of alpha
  // What is 8 bits twice over is the same number as those 8 bits.
  for (int level = 0; level < 256; ++level) {
    const Image twice = decode_image(png_of({.depth = 16, .rows = png_bytes({0, level, level})}));
    EXPECT_EQ(twice.plane(0, 1)[0], static_cast<float>(level) / 255.0f);
  }
}

TEST(Png, Palettes) {
  const std::string palette = chunk("PLTE", png_bytes({1, 2, 3, 10, 20, 30}));
  const Image image = decode_image(png_of({.width = 3,
                                           .depth = 1,
                                           .colour = 3,
                                           .before = palette + chunk("tRNS", png_bytes({9})),
                                           .rows = png_bytes({0, 0x40})}));
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{1, 2, 3, 10, 20, 30, 1, 2, 3}));
  EXPECT_TRUE(contains(
      png_error(
          png_of({.width = 2, .depth = 8, .colour = 3, .before = palette, .rows = png_bytes({0, 1, 2})})),
      "a pixel has colour 2 of a palette of 2"));
  EXPECT_TRUE(
      contains(png_error(png_of({.depth = 8, .colour = 3, .rows = png_bytes({0, 1})})), "has no palette"));
  EXPECT_TRUE(contains(
      png_error(png_of({.depth = 8, .colour = 3, .before = chunk("PLTE", "ab"), .rows = png_bytes({0, 1})})),
      "PLTE"));
}

TEST(Png, FiltersUndoWhatTheyDid) {
  // Rows 10 20 30 / 12 25 33 / 11 24 31 / 15 26 35 / 16 25 37, each by another filter (9.2 of the standard).
  const Image image = decode_image(
      png_of({.width = 3, .height = 5, .rows = png_bytes({1, 10,      10,      10,       // left
                                                          2, 2,       5,       3,        // up
                                                          3, 11 - 6,  24 - 18, 31 - 28,  // mean of both
                                                          4, 15 - 11, 26 - 24, 35 - 31,  // Paeth
                                                          0, 16,      25,      37})}));
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{10, 20, 30, 12, 25, 33, 11, 24, 31, 15, 26, 35, 16, 25, 37}));
  EXPECT_TRUE(contains(png_error(png_of({.rows = png_bytes({5, 1})})), "a filter that does not exist (5)"));
}

TEST(Png, InterlacedIsTheSamePicture) {
  for (const uint32_t width : {1u, 2u, 5u, 9u})
    for (const uint32_t height : {1u, 3u, 8u, 11u}) {
      std::string plain, passes;
      const auto level = [&](uint32_t y, uint32_t x) { return static_cast<char>(y * 16 + x * 3 + 1); };
      for (uint32_t y = 0; y < height; ++y) {
        plain += '\0';
        for (uint32_t x = 0; x < width; ++x) plain += level(y, x);
      }
      constexpr uint32_t adam7[7][4] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                        {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
      for (const auto& pass : adam7)
        for (uint32_t y = pass[1]; y < height && pass[0] < width; y += pass[3]) {
          passes += '\0';
          for (uint32_t x = pass[0]; x < width; x += pass[2]) passes += level(y, x);
        }
      EXPECT_EQ(
          decode_image(png_of({.width = width, .height = height, .rows = plain})).pixels,
          decode_image(png_of({.width = width, .height = height, .interlace = 1, .rows = passes})).pixels);
    }
}

TEST(Png, PackedPixels) {  // stb_image_write packs with fixed codes; the blocks here are stored
  std::vector<uint8_t> flat(120 * 90 * 3, 17);
  flat[5000] = 200;
  EXPECT_EQ(decode_image(png(120, 90, 3, flat)).pixels, flat);
  // Blocks with a code of their own, by zlib: 64 x 64, value (x * y) mod 7 * 30.
  EXPECT_TRUE(contains(png_error(png_of({.width = 2, .rows = png_bytes({0, 1})})),
                       "is truncated: it holds 2 of the 3 bytes"));
  EXPECT_EQ(decode_image(png_of({.rows = png_bytes({0, 1, 0, 0, 0})})).pixels,
            std::vector<uint8_t>{1});  // and more
  const std::string rows = png_bytes({0, 1});
  std::string in_pieces = png_of({.rows = rows});
  const std::string whole = chunk("IDAT", zlib_stored(rows)), stream = zlib_stored(rows);
  in_pieces.replace(in_pieces.find(whole), whole.size(),
                    chunk("IDAT", stream.substr(0, 1)) + chunk("IDAT", "") + chunk("IDAT", stream.substr(1)));
  EXPECT_EQ(decode_image(in_pieces).pixels, std::vector<uint8_t>{1});
}

TEST(Png, ChecksumsAreCompared) {
  const std::string sound = png(7, 5, 3, pattern(7, 5, 3));
  ASSERT_NO_THROW(decode_image(sound));
  for (const char* name : {"IHDR", "IDAT", "IEND"}) {
    std::string damaged = sound;
    const size_t at = damaged.find(name);
    damaged[at + 4 + (std::string(name) == "IDAT" ? 30 : 0)] ^= 1;
    EXPECT_TRUE(contains(png_error(damaged), "its " + std::string(name) + " chunk")) << name;
    EXPECT_TRUE(contains(png_error(damaged), "checksum (CRC-32)")) << name;
  }
  EXPECT_TRUE(contains(png_error(png_of({.rows = png_bytes({0, 1})}, 1)), "checksum (Adler-32)"));
  std::string text_chunk = png_of({.before = chunk("tEXt", "a comment"), .rows = png_bytes({0, 1})});
  EXPECT_NO_THROW(decode_image(text_chunk));
  text_chunk[text_chunk.find("comment")] = 'k';
  EXPECT_TRUE(contains(png_error(text_chunk), "its tEXt chunk"));
}

TEST(Png, WhatIsWrongWithTheChunksIsSaid) {
  const std::string sound = png_of({.rows = png_bytes({0, 1})});
  EXPECT_TRUE(contains(png_error(sound.substr(0, sound.size() - 12)), "ends before its last chunk, IEND"));
  EXPECT_TRUE(contains(png_error(sound.substr(0, 50)), "IDAT chunk at byte 33"));
  std::string strange = sound;
  strange.replace(strange.find("IDAT"), 4, std::string("\1\2\3\4"));
  EXPECT_TRUE(contains(png_error(strange), "at byte 33 a chunk begins whose name is no four letters"));
  EXPECT_TRUE(contains(png_error(png_of({.before = chunk("ABCD", "x"), .rows = png_bytes({0, 1})})),
                       "its ABCD chunk"));
  EXPECT_TRUE(contains(png_error("\x89PNG\r\n\x1a\n" + chunk("CgBI", "1234") + chunk("IEND", "")), "Apple"));
  EXPECT_TRUE(contains(png_error("\x89PNG\r\n\x1a\n" + chunk("IEND", "")), "first chunk is not IHDR"));
  EXPECT_TRUE(contains(png_error(png_of({.depth = 3, .rows = png_bytes({0, 1})})), "3 bits, colour type 0"));
  EXPECT_TRUE(contains(png_error(png_of({.colour = 5, .rows = png_bytes({0, 1})})), "8 bits, colour type 5"));
  EXPECT_TRUE(contains(png_error(png_of({.width = 0, .rows = png_bytes({0, 1})})), "0 x 1 pixels"));
}

TEST(Png, ABombIsRefusedBeforeMemoryIsTaken) {
  EXPECT_TRUE(
      contains(png_error(png_of({.width = 8192, .height = 8192, .rows = png_bytes({0, 1})})), "cannot hold"));
  EXPECT_TRUE(contains(png_error(png_of({.width = 1 << 20, .height = 1 << 20, .rows = png_bytes({0, 1})})),
                       "scale it down"));
  EXPECT_TRUE(contains(
      png_error(png_of({.width = 8192, .height = 8192, .depth = 16, .colour = 6, .rows = png_bytes({0, 1})})),
      "pixels of 8 bytes"));
}

}  // namespace
