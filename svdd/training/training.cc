#include "svdd/training/training.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <stdexcept>

#include "engine/enough_memory.h"
#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "engine/random.h"
#include "engine/stopping.h"
#include "engine/tape.h"
#include "svdd/training/checkpoint.h"
#include "svdd/training/step_trace.h"
#include "svdd/training/stopwatch.h"
#include "svdd/training/training_steps.h"

namespace svdd {

using engine::Array;
using engine::DType;
using engine::Layout;
using engine::Shape;
using engine::Tape;
using engine::Tensor;

namespace {

Shape batch_shape(int64_t n, const std::vector<int64_t>& sample) {
  std::vector<int64_t> extents{n};
  extents.insert(extents.end(), sample.begin(), sample.end());
  return Shape(extents);
}

// Every whole number up to here is a float.
constexpr int64_t most_samples = int64_t{1} << 24;

void require_finite(double loss, const TrainingPhase& phase, int64_t epoch) {
  if (std::isfinite(loss)) return;
  const PhaseOptions& o = phase.options;
  throw std::runtime_error(phase.name + ": the loss is no longer a finite number in epoch " +
                           std::to_string(epoch + 1) + "; a lower learning rate usually helps (now " +
                           engine::number_text(engine::multi_step_rate(o.lr, o.lr_milestones, epoch)) + ")");
}

// Each sample's own draws for an epoch, on the backend before it begins.
void draw_noise(const TrainingPhase& phase, int64_t epoch, Array& noise) {
  if (!noise.defined()) return;
  const engine::RandomStream stream(phase.seed, "noise/" + phase.name + "/" + std::to_string(epoch));
  std::vector<float> draws(static_cast<size_t>(noise.shape().count()));
  for (size_t i = 0; i < draws.size(); ++i) draws[i] = stream.normal(i);
  noise.assign(draws);
}

// Whether an epoch goes on once a stop is asked for. At its end it leaves a checkpoint, which is worth some seconds of
// waiting: it goes on where its end is near, by what the epoch before took, or its own steps so far.
class EpochEnd {
 public:
  EpochEnd(int64_t steps, double epoch_before, bool leaves_checkpoint)
      : steps_(steps), epoch_before_(epoch_before), patience_(leaves_checkpoint ? 10 : 0) {}

  double patience() const { return patience_; }  // seconds
  void before_step() {
    if (engine::stop_requested() && seconds_left() >= patience_)
      throw engine::Stopped("stopped as asked, within an epoch");
    ++done_;
  }

 private:
  double seconds_left() const {
    constexpr double enough_seen = 0.5;  // seconds; the first steps are slow
    const auto steps = static_cast<double>(steps_), done = static_cast<double>(done_);
    if (epoch_before_ > 0) return epoch_before_ * (steps - done) / steps;
    return watch_.seconds() < enough_seen ? 0 : watch_.seconds() / std::max(1.0, done) * (steps - done);
  }

  int64_t steps_, done_ = 0;
  double epoch_before_, patience_;  // seconds; 0: not known
  Stopwatch watch_;
};

}  // namespace

// ---- for each batch: forward, backward, update

// The step at position_, and on to the next.
void TrainingSteps::run_step() {
  engine::Backend& backend = position_.backend();
  forward();                           // the loss of its batch
  own_.tape().backward(result_.loss);  // the gradient of every parameter
  if (traced_) note_gradients(own_.tape());
  for (ScheduledUpdate& update : updates_) update.run(position_);  // Adam, at the epoch's rate
  if (traced_) traced_->updates(own_.tape(), phase_.names);
  if (rest_) take_turns();
  if (phase_.needs_host) require_finite(result_.loss.value().item(), phase_, epoch_);  // before it is used
  if (with_after_step_) phase_.after_step(own_.batch(), result_);
  backend.write_row(result_.loss.value(), position_, losses_);
  backend.binary(engine::Binary::add, position_, one_, position_);
}

void TrainingSteps::forward() {
  own_.run(
      from_, position_, [&](const Batch& batch) { result_ = phase_.step(batch); },
      [&] {
        if (result_.before_replay) result_.before_replay();
      });
}

// The other side of an alternation, on the samples that the step left it.
void TrainingSteps::take_turns() {
  rest_->run(
      from_, position_, [&](const Batch& batch) { forward_ = phase_.alternation->forward(batch); }, [] {});
  phase_.alternation->gradient(forward_);
  if (traced_) traced_->forward(rest_->tape());
  if (rest_update_) rest_update_->run(position_);
}

void TrainingSteps::note_gradients(const engine::Tape& tape) {
  traced_->forward(tape);
  traced_->gradients(tape, phase_.names);
}

// A step runs call by call the first time that it has this form, so that all it needs exists; from then on
// as the backend captured it.
void TrainingSteps::run_epoch(int64_t epoch, const std::function<void()>& before_step) {
  epoch_ = epoch;
  const bool with_after_step = phase_.after_step && epoch >= phase_.after_step_from_epoch;
  if (with_after_step != with_after_step_) ready_ = false, captured_ = nullptr;
  with_after_step_ = with_after_step;
  traced_ = phase_.trace && phase_.trace->is_of(phase_.name, epoch) ? phase_.trace : nullptr;
  for (int64_t step = 0; step < count_; ++step) {
    before_step();
    if (traced_) traced_->next_step();
    if (phase_.needs_host || !ready_ || traced_) {
      run_step();
      ready_ = true;
    } else {
      if (!captured_) captured_ = position_.backend().capture([this] { run_step(); });
      captured_->run();
    }
  }
}

void TrainingSteps::plan_epoch(std::span<const int32_t>& order, double lr) {
  for (int64_t step = 0; step < count_; ++step) {
    const auto rows = order.first(static_cast<size_t>(n_));
    order = order.subspan(rows.size());
    own_.rows().add(rows.first(own_.size()));
    if (rest_) rest_->rows().add(rows.last(rest_->size()));
    for (ScheduledUpdate& update : updates_) update.plan_step(lr);
    if (rest_update_) rest_update_->plan_step(phase_.alternation->lr);
  }
  own_.rows().send();
  if (rest_) rest_->rows().send();
  for (ScheduledUpdate& update : updates_) update.send();
  if (rest_update_) rest_update_->send();
  position_.backend().fill(position_, 0);
}

namespace {

// What a phase keeps in a checkpoint, beside what the fit does: how far it is, and its optimisers.
void keep(Checkpoint& c, const TrainingPhase& phase, int64_t& epochs_done) {
  c.value("epochs_done", epochs_done);
  c.require(epochs_done >= 0 && epochs_done <= phase.options.epochs,
            "it has done " + std::to_string(epochs_done) + " epochs");
  std::vector<engine::Optimizer*> optimizers = phase.optimizers;
  if (phase.alternation && phase.alternation->optimizer) optimizers.push_back(phase.alternation->optimizer);
  for (size_t i = 0; i < optimizers.size(); ++i) {
    engine::Optimizer::State state = optimizers[i]->state();
    const std::string name = "optimizer." + std::to_string(i) + ".";
    for (size_t k = 0; k < state.arrays.size(); ++k) c.array(name + std::to_string(k), state.arrays[k]);
    for (size_t k = 0; k < state.numbers.size(); ++k) c.value(name + std::to_string(k), *state.numbers[k]);
  }
}

}  // namespace

int64_t Alternation::of_step(int64_t n) const {
  return std::min(n, static_cast<int64_t>(std::ceil(share * static_cast<double>(n))));
}

void PhaseOptions::check(const std::string& phase) const {
  const auto fail = [&](const std::string& what) { throw std::invalid_argument(phase + ": " + what); };
  if (epochs < 0) fail("the number of epochs must not be negative, found " + std::to_string(epochs));
  if (!(lr > 0) || !std::isfinite(lr))
    fail("the learning rate must be positive, found " + engine::number_text(lr));
  if (batch_size < 1) fail("the batch size must be at least 1, found " + std::to_string(batch_size));
  if (!(weight_decay >= 0) || !std::isfinite(weight_decay))
    fail("the weight decay must not be negative, found " + engine::number_text(weight_decay));
  for (const int64_t m : lr_milestones)
    if (m < 0) fail("learning-rate milestones are epochs counted from 0, found " + std::to_string(m));
}

namespace {

void run(const datasets::Samples& samples, const TrainingPhase& phase, engine::Backend& backend,
         Monitor& monitor) {
  const PhaseOptions& o = phase.options;
  if (samples.count() < 1) throw std::invalid_argument(phase.name + ": there are no samples to train on");
  o.check(phase.name);
  const int64_t n = samples.count(), full = std::min(o.batch_size, n);
  if (n > most_samples)
    throw std::invalid_argument(phase.name + ": there are " + std::to_string(n) +
                                " samples to train on; at most " + std::to_string(most_samples) +
                                " can be numbered");
  TrainingRows from{
      Array::from(backend, batch_shape(n, samples.shape), Layout::plain, DType::f32, samples.values)};
  if (phase.noise > 0) from.noise = Array(backend, {n, phase.noise}, Layout::plain, DType::f32);
  TrainingSteps full_steps(phase, from, n / full, full);
  std::optional<TrainingSteps> last_step;
  if (n % full > 0 && !phase.whole_batches) last_step.emplace(phase, from, 1, n % full);
  int64_t epoch = 0;
  const auto list = [&](Checkpoint& c) { keep(c, phase, epoch); };
  if (phase.checkpoints) phase.checkpoints->begin_phase(phase.name, list);
  if (epoch > 0)
    monitor.note(phase.name + ": goes on after epoch " + std::to_string(epoch) + " of " +
                 std::to_string(o.epochs));
  double epoch_before = 0;  // seconds it took; 0: not known
  while (epoch < o.epochs) {
    engine::check_stop();
    const Stopwatch watch;
    EpochEnd end(n / full + (last_step ? 1 : 0), epoch_before, phase.checkpoints != nullptr);
    const engine::StopGrace grace(end.patience());
    const double lr = engine::multi_step_rate(o.lr, o.lr_milestones, epoch);
    const auto order = engine::permutation(
        n, engine::RandomStream(phase.seed, "shuffle/" + phase.name + "/" + std::to_string(epoch)));
    draw_noise(phase, epoch, from.noise);
    std::span<const int32_t> rows(order);
    const auto before_step = [&] { end.before_step(); };
    if (phase.trace && phase.trace->is_of(phase.name, epoch)) phase.trace->begin();
    full_steps.plan_epoch(rows, lr);
    if (last_step) last_step->plan_epoch(rows, lr);
    full_steps.run_epoch(epoch, before_step);
    if (last_step) last_step->run_epoch(epoch, before_step);
    double loss = 0;
    int64_t counted = 0;
    const auto count = [&](const TrainingSteps& steps) {
      for (const double of_batch : steps.losses()) {
        require_finite(of_batch, phase, epoch);
        loss += of_batch * static_cast<double>(steps.samples_of_loss());
        counted += steps.samples_of_loss();
      }
    };
    count(full_steps);
    if (last_step) count(*last_step);
    if (phase.after_epoch) phase.after_epoch(epoch);
    monitor.epoch({.phase = phase.name,
                   .epoch = epoch,
                   .epochs = o.epochs,
                   .loss = loss / static_cast<double>(counted),
                   .lr = lr,
                   .radius = phase.radius ? phase.radius() : std::nullopt,
                   .radii = phase.radii ? phase.radii() : std::vector<float>{},
                   .spheres = phase.spheres ? phase.spheres() : std::nullopt,
                   .seconds = watch.seconds()});
    ++epoch;
    epoch_before = watch.seconds();
    if (phase.checkpoints) phase.checkpoints->end_epoch(phase.name, list);
  }
}

}  // namespace

void train(const datasets::Samples& samples, const TrainingPhase& phase, engine::Backend& backend,
           Monitor& monitor) {
  const engine::IeeeMode ieee;
  engine::with_enough_memory(
      [&] {
        return phase.name + ": training on " + std::to_string(samples.count()) + " samples of " +
               std::to_string(samples.size()) + " values in batches of " +
               std::to_string(phase.options.batch_size) +
               "; a smaller batch size, fewer or smaller samples, or a smaller network take less";
      },
      [&] { run(samples, phase, backend, monitor); });
}

std::vector<float> evaluate_batches(const datasets::Samples& samples,
                                    const std::function<Tensor(const Tensor&)>& f, engine::Backend& backend) {
  const engine::IeeeMode ieee;
  // How large a network's activations are shows, where samples are large, in a first, small batch.
  constexpr int64_t fewest = 16, most = 256, most_bytes = int64_t{512} << 20, large_sample = 4096;
  const bool try_first = samples.size() > large_sample && samples.count() > fewest;
  int64_t batch = try_first ? fewest : most;
  const int64_t n = samples.count();
  std::vector<float> results;
  Tape tape(Tape::Use::replay);  // of the full batches
  Tensor input, output;
  const auto choose_batch = [&](const Tape& small) {
    const int64_t bytes = small.numbers() / fewest * static_cast<int64_t>(sizeof(float)) + 1;
    batch = std::clamp(most_bytes / bytes / fewest * fewest, fewest, most);
  };
  for (int64_t first = 0, count = 0; first < n; first += count) {
    count = std::min(batch, n - first);
    const std::vector<float> rows(samples.sample(first), samples.sample(first) + count * samples.size());
    if (first == 0 && try_first) {
      Tape small(Tape::Use::replay);
      {
        const Tape::Recording recording(small);
        const Tensor some(
            Array::from(backend, batch_shape(count, samples.shape), Layout::samples, DType::f32, rows));
        results = f(some).value().to_floats();
      }
      choose_batch(small);
      continue;
    }
    if (count == batch && output.defined()) {
      input.value().assign(rows);
      tape.replay();
    } else {
      input =
          Tensor(Array::from(backend, batch_shape(count, samples.shape), Layout::samples, DType::f32, rows));
      if (count == batch) {
        const Tape::Recording recording(tape);
        output = f(input);
      } else {
        output = f(input);
      }
    }
    const std::vector<float> part = output.value().to_floats();
    results.insert(results.end(), part.begin(), part.end());
  }
  return results;
}

std::vector<float> gradients_in_batches(const datasets::Samples& samples,
                                        const std::function<Tensor(const Tensor&)>& f,
                                        engine::Backend& backend) {
  const engine::IeeeMode ieee;
  const int64_t n = samples.count(), most = samples.size() > 4096 ? 16 : 64;
  std::vector<float> gradients;
  gradients.reserve(samples.values.size());
  for (int64_t first = 0; first < n; first += most) {
    const int64_t count = std::min(most, n - first);
    const std::vector<float> rows(samples.sample(first), samples.sample(first + count));
    const Tensor input(
        Array::from(backend, batch_shape(count, samples.shape), Layout::samples, DType::f32, rows), true);
    Tape tape;
    Tensor total;
    {
      const Tape::Recording recording(tape);
      total = engine::sum(f(input));  // whose gradient by a sample is that of its own number
    }
    tape.backward(total);
    const std::vector<float> part = input.grad().to_floats();
    gradients.insert(gradients.end(), part.begin(), part.end());
  }
  return gradients;
}

std::vector<std::unique_ptr<engine::Optimizer>> adam_for(const std::vector<engine::NamedTensor>& state,
                                                         double weight_decay, Decay decay, bool amsgrad) {
  std::vector<Tensor> decayed, others;
  for (const engine::NamedTensor& s : state)
    if (s.trainable)
      (decay == Decay::all || s.tensor.shape().rank() > 1 ? decayed : others).push_back(s.tensor);
  std::vector<std::unique_ptr<engine::Optimizer>> optimizers;
  optimizers.push_back(std::make_unique<engine::Adam>(
      decayed, engine::Adam::Options{.weight_decay = weight_decay, .amsgrad = amsgrad}));
  if (!others.empty())
    optimizers.push_back(std::make_unique<engine::Adam>(others, engine::Adam::Options{.amsgrad = amsgrad}));
  return optimizers;
}

}  // namespace svdd
