#include "tools/report/image_grid.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <vector>

#include "engine/files/atomic_file.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

namespace tools {
namespace {

constexpr uint8_t separator_grey = 150;  // told apart from the black ground of digits and from a white page
constexpr int64_t smallest_picture = 56;
constexpr int64_t most_bytes = int64_t{1} << 28;

// a·b, or a value beyond every limit here. For a, b >= 0.
int64_t product(int64_t a, int64_t b) {
  return b != 0 && a > std::numeric_limits<int64_t>::max() / b ? std::numeric_limits<int64_t>::max() : a * b;
}

int64_t product(int64_t a, int64_t b, int64_t c, int64_t d) { return product(product(a, b), product(c, d)); }

uint8_t byte_of(float value) {
  if (!(value > 0)) return 0;  // NaN too
  return static_cast<uint8_t>(std::min(value, 1.0f) * 255.0f + 0.5f);
}

int64_t enlargement(const ImageGrid& grid) {
  if (grid.enlarge > 0) return grid.enlarge;
  const int64_t side = std::max(grid.height, grid.width);
  return side >= smallest_picture ? 1 : (smallest_picture + side - 1) / side;
}

void check(const ImageGrid& grid) {
  const auto shape = [&] {
    return std::to_string(grid.n) + " x " + std::to_string(grid.channels) + " x " +
           std::to_string(grid.height) + " x " + std::to_string(grid.width);
  };
  if (grid.n < 1 || grid.height < 1 || grid.width < 1)
    throw std::invalid_argument("[image_grid] nothing to draw in " + shape() +
                                " images; expected at least one of one pixel");
  if (grid.channels != 1 && grid.channels != 3)
    throw std::invalid_argument("[image_grid] images are " + shape() +
                                "; expected 1 channel (grey) or 3 (red, green, blue)");
  if (grid.columns < 1 || grid.enlarge < 0 || grid.separator < 0)
    throw std::invalid_argument(
        "[image_grid] columns " + std::to_string(grid.columns) + ", enlarge " + std::to_string(grid.enlarge) +
        ", separator " + std::to_string(grid.separator) + "; expected columns >= 1 and no negative number");
  const int64_t values = product(grid.n, grid.channels, grid.height, grid.width);
  if (values < 0 || static_cast<uint64_t>(values) != grid.images.size())
    throw std::invalid_argument("[image_grid] " + std::to_string(grid.images.size()) + " values for " +
                                shape() + " images; expected their product");
}

void append(void* sheet, void* bytes, int count) {
  static_cast<std::string*>(sheet)->append(static_cast<const char*>(bytes), static_cast<size_t>(count));
}

}  // namespace

std::string png_of_grid(const ImageGrid& grid) {
  check(grid);
  const int64_t enlarge = enlargement(grid), gap = grid.separator, channels = grid.channels;
  const int64_t columns = std::min(grid.columns, grid.n), rows = (grid.n + columns - 1) / columns;
  const int64_t room = most_bytes;  // bounds each factor, so that the sums below cannot overflow
  const int64_t tile_width = std::min(room, product(grid.width, enlarge)) + std::min(room, gap);
  const int64_t tile_height = std::min(room, product(grid.height, enlarge)) + std::min(room, gap);
  const int64_t width = product(columns, tile_width), height = product(rows, tile_height);
  if (product(width, height, channels, 1) > most_bytes)
    throw std::invalid_argument("[image_grid] a sheet of " + std::to_string(rows) + " x " +
                                std::to_string(columns) + " pictures of " + std::to_string(tile_height) +
                                " x " + std::to_string(tile_width) +
                                " pixels is too large; draw fewer pictures or enlarge them less");
  const int64_t stride = (width + gap) * channels;
  std::vector<uint8_t> sheet(static_cast<size_t>((height + gap) * stride), separator_grey);
  for (int64_t i = 0; i < grid.n; ++i) {
    const int64_t top = gap + i / columns * tile_height, left = gap + i % columns * tile_width;
    for (int64_t c = 0; c < channels; ++c) {
      const float* plane = grid.images.data() + (i * channels + c) * grid.height * grid.width;
      for (int64_t y = 0; y < grid.height * enlarge; ++y) {
        uint8_t* row = sheet.data() + (top + y) * stride + left * channels + c;
        for (int64_t x = 0; x < grid.width * enlarge; ++x)
          row[x * channels] = byte_of(plane[y / enlarge * grid.width + x / enlarge]);
      }
    }
  }
  std::string png;
  if (stbi_write_png_to_func(append, &png, static_cast<int>(width + gap), static_cast<int>(height + gap),
                             static_cast<int>(channels), sheet.data(), static_cast<int>(stride)) == 0)
    throw std::runtime_error("[image_grid] not enough memory to encode a PNG of " +
                             std::to_string(width + gap) + " x " + std::to_string(height + gap) + " pixels");
  return png;
}

void write_grid(const std::filesystem::path& path, const ImageGrid& grid) {
  engine::write_file_atomically(path, png_of_grid(grid));
}

}  // namespace tools
