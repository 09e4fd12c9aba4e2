// The header of a .npy file: a Python dict literal such as {'descr': '<f4', 'fortran_order': False, 'shape':
// (2, 3), }.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

struct NpyHeader {
  std::string descr;  // "<f4"
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

// Throws std::runtime_error with the bare reason: the caller knows the file's name.
NpyHeader parse_npy_header(std::string_view text);

// The literal as numpy.save writes it, before the padding that aligns the data.
std::string npy_header_text(const NpyHeader& header);

}  // namespace engine
