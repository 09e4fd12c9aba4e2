#include "engine/files/json_text.h"

#include <stdexcept>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"

namespace engine {

void check_json_text(std::string_view text) {
  if (const size_t at = text.find('\0'); at != std::string_view::npos)
    throw std::runtime_error("its JSON has a byte 0 at its byte " + std::to_string(at + 1) +
                             ", which no JSON has; the file is damaged");
}

std::string read_json_text(const std::filesystem::path& path, uint64_t max_bytes) {
  std::string text = read_file(path, max_bytes);
  try {
    check_json_text(text);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error("cannot read " + in_quotes(path) + ": " + error.what());
  }
  return text;
}

}  // namespace engine
