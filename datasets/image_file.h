// One image file: PNG, JPEG and BMP decoded by stb_image, PGM and PPM by pnm.h.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

namespace datasets {

struct Image {
  int64_t height = 0, width = 0, channels = 0;  // channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
  std::vector<uint8_t> pixels;                  // height x width x channels, C order

  // Channel `c` of `wanted` (1: grey, 3: RGB) as height x width values in [0, 1]; alpha is left out. Grey
  // stands in for each of R, G and B; grey from RGB is the luma 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
  std::vector<float> plane(int64_t c, int64_t wanted) const;
};

inline constexpr int64_t largest_image_pixels = int64_t{1} << 26;  // height x width; 67 million

// 16-bit files are brought to 8. Throws std::runtime_error, naming the file, when it is missing,
// unreadable, none of the formats, damaged, truncated, or beyond largest_image_pixels (known before anything
// is decoded).
Image read_image(const std::filesystem::path& path);

}  // namespace datasets
