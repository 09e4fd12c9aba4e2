// TIFF files as strings of bytes: written by libtiff, where the build has it, or by hand.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "tests/datasets/image_bytes.h"

#if SVDD_HAVE_TIFF
#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#endif

namespace tiff_bytes {

// ---- by hand: little-endian, its directory first and its only strip last

struct Parts {
  uint32_t width = 3, height = 2, bits = 8, samples = 1, photometric = 1, compression = 1, format = 1;
  std::vector<std::vector<uint32_t>> more = {};  // tag, value; the tags above those below in order
  std::string pixels = "abcdef";
};

inline std::string by_hand(const Parts& p) {
  using image_bytes::little_endian;
  std::vector<std::vector<uint32_t>> tags = {
      {256, p.width},       {257, p.height},      {258, p.bits},
      {259, p.compression}, {262, p.photometric}, {273, 0},
      {277, p.samples},     {278, p.height},      {279, static_cast<uint32_t>(p.pixels.size())},
      {339, p.format}};
  tags.insert(tags.end(), p.more.begin(), p.more.end());
  std::sort(tags.begin(), tags.end());
  const auto data = static_cast<uint32_t>(8 + 2 + 12 * tags.size() + 4);
  std::string bytes = "II" + little_endian(42, 2) + little_endian(8, 4) + little_endian(tags.size(), 2);
  for (const auto& tag : tags)
    bytes += little_endian(tag[0], 2) + little_endian(4, 2) + little_endian(1, 4) +
             little_endian(tag[0] == 273 ? data : tag[1], 4);
  return bytes + little_endian(0, 4) + p.pixels;
}

#if SVDD_HAVE_TIFF

// ---- by libtiff

struct Picture {
  int height = 4, width = 5, samples = 1, bits = 8;
  int photometric = PHOTOMETRIC_MINISBLACK, compression = COMPRESSION_NONE, orientation = 1;
  int rows_per_strip = 2, tile = 0;  // tile: its side, a multiple of 16; 0: strips
  bool planes = false;
  uint32_t subfile = 0;
  std::vector<uint16_t> palette = {};  // all red, then green, then blue
  std::string pixels = {};             // rows of packed values; of planes, one plane after the other
};

struct Sink {
  std::string bytes;
  size_t at = 0;
};

inline tmsize_t read_back(thandle_t h, void* to, tmsize_t size) {
  auto& sink = *static_cast<Sink*>(h);
  const size_t count =
      std::min(static_cast<size_t>(size), sink.bytes.size() - std::min(sink.at, sink.bytes.size()));
  std::memcpy(to, sink.bytes.data() + sink.at, count);
  sink.at += count;
  return static_cast<tmsize_t>(count);
}
inline tmsize_t write_down(thandle_t h, void* from, tmsize_t size) {
  auto& sink = *static_cast<Sink*>(h);
  const auto count = static_cast<size_t>(size);
  if (sink.bytes.size() < sink.at + count) sink.bytes.resize(sink.at + count);
  std::memcpy(sink.bytes.data() + sink.at, from, count);
  sink.at += count;
  return size;
}
inline toff_t seek(thandle_t h, toff_t offset, int whence) {
  auto& sink = *static_cast<Sink*>(h);
  sink.at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? sink.at + offset : sink.bytes.size() + offset;
  return sink.at;
}
inline int close_it(thandle_t) { return 0; }
inline toff_t size_of(thandle_t h) { return static_cast<Sink*>(h)->bytes.size(); }

inline void need(bool done) {
  if (!done) throw std::logic_error("libtiff does not write this test's picture");
}

inline void write_page(TIFF* file, const Picture& p) {
  TIFFSetField(file, TIFFTAG_SUBFILETYPE, p.subfile);
  TIFFSetField(file, TIFFTAG_IMAGEWIDTH, static_cast<uint32_t>(p.width));
  TIFFSetField(file, TIFFTAG_IMAGELENGTH, static_cast<uint32_t>(p.height));
  TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, p.bits);
  TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, p.samples);
  TIFFSetField(file, TIFFTAG_PHOTOMETRIC, p.photometric);
  TIFFSetField(file, TIFFTAG_COMPRESSION, p.compression);
  TIFFSetField(file, TIFFTAG_ORIENTATION, p.orientation);
  TIFFSetField(file, TIFFTAG_PLANARCONFIG, p.planes ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
  if (p.photometric == PHOTOMETRIC_YCBCR) TIFFSetField(file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  std::vector<uint16_t> map = p.palette;
  if (!map.empty()) {
    const size_t colours = map.size() / 3;
    TIFFSetField(file, TIFFTAG_COLORMAP, map.data(), map.data() + colours, map.data() + 2 * colours);
  }
  std::string pixels = p.pixels;
  const int planes = p.planes ? p.samples : 1, step = p.planes ? 1 : p.samples;
  const int row = (p.width * step * p.bits + 7) / 8;
  need(static_cast<int>(pixels.size()) == planes * p.height * row);
  if (p.tile == 0) {
    TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, static_cast<uint32_t>(p.rows_per_strip));
    for (int s = 0; s < planes; ++s)
      for (int y = 0; y < p.height; ++y)
        need(TIFFWriteScanline(file, pixels.data() + (s * p.height + y) * row, static_cast<uint32_t>(y),
                               static_cast<uint16_t>(s)) == 1);
  } else {  // of whole bytes alone
    TIFFSetField(file, TIFFTAG_TILEWIDTH, static_cast<uint32_t>(p.tile));
    TIFFSetField(file, TIFFTAG_TILELENGTH, static_cast<uint32_t>(p.tile));
    const int pixel = step * p.bits / 8;
    for (int s = 0; s < planes; ++s)
      for (int top = 0; top < p.height; top += p.tile)
        for (int left = 0; left < p.width; left += p.tile) {
          std::string block(static_cast<size_t>(p.tile * p.tile * pixel), '\0');
          for (int y = top; y < std::min(p.height, top + p.tile); ++y)
            std::memcpy(block.data() + (y - top) * p.tile * pixel,
                        pixels.data() + (s * p.height + y) * row + left * pixel,
                        static_cast<size_t>(std::min(p.tile, p.width - left) * pixel));
          need(TIFFWriteTile(file, block.data(), static_cast<uint32_t>(left), static_cast<uint32_t>(top), 0,
                             static_cast<uint16_t>(s)) > 0);
        }
  }
  need(TIFFWriteDirectory(file) == 1);
}

// `mode`: "w", or with more letters of TIFFOpen's: b big-endian, 8 BigTIFF.
inline std::string of(const std::vector<Picture>& pages, const char* mode = "w") {
  Sink sink;
  TIFF* file =
      TIFFClientOpen("test", mode, &sink, read_back, write_down, seek, close_it, size_of, nullptr, nullptr);
  need(file != nullptr);
  for (const Picture& page : pages) write_page(file, page);
  TIFFClose(file);
  return sink.bytes;
}

#endif

}  // namespace tiff_bytes
