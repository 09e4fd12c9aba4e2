// Zip archives (PKWARE's APPNOTE 6.3), as far as .npz files need them: stored and deflated members, zip64
// sizes; no encryption, no archives in several parts. Every error is a std::runtime_error of one line that
// names the archive.
#pragma once
#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/files/atomic_file.h"

namespace engine {

// An archive to read from: its directory is read and checked when it is opened, and a member is unpacked when it is asked
// for. Members come in the order of the directory.
class ZipArchive {
 public:
  // Refuses archives that unpack to more than max_bytes altogether (or to more than 4 GiB and 64 times their size), that
  // name a member twice, whose members overlap, are encrypted or packed by other methods, or cannot hold what they
  // declare.
  ZipArchive(const std::filesystem::path& path, uint64_t max_bytes);

  struct Member {
    std::string name;
    uint64_t bytes = 0;  // unpacked
    uint64_t method = 0, crc = 0;
    size_t at = 0, packed = 0;  // of its packed bytes, in the file
  };
  const std::vector<Member>& members() const { return members_; }

  // The first bytes of a member, `count` at most, of which nothing is verified.
  std::string beginning(const Member& member, size_t count) const;
  // Unpacks a member into `to`, member.bytes long, and verifies its checksum.
  void unpack(const Member& member, std::span<char> to) const;

 private:
  void read_directory(uint64_t max_bytes);

  std::filesystem::path path_;
  std::string file_;
  std::vector<Member> members_;
};

// Writes stored (uncompressed) members dated 1980-01-01: the same members always give the same bytes.
class ZipWriter {
 public:
  explicit ZipWriter(const std::filesystem::path& path) : path_(path), file_(path) {}
  void add(const std::string& name, std::string_view bytes);
  void commit();  // writes the directory; the archive appears under its name only now

 private:
  std::filesystem::path path_;
  AtomicFile file_;
  std::set<std::string> names_;
  std::string directory_;
  uint64_t offset_ = 0;
};

}  // namespace engine
