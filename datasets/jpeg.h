// JPEG: followed and checked by jpeg_structure.h, and what was checked decoded by stb_image.
#pragma once
#include <string_view>

#include "datasets/image_file.h"

namespace datasets {

bool is_jpeg(std::string_view head);

// Grey, or RGB from three or four colours (CMYK as Adobe's programs leave it), turned as its EXIF orientation says.
// Throws std::runtime_error with the bare reason ("is truncated: …").
Image decode_jpeg(std::string_view contents);

}  // namespace datasets
