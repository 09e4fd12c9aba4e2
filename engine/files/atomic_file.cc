#include "engine/files/atomic_file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "engine/files/in_quotes.h"
#include "engine/stopping.h"
#include "engine/system/files.h"
#include "engine/system/process.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr size_t buffer_bytes = size_t{64} << 10;

std::string reason(int error) { return std::generic_category().message(error); }  // strerror, but thread-safe

[[noreturn]] void cannot(const char* action, const fs::path& path, const std::string& why) {
  throw std::runtime_error(std::string("cannot ") + action + " " + in_quotes(path) + ": " + why);
}

// Unique within this machine: the process's number and a count. The final name leads, cut short enough for
// the file system's limit of 255 bytes, so that what a killed program leaves behind can be recognised.
constexpr std::string_view partial_mark = ".partial-";
constexpr size_t longest_head = 200;

fs::path temporary_beside(const fs::path& target) {
  static std::atomic<uint64_t> count{0};
  const std::string name = target.filename().string().substr(0, longest_head);
  return target.parent_path() / (name + std::string(partial_mark) + std::to_string(system::process_number()) +
                                 "-" + std::to_string(count.fetch_add(1)));
}

// Where a link leads, which need not be there yet; std::filesystem leaves a link to nothing as it is.
fs::path followed(const fs::path& path) {
  constexpr int most_links = 40;  // as many as Linux follows
  fs::path at = path;
  std::error_code error;
  for (int i = 0; fs::is_symlink(at, error); ++i) {
    if (i == most_links) cannot("write", path, "it is a link that leads in a circle");
    const fs::path next = fs::read_symlink(at, error);
    if (error) cannot("write", path, error.message());
    at = next.is_absolute() ? next : at.parent_path() / next;
  }
  return at;
}

// What some file systems answer that have nothing to flush.
bool cannot_be_flushed(int error) {
  return error == EINVAL || error == ENOSYS || error == ENOTSUP || error == EROFS;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path, Durability durability) : durability_(durability), path_(path) {
  if (path.filename().empty()) cannot("write", path, "this is not a file name");
  std::error_code unknown;
  fs::file_status found = fs::status(path, unknown);
  // /dev/stdout is a link to "pipe:[4711]", which is no path: only the system knows where it leads.
  if (fs::exists(found) && !fs::is_regular_file(found)) {
    target_ = path;
  } else {
    target_ = followed(path);
    found = fs::status(target_, unknown);
  }
  const bool exists = fs::exists(found);
  if (fs::is_directory(found)) cannot("write", path, "it is a directory; a file name is expected");
  if (exists && !fs::is_regular_file(found)) {
    while ((descriptor_ = system::open_to_write(target_)) < 0 && errno == EINTR) check_stop();
    if (descriptor_ < 0) fail(errno);
    return;
  }
  // A rename would replace even a file that its owner made read-only: ask first.
  if (exists && !system::may_write(target_)) fail(errno);
  do {
    temporary_ = temporary_beside(target_);
    descriptor_ = system::create_file(temporary_);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) {
    const int error = errno;
    temporary_.clear();
    if (error == ENOENT && target_ != path_)
      cannot("write", path, "it is a link to " + in_quotes(target_) + ", whose folder does not exist");
    if (error == ENOENT) cannot("write", path, "its folder does not exist; create it first");
    fail(error);
  }
  if (exists) fs::permissions(temporary_, found.permissions(), unknown);
  if (exists && unknown) fail(unknown.default_error_condition().value());
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::write(std::string_view bytes) {
  if (descriptor_ < 0) throw std::logic_error("AtomicFile: write after the end of " + in_quotes(path_));
  if (buffer_.size() + bytes.size() < buffer_bytes) {
    buffer_ += bytes;
    return;
  }
  flush(std::exchange(buffer_, {}));
  if (bytes.size() < buffer_bytes) {
    buffer_ = bytes;
  } else {
    flush(bytes);
  }
}

void AtomicFile::finish() {
  if (descriptor_ < 0) throw std::logic_error("AtomicFile: commit after the end of " + in_quotes(path_));
  flush(std::exchange(buffer_, {}));
  const bool durable = durability_ == Durability::durable && !temporary_.empty();
  // First the bytes, then the name: in the other order a power cut could leave an empty file under it.
  if (durable && !system::flush(descriptor_) && !cannot_be_flushed(errno)) fail(errno);
  if (system::close(std::exchange(descriptor_, -1)) != 0)
    fail(errno);  // some file systems report a full disk only here
  finished_ = true;
}

void AtomicFile::commit() {
  if (!finished_) finish();
  finished_ = false;
  if (temporary_.empty()) return;
  std::error_code error;
  fs::rename(temporary_, target_, error);
  if (error) fail(error.default_error_condition().value());
  temporary_.clear();
  if (durability_ == Durability::durable) flush_folder();
}

void AtomicFile::flush_folder() {
  const fs::path folder = target_.has_parent_path() ? target_.parent_path() : fs::path(".");
  if (!system::flush_folder(folder) && !cannot_be_flushed(errno)) fail(errno);
}

void AtomicFile::flush(std::string_view bytes) {
  if (const int error = write_all(descriptor_, bytes)) fail(error);
}

int write_all(int descriptor, std::string_view bytes) {
  // A write that has begun may wait for a reader, and goes on waiting after a signal: it is begun where there is room.
  const auto status = system::status(descriptor);
  const bool may_wait = !status || status->kind != system::FileStatus::Kind::file;
  const size_t at_once = may_wait ? system::bytes_with_room : size_t{1} << 30;
  constexpr int patience = 100;  // milliseconds
  while (!bytes.empty()) {
    if (may_wait && !system::wait_for_room(descriptor, 0)) do
        check_stop();
      while (!system::wait_for_room(descriptor, patience));
    const int64_t written = system::write(descriptor, bytes.data(), std::min(bytes.size(), at_once));
    if (written >= 0)
      bytes.remove_prefix(static_cast<size_t>(written));
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      check_stop();  // of a descriptor that never waits; a file would have no such
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

void AtomicFile::discard() noexcept {
  if (descriptor_ >= 0) system::close(std::exchange(descriptor_, -1));
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
  temporary_.clear();
}

void AtomicFile::fail(int error) {
  discard();
  cannot("write", path_, reason(error));
}

void write_file_atomically(const fs::path& path, std::string_view bytes, Durability durability) {
  AtomicFile file(path, durability);
  file.write(bytes);
  file.commit();
}

std::optional<std::string> name_of_partial(std::string_view name) {
  const size_t mark = name.rfind(partial_mark);
  if (mark == std::string_view::npos || mark == 0) return std::nullopt;
  const std::string_view numbers = name.substr(mark + partial_mark.size());
  const size_t dash = numbers.find('-');
  if (dash == std::string_view::npos || !is_number(numbers.substr(0, dash)) ||
      !is_number(numbers.substr(dash + 1)))
    return std::nullopt;
  return std::string(name.substr(0, mark));
}

void remove_partial_files(const fs::path& folder, const std::function<bool(const std::string& name)>& ours) {
  std::error_code error;
  std::vector<fs::path> left;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = name_of_partial(entry->path().filename().string());
    std::error_code unknown;
    if (name && ours(*name) && entry->symlink_status(unknown).type() == fs::file_type::regular)
      left.push_back(entry->path());
  }
  for (const fs::path& path : left) fs::remove(path, error);
}

uint64_t most_file_bytes() {
  constexpr uint64_t least = uint64_t{4} << 30;
  return std::max(least, system::memory_bytes());
}

namespace {

struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) system::close(value);
  }
};

// Until there are some, or there will be no more; looks for a wish to stop in between. (A signal that came just before a call
// that waits would not interrupt it.)
void wait_for_bytes(int descriptor) {
  constexpr int a_moment = 100;  // milliseconds
  do check_stop();
  while (!system::wait_for_bytes(descriptor, a_moment));
}

}  // namespace

std::string beginning_of(const fs::path& path, size_t count) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return "";
  const Descriptor file{system::open_to_read(path)};
  if (file.value < 0) cannot("read", path, reason(errno));
  std::string bytes(count, '\0');
  const int64_t got = bytes.empty() ? 0 : system::read(file.value, bytes.data(), count);
  bytes.resize(static_cast<size_t>(std::max<int64_t>(0, got)));
  return bytes;
}

std::string read_file(const fs::path& path, uint64_t max_bytes) {
  using Kind = system::FileStatus::Kind;
  const Descriptor file{system::open_to_read(path)};
  const std::optional<system::FileStatus> found = file.value < 0 ? std::nullopt : system::status(file.value);
  if (!found && errno != EISDIR) cannot("read", path, reason(errno));
  if (!found || found->kind == Kind::folder) cannot("read", path, "it is a directory; a file is expected");
  if (found->kind != Kind::file) max_bytes = std::min(max_bytes, uint64_t{4} << 30);
  const auto too_large = [&](const std::string& size) {
    cannot("read", path,
           "it holds " + size + " bytes, more than the " + std::to_string(max_bytes) + " allowed");
  };
  const uint64_t expected = found->kind == Kind::file ? found->bytes : 0;
  if (expected > max_bytes) too_large(std::to_string(expected));

  // The size is a hint only: a pipe has none, and a file may grow meanwhile. Read to the end, but not past
  // the bound.
  std::string bytes;
  size_t filled = 0;
  while (true) {
    check_stop();
    if (found->kind != Kind::file) wait_for_bytes(file.value);
    if (filled == bytes.size())
      bytes.resize(filled == 0 ? expected + 1 : filled + std::max(filled, buffer_bytes));
    const size_t room = std::min(bytes.size() - filled, size_t{1} << 26);
    const int64_t got = system::read(file.value, bytes.data() + filled, room);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) cannot("read", path, reason(errno));
    if (got == 0) break;
    filled += static_cast<size_t>(got);
    if (filled > max_bytes) too_large("at least " + std::to_string(filled));
  }
  bytes.resize(filled);
  return bytes;
}

}  // namespace engine
