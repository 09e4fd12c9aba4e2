// NumPy's .npy files: format versions 1, 2 and 3 (numpy.lib.format: magic, version, a Python dict literal
// with descr, fortran_order and shape, then the numbers).
//
// Read: booleans, integers of 1, 2, 4, 8 bytes, float16 (as float32), float32 and float64, of either byte order and of C
// or Fortran order; what comes out is little-endian in C order. Refused with a reason: objects (reading one means
// running code from the file), records, strings (but see NpyWords) and complex numbers. Written: version 1, C
// order, byte for byte what numpy.save writes. Every error is a std::runtime_error of one line that names the
// file.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/files/nd_array.h"

namespace engine {

NdArray read_npy(const std::filesystem::path& path);
void write_npy(const std::filesystem::path& path, const NdArray& array);

// The array of a file that may be larger than memory, some of it at a time. A file that is not a regular one, such as a
// named pipe, is read as a whole.
class NpyFile {
 public:
  explicit NpyFile(std::filesystem::path path);  // throws as read_npy does, the numbers apart
  ~NpyFile();

  const std::vector<int64_t>& shape() const;
  NdArray::DType dtype() const;  // as rows() has it
  // Places `first` to `first + count` of the first dimension: the bits that read_npy has there. std::out_of_range where
  // there are not so many, or no dimension.
  NdArray rows(int64_t first, int64_t count);

 private:
  struct Open;
  std::unique_ptr<Open> open_;
};

// The same without a file: `source` stands in messages for the name ("'a.npz', member 'x'").
NdArray parse_npy(std::string_view bytes, const std::string& source);
NdArray parse_npy(std::vector<std::byte> bytes,
                  const std::string& source);  // with no second copy of the numbers
std::string npy_bytes(const NdArray& array);   // std::invalid_argument if array.check() fails

// An array of words, NumPy's 'U' (UTF-32) and 'S' (bytes, taken for UTF-8), which is no NdArray.
struct NpyWords {
  std::vector<int64_t> shape;
  std::vector<std::string> words;  // in UTF-8, C order
};
// What the bytes that a file of `size` bytes begins with say of its array: npy_beginning of them are enough. Throws as
// parse_npy does where such a file can hold no array of numbers.
inline constexpr size_t npy_beginning = (size_t{1} << 16) + 12;
std::vector<int64_t> parse_npy_shape(std::string_view beginning, uint64_t size, const std::string& source);

// Nothing where these bytes are no sound array of words.
std::optional<NpyWords> parse_npy_words(std::string_view bytes);
std::optional<std::vector<int64_t>> parse_npy_words_shape(std::string_view beginning, uint64_t size);

}  // namespace engine
