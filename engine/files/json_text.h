// JSON texts from outside.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace engine {

// Throws std::runtime_error where the text holds a byte 0. JSON has none, but the parser takes it for the end, so that
// whatever follows it would go unread.
void check_json_text(std::string_view text);

// read_file, checked; the path is named in either case.
std::string read_json_text(const std::filesystem::path& path, uint64_t max_bytes);

}  // namespace engine
