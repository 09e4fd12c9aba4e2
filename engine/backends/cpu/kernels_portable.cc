#include "engine/backends/cpu/kernels_table.h"

namespace engine::cpu {
const Kernels& portable_kernels() { return table; }
}  // namespace engine::cpu
