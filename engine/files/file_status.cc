#include "engine/files/file_status.h"

#include <stdexcept>
#include <system_error>

#include "engine/files/in_quotes.h"
#include "engine/system/files.h"

namespace engine {

namespace fs = std::filesystem;

namespace {

fs::file_status status_of(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (error && status.type() != fs::file_type::not_found)
    throw std::runtime_error("cannot look at " + in_quotes(path) + ": " + error.message());
  return status;
}

}  // namespace

bool file_exists(const fs::path& path) { return fs::exists(status_of(path)); }
bool is_folder(const fs::path& path) { return fs::is_directory(status_of(path)); }

bool same_file(const fs::path& a, const fs::path& b) { return system::same_file(a, b); }

bool lies_below(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(absolute_path(path), error);  // a link may lead below it
  if (error) real = absolute_path(path).lexically_normal();
  for (fs::path above = real; !above.empty(); above = above.parent_path()) {
    if (same_file(above, folder)) return true;
    if (above == above.parent_path()) break;
  }
  return false;
}

fs::path absolute_path(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error);
  return error ? path : whole;
}

}  // namespace engine
