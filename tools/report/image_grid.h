// A sheet of small pictures as one PNG: the most normal and the most anomalous images of a run, side by side.
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace tools {

struct ImageGrid {
  std::span<const float> images;  // n x channels x height x width, C order
  int64_t n = 0, channels = 0, height = 0, width = 0;
  int64_t columns = 8;  // pictures per row
  int64_t enlarge =
      0;  // every pixel becomes enlarge x enlarge; 0: the least that makes pictures 56 pixels or larger
  int64_t separator = 2;  // grey pixels between pictures and around the sheet
};

// The sheet as PNG bytes, grey for 1 channel and RGB for 3. Values are mapped from [0,1] to bytes, nearest;
// those outside are clamped and NaN is black. Throws std::invalid_argument when there is nothing to draw, the
// channels are neither 1 nor 3, the values are not as many as the shape says, or the sheet would be larger
// than 2^28 bytes.
std::string png_of_grid(const ImageGrid& grid);

// Writes those bytes, whole or not at all; throws std::runtime_error where the file cannot be written.
void write_grid(const std::filesystem::path& path, const ImageGrid& grid);

}  // namespace tools
