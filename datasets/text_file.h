// The text of a file: as it lies there, unpacked where gzip packed it (RFC 1952), and in UTF-8 where a byte-order mark
// says that it is UTF-16 (RFC 2781), as spreadsheets save "Unicode text".
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace datasets {

// Throws std::runtime_error naming the file where it cannot be read, is packed and damaged or this build has no zlib,
// unpacks to more than a gigabyte and a hundred times its size, or is no sound UTF-16.
std::string read_text_file(const std::filesystem::path& path);

// Whether it begins with the mark of UTF-16; and the same text in UTF-8. Throws std::runtime_error of `source` where a
// unit is cut off or half of a pair is missing.
bool is_utf16(std::string_view bytes);
std::string utf8_of_utf16(std::string_view bytes, const std::string& source);

}  // namespace datasets
