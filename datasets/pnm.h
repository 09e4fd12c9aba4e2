// PGM and PPM (netpbm), grey and RGB, as text (P2, P3) and binary (P5, P6), up to 16 bits a value.
//
// stb_image could read these, but takes 100 of 100 for 100 of 255 and does not notice a file that ends too
// early.
#pragma once
#include <string_view>

#include "datasets/image_file.h"

namespace datasets {

bool is_pnm(std::string_view contents);

// Values scaled to 0 … 255 by the file's own maximum, up to one of 255; above it they stay as they are, beside that
// maximum. Throws std::runtime_error with the bare reason ("is
// truncated: …") where the contents are damaged or the image is beyond largest_image_pixels.
Image decode_pnm(std::string_view contents);

}  // namespace datasets
