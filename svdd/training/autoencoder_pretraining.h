// Autoencoder pretraining: φ's start, and a detector of its own by reconstruction error.
#pragma once
#include <vector>

#include "svdd/networks/networks.h"
#include "svdd/training/training.h"

namespace svdd {

// Minimises the mean over the batch of ‖x̂ − x‖² (the sum over pixels), x̂ = decoder(encoder(x)). The network
// keeps what it has learned; its encoder, batch norm's running moments included, is φ from then on.
void pretrain_autoencoder(Network& network, const datasets::Samples& samples, const PhaseOptions& options,
                          Decay decay, bool amsgrad, uint64_t seed, engine::Backend& backend,
                          Monitor& monitor, Checkpoints* checkpoints = nullptr, StepTrace* trace = nullptr);

// ‖x̂ − x‖² of each sample, in evaluation mode.
std::vector<float> reconstruction_errors(Network& network, const datasets::Samples& samples,
                                         engine::Backend& backend);

}  // namespace svdd
