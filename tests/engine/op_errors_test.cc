// Misuse of an op: the message names the op, what was found and what was expected.
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "engine/backends/cpu/cpu.h"
#include "engine/backends/reference/reference.h"
#include "engine/ops.h"
#include "engine/tape.h"
#include "tests/engine/expect_message.h"

namespace op_errors_test {

using namespace engine;
using engine_tests::message_of;

class OpErrors : public testing::Test {
 protected:
  Tensor batch(Shape shape, bool requires_grad = false) {
    return Tensor(Array(*on_, shape, Layout::samples, DType::f32), requires_grad);
  }
  Tensor plain(Shape shape, bool requires_grad = false) {
    return Tensor(Array(*on_, shape, Layout::plain, DType::f32), requires_grad);
  }
  BatchNormState moments(int64_t channels) {
    return {.running_mean = plain({channels}).value(), .running_variance = plain({channels}).value()};
  }
  // The op throws a message that begins with "[op] " and holds each of the parts.
  static void expect(const std::function<void()>& op, const std::string& name,
                     std::initializer_list<const char*> parts) {
    const std::string message = message_of(op);
    EXPECT_TRUE(message.starts_with("[" + name + "] ")) << message;
    for (const char* part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }

  const std::unique_ptr<Backend> on_ = make_reference_backend();
};

TEST_F(OpErrors, Conv2d) {
  const Tensor x = batch({2, 3, 8, 8}), w = plain({4, 3, 5, 5});
  expect([&] { conv2d(Tensor(), w); }, "conv2d", {"empty"});
  expect([&] { conv2d(x, Tensor()); }, "conv2d", {"weight", "empty"});
  expect([&] { conv2d(plain({2, 3, 8, 8}), w); }, "conv2d", {"(2, 3, 8, 8)", "a plain array, not a batch"});
  expect([&] { conv2d(batch({2, 3}), w); }, "conv2d", {"(N, C, H, W)", "(2, 3)"});
  expect([&] { conv2d(batch({0, 3, 8, 8}), w); }, "conv2d", {"(0, 3, 8, 8)"});
  expect([&] { conv2d(x, batch({4, 3, 5, 5})); }, "conv2d", {"weight", "plain"});
  expect(
      [&] {
        conv2d(x, plain({4, 2, 5, 5}));
      },
      "conv2d", {"(4, 2, 5, 5)", "(2, 3, 8, 8)", "expected (O, 3, K, K)"});
  expect([&] { conv2d(x, plain({4, 3, 5, 4})); }, "conv2d", {"(4, 3, 5, 4)"});
  expect([&] { conv2d(x, w, plain({3}), 1, 2); }, "conv2d", {"bias must have shape (4), found (3)"});
  expect([&] { conv2d(x, w, 0, 2); }, "conv2d", {"stride 0"});
  expect([&] { conv2d(x, w, 1, -1); }, "conv2d", {"padding -1"});
  expect([&] { conv2d(x, w, 1, 5); }, "conv2d", {"padding 5", "padding < kernel"});
  expect([&] { conv2d(batch({2, 3, 8, 4}), w); }, "conv2d", {"kernel 5", "(2, 3, 8, 4)"});
}

TEST_F(OpErrors, ConvTranspose2d) {
  const Tensor x = batch({2, 3, 4, 4}), w = plain({3, 5, 5, 5});
  expect([&] { conv_transpose2d(x, Tensor()); }, "conv_transpose2d", {"weight", "empty"});
  expect([&] { conv_transpose2d(batch({2, 3}), w); }, "conv_transpose2d", {"(N, C, H, W)", "(2, 3)"});
  expect(
      [&] {
        conv_transpose2d(x, plain({5, 3, 5, 5}));
      },
      "conv_transpose2d", {"(5, 3, 5, 5)", "expected (3, O, K, K)"});
  expect([&] { conv_transpose2d(x, w, 0); }, "conv_transpose2d", {"stride 0"});
  expect(
      [&] {
        conv_transpose2d(batch({1, 3, 1, 4}), w, 1, 4);
      },
      "conv_transpose2d", {"padding 4", "(1, 3, 1, 4)"});
}

TEST_F(OpErrors, Dense) {
  const Tensor x = batch({2, 3}), w = plain({4, 3});
  expect([&] { dense(x, Tensor()); }, "dense", {"weight", "empty"});
  expect([&] { dense(batch({2, 3, 1, 1}), w); }, "dense", {"(N, F)", "(2, 3, 1, 1)"});
  expect([&] { dense(x, plain({3, 4})); }, "dense", {"(3, 4)", "(2, 3)", "expected (O, 3)"});
  expect([&] { dense(x, w, plain({3})); }, "dense", {"bias must have shape (4), found (3)"});
  expect([&] { dense(x, w, batch({4})); }, "dense", {"bias"});
}

TEST_F(OpErrors, Resampling) {
  expect([&] { max_pool2d(batch({1, 1, 4, 2}), 3, 1); }, "max_pool2d", {"window of 3", "(1, 1, 4, 2)"});
  expect([&] { max_pool2d(batch({1, 1, 4, 4}), 2, 0); }, "max_pool2d", {"stride 0"});
  expect([&] { max_pool2d(batch({1, 4})); }, "max_pool2d", {"(N, C, H, W)"});
  expect([&] { upsample_nearest(batch({1, 1, 4, 4}), 0); }, "upsample_nearest", {"found 0"});
  expect([&] { upsample_nearest(Tensor()); }, "upsample_nearest", {"empty"});
}

TEST_F(OpErrors, Reshape) {
  expect([&] { reshape(batch({2, 6}), {2, 5}); }, "reshape", {"(2, 6)", "(2, 5)"});
  expect([&] { reshape(batch({2, 6}), {3, 4}); }, "reshape", {"(2, 6)", "(3, 4)"});
  expect([&] { flatten(Tensor()); }, "flatten", {"empty"});
}

TEST_F(OpErrors, Pointwise) {
  expect([&] { leaky_relu(batch({1, 1}), -0.1); }, "leaky_relu", {"slope", "-0.1"});
  expect([&] { sigmoid(Tensor()); }, "sigmoid", {"empty"});
}

TEST_F(OpErrors, Arithmetic) {
  expect([&] { add(batch({2, 3}), batch({2, 4})); }, "add", {"(2, 3)", "(2, 4)"});
  expect([&] { subtract(batch({2, 3}), plain({2, 3})); }, "subtract", {"differ"});
  expect([&] { multiply(plain({1}), batch({3})); }, "multiply", {"(1)", "(3)"});
  expect([&] { add(batch({3}), Tensor()); }, "add", {"empty"});
  // The gradient of a number is summed over scores; over anything else nobody has built it.
  for (const Tensor& a : {batch({2, 3}), plain({5})})
    expect([&] { multiply(a, plain({1}, true)); }, "multiply", {"gradient of a single number", "(N)"});
}

TEST_F(OpErrors, Reductions) {
  expect([&] { sum(batch({2, 3})); }, "sum", {"(N)", "(2, 3)"});
  expect([&] { mean(plain({2})); }, "mean", {"not a batch"});
  expect([&] { squared_distance(batch({2, 3}), plain({2})); }, "squared_distance", {"(2, 3)", "(2)"});
  expect([&] { squared_distance(batch({2, 3}), batch({3, 3})); }, "squared_distance", {"(3, 3)"});
  expect([&] { squared_distance(batch({2, 3}), plain({3}, true)); }, "squared_distance", {"single point"});
}

TEST_F(OpErrors, NearestPoint) {
  const Tensor a = batch({2, 3}), points = plain({4, 3}), alive = plain({4});
  expect([&] { nearest_point(batch({2, 3, 1, 1}), points, alive); }, "nearest_point", {"(N, F)"});
  expect([&] { nearest_point(a, Tensor(), alive); }, "nearest_point", {"points", "nothing"});
  expect([&] { nearest_point(a, plain({4, 2}), alive); }, "nearest_point", {"(K, 3)", "(4, 2)"});
  expect([&] { nearest_point(a, batch({4, 3}), alive); }, "nearest_point", {"plain"});
  expect([&] { nearest_point(a, points, plain({3})); }, "nearest_point", {"alive", "(4)", "(3)"});
}

TEST_F(OpErrors, Take) {
  expect([&] { take(plain({4}), plain({2})); }, "take", {"(N)", "not a batch"});
  expect([&] { take(plain({4, 3, 2, 1}), batch({2})); }, "take", {"(K, F)", "(4, 3, 2, 1)"});
  expect([&] { take(batch({4, 3}), batch({2})); }, "take", {"plain", "(4, 3)"});
  expect([&] { take(Tensor(), batch({2})); }, "take", {"nothing"});
  const Tensor index(batch({2}).value(), true);
  expect([&] { take(plain({4, 3}), index); }, "take", {"whole number", "no gradient"});
}

TEST_F(OpErrors, BatchNorm) {
  const Tensor x = batch({4, 3, 2, 2});
  expect([&] { batch_norm_train(Tensor(), moments(3)); }, "batch_norm", {"empty"});
  expect([&] { batch_norm_train(x, moments(4)); }, "batch_norm", {"running mean", "(3)", "(4)"});
  expect(
      [&] {
        batch_norm_train(batch({1, 3}), moments(3));
      },
      "batch_norm", {"more than one value", "(1, 3)"});
  BatchNormState half = moments(3);
  half.weight = plain({3});
  expect([&] { batch_norm_eval(x, half); }, "batch_norm", {"weight and bias"});
  half.bias = plain({2});
  expect([&] { batch_norm_eval(x, half); }, "batch_norm", {"bias must have shape (3), found (2)"});
  expect([&] { batch_norm_leaky_relu_eval(x, moments(3), -1, Resample::none); }, "batch_norm", {"slope"});
  expect(
      [&] {
        batch_norm_leaky_relu_train(batch({4, 3}), moments(3), 0.1, Resample::upsample);
      },
      "batch_norm", {"(N, C, H, W)", "(4, 3)"});
  expect(
      [&] {
        batch_norm_leaky_relu_train(batch({4, 3, 1, 2}), moments(3), 0.1, Resample::max_pool);
      },
      "batch_norm", {"(4, 3, 1, 2)"});
}

TEST_F(OpErrors, InputsOfSeveralHomes) {
  const auto other = make_reference_backend();
  const Tensor elsewhere(Array(*other, {2, 3}, Layout::samples, DType::f32)),
      finer(Array(*on_, {2, 3}, Layout::samples, DType::f64));
  expect([&] { add(batch({2, 3}), elsewhere); }, "add", {"one backend"});
  expect([&] { add(batch({2, 3}), finer); }, "add", {"(float)", "(double)"});
}

// A backward pass that a backend cannot do is refused before the forward pass, and only where one may follow.
TEST(TrainedKernels, AreRefusedBeforeTheFirstStep) {
  const auto on = make_cpu_backend({.threads = 1});
  EXPECT_EQ(on->most_trained_kernel(), 11);
  const Tensor x(Array(*on, {2, 3, 14, 14}, Layout::samples, DType::f32));
  for (const int64_t kernel : {11, 12}) {
    const Tensor w(Array(*on, {3, 3, kernel, kernel}, Layout::plain, DType::f32), true);
    EXPECT_NO_THROW(conv2d(x, w, 1, 0));
    EXPECT_NO_THROW(conv_transpose2d(x, w));
    Tape tape;
    const Tape::Recording recording(tape);
    const auto conv = [&] { conv2d(x, w, 1, 0); };
    const auto transposed = [&] { conv_transpose2d(x, w); };
    if (kernel == 11) {
      EXPECT_NO_THROW(conv());
      EXPECT_NO_THROW(transposed());
    } else {
      for (const std::string& text : {message_of(conv), message_of(transposed)})
        EXPECT_NE(text.find("trains kernels up to 11 wide, found 12"), std::string::npos) << text;
    }
  }
}

TEST(OpSizes, ThatNoMachineHoldsAreRefused) {
  const auto on = make_reference_backend();
  const Tensor x(Array(*on, {1, 1, 2, 2}, Layout::samples, DType::f32)),
      w(Array(*on, {1, 1, 1, 1}, Layout::plain, DType::f32));
  const int64_t large = std::numeric_limits<int64_t>::max();
  for (const int64_t scale : {large, int64_t{1} << 31, int64_t{1} << 40}) {
    EXPECT_THROW(upsample_nearest(x, scale), std::logic_error) << scale;
    EXPECT_THROW(conv_transpose2d(x, w, scale), std::logic_error) << scale;
  }
}

}  // namespace op_errors_test
