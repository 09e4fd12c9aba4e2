// Training in turns: who sees which rows of a batch, and when.
#include <gtest/gtest.h>

#include "engine/backends/cpu/cpu.h"
#include "engine/random.h"
#include "svdd/training/training.h"

namespace alternation_test {

using namespace engine;
using namespace svdd;

const std::unique_ptr<Backend> on = make_cpu_backend({.threads = 1});

// Notes what happens. The rows are (0), (1), …, so that a batch tells which they are.
struct Diary {
  explicit Diary(int64_t n) {
    for (int64_t i = 0; i < n; ++i) rows.values.push_back(static_cast<float>(i));
    phase.step = [this](const Batch& b) {
      ++recordings;
      return StepResult{mean(squared_distance(layer.forward(b.samples, Mode::train), origin)),
                        squared_distance(b.samples, origin)};
    };
    phase.after_step = [this](const Batch& own, const StepResult& step) {
      const std::vector<float> d = step.distances.value().to_floats(), rows = own.rows.value().to_floats();
      ASSERT_EQ(d.size(), rows.size());
      for (size_t i = 0; i < d.size(); ++i) EXPECT_EQ(d[i], rows[i] * rows[i]);
      events.push_back({"step", {rows.begin(), rows.end()}});
    };
    phase.needs_host = true;
  }
  void alternate(double share) {
    phase.alternation = {.share = share,
                         .forward =
                             [this](const Batch& b) {
                               ++recordings;
                               return 1.0 * b.samples;
                             },
                         .gradient =
                             [this](const Tensor& result) {
                               const std::vector<float> values = result.value().to_floats();
                               events.push_back({"turn", {values.begin(), values.end()}});
                             }};
  }
  void run() { train(rows, phase, *on, monitor); }
  std::vector<int32_t> order(int64_t epoch) const {
    return permutation(rows.count(), RandomStream(7, "shuffle/diary/" + std::to_string(epoch)));
  }

  struct Listener final : Monitor {
    void epoch(const EpochReport& report) override { losses.push_back(report.loss); }
    std::vector<double> losses;
  } monitor;
  datasets::Samples rows{{1}, {}};
  Dense layer{*on, DType::f32, 1, 1};
  Tensor origin{Array(*on, {1}, Layout::plain, DType::f32)};
  TrainingPhase phase{
      .name = "diary", .options = {.epochs = 2, .lr_milestones = {}, .batch_size = 4}, .seed = 7};
  int recordings = 0;
  std::vector<std::pair<std::string, std::vector<int32_t>>> events;
};

std::vector<int32_t> part(const std::vector<int32_t>& order, size_t first, size_t last) {
  return {order.begin() + static_cast<std::ptrdiff_t>(first),
          order.begin() + static_cast<std::ptrdiff_t>(last)};
}

TEST(Alternation, TheShareOfABatchIsRoundedUp) {
  const auto of = [](double share, int64_t n) {
    return Alternation{.share = share, .forward = {}, .gradient = {}}.of_step(n);
  };
  EXPECT_EQ(of(0.9, 200), 180);
  EXPECT_EQ(of(0.9, 32), 29);
  EXPECT_EQ(of(0.9, 9), 9);  // ⌈8.1⌉
  EXPECT_EQ(of(0.01, 5), 1);
  EXPECT_EQ(of(1, 7), 7);
}

TEST(Alternation, TheStepHasTheFirstRowsAndThenTheOtherSideTheRest) {
  Diary diary(11);  // batches of 4, 4 and 3
  diary.alternate(0.5);
  diary.run();
  EXPECT_EQ(diary.recordings, 4);  // two sizes, two turns
  ASSERT_EQ(diary.events.size(), 12u);
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    const auto order = diary.order(epoch);
    const size_t e = static_cast<size_t>(epoch) * 6;
    // The step is reported when both have had their turn.
    using Event = std::pair<std::string, std::vector<int32_t>>;
    EXPECT_EQ(diary.events[e], (Event{"turn", part(order, 2, 4)}));
    EXPECT_EQ(diary.events[e + 1], (Event{"step", part(order, 0, 2)}));
    EXPECT_EQ(diary.events[e + 2], (Event{"turn", part(order, 6, 8)}));
    EXPECT_EQ(diary.events[e + 3], (Event{"step", part(order, 4, 6)}));
    EXPECT_EQ(diary.events[e + 4], (Event{"turn", part(order, 10, 11)}));
    EXPECT_EQ(diary.events[e + 5], (Event{"step", part(order, 8, 10)}));
  }
}

// The other side's gradient is the sum of its rows, so that plain descent adds up what it has seen.
TEST(Alternation, TheOtherSidesOptimizerFollowsItsGradient) {
  Diary diary(11);
  diary.alternate(0.5);
  Tensor weight(Array(*on, {1}, Layout::plain, DType::f32));
  weight.grad() = weight.value().zeros_like();
  Sgd sgd({weight}, {});
  diary.phase.alternation->gradient = [&](const Tensor& z) { on->channel_sum(z.value(), weight.grad()); };
  diary.phase.alternation->optimizer = &sgd;
  diary.phase.alternation->lr = 0.5;
  diary.run();
  float sum = 0;
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    const auto order = diary.order(epoch);
    for (const size_t k : {2, 3, 6, 7, 10}) sum += 0.5f * static_cast<float>(order[k]);
  }
  EXPECT_EQ(weight.value().item(), -sum);
}

TEST(Alternation, WhereNoneAreLeftBothHaveTheSameRows) {
  for (const double share : {0.9, 1.0}) {  // ⌈3.6⌉ = 4
    Diary diary(4);
    diary.alternate(share);
    diary.run();
    ASSERT_EQ(diary.events.size(), 4u);
    for (size_t e = 0; e < 4; ++e)
      EXPECT_EQ(diary.events[e].second, diary.order(static_cast<int64_t>(e / 2)));
  }
}

TEST(Alternation, WholeBatchesLeaveOutTheRestOfEachEpoch) {
  Diary diary(11);
  diary.layer.state()[0].tensor.value().assign(std::vector<float>{1});
  diary.phase.whole_batches = true;
  diary.run();
  ASSERT_EQ(diary.events.size(), 4u);
  for (int64_t epoch = 0; epoch < 2; ++epoch) {
    const auto order = diary.order(epoch);
    double loss = 0;
    for (size_t k = 0; k < 8; ++k) loss += order[k] * order[k] / 8.0;
    EXPECT_EQ(diary.events[static_cast<size_t>(epoch) * 2].second, part(order, 0, 4));
    EXPECT_EQ(diary.events[static_cast<size_t>(epoch) * 2 + 1].second, part(order, 4, 8));
    EXPECT_DOUBLE_EQ(diary.monitor.losses[static_cast<size_t>(epoch)], loss);  // of those alone
  }
  Diary few(3);  // less than one batch
  few.phase.whole_batches = true;
  few.run();
  ASSERT_EQ(few.events.size(), 2u);
  EXPECT_EQ(few.events[0].second, few.order(0));
}

}  // namespace alternation_test
