// A JPEG file followed from its first byte to its last coefficient, before stb_image sees it.
//
// stb_image up to 2.27 trusts the file: it writes beyond its tables, reads memory that nobody has written where a
// component is missing, and takes a file that breaks off for one that ends in grey. What is checked here is
// therefore written anew: stb_image is handed a file of the checked parts alone, so that it cannot see anything
// that was not looked at.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace datasets {

struct JpegStructure {
  int64_t width = 0, height = 0;
  int components = 0;  // 1 grey, 3 or 4 colours
  std::string clean;   // the same picture: its tables, frame and scans, whole, and an end marker
  std::string exif;    // of the first APP1 segment that holds EXIF data, else empty
};

// Baseline, extended and progressive files (SOF0, SOF1, SOF2 of ITU-T T.81) of 8 bits. The end marker may be
// missing, or something else stand in its place, where all coefficients are there; what follows it is not looked
// at. Throws std::runtime_error with the bare reason ("is truncated: …") where the file is damaged, ends before its
// pixels do, is of another kind, or has more than largest_image_pixels.
JpegStructure jpeg_structure(std::string_view contents);

}  // namespace datasets
