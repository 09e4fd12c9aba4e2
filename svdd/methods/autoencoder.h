// The autoencoder as a detector of its own (DCAE in the tables of Deep SVDD): what it cannot reconstruct is
// anomalous. The score is ‖x̂ − x‖², x̂ = decoder(encoder(x)).
#pragma once
#include <memory>

#include "svdd/methods/deep_options.h"
#include "svdd/methods/method.h"

namespace svdd {

// Trained by options.pretraining alone; options.training is not used.
std::unique_ptr<Detector> make_autoencoder(const DeepOptions& options, engine::Backend& backend);

Method autoencoder_method();

}  // namespace svdd
