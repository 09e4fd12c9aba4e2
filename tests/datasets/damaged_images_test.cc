// Tens of thousands of damaged images: whatever their bytes, an answer or one sentence. The sanitizers watch.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "datasets/image_file.h"
#include "tests/datasets/image_bytes.h"
#include "tests/datasets/small_jpegs.h"
#include "tests/datasets/tiff_bytes.h"
#include "tests/datasets/webp_bytes.h"

namespace {

using datasets::Image;
using image_bytes::chunk, image_bytes::pattern, image_bytes::png_of;

// Of libtiff and libwebp, as far as the build has them.
std::vector<std::string> seeds_of_libraries() {
  std::vector<std::string> files;
#if SVDD_HAVE_TIFF
  const std::vector<uint8_t> grey = pattern(17, 18, 1), rgb = pattern(17, 18, 3);
  using tiff_bytes::of;
  for (const int compression :
       {COMPRESSION_NONE, COMPRESSION_LZW, COMPRESSION_PACKBITS, COMPRESSION_ADOBE_DEFLATE})
    for (const int tile : {0, 16})
      files.push_back(of({{.height = 17,
                           .width = 18,
                           .samples = 3,
                           .photometric = PHOTOMETRIC_RGB,
                           .compression = compression,
                           .rows_per_strip = 5,
                           .tile = tile,
                           .planes = tile == 0,
                           .pixels = {rgb.begin(), rgb.end()}}},
                         tile == 0 ? "wl" : "wb"));
  files.push_back(of({{.height = 17,
                       .width = 18,
                       .samples = 3,
                       .photometric = PHOTOMETRIC_YCBCR,
                       .compression = COMPRESSION_JPEG,
                       .rows_per_strip = 16,
                       .pixels = {rgb.begin(), rgb.end()}}}));
  files.push_back(
      of({{.height = 17, .width = 9, .bits = 16, .orientation = 6, .pixels = {grey.begin(), grey.end()}},
          {.height = 17, .width = 18, .pixels = {grey.begin(), grey.end()}}},
         "w8"));
  for (const int compression :
       {COMPRESSION_CCITTRLE, COMPRESSION_CCITTFAX3, COMPRESSION_CCITTFAX4, COMPRESSION_LZW})
    files.push_back(of({{.height = 9,
                         .width = 16,
                         .bits = 1,
                         .photometric = PHOTOMETRIC_MINISWHITE,
                         .compression = compression,
                         .pixels = {grey.begin(), grey.begin() + 18}}}));
  files.push_back(of({{.height = 4,
                       .width = 2,
                       .bits = 4,
                       .photometric = PHOTOMETRIC_PALETTE,
                       .palette = std::vector<uint16_t>(48, 513),
                       .pixels = "\x01\x23\x45\x67"}}));
  files.push_back(tiff_bytes::by_hand({}));
#endif
#if SVDD_HAVE_WEBP
  files.push_back(webp_bytes::of(9, 8, 3, pattern(9, 8, 3)));
  files.push_back(webp_bytes::of(9, 8, 4, pattern(9, 8, 4), 50));
  files.push_back(webp_bytes::of(17, 18, 3, pattern(17, 18, 3), 80));
  files.push_back(webp_bytes::with_exif(files.back(), 17, 18, image_bytes::exif(6)));
#endif
  return files;
}

std::vector<std::string> seeds() {
  const std::string palette = chunk("PLTE", std::string("\1\2\3\4\5\6\7\x08\x09", 9));
  return {small_jpegs::progressive,
          small_jpegs::restarts,
          small_jpegs::three_scans,
          small_jpegs::grey,
          small_jpegs::fill_byte_crash,
          image_bytes::jpeg(9, 8, 3, pattern(9, 8, 3)),
          image_bytes::with_exif(image_bytes::jpeg(8, 8, 1, pattern(8, 8, 1)), image_bytes::exif(6)),
          image_bytes::png(9, 8, 4, pattern(9, 8, 4)),
          png_of({.width = 3, .height = 2, .depth = 16, .colour = 2, .rows = std::string(38, '\1')}),
          png_of({.width = 5,
                  .height = 5,
                  .depth = 2,
                  .colour = 3,
                  .interlace = 1,
                  .before = palette,
                  .rows = std::string(40, '\0')}),
          image_bytes::bmp(5, 3, 3, pattern(5, 3, 3)),
          image_bytes::bmp(4, 3, 4, pattern(4, 3, 4)),
          "P6 3 2 255\n" + std::string(18, 'a'),
          "P5 # comment\n3 2 65535\n" + std::string(12, 'a'),
          "P2 3 2 100\n1 2 3 4 5 6",
          "P3 1 1 7 1 2 3"};
}

class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed * 2 + 1) {}
  size_t below(size_t bound) {  // splitmix64
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return static_cast<size_t>((z ^ (z >> 31)) % bound);
  }

 private:
  uint64_t state_;
};

// One to four changes: bytes, bits, 16-bit lengths, pieces cut out, doubled or taken from another file.
std::string damaged(const std::vector<std::string>& all, Draw& draw) {
  std::string s = all[draw.below(all.size())];
  for (size_t changes = 1 + draw.below(4); changes > 0 && !s.empty(); --changes) {
    const size_t at = draw.below(s.size()), count = 1 + draw.below(std::min<size_t>(s.size() - at, 24));
    switch (draw.below(8)) {
      case 0:
        s[at] = static_cast<char>(draw.below(256));
        break;
      case 1:
        s[at] = static_cast<char>(s[at] ^ 1 << draw.below(8));
        break;
      case 2:
        s[at] = draw.below(2) == 0 ? '\xff' : '\0';
        break;
      case 3:
        s.erase(at, count);
        break;
      case 4:
        s.insert(at, s.substr(at, count));
        break;
      case 5:
        s.resize(at);
        break;
      case 6: {
        const std::string& other = all[draw.below(all.size())];
        s.insert(at, other.substr(draw.below(other.size()), 1 + draw.below(80)));
        break;
      }
      default:  // a marker of JPEG's, or a large number
        s.replace(at, std::min<size_t>(2, s.size() - at),
                  std::string("\xff") + static_cast<char>(0xc0 + draw.below(64)));
    }
  }
  return s;
}

// A damaged PNG ends at its first checksum: those are put right, so that what lies behind them is reached. So is WebP's length.
void mend_checksums(std::string& s) {
  if (s.starts_with("RIFF") && s.size() >= 8) s.replace(4, 4, image_bytes::little_endian(s.size() - 8, 4));
  if (!s.starts_with("\x89PNG\r\n\x1a\n")) return;
  for (size_t at = 8; s.size() - at >= 12;) {
    size_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<uint8_t>(s[at + i]);
    if (length > s.size() - at - 12) return;
    s.replace(at + 8 + length, 4,
              image_bytes::big_endian(image_bytes::crc32(s.substr(at + 4, 4 + length)), 4));
    at += 12 + length;
  }
}

void expect_an_answer(const std::string& bytes) {
  try {
    const Image image = datasets::decode_image(bytes);
    const auto count = static_cast<size_t>(image.height * image.width * image.channels);
    ASSERT_EQ(image.deep_pixels.empty() ? image.pixels.size() : image.deep_pixels.size(), count);
    for (const float value : image.plane(0, 1)) ASSERT_TRUE(value >= 0 && value <= 1);
  } catch (const std::runtime_error& error) {
    const std::string message = error.what();
    ASSERT_FALSE(message.empty());
    ASSERT_EQ(message.find('\n'), std::string::npos) << message;
    for (const char c : message) ASSERT_TRUE(c >= ' ' && c <= '~') << message;
  }
}

TEST(DamagedImages, SeedsAreSound) {
  const std::vector<std::string> all = seeds();
  for (const std::string& bytes : all)
    if (bytes != small_jpegs::fill_byte_crash) {
      EXPECT_NO_THROW(datasets::decode_image(bytes)) << bytes.substr(0, 4);
    }
}

// 40 000 of them in about a second. SVDD_DAMAGED_IMAGES names another number, SVDD_DAMAGED_SEED other ones.
TEST(DamagedImages, EachGetsAnAnswer) {
  const std::vector<std::string> all = seeds();
  const char* asked = std::getenv("SVDD_DAMAGED_IMAGES");
  const char* seed = std::getenv("SVDD_DAMAGED_SEED");
  const long count = asked ? std::atol(asked) : 40000;
  Draw draw(seed ? std::strtoull(seed, nullptr, 10) : 1);
  for (long i = 0; i < count; ++i) {
    std::string bytes = damaged(all, draw);
    if (draw.below(4) != 0) mend_checksums(bytes);
    expect_an_answer(bytes);
    if (HasFatalFailure()) return;
  }
}

// The libraries' own, 20 000 of them, and not a word of theirs.
TEST(DamagedImages, EachOfTheLibrariesGetsAnAnswerInSilence) {
  const std::vector<std::string> all = seeds_of_libraries();
  if (all.empty()) GTEST_SKIP() << "the build has neither libtiff nor libwebp";
  for (const std::string& bytes : all) EXPECT_NO_THROW(datasets::decode_image(bytes)) << bytes.substr(0, 4);
  const char* asked = std::getenv("SVDD_DAMAGED_IMAGES");
  const char* seed = std::getenv("SVDD_DAMAGED_SEED");
  const long count = asked ? std::atol(asked) : 20000;
  Draw draw(seed ? std::strtoull(seed, nullptr, 10) : 1);
  testing::internal::CaptureStderr();
  for (long i = 0; i < count && !HasFatalFailure(); ++i) {
    std::string bytes = damaged(all, draw);
    if (draw.below(4) != 0) mend_checksums(bytes);
    expect_an_answer(bytes);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
