// NumPy's .npz files: zip archives of .npy files (numpy.savez, numpy.savez_compressed). A member's name is
// without its ".npy" and may hold '/'. Every error is a std::runtime_error of one line that names the file and the member.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/files/atomic_file.h"
#include "engine/files/nd_array.h"
#include "engine/files/npy.h"
#include "engine/files/zip.h"

namespace engine {

class Npz {
 public:
  // Reads and verifies the whole archive, which may unpack to max_bytes, and a small one to no more than 4 GiB. A member
  // that is whole but no array of numbers (objects, strings, a text file) does no harm until at() asks for it.
  static Npz read(const std::filesystem::path& path, uint64_t max_bytes = most_file_bytes());

  // In two steps, so that what does not fit is refused before much memory is taken: names and shapes, for which the
  // beginnings of the members are looked at; then the arrays of these names, which alone are verified.
  static Npz open(const std::filesystem::path& path, uint64_t max_bytes = most_file_bytes());
  void unpack(const std::vector<std::string>& names);

  bool contains(const std::string& name) const;
  // Of an array of numbers or words; errors as of at().
  std::vector<int64_t> shape(const std::string& name) const;
  // After unpack; if there is none of the name, the error lists what is there.
  const NdArray& at(const std::string& name) const;
  std::optional<NpyWords> words(const std::string& name) const;  // nothing where the member holds no words
  std::vector<std::string> names() const;                        // in the archive's order

 private:
  struct Member {
    std::string name;
    std::vector<int64_t> shape = {};
    std::optional<std::vector<int64_t>> shape_of_words = {};  // where it is an array of those
    NdArray array = {};
    std::string refusal;  // why it cannot be read as an array of numbers; empty if it can
    std::optional<NpyWords> words = {};
  };
  const Member* find(const std::string& name) const;
  const Member& need(const std::string& name) const;
  void unpack(size_t member);

  std::filesystem::path path_;
  std::shared_ptr<const ZipArchive> archive_;
  std::vector<Member> members_;  // as the archive's
};

// Uncompressed, members in the order given, each byte for byte as numpy.save writes it; no times of writing
// inside, so equal arrays give equal files. std::invalid_argument if an array's check() fails.
void write_npz(const std::filesystem::path& path, const std::vector<std::pair<std::string, NdArray>>& arrays);

}  // namespace engine
