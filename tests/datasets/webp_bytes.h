// WebP files as strings of bytes: written by libwebp, where the build has it, or put together by hand.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tests/datasets/image_bytes.h"

#if SVDD_HAVE_WEBP
#include <webp/encode.h>
#endif

namespace webp_bytes {

inline std::string chunk(const std::string& name, const std::string& data) {
  return name + image_bytes::little_endian(data.size(), 4) + data +
         (data.size() % 2 == 1 ? std::string(1, '\0') : "");
}

inline std::string riff(const std::string& chunks) {
  return "RIFF" + image_bytes::little_endian(4 + chunks.size(), 4) + "WEBP" + chunks;
}

// The extended header. `flags`: 2 animation, 8 EXIF, 16 alpha.
inline std::string extended(int flags, int height, int width) {
  return chunk("VP8X", std::string(1, static_cast<char>(flags)) + std::string(3, '\0') +
                           image_bytes::little_endian(static_cast<uint64_t>(width) - 1, 3) +
                           image_bytes::little_endian(static_cast<uint64_t>(height) - 1, 3));
}

// A lossless picture's header, and nothing behind it.
inline std::string header_of(uint32_t height, uint32_t width) {
  return riff(
      chunk("VP8L", "\x2f" + image_bytes::little_endian((width - 1) | (height - 1) << 14, 4) + "12345"));
}

#if SVDD_HAVE_WEBP

// `quality`: 0 to 100; below 0: lossless.
inline std::string of(int height, int width, int channels, const std::vector<uint8_t>& pixels,
                      float quality = -1) {
  uint8_t* made = nullptr;
  const int row = width * channels;
  const size_t size =
      quality < 0 ? (channels == 3 ? WebPEncodeLosslessRGB(pixels.data(), width, height, row, &made)
                                   : WebPEncodeLosslessRGBA(pixels.data(), width, height, row, &made))
                  : (channels == 3 ? WebPEncodeRGB(pixels.data(), width, height, row, quality, &made)
                                   : WebPEncodeRGBA(pixels.data(), width, height, row, quality, &made));
  std::string bytes(reinterpret_cast<const char*>(made), size);
  WebPFree(made);
  return bytes;
}

// What `of` made, with EXIF data behind its pixels.
inline std::string with_exif(const std::string& webp, int height, int width, const std::string& exif) {
  return riff(extended(8, height, width) + webp.substr(12) + chunk("EXIF", exif));
}

#endif

}  // namespace webp_bytes
