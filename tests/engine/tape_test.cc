#include "engine/tape.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "engine/backends/reference/reference.h"
#include "engine/ops.h"
#include "engine/optimizers.h"
#include "engine/random.h"
#include "tests/engine/expect_message.h"
#include "tests/engine/mnist_lenet.h"

namespace tape_test {

using namespace engine;
using engine_tests::message_of;
using Doubles = std::vector<double>;

class TapeTest : public testing::Test {
 protected:
  Tensor scores(const Doubles& values, bool requires_grad = true) {
    return Tensor(
        Array::from(*on_, {static_cast<int64_t>(values.size())}, Layout::samples, DType::f64, values),
        requires_grad);
  }
  Tensor number(double value, bool requires_grad = true) {
    return Tensor(Array::from(*on_, {1}, Layout::plain, DType::f64, Doubles{value}), requires_grad);
  }
  template <class Op>
  Tensor recorded(Tape& tape, Op op) {
    Tape::Recording recording(tape);
    return op();
  }

  const std::unique_ptr<Backend> on_ = make_reference_backend();
};

TEST_F(TapeTest, NotesOperationsOnlyWhileRecording) {
  const Tensor x = scores({1, 2});
  Tape tape;
  const Tensor before = square(x);
  EXPECT_EQ(tape.size(), 0u);
  EXPECT_FALSE(before.requires_grad());
  const Tensor during = recorded(tape, [&] { return sum(square(x)); });
  EXPECT_EQ(tape.size(), 2u);
  EXPECT_TRUE(during.requires_grad());
  square(x);
  EXPECT_EQ(tape.size(), 2u);
  EXPECT_EQ(before.value().to_doubles(), (Doubles{1, 4}));
}

TEST_F(TapeTest, RecordingsNest) {
  const Tensor x = scores({1, 2});
  Tape outer, inner;
  {
    Tape::Recording recording(outer);
    square(x);
    {
      Tape::Recording nested(inner);
      square(x);
      square(x);
    }
    square(x);
  }
  EXPECT_EQ(outer.size(), 2u);
  EXPECT_EQ(inner.size(), 2u);
}

TEST_F(TapeTest, ReplayComputesOnTheNumbersOfNow) {
  const Tensor x = scores({1, 2, 3});
  Tape tape;
  const Tensor loss = recorded(tape, [&] { return mean(square(x)); });
  EXPECT_DOUBLE_EQ(loss.value().item(), 14.0 / 3);
  x.value().assign(Doubles{2, 4, 6});
  EXPECT_DOUBLE_EQ(loss.value().item(), 14.0 / 3);
  tape.replay();
  EXPECT_DOUBLE_EQ(loss.value().item(), 56.0 / 3);
  tape.backward(loss);
  EXPECT_EQ(x.grad().to_doubles(), (Doubles{2 * 2 * (1.0 / 3), 2 * 4 * (1.0 / 3), 2 * 6 * (1.0 / 3)}));
}

TEST_F(TapeTest, BackwardTwiceGivesTheSameNotTheDouble) {
  const Tensor x = scores({1, -2});
  Tape tape;
  const Tensor loss = recorded(tape, [&] { return sum(x * square(x) + x); });
  tape.backward(loss);
  const Doubles once = x.grad().to_doubles();
  EXPECT_EQ(once, (Doubles{4, 13}));  // 3x² + 1
  tape.backward(loss);
  EXPECT_EQ(x.grad().to_doubles(), once);
}

TEST_F(TapeTest, SeveralConsumersGiveTheSum) {
  const Tensor x = scores({3, 5});
  Tape tape;
  const Tensor loss = recorded(tape, [&] { return sum(scale(x, 2) + x * x - scale(x, 7)); });
  tape.backward(loss);
  EXPECT_EQ(x.grad().to_doubles(), (Doubles{1, 5}));  // 2 + 2x − 7
}

TEST_F(TapeTest, OneTensorAsBothInputs) {
  const Tensor x = scores({3, 5});
  Tape tape;
  const Tensor loss = recorded(tape, [&] { return sum(x - x) + sum(x + x); });
  tape.backward(loss);
  EXPECT_EQ(x.grad().to_doubles(), (Doubles{2, 2}));
}

TEST_F(TapeTest, ConstantsGetNoGradient) {
  const Tensor x = scores({3, 5}), constant = scores({1, 1}, false), unused = scores({1, 1});
  Tape tape;
  const Tensor loss = recorded(tape, [&] {
    square(unused);  // not on the way to the loss
    return sum(x * constant);
  });
  tape.backward(loss);
  EXPECT_TRUE(x.grad().defined());
  EXPECT_FALSE(constant.grad().defined());
  EXPECT_FALSE(unused.grad().defined());
}

TEST_F(TapeTest, AnotherLossOfTheSameTapeIsPlannedAnew) {
  const Tensor x = scores({3, 5});
  Tape tape;
  Tensor squares;
  const Tensor total = recorded(tape, [&] {
    squares = sum(square(x));
    return squares + sum(x);
  });
  for (int round = 0; round < 2; ++round) {
    tape.backward(total);
    EXPECT_EQ(x.grad().to_doubles(), (Doubles{7, 11}));
    tape.backward(squares);
    EXPECT_EQ(x.grad().to_doubles(), (Doubles{6, 10}));
  }
}

TEST_F(TapeTest, TapesShareParameters) {  // one tape for each batch size
  const Tensor weight = number(3);
  const Tensor two = scores({1, 2}, false), three = scores({1, 2, 4}, false);
  Tape first, second;
  const Tensor a = recorded(first, [&] { return sum(two * weight); });
  const Tensor b = recorded(second, [&] { return sum(three * weight); });
  first.backward(a);
  EXPECT_EQ(weight.grad().item(), 3);
  second.backward(b);
  EXPECT_EQ(weight.grad().item(), 7);
  first.backward(a);
  EXPECT_EQ(weight.grad().item(), 3);
}

TEST_F(TapeTest, GradientsAtKinksAndTies) {
  const Tensor x = scores({-1, 0, 1});
  Tape tape;
  Tensor r, l;
  const Tensor loss = recorded(tape, [&] {
    r = relu(x);
    l = leaky_relu(x, 0.25);
    return sum(r) + sum(scale(l, 4));
  });
  tape.backward(loss);
  EXPECT_EQ(x.grad().to_doubles(), (Doubles{1, 1, 5}));  // at zero relu gives 0, leaky ReLU its slope

  const Tensor image(Array::from(*on_, {1, 1, 2, 4}, Layout::samples, DType::f64,
                                 Doubles{7, 7, 1, 2,  //
                                         7, 7, 2, 1}),
                     true);
  const Tensor origin(Array(*on_, {2}, Layout::plain, DType::f64));
  Tape pooling;
  const Tensor squares =
      recorded(pooling, [&] { return sum(squared_distance(flatten(max_pool2d(image)), origin)); });
  pooling.backward(squares);
  EXPECT_EQ(image.grad().to_doubles(), (Doubles{14, 0, 0, 4,    //
                                                0, 0, 0, 0}));  // the first maximum takes it all
}

// As in PyTorch: a NaN anywhere in a window is its maximum, and the last one takes the gradient.
TEST_F(TapeTest, PoolingLosesNoNaN) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  const Tensor image(Array::from(*on_, {1, 1, 2, 8}, Layout::samples, DType::f64,
                                 Doubles{nan, 1, 1, nan, 1, 2, nan, infinity,  //
                                         3, 2, 3, 2, nan, 4, 5, nan}),
                     true);
  Tape tape;
  Tensor y;
  const Tensor ones(Array::from(*on_, {1, 4}, Layout::plain, DType::f64, Doubles{1, 1, 1, 1}));
  const Tensor loss = recorded(tape, [&] {
    y = max_pool2d(image);
    return sum(reshape(dense(flatten(y), ones), {1}));
  });
  for (const double v : y.value().to_doubles()) EXPECT_TRUE(std::isnan(v));
  tape.backward(loss);
  EXPECT_EQ(image.grad().to_doubles(), (Doubles{1, 0, 0, 1, 0, 0, 0, 0,  //
                                                0, 0, 0, 0, 1, 0, 0, 1}));
}

TEST_F(TapeTest, RefusesALossItCannotGoBackFrom) {
  const Tensor x = scores({1, 2});
  Tape tape;
  const Tensor many = recorded(tape, [&] { return square(x); });
  EXPECT_EQ(message_of([&] { tape.backward(many); }),
            "[backward] the loss must be a single number; it has shape (2)");
  const Tensor unrecorded = sum(square(x));
  EXPECT_EQ(message_of([&] { tape.backward(unrecorded); }).substr(0, 31), "[backward] the loss does not de");
  const Tensor constant = recorded(tape, [&] { return sum(square(scores({1, 2}, false))); });
  EXPECT_THROW(tape.backward(constant), std::invalid_argument);
}

// Training by replay returns the bits of training that records each step afresh.
TEST(TapeOfTraining, ReplayEqualsRecording) {
  const auto train = [](bool replay) {
    const auto on = make_reference_backend();
    const auto net = engine_tests::mnist_lenet(*on, DType::f32);
    engine_tests::start_weights(*net, 5);
    const Tensor centre(Array(*on, {32}, Layout::plain, DType::f32)),
        batch(Array(*on, {5, 1, 28, 28}, Layout::samples, DType::f32));
    Adam adam(trainable(net->state()), {});
    std::unique_ptr<Tape> tape;
    Tensor loss;
    std::vector<std::vector<float>> results;
    for (uint64_t step = 0; step < 3; ++step) {
      std::vector<float> pixels(static_cast<size_t>(batch.shape().count()));
      const RandomStream stream(step, "pixels");
      for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = stream.uniform(i);
      batch.value().assign(pixels);
      if (tape && replay) {
        tape->replay();
      } else {
        tape = std::make_unique<Tape>();
        Tape::Recording recording(*tape);
        loss = mean(squared_distance(net->forward(batch, Mode::train), centre));
      }
      tape->backward(loss);
      adam.step(1e-2);
      results.push_back(loss.value().to_floats());
    }
    for (const NamedTensor& s : net->state()) results.push_back(s.tensor.value().to_floats());
    return results;
  };
  const auto recorded = train(false);
  EXPECT_EQ(train(true), recorded);
  EXPECT_NE(recorded[0], recorded[1]);
}

// What stands in the closures stands beside them as values.
TEST_F(TapeTest, OperationsSayWhatTheyAre) {
  const auto images = [&](Shape shape) { return Tensor(Array(*on_, shape, Layout::samples, DType::f64)); };
  const auto plain = [&](Shape shape) { return Tensor(Array(*on_, shape, Layout::plain, DType::f64), true); };
  const Tensor x = images({2, 3, 8, 8}), filters = plain({4, 3, 3, 3}), turned = plain({4, 3, 2, 2});
  const BatchNormState norm{.running_mean = plain({4}).value(),
                            .running_variance = plain({4}).value(),
                            .epsilon = 0.25,
                            .momentum = 0.5};
  Tape tape;
  {
    const Tape::Recording recording(tape);
    const Tensor a = conv2d(x, filters, 2, 1);
    const Tensor b = batch_norm_leaky_relu_train(a, norm, 0.125, Resample::max_pool);
    const Tensor c = upsample_nearest(max_pool2d(b, 2, 1), 3);
    const Tensor d = batch_norm_eval(c, norm);
    const Tensor e = conv_transpose2d(leaky_relu(elu(d, 0.75), 0.5), turned, 2, 1);
    scale(sigmoid(relu(flatten(e))), -3);
  }
  const auto text = [&](size_t i) {
    std::string words(tape.operation(i).name);
    for (const auto& [name, value] : tape.operation(i).attributes)
      words += ' ' + std::string(name) + ' ' + std::to_string(value).substr(0, 5);
    for (const auto& [name, array] : tape.operation(i).state)
      words += ' ' + std::string(name) + array.shape().text();
    return words + " -> " + tape.output(i).shape().text();
  };
  const std::string moments = " running_mean(4) running_variance(4)";
  const std::vector<std::string> expected{
      "conv2d kernel 3.000 stride 2.000 padding 1.000 -> (2, 4, 4, 4)",
      "batch_norm training 1.000 epsilon 0.250 momentum 0.500 slope 0.125 max_pool 2.000" + moments +
          " -> (2, 4, 2, 2)",
      "max_pool2d kernel 2.000 stride 1.000 padding 0.000 -> (2, 4, 1, 1)",
      "upsample_nearest scale 3.000 -> (2, 4, 3, 3)",
      "batch_norm training 0.000 epsilon 0.250 momentum 0.500" + moments + " -> (2, 4, 3, 3)",
      "elu alpha 0.750 -> (2, 4, 3, 3)",
      "leaky_relu slope 0.500 -> (2, 4, 3, 3)",
      "conv_transpose2d kernel 2.000 stride 2.000 padding 1.000 -> (2, 3, 4, 4)",
      "reshape -> (2, 48)",
      "relu -> (2, 48)",
      "sigmoid -> (2, 48)",
      "scale factor -3.00 -> (2, 48)"};
  ASSERT_EQ(tape.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(text(i), expected[i]);
  EXPECT_TRUE(tape.operation(0).inputs[1].same_as(filters));
}

// d/dx of w·x² summed is 2·w·x; the outer tape sees a constant, follows x and w when it is replayed, and gives w a
// gradient of its own.
TEST_F(TapeTest, AGradientIsAnOperation) {
  const Tensor x = scores({1, -2, 3}), w = number(0.5);
  Tape tape;
  Tensor slope, loss;
  recorded(tape, [&] {
    slope = gradient_of([&](const Tensor& at) { return sum(square(at) * w); }, x);
    return loss = sum(square(x - slope) * w);
  });
  EXPECT_EQ(slope.value().to_doubles(), (Doubles{1, -2, 3}));
  x.value().assign(Doubles{2, 0, -1});
  w.value().assign(Doubles{2});
  tape.replay();
  EXPECT_EQ(slope.value().to_doubles(), (Doubles{8, 0, -4}));
  tape.backward(loss);
  EXPECT_EQ(x.grad().to_doubles(), (Doubles{2 * 2 * (2 - 8), 0, 2 * 2 * (-1 + 4)}))
      << "the slope is a constant";
  EXPECT_EQ(w.grad().to_doubles(), (Doubles{36 + 0 + 9}));
}

}  // namespace tape_test
