// One process at a time in a folder that is being written.
#pragma once
#include <cstdint>
#include <filesystem>

namespace engine {

// Holds the folder while it lives. Nothing is left behind, however the process ends: the lock is the system's
// (engine/system/files.h). Where a file system has none, nobody is kept out.
class FolderLock {
 public:
  // std::runtime_error of one line where the folder is held already, by another process or another FolderLock of this
  // one, and where it cannot be opened.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  // Whether the path still names the folder that is held: it may have been removed, or another put in its place,
  // before the lock was there.
  bool holds(const std::filesystem::path& folder) const;

 private:
  intptr_t held_ = -1;  // nothing: whoever comes is let in
};

}  // namespace engine
