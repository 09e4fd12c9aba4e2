// What a GPU can do at best, measured now in a fraction of a second: the yardstick of `svdd bench --device
// cuda`.
#pragma once
#include "engine/backends/cuda/cuda.h"

namespace engine::cuda {

// std::runtime_error as make_cuda_backend.
double measure_operations_per_second(const CudaOptions& = {});  // fused multiply-adds in registers, two each
double measure_bytes_per_second(
    const CudaOptions& = {});  // y += a·x over arrays beyond any cache, 12 bytes each

}  // namespace engine::cuda
