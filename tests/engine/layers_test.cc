#include "engine/layers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "engine/backends/cpu/cpu.h"
#include "engine/backends/reference/reference.h"
#include "engine/random.h"
#include "engine/tape.h"
#include "tests/engine/expect_message.h"
#include "tests/engine/mnist_lenet.h"

namespace layers_test {

using namespace engine;
using engine_tests::message_of;
using engine_tests::mnist_autoencoder;
using engine_tests::mnist_lenet;
using engine_tests::Passes;
using engine_tests::start_weights;

std::vector<std::string> names_of(const Layer& layer) {
  std::vector<std::string> names;
  for (const NamedTensor& s : layer.state()) names.push_back(s.name);
  return names;
}

Tensor images(Backend& on, Shape shape, uint64_t seed = 1) {
  const RandomStream stream(seed, "images");
  std::vector<float> values(static_cast<size_t>(shape.count()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = stream.normal(i);
  return Tensor(Array::from(on, shape, Layout::samples, DType::f32, values));
}

class LayersTest : public testing::Test {
 protected:
  const std::unique_ptr<Backend> on_ = make_reference_backend();
};

TEST_F(LayersTest, StateHasTheNamesOfModelFiles) {
  const auto net = mnist_lenet(*on_, DType::f32);
  EXPECT_EQ(names_of(*net),
            (std::vector<std::string>{"conv1.weight", "bn1.running_mean", "bn1.running_var", "conv2.weight",
                                      "bn2.running_mean", "bn2.running_var", "fc1.weight"}));
  const std::vector<Tensor> parameters = trainable(net->state());
  ASSERT_EQ(parameters.size(), 3u);
  EXPECT_EQ(parameters[0].shape(), (Shape{8, 1, 5, 5}));
  EXPECT_EQ(parameters[1].shape(), (Shape{4, 8, 5, 5}));
  EXPECT_EQ(parameters[2].shape(), (Shape{32, 196}));
  for (const NamedTensor& s : net->state()) EXPECT_EQ(s.tensor.requires_grad(), s.trainable) << s.name;
}

TEST_F(LayersTest, NamesJoinThroughSequentials) {
  auto inner = std::make_unique<Sequential>();
  inner->add("fc", std::make_unique<Dense>(*on_, DType::f32, 2, 3, true)).add(sigmoid);
  Sequential outer;
  outer.add("encoder", std::move(inner));
  EXPECT_EQ(names_of(outer), (std::vector<std::string>{"encoder.fc.weight", "encoder.fc.bias"}));
  EXPECT_EQ(outer.forward(images(*on_, {5, 2}), Mode::train).shape(), (Shape{5, 3}));
}

TEST_F(LayersTest, ShapesOfParameters) {
  const auto shapes = [](const Layer& layer) {
    std::vector<Shape> all;
    for (const NamedTensor& s : layer.state()) all.push_back(s.tensor.shape());
    return all;
  };
  EXPECT_EQ(shapes(Conv2d(*on_, DType::f32, 2, 3, 5, 2, true)), (std::vector<Shape>{{3, 2, 5, 5}, {3}}));
  EXPECT_EQ(shapes(ConvTranspose2d(*on_, DType::f32, 2, 3, 5, 2)), (std::vector<Shape>{{2, 3, 5, 5}}));
  EXPECT_EQ(shapes(Dense(*on_, DType::f32, 2, 3)), (std::vector<Shape>{{3, 2}}));
  EXPECT_EQ(shapes(BatchNorm(*on_, DType::f32, 4, {.affine = true})),
            (std::vector<Shape>{{4}, {4}, {4}, {4}}));
}

TEST_F(LayersTest, LayersPassOnTheirStrideAndPadding) {
  const Tensor x = images(*on_, {2, 2, 6, 7});
  Conv2d conv(*on_, DType::f32, 2, 3, 3, 1, true, 2);
  EXPECT_EQ(conv.forward(x, Mode::train).shape(), (Shape{2, 3, 3, 4}));
  ConvTranspose2d transposed(*on_, DType::f32, 2, 3, 3, 1, 2);
  EXPECT_EQ(transposed.forward(x, Mode::train).shape(), (Shape{2, 3, 11, 13}));
  conv.state()[1].tensor.value().assign(std::vector<float>{1, 2, 3});  // weights are zero: the bias shows
  EXPECT_EQ(conv.forward(x, Mode::train).value().to_floats()[12], 2.0f);
}

TEST_F(LayersTest, BatchNormBeginsAsPyTorchs) {
  BatchNorm norm(*on_, DType::f32, 2, {.affine = true});
  const auto state = norm.state();
  ASSERT_EQ(names_of(norm), (std::vector<std::string>{"weight", "bias", "running_mean", "running_var"}));
  const std::vector<float> zeros{0, 0}, ones{1, 1};
  EXPECT_EQ(state[0].tensor.value().to_floats(), ones);
  EXPECT_EQ(state[1].tensor.value().to_floats(), zeros);
  EXPECT_EQ(state[2].tensor.value().to_floats(), zeros);
  EXPECT_EQ(state[3].tensor.value().to_floats(), ones);
}

TEST_F(LayersTest, BatchNormLearnsItsMomentsInTrainingOnly) {
  BatchNorm norm(*on_, DType::f32, 1);
  const Tensor x(Array::from(*on_, {4, 1}, Layout::samples, DType::f32, std::vector<float>{0, 2, 4, 6}));
  const auto running = [&](size_t i) { return norm.state()[i].tensor.value().item(); };
  norm.forward(x, Mode::evaluate);
  EXPECT_EQ(running(0), 0.0);
  EXPECT_EQ(running(1), 1.0);
  norm.forward(x, Mode::train);  // mean 3, unbiased variance 20/3
  EXPECT_NEAR(running(0), 0.3, 1e-6);
  EXPECT_NEAR(running(1), 0.9 + 2.0 / 3, 1e-6);
  const std::vector<double> y = norm.forward(x, Mode::evaluate).value().to_doubles();
  for (size_t i = 0; i < y.size(); ++i)
    EXPECT_NEAR(y[i], (2.0 * static_cast<double>(i) - 0.3) / std::sqrt(0.9 + 2.0 / 3 + 1e-4), 1e-6);
}

TEST_F(LayersTest, BatchNormResamplesOnlyBehindAnActivation) {
  EXPECT_EQ(message_of([&] { BatchNorm(*on_, DType::f32, 2, {.then = Resample::max_pool}); }).substr(0, 12),
            "[BatchNorm] ");
}

// One pass or three: the same bits, forward, backward and in evaluation.
TEST_F(LayersTest, FusedBatchNormEqualsItsThreeSteps) {
  const auto fast = make_cpu_backend();
  for (Backend* on : {on_.get(), fast.get()}) {
    const auto results = [&](Passes passes) {
      const auto net = mnist_autoencoder(*on, DType::f32, passes);
      start_weights(*net, 2);
      const Tensor x = images(*on, {18, 1, 28, 28});
      Tape tape;
      Tensor loss;
      {
        Tape::Recording recording(tape);
        loss = mean(squared_distance(net->forward(x, Mode::train), x));
      }
      tape.backward(loss);
      std::vector<std::vector<float>> all{loss.value().to_floats(),
                                          net->forward(x, Mode::evaluate).value().to_floats()};
      for (const NamedTensor& s : net->state()) {
        all.push_back(s.tensor.value().to_floats());
        if (s.trainable) all.push_back(s.tensor.grad().to_floats());
      }
      return all;
    };
    EXPECT_EQ(results(Passes::one), results(Passes::three)) << on->name();
  }
}

TEST_F(LayersTest, CopyStateTakesWhatBothSidesHave) {
  const auto from = mnist_autoencoder(*on_, DType::f32), to = mnist_lenet(*on_, DType::f32);
  start_weights(*from, 1);
  start_weights(*to, 2);
  copy_state(from->state(), to->state());
  const auto source = from->state();
  for (const NamedTensor& s : to->state()) {
    const auto same = std::find_if(source.begin(), source.end(),
                                   [&](const NamedTensor& other) { return other.name == s.name; });
    ASSERT_NE(same, source.end()) << s.name;
    EXPECT_EQ(s.tensor.value().to_floats(), same->tensor.value().to_floats()) << s.name;
    EXPECT_FALSE(s.tensor.same_as(same->tensor));
  }
  // A copy, not a share.
  source[0].tensor.value().assign(std::vector<float>(200, 9.0f));
  EXPECT_NE(to->state()[0].tensor.value().to_floats()[0], 9.0f);
}

TEST_F(LayersTest, CopyStateGoesBetweenBackendsAndNumberTypes) {
  const auto fast = make_cpu_backend();
  const auto from = mnist_lenet(*on_, DType::f64), to = mnist_lenet(*fast, DType::f32);
  start_weights(*from, 1);
  copy_state(from->state(), to->state());
  for (size_t i = 0; i < from->state().size(); ++i)
    EXPECT_EQ(to->state()[i].tensor.value().to_floats(), from->state()[i].tensor.value().to_floats());
}

TEST_F(LayersTest, CopyStateRefusesOtherShapes) {
  Sequential a, b;
  a.add("fc", std::make_unique<Dense>(*on_, DType::f32, 2, 3));
  b.add("fc", std::make_unique<Dense>(*on_, DType::f32, 2, 4));
  EXPECT_EQ(message_of([&] { copy_state(a.state(), b.state()); }),
            "[copy_state] fc.weight has shape (3, 2) on one side and (4, 2) on the other");
}

}  // namespace layers_test
