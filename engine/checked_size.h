// Products of sizes that come from words, files and shapes, without overflow.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>

namespace engine {

// No machine holds more numbers: a petabyte of floats. A count up to here may be multiplied by the size of a number
// and by the padding of any backend and stays far within 64 bits.
inline constexpr int64_t most_numbers = int64_t{1} << 48;

// The product of these sizes, none of them negative, where it is at most most_numbers. A size of 0 does not excuse the
// others: products of some of them are numbers of their own.
inline std::optional<int64_t> product_if_counted(std::initializer_list<int64_t> sizes) {
  int64_t product = 1;
  bool empty = false;
  for (const int64_t size : sizes) {
    if (size == 0)
      empty = true;
    else if (size < 0 || size > most_numbers / product)
      return {};
    else
      product *= size;
  }
  return empty ? 0 : product;
}

// The same; std::length_error naming `what` and the sizes otherwise.
inline int64_t checked_product(const char* what, std::initializer_list<int64_t> sizes) {
  if (const auto product = product_if_counted(sizes)) return *product;
  std::string list;
  for (const int64_t size : sizes) list += (list.empty() ? "" : " x ") + std::to_string(size);
  throw std::length_error(std::string(what) + " of " + list + " numbers is more than any machine can hold");
}

}  // namespace engine
