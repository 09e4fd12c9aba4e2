// How a camera was held: the orientation in a picture's EXIF data, and pictures turned upright by it.
#pragma once
#include <string_view>

#include "datasets/image_file.h"

namespace datasets {

// 1 to 8, from EXIF data as they begin (TIFF 6.0: "II" or "MM", 42, the place of the first directory). 1, upright,
// where there are none, they say nothing of it, something else than 1 to 8, or are damaged: they are no part of the
// picture. Tag 0x0112 of EXIF 2.32, section 4.6.4; only the first directory, the main picture's, is looked at.
int exif_orientation(std::string_view exif);

// What lies as `orientation` says, upright. 2: mirrored left to right, 3: upside down, 4: mirrored top to
// bottom, 5: rows are columns, 6: to be turned clockwise by a quarter, 7: as 5 and upside down, 8: anticlockwise.
Image turned(Image image, int orientation);

}  // namespace datasets
