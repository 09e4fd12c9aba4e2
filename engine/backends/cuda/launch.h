// Calls of the CUDA runtime that cannot fail unnoticed, kernel launches among them.
//
// Launches go through cudaLaunchKernelEx rather than <<<…>>>, so that a C++ compiler can read the kernels'
// files too (tests/engine/cuda_on_host).
#pragma once
#include <cuda_runtime.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace engine::cuda {

// std::runtime_error "[cuda] `what`: the runtime's own words" unless all went well.
inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // so that the next call does not report this one
  throw std::runtime_error(std::string("[cuda] ") + what + ": " + cudaGetErrorString(status));
}

inline constexpr int block_threads = 256;  // of a block, where nothing speaks for another number

// The blocks that `count` items need, `per_block` in each; std::runtime_error above what a grid can have.
inline unsigned blocks_for(int64_t count, int64_t per_block = block_threads) {
  const int64_t blocks = (count + per_block - 1) / per_block;
  if (blocks > INT32_MAX)
    throw std::runtime_error("[cuda] a kernel over " + std::to_string(count) +
                             " items exceeds the largest grid");
  return static_cast<unsigned>(blocks);
}

// Enqueues kernel(args…) on the stream. A grid without blocks is no launch at all.
template <class... Expected, class... Given>
void launch(cudaStream_t stream, void (*kernel)(Expected...), dim3 grid, dim3 block, Given&&... args) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.stream = stream;
  check(cudaLaunchKernelEx(&config, kernel, std::forward<Given>(args)...), "launching a kernel");
}

}  // namespace engine::cuda
