// PNG (ISO/IEC 15948): all colour types, 1 to 16 bits, interlaced or not.
//
// Every chunk's checksum is compared, and the pixels' own: a damaged file is refused, naming the chunk.
#pragma once
#include <string_view>

#include "datasets/image_file.h"

namespace datasets {

bool is_png(std::string_view head);

// Transparency of other kinds than an alpha channel (tRNS) is left out, as alpha is. Values of 16 bits stay so;
// fewer than 8 are spread over 0 … 255. Throws std::runtime_error with the bare reason ("is truncated: …").
Image decode_png(std::string_view contents);

}  // namespace datasets
