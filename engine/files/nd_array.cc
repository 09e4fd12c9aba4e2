#include "engine/files/nd_array.h"

#include <charconv>

namespace engine {

size_t NdArray::item_bytes(DType dtype) {
  switch (dtype) {
    case DType::b1:
    case DType::i1:
    case DType::u1:
      return 1;
    case DType::i2:
    case DType::u2:
      return 2;
    case DType::i4:
    case DType::u4:
    case DType::f4:
      return 4;
    case DType::i8:
    case DType::u8:
    case DType::f8:
      return 8;
  }
  throw std::invalid_argument("[NdArray] dtype is none of the known ones");
}

const char* NdArray::name(DType dtype) {
  switch (dtype) {
    case DType::b1:
      return "bool";
    case DType::i1:
      return "int8";
    case DType::u1:
      return "uint8";
    case DType::i2:
      return "int16";
    case DType::u2:
      return "uint16";
    case DType::i4:
      return "int32";
    case DType::u4:
      return "uint32";
    case DType::i8:
      return "int64";
    case DType::u8:
      return "uint64";
    case DType::f4:
      return "float32";
    case DType::f8:
      return "float64";
  }
  throw std::invalid_argument("[NdArray] dtype is none of the known ones");
}

std::optional<uint64_t> NdArray::byte_count(const std::vector<int64_t>& shape, DType dtype) {
  constexpr uint64_t most = std::numeric_limits<int64_t>::max();
  if (shape.size() > most_dimensions) return {};
  uint64_t count = item_bytes(dtype);
  bool empty = false;
  for (const int64_t extent : shape) {
    if (extent < 0) return {};
    if (extent == 0) {
      empty = true;
    } else if (count > most / static_cast<uint64_t>(extent)) {
      return {};
    } else {
      count *= static_cast<uint64_t>(extent);
    }
  }
  return empty ? 0 : count;
}

std::string NdArray::text(const std::vector<int64_t>& shape) {
  std::string text = "(";
  for (size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

void NdArray::check() const {
  const auto wanted = byte_count(shape, dtype);
  if (!wanted || *wanted != bytes.size())
    throw std::invalid_argument("[NdArray] " + std::to_string(bytes.size()) +
                                " bytes do not fill the shape " + text(shape) + " with " + name(dtype));
}

std::string NdArray::text(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

void NdArray::cannot_hold(size_t index, const std::string& value, DType wanted) const {
  throw std::range_error("[NdArray] element " + std::to_string(index) + " of a " + name(dtype) +
                         " array is " + value + ", which " + name(wanted) + " cannot hold");
}

}  // namespace engine
