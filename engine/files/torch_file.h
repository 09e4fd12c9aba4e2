// Files as torch.save of PyTorch 1.6 and later writes them, for writing: a zip archive with data.pkl, a pickle (protocol 2) of
// what was saved, and a member data/KEY with the bytes of each tensor's storage. Of the pickle's instructions only those
// stand in it that build dicts, texts and tensors, so torch.load reads it with weights_only=True too.
//
// Sources: pickletools.py of Python, and torch/serialization.py, torch/_utils.py (_rebuild_tensor_v2).
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/files/nd_array.h"

namespace engine {

struct TorchValue;
using TorchDict = std::vector<std::pair<std::string, TorchValue>>;  // in the order of the file

// None, a text, a tensor, or a dict. A number is a tensor of shape (): the careful reader of PyTorch 1.13 takes no other.
struct TorchValue {
  std::variant<std::monostate, std::string, NdArray, TorchDict> value;
};

// Equal contents give equal files. std::runtime_error names the file, where it would be larger than a zip archive of 4 GiB;
// std::invalid_argument for numbers of a type that PyTorch has not (uint16, uint32, uint64).
void write_torch_file(const std::filesystem::path& path, const TorchDict& saved);

}  // namespace engine
