// Every operation against PyTorch's values, forward and backward. Allowed, relative to the largest number of
// each array but at least to 1: 1e-10 on the reference backend in double, 1e-5 in float.
#include <gtest/gtest.h>

#include <functional>

#include "engine/ops.h"
#include "engine/tape.h"
#include "tests/engine/closeness.h"
#include "tests/engine/golden_cases.h"
#include "tests/engine/platforms.h"
#include "tests/engine/weighted_sum.h"

namespace golden_ops_test {

using namespace engine;
using namespace engine_tests;

class GoldenOps : public OnEachPlatform {
 protected:
  double tolerance() const { return GetParam().choose(1e-10, 1e-5); }

  Tensor batch(const GoldenCase& g, const char* name) {
    return Tensor(samples(g.shape(name), g.values(name)), true);
  }
  Tensor parameter(const GoldenCase& g, const char* name) {
    return g.has(name) ? Tensor(plain(g.shape(name), g.values(name)), true) : Tensor();
  }

  // Runs y = op() with the case's gy coming back, and compares y and the gradient of each of `inputs`, given
  // by the name that its gradient has in the case; empty tensors are left out.
  void check(const GoldenCase& g, const std::function<Tensor()>& op,
             const std::vector<std::pair<std::string, Tensor>>& inputs) {
    SCOPED_TRACE(g.name());
    Tape tape;
    Tensor y, loss;
    {
      Tape::Recording recording(tape);
      y = op();
      ASSERT_EQ(y.shape(), g.shape("y"));
      loss = weighted_sum(y, Tensor(samples(g.shape("gy"), g.values("gy"))));
    }
    tape.backward(loss);
    EXPECT_TRUE(close_to(y.value().to_doubles(), g.values("y"), tolerance())) << "y";
    for (const auto& [name, x] : inputs) {
      if (!x.defined()) continue;
      EXPECT_TRUE(close_to(x.grad().to_doubles(), g.values(name), tolerance())) << name;
    }
  }

  // The cases of a function of one batch.
  void check_unary(const std::string& op, Tensor (*function)(const Tensor&, const GoldenCase&)) {
    for_golden_op(op, [&](const GoldenCase& g) {
      const Tensor x = batch(g, "x");
      check(g, [&] { return function(x, g); }, {{"gx", x}});
    });
  }
};

TEST_P(GoldenOps, Conv2d) {
  for_golden_op("conv2d", [&](const GoldenCase& g) {
    const Tensor x = batch(g, "x"), w = parameter(g, "w"), b = parameter(g, "b");
    EXPECT_EQ(b.defined(), g.integer("bias") != 0) << g.name();
    check(g, [&] { return conv2d(x, w, b, g.integer("stride"), g.integer("pad")); },
          {{"gx", x}, {"gw", w}, {"gb", b}});
  });
}

TEST_P(GoldenOps, ConvTranspose2d) {
  for_golden_op("conv_transpose2d", [&](const GoldenCase& g) {
    const Tensor x = batch(g, "x"), w = parameter(g, "w");
    check(g, [&] { return conv_transpose2d(x, w, g.integer("stride"), g.integer("pad")); },
          {{"gx", x}, {"gw", w}});
  });
}

TEST_P(GoldenOps, Dense) {
  for_golden_op("linear", [&](const GoldenCase& g) {
    const Tensor x = batch(g, "x"), w = parameter(g, "w"), b = parameter(g, "b");
    EXPECT_EQ(b.defined(), g.integer("bias") != 0) << g.name();
    check(g, [&] { return dense(x, w, b); }, {{"gx", x}, {"gw", w}, {"gb", b}});
  });
}

TEST_P(GoldenOps, MaxPool2d) {
  check_unary("max_pool2d", [](const Tensor& x, const GoldenCase& g) {
    return max_pool2d(x, g.integer("kernel"), g.integer("stride"));
  });
}

TEST_P(GoldenOps, UpsampleNearest) {
  check_unary("upsample_nearest",
              [](const Tensor& x, const GoldenCase& g) { return upsample_nearest(x, g.integer("scale")); });
}

TEST_P(GoldenOps, LeakyRelu) {
  check_unary("leaky_relu",
              [](const Tensor& x, const GoldenCase& g) { return leaky_relu(x, g.number("slope")); });
}

TEST_P(GoldenOps, Relu) {
  check_unary("relu", [](const Tensor& x, const GoldenCase&) { return relu(x); });
}

TEST_P(GoldenOps, Elu) {
  check_unary("elu", [](const Tensor& x, const GoldenCase& g) { return elu(x, g.number("alpha")); });
}

TEST_P(GoldenOps, Sigmoid) {
  check_unary("sigmoid", [](const Tensor& x, const GoldenCase&) { return sigmoid(x); });
}

TEST_P(GoldenOps, BatchNorm) {
  for_golden_op("batch_norm", [&](const GoldenCase& g) {
    const Tensor x = batch(g, "x");
    const Shape channels{x.shape()[1]};
    const std::vector<double> zeros(static_cast<size_t>(channels[0]), 0.0), ones(zeros.size(), 1.0);
    const BatchNormState state{.weight = parameter(g, "weight"),
                               .bias = parameter(g, "bias"),
                               .running_mean = plain(channels, zeros),
                               .running_variance = plain(channels, ones),
                               .epsilon = g.number("eps"),
                               .momentum = g.number("momentum")};
    EXPECT_EQ(state.weight.defined(), g.integer("affine") != 0) << g.name();
    check(g, [&] { return batch_norm_train(x, state); },
          {{"gx", x}, {"gweight", state.weight}, {"gbias", state.bias}});
    const auto expect_values = [&](const Array& actual, const char* name) {
      EXPECT_TRUE(close_to(actual.to_doubles(), g.values(name), tolerance())) << g.name() << ", " << name;
    };
    expect_values(state.running_mean, "running_mean");
    expect_values(state.running_variance, "running_var");
    expect_values(batch_norm_eval(x, state).value(), "y_eval_after");
  });
}

INSTANTIATE_TEST_SUITE_P(Platforms, GoldenOps, testing::ValuesIn(platforms()), platform_name);

}  // namespace golden_ops_test
