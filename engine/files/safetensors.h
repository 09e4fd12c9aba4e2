// Safetensors files (format by Hugging Face): eight bytes with the length of a JSON header, the header (each
// tensor's dtype, shape and place), then the numbers, little-endian in C order. Nothing in such a file can
// run code.
//
// BOOL, I8 … I64, U8 … U64, F32 and F64; half precision (F16, BF16) is refused with a reason. Every error is
// a std::runtime_error of one line that names the file and the tensor.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/files/nd_array.h"

namespace engine {

struct SafeTensors {
  std::vector<std::pair<std::string, NdArray>> tensors;  // in name order
  std::map<std::string, std::string> metadata;           // the header's "__metadata__"
  std::filesystem::path path;                            // where they were read, for messages

  bool contains(const std::string& name) const;
  const NdArray& at(const std::string& name) const;  // if there is none, the error lists what is there
  std::vector<std::string> names() const;
};

// Strict, as the format asks: the tensors fill the data without gap or overlap, no name stands twice.
SafeTensors read_safetensors(const std::filesystem::path& path);
// The same of bytes that have been read; `path` is for messages.
SafeTensors parse_safetensors(std::string_view bytes, const std::filesystem::path& path);

// Tensors in name order whatever order they are given in, the header padded with spaces to a multiple of 8:
// equal tensors and metadata give equal files. Names and metadata are UTF-8. std::invalid_argument if a
// tensor's check() fails.
void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, NdArray>>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace engine
