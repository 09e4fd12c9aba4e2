#include "engine/files/passing_folder.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "engine/files/in_quotes.h"

namespace engine {

PassingFolder::PassingFolder(const std::string& name) {
  std::string path = (std::filesystem::temp_directory_path() / (name + "-XXXXXX")).string();
  if (!mkdtemp(path.data()))
    throw std::runtime_error("cannot make a folder such as " + in_quotes(path) + ": " + std::strerror(errno));
  path_ = path;
}

PassingFolder::~PassingFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace engine
