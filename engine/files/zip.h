// Zip archives (PKWARE's APPNOTE 6.3), as far as .npz files need them: stored and deflated members, zip64
// sizes; no encryption, no archives in several parts. Every error is a std::runtime_error of one line that
// names the archive.
#pragma once
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/files/atomic_file.h"

namespace engine {

struct ZipMember {
  std::string name;
  std::string bytes;
};

// All members in the order of the archive's directory, unpacked and their checksums verified. Refuses
// archives that unpack to more than max_bytes altogether (or to more than 4 GiB and 64 times their size), that name a member twice, or whose members overlap.
std::vector<ZipMember> read_zip(const std::filesystem::path& path, uint64_t max_bytes);

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
