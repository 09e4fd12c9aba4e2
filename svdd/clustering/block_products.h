// Products of many rows with many rows at once, by the engine's dense layer.
#pragma once
#include <cstdint>
#include <memory>
#include "svdd/clustering/machine.h"

#include "engine/array.h"

namespace svdd {

// Rows of the left whose products lie side by side.
inline constexpr int64_t product_lanes = 16;

// The products of up to `left` rows with up to `right` rows of one width, on a backend of its own with one
// thread: each thread of a computation has one of these.
class BlockProducts {
 public:
  static constexpr int64_t lanes = product_lanes;

  // left is rounded up to whole groups of sixteen.
  BlockProducts(const Machine& on, int64_t left, int64_t right, int64_t width);

  int64_t left() const { return x_.shape()[0]; }
  int64_t right() const { return w_.shape()[0]; }
  void set_left(const float* rows);   // left() x width, C order
  void set_right(const float* rows);  // right() x width
  void multiply();
  // The same with another left: left() x width, samples, on any CPU backend.
  void multiply_with(const engine::Array& left);
  // Products of rows 16g … 16g+15 of the left: [right()][16].
  const float* group(int64_t g) const;

 private:
  std::unique_ptr<engine::Backend> backend_;
  engine::Array x_, w_, y_;
};

}  // namespace svdd
