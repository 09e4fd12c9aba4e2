// Marks a small function that CUDA kernels call too: the same source, and so the same operations in the same
// order, on both sides. Nothing to any compiler but nvcc.
#pragma once

#if defined(__CUDACC__)
#define SVDD_HOST_DEVICE __host__ __device__
#else
#define SVDD_HOST_DEVICE
#endif
