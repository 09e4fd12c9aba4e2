// Whole files, read and written: a reader never finds a half-written one, and a failed write leaves nothing
// behind.
//
// Every error is a std::runtime_error of one line that names the path and the system's reason.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace engine {

// Whether commit() returns only when the bytes and the name are on the disk (about 10 ms), so that they outlast a
// power cut. `rebuildable` is for what can be made again from other files.
enum class Durability { durable, rebuildable };

// Writes a temporary file beside the final name (NAME.partial-PROCESS-COUNT), so that the rename in commit() stays
// within one file system and either the old contents or the new ones stand under that name at every moment.
//
// A symbolic link keeps being one: the file that it names is replaced, or made where it is not there yet. The
// permissions of a replaced file are kept. Where the path names a device or a pipe (/dev/stdout, /dev/null) there is nothing to replace:
// bytes go straight into it (write_all), and those written before an error stay written.
class AtomicFile {
 public:
  // Opens the temporary file.
  explicit AtomicFile(const std::filesystem::path& path, Durability durability = Durability::durable);
  ~AtomicFile();  // removes it unless commit() succeeded
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  void commit();  // writes what is still buffered, closes, renames; once, and last
  // All of that but the name, which commit() gives then: of several files that belong together, all are finished before one is
  // committed, since a full disk shows here.
  void finish();

 private:
  void flush(std::string_view bytes);
  void discard() noexcept;
  [[noreturn]] void fail(int error);  // discards and throws
  void flush_folder();

  Durability durability_;
  std::filesystem::path path_;       // as the caller named it, for messages
  std::filesystem::path target_;     // links resolved
  std::filesystem::path temporary_;  // empty: writing straight into a device
  std::string buffer_;               // small writes are gathered here
  int descriptor_ = -1;
  bool finished_ = false;
};

// The file `path` holds exactly `bytes` afterwards, or what it held before if this throws.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                           Durability durability = Durability::durable);

// The name that a temporary file was to get ("a.csv" of "a.csv.partial-12-0", the first 200 bytes of a longer one);
// nothing for any other name.
std::optional<std::string> name_of_partial(std::string_view name);

// Removes from the folder the temporary files, left by killed programs, of those names that `ours` says yes to.
// What cannot be removed stays.
void remove_partial_files(const std::filesystem::path& folder,
                          const std::function<bool(const std::string& name)>& ours);

// All bytes into a descriptor that is open: 0, or errno. Where whoever reads at the other end of a pipe takes none of them, it
// waits for as long as nobody wants the program to stop: Stopped.
int write_all(int descriptor, std::string_view bytes);

// All bytes of the file. Throws if it is missing, a directory, unreadable or larger than max_bytes.
// most_file_bytes: no more than the machine's memory, since files are read as a whole (an array in one lies there twice
// while it is read), and never less than 4 GiB. What has no size beforehand, as a pipe, ends at 4 GiB in any case.
uint64_t most_file_bytes();
std::string read_file(const std::filesystem::path& path, uint64_t max_bytes = most_file_bytes());

// The first bytes of a file, `count` at most, to tell what it is. Throws if it is unreadable. Nothing of what is missing or no regular
// file: what is taken out of a pipe is gone, and to wait for it may take for ever.
std::string beginning_of(const std::filesystem::path& path, size_t count);

}  // namespace engine
