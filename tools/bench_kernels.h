// Single kernels, on the shapes of the papers' networks at batch 200.
#pragma once
#include <vector>

#include "engine/backend.h"
#include "tools/bench.h"

namespace tools {

std::vector<Measurement> measure_kernels(engine::Backend& backend, int64_t repeat);

}  // namespace tools
