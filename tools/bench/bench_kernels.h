// Single kernels, on the shapes of the papers' networks at batch 200.
#pragma once
#include "engine/backend.h"
#include "tools/bench/bench.h"

namespace tools {

void measure_kernels(engine::Backend& backend, int64_t repeat, const Show& show);

}  // namespace tools
