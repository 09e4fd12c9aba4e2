#include "svdd/training.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <stdexcept>

#include "engine/random.h"
#include "engine/tape.h"
#include "svdd/stopwatch.h"

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

// A batch of one size and what is computed from it: recorded at first use, then replayed.
class RecordedForward {
 public:
  RecordedForward(engine::Backend& backend, const Shape& shape)
      : batch_(Array(backend, shape, Layout::samples, DType::f32)) {}

  size_t size() const { return static_cast<size_t>(batch_.shape()[0]); }
  Tape& tape() { return tape_; }

  // Calls compute(batch) to be recorded, or else before_replay().
  template <class Compute, class BeforeReplay>
  void run(const Array& data, std::span<const int32_t> rows, Compute compute, BeforeReplay before_replay) {
    batch_.backend().gather(data, rows, batch_.value());
    if (tape_.size() == 0) {
      const Tape::Recording recording(tape_);
      compute(Batch{batch_, rows});
    } else {
      before_replay();
      tape_.replay();
    }
  }

 private:
  Tensor batch_;
  Tape tape_;
};

// A training step for batches of n samples.
class RecordedStep {
 public:
  RecordedStep(const TrainingPhase& phase, engine::Backend& backend, int64_t n,
               const std::vector<int64_t>& sample)
      : phase_(phase),
        own_(backend, batch_shape(phase.alternation ? phase.alternation->of_step(n) : n, sample)) {
    if (!phase.alternation) return;
    const int64_t rest = n - phase.alternation->of_step(n);
    rest_.emplace(backend, batch_shape(rest > 0 ? rest : n, sample));
  }

  const StepResult& result() const { return result_; }
  // Those of a batch's rows that result() is about.
  std::span<const int32_t> own(std::span<const int32_t> rows) const { return rows.first(own_.size()); }

  void run(const Array& data, std::span<const int32_t> rows, double lr) {
    own_.run(
        data, own(rows), [&](const Batch& batch) { result_ = phase_.step(batch); },
        [&] {
          if (result_.before_replay) result_.before_replay(own(rows));
        });
    own_.tape().backward(result_.loss);
    for (engine::Optimizer* optimizer : phase_.optimizers) optimizer->step(lr);
    if (!rest_) return;
    rest_->run(
        data, rows.last(rest_->size()),
        [&](const Batch& batch) { forward_ = phase_.alternation->forward(batch); }, [] {});
    phase_.alternation->update(forward_);
  }

 private:
  const TrainingPhase& phase_;
  RecordedForward own_;
  StepResult result_;
  std::optional<RecordedForward> rest_;  // of an alternation
  Tensor forward_;                       // its result
};

std::string text(double value) {  // 1e-05, where std::to_string says 0.000010
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

int64_t Alternation::of_step(int64_t n) const {
  return std::min(n, static_cast<int64_t>(std::ceil(share * static_cast<double>(n))));
}

void PhaseOptions::check(const std::string& phase) const {
  const auto fail = [&](const std::string& what) { throw std::invalid_argument(phase + ": " + what); };
  if (epochs < 0) fail("the number of epochs must not be negative, found " + std::to_string(epochs));
  if (!(lr > 0) || !std::isfinite(lr)) fail("the learning rate must be positive, found " + text(lr));
  if (batch_size < 1) fail("the batch size must be at least 1, found " + std::to_string(batch_size));
  if (!(weight_decay >= 0) || !std::isfinite(weight_decay))
    fail("the weight decay must not be negative, found " + text(weight_decay));
  for (const int64_t m : lr_milestones)
    if (m < 0) fail("learning-rate milestones are epochs counted from 0, found " + std::to_string(m));
}

void train(const datasets::Samples& samples, const TrainingPhase& phase, engine::Backend& backend,
           Monitor& monitor) {
  const PhaseOptions& o = phase.options;
  if (samples.count() < 1) throw std::invalid_argument(phase.name + ": there are no samples to train on");
  o.check(phase.name);
  const int64_t n = samples.count(), full = std::min(o.batch_size, n), last = n % full == 0 ? full : n % full;
  const Array data =
      Array::from(backend, batch_shape(n, samples.shape), Layout::plain, DType::f32, samples.values);
  const int64_t used = phase.whole_batches ? n / full * full : n;
  RecordedStep full_step(phase, backend, full, samples.shape), last_step(phase, backend, last, samples.shape);
  for (int64_t epoch = 0; epoch < o.epochs; ++epoch) {
    const Stopwatch watch;
    const double lr = engine::multi_step_rate(o.lr, o.lr_milestones, epoch);
    const auto order = engine::permutation(
        n, engine::RandomStream(phase.seed, "shuffle/" + phase.name + "/" + std::to_string(epoch)));
    double loss = 0;
    int64_t counted = 0;
    for (int64_t first = 0; first < used; first += full) {
      RecordedStep& step = first + full <= n ? full_step : last_step;
      const auto rows = std::span(order).subspan(static_cast<size_t>(first),
                                                 static_cast<size_t>(std::min(full, used - first)));
      step.run(data, rows, lr);
      const double batch_loss = step.result().loss.value().item();
      if (!std::isfinite(batch_loss))
        throw std::runtime_error(phase.name + ": the loss is no longer a finite number in epoch " +
                                 std::to_string(epoch) + "; a lower learning rate usually helps (now " +
                                 text(lr) + ")");
      const auto own = step.own(rows);
      loss += batch_loss * static_cast<double>(own.size());
      counted += static_cast<int64_t>(own.size());
      if (phase.after_step) phase.after_step(epoch, step.result(), own);
    }
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
  }
}

std::vector<float> evaluate_batches(const datasets::Samples& samples,
                                    const std::function<Tensor(const Tensor&)>& f, engine::Backend& backend) {
  constexpr int64_t batch = 256;
  const int64_t n = samples.count();
  std::vector<float> results;
  Tape tape;  // of the full batches
  Tensor input, output;
  for (int64_t first = 0; first < n; first += batch) {
    const int64_t count = std::min(batch, n - first);
    const std::vector<float> rows(samples.sample(first), samples.sample(first) + count * samples.size());
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
