#include "engine/files/folder_lock.h"

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include "engine/files/in_quotes.h"
#include "engine/system/files.h"

namespace engine {

FolderLock::FolderLock(const std::filesystem::path& folder) {
  held_ = system::hold_folder(folder);
  // One that may be written to but not read can still be used, and then nobody is kept out.
  if (held_ != -1 || errno == EACCES) return;
  if (errno != EWOULDBLOCK)
    throw std::runtime_error("cannot open the folder " + in_quotes(folder) + ": " +
                             std::generic_category().message(errno));
  throw std::runtime_error("the folder " + in_quotes(folder) +
                           " is in use: another process is writing there; wait until it has ended, or name "
                           "another folder");
}

FolderLock::~FolderLock() {
  if (held_ != -1) system::release_folder(held_);
}

bool FolderLock::holds(const std::filesystem::path& folder) const {
  return held_ == -1 || system::is_held(held_, folder);
}

}  // namespace engine
