#include "svdd/training/training.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/backends/cpu/cpu.h"
#include "engine/random.h"
#include "engine/stopping.h"
#include "svdd/training/checkpoint.h"
#include "tests/datasets/scratch.h"

namespace training_test {

using namespace engine;
using namespace svdd;
using datasets::Samples;

const std::unique_ptr<Backend> on = make_cpu_backend({.threads = 1});

// Row i is (i, 0), so that its squared distance from the origin, i², tells which row it was.
Samples numbered_rows(int64_t n) {
  Samples rows{{2}, {}};
  for (int64_t i = 0; i < n; ++i) rows.values.insert(rows.values.end(), {static_cast<float>(i), 0.0f});
  return rows;
}

// A dense layer 2 -> 2 that multiplies by `factor`: the loss is the mean of (factor·i)² over the batch.
struct Toy {
  explicit Toy(float factor = 1) {
    layer.state()[0].tensor.value().assign(std::vector<float>{factor, 0, 0, factor});
    phase.step = [this](const Batch& batch) {
      ++recordings;
      const Tensor& x = batch.samples;
      return StepResult{.loss = mean(squared_distance(layer.forward(x, Mode::train), origin)),
                        .distances = squared_distance(x, origin)};
    };
    phase.after_step = [this](const Batch&, const StepResult& step) {
      batches.push_back(step.distances.value().to_floats());
    };
    phase.needs_host = true;
  }

  Dense layer{*on, DType::f32, 2, 2};
  Tensor origin{Array(*on, {2}, Layout::plain, DType::f32)};
  TrainingPhase phase{
      .name = "toy", .options = {.epochs = 2, .lr_milestones = {}, .batch_size = 2}, .seed = 7};
  int recordings = 0;
  std::vector<std::vector<float>> batches;  // their distances
};

struct Listener final : Monitor {
  void epoch(const EpochReport& report) override { reports.push_back(report); }
  std::vector<EpochReport> reports;
};

TEST(Training, EveryEpochVisitsEverySampleOnceInItsOwnOrder) {
  Toy toy;
  Listener listener;
  train(numbered_rows(5), toy.phase, *on, listener);
  ASSERT_EQ(toy.batches.size(), 6u);  // 2 + 2 + 1 samples, twice
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    std::vector<float> expected, found;
    const RandomStream stream(7, "shuffle/toy/" + std::to_string(epoch));
    for (const int32_t row : permutation(5, stream)) expected.push_back(static_cast<float>(row * row));
    for (size_t b = 0; b < 3; ++b) {
      const std::vector<float>& distances = toy.batches[static_cast<size_t>(epoch) * 3 + b];
      EXPECT_EQ(distances.size(), b < 2 ? 2u : 1u);
      found.insert(found.end(), distances.begin(), distances.end());
    }
    EXPECT_EQ(found, expected);
  }
}

TEST(Training, EachBatchSizeIsRecordedOnce) {
  const auto recordings = [](int64_t samples) {
    Toy toy;
    toy.phase.options.epochs = 3;
    Monitor silent;
    train(numbered_rows(samples), toy.phase, *on, silent);
    return toy.recordings;
  };
  EXPECT_EQ(recordings(5), 2);
  EXPECT_EQ(recordings(4), 1);
  EXPECT_EQ(recordings(1), 1);  // fewer samples than a batch
}

TEST(Training, TheLossOfAnEpochIsTheMeanOverItsSamples) {
  Toy toy;  // nothing is updated: the loss is the mean of 0, 1, 4, 9, 16 however they are batched
  Listener listener;
  train(numbered_rows(5), toy.phase, *on, listener);
  ASSERT_EQ(listener.reports.size(), 2u);
  for (const EpochReport& report : listener.reports) EXPECT_DOUBLE_EQ(report.loss, 6);
}

TEST(Training, ReportsTellPhaseEpochRateAndRadius) {
  Toy toy;
  toy.phase.options = {.epochs = 4, .lr = 0.5, .lr_milestones = {1, 3}, .batch_size = 3};
  toy.phase.radius = [] { return std::optional(2.5); };
  Listener listener;
  train(numbered_rows(3), toy.phase, *on, listener);
  ASSERT_EQ(listener.reports.size(), 4u);
  const std::vector<double> rates{0.5, 0.05, 0.05, 0.005};
  for (size_t e = 0; e < 4; ++e) {
    const EpochReport& report = listener.reports[e];
    EXPECT_EQ(report.phase, "toy");
    EXPECT_EQ(report.epoch, static_cast<int64_t>(e));
    EXPECT_EQ(report.epochs, 4);
    EXPECT_NEAR(report.lr, rates[e], 1e-15);
    EXPECT_EQ(report.radius, 2.5);
    EXPECT_GE(report.seconds, 0);
  }
}

TEST(Training, ReplayedStepsLearnAsRecordedOnesDo) {
  // Two samples that are equal, one batch: each step of plain descent multiplies the weight w00 by
  // 1 − lr·2·x² = 1 − 0.1·2·1.
  Toy toy;
  Samples rows{{2}, {1, 0, 1, 0}};
  toy.phase.options = {.epochs = 10, .lr = 0.1, .lr_milestones = {}, .batch_size = 2};
  Sgd sgd(trainable(toy.layer.state()), {});
  toy.phase.optimizers = {&sgd};
  Monitor silent;
  train(rows, toy.phase, *on, silent);
  EXPECT_NEAR(toy.layer.state()[0].tensor.value().to_floats()[0], std::pow(0.8, 10), 1e-6);
}

// Adds 1 to a weight at each step, and says so.
class Increment final : public Optimizer {
 public:
  Increment(const Tensor& weight, std::vector<std::string>& events)
      : Optimizer({weight}), one_(weight.value().zeros_like()), events_(events) {
    on->fill(one_, 1);
  }
  Rates next_rates(double) override { return {}; }
  void apply() override {
    events_.push_back("update");
    Array& weight = parameters_[0].value();
    on->binary(Binary::add, weight, one_, weight);
  }
  State state() override { return {}; }

 private:
  Array one_;
  std::vector<std::string>& events_;
};

TEST(Training, AfterStepFollowsTheUpdatesWithTheDistancesOfBefore) {
  Toy toy;
  std::vector<std::string> events;
  std::vector<double> distances;
  const Tensor weight(Array(*on, {1}, Layout::plain, DType::f32));  // 0, 2, 4 when a step begins
  Increment first(weight, events), second(weight, events);
  toy.phase.optimizers = {&first, &second};
  toy.phase.step = [&](const Batch& batch) {
    const Tensor& x = batch.samples;
    return StepResult{.loss = mean(squared_distance(toy.layer.forward(x, Mode::train), toy.origin)),
                      .distances = squared_distance(x, toy.origin) * weight};
  };
  toy.phase.after_step = [&](const Batch&, const StepResult& step) {
    events.push_back("after");
    distances.push_back(step.distances.value().item());
  };
  toy.phase.options = {.epochs = 3, .lr_milestones = {}, .batch_size = 1};
  Monitor silent;
  train({{2}, {3, 0}}, toy.phase, *on, silent);
  EXPECT_EQ(distances, (std::vector<double>{0, 18, 36}));
  std::vector<std::string> expected;
  for (int step = 0; step < 3; ++step) expected.insert(expected.end(), {"update", "update", "after"});
  EXPECT_EQ(events, expected);
}

// A step that reads labels on the host brings them up to date before every replay; one that takes them on the
// backend need not.
TEST(Training, LabelsFollowTheRows) {
  Toy toy;
  const std::vector<float> labels{10, 20, 30, 40, 50};
  const Tensor table(Array::from(*on, {5}, Layout::plain, DType::f32, labels));
  const auto labels_of = [&](const Tensor& rows) {
    std::vector<float> values;
    for (const float row : rows.value().to_floats()) values.push_back(labels.at(static_cast<size_t>(row)));
    return values;
  };
  Tensor taken;
  size_t seen = 0;
  toy.phase.step = [&](const Batch& batch) {
    Tensor own(Array(*on, batch.rows.shape(), Layout::samples, DType::f32));
    const auto update = [&labels_of, batch, own] { own.value().assign(labels_of(batch.rows)); };
    update();
    const Tensor d = squared_distance(toy.layer.forward(batch.samples, Mode::train), toy.origin);
    return StepResult{.loss = mean(d), .distances = own - take(table, batch.rows), .before_replay = update};
  };
  toy.phase.after_step = [&](const Batch& batch, const StepResult& step) {
    ++seen;
    EXPECT_EQ(step.distances.value().to_floats(),
              std::vector<float>(static_cast<size_t>(batch.rows.shape()[0])));
    const std::vector<float> rows = batch.rows.value().to_floats(), x = batch.samples.value().to_floats();
    for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(x[2 * i], rows[i] + 1);
  };
  toy.phase.options = {.epochs = 3, .lr_milestones = {}, .batch_size = 2};
  Monitor silent;
  train({{2}, {1, 0, 2, 0, 3, 0, 4, 0, 5, 0}}, toy.phase, *on, silent);
  EXPECT_EQ(seen, 9u);
}

// The draws of a sample follow it into whatever batch it is in; every epoch has its own.
TEST(Training, NoiseFollowsTheRows) {
  for (const int64_t batch_size : {2, 3}) {
    Toy toy;
    toy.phase.noise = 3;
    toy.phase.options.batch_size = batch_size;
    int seen = 0;
    toy.phase.after_step = [&](const Batch& b, const StepResult&) {
      ASSERT_EQ(b.noise.shape(), (Shape{b.rows.shape()[0], 3}));
      const std::vector<float> rows = b.rows.value().to_floats(), noise = b.noise.value().to_floats();
      for (size_t i = 0; i < rows.size(); ++i, ++seen) {
        const RandomStream stream(7, seen < 5 ? "noise/toy/0" : "noise/toy/1");
        for (size_t j = 0; j < 3; ++j)
          EXPECT_EQ(noise[3 * i + j], stream.normal(3 * static_cast<size_t>(rows[i]) + j));
      }
    };
    Listener listener;
    train(numbered_rows(5), toy.phase, *on, listener);
    EXPECT_EQ(seen, 10);
  }
}

TEST(Training, AfterStepBeginsAtItsEpoch) {
  for (const bool needs_host : {false, true}) {
    Toy toy;
    toy.phase.options = {.epochs = 5, .lr_milestones = {}, .batch_size = 2};
    toy.phase.after_step_from_epoch = 3;
    toy.phase.needs_host = needs_host;  // either way on a backend that makes captured calls again
    Monitor silent;
    train(numbered_rows(5), toy.phase, *on, silent);
    EXPECT_EQ(toy.batches.size(), 6u);
  }
}

TEST(Training, NoEpochsChangeNothing) {
  Toy toy(3);
  toy.phase.options.epochs = 0;
  Listener listener;
  train(numbered_rows(5), toy.phase, *on, listener);
  EXPECT_TRUE(listener.reports.empty());
  EXPECT_EQ(toy.layer.state()[0].tensor.value().to_floats()[0], 3);
}

TEST(Training, ALossThatIsNotFiniteIsAnErrorWithACure) {
  for (const float factor : {std::numeric_limits<float>::quiet_NaN(), 1e30f}) {
    Toy toy(factor);
    Monitor silent;
    const std::string error =
        scratch::error_of<std::runtime_error>([&] { train(numbered_rows(5), toy.phase, *on, silent); });
    EXPECT_TRUE(scratch::contains(error, "toy: the loss is no longer a finite number in epoch 1"));
    EXPECT_TRUE(scratch::contains(error, "a lower learning rate usually helps (now 0.0001)"));
  }
}

TEST(Training, AMonitorThatThrowsStopsTheTraining) {
  struct Impatient final : Monitor {
    void epoch(const EpochReport&) override { throw std::runtime_error("enough"); }
  } monitor;
  Toy toy;
  EXPECT_EQ(scratch::error_of([&] { train(numbered_rows(5), toy.phase, *on, monitor); }), "enough");
  EXPECT_EQ(toy.batches.size(), 3u);  // one epoch's
}

TEST(Training, NoSamplesIsAnError) {
  Toy toy;
  Monitor silent;
  EXPECT_TRUE(scratch::contains(scratch::error_of<std::invalid_argument>([&] {
                                  train({{2}, {}}, toy.phase, *on, silent);
                                }),
                                "toy: there are no samples"));
}

TEST(Training, MoreSamplesThanFloatsCanNumberAreAnError) {
  Toy toy;
  Monitor silent;
  const datasets::Samples many{{1}, std::vector<float>((size_t{1} << 24) + 1)};
  EXPECT_EQ(scratch::error_of<std::invalid_argument>([&] { train(many, toy.phase, *on, silent); }),
            "toy: there are 16777217 samples to train on; at most 16777216 can be numbered");
}

TEST(Training, ImpossibleOptionsAreNamed) {
  const auto error = [](const PhaseOptions& options) {
    return scratch::error_of<std::invalid_argument>([&] { options.check("pretraining"); });
  };
  EXPECT_NO_THROW(PhaseOptions{}.check("training"));
  EXPECT_NO_THROW((PhaseOptions{.epochs = 0, .lr_milestones = {0}, .batch_size = 1}.check("training")));
  EXPECT_TRUE(scratch::contains(error({.epochs = -1}), "pretraining: the number of epochs"));
  for (const double lr : {0.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_TRUE(scratch::contains(error({.lr = lr}), "the learning rate must be positive"));
  EXPECT_TRUE(scratch::contains(error({.lr_milestones = {50, -2}}), "counted from 0, found -2"));
  EXPECT_TRUE(scratch::contains(error({.batch_size = 0}), "the batch size must be at least 1, found 0"));
  for (const double decay : {-1e-6, std::nan(""), std::numeric_limits<double>::infinity()})
    EXPECT_TRUE(scratch::contains(error({.weight_decay = decay}), "the weight decay must not be negative"));
}

// f is recorded for a full batch, replayed, and run once more for the rest.
TEST(EvaluateBatches, RowsComeInOrderAndDoNotDependOnTheirBatch) {
  Toy toy(0.3f);
  int calls = 0;
  const auto f = [&](const Tensor& x) {
    ++calls;
    return toy.layer.forward(x, Mode::evaluate);
  };
  const auto rows = [&](int64_t n) {
    calls = 0;
    return evaluate_batches(numbered_rows(n), f, *on);
  };
  const std::vector<float> all = rows(600);  // 256 + 256 + 88
  EXPECT_EQ(calls, 2);
  ASSERT_EQ(all.size(), 1200u);
  for (size_t i = 0; i < 600; ++i) {
    const std::vector<float> alone = evaluate_batches({{2}, {static_cast<float>(i), 0}}, f, *on);
    ASSERT_EQ(alone, std::vector<float>(all.begin() + static_cast<std::ptrdiff_t>(2 * i),
                                        all.begin() + static_cast<std::ptrdiff_t>(2 * i + 2)))
        << "row " << i;
  }
  EXPECT_EQ(rows(512).size(), 1024u);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(rows(0).empty());
}

// With zero gradients only weight decay moves a parameter, at Adam's first step by lr towards zero.
TEST(AdamFor, WeightDecayReachesWhatTheRecipeSays) {
  const auto after_one_step = [](Decay decay, double weight_decay) {
    Sequential net;
    net.add("fc1", std::make_unique<Dense>(*on, DType::f32, 1, 1));
    net.add("bn1",
            std::make_unique<BatchNorm>(*on, DType::f32, 1, BatchNormOptions{.affine = true, .slope = {}}));
    std::vector<float> values;
    for (const NamedTensor& s : net.state()) {
      if (!s.trainable) continue;
      on->fill(s.tensor.value(), 1);
      s.tensor.grad() = s.tensor.value().zeros_like();
    }
    for (const auto& optimizer : adam_for(net.state(), weight_decay, decay, false)) optimizer->step(0.25);
    for (const NamedTensor& s : net.state())
      if (s.trainable)
        values.push_back(std::round(1000 * static_cast<float>(s.tensor.value().item())) / 1000);
    return values;  // fc1.weight, bn1.weight, bn1.bias
  };
  EXPECT_EQ(after_one_step(Decay::all, 0.5), (std::vector<float>{0.75f, 0.75f, 0.75f}));
  EXPECT_EQ(after_one_step(Decay::weights_only, 0.5), (std::vector<float>{0.75f, 1, 1}));
  EXPECT_EQ(after_one_step(Decay::all, 0), (std::vector<float>{1, 1, 1}));
}

// Batches are counted in bytes where samples are large: all that lives at the same time stays within half a gigabyte.
TEST(EvaluateBatches, AreSmallerForLargeActivations) {
  constexpr int64_t features = 5000;
  datasets::Samples rows{{features}, {}};
  for (int64_t i = 0; i < 70 * features; ++i) rows.values.push_back(static_cast<float>(i % 997));
  for (const int passes : {1, 800}) {  // 20 kB or 16 MB for each sample
    std::vector<int64_t> batches;
    const auto f = [&](const Tensor& x) {
      batches.push_back(x.shape()[0]);
      Tensor y = x;
      for (int i = 0; i < passes; ++i) y = scale(y, i % 2 == 0 ? 2 : 0.5);
      return y;
    };
    const std::vector<float> found = evaluate_batches(rows, f, *on);
    EXPECT_EQ(batches, passes == 1 ? (std::vector<int64_t>{16, 54}) : (std::vector<int64_t>{16, 32, 22}));
    ASSERT_EQ(found.size(), rows.values.size());
    for (size_t i = 0; i < found.size(); ++i)
      ASSERT_EQ(found[i], rows.values[i] * (passes == 1 ? 2.0f : 1.0f)) << i;
  }
}

// A signal waits for the end of an epoch only where that leaves a checkpoint, and is near.
TEST(Training, AskedToStopItEndsAnEpochThatLeavesACheckpoint) {
  const scratch::Folder folder;
  struct Withdrawn {
    ~Withdrawn() { withdraw_stop(); }
  } later;
  const auto stop_after_a_step = [](Toy& toy) {
    toy.phase.after_step = [&toy](const Batch&, const StepResult&) {
      toy.batches.emplace_back();
      request_stop();
    };
  };
  Monitor silent;
  {
    Toy toy;
    stop_after_a_step(toy);
    EXPECT_THROW(train(numbered_rows(6), toy.phase, *on, silent), Stopped);
    EXPECT_EQ(toy.batches.size(), 1u) << "nothing is kept: at once";
  }
  withdraw_stop();
  Toy toy;
  stop_after_a_step(toy);
  Checkpoints checkpoints({.file = folder / "checkpoint", .seconds = 1000});
  toy.phase.checkpoints = &checkpoints;
  EXPECT_THROW(train(numbered_rows(6), toy.phase, *on, silent), Interrupted);
  EXPECT_EQ(toy.batches.size(), 3u) << "one epoch";
  EXPECT_TRUE(checkpoints.exists());
  EXPECT_THROW(train(numbered_rows(6), toy.phase, *on, silent), Stopped) << "not an epoch more";
  EXPECT_EQ(toy.batches.size(), 3u);
}

}  // namespace training_test
