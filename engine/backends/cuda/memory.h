// Device memory of arrays.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/backends/cuda/launch.h"

namespace engine::cuda {

// While a thread captures a stream, nothing may be freed: the memory waits here until the capture has ended.
class FreedLater {
 public:
  FreedLater() { capturing() = this; }
  ~FreedLater() {
    capturing() = nullptr;
    for (void* memory : waiting_) cudaFree(memory);
  }
  FreedLater(const FreedLater&) = delete;
  FreedLater& operator=(const FreedLater&) = delete;

  static void free(int device, void* memory) {
    if (capturing()) {
      capturing()->waiting_.push_back(memory);
      return;
    }
    cudaSetDevice(device);
    cudaFree(memory);
  }

 private:
  static FreedLater*& capturing() {
    thread_local FreedLater* current = nullptr;
    return current;
  }
  std::vector<void*> waiting_;
};

// Zero-filled, in the stream's order. std::bad_alloc without memory.
inline std::shared_ptr<void> device_memory(int device, cudaStream_t stream, int64_t floats) {
  const auto bytes = static_cast<size_t>(floats) * sizeof(float);
  void* memory = nullptr;
  const cudaError_t status = cudaMalloc(&memory, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw std::bad_alloc();
  }
  check(status, "allocating an array");
  std::shared_ptr<void> owner(memory, [device](void* p) { FreedLater::free(device, p); });
  check(cudaMemsetAsync(memory, 0, bytes, stream), "clearing an array");
  return owner;
}

}  // namespace engine::cuda
