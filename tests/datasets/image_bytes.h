// Image files as strings of bytes, made by stb_image_write or by hand.
#pragma once
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace image_bytes {

inline void append(void* to, void* bytes, int count) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), static_cast<size_t>(count));
}

// A picture of height x width x channels bytes that differ from pixel to pixel.
inline std::vector<uint8_t> pattern(int height, int width, int channels) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < height * width * channels; ++i) pixels.push_back(static_cast<uint8_t>(i * 37 + i / 11));
  return pixels;
}

inline std::string png(int height, int width, int channels, const std::vector<uint8_t>& pixels) {
  std::string bytes;
  stbi_write_png_to_func(append, &bytes, width, height, channels, pixels.data(), width * channels);
  return bytes;
}

inline std::string bmp(int height, int width, int channels, const std::vector<uint8_t>& pixels) {
  std::string bytes;
  stbi_write_bmp_to_func(append, &bytes, width, height, channels, pixels.data());
  return bytes;
}

inline std::string jpeg(int height, int width, int channels, const std::vector<uint8_t>& pixels) {
  std::string bytes;
  stbi_write_jpg_to_func(append, &bytes, width, height, channels, pixels.data(), 95);
  return bytes;
}

inline std::string big_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(i < 8 ? value >> 8 * i & 0xff : 0);
  return text;
}
inline std::string little_endian(uint64_t value, int bytes) {
  std::string text = big_endian(value, bytes);
  std::reverse(text.begin(), text.end());
  return text;
}

// ---- PNG, by hand

inline uint32_t crc32(std::string_view bytes) {
  uint32_t c = 0xffffffffu;
  for (const char b : bytes) {
    c ^= static_cast<uint8_t>(b);
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
  }
  return c ^ 0xffffffffu;
}

inline std::string chunk(const std::string& name, const std::string& data) {
  return big_endian(data.size(), 4) + name + data + big_endian(crc32(name + data), 4);
}

// Stored blocks, the last of them marked, and the checksum, which `wrong_by` is added to.
inline std::string zlib_stored(const std::string& data, uint32_t wrong_by = 0) {
  std::string stream = "\x78\x01";
  size_t at = 0;
  do {
    const size_t count = std::min<size_t>(data.size() - at, 65535);
    stream += at + count == data.size() ? '\1' : '\0';
    stream += little_endian(count, 2) + little_endian(count ^ 0xffff, 2) + data.substr(at, count);
    at += count;
  } while (at < data.size());
  uint32_t a = 1, b = 0;
  for (const char c : data) a = (a + static_cast<uint8_t>(c)) % 65521, b = (b + a) % 65521;
  return stream + big_endian((b << 16 | a) + wrong_by, 4);
}

struct PngParts {
  uint32_t width = 1, height = 1;
  int depth = 8, colour = 0, interlace = 0;
  std::string before = "";  // chunks before the pixels
  std::string rows = "";    // each with its filter's byte in front
  std::string after = "";   // chunks between the pixels and IEND
};

inline std::string png_of(const PngParts& p, uint32_t wrong_by = 0) {
  const std::string header = big_endian(p.width, 4) + big_endian(p.height, 4) + static_cast<char>(p.depth) +
                             static_cast<char>(p.colour) + std::string(2, '\0') +
                             static_cast<char>(p.interlace);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + p.before +
         chunk("IDAT", zlib_stored(p.rows, wrong_by)) + p.after + chunk("IEND", "");
}

// ---- EXIF, by hand

// Bytes as they follow "Exif\0\0": one directory with a tag before the orientation and one after it.
inline std::string exif(int orientation, bool little = true) {
  const auto n = [&](uint64_t value, int bytes) {
    return little ? little_endian(value, bytes) : big_endian(value, bytes);
  };
  const std::string four(4, '\0');
  return (little ? "II" : "MM") + n(42, 2) + n(8, 4) + n(3, 2) + n(0x010f, 2) + n(2, 2) + n(1, 4) + four +
         n(0x0112, 2) + n(3, 2) + n(1, 4) + n(static_cast<uint64_t>(orientation), 2) + n(0, 2) +
         n(0x0213, 2) + n(3, 2) + n(1, 4) + n(1, 2) + n(0, 2) + n(0, 4);
}

// A JPEG with these EXIF bytes after its start marker.
inline std::string with_exif(const std::string& jpeg, const std::string& bytes) {
  return jpeg.substr(0, 2) + "\xff\xe1" + big_endian(8 + bytes.size(), 2) + std::string("Exif\0\0", 6) +
         bytes + jpeg.substr(2);
}

}  // namespace image_bytes
