// The CPU backend's matrix work on OpenBLAS: the well-known way, to compare with. The library is loaded when it is
// asked for and not before: a program that does not use it pays nothing for it.
// Convolutions go by im2col and sgemm. Results agree with the built-in kernels within 1e-5, not to the bit:
// OpenBLAS picks its kernels by processor. They do not depend on the number of threads: OpenBLAS runs on one,
// and ours share out blocks of samples.
#pragma once
#include "engine/backends/cpu/kernels.h"
#include "engine/threads.h"

namespace engine::cpu::openblas {

bool available();  // in this build
// Loads it for so many threads of ours; std::runtime_error where it cannot be loaded, or where the memory that it takes
// for each of them is not there: it would wait for that for ever.
void require(int threads);

void conv2d(const Batch& x, const float* w, const float* bias, Window window, const Batch& y,
            ThreadPool& pool);
void conv2d_input_gradient(const Batch& gy, const float* w, Window window, const Batch& gx, ThreadPool& pool);
void conv2d_weight_gradient(const Batch& x, const Batch& gy, Window window, float* gw, ThreadPool& pool);
void product(const MatrixProduct& job, ThreadPool& pool);
void dense_weight_gradient(const Batch& x, const Batch& gy, float* gw, ThreadPool& pool);

}  // namespace engine::cpu::openblas
