#include "datasets/exif_orientation.h"

#include <utility>

namespace datasets {
namespace {

// Numbers of either byte order; 0 where the bytes are not there.
class Numbers {
 public:
  explicit Numbers(std::string_view bytes) : bytes_(bytes), little_(bytes.starts_with("II")) {}

  uint32_t two(size_t at) const {
    return little_ ? byte(at) | byte(at + 1) << 8 : byte(at) << 8 | byte(at + 1);
  }
  uint32_t four(size_t at) const {
    return little_ ? two(at) | two(at + 2) << 16 : two(at) << 16 | two(at + 2);
  }

 private:
  uint32_t byte(size_t at) const { return at < bytes_.size() ? static_cast<uint8_t>(bytes_[at]) : 0u; }

  std::string_view bytes_;
  bool little_;
};

// Where the pixel of row y, column x of the upright image lies in one of height x width.
struct Place {
  int64_t y, x;
};
Place place(int orientation, int64_t y, int64_t x, int64_t height, int64_t width) {
  switch (orientation) {
    case 2:
      return {y, width - 1 - x};
    case 3:
      return {height - 1 - y, width - 1 - x};
    case 4:
      return {height - 1 - y, x};
    case 5:
      return {x, y};
    case 6:
      return {height - 1 - x, y};
    case 7:
      return {height - 1 - x, width - 1 - y};
    case 8:
      return {x, width - 1 - y};
    default:
      return {y, x};
  }
}

}  // namespace

int exif_orientation(std::string_view exif) {
  const Numbers numbers(exif);
  if (!(exif.starts_with("II") || exif.starts_with("MM")) || numbers.two(2) != 42) return 1;
  const size_t directory = numbers.four(4);
  const size_t entries = numbers.two(directory);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + 12 * i;  // tag, type, count, value
    if (entry + 12 > exif.size()) break;
    if (numbers.two(entry) != 0x0112) continue;
    const uint32_t type = numbers.two(entry + 2), count = numbers.four(entry + 4);
    const uint32_t value = type == 3 ? numbers.two(entry + 8) : type == 4 ? numbers.four(entry + 8) : 0;
    return count == 1 && value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image turned(Image image, int orientation) {
  if (orientation < 2 || orientation > 8) return image;
  const bool swaps = orientation >= 5;
  Image upright{swaps ? image.width : image.height, swaps ? image.height : image.width, image.channels, {}};
  upright.maximum = image.maximum;
  upright.more_pages = image.more_pages;
  const auto turn = [&](const auto& from, auto& to) {
    if (from.empty()) return;
    to.resize(from.size());
    const auto channels = static_cast<size_t>(image.channels);
    size_t at = 0;
    for (int64_t y = 0; y < upright.height; ++y)
      for (int64_t x = 0; x < upright.width; ++x) {
        const Place p = place(orientation, y, x, image.height, image.width);
        const auto source = static_cast<size_t>(p.y * image.width + p.x) * channels;
        for (size_t c = 0; c < channels; ++c) to[at++] = from[source + c];
      }
  };
  turn(image.pixels, upright.pixels);
  turn(image.deep_pixels, upright.deep_pixels);
  return upright;
}

}  // namespace datasets
