// Names from outside (paths, archive members, JSON keys) made safe for a one-line message.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

// Control characters (a newline would break the line, an escape could drive the terminal) and bytes that are no UTF-8 as
// \xNN, and anything beyond so many bytes cut off, and "..." in its place.
inline constexpr size_t longest_value = 100, longest_path = 300;
std::string shown(std::string_view text, size_t longest = longest_value);

// 'name', likewise.
std::string in_quotes(std::string_view name, size_t longest = longest_path);
inline std::string in_quotes(const char* name) { return in_quotes(std::string_view(name)); }
inline std::string in_quotes(const std::string& name) { return in_quotes(std::string_view(name)); }
inline std::string in_quotes(const std::filesystem::path& path) { return in_quotes(path.string()); }

// What an error says is there instead: "'a', 'b', 'c'", each cut as a value is, no more than twenty of them or some 400
// bytes; "nothing" for none.
std::string in_quotes(const std::vector<std::string>& names);

// A number in a message, to six digits: "0.1", "1e-05".
std::string number_text(double value);

// Whether all of it is; JSON can hold nothing else.
bool is_utf8(std::string_view text);

}  // namespace engine
