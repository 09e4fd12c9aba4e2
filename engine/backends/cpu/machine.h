// What this machine offers the CPU backend: instruction sets, processors, and how fast they are at best.
#pragma once
#include <string>

#include "engine/backends/cpu/cpu.h"
#include "engine/backends/cpu/kernels.h"

namespace engine::cpu {

const Kernels& kernels_for(Simd simd);

// Measured now, in a fraction of a second: the yardstick of `svdd bench`. `threads` and `simd` as in
// CpuOptions, resolved.
double measure_operations_per_second(int threads, Simd simd);  // fused multiply-adds in registers, two each
double measure_bytes_per_second(int threads);  // y += a·x over arrays beyond any cache, 12 bytes each

}  // namespace engine::cpu
