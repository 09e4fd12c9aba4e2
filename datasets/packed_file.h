// A file read from front to back, unpacked on the way when its name ends in .gz (RFC 1952). Behind the last member of
// a .gz there may be zeros, as gzip itself takes them, and nothing else. A file whose first bytes belie its name is
// refused with what it looks like.
//
// The reader asks for as many bytes as its format promises and never gets more, so a small file that would
// unpack to terabytes costs no more than what was asked for.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>

namespace datasets {

class PackedFile {
 public:
  // Throws std::runtime_error when the file is missing, not a regular file, unreadable or empty, and, for a
  // .gz, when this build has no zlib.
  explicit PackedFile(const std::filesystem::path& path);
  ~PackedFile();
  PackedFile(const PackedFile&) = delete;
  PackedFile& operator=(const PackedFile&) = delete;

  // Reads up to `count` bytes; fewer only at the end of the contents. Throws std::runtime_error when the file
  // cannot be read or its gzip stream is corrupt or ends early.
  size_t read(uint8_t* to, size_t count);

  // No more than this many bytes can come out: the file's size, or what deflate can make of it at most.
  uint64_t largest_contents() const;

 private:
  struct Unpacker;

  size_t read_stored(uint8_t* to, size_t count);
  size_t read_unpacked(uint8_t* to, size_t count);
  bool another_member();

  std::filesystem::path path_;
  uint64_t stored_size_ = 0;
  std::ifstream stream_;
  std::unique_ptr<Unpacker> unpacker_;  // null: the file is not packed
  bool begun_ = false;                  // to give out what was unpacked
};

}  // namespace datasets
