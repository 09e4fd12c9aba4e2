// A look at a JPEG file's Huffman tables before stb_image sees them.
#pragma once
#include <string_view>

namespace datasets {

// False where a table claims more than 256 codes, which no JPEG has (ITU-T T.81, B.2.4.2): stb_image up
// to 2.27 writes beyond its own table then. True for anything that is no JPEG.
bool jpeg_tables_are_sound(std::string_view contents);

}  // namespace datasets
