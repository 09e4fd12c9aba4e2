// How long a fit will take and how much memory, from a few of its own steps.
#pragma once
#include <cstdint>
#include <optional>

#include "datasets/samples.h"
#include "engine/backend.h"
#include "svdd/methods/settings.h"

namespace svdd {

struct CostEstimate {
  double pretrain_seconds = 0, train_seconds = 0;  // of all epochs of the phase
  int64_t pretrain_epochs = 0, train_epochs = 0;
  double seconds() const { return pretrain_seconds + train_seconds; }
};

// Fits a detector of its own on four batches for three epochs, and counts up what the last of them took. Nothing of a method
// without a network, of a fit of fewer than a hundred steps, and where so few samples do not make a fit. Draws nothing that
// the fit itself draws, so its bits stay as they are.
std::optional<CostEstimate> estimate_cost(const Settings& settings, const datasets::Samples& train,
                                          engine::Backend& backend);

}  // namespace svdd
