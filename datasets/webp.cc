#include "datasets/webp.h"

#include <cstddef>
#include <stdexcept>
#include <string>
#include <utility>

#include "datasets/exif_orientation.h"

#if SVDD_HAVE_WEBP
#include <webp/decode.h>
#endif

namespace datasets {

bool is_webp(std::string_view head) {
  return head.size() >= 12 && head.starts_with("RIFF") && head.substr(8, 4) == "WEBP";
}

#if SVDD_HAVE_WEBP

namespace {

constexpr size_t riff_header = 12, chunk_header = 8;

size_t little_endian_four(std::string_view bytes, size_t at) {
  size_t value = 0;
  for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

[[noreturn]] void refuse_webp(const std::string& why) { throw std::runtime_error(why); }

// The file as long as its header says, without what follows.
std::string_view whole_webp(std::string_view contents) {
  const size_t promised = little_endian_four(contents, 4) + 8;
  if (promised > contents.size())
    refuse_webp("is truncated: it holds " + std::to_string(contents.size()) + " of " +
                std::to_string(promised) + " bytes; copy it again");
  return contents.substr(0, promised);
}

// EXIF data as they begin with their byte order; empty where there are none.
std::string_view exif_of(std::string_view webp) {
  for (size_t at = riff_header; at + chunk_header <= webp.size();) {
    const size_t size = little_endian_four(webp, at + 4), data = at + chunk_header;
    if (size > webp.size() - data) break;
    if (webp.substr(at, 4) == "EXIF") {
      std::string_view exif = webp.substr(data, size);
      const std::string_view jpegs("Exif\0\0", 6);  // some writers leave it there
      if (exif.starts_with(jpegs)) exif.remove_prefix(jpegs.size());
      return exif;
    }
    at = data + size + size % 2;
  }
  return {};
}

void check_status(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OK:
      return;
    case VP8_STATUS_OUT_OF_MEMORY:
      refuse_webp("needs more memory than there is");
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
      refuse_webp("is truncated: it ends before its pixels do; copy it again");
    default:
      refuse_webp("is damaged (libwebp's error " + std::to_string(status) + "); copy it again");
  }
}

}  // namespace

Image decode_webp(std::string_view contents) {
  const std::string_view webp = whole_webp(contents);
  const auto* bytes = reinterpret_cast<const uint8_t*>(webp.data());
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) refuse_webp("cannot be read: libwebp is of another version");
  check_status(WebPGetFeatures(bytes, webp.size(), &config.input));
  if (config.input.has_animation)
    refuse_webp("is an animated WebP file: save the picture that is meant, for instance as PNG");
  // libwebp's own copy of the pixels has four bytes each.
  check_image_size(config.input.width, config.input.height, 4);
  Image image{config.input.height, config.input.width, 3, {}};
  image.pixels.resize(static_cast<size_t>(image.height * image.width * image.channels));
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = image.pixels.data();
  config.output.u.RGBA.stride = static_cast<int>(image.width * image.channels);
  config.output.u.RGBA.size = image.pixels.size();
  const VP8StatusCode status = WebPDecode(bytes, webp.size(), &config);
  WebPFreeDecBuffer(&config.output);
  check_status(status);
  return turned(std::move(image), exif_orientation(exif_of(webp)));
}

#else

Image decode_webp(std::string_view) {
  throw std::runtime_error("is a WebP file, and this build has no libwebp");
}

#endif

}  // namespace datasets
