// TIFF 6.0 and BigTIFF, by libtiff, where the build has it (SVDD_HAVE_TIFF).
#pragma once
#include <string_view>

#include "datasets/image_file.h"

namespace datasets {

bool is_tiff(std::string_view head);

// Grey, RGB, palettes and JPEG's YCbCr, of 1 to 16 whole bits a value, in strips or tiles, in one plane or several;
// plain, or compressed by PackBits, LZW, Deflate, Zstandard, LZMA, JPEG or the fax codes. Values of more than 8 bits stay
// so; fewer are spread over 0 … 255. Alpha is left out. The first page that is neither a thumbnail nor a mask is read;
// Image::more_pages says whether others follow. What the header promises is checked here before memory is taken; libtiff
// prints nothing. Throws std::runtime_error with the bare reason ("is damaged or truncated: …"): for floating-point and signed
// values, CMYK and other colours too, and where the build has no libtiff.
Image decode_tiff(std::string_view contents);

}  // namespace datasets
