#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

#include "engine/backends/cpu/kernels_table.h"

namespace engine::cpu {
const Kernels& portable_kernels() { return table; }
}  // namespace engine::cpu
