// Device memory for what a call computes on its way.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/backends/cuda/launch.h"

namespace engine::cuda {

// Memory that grows to the largest size ever asked for and then stays. The numbers of one request are gone
// with the next. What was outgrown is kept until the end: a captured graph may still use it; since each piece
// is twice the last, all of them together are no larger than the newest.
class Scratch {
 public:
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    for (float* piece : pieces_) cudaFree(piece);
  }

  // Not initialised. Throws while the stream is being captured, if it would have to grow.
  float* floats(int64_t count) {
    if (count > size_) {
      const int64_t size = std::max(count, 2 * size_);
      void* memory = nullptr;
      check(cudaMalloc(&memory, static_cast<size_t>(size) * sizeof(float)), "allocating scratch memory");
      pieces_.push_back(static_cast<float*>(memory));
      size_ = size;
    }
    return pieces_.empty() ? nullptr : pieces_.back();
  }

 private:
  std::vector<float*> pieces_;
  int64_t size_ = 0;
};

}  // namespace engine::cuda
