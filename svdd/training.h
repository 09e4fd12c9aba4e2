// What the methods share: batches, schedule, recorded steps, history; and passes over data in evaluation
// mode.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "datasets/samples.h"
#include "engine/layers.h"
#include "engine/optimizers.h"
#include "engine/tensor.h"
#include "svdd/detector.h"

namespace svdd {

// One phase of training.
struct PhaseOptions {
  int64_t epochs = 150;
  double lr = 1e-4;
  std::vector<int64_t> lr_milestones = {50};  // epoch m, counted from 0, is the first at a tenth of the rate
  int64_t batch_size = 200;
  double weight_decay = 0;

  void check(const std::string& phase) const;  // std::invalid_argument naming the option that is impossible
};

// What a method computes from one batch.
struct StepResult {
  engine::Tensor loss;       // (1)
  engine::Tensor distances;  // (N), for after_step; may be empty
};

struct TrainingPhase {
  std::string name;  // "autoencoder": names the stream of its shuffles, and its rows in the history
  PhaseOptions options;
  uint64_t seed = 0;
  std::vector<engine::Optimizer*> optimizers = {};
  std::function<StepResult(const engine::Tensor& batch)> step = {};
  // After each update, with the distances of the forward pass before it; may be empty.
  std::function<void(int64_t epoch, const engine::Array& distances)> after_step = {};
  std::function<std::optional<double>()> radius = {};  // for the history; may be empty
};

// Trains for options.epochs epochs: every epoch a new permutation of the samples, batches without
// replacement, the last one short. Each batch size is recorded once and replayed. std::runtime_error when a
// loss is not finite; std::invalid_argument for no samples or impossible options.
void train(const datasets::Samples& samples, const TrainingPhase& phase, engine::Backend& backend,
           Monitor& monitor);

// f applied to all samples, batch by batch: the rows of f's results, one after another. f must treat samples
// independently (evaluation mode), so that the batch size does not matter.
std::vector<float> evaluate_batches(const datasets::Samples& samples,
                                    const std::function<engine::Tensor(const engine::Tensor&)>& f,
                                    engine::Backend& backend);

// Adam over the trainable state as a recipe wants it: weight decay on all parameters, or on the weights of
// convolutions and dense layers only (not on batch norm's weight and bias).
enum class Decay { all, weights_only };
std::vector<std::unique_ptr<engine::Optimizer>> adam_for(const std::vector<engine::NamedTensor>& state,
                                                         double weight_decay, Decay decay, bool amsgrad);

}  // namespace svdd
