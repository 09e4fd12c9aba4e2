#include "svdd/training/autoencoder_pretraining.h"

namespace svdd {

using engine::Mode;
using engine::Tensor;

namespace {
// [book: errors]
Tensor errors(Network& network, const Tensor& x, Mode mode) {
  return engine::squared_distance(network.decoder.forward(network.encoder.forward(x, mode), mode), x);
}
}  // namespace

void pretrain_autoencoder(Network& network, const datasets::Samples& samples, const PhaseOptions& options,
                          Decay decay, bool amsgrad, uint64_t seed, engine::Backend& backend,
                          Monitor& monitor, Checkpoints* checkpoints, StepTrace* trace) {
  const auto optimizers = adam_for(network.state(), options.weight_decay, decay, amsgrad);
  TrainingPhase phase{.name = "autoencoder", .options = options, .seed = seed, .checkpoints = checkpoints};
  phase.trace = trace;
  phase.names = network.state();
  for (const auto& optimizer : optimizers) phase.optimizers.push_back(optimizer.get());
  // [book: reconstruction-loss]
  phase.step = [&](const Batch& batch) {
    const Tensor e = errors(network, batch.samples, Mode::train);
    return StepResult{.loss = engine::mean(e), .distances = e};
  };
  train(samples, phase, backend, monitor);
}

std::vector<float> reconstruction_errors(Network& network, const datasets::Samples& samples,
                                         engine::Backend& backend) {
  return evaluate_batches(
      samples, [&](const Tensor& x) { return errors(network, x, Mode::evaluate); }, backend);
}

}  // namespace svdd
