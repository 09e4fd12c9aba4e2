#if !defined(_WIN32)
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/system/files.h"
#include "engine/system/process.h"

namespace engine::system {

namespace fs = std::filesystem;

int open_to_read(const fs::path& path) { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }
int open_to_write(const fs::path& path) { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC); }
int create_file(const fs::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}
int close(int descriptor) { return ::close(descriptor); }

int64_t read(int descriptor, void* to, size_t bytes) { return ::read(descriptor, to, bytes); }
int64_t write(int descriptor, const void* from, size_t bytes) { return ::write(descriptor, from, bytes); }

bool wait_for_bytes(int descriptor, int milliseconds) {
  pollfd input{descriptor, POLLIN, 0};
  const int ready = ::poll(&input, 1, milliseconds);
  return ready > 0 || (ready < 0 && errno != EINTR);
}

// POSIX: a pipe that is ready takes PIPE_BUF bytes at least, which are 4096 or a page wherever this is built, or 512.
bool wait_for_room(int descriptor, int milliseconds) {
  pollfd output{descriptor, POLLOUT, 0};
  const int ready = ::poll(&output, 1, milliseconds);
  return ready > 0 || (ready < 0 && errno != EINTR);
}

bool flush(int descriptor) { return ::fsync(descriptor) == 0; }

bool flush_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return true;
  const bool flushed = flush(descriptor);
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return flushed;
}

std::optional<FileStatus> status(int descriptor) {
  struct stat found = {};
  if (::fstat(descriptor, &found) != 0) return std::nullopt;
  using Kind = FileStatus::Kind;
  return FileStatus{S_ISDIR(found.st_mode)   ? Kind::folder
                    : S_ISREG(found.st_mode) ? Kind::file
                                             : Kind::other,
                    static_cast<uint64_t>(found.st_size)};
}

bool may_write(const fs::path& file) { return ::access(file.c_str(), W_OK) == 0; }

bool same_file(const fs::path& a, const fs::path& b) {
  struct stat one = {}, other = {};
  return ::stat(a.c_str(), &one) == 0 && ::stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

// flock on the folder itself.
intptr_t hold_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return -1;
  int result;
  do {
    result = ::flock(descriptor, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result == 0 || errno != EWOULDBLOCK) return descriptor;
  ::close(descriptor);
  errno = EWOULDBLOCK;
  return -1;
}
void release_folder(intptr_t held) { ::close(static_cast<int>(held)); }

bool is_held(intptr_t held, const fs::path& folder) {
  struct stat named = {}, there = {};
  return ::stat(folder.c_str(), &named) == 0 && ::fstat(static_cast<int>(held), &there) == 0 &&
         named.st_dev == there.st_dev && named.st_ino == there.st_ino;
}

fs::path create_folder(const fs::path& beginning) {
  std::string path = beginning.native() + "-XXXXXX";
  return ::mkdtemp(path.data()) ? fs::path(path) : fs::path();
}

std::vector<std::string> begin_program(int count, char** words) {
  return std::vector<std::string>(words + (count > 0 ? 1 : 0), words + count);
}

int process_number() { return ::getpid(); }

uint64_t memory_bytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page) : 0;
}

uint64_t peak_memory_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
#if defined(__APPLE__)
  return static_cast<uint64_t>(usage.ru_maxrss);  // others say kibibytes
#else
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
#endif
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

int terminal_columns(int descriptor) {
  winsize size{};
  return ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void* allocate_aligned(size_t alignment, size_t bytes) {
  return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}
void free_aligned(void* memory) { std::free(memory); }

}  // namespace engine::system
#endif
