// libFuzzer's entry to the readers of images (datasets/image_file.h): whatever the bytes, a picture or a sentence.
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include "datasets/image_file.h"
#include "datasets/zlib_stream.h"

namespace {

void unpack(std::string_view bytes) {  // which a PNG's checksums keep from being reached
  try {
    datasets::unpack_zlib_stream(bytes, 4096);
  } catch (const std::runtime_error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  unpack(bytes);
  try {
    const datasets::Image image = datasets::decode_image(bytes);
    for (const float value : image.plane(0, 1))
      if (!(value >= 0 && value <= 1)) std::abort();
  } catch (const std::runtime_error&) {
  }
  return 0;
}
