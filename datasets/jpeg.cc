#include "datasets/jpeg.h"

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "datasets/exif_orientation.h"
#include "datasets/jpeg_structure.h"

namespace {

// stb_image's memory. No block of a picture within the limits goes beyond this: coefficients of two bytes, with as
// much padding as the coarsest sampling brings.
constexpr size_t largest_block = size_t{datasets::largest_image_pixels} * 4 + (size_t{1} << 20);

void* bounded_malloc(size_t size) { return size <= largest_block ? std::malloc(size) : nullptr; }

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#define STBI_NO_STDIO
#define STBI_NO_SIMD  // one path, one set of bits on every machine
#define STBI_MALLOC bounded_malloc
#define STBI_REALLOC(block, size) nullptr  // of PNG alone
#define STBI_FREE std::free
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wtype-limits"
#include <stb/stb_image.h>
#pragma GCC diagnostic pop

namespace datasets {

bool is_jpeg(std::string_view head) {
  const size_t marker = head.find_first_not_of('\xff');
  return marker != std::string_view::npos && marker > 0 && head[marker] == '\xd8';
}

Image decode_jpeg(std::string_view contents) {
  const JpegStructure structure = jpeg_structure(contents);
  const std::string& clean = structure.clean;
  int width = 0, height = 0, channels = 0;
  const std::unique_ptr<stbi_uc, decltype(&std::free)> decoded(
      stbi_load_from_memory(reinterpret_cast<const stbi_uc*>(clean.data()), static_cast<int>(clean.size()),
                            &width, &height, &channels, 0),
      &std::free);
  if (!decoded)
    throw std::runtime_error("is damaged or truncated (" + std::string(stbi_failure_reason()) + ")");
  const size_t size =
      static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels);
  Image image{height, width, channels, std::vector<uint8_t>(decoded.get(), decoded.get() + size)};
  return turned(std::move(image), exif_orientation(structure.exif));
}

}  // namespace datasets
