// Files as the operating system has them, where std::filesystem and streams tell too little: what went wrong, whether bytes
// have come, whether they are on the disk. The calls are POSIX's, or Windows' in their place (posix.cc, windows.cc): a number
// below 0, or false, says failure, and errno why.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace engine::system {

// A descriptor each, which no child process inherits.
int open_to_read(
    const std::filesystem::path& path);  // does not wait for whoever writes into a pipe: wait_for_bytes
int open_to_write(const std::filesystem::path& path);  // what is there: a device, a pipe
int create_file(const std::filesystem::path& path);    // EEXIST where the name is taken
int close(int descriptor);

int64_t read(int descriptor, void* to, size_t bytes);  // 0: the end
int64_t write(int descriptor, const void* from, size_t bytes);
// Whether a read would not wait: bytes are there, or there will be no more. Waits for them, at most so long.
bool wait_for_bytes(int descriptor, int milliseconds);
// Whether a write of so many bytes would not wait: there is room for them, or nobody will read them any more. Waits for it, at
// most so long. Windows does not tell of pipes, and has room for whatever comes.
inline constexpr size_t bytes_with_room = 4096;
bool wait_for_room(int descriptor, int milliseconds);

bool flush(int descriptor);                              // what was written is on the disk afterwards
bool flush_folder(const std::filesystem::path& folder);  // and the names in it; true where it may not be read

struct FileStatus {
  enum class Kind { file, folder, other } kind;
  uint64_t bytes;  // of a file
};
std::optional<FileStatus> status(int descriptor);

bool may_write(const std::filesystem::path& file);
// Whether both name one file or folder, through links too; false where either is not there.
bool same_file(const std::filesystem::path& a, const std::filesystem::path& b);

// Holds a folder for this process alone until it is released or the process ends; nothing is written for it. -1 where it
// cannot be opened, or is held (EWOULDBLOCK). Where a file system has no locks, nobody is kept out.
intptr_t hold_folder(const std::filesystem::path& folder);
void release_folder(intptr_t held);
// Whether the path still names the folder that is held.
bool is_held(intptr_t held, const std::filesystem::path& folder);

// A new folder, whose name begins as `beginning` does; empty where it cannot be made.
std::filesystem::path create_folder(const std::filesystem::path& beginning);

}  // namespace engine::system
