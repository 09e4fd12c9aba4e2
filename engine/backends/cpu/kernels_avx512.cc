#include <immintrin.h>

// GCC 12 takes the undefined operand inside its own _mm512_sqrt_ps and _mm512_slli_epi32 for a mistake of
// ours.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#define SVDD_KERNELS_AVX512
#include "engine/backends/cpu/kernels_table.h"

namespace engine::cpu {
const Kernels& avx512_kernels() { return table; }
}  // namespace engine::cpu
