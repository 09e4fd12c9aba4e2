#include "datasets/jpeg.h"

#include <gtest/gtest.h>

#include <utility>

#include "datasets/exif_orientation.h"
#include "datasets/jpeg_structure.h"
#include "tests/datasets/image_bytes.h"
#include "tests/datasets/scratch.h"
#include "tests/datasets/small_jpegs.h"

namespace {

using datasets::decode_image, datasets::Image;
using image_bytes::big_endian, image_bytes::exif, image_bytes::jpeg, image_bytes::pattern,
    image_bytes::with_exif;
using scratch::contains, scratch::error_of;

std::string jpeg_error(const std::string& bytes) {
  return error_of<std::runtime_error>([&] { decode_image(bytes); });
}

std::string jpeg_bytes(std::initializer_list<int> bytes) {
  std::string s;
  for (const int b : bytes) s += static_cast<char>(b);
  return s;
}

std::string segment(int marker, const std::string& payload) {
  return jpeg_bytes({0xff, marker}) + big_endian(payload.size() + 2, 2) + payload;
}

// ---- files of 8 x 8 blocks of one level, by hand: DC 0 is 0, 8 bits of difference are 10, and AC is 0, the end of a block

const std::string tables =
    segment(0xdb, '\0' + std::string(64, '\1')) +
    segment(0xc4, jpeg_bytes({0x00, 1, 1}) + std::string(14, '\0') + jpeg_bytes({0, 8})) +
    segment(0xc4, jpeg_bytes({0x10, 1}) + std::string(15, '\0') + jpeg_bytes({0}));

std::string frame(int marker, int height, int width, std::initializer_list<int> ids, int sampling = 0x11) {
  std::string payload = jpeg_bytes({8}) + big_endian(static_cast<uint64_t>(height), 2) +
                        big_endian(static_cast<uint64_t>(width), 2) +
                        jpeg_bytes({static_cast<int>(ids.size())});
  for (const int id : ids) payload += jpeg_bytes({id, sampling, 0});
  return segment(marker, payload);
}

std::string scan(std::initializer_list<int> ids, const std::string& data, int first = 0, int last = 63,
                 int bits = 0) {
  std::string payload = jpeg_bytes({static_cast<int>(ids.size())});
  for (const int id : ids) payload += jpeg_bytes({id, 0});
  return segment(0xda, payload + jpeg_bytes({first, last, bits})) + data;
}

const std::string start = jpeg_bytes({0xff, 0xd8}), end = jpeg_bytes({0xff, 0xd9});
const std::string all_zero = jpeg_bytes({0x03});  // three blocks of "0" "0" and padding

TEST(Jpeg, EveryKindIsRead) {
  for (const std::string& bytes :
       {small_jpegs::progressive, small_jpegs::restarts, small_jpegs::three_scans}) {
    const Image image = decode_image(bytes);
    EXPECT_EQ(image.height, 18);
    EXPECT_EQ(image.width, 21);
    EXPECT_EQ(image.channels, 3);
    EXPECT_TRUE(image.has_colour());
  }
  EXPECT_EQ(decode_image(small_jpegs::grey).channels, 1);
  // Four colours: all zero differences are 128, which Adobe's inverted CMYK takes for 128 * 128 / 255.
  const std::string cmyk = start + segment(0xee, std::string("Adobe\0\x64\0\0\0\0\0", 12)) + tables +
                           frame(0xc0, 8, 8, {1, 2, 3, 4}) + scan({1, 2, 3, 4}, jpeg_bytes({0x00}) + end);
  EXPECT_EQ(decode_image(cmyk).pixels, std::vector<uint8_t>(8 * 8 * 3, 64));
}

TEST(Jpeg, TheEndMarkerIsNotNeeded) {
  for (const std::string& whole : {jpeg(16, 24, 3, pattern(16, 24, 3)), small_jpegs::progressive,
                                   small_jpegs::restarts, small_jpegs::three_scans}) {
    const std::vector<uint8_t> pixels = decode_image(whole).pixels;
    const std::string without = whole.substr(0, whole.size() - 2);
    EXPECT_EQ(decode_image(without).pixels, pixels);
    EXPECT_EQ(decode_image(without + '\xff').pixels, pixels);
    EXPECT_EQ(decode_image(without + "a maker's trailer").pixels, pixels);
    EXPECT_EQ(decode_image(without + "a trailer with \xff\x42 and \xff\xc4 in it").pixels, pixels);
    EXPECT_EQ(decode_image(whole + "a trailer behind").pixels, pixels);
    EXPECT_EQ(decode_image(whole + whole).pixels, pixels);  // as some cameras append a second picture
    // A byte less is a pixel less, and an end marker in its place makes no picture of it. (A progressive file that
    // ends between two of its scans is one of less detail.)
    for (size_t length = 2; length + 3 <= whole.size(); ++length) {
      EXPECT_TRUE(contains(jpeg_error(whole.substr(0, length)), "truncated")) << length;
      if (length < whole.size() * 3 / 4 || whole == small_jpegs::progressive) continue;
      EXPECT_NE(jpeg_error(whole.substr(0, length - (whole[length - 1] == '\xff' ? 1 : 0)) + end), "")
          << length;
    }
  }
}

TEST(Jpeg, FillBytesMayStandBeforeAnyMarker) {
  const std::string whole = small_jpegs::restarts;
  std::string filled;
  for (size_t i = 0; i < whole.size(); ++i) {
    const bool marker = whole[i] == '\xff' && i + 1 < whole.size() && whole[i + 1] != 0;
    if (marker) filled += "\xff\xff\xff";
    filled += whole[i];
  }
  EXPECT_EQ(decode_image(filled).pixels, decode_image(whole).pixels);
  EXPECT_EQ(decode_image('\xff' + whole).pixels, decode_image(whole).pixels);
}

TEST(Jpeg, TablesThatDoNotExistAreRefusedWhereverTheyStand) {
  EXPECT_TRUE(contains(jpeg_error(small_jpegs::fill_byte_crash), "impossible Huffman table"));
  const auto with_table = [](const std::string& payload) {
    return start + segment(0xc4, payload) + tables + frame(0xc0, 8, 8, {1}) + scan({1}, all_zero) + end;
  };
  const std::string many = jpeg_bytes({0x00}) + std::string(16, '\x20') + std::string(512, '\0');
  for (const std::string& bytes :
       {with_table(many), '\xff' + with_table(many),
        with_table(jpeg_bytes({0x00, 3}) + std::string(15, '\0') + "abc"),
        with_table(jpeg_bytes({0x20, 1}) + std::string(15, '\0') + "a"),
        with_table(jpeg_bytes({0x04, 1}) + std::string(15, '\0') + "a"), with_table(jpeg_bytes({0x00, 1, 0})),
        with_table(jpeg_bytes({0x00, 2}) + std::string(15, '\0') + "a"),
        with_table(jpeg_bytes({0x00, 0, 0, 0, 0, 0, 0, 0, 255, 1}) + std::string(7, '\0') +
                   std::string(256, 'a'))})
    EXPECT_TRUE(contains(jpeg_error(bytes), "impossible Huffman table"));
  // After the frame, between two scans, and in a segment with a sound one before it.
  const std::string bad = segment(0xc4, many);
  EXPECT_TRUE(contains(jpeg_error(start + tables + frame(0xc0, 8, 8, {1}) + bad + scan({1}, all_zero) + end),
                       "impossible"));
  EXPECT_TRUE(
      contains(jpeg_error(start + tables + frame(0xc0, 8, 8, {1, 2, 3}) + scan({1}, all_zero) + bad + end),
               "impossible"));
  EXPECT_TRUE(contains(jpeg_error(start + segment(0xdb, jpeg_bytes({0x20}) + std::string(64, '\1')) + end),
                       "quantisation"));
  EXPECT_TRUE(contains(jpeg_error(start + segment(0xdb, jpeg_bytes({0x04}) + std::string(64, '\1')) + end),
                       "quantisation"));
  EXPECT_TRUE(contains(jpeg_error(start + segment(0xdb, jpeg_bytes({0x00}) + std::string(63, '\1')) + end),
                       "quantisation"));
}

TEST(Jpeg, NothingIsDecodedFromWhatIsNotThere) {
  const std::string one = frame(0xc0, 8, 8, {1}), three = frame(0xc0, 8, 8, {1, 2, 3});
  EXPECT_EQ(decode_image(start + tables + three + scan({1, 2, 3}, all_zero) + end).pixels,
            std::vector<uint8_t>(8 * 8 * 3, 128));
  const std::pair<std::string, const char*> bad[] = {
      {start + one + scan({1}, all_zero) + end, "lacks a quantisation table"},
      {start + tables.substr(0, 69) + one + scan({1}, all_zero) + end,
       "Huffman table that the file does not hold"},
      {start + tables + three + scan({1, 2}, all_zero) + end, "the pixels of one of its colours are missing"},
      {start + tables + one + scan({2}, all_zero) + end, "a colour that its frame does not have"},
      {start + tables + three + scan({1, 1}, all_zero) + end, "names a colour twice"},
      {start + tables + frame(0xc0, 8, 8, {1, 1, 2}) + scan({1, 1, 2}, all_zero) + end, "the same name"},
      {start + tables + three + scan({1}, all_zero) + scan({1}, all_zero) + end,
       "two scans of the same colour"},
      {start + tables + one + one + scan({1}, all_zero) + end, "a second frame header"},
      {start + tables + scan({1}, all_zero) + one + end, "before its frame header"},
      {start + tables + end, "no frame header"},
      {start + tables + one + end, "are missing"},
      {start + start + tables + one, "no place there"},
      {start + tables + frame(0xc0, 0, 8, {1}) + end, "height is left open"},
      {start + tables + frame(0xc0, 8, 0, {1}) + end, "0 x 8 pixels"},
      {start + tables + frame(0xc0, 60000, 60000, {1}) + end, "60000 x 60000 pixels"},
      {start + tables + frame(0xc0, 8, 8, {1, 2}) + end, "2 colours, expected 1, 3 or 4"},
      {start + tables + frame(0xc0, 8, 8, {1}, 0x51) + end, "sampling factors"},
      {start + tables + frame(0xc0, 8, 8, {1}, 0x01) + end, "sampling factors"},
      {start + tables + frame(0xc9, 8, 8, {1}) + end, "arithmetically"},
      {start + tables + frame(0xc3, 8, 8, {1}) + end, "lossless"},
      {start + tables + one + segment(0xdc, big_endian(9, 2)) + scan({1}, all_zero) + end,
       "two different heights"},
      {start + jpeg_bytes({0xff, 0xe0, 0, 1}) + one, "a length below 2"},
      {start + jpeg_bytes({0xff, 0xe0, 0xff, 0xff}) + one, "is truncated: it ends within its segment 0xffe0"},
      {start + tables + frame(0xc0, 80, 80, {1}) + scan({1}, all_zero) + end,
       "end before they are all there"},
      {start + tables + frame(0xc0, 80, 80, {1}) + scan({1}, all_zero),
       "is truncated: it ends within its pixels"},
      {start + tables + one + scan({1}, jpeg_bytes({0xf0, 0, 0})) + end, "a code that stands for nothing"}};
  for (const auto& [bytes, why] : bad) EXPECT_TRUE(contains(jpeg_error(bytes), why));
}

TEST(Jpeg, ScansOfAProgressiveFileComeInOrder) {
  const std::string begin = start + tables + frame(0xc2, 8, 8, {1}), zero = jpeg_bytes({0x7f});
  const std::string dc = scan({1}, zero, 0, 0), ac = scan({1}, zero, 1, 63),
                    dc_high = scan({1}, zero, 0, 0, 0x01);
  EXPECT_EQ(decode_image(begin + dc + ac).pixels, std::vector<uint8_t>(64, 128));
  EXPECT_EQ(decode_image(begin + dc + end).pixels,
            std::vector<uint8_t>(64, 128));  // its encoder left the rest at 0
  EXPECT_EQ(decode_image(begin + dc_high + scan({1}, zero, 0, 0, 0x10) + ac).pixels,
            std::vector<uint8_t>(64, 128));
  EXPECT_TRUE(contains(jpeg_error(begin + dc), "is truncated"));
  EXPECT_TRUE(contains(jpeg_error(begin + dc_high + ac), "is truncated"));
  EXPECT_TRUE(contains(jpeg_error(begin + ac + dc), "out of order"));
  EXPECT_TRUE(contains(jpeg_error(begin + dc + dc + end), "out of order"));
  EXPECT_TRUE(contains(jpeg_error(begin + scan({1}, zero, 0, 0, 0x10) + end), "out of order"));
  EXPECT_TRUE(contains(jpeg_error(begin + scan({1}, zero, 0, 5) + end), "impossible scan header"));
  EXPECT_TRUE(contains(jpeg_error(begin + dc + scan({1}, zero, 9, 5) + end), "impossible scan header"));
  EXPECT_TRUE(contains(jpeg_error(begin + dc + scan({1}, zero, 1, 64) + end), "impossible scan header"));
  EXPECT_TRUE(contains(jpeg_error(begin + scan({1}, zero, 0, 0, 0x0e) + end), "impossible scan header"));
}

TEST(Jpeg, OrientationOfTheCamera) {
  // Half dark, half light: which half tells how the picture was turned.
  std::vector<uint8_t> pixels(16 * 32, 0);
  for (size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = i % 32 < 16 ? (i < 8 * 32 ? 0 : 80) : (i < 8 * 32 ? 160 : 240);
  const std::string upright = jpeg(16, 32, 1, pixels);
  // Levels at the four corners: top left, top right, bottom left, bottom right.
  const int corners[8][4] = {{0, 160, 80, 240}, {160, 0, 240, 80}, {240, 80, 160, 0}, {80, 240, 0, 160},
                             {0, 80, 160, 240}, {80, 0, 240, 160}, {240, 160, 80, 0}, {160, 240, 0, 80}};
  for (int orientation = 1; orientation <= 8; ++orientation)
    for (const bool little : {true, false}) {
      const Image image = decode_image(with_exif(upright, exif(orientation, little)));
      EXPECT_EQ(image.height, orientation < 5 ? 16 : 32);
      EXPECT_EQ(image.width, orientation < 5 ? 32 : 16);
      const int64_t last_row = (image.height - 1) * image.width;
      const int64_t places[4] = {0, image.width - 1, last_row, last_row + image.width - 1};
      for (int i = 0; i < 4; ++i)
        EXPECT_NEAR(image.pixels[static_cast<size_t>(places[i] * image.channels)],
                    corners[orientation - 1][i], 6)
            << "orientation " << orientation << ", corner " << i;
    }
  // In a PNG the same bytes stand in a chunk of their own.
  const Image png = decode_image(image_bytes::png_of(
      {.width = 2, .before = image_bytes::chunk("eXIf", exif(6)), .rows = std::string("\0\x01\x02", 3)}));
  EXPECT_EQ(png.height, 2);
  EXPECT_EQ(png.pixels, (std::vector<uint8_t>{1, 2}));
}

TEST(Jpeg, ExifOfNoSenseIsNoOrientation) {
  const std::string sound = exif(6);
  EXPECT_EQ(datasets::exif_orientation(sound), 6);
  for (size_t length = 0; length < 10 + 24; ++length)
    EXPECT_EQ(datasets::exif_orientation(sound.substr(0, length)), 1);
  for (const int orientation : {0, 9, 255, 65535})
    EXPECT_EQ(datasets::exif_orientation(exif(orientation)), 1);
  std::string damaged = sound;
  damaged.replace(4, 4, "\xff\xff\xff\xff");  // a directory far outside
  EXPECT_EQ(datasets::exif_orientation(damaged), 1);
  damaged = sound;
  damaged.replace(8, 2, "\xff\xff");  // of 65535 entries
  EXPECT_EQ(datasets::exif_orientation(damaged), 6);
  damaged = sound;
  damaged[26 - 4 + 2] = 2;  // a text
  EXPECT_EQ(datasets::exif_orientation(damaged), 1);
  for (size_t i = 0; i < sound.size(); ++i)
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      damaged = sound;
      damaged[i] ^= flip;
      const int orientation = datasets::exif_orientation(damaged);
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
}

}  // namespace
