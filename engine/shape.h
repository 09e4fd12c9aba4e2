// The extents of an array: up to four, outermost first. Images are (N, C, H, W), representations (N, F).
//
// A shape's numbers can be counted: whatever is computed from its extents alone, in bytes and with the padding of any
// backend, stays far within 64 bits. One that no machine could hold is refused where it is made.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/checked_size.h"

namespace engine {

class Shape {
 public:
  static constexpr int max_rank = 4;

  Shape() = default;
  // std::invalid_argument for more than four axes, a negative extent, or extents that multiply to more than
  // most_numbers (those that are 0 left out).
  Shape(std::initializer_list<int64_t> extents) : Shape(extents.begin(), extents.end()) {}
  explicit Shape(const std::vector<int64_t>& extents) : Shape(extents.begin(), extents.end()) {}

  int rank() const { return rank_; }
  int64_t operator[](int axis) const { return extents_[static_cast<size_t>(axis)]; }
  int64_t count() const { return product(0); }       // numbers in all
  int64_t per_sample() const { return product(1); }  // numbers in one entry of the first axis
  int64_t positions() const { return product(2); }   // H·W of images, 1 of representations
  bool operator==(const Shape&) const = default;

  // The same shape with `n` entries on the first axis.
  Shape with_samples(int64_t n) const {
    Shape s = *this;
    s.extents_[0] = n;
    s.check();
    return s;
  }

  std::string text() const {  // "(200, 8, 28, 28)"
    std::string s = "(";
    for (int i = 0; i < rank_; ++i) s += (i ? ", " : "") + std::to_string((*this)[i]);
    return s + ")";
  }

 private:
  template <class Iterator>
  Shape(Iterator first, Iterator last) {
    if (last - first > max_rank)
      throw std::invalid_argument("[Shape] " + std::to_string(last - first) +
                                  " axes; at most 4 are supported");
    for (; first != last; ++first) extents_[static_cast<size_t>(rank_++)] = *first;
    check();
  }
  void check() const {
    for (int i = 0; i < rank_; ++i)
      if ((*this)[i] < 0)
        throw std::invalid_argument("[Shape] negative extent " + std::to_string((*this)[i]));
    static_assert(max_rank == 4);
    const auto of = [&](size_t axis) { return static_cast<int>(axis) < rank_ ? extents_[axis] : 1; };
    if (!product_if_counted({of(0), of(1), of(2), of(3)}))
      throw std::invalid_argument("[Shape] " + text() +
                                  " is more than any machine can hold: at most 2^48 numbers");
  }
  int64_t product(int from) const {
    int64_t n = 1;
    for (int i = from; i < rank_; ++i) n *= (*this)[i];
    return n;
  }

  std::array<int64_t, max_rank> extents_{};
  int rank_ = 0;
};

}  // namespace engine
