// Reads what engine/files/protobuf.h writes, as far as tests look at it.
#pragma once
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace protobuf_test {

struct Field {
  uint64_t number = 0, value = 0;  // value: of a whole number; of a float its bits
  std::string_view bytes = {};     // of a text or message
};

// All fields of a message; std::runtime_error for bytes that are none.
inline std::vector<Field> fields(std::string_view message) {
  std::vector<Field> all;
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at == message.size()) throw std::runtime_error("a varint is cut off");
      const auto byte = static_cast<unsigned char>(message[at++]);
      value |= uint64_t{byte & 0x7fu} << (shift % 64);
      if (byte < 0x80) return value;
    }
    throw std::runtime_error("a varint is too long");
  };
  while (at < message.size()) {
    const uint64_t key = varint();
    Field field{.number = key >> 3};
    const uint64_t kind = key & 7, length = kind == 0 || kind == 2 ? varint() : 4;
    if (kind == 0) {
      field.value = length;
    } else if (kind == 2 || kind == 5) {
      if (length > message.size() - at) throw std::runtime_error("a field is cut off");
      field.bytes = message.substr(at, length);
      at += length;
    } else {
      throw std::runtime_error("a field of another kind");
    }
    all.push_back(field);
  }
  return all;
}

// Those of one number.
inline std::vector<Field> fields(std::string_view message, uint64_t number) {
  std::vector<Field> found;
  for (const Field& field : fields(message))
    if (field.number == number) found.push_back(field);
  return found;
}

inline std::string text(std::string_view message, uint64_t number) {
  const std::vector<Field> found = fields(message, number);
  return found.empty() ? "" : std::string(found[0].bytes);
}

}  // namespace protobuf_test
