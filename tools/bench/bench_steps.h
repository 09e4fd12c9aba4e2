// Whole training and scoring epochs, on random data of the papers' sizes at batch 200.
#pragma once
#include "engine/backend.h"
#include "tools/bench/bench.h"
#include "tools/bench/torch_process.h"

namespace tools {

// Whether there is an epoch whose name holds `text`.
bool has_step(const std::string& text);

// Those whose names hold `only`. `torch`, where given, runs the same epoch in PyTorch after each of ours.
void measure_steps(const BackendOptions& options, int64_t repeat, const std::string& only,
                   TorchProcess* torch, const Show& show);

}  // namespace tools
