#include "datasets/image_folder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "datasets/image_file.h"
#include "engine/stopping.h"
#include "tests/datasets/image_bytes.h"
#include "tests/datasets/scratch.h"

namespace {

namespace fs = std::filesystem;
using datasets::Image, datasets::load_images, datasets::read_image, datasets::Samples;
using image_bytes::bmp, image_bytes::jpeg, image_bytes::pattern, image_bytes::png;
using scratch::contains, scratch::error_of;

std::string text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

Image read(const scratch::Folder& folder, const std::string& contents) {
  scratch::write(folder / "image", contents);
  return read_image(folder / "image");
}

std::string error_for(const scratch::Folder& folder, const std::string& contents) {
  const std::string message = error_of<std::runtime_error>([&] { read(folder, contents); });
  EXPECT_TRUE(contains(message, (folder / "image").string()));
  return message;
}

TEST(ImageFile, LosslessFormatsGiveBackTheirPixels) {
  const scratch::Folder folder;
  for (const int channels : {1, 2, 3, 4}) {
    const std::vector<uint8_t> pixels = pattern(5, 7, channels);
    const Image image = read(folder, png(5, 7, channels, pixels));
    EXPECT_EQ(image.height, 5);
    EXPECT_EQ(image.width, 7);
    EXPECT_EQ(image.channels, channels);
    EXPECT_EQ(image.pixels, pixels) << channels << " channels";
  }
  const std::vector<uint8_t> rgb = pattern(50, 70, 3), grey = pattern(50, 70, 1);
  EXPECT_EQ(read(folder, bmp(50, 70, 3, rgb)).pixels, rgb);
  EXPECT_EQ(read(folder, "P6\n70 50\n255\n" + text(rgb)).pixels, rgb);
  EXPECT_EQ(read(folder, "P5\n# a comment\n70 50 # and one more\n255\n" + text(grey)).pixels, grey);
}

TEST(ImageFile, JpegIsNear) {
  const scratch::Folder folder;
  const Image image = read(folder, jpeg(16, 24, 1, std::vector<uint8_t>(16 * 24, 100)));
  ASSERT_EQ(image.pixels.size(), static_cast<size_t>(image.channels) * 16 * 24);
  for (const uint8_t level : image.pixels) EXPECT_NEAR(level, 100, 2);
}

TEST(ImageFile, PnmScalesByItsOwnMaximum) {
  const scratch::Folder folder;
  EXPECT_EQ(read(folder, "P2 3 1 100\n0 50 100").pixels, (std::vector<uint8_t>{0, 128, 255}));
  EXPECT_EQ(read(folder, "P3 1 1 255 1 2 3").pixels, (std::vector<uint8_t>{1, 2, 3}));
  const Image deep = read(folder, "P5 2 1 65535\n" + std::string("\x80\x01\xff\xff", 4));
  EXPECT_EQ(deep.deep_pixels, (std::vector<uint16_t>{32769, 65535}));
  EXPECT_EQ(deep.plane(0, 1), (std::vector<float>{32769 / 65535.0f, 1}));
  EXPECT_EQ(read(folder, "P2 2 1 1000\n1 999").plane(0, 3), (std::vector<float>{1 / 1000.0f, 999 / 1000.0f}));
  EXPECT_TRUE(contains(error_for(folder, "P2 1 1 100 101"), "above its maximum of 100"));
}

TEST(ImageFile, TruncatedFilesAreRefusedWhereverTheyEnd) {
  const scratch::Folder folder;
  const std::vector<uint8_t> rgb = pattern(20, 30, 3);
  for (const std::string& whole : {png(20, 30, 3, rgb), bmp(20, 30, 3, rgb), jpeg(20, 30, 3, rgb),
                                   "P6 30 20 255\n" + text(rgb), std::string("P2 2 2 255 10 20 30 40")}) {
    ASSERT_NO_THROW(read(folder, whole));
    const size_t last = whole[0] == 'P' && whole[1] == '2' ? whole.size() - 2 : whole.size() - 13;
    for (size_t length = 0; length <= last; length += 1 + length / 12)
      error_for(folder, whole.substr(0, length));
    error_for(folder, whole.substr(0, last));
  }
}

TEST(ImageFile, OtherFilesAndAbsurdSizes) {
  const scratch::Folder folder;
  EXPECT_TRUE(contains(error_for(folder, ""), "is empty"));
  EXPECT_TRUE(contains(error_for(folder, "index,label\n1,2\n"), "no readable PNG"));
  EXPECT_TRUE(contains(error_for(folder, "P5 100000 100000 255\n"), "100000 x 100000 pixels"));
  EXPECT_TRUE(contains(error_for(folder, "P5 0 3 255\n"), "0 x 3 pixels"));
  EXPECT_TRUE(contains(error_for(folder, "P5 9999 999 255\nabc"), "truncated"));
  EXPECT_TRUE(contains(error_for(folder, "P5 3 3 99999\nabc"), "99999"));
  EXPECT_TRUE(contains(error_for(folder, "P5 99999999999999999999999 3 255\n"), "beyond reason"));
  EXPECT_TRUE(contains(error_for(folder, "P5 x"), "where a number should stand"));
  EXPECT_TRUE(contains(error_for(folder, "P5 # no end"), "truncated"));
  std::string huge = png(5, 7, 1, pattern(5, 7, 1));
  huge.replace(16, 8, std::string("\0\0\x40\0\0\0\x40\0", 8));  // 16384 x 16384 in the header
  EXPECT_TRUE(contains(error_for(folder, huge), "16384 x 16384 pixels"));
  EXPECT_THROW(read_image(folder / "none"), std::runtime_error);
  EXPECT_THROW(read_image(folder.path()), std::runtime_error);
}

TEST(ImageFile, ImpossibleHuffmanTables) {  // stb_image 2.27 writes beyond its own for these
  const scratch::Folder folder;
  std::string damaged = jpeg(9, 8, 3, pattern(9, 8, 3));
  const size_t table = damaged.find("\xff\xc4");
  ASSERT_NE(table, std::string::npos);
  damaged.replace(table + 5, 16, std::string(16, '\x11'));  // 272 codes
  EXPECT_TRUE(contains(error_for(folder, damaged), "impossible Huffman table"));
}

TEST(ImageFile, FlippedBytesNeverDoWorse) {  // than an error or another picture; sanitizers watch
  const scratch::Folder folder;
  const std::vector<uint8_t> rgb = pattern(9, 8, 3);
  for (const std::string& whole : {png(9, 8, 3, rgb), bmp(9, 8, 3, rgb), jpeg(9, 8, 3, rgb)})
    for (size_t i = 0; i < whole.size(); i += 1 + i / 60) {
      std::string damaged = whole;
      damaged[i] ^= i % 2 == 0 ? '\x81' : '\x12';
      try {
        const Image image = read(folder, damaged);
        EXPECT_EQ(image.pixels.size(), static_cast<size_t>(image.height * image.width * image.channels));
      } catch (const std::runtime_error&) {
      }
    }
}

TEST(ImagePlane, GreyAndColours) {
  const Image rgb{1, 2, 3, {255, 0, 0, 10, 20, 30}};
  EXPECT_EQ(rgb.plane(1, 3), (std::vector<float>{0, 20 / 255.0f}));
  EXPECT_FLOAT_EQ(rgb.plane(0, 1)[0], 0.299f);
  const Image grey_alpha{1, 2, 2, {51, 9, 102, 9}};
  for (const int64_t c : {0, 1, 2})
    EXPECT_EQ(grey_alpha.plane(c, 3), (std::vector<float>{51 / 255.0f, 102 / 255.0f}));
  EXPECT_EQ(grey_alpha.plane(0, 1), (std::vector<float>{51 / 255.0f, 102 / 255.0f}));
  const Image rgba{1, 1, 4, {1, 2, 3, 4}};
  EXPECT_EQ(rgba.plane(2, 3), (std::vector<float>{3 / 255.0f}));
  const Image white{1, 1, 3, {255, 255, 255}};
  EXPECT_EQ(white.plane(0, 1)[0], 1.0f);
}

TEST(LoadImages, AFolderSortedByNameOtherFilesLeftOut) {
  const scratch::Folder folder;
  scratch::write(folder / "b.PNG", png(1, 1, 1, {20}));
  scratch::write(folder / "a.pgm", "P2 1 1 255 10");
  scratch::write(folder / "c.bmp", bmp(1, 1, 3, {30, 30, 30}));
  scratch::write(folder / "readme.txt", "no image");
  scratch::write(folder / "._b.png", "what some systems leave behind");
  fs::create_directory(folder / "d.png");
  std::vector<std::string> names = {"old"};
  const Samples samples = load_images(folder.path(), {1, 1, 1}, &names);
  EXPECT_EQ(samples.values, (std::vector<float>{10 / 255.0f, 20 / 255.0f, 30 / 255.0f}));
  EXPECT_EQ(names, (std::vector<std::string>{(folder / "a.pgm").string(), (folder / "b.PNG").string(),
                                             (folder / "c.bmp").string()}));
}

TEST(LoadImages, OneFileOfAnySizeAndColour) {
  const scratch::Folder folder;
  scratch::write(folder / "image.dat", png(64, 48, 3, std::vector<uint8_t>(64 * 48 * 3, 51)));
  for (const int64_t channels : {1, 3}) {
    const Samples samples = load_images(folder / "image.dat", {channels, 28, 20});
    EXPECT_EQ(samples.count(), 1);
    for (const float value : samples.values) EXPECT_EQ(value, 0.2f);
  }
}

TEST(LoadImages, ChannelsComeOneAfterTheOther) {
  const scratch::Folder folder;
  scratch::write(folder / "image.ppm", "P3 2 1 255  1 2 3  4 5 6");
  const Samples samples = load_images(folder / "image.ppm", {3, 1, 2});
  EXPECT_EQ(samples.values,
            (std::vector<float>{1 / 255.0f, 4 / 255.0f, 2 / 255.0f, 5 / 255.0f, 3 / 255.0f, 6 / 255.0f}));
}

TEST(LoadImages, Errors) {
  const scratch::Folder folder;
  const auto message = [](const fs::path& path) { return error_of([&] { load_images(path, {1, 2, 2}); }); };
  EXPECT_TRUE(contains(message(folder.path()), "no images in"));
  fs::create_directory(folder / "good");
  EXPECT_TRUE(contains(message(folder.path()), "or below"));
  for (const char* name : {"good/b", "good/a", "good/.hidden"}) fs::create_directory(folder / name);
  for (const char* name : {"good/a/2.pgm", "good/b/1.pgm", "good/.hidden/3.pgm"})
    scratch::write(folder / name, "P2 1 1 255 7");
  std::vector<std::string> names;
  EXPECT_EQ(load_images(folder.path(), {1, 1, 1}, &names).count(), 2) << "those of folders in folders";
  EXPECT_EQ(names, (std::vector<std::string>{(folder / "good/a/2.pgm").string(),
                                             (folder / "good/b/1.pgm").string()}));
  scratch::write(folder / "bad.png", "no image");
  EXPECT_TRUE(contains(message(folder.path()), "bad.png"));
  EXPECT_TRUE(contains(message(folder / "none"), "none"));
  EXPECT_TRUE(contains(error_of<std::invalid_argument>([&] {
                         load_images(folder.path(), {2, 4, 4});
                       }),
                       "2x4x4"));
  EXPECT_TRUE(contains(error_of<std::invalid_argument>([&] {
                         load_images(folder.path(), {28, 28});
                       }),
                       "28x28"));
}

TEST(LoadImages, AnImageIsWhatItsFirstBytesSay) {
  const scratch::Folder folder;
  scratch::write(folder / "a", "P2 1 1 255 10");
  scratch::write(folder / "b.jpe", jpeg(8, 8, 1, std::vector<uint8_t>(64, 20)));
  scratch::write(folder / "c.JFIF", jpeg(8, 8, 1, std::vector<uint8_t>(64, 30)));
  scratch::write(folder / "d.txt", png(1, 1, 1, {40}));
  scratch::write(folder / "BMW.txt", "BM is how this text begins, and it is none");
  scratch::write(folder / "P5.txt", "P5x");
  std::vector<std::string> names;
  const Samples samples = load_images(folder.path(), {1, 1, 1}, &names);
  ASSERT_EQ(samples.count(), 4);
  for (size_t i = 0; i < 4; ++i)
    EXPECT_NEAR(samples.values[i] * 255, 10 * (static_cast<double>(i) + 1), 2) << names[i];
}

TEST(LoadImages, WhatIsPassedOverIsSaid) {
  const scratch::Folder folder;
  scratch::write(folder / "a.pgm", "P2 1 1 255 10");
  for (const char* name :
       {"1.avif", "2.AVIF", "3.avif", "1.heic", "2.heic", "1.gif", "Thumbs.db", "notes.txt", ".DS_Store"})
    scratch::write(folder / name, "II*");
  scratch::write(folder / ".hidden.pgm", "P2 1 1 255 10");
  fs::create_symlink(folder / "nowhere.png", folder / "link.png");
  fs::create_directory(folder / "more");
  datasets::ImageFindings findings;
  EXPECT_EQ(load_images(folder.path(), {1, 1, 1}, nullptr, &findings).count(), 1);
  EXPECT_EQ(findings.notes(),
            std::vector<std::string>{
                "11 files passed over: 3 .avif, 2 .heic, 1 .gif, 1 broken link, 1 hidden image, 1 subfolder, "
                "2 that are no images (" +
                datasets::readable_image_formats("and") + " are read)"});
  fs::remove(folder / "a.pgm");
  const std::string message = error_of([&] { load_images(folder.path(), {1, 1, 1}); });
  EXPECT_TRUE(contains(message, "no images in"));
  EXPECT_TRUE(contains(message, "3 .avif"));
}

TEST(LoadImages, DamagedFilesArePassedOverWhereSomebodyIsTold) {
  const scratch::Folder folder;
  scratch::write(folder / "a.pgm", "P2 1 1 255 10");
  scratch::write(folder / "b.pgm", "P2 2 1 255 10");
  scratch::write(folder / "c.png", "");
  scratch::write(folder / "d.jpg", "GIF89a");
  scratch::write(folder / "e.pgm", "P2 1 1 255 50");
  std::vector<std::string> names;
  datasets::ImageFindings findings;
  const Samples samples = load_images(folder.path(), {1, 1, 1}, &names, &findings);
  EXPECT_EQ(samples.values, (std::vector<float>{10 / 255.0f, 50 / 255.0f}));
  EXPECT_EQ(names, (std::vector<std::string>{(folder / "a.pgm").string(), (folder / "e.pgm").string()}));
  ASSERT_EQ(findings.damaged.size(), 3u);
  EXPECT_TRUE(contains(findings.damaged[0], "b.pgm"));
  EXPECT_TRUE(contains(findings.damaged[1], "c.png' is empty"));
  EXPECT_TRUE(contains(findings.damaged[2], "a GIF file"));
  EXPECT_EQ(findings.sound, 2);
  ASSERT_EQ(findings.notes().size(), 1u);
  EXPECT_TRUE(contains(findings.notes()[0],
                       "3 files passed over that could not be read (1 GIF, 2 damaged): image '"));
  EXPECT_TRUE(findings.notes(false).empty());
  EXPECT_TRUE(contains(error_of([&] { load_images(folder.path(), {1, 1, 1}); }), "b.pgm"));
  EXPECT_TRUE(contains(error_of([&] {
                         load_images(folder / "b.pgm", {1, 1, 1}, nullptr, &findings);
                       }),
                       "b.pgm"));
  for (const char* sound : {"a.pgm", "e.pgm"}) fs::remove(folder / sound);
  EXPECT_TRUE(contains(error_of([&] {
                         load_images(folder.path(), {1, 1, 1}, nullptr, &findings);
                       }),
                       "is sound"));
}

TEST(LoadImages, AFolderIsReadSomeImagesAtATime) {
  const scratch::Folder folder;
  for (const char* name : {"a", "c", "d", "f", "g"})
    scratch::write(folder / (std::string(name) + ".pgm"), "P2 1 1 255 " + std::to_string(name[0]));
  for (const char* name : {"b.pgm", "e.pgm", "h.pgm"}) scratch::write(folder / name, "P2 2 1 255 10");
  std::vector<std::string> names, some;
  datasets::ImageFindings findings, of_parts;
  const Samples whole = load_images(folder.path(), {1, 1, 1}, &names, &findings);
  for (const int64_t at_once : {1, 2, 3, 9}) {
    datasets::ImageReader reader(folder.path(), {1, 1, 1}, &(of_parts = {}));
    std::vector<float> values;
    some.clear();
    for (;;) {
      const Samples part = reader.next(at_once, &some);
      EXPECT_LE(part.count(), at_once);
      if (part.count() == 0) break;
      values.insert(values.end(), part.values.begin(), part.values.end());
    }
    EXPECT_EQ(values, whole.values);
    EXPECT_EQ(some, names);
    EXPECT_EQ(of_parts.damaged, findings.damaged);
    EXPECT_EQ(of_parts.sound, 5);
    EXPECT_EQ(reader.next(at_once).count(), 0) << "and stays at its end";
  }
}

TEST(LoadImages, DarkImagesAndLostColoursAreSaid) {
  const scratch::Folder folder;
  scratch::write(folder / "a.pgm", "P2 1 1 65535 4095");
  scratch::write(folder / "b.pgm", "P2 1 1 65535 9000");
  scratch::write(folder / "c.pgm", "P2 1 1 255 3");  // dark as it may be, all that 8 bits hold is there
  scratch::write(folder / "d.ppm", "P3 1 1 255 1 2 3");
  datasets::ImageFindings findings;
  load_images(folder.path(), {1, 1, 1}, nullptr, &findings);
  const std::vector<std::string> notes = findings.notes();
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_TRUE(contains(notes[0], "1 of 4 images has some"));
  EXPECT_TRUE(contains(notes[1], "a.pgm' reach 4095 of 65535"));
  datasets::ImageFindings in_colour;
  load_images(folder.path(), {3, 1, 1}, nullptr, &in_colour);
  EXPECT_EQ(in_colour.notes().size(), 1u);
}

TEST(LoadImages, StopsWhenAskedTo) {
  const scratch::Folder folder;
  scratch::write(folder / "a.pgm", "P2 1 1 255 10");
  datasets::ImageFindings findings;
  engine::request_stop();
  EXPECT_THROW(load_images(folder.path(), {1, 1, 1}, nullptr, &findings), engine::Stopped);
  engine::withdraw_stop();
}

}  // namespace
