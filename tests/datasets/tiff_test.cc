// TIFF: each kind of pixels that is read, to the value, and each that is not, by its message.
#include "datasets/tiff.h"

#include <gtest/gtest.h>

#include "datasets/exif_orientation.h"
#include "datasets/image_file.h"
#include "datasets/image_folder.h"
#include "tests/datasets/image_bytes.h"
#include "tests/datasets/scratch.h"
#include "tests/datasets/tiff_bytes.h"

namespace tiff_test {

using datasets::Image;
using scratch::contains, scratch::error_of;
using tiff_bytes::by_hand;

TEST(Tiff, IsToldByItsFirstBytes) {
  EXPECT_TRUE(datasets::is_tiff(by_hand({})));
  for (const char* mark : {"MM\0*", "MM\0+"}) EXPECT_TRUE(datasets::is_tiff(std::string(mark, 4)));
  EXPECT_TRUE(datasets::is_tiff(std::string("II+\0", 4)));
  for (const char* other : {"II", "II*1", "MM*", "IIxyz"}) EXPECT_FALSE(datasets::is_tiff(other)) << other;
}

#if !SVDD_HAVE_TIFF

TEST(Tiff, WithoutLibtiffTheMessageNamesThePackage) {
  scratch::Folder folder;
  scratch::write(folder / "a.tif", by_hand({}));
  EXPECT_TRUE(contains(error_of([&] { datasets::read_image(folder / "a.tif"); }),
                       "a TIFF file: install Debian's libtiff-dev and build svdd again, or convert it"));
  EXPECT_TRUE(contains(error_of([&] { datasets::images_in(folder.path()); }),
                       "found 1 .tif; .tif: install Debian's libtiff-dev and build svdd again"));
}

#else

using tiff_bytes::of, tiff_bytes::Picture;

std::string as_text(const std::vector<uint8_t>& values) { return {values.begin(), values.end()}; }
std::string bytes_of(int count, int step = 37) {
  std::string text;
  for (int i = 0; i < count; ++i) text += static_cast<char>(i * step + i / 11);
  return text;
}
Image decoded(const std::vector<Picture>& pages, const char* mode = "w") {
  return datasets::decode_image(of(pages, mode));
}

TEST(Tiff, GreyAndRgbInStripsTilesAndPlanes) {
  for (const int compression :
       {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_ADOBE_DEFLATE, COMPRESSION_PACKBITS})
    for (const int samples : {1, 3})
      for (const int tile : {0, 16})
        for (const char* mode : {"wl", "wb", "w8"}) {
          const std::string pixels = bytes_of(21 * 19 * samples);
          const Image image =
              decoded({{.height = 21,
                        .width = 19,
                        .samples = samples,
                        .photometric = samples == 1 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB,
                        .compression = compression,
                        .tile = tile,
                        .pixels = pixels}},
                      mode);
          EXPECT_EQ(image.height, 21);
          EXPECT_EQ(image.width, 19);
          ASSERT_EQ(image.channels, samples);
          EXPECT_EQ(as_text(image.pixels), pixels) << compression << ' ' << tile << ' ' << mode;
          EXPECT_FALSE(image.more_pages);
        }
}

TEST(Tiff, PlanesAreWovenTogether) {
  for (const int tile : {0, 16}) {
    const std::string pixels = bytes_of(3 * 4 * 5);
    const Image image = decoded(
        {{.samples = 3, .photometric = PHOTOMETRIC_RGB, .tile = tile, .planes = true, .pixels = pixels}});
    ASSERT_EQ(image.pixels.size(), 60u);
    for (size_t i = 0; i < 60; ++i)
      EXPECT_EQ(image.pixels[i], static_cast<uint8_t>(pixels[i % 3 * 20 + i / 3])) << i;
  }
}

TEST(Tiff, AlphaIsLeftOut) {
  EXPECT_EQ(as_text(decoded({{.height = 1, .width = 2, .samples = 2, .pixels = "aAbB"}}).pixels), "ab");
  const Picture rgba{
      .height = 1, .width = 2, .samples = 4, .photometric = PHOTOMETRIC_RGB, .pixels = "abcAdefD"};
  EXPECT_EQ(as_text(decoded({rgba}).pixels), "abcdef");
}

TEST(Tiff, SixteenBitsAndTwelveStay) {
  const uint16_t values[] = {0, 1, 255, 256, 40000, 65535};
  const Image image = decoded({{.height = 2,
                                .width = 3,
                                .bits = 16,
                                .pixels = std::string(reinterpret_cast<const char*>(values), 12)}});
  EXPECT_EQ(image.maximum, 65535);
  EXPECT_EQ(image.deep_pixels, std::vector<uint16_t>(values, values + 6));
  EXPECT_EQ(image.plane(0, 1)[5], 1.0f);
  // Two values of twelve bits in three bytes.
  const Image twelve = datasets::decode_image(
      by_hand({.width = 2, .height = 1, .bits = 12, .pixels = std::string("\xff\xf0\x01", 3)}));
  EXPECT_EQ(twelve.maximum, 4095);
  EXPECT_EQ(twelve.deep_pixels, (std::vector<uint16_t>{4095, 1}));
}

TEST(Tiff, FewBitsAreSpread) {
  EXPECT_EQ(
      datasets::decode_image(by_hand({.width = 3, .height = 2, .bits = 4, .pixels = "\x0f\x10\xf0\x20"}))
          .pixels,
      (std::vector<uint8_t>{0, 255, 17, 255, 0, 34}));
  // White is 0, in CCITT's group 4 too.
  const Image fax = decoded({{.height = 2,
                              .width = 8,
                              .bits = 1,
                              .photometric = PHOTOMETRIC_MINISWHITE,
                              .compression = COMPRESSION_CCITTFAX4,
                              .pixels = "\x0f\x01"}});
  EXPECT_EQ(fax.pixels,
            (std::vector<uint8_t>{255, 255, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 0}));
}

TEST(Tiff, PaletteOfEightOrSixteenBits) {
  for (const int scale : {1, 257}) {
    std::vector<uint16_t> palette(3 * 16);
    for (size_t i = 0; i < 16; ++i) {
      palette[i] = static_cast<uint16_t>(i * 16 * scale);
      palette[16 + i] = static_cast<uint16_t>(255 * scale - palette[i]);
      palette[32 + i] = static_cast<uint16_t>(7 * scale);
    }
    const Image image = decoded({{.height = 1,
                                  .width = 2,
                                  .bits = 4,
                                  .photometric = PHOTOMETRIC_PALETTE,
                                  .palette = palette,
                                  .pixels = "\x2f"}});
    ASSERT_EQ(image.channels, 3);
    EXPECT_EQ(image.pixels, (std::vector<uint8_t>{32, 223, 7, 240, 15, 7}));
  }
}

TEST(Tiff, JpegInsideIsNear) {
  std::string pixels;
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) pixels += std::string{char(100 + x), char(100 + y), char(120)};
  const Image image = decoded({{.height = 32,
                                .width = 32,
                                .samples = 3,
                                .photometric = PHOTOMETRIC_YCBCR,
                                .compression = COMPRESSION_JPEG,
                                .rows_per_strip = 16,
                                .pixels = pixels}});
  ASSERT_EQ(image.pixels.size(), pixels.size());
  for (size_t i = 0; i < pixels.size(); ++i)
    ASSERT_NEAR(image.pixels[i], static_cast<uint8_t>(pixels[i]), 8) << i;
}

TEST(Tiff, StandsAsItsOrientationSays) {
  const std::string pixels = bytes_of(20);
  const Image upright = decoded({{.pixels = pixels}});
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image image = decoded({{.orientation = orientation, .pixels = pixels}});
    const Image expected = datasets::turned(upright, orientation);
    EXPECT_EQ(image.height, expected.height);
    EXPECT_EQ(image.pixels, expected.pixels) << orientation;
  }
}

TEST(Tiff, OfSeveralPagesTheFirstThatIsNoThumbnail) {
  const Picture thumbnail{.height = 1, .width = 1, .subfile = FILETYPE_REDUCEDIMAGE, .pixels = "t"},
      mask{.height = 1, .width = 1, .subfile = FILETYPE_MASK, .pixels = "m"},
      first{.height = 1, .width = 2, .pixels = "ab"}, second{.height = 1, .width = 3, .pixels = "cde"};
  const Image one = decoded({thumbnail, first, mask});
  EXPECT_EQ(as_text(one.pixels), "ab");
  EXPECT_FALSE(one.more_pages);
  const Image two = decoded({first, thumbnail, second});
  EXPECT_EQ(as_text(two.pixels), "ab");
  EXPECT_TRUE(two.more_pages);
  EXPECT_TRUE(contains(error_of([&] { decoded({thumbnail, mask}); }), "a thumbnail or a mask alone"));

  scratch::Folder folder;
  scratch::write(folder / "stack.tif", of({first, second}));
  scratch::write(folder / "one.tiff", of({first}));
  datasets::ImageFindings findings;
  datasets::load_images(folder.path(), {1, 2, 2}, nullptr, &findings);
  ASSERT_EQ(findings.notes().size(), 1u);
  EXPECT_TRUE(
      contains(findings.notes()[0], "the first page is read, and no other, of 1 image with several: '"));
  EXPECT_TRUE(contains(findings.notes()[0], "stack.tif'; save each page by itself"));
}

TEST(Tiff, WhatIsNotReadIsSaid) {
  const auto refused = [](const tiff_bytes::Parts& parts) {
    return error_of([&] { datasets::decode_image(by_hand(parts)); });
  };
  EXPECT_TRUE(
      contains(refused({.bits = 32, .format = 3, .pixels = std::string(24, '\0')}),
               "floating-point numbers, and what is white among them is not known; save it with 8 or 16"));
  EXPECT_TRUE(contains(refused({.format = 2}), "its values have a sign"));
  EXPECT_TRUE(contains(refused({.bits = 32, .pixels = std::string(24, '\0')}), "it has 32 bits a value"));
  EXPECT_TRUE(contains(refused({.samples = 4, .photometric = 5, .pixels = std::string(24, '\0')}),
                       "its colours are CMYK; save it as grey or RGB"));
  EXPECT_TRUE(contains(refused({.samples = 5, .pixels = std::string(30, '\0')}),
                       "it has 5 values a pixel, expected grey or RGB, with or without alpha"));
  EXPECT_TRUE(contains(refused({.compression = 34661}), "its compression (34661) is not known here"));
  EXPECT_TRUE(contains(refused({.width = 0}), "is damaged or truncated"));
}

// libtiff hands out one without a palette as grey.
TEST(Tiff, APaletteThatIsMissingIsNoGrey) {
  for (const uint32_t bits : {8, 4})
    EXPECT_TRUE(contains(error_of([&] { datasets::decode_image(by_hand({.bits = bits, .photometric = 3})); }),
                         "is damaged"))
        << bits;
  EXPECT_TRUE(contains(error_of([&] { datasets::decode_image(by_hand({.photometric = 3})); }),
                       "its colours are numbers of a palette, and it has none; save it as grey or RGB"));
  for (const char* mode : {"wl", "wb", "wl8", "wb8"})
    EXPECT_TRUE(contains(
        error_of([&] { decoded({{.photometric = PHOTOMETRIC_PALETTE, .pixels = bytes_of(20)}}, mode); }),
        "its colours are numbers of a palette, and it has none"))
        << mode;
}

// To be converted, and not to be looked for on another disk.
TEST(Tiff, WhatIsNotReadIsNotCalledDamaged) {
  scratch::Folder folder;
  scratch::write(folder / "a.tif", by_hand({}));
  scratch::write(folder / "b.tif", by_hand({.bits = 32, .format = 3, .pixels = std::string(24, '\0')}));
  for (const char* name : {"c.tif", "d.tif"})
    scratch::write(folder / name, by_hand({.samples = 4, .photometric = 5, .pixels = std::string(24, '\0')}));
  datasets::ImageFindings findings;
  EXPECT_EQ(datasets::load_images(folder.path(), {1, 2, 3}, nullptr, &findings).count(), 1);
  EXPECT_EQ(findings.kinds_not_read(), "2 CMYK TIFF, 1 floating-point TIFF");
  EXPECT_TRUE(
      contains(findings.notes().at(0),
               "3 files passed over that could not be read (2 CMYK TIFF, 1 floating-point TIFF): image '"));
  scratch::write(folder / "e.tif", by_hand({}).substr(0, 20));
  findings = {};
  datasets::load_images(folder.path(), {1, 2, 3}, nullptr, &findings);
  EXPECT_EQ(findings.kinds_not_read(), "2 CMYK TIFF, 1 floating-point TIFF, 1 damaged");
}

TEST(Tiff, NoSizeInTheHeaderIsBelieved) {
  const auto refused = [](const tiff_bytes::Parts& parts) {
    return error_of([&] { datasets::decode_image(by_hand(parts)); });
  };
  EXPECT_TRUE(contains(refused({.width = 70000, .height = 70000}), "is 70000 x 70000 pixels"));
  EXPECT_TRUE(contains(refused({.width = 0xffffffffu, .height = 0xffffffffu}), "is damaged or truncated"));
  EXPECT_TRUE(contains(refused({.width = 8000, .height = 8000}), "is truncated: it holds"));
  EXPECT_TRUE(
      contains(refused({.width = 8000, .height = 8000, .compression = 5}), "is damaged or truncated"));
  // Tiles of gigabytes about a picture of six pixels.
  EXPECT_TRUE(contains(refused({.compression = 5, .more = {{322, 65536}, {323, 65536}, {324, 8}, {325, 8}}}),
                       "its tiles are 65536 x 65536 pixels"));
}

TEST(Tiff, TruncatedFilesAreRefusedInSilence) {
  const std::string sound = by_hand({});
  EXPECT_EQ(as_text(datasets::decode_image(sound).pixels), "abcdef");
  const std::string packed =
      of({{.height = 16, .width = 16, .compression = COMPRESSION_LZW, .pixels = bytes_of(256)}});
  testing::internal::CaptureStderr();
  for (const std::string& whole : {sound, packed})
    for (size_t size = 8; size < whole.size(); ++size)
      EXPECT_FALSE(error_of([&] { datasets::decode_image(whole.substr(0, size)); }).empty()) << size;
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Tiff, AJpegThatEndsEarlyIsRefused) {
  const std::string jpeg = image_bytes::jpeg(16, 16, 3, image_bytes::pattern(16, 16, 3));
  const auto wrapped = [&](const std::string& data) {
    return by_hand(
        {.width = 16, .height = 16, .samples = 3, .photometric = 6, .compression = 7, .pixels = data});
  };
  EXPECT_EQ(datasets::decode_image(wrapped(jpeg)).pixels.size(), 768u);
  testing::internal::CaptureStderr();
  EXPECT_TRUE(contains(error_of([&] { datasets::decode_image(wrapped(jpeg.substr(0, jpeg.size() - 60))); }),
                       "is damaged or truncated"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Tiff, RawFilesOfCamerasArePassedOver) {
  scratch::Folder folder;
  scratch::write(folder / "a.tif", by_hand({}));
  scratch::write(folder / "b.nef", by_hand({}));
  datasets::ImageFindings findings;
  EXPECT_EQ(datasets::images_in(folder.path(), &findings).size(), 1u);
  EXPECT_EQ(findings.passed_over.at(".nef"), 1);
}

#endif

}  // namespace tiff_test
