// Windows in POSIX's place: its C library has most of the calls, and what it lacks is asked of the system. Built by mingw-w64
// (cmake/cross.cmake).
#if defined(_WIN32)
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>
// After it:
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <psapi.h>
#include <shellapi.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cwctype>
#include <string>

#include "engine/system/files.h"
#include "engine/system/process.h"

namespace engine::system {

namespace fs = std::filesystem;

namespace {

std::string utf8(const wchar_t* words) { return fs::path(words).string(); }

HANDLE handle_of(int descriptor) { return reinterpret_cast<HANDLE>(_get_osfhandle(descriptor)); }

}  // namespace

int open_to_read(const fs::path& path) {
  std::error_code unknown;
  // Windows answers "access denied" for a folder; whoever reads it shall be told what it is.
  if (fs::is_directory(path, unknown)) {
    errno = EISDIR;
    return -1;
  }
  return _wopen(path.c_str(), _O_RDONLY | _O_BINARY | _O_NOINHERIT);
}
int open_to_write(const fs::path& path) { return _wopen(path.c_str(), _O_WRONLY | _O_BINARY | _O_NOINHERIT); }
int create_file(const fs::path& path) {
  return _wopen(path.c_str(), _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT,
                _S_IREAD | _S_IWRITE);
}
int close(int descriptor) { return _close(descriptor); }

int64_t read(int descriptor, void* to, size_t bytes) {
  return _read(descriptor, to, static_cast<unsigned>(std::min(bytes, size_t{1} << 30)));
}
int64_t write(int descriptor, const void* from, size_t bytes) {
  return _write(descriptor, from, static_cast<unsigned>(std::min(bytes, size_t{1} << 30)));
}

// Of pipes alone: a terminal's lines are waited for by the read itself.
bool wait_for_bytes(int descriptor, int milliseconds) {
  const HANDLE handle = handle_of(descriptor);
  if (GetFileType(handle) != FILE_TYPE_PIPE) return true;
  for (int waited = 0;; ++waited) {
    DWORD there = 0;
    if (!PeekNamedPipe(handle, nullptr, 0, nullptr, &there, nullptr) || there > 0)
      return true;  // closed, or bytes
    if (waited >= milliseconds) return false;
    Sleep(1);
  }
}

bool wait_for_room(int, int) { return true; }

bool flush(int descriptor) { return _commit(descriptor) == 0; }
bool flush_folder(const fs::path&) { return true; }  // a name is written with its file

std::optional<FileStatus> status(int descriptor) {
  struct _stat64 found = {};
  if (_fstat64(descriptor, &found) != 0) return std::nullopt;
  using Kind = FileStatus::Kind;
  const auto kind = found.st_mode & _S_IFMT;
  return FileStatus{kind == _S_IFDIR   ? Kind::folder
                    : kind == _S_IFREG ? Kind::file
                                       : Kind::other,
                    static_cast<uint64_t>(found.st_size)};
}

bool may_write(const fs::path& file) { return _waccess(file.c_str(), 2) == 0; }

bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code unknown;
  return fs::equivalent(a, b, unknown) && !unknown;
}

// A named object of the system, which goes with the process: its name is the folder's.
intptr_t hold_folder(const fs::path& folder) {
  std::error_code unknown;
  if (!fs::is_directory(folder, unknown)) {
    errno = ENOENT;
    return -1;
  }
  std::wstring name = fs::weakly_canonical(fs::absolute(folder, unknown), unknown).wstring();
  for (wchar_t& c : name) c = c == L'\\' || c == L'/' ? L'|' : static_cast<wchar_t>(std::towlower(c));
  const HANDLE held = CreateMutexW(nullptr, FALSE, (L"Local\\svdd" + name).c_str());
  if (!held || GetLastError() == ERROR_ALREADY_EXISTS) {
    if (held) CloseHandle(held);
    errno = held ? EWOULDBLOCK : EACCES;
    return -1;
  }
  return reinterpret_cast<intptr_t>(held);
}
void release_folder(intptr_t held) { CloseHandle(reinterpret_cast<HANDLE>(held)); }

bool is_held(intptr_t, const fs::path& folder) {
  std::error_code unknown;
  return fs::is_directory(folder, unknown);
}

fs::path create_folder(const fs::path& beginning) {
  for (int i = 0; i < 1000; ++i) {
    fs::path path = beginning;
    path += "-" + std::to_string(_getpid()) + "-" + std::to_string(i);
    std::error_code error;
    if (fs::create_directory(path, error)) return path;
    if (error) {
      errno = error.default_error_condition().value();
      return {};
    }
  }
  errno = EEXIST;
  return {};
}

std::vector<std::string> begin_program(int count, char** words) {
  for (std::FILE* stream : {stdin, stdout, stderr}) _setmode(_fileno(stream), _O_BINARY);
  SetConsoleOutputCP(CP_UTF8);
  std::vector<std::string> all;
  int n = 0;
  if (wchar_t** const wide = CommandLineToArgvW(GetCommandLineW(), &n)) {
    for (int i = 1; i < n; ++i) all.push_back(utf8(wide[i]));
    LocalFree(wide);
    return all;
  }
  return std::vector<std::string>(words + (count > 0 ? 1 : 0), words + count);
}

int process_number() { return _getpid(); }

uint64_t memory_bytes() {
  MEMORYSTATUSEX memory = {};
  memory.dwLength = sizeof memory;
  return GlobalMemoryStatusEx(&memory) ? memory.ullTotalPhys : 0;
}

uint64_t peak_memory_bytes() {
  PROCESS_MEMORY_COUNTERS counters = {};
  return GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof counters) ? counters.PeakWorkingSetSize
                                                                               : 0;
}

bool is_terminal(int descriptor) {
  return _isatty(descriptor) != 0 && GetFileType(handle_of(descriptor)) == FILE_TYPE_CHAR;
}

int terminal_columns(int descriptor) {
  CONSOLE_SCREEN_BUFFER_INFO screen = {};
  return GetConsoleScreenBufferInfo(handle_of(descriptor), &screen)
             ? screen.srWindow.Right - screen.srWindow.Left + 1
             : 0;
}

void* allocate_aligned(size_t alignment, size_t bytes) { return _aligned_malloc(bytes, alignment); }
void free_aligned(void* memory) { _aligned_free(memory); }

}  // namespace engine::system
#endif
