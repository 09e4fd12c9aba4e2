// What the methods share: batches, schedule, recorded steps, history; and passes over data in evaluation
// mode.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "datasets/samples.h"
#include "engine/layers.h"
#include "engine/optimizers.h"
#include "engine/tensor.h"
#include "svdd/detector.h"
#include "svdd/training/phase_options.h"

namespace svdd {

class StepTrace;

// Some training samples, in an order of their own.
struct Batch {
  engine::Tensor samples;
  engine::Tensor rows;  // (N): their places in the training set, whole numbers, for `take`
  engine::Tensor noise =
      {};  // (N, TrainingPhase::noise) draws from N(0, 1), others in every epoch; empty where none are asked for
};

// What a method computes from one batch.
struct StepResult {
  engine::Tensor loss;            // (1)
  engine::Tensor distances = {};  // (N), for after_step; may be empty
  // What the host must bring up to date before each replay of a step that takes more than it finds on the
  // backend; for a phase that needs_host. May be empty.
  std::function<void()> before_replay = {};
};

// Two sets of variables taking turns on every batch: `step` has the first ⌈share·n⌉ of its n samples; then
// `forward` is computed of the others (of all of them where no others are left), `gradient` derives from that
// the gradients of what `step` held fixed, and `optimizer` moves it.
struct Alternation {
  double share = 1;                                           // in (0, 1]
  std::function<engine::Tensor(const Batch& batch)> forward;  // recorded and replayed as `step` is
  std::function<void(const engine::Tensor& result)> gradient;
  engine::Optimizer* optimizer = nullptr;
  double lr = 0;

  int64_t of_step(int64_t n) const;  // ⌈share·n⌉
};

struct TrainingPhase {
  std::string name;  // "autoencoder": names the stream of its shuffles, and its rows in the history
  PhaseOptions options;
  uint64_t seed = 0;
  std::vector<engine::Optimizer*> optimizers = {};
  std::function<StepResult(const Batch& batch)> step = {};
  std::optional<Alternation> alternation = {};
  // How many random numbers a step asks for with each sample (Batch::noise): the draws of sample i in epoch e are the
  // same whatever batch it is in, from RandomStream(seed, "noise/<name>/<e>"). Brought before the epoch, so that a
  // captured step has them.
  int64_t noise = 0;
  // Every epoch leaves out the samples that fill no batch (fewer than one batch are all used).
  bool whole_batches = false;
  // After each update from this epoch on, with the batch and the result of the forward pass before the
  // update; may be empty.
  std::function<void(const Batch& batch, const StepResult&)> after_step = {};
  int64_t after_step_from_epoch = 0;
  // Whether before_replay, the alternation or after_step read numbers back or bring new ones. Such steps run
  // call by call. All others make calls on the backend alone, which captures a step as a whole and repeats it
  // (Backend::capture): the host brings an epoch's rows and rates beforehand and reads its losses afterwards.
  bool needs_host = false;
  std::function<void(int64_t epoch)> after_epoch = {};  // before the epoch is reported; may be empty
  // Where the phase leaves checkpoints and goes on from one; may be null.
  Checkpoints* checkpoints = nullptr;
  // What takes the fingerprints of one epoch's steps, which then run call by call; may be null. The names of parameters.
  StepTrace* trace = nullptr;
  std::vector<engine::NamedTensor> names = {};
  // For the history; may be empty.
  std::function<std::optional<double>()> radius = {};
  std::function<std::vector<float>()> radii = {};
  std::function<std::optional<int64_t>()> spheres = {};
};

// Trains for options.epochs epochs, or for those that are left after a checkpoint of this phase: every epoch
// a new permutation of the samples, batches without replacement, the last one short or left out. Each batch
// size is recorded once and replayed.
// Asked to stop (engine/stopping.h) it ends the epoch, leaves a checkpoint and throws Interrupted; where there are no
// checkpoints, or the end of the epoch is more than about ten seconds away, it throws engine::Stopped at once.
// std::runtime_error when a loss is not finite, at the end of its epoch; std::invalid_argument for no
// samples, for more than 2^24 (their numbers are kept as floats) or for impossible options.
void train(const datasets::Samples& samples, const TrainingPhase& phase, engine::Backend& backend,
           Monitor& monitor);

// f applied to all samples, batch by batch: the rows of f's results, one after another. f must treat samples
// independently (evaluation mode), so that the batch size does not matter: 256 samples, or, of samples of more than
// 4096 numbers, as many as keep all that f computes on its way within half a gigabyte, at least 16.
std::vector<float> evaluate_batches(const datasets::Samples& samples,
                                    const std::function<engine::Tensor(const engine::Tensor&)>& f,
                                    engine::Backend& backend);

// The gradient of f's result, one number a sample, by the sample's own values: of all samples in C order. f as above, recorded
// anew for each batch of 64 samples, or of 16 where a sample has more than 4096 numbers.
std::vector<float> gradients_in_batches(const datasets::Samples& samples,
                                        const std::function<engine::Tensor(const engine::Tensor&)>& f,
                                        engine::Backend& backend);

// Adam over the trainable state as a recipe wants it: weight decay on all parameters, or on the weights of
// convolutions and dense layers only (not on batch norm's weight and bias).
enum class Decay { all, weights_only };
std::vector<std::unique_ptr<engine::Optimizer>> adam_for(const std::vector<engine::NamedTensor>& state,
                                                         double weight_decay, Decay decay, bool amsgrad);

}  // namespace svdd
