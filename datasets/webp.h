// WebP (RFC 9649): lossy and lossless, by libwebp, where the build has it (SVDD_HAVE_WEBP).
#pragma once
#include <string_view>

#include "datasets/image_file.h"

namespace datasets {

bool is_webp(std::string_view head);

// RGB of 8 bits, alpha left out. Size, kind and the places of its chunks are looked at here before libwebp sees the
// file. Throws std::runtime_error with the bare reason ("is truncated: …"), of an animation too, and where the build has
// no libwebp.
Image decode_webp(std::string_view contents);

}  // namespace datasets
