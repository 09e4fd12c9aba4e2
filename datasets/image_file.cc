#include "datasets/image_file.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "datasets/jpeg_tables.h"
#include "datasets/pnm.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"

namespace {

// stb_image's memory: a few bytes of a hostile PNG can unpack to gigabytes, so no single block goes beyond
// what the largest allowed image takes.
constexpr size_t largest_block = size_t{datasets::largest_image_pixels} * 4 + (size_t{1} << 20);

void* bounded_malloc(size_t size) { return size <= largest_block ? std::malloc(size) : nullptr; }
void* bounded_realloc(void* block, size_t size) {
  return size <= largest_block ? std::realloc(block, size) : nullptr;
}

// An empty chunk makes it copy nothing to nowhere, which memcpy must not be asked for.
void* copy_bytes(void* to, const void* from, size_t count) {
  return count == 0 ? to : std::memcpy(to, from, count);
}

}  // namespace

#define memcpy copy_bytes
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_SIMD  // one path, one set of bits on every machine
#define STBI_MALLOC bounded_malloc
#define STBI_REALLOC bounded_realloc
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
#undef memcpy

namespace datasets {
namespace {

using engine::in_quotes;

// The file's bytes, handed to stb_image piece by piece. Its decoders fill what is missing at the end of a
// file with zeros and report success; asking for bytes after the last one gives the truncation away.
struct Bytes {
  const std::string& contents;
  size_t position = 0;
  bool ran_dry = false;

  static int read(void* user, char* to, int size) {
    auto& self = *static_cast<Bytes*>(user);
    const size_t count = std::min(static_cast<size_t>(size), self.contents.size() - self.position);
    if (count == 0) self.ran_dry = true;
    std::memcpy(to, self.contents.data() + self.position, count);
    self.position += count;
    return static_cast<int>(count);
  }
  static void skip(void* user, int size) {
    auto& self = *static_cast<Bytes*>(user);
    const size_t left = self.contents.size() - self.position;
    self.position += size < 0 ? 0 : std::min(static_cast<size_t>(size), left);
  }
  static int eof(void* user) {
    const auto& self = *static_cast<Bytes*>(user);
    return self.position == self.contents.size();
  }
};

constexpr stbi_io_callbacks callbacks = {Bytes::read, Bytes::skip, Bytes::eof};

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw std::runtime_error("image " + in_quotes(path) + " " + why);
}

}  // namespace

std::vector<float> Image::plane(int64_t c, int64_t wanted) const {
  const int64_t count = height * width;
  const bool grey = channels < 3;
  std::vector<float> values(static_cast<size_t>(count));
  const int64_t from = grey || wanted == 1 ? 0 : c;
  for (int64_t i = 0; i < count; ++i) {
    const uint8_t* pixel = pixels.data() + i * channels + from;
    const double level =
        grey || wanted != 1 ? pixel[0] : 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    values[static_cast<size_t>(i)] = static_cast<float>(level) / 255.0f;
  }
  return values;
}

Image read_image(const std::filesystem::path& path) {
  constexpr uint64_t largest_file = uint64_t{1} << 30;
  const std::string contents = engine::read_file(path, largest_file);
  if (contents.empty()) refuse(path, "is empty (0 bytes)");
  if (is_pnm(contents)) try {
      return decode_pnm(contents);
    } catch (const std::runtime_error& error) {
      refuse(path, error.what());
    }

  if (!jpeg_tables_are_sound(contents)) refuse(path, "is damaged: it has an impossible Huffman table");

  int width = 0, height = 0, channels = 0;
  Bytes header{contents};
  if (!stbi_info_from_callbacks(&callbacks, &header, &width, &height, &channels))
    refuse(path,
           "is no readable PNG, JPEG, BMP, PGM or PPM file (" + std::string(stbi_failure_reason()) + ")");
  if (width < 1 || height < 1 || int64_t{width} * height > largest_image_pixels)
    refuse(path, "is " + std::to_string(width) + " x " + std::to_string(height) + " pixels, expected 1 to " +
                     std::to_string(largest_image_pixels) + " in all: scale it down");

  Bytes source{contents};
  const std::unique_ptr<stbi_uc, decltype(&std::free)> decoded(
      stbi_load_from_callbacks(&callbacks, &source, &width, &height, &channels, 0), &std::free);
  if (source.ran_dry) refuse(path, "is truncated: it ends within its pixels; copy it again");
  if (!decoded)
    refuse(path, "is damaged or truncated (" + std::string(stbi_failure_reason()) + "); copy it again");
  const size_t size =
      static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels);
  return {height, width, channels, std::vector<uint8_t>(decoded.get(), decoded.get() + size)};
}

}  // namespace datasets
