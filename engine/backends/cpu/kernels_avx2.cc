#include <immintrin.h>

#define SVDD_KERNELS_AVX2
#include "engine/backends/cpu/kernels_table.h"

namespace engine::cpu {
const Kernels& avx2_kernels() { return table; }
}  // namespace engine::cpu
