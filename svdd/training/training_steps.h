// What a training step is made of. A step is computed once for each batch size, which records it, and replayed from then
// on; all that an epoch's steps need of the host is brought before the first. How they go together: training.cc.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/array.h"
#include "engine/backend.h"
#include "engine/optimizers.h"
#include "engine/tape.h"
#include "svdd/training/training.h"

namespace svdd {

// What the steps of an epoch need from the host, a row for each, brought at once.
class StepTable {
 public:
  StepTable(engine::Backend& backend, int64_t steps, int64_t width)
      : rows_(backend, {steps, width}, engine::Layout::plain, engine::DType::f32) {}

  template <class Numbers>
  void add(const Numbers& row) {
    for (const auto number : row) next_.push_back(static_cast<float>(number));
  }
  void send() {
    rows_.assign(next_);
    next_.clear();
  }
  void read(const engine::Array& position, engine::Array& row) const {
    rows_.backend().read_row(rows_, position, row);
  }

 private:
  engine::Array rows_;
  std::vector<float> next_;
};

// What batches are taken from, a row for each sample; noise has none where a phase asks for none.
struct TrainingRows {
  engine::Array samples, noise = {};
};

// A batch of one size and what is computed from it: recorded at first use, then replayed.
class RecordedForward {
 public:
  // Of n samples.
  RecordedForward(const TrainingRows& from, int64_t steps, int64_t n)
      : batch_{batch_of(from.samples, from.samples.shape().with_samples(n)), batch_of(from.samples, {n})},
        rows_(from.samples.backend(), steps, n) {
    if (from.noise.defined()) batch_.noise = batch_of(from.noise, from.noise.shape().with_samples(n));
  }

  size_t size() const { return static_cast<size_t>(batch_.samples.shape()[0]); }
  const Batch& batch() const { return batch_; }
  engine::Tape& tape() { return tape_; }
  StepTable& rows() { return rows_; }

  // Calls compute(batch) to be recorded, or else before_replay().
  template <class Compute, class BeforeReplay>
  void run(const TrainingRows& from, const engine::Array& position, Compute compute,
           BeforeReplay before_replay) {
    engine::Backend& backend = position.backend();
    rows_.read(position, batch_.rows.value());
    backend.take(from.samples, batch_.rows.value(), batch_.samples.value());
    if (batch_.noise.defined()) backend.take(from.noise, batch_.rows.value(), batch_.noise.value());
    if (tape_.size() == 0) {
      const engine::Tape::Recording recording(tape_);
      compute(batch_);
    } else {
      before_replay();
      tape_.replay();
    }
  }

 private:
  static engine::Tensor batch_of(const engine::Array& table, const engine::Shape& shape) {
    return engine::Tensor(engine::Array(table.backend(), shape, engine::Layout::samples, table.type()));
  }

  Batch batch_;
  StepTable rows_;
  engine::Tape tape_;
};

// An optimiser, and its rates at the steps of an epoch.
class ScheduledUpdate {
 public:
  ScheduledUpdate(engine::Backend& backend, int64_t steps, engine::Optimizer& optimizer)
      : optimizer_(optimizer), rates_(backend, steps, optimizer.rates().shape().count()) {}

  void plan_step(double lr) { rates_.add(optimizer_.next_rates(lr)); }
  void send() { rates_.send(); }
  void run(const engine::Array& position) {
    rates_.read(position, optimizer_.rates());
    optimizer_.apply();
  }

 private:
  engine::Optimizer& optimizer_;
  StepTable rates_;
};

// The steps of an epoch that have batches of n samples.
class TrainingSteps {
 public:
  TrainingSteps(const TrainingPhase& phase, const TrainingRows& from, int64_t count, int64_t n)
      : phase_(phase),
        from_(from),
        count_(count),
        n_(n),
        own_(from, count, phase.alternation ? phase.alternation->of_step(n) : n),
        position_(from.samples.backend(), {1}, engine::Layout::plain, engine::DType::f32),
        one_(position_.zeros_like()),
        losses_(from.samples.backend(), {count}, engine::Layout::plain, engine::DType::f32) {
    engine::Backend& backend = from.samples.backend();
    backend.fill(one_, 1);
    for (engine::Optimizer* optimizer : phase.optimizers) updates_.emplace_back(backend, count, *optimizer);
    if (!phase.alternation) return;
    const int64_t rest = n - static_cast<int64_t>(own_.size());
    rest_.emplace(from, count, rest > 0 ? rest : n);
    if (phase.alternation->optimizer) rest_update_.emplace(backend, count, *phase.alternation->optimizer);
  }
  TrainingSteps(const TrainingSteps&) = delete;
  TrainingSteps& operator=(const TrainingSteps&) = delete;

  // How many samples the loss of one step is about.
  int64_t samples_of_loss() const { return static_cast<int64_t>(own_.size()); }

  // Brings all that the steps of one epoch need: those of `order` that are theirs, which are taken off it,
  // and the rates.
  void plan_epoch(std::span<const int32_t>& order, double lr);
  // All steps; `before_step` is called before each.
  void run_epoch(int64_t epoch, const std::function<void()>& before_step);

  // One for each step of the last epoch; waits for it.
  std::vector<float> losses() const { return losses_.to_floats(); }

 private:
  void run_step();
  void forward();
  void take_turns();
  void note_gradients(const engine::Tape& tape);

  const TrainingPhase& phase_;
  const TrainingRows from_;
  int64_t count_, n_;
  RecordedForward own_;
  StepResult result_;
  std::vector<ScheduledUpdate> updates_;
  std::optional<RecordedForward> rest_;  // of an alternation
  engine::Tensor forward_;               // its result
  std::optional<ScheduledUpdate> rest_update_;
  int64_t epoch_ = 0;
  engine::Array position_, one_;  // of the step in the epoch
  engine::Array losses_;
  bool with_after_step_ = false, ready_ = false;
  StepTrace* traced_ = nullptr;  // while an epoch is traced
  std::unique_ptr<engine::Replayable> captured_;
};

}  // namespace svdd
