#include "engine/files/passing_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

#include "engine/files/in_quotes.h"
#include "engine/system/files.h"

namespace engine {

PassingFolder::PassingFolder(const std::string& name) {
  std::error_code error;
  const std::filesystem::path place = std::filesystem::temp_directory_path(error);
  if (error) {
    const char* said = std::getenv("TMPDIR");
    throw std::runtime_error("there is no folder for temporary files: TMPDIR names " +
                             in_quotes(std::string(said ? said : "")) +
                             "; expected an absolute path of a folder");
  }
  const std::filesystem::path beginning = std::filesystem::absolute(place) / name;
  path_ = system::create_folder(beginning);
  if (path_.empty())
    throw std::runtime_error("cannot make a folder such as " + in_quotes(beginning.string() + "-0") + ": " +
                             std::strerror(errno));
}

PassingFolder::~PassingFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace engine
