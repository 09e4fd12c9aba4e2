// One image file: PNG (png.h), JPEG (jpeg.h), BMP (bmp.h), PGM or PPM (pnm.h), and where the build has their libraries TIFF
// (tiff.h) and WebP (webp.h), told apart by its first bytes.
//
// Of the first five all but the last step of JPEG is code of our own, and before that step jpeg_structure.h has followed the
// file to its last coefficient: a damaged or hostile file is refused with a sentence, and the pixels of a sound one are the
// same on every machine.
#pragma once
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace datasets {

struct Image {
  int64_t height = 0, width = 0, channels = 0;  // channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
  std::vector<uint8_t> pixels;                  // height x width x channels, C order; 0 … 255
  // In their place where the file holds more than 8 bits of a value: 0 … `maximum`, which stands for white.
  std::vector<uint16_t> deep_pixels = {};
  int64_t maximum = 255;
  bool more_pages = false;  // the file holds others, which are not read

  // Channel `c` of `wanted` (1: grey, 3: RGB) as height x width values in [0, 1]; alpha is left out. Grey
  // stands in for each of R, G and B; grey from RGB is the luma 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
  std::vector<float> plane(int64_t c, int64_t wanted) const;

  // Whether some pixel's R, G and B differ: a grey picture may well be stored as RGB.
  bool has_colour() const;

  int64_t largest_value() const;  // of all colours of all pixels, not of alpha
};

inline constexpr int64_t largest_image_pixels = int64_t{1} << 26;  // height x width; 67 million
inline constexpr int64_t largest_image_bytes =
    4 * largest_image_pixels;  // with all channels, as they are held

// A file that is not damaged but of a kind that is not read, and is to be converted: "CMYK TIFF", "GIF", "too large".
struct ImageKindNotRead : std::runtime_error {
  ImageKindNotRead(std::string of_kind, const std::string& why)
      : std::runtime_error(why), kind(std::move(of_kind)) {}
  std::string kind;
};

enum class ImageFormat { none, png, jpeg, bmp, pnm, tiff, webp };

// By the first bytes of a file; 64 of them are enough. `none` of a format that this build does not read.
ImageFormat image_format(std::string_view head);

// "PNG, JPEG, BMP, PGM or PPM", and what this build reads beside them; `last`: the word before the last.
std::string readable_image_formats(const std::string& last = "or");

// How to have this build read files with such an ending (".tif", in small letters): "install Debian's libtiff-dev and build
// svdd again". Empty where it reads them, or no build does.
std::string how_to_read(std::string_view ending);

// Throws std::runtime_error with the bare reason ("is truncated: …") where these bytes are damaged or truncated, and
// ImageKindNotRead where they are none of the formats, of a kind of them that is not read, or an image beyond the limits above
// (known before memory is taken for it). The image stands as its EXIF orientation says.
Image decode_image(std::string_view contents);

// The same of a file, which the message names. Throws too where it is missing or unreadable.
Image read_image(const std::filesystem::path& path);

// Throws, with the bare reason, for a side below 1, or an image beyond the limits (ImageKindNotRead).
void check_image_size(int64_t width, int64_t height, int64_t bytes_per_pixel);

}  // namespace datasets
