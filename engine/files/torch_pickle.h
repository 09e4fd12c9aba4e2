// The pickle inside a file of torch.save, for reading: protocol 2, as far as it builds dicts, lists, texts, numbers and tensors. A
// pickle is a program for a stack machine that may call any function of Python's by its name; here the names of functions are
// only compared, never looked up. Known are collections.OrderedDict, torch._utils._rebuild_tensor_v2, _rebuild_tensor and
// _rebuild_parameter, and torch.*Storage; a pickle that asks for more is refused, with the name it asks for.
//
// Sources: pickletools.py of Python (each instruction), torch/_utils.py and torch/serialization.py (what they build).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace engine {

using PickleRef = uint32_t;  // of a value, in Pickle::values

struct PickledList {
  std::vector<PickleRef> items;
};
struct PickledTuple {
  std::vector<PickleRef> items;
};
struct PickledDict {
  std::vector<std::pair<PickleRef, PickleRef>> entries;
};
struct PickledGlobal {
  std::string_view module, name;
};
// Numbers that lie outside the pickle, of a type such as "FloatStorage".
struct PickledStorage {
  std::string_view type, key;
  int64_t count;
};
// Strides and offset in elements of the storage; nothing is checked of them but that they are whole numbers.
struct PickledTensor {
  PickleRef storage;
  int64_t offset;
  std::vector<int64_t> shape, strides;
};
using PickledValue = std::variant<std::monostate, bool, int64_t, double, std::string_view, PickledList,
                                  PickledTuple, PickledDict, PickledGlobal, PickledStorage, PickledTensor>;

// What a pickle builds. Values name each other by their places, in a list without nesting, for a pickle can build what is
// nested a million deep, or holds itself.
struct Pickle {
  static constexpr size_t most_values = size_t{1} << 20;

  std::vector<PickledValue> values;
  PickleRef result = 0;
  size_t bytes = 0;  // how long it was
};

// Texts are pieces of `bytes`, all UTF-8. std::runtime_error says what is damaged, or asked for, in one line without a file's name.
Pickle read_pickle(std::string_view bytes);

}  // namespace engine
