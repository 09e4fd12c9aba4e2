// Numbers in files: the lowest byte first, whatever the order of the processor that reads or writes them.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace engine {

static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big);

// T: an integer or a floating-point number. `bytes` need not be aligned.
template <class T>
T load_little_endian(const void* bytes) {
  static_assert(std::is_arithmetic_v<T>);
  std::array<std::byte, sizeof(T)> stored;
  std::memcpy(stored.data(), bytes, sizeof(T));
  if constexpr (std::endian::native == std::endian::big) std::reverse(stored.begin(), stored.end());
  return std::bit_cast<T>(stored);
}

template <class T>
void store_little_endian(T value, void* bytes) {
  static_assert(std::is_arithmetic_v<T>);
  auto stored = std::bit_cast<std::array<std::byte, sizeof(T)>>(value);
  if constexpr (std::endian::native == std::endian::big) std::reverse(stored.begin(), stored.end());
  std::memcpy(bytes, stored.data(), sizeof(T));
}

}  // namespace engine
