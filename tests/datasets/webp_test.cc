// WebP: lossless to the value, lossy nearly, and what is refused.
#include "datasets/webp.h"

#include <gtest/gtest.h>

#include "datasets/exif_orientation.h"
#include "datasets/image_file.h"
#include "datasets/image_folder.h"
#include "tests/datasets/image_bytes.h"
#include "tests/datasets/scratch.h"
#include "tests/datasets/webp_bytes.h"

namespace webp_test {

using datasets::Image;
using scratch::contains, scratch::error_of;

TEST(WebP, IsToldByItsFirstBytes) {
  EXPECT_TRUE(datasets::is_webp("RIFF1234WEBP"));
  EXPECT_FALSE(datasets::is_webp("RIFF1234WAVE"));
  EXPECT_FALSE(datasets::is_webp("RIFF1234WEB"));
}

#if !SVDD_HAVE_WEBP

TEST(WebP, WithoutLibwebpTheMessageNamesThePackage) {
  scratch::Folder folder;
  scratch::write(folder / "a.webp", webp_bytes::header_of(2, 2));
  EXPECT_TRUE(contains(error_of([&] { datasets::read_image(folder / "a.webp"); }),
                       "a WebP file: install Debian's libwebp-dev and build svdd again, or convert it"));
  EXPECT_TRUE(contains(error_of([&] { datasets::images_in(folder.path()); }),
                       "found 1 .webp; .webp: install Debian's libwebp-dev and build svdd again"));
}

#else

using image_bytes::pattern;

TEST(WebP, LosslessPixelsAreTheVeryOnes) {
  const std::vector<uint8_t> pixels = pattern(7, 9, 3);
  const Image image = datasets::decode_image(webp_bytes::of(7, 9, 3, pixels));
  EXPECT_EQ(image.height, 7);
  EXPECT_EQ(image.width, 9);
  EXPECT_EQ(image.channels, 3);
  EXPECT_EQ(image.pixels, pixels);
  EXPECT_EQ(datasets::decode_image(webp_bytes::of(7, 9, 3, pixels) + "behind its end").pixels, pixels);
}

TEST(WebP, LossyPixelsAreNear) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < 32 * 32; ++i)
    for (const int value : {100 + i % 32, 100 + i / 32, 120}) pixels.push_back(static_cast<uint8_t>(value));
  const Image image = datasets::decode_image(webp_bytes::of(32, 32, 3, pixels, 95));
  ASSERT_EQ(image.pixels.size(), pixels.size());
  for (size_t i = 0; i < pixels.size(); ++i) ASSERT_NEAR(image.pixels[i], pixels[i], 12) << i;
}

TEST(WebP, AlphaIsLeftOut) {
  std::vector<uint8_t> rgba = pattern(5, 4, 4), rgb;
  for (size_t i = 0; i < rgba.size(); ++i) {
    if (i % 4 == 3) rgba[i] = static_cast<uint8_t>(1 + rgba[i] / 2);  // libwebp forgets what nobody sees
    if (i % 4 != 3) rgb.push_back(rgba[i]);
  }
  EXPECT_EQ(datasets::decode_image(webp_bytes::of(5, 4, 4, rgba)).pixels, rgb);
}

TEST(WebP, StandsAsItsExifSays) {
  const std::vector<uint8_t> pixels = pattern(3, 5, 3);
  const std::string plain = webp_bytes::of(3, 5, 3, pixels);
  const Image upright = datasets::decode_image(plain);
  for (const std::string& before : {std::string(), std::string("Exif\0\0", 6)}) {
    const Image image =
        datasets::decode_image(webp_bytes::with_exif(plain, 3, 5, before + image_bytes::exif(6)));
    EXPECT_EQ(image.height, 5);
    EXPECT_EQ(image.pixels, datasets::turned(upright, 6).pixels);
  }
}

TEST(WebP, TruncatedFilesAndAnimationsAreRefusedInSilence) {
  const std::string whole = webp_bytes::of(20, 20, 3, pattern(20, 20, 3));
  const std::string lossy = webp_bytes::of(20, 20, 3, pattern(20, 20, 3), 80);
  testing::internal::CaptureStderr();
  for (const std::string& file : {whole, lossy})
    for (size_t size = 12; size < file.size(); ++size) {
      EXPECT_TRUE(contains(error_of([&] { datasets::decode_image(file.substr(0, size)); }), "is truncated"))
          << size;
      // The same with a header that agrees.
      if (size >= 20 && size + 2 < file.size()) {
        EXPECT_FALSE(error_of([&] {
                       datasets::decode_image(webp_bytes::riff(file.substr(12, (size - 12) / 2 * 2)));
                     }).empty())
            << size;
      }
    }
  const std::string animation =
      webp_bytes::riff(webp_bytes::extended(2, 20, 20) + webp_bytes::chunk("ANIM", std::string(6, '\0')));
  EXPECT_TRUE(contains(error_of([&] { datasets::decode_image(animation); }), "is an animated WebP file"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(WebP, NoSizeInTheHeaderIsBelieved) {
  EXPECT_TRUE(contains(error_of([&] { datasets::decode_image(webp_bytes::header_of(16384, 16384)); }),
                       "is 16384 x 16384 pixels, expected 1 to"));
  EXPECT_FALSE(error_of([&] { datasets::decode_image(webp_bytes::header_of(8000, 8000)); }).empty());
}

#endif

}  // namespace webp_test
