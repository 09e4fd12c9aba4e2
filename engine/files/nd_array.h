// A plain array of numbers as files hold it: shape, element type and C-order little-endian bytes. The bridge
// between .npy, .npz, .safetensors and the rest of the program; nothing is computed on it.
#pragma once
#include <algorithm>
#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/files/byte_order.h"

namespace engine {

struct NdArray {
  enum class DType { b1, i1, u1, i2, u2, i4, u4, i8, u8, f4, f8 };  // NumPy's letters; the digit counts bytes

  std::vector<int64_t> shape;  // empty: a single number
  DType dtype = DType::f4;
  std::vector<std::byte> bytes;  // size() elements, the last dimension fastest

  // Number of elements: the product of the shape, 1 for a single number.
  int64_t size() const { return static_cast<int64_t>(bytes.size() / item_bytes(dtype)); }

  // Elements converted to T, any integer or floating-point type but bool. Between integers, and from floating
  // point to an integer, the number must stay itself (std::range_error names the first that does not: 1.5,
  // 300 as uint8_t, a NaN); to floating point it is rounded to nearest, beyond float32's range to infinity.
  // Truth values become 0 and 1.
  template <class T>
  std::vector<T> as() const;

  // Elements first to first + count, converted likewise; std::out_of_range where there are not so many.
  template <class T>
  std::vector<T> as(size_t first, size_t count) const;

  // Any contiguous range of numbers (a vector, an array, a span) whose length is the product of `shape`;
  // std::invalid_argument if it is not.
  template <std::ranges::contiguous_range Values>
  static NdArray from(std::vector<int64_t> shape, const Values& values);
  template <class T>
  static NdArray scalar(T value);  // shape ()

  template <class T>
  static constexpr DType dtype_of();
  static size_t item_bytes(DType dtype);
  static const char* name(DType dtype);  // "float32", "uint8", "bool", …

  static constexpr size_t most_dimensions = 64;  // NumPy's own limit

  // Bytes that such an array takes; nothing if it has more than most_dimensions, a negative one, or if the
  // product goes beyond 2^63 - 1, also where a zero among the dimensions would hide that.
  static std::optional<uint64_t> byte_count(const std::vector<int64_t>& shape, DType dtype);
  static std::string text(const std::vector<int64_t>& shape);  // "(60000, 28, 28)"

  // Throws std::invalid_argument unless `bytes` has the length that shape and dtype ask for.
  void check() const;

  bool operator==(const NdArray&) const = default;  // shape, dtype and bits

 private:
  static std::string text(double value);
  [[noreturn]] void cannot_hold(size_t index, const std::string& value, DType wanted) const;
};

// ---- implementation of the templates

template <class T>
constexpr NdArray::DType NdArray::dtype_of() {
  static_assert(std::is_arithmetic_v<T> && sizeof(T) <= 8, "files hold integers and floating-point numbers");
  if constexpr (std::same_as<T, bool>) return DType::b1;
  if constexpr (std::is_floating_point_v<T>) return sizeof(T) == 4 ? DType::f4 : DType::f8;
  constexpr bool is_signed = std::is_signed_v<T>;
  switch (sizeof(T)) {
    case 1:
      return is_signed ? DType::i1 : DType::u1;
    case 2:
      return is_signed ? DType::i2 : DType::u2;
    case 4:
      return is_signed ? DType::i4 : DType::u4;
    default:
      return is_signed ? DType::i8 : DType::u8;
  }
}

template <class T>
std::vector<T> NdArray::as() const {
  return as<T>(0, static_cast<size_t>(size()));
}

template <class T>
std::vector<T> NdArray::as(size_t first, size_t count) const {
  static_assert(!std::same_as<T, bool> && std::is_arithmetic_v<T>,
                "std::vector<bool> holds no bools: use uint8_t");
  check();
  const auto all = static_cast<size_t>(size());
  if (first > all || count > all - first)
    throw std::out_of_range("[NdArray] elements " + std::to_string(first) + " to " +
                            std::to_string(first + count) + " are wanted of " + std::to_string(all));
  std::vector<T> values(count);

  const auto convert = [&]<class S>(S) {
    for (size_t i = 0; i < values.size(); ++i) {
      const S stored = load_little_endian<S>(bytes.data() + (first + i) * sizeof(S));
      bool holds = true;
      if constexpr (std::is_integral_v<T> && std::is_floating_point_v<S>) {
        // Both bounds are powers of two, hence exact; the comparison is false for a NaN.
        constexpr S low = static_cast<S>(std::numeric_limits<T>::min());
        constexpr S high = static_cast<S>(std::numeric_limits<T>::max() / 2 + 1) * 2;
        holds = stored >= low && stored < high && static_cast<S>(static_cast<T>(stored)) == stored;
      } else if constexpr (std::is_integral_v<T>) {
        holds = std::in_range<T>(stored);
      }
      if (!holds)
        cannot_hold(first + i,
                    std::is_floating_point_v<S> ? text(static_cast<double>(stored)) : std::to_string(stored),
                    dtype_of<T>());
      values[i] = static_cast<T>(stored);
    }
  };
  switch (dtype) {
    case DType::b1:
      std::ranges::transform(std::span(bytes).subspan(first, count), values.begin(),
                             [](std::byte b) { return static_cast<T>(b != std::byte{0}); });
      break;
    case DType::i1:
      convert(int8_t{});
      break;
    case DType::u1:
      convert(uint8_t{});
      break;
    case DType::i2:
      convert(int16_t{});
      break;
    case DType::u2:
      convert(uint16_t{});
      break;
    case DType::i4:
      convert(int32_t{});
      break;
    case DType::u4:
      convert(uint32_t{});
      break;
    case DType::i8:
      convert(int64_t{});
      break;
    case DType::u8:
      convert(uint64_t{});
      break;
    case DType::f4:
      convert(float{});
      break;
    case DType::f8:
      convert(double{});
      break;
  }
  return values;
}

template <std::ranges::contiguous_range Values>
NdArray NdArray::from(std::vector<int64_t> shape, const Values& values) {
  using T = std::remove_cv_t<std::ranges::range_value_t<Values>>;
  NdArray array{std::move(shape), dtype_of<T>(), {}};
  const auto wanted = byte_count(array.shape, array.dtype);
  const size_t count = std::ranges::size(values);
  if (!wanted || *wanted != count * sizeof(T))
    throw std::invalid_argument("[NdArray] " + std::to_string(count) + " values do not fill the shape " +
                                text(array.shape));
  array.bytes.resize(count * sizeof(T));
  if constexpr (std::endian::native == std::endian::little) {
    if (count > 0) std::memcpy(array.bytes.data(), std::ranges::data(values), count * sizeof(T));
  } else {
    for (size_t i = 0; i < count; ++i)
      store_little_endian(std::ranges::data(values)[i], array.bytes.data() + i * sizeof(T));
  }
  return array;
}

template <class T>
NdArray NdArray::scalar(T value) {
  return from({}, std::array<T, 1>{value});
}

}  // namespace engine
