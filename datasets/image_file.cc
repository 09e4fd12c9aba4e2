#include "datasets/image_file.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "datasets/bmp.h"
#include "datasets/jpeg.h"
#include "datasets/png.h"
#include "datasets/pnm.h"
#include "datasets/tiff.h"
#include "datasets/webp.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/stopping.h"

namespace datasets {
namespace {

using engine::in_quotes;

template <class T>
void fill_plane(const std::vector<T>& pixels, int64_t channels, int64_t from, bool as_it_is, float white,
                std::vector<float>& values) {
  const T* pixel = pixels.data() + from;
  for (float& value : values) {
    const double level = as_it_is ? pixel[0] : 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    value = static_cast<float>(level) / white;
    pixel += channels;
  }
}

template <class T>
bool any_colour(const std::vector<T>& pixels, int64_t channels) {
  const auto step = static_cast<size_t>(channels);
  for (size_t i = 0; i + step <= pixels.size(); i += step)
    if (pixels[i] != pixels[i + 1] || pixels[i] != pixels[i + 2]) return true;
  return false;
}

// What a file of another format is, as far as its first bytes tell; empty where they do not.
std::string foreign_format(std::string_view head) {
  const auto has = [&](size_t at, std::string_view bytes) {
    return head.size() >= at + bytes.size() && head.substr(at, bytes.size()) == bytes;
  };
  if (is_tiff(head)) return "TIFF";
  if (has(0, "GIF8")) return "GIF";
  if (is_webp(head)) return "WebP";
  if (has(4, "ftypavif")) return "AVIF";
  if (has(4, "ftyphei") || has(4, "ftypmif1")) return "HEIC";
  if (has(4, "jP  ")) return "JPEG 2000";
  if (has(0, "8BPS")) return "Photoshop";
  if (has(0, "P1") || has(0, "P4")) return "PBM";
  if (has(0, "P7") || has(0, "PF") || has(0, "Pf")) return "PAM or PFM";
  if (has(0, "<svg")) return "SVG";
  return "";
}

}  // namespace

std::vector<float> Image::plane(int64_t c, int64_t wanted) const {
  const bool grey = channels < 3;
  std::vector<float> values(static_cast<size_t>(height * width));
  const int64_t from = grey || wanted == 1 ? 0 : c;
  const auto white = static_cast<float>(maximum);
  const bool as_it_is = grey || wanted != 1;
  if (deep_pixels.empty())
    fill_plane(pixels, channels, from, as_it_is, white, values);
  else
    fill_plane(deep_pixels, channels, from, as_it_is, white, values);
  return values;
}

bool Image::has_colour() const {
  if (channels < 3) return false;
  return deep_pixels.empty() ? any_colour(pixels, channels) : any_colour(deep_pixels, channels);
}

int64_t Image::largest_value() const {
  const int64_t colours = channels < 3 ? 1 : 3;
  int64_t largest = 0;
  const auto look = [&](const auto& values) {
    for (size_t i = 0; i < values.size(); ++i)
      if (static_cast<int64_t>(i) % channels < colours) largest = std::max<int64_t>(largest, values[i]);
  };
  deep_pixels.empty() ? look(pixels) : look(deep_pixels);
  return largest;
}

void check_image_size(int64_t width, int64_t height, int64_t bytes_per_pixel) {
  const bool too_many = width > 0 && height > largest_image_pixels / width;
  if (width < 1 || height < 1 || too_many) {
    const std::string why = "is " + std::to_string(width) + " x " + std::to_string(height) +
                            " pixels, expected 1 to " + std::to_string(largest_image_pixels) +
                            " in all: scale it down";
    if (too_many) throw ImageKindNotRead("too large", why);
    throw std::runtime_error(why);
  }
  if (width * height > largest_image_bytes / bytes_per_pixel)
    throw ImageKindNotRead("too large", "is " + std::to_string(width) + " x " + std::to_string(height) +
                                            " pixels of " + std::to_string(bytes_per_pixel) +
                                            " bytes, expected up to " + std::to_string(largest_image_bytes) +
                                            " bytes in all: scale it down");
}

ImageFormat image_format(std::string_view head) {
  if (is_png(head)) return ImageFormat::png;
  if (is_jpeg(head)) return ImageFormat::jpeg;
  if (is_bmp(head)) return ImageFormat::bmp;
  if (is_pnm(head)) return ImageFormat::pnm;
  if (SVDD_HAVE_TIFF && is_tiff(head)) return ImageFormat::tiff;
  if (SVDD_HAVE_WEBP && is_webp(head)) return ImageFormat::webp;
  return ImageFormat::none;
}

std::string readable_image_formats(const std::string& last) {
  std::vector<std::string> formats = {"PNG", "JPEG", "BMP", "PGM", "PPM"};
  if (SVDD_HAVE_TIFF) formats.push_back("TIFF");
  if (SVDD_HAVE_WEBP) formats.push_back("WebP");
  std::string text = formats[0];
  for (size_t i = 1; i + 1 < formats.size(); ++i) text += ", " + formats[i];
  return text + ' ' + last + ' ' + formats.back();
}

std::string how_to_read(std::string_view ending) {
  std::string package;
  if (!SVDD_HAVE_TIFF && (ending == ".tif" || ending == ".tiff")) package = "libtiff-dev";
  if (!SVDD_HAVE_WEBP && ending == ".webp") package = "libwebp-dev";
  return package.empty() ? "" : "install Debian's " + package + " and build svdd again";
}

Image decode_image(std::string_view contents) {
  if (contents.empty()) throw std::runtime_error("is empty (0 bytes)");
  switch (image_format(contents)) {
    case ImageFormat::png:
      return decode_png(contents);
    case ImageFormat::jpeg:
      return decode_jpeg(contents);
    case ImageFormat::bmp:
      return decode_bmp(contents);
    case ImageFormat::pnm:
      return decode_pnm(contents);
    case ImageFormat::tiff:
      return decode_tiff(contents);
    case ImageFormat::webp:
      return decode_webp(contents);
    case ImageFormat::none:
      break;
  }
  const std::string what = foreign_format(contents);
  if (what.empty()) throw std::runtime_error("is no readable " + readable_image_formats() + " file");
  const std::string how = how_to_read(what == "TIFF" ? ".tif" : what == "WebP" ? ".webp" : "");
  throw ImageKindNotRead(what, "is no readable " + readable_image_formats() + " file but a " + what +
                                   " file: " + (how.empty() ? "" : how + ", or ") +
                                   "convert it, for instance to PNG");
}

Image read_image(const std::filesystem::path& path) {
  const auto refuse = [&](const std::runtime_error& error) {
    const std::string message = "image " + in_quotes(path) + " " + error.what();
    if (const auto* foreign = dynamic_cast<const ImageKindNotRead*>(&error))
      throw ImageKindNotRead(foreign->kind, message);
    throw std::runtime_error(message);
  };
  // A file of gigabytes that is no image shall not be read to its end.
  constexpr size_t enough = 64;
  const std::string head = engine::beginning_of(path, enough);
  if (!head.empty() && image_format(head) == ImageFormat::none) try {
      return decode_image(head);
    } catch (const std::runtime_error& error) {
      refuse(error);
    }
  constexpr uint64_t largest_file = uint64_t{1} << 30;
  const std::string contents = engine::read_file(path, largest_file);
  try {
    return decode_image(contents);
  } catch (const engine::Stopped&) {
    throw;
  } catch (const std::runtime_error& error) {
    refuse(error);
    throw;  // not reached
  }
}

}  // namespace datasets
