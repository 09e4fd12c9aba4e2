// Files as torch.save of PyTorch 1.6 and later writes them: a zip archive with data.pkl, a pickle (protocol 2) of what was
// saved, and a member data/KEY with the bytes of each tensor's storage. Of the pickle's instructions only those stand in what
// is written here that build dicts, texts and tensors, so torch.load reads it with weights_only=True too. Read are such files and
// those of PyTorch 0.4 to 1.5, pickles one after another with the storages behind them.
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

struct TorchEntry;
using TorchDict = std::vector<TorchEntry>;  // in the order of the file

// None, a text, a tensor, or a dict. A number is a tensor of shape (): the careful reader of PyTorch 1.13 takes no other.
struct TorchValue {
  std::variant<std::monostate, std::string, NdArray, TorchDict> value;
};

struct TorchEntry {  // named as std::pair's, which may not hold a type that is still open
  std::string first;
  TorchValue second;
};

// Equal contents give equal files. std::runtime_error names the file, where it would be larger than a zip archive of 4 GiB;
// std::invalid_argument for numbers of a type that PyTorch has not (uint16, uint32, uint64).
void write_torch_file(const std::filesystem::path& path, const TorchDict& saved);

// What torch.save saved, without running any code (torch_pickle.h). Tensors come in C order, whatever their strides; those of half
// precision, float16 and bfloat16, as float32. A number, True and False are tensors of shape () in float64, int64 and bool; a
// list or tuple of numbers alone is one of shape (n); any other is a dict with the keys "0", "1", …, as are dicts with numbers
// for keys. std::runtime_error, in one line that names the file: where it is no such file, damaged, asks for code or for
// numbers of another type, holds a tensor that reaches beyond its storage, a key twice, or itself, or unpacks to much more than
// the file has (4 times as much and 64 MiB).
TorchValue read_torch_file(const std::filesystem::path& path);

}  // namespace engine
