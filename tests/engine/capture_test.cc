// Backend::capture: what it promises on every platform, and a whole step that finds in arrays all that
// changes.
#include <gtest/gtest.h>

#include "engine/layers.h"
#include "engine/ops.h"
#include "engine/optimizers.h"
#include "engine/tape.h"
#include "tests/engine/noting_backend.h"
#include "tests/engine/platforms.h"

namespace capture_test {

using namespace engine;
using namespace engine_tests;

class Capture : public OnEachPlatform {};

TEST_P(Capture, RunsNothingItselfAndTheCallsEachTime) {
  Array sum = plain({2}, {0, 0});
  const Array step = plain({2}, {1, -3});
  const auto calls = [&] { on_->binary(Binary::add, sum, step, sum); };
  calls();  // as the contract asks
  const std::unique_ptr<Replayable> captured = on_->capture(calls);
  EXPECT_EQ(sum.to_doubles(), (std::vector<double>{1, -3}));
  captured->run();
  captured->run();
  EXPECT_EQ(sum.to_doubles(), (std::vector<double>{3, -9}));
}

INSTANTIATE_TEST_SUITE_P(Platforms, Capture, testing::ValuesIn(platforms()), platform_name);

// Six steps of a dense layer, each with a row of samples and a rate of its own, by their position in tables.
std::vector<double> losses_of_six_steps(Backend& on, bool captured) {
  const auto table = [&](Shape shape, double factor) {
    std::vector<double> numbers(static_cast<size_t>(shape.count()));
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = factor * static_cast<double>((i * 7) % 5 + 1);
    return Array::from(on, shape, Layout::plain, DType::f32, numbers);
  };
  const Array data = table({5, 3}, 0.25), order = table({6, 2}, 1), rates = table({6, 2}, 0.01);
  Array position(on, {1}, Layout::plain, DType::f32), losses(on, {6}, Layout::plain, DType::f32);
  const Array one = Array::from(on, {1}, Layout::plain, DType::f32, std::vector<double>{1});
  const Tensor batch(Array(on, {2, 3}, Layout::samples, DType::f32));
  Array rows(on, {2}, Layout::samples, DType::f32);
  Dense layer(on, DType::f32, 3, 2);
  on.fill(layer.state()[0].tensor.value(), 0.5);
  const Tensor origin(Array(on, {2}, Layout::plain, DType::f32));
  Sgd sgd(trainable(layer.state()), {.momentum = 0.9});
  Tape tape;
  Tensor loss;
  const auto step = [&] {
    on.read_row(order, position, rows);
    on.binary(Binary::subtract, rows, one, rows);  // 0 to 4
    on.take(data, rows, batch.value());
    if (tape.size() == 0) {
      const Tape::Recording recording(tape);
      loss = mean(squared_distance(layer.forward(batch, Mode::train), origin));
    } else {
      tape.replay();
    }
    tape.backward(loss);
    on.read_row(rates, position, sgd.rates());
    sgd.apply();
    on.write_row(loss.value(), position, losses);
    on.binary(Binary::add, position, one, position);
  };
  step();
  const std::unique_ptr<Replayable> again = captured ? on.capture(step) : nullptr;
  for (int i = 1; i < 6; ++i) captured ? again->run() : step();
  EXPECT_EQ(position.item(), 6);
  return losses.to_doubles();
}

TEST_P(Capture, OfAWholeStepMakesTheBitsOfItsCalls) {
  EXPECT_EQ(losses_of_six_steps(*on_, true), losses_of_six_steps(*on_, false));
}

TEST(CaptureOfAStep, FromNotesAloneMakesTheSameBits) {
  const auto plain = make_cpu_backend({.threads = 1});
  NotingBackend noting(make_cpu_backend({.threads = 1}));
  const std::vector<double> expected = losses_of_six_steps(*plain, false);
  EXPECT_EQ(losses_of_six_steps(*plain, true), expected);
  EXPECT_EQ(losses_of_six_steps(noting, true), expected);
  EXPECT_TRUE(noting.diary.ends_with("rrrrrdd")) << noting.diary;  // position, losses
  EXPECT_EQ(noting.captures, 1);
  for (size_t i = 1; i < expected.size(); ++i) EXPECT_NE(expected[i], expected[0]) << i;
}

}  // namespace capture_test
