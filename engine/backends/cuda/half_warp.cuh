// What the kernels share: how threads are laid over a batch, and the two steps that end a sum over samples.
#pragma once
#include <algorithm>
#include <cstdint>

#include "engine/backends/cuda/batch.h"
#include "engine/backends/cuda/launch.h"

namespace engine::cuda {

inline constexpr unsigned whole_warp = 0xffffffffu;

// ---- a thread for each (plane, item): planes are usually (block of samples, channel), items (position, lane)

struct PlaneGrid {
  dim3 grid, block;
};

// Small planes share a block of threads. The items may exceed the grid: kernels stride over them.
inline PlaneGrid plane_grid(int64_t planes, int items) {
  const int columns = std::min(items, block_threads), rows = block_threads / columns;
  const unsigned most_rows = 65535;
  return {dim3(blocks_for(planes, rows), std::min(blocks_for(items, columns), most_rows)),
          dim3(static_cast<unsigned>(columns), static_cast<unsigned>(rows))};
}

// Calls visit(plane, item) for the thread's own.
template <class Visit>
__device__ __forceinline__ void for_own_items(int planes, int items, Visit visit) {
  const int plane = static_cast<int>(blockIdx.x * blockDim.y + threadIdx.y);
  if (plane >= planes) return;
  for (int item = static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x); item < items;
       item += static_cast<int>(gridDim.y * blockDim.x))
    visit(plane, item);
}

// ---- sums over samples

// The fixed tree over the sixteen partial sums of a half-warp: 8 apart, then 4, 2, 1. The whole warp calls
// it; the sum is right in the first lane of each half.
__device__ __forceinline__ float tree_sum(float s) {
#pragma unroll
  for (unsigned width = lanes / 2; width > 0; width /= 2)
    s = s + __shfl_down_sync(whole_warp, s, width, lanes);
  return s;
}

// Says to the last of `groups` blocks of threads (of one warp each) that call it with the same ticket that it
// is the last: all that the others wrote before is there for it to read (with __ldcg). So one launch can both
// compute partial sums everywhere and add them up in their order. The ticket begins and ends at zero.
__device__ __forceinline__ bool last_to_arrive(unsigned* ticket, unsigned groups) {
  __threadfence();
  __syncwarp();
  unsigned before = 0;
  if (threadIdx.x == 0) before = atomicInc(ticket, groups - 1);
  before = __shfl_sync(whole_warp, before, 0);
  __threadfence();
  return before == groups - 1;
}

}  // namespace engine::cuda
