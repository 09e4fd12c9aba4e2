// A host's floating-point mode changes no bit of ours, and ours none of the host's.
#include "engine/floating_point_mode.h"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <vector>

#include "engine/initializers.h"
#include "engine/optimizers.h"
#include "engine/tape.h"
#include "engine/threads.h"
#include "tests/engine/mnist_lenet.h"
#include "tests/engine/platforms.h"
#include "tests/hostile_mode.h"

namespace floating_point_mode_test {

using namespace engine;

TEST(IeeeMode, ReplacesTheHostsAndGivesItBack) {
  EXPECT_TRUE(IeeeMode::is_on());
  EXPECT_FALSE(HostileMode::is_on());
  {
    const HostileMode hostile;
    EXPECT_TRUE(HostileMode::is_on());
#if defined(__x86_64__) || defined(__aarch64__)
    EXPECT_FALSE(IeeeMode::is_on());
#endif
    {
      const IeeeMode ieee;
      EXPECT_FALSE(HostileMode::is_on());
      const IeeeMode again;  // as when one entry calls another
    }
    EXPECT_TRUE(HostileMode::is_on());
    EXPECT_THROW(
        [] {
          const IeeeMode ieee;
          throw std::runtime_error("out");
        }(),
        std::runtime_error);
    EXPECT_TRUE(HostileMode::is_on());
  }
  EXPECT_TRUE(IeeeMode::is_on());
}

// Exceptions that the host lets trap do not end it while we compute.
TEST(IeeeMode, NothingTraps) {
#if defined(__x86_64__)
  const unsigned before = _mm_getcsr();
  _mm_setcsr(before & ~0x80u & ~0x200u);  // invalid operations and divisions by zero trap
  {
    const IeeeMode ieee;
    volatile float zero = 0.0f, one = 1.0f;
    volatile float quotient = one / zero, none = zero / zero;
    static_cast<void>(quotient + none);
  }
  EXPECT_EQ(_mm_getcsr() & 0x280u, 0u);
  _mm_setcsr(before);
#else
  GTEST_SKIP() << "on this processor exceptions do not trap";
#endif
}

TEST(ThreadPoolMode, EveryThreadComputesInIeeeMode) {
  for (const int threads : {1, 2, 3}) {
    std::optional<HostileMode> hostile;
    ThreadPool before(threads);
    hostile.emplace();
    ThreadPool after(threads);
    for (ThreadPool* pool : {&before, &after}) {
      std::vector<int> ieee(500, 0);
      for (int round = 0; round < 20; ++round)
        pool->run(500, [&](Range r) {
          for (int64_t i = r.first; i < r.last; ++i) ieee[static_cast<size_t>(i)] += !HostileMode::is_on();
        });
      EXPECT_EQ(ieee, std::vector<int>(500, 20));
      EXPECT_TRUE(HostileMode::is_on());
      EXPECT_THROW(pool->run(9, [](Range) { throw std::runtime_error("out"); }), std::runtime_error);
      EXPECT_TRUE(HostileMode::is_on());
    }
  }
}

// Losses and weights of two steps of training, on numbers of which some are denormal.
std::vector<std::vector<float>> trained(Backend& on, DType type) {
  const auto net = engine_tests::mnist_lenet(on, type);
  engine_tests::start_weights(*net, 3);
  static const std::vector<float> pixels = [] {  // made once, before any host's mode is set
    std::vector<float> made(size_t{21} * 784);
    for (size_t i = 0; i < made.size(); ++i)
      made[i] = (i % 7 == 0 ? 1e-40f : 0.01f) * static_cast<float>(i % 251);
    return made;
  }();
  const Tensor batch(Array::from(on, {21, 1, 28, 28}, Layout::samples, type, pixels)),
      centre(Array(on, {32}, Layout::plain, type));
  Adam adam(trainable(net->state()), {.weight_decay = 1e-3});
  Tape tape;
  Tensor loss;
  {
    const Tape::Recording recording(tape);
    loss = mean(squared_distance(net->forward(batch, Mode::train), centre));
  }
  std::vector<std::vector<float>> results;
  for (int step = 0; step < 2; ++step) {
    if (step > 0) tape.replay();
    tape.backward(loss);
    adam.step(1e-3);
    results.push_back(loss.value().to_floats());
  }
  for (const NamedTensor& s : net->state()) results.push_back(s.tensor.value().to_floats());
  return results;
}

class ModeOfBackends : public testing::TestWithParam<engine_tests::Platform> {};

TEST_P(ModeOfBackends, AStepHasTheSameBits) {
  const auto before = GetParam().make();
  const auto expected = trained(*before, GetParam().type);
  const HostileMode hostile;
  EXPECT_EQ(trained(*before, GetParam().type), expected);
  const auto after = GetParam().make();
  EXPECT_EQ(trained(*after, GetParam().type), expected);
  EXPECT_TRUE(HostileMode::is_on());
  Array a(*after, {2, 3}, Layout::samples, GetParam().type);
  EXPECT_THROW(a.reshaped({7}), std::invalid_argument);
  EXPECT_TRUE(HostileMode::is_on());
}

INSTANTIATE_TEST_SUITE_P(Platforms, ModeOfBackends, testing::ValuesIn(engine_tests::platforms()),
                         engine_tests::platform_name);

TEST(ModeOfBackends, InitialWeightsHaveTheSameBits) {
  const auto on = make_cpu_backend({.threads = 1});
  const auto drawn = [&] {
    Array w(*on, {30, 20}, Layout::plain, DType::f32);
    uniform_init(w, xavier_bound(fans_of(w.shape()), leaky_relu_gain(0.1)), 1, "w");
    return w.to_floats();
  };
  const auto expected = drawn();
  const HostileMode hostile;
  EXPECT_EQ(drawn(), expected);
}

}  // namespace floating_point_mode_test
