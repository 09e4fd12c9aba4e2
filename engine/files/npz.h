// NumPy's .npz files: zip archives of .npy files (numpy.savez, numpy.savez_compressed). A member's name is
// without its
// ".npy" and may hold '/'. Every error is a std::runtime_error of one line that names the file and the
// member.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/files/atomic_file.h"
#include "engine/files/nd_array.h"
#include "engine/files/npy.h"

namespace engine {

class Npz {
 public:
  // Reads and verifies the whole archive, which may unpack to max_bytes, and a small one to no more than 4 GiB. A member that is whole but no array
  // of numbers (objects, strings, a text file) does no harm until at() asks for it.
  static Npz read(const std::filesystem::path& path, uint64_t max_bytes = most_file_bytes());

  bool contains(const std::string& name) const;
  const NdArray& at(const std::string& name) const;  // if there is none, the error lists what is there
  std::optional<NpyWords> words(const std::string& name) const;  // nothing where the member holds no words
  std::vector<std::string> names() const;                        // in the archive's order

 private:
  struct Member {
    std::string name;
    NdArray array;
    std::string refusal;  // why it could not be read as an array; empty if it could
    std::optional<NpyWords> words = {};
  };
  const Member* find(const std::string& name) const;

  std::filesystem::path path_;
  std::vector<Member> members_;
};

// Uncompressed, members in the order given, each byte for byte as numpy.save writes it; no times of writing
// inside, so equal arrays give equal files. std::invalid_argument if an array's check() fails.
void write_npz(const std::filesystem::path& path, const std::vector<std::pair<std::string, NdArray>>& arrays);

}  // namespace engine
