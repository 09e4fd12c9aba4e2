// BMP, as Windows and OS/2 write it: 1, 4 and 8 bits with a palette, 16, 24 and 32 bits, not compressed.
#pragma once
#include <string_view>

#include "datasets/image_file.h"

namespace datasets {

bool is_bmp(std::string_view head);

// Always RGB; alpha is left out. Colours of fewer than 8 bits are spread over 0 … 255. Throws std::runtime_error
// with the bare reason ("is truncated: …").
Image decode_bmp(std::string_view contents);

}  // namespace datasets
