// Single kernels: on the shapes of the papers' networks at batch 200, and convolutions of any kind.
#pragma once
#include "engine/backend.h"
#include "tools/bench/bench.h"

namespace tools {

void measure_kernels(engine::Backend& backend, int64_t repeat, const Show& show);

// The three directions of convolutions of 1×1, 3×3, 5×5 and 7×7, stride 1 and 2, on planes of 32² to 256² with 1, 3, 16 and
// 64 channels in and out: what networks of one's own meet. Some minutes.
void measure_convolutions(engine::Backend& backend, int64_t repeat, const Show& show);

}  // namespace tools
