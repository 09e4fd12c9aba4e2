#include "engine/files/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>

#include "engine/files/in_quotes.h"

namespace engine {

FolderLock::FolderLock(const std::filesystem::path& folder) {
  descriptor_ = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) {
    // One that may be written to but not read can still be used, and then nobody is kept out.
    if (errno == EACCES) return;
    throw std::runtime_error("cannot open the folder " + in_quotes(folder) + ": " +
                             std::generic_category().message(errno));
  }
  int result;
  do {
    result = flock(descriptor_, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result == 0 || errno != EWOULDBLOCK) return;
  close(descriptor_);
  throw std::runtime_error("the folder " + in_quotes(folder) +
                           " is in use: another process is writing there; wait until it has ended, or name "
                           "another folder");
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool FolderLock::holds(const std::filesystem::path& folder) const {
  struct stat named = {}, held = {};
  return descriptor_ < 0 || (stat(folder.c_str(), &named) == 0 && fstat(descriptor_, &held) == 0 &&
                             named.st_dev == held.st_dev && named.st_ino == held.st_ino);
}

}  // namespace engine
