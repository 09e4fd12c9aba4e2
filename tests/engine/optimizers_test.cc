// What the golden optimiser cases do not show: first steps worked out by hand, several parameters, misuse.
#include "engine/optimizers.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/backends/reference/reference.h"
#include "tests/engine/expect_message.h"

namespace optimizers_test {

using namespace engine;
using Doubles = std::vector<double>;

class OptimizersTest : public testing::Test {
 protected:
  Tensor parameter(const Doubles& values, const Doubles& gradient) {
    const Shape shape{static_cast<int64_t>(values.size())};
    Tensor p(Array::from(*on_, shape, Layout::plain, DType::f64, values), true);
    p.grad() = Array::from(*on_, shape, Layout::plain, DType::f64, gradient);
    return p;
  }
  static void expect_near(const Tensor& p, const Doubles& expected) {
    const Doubles values = p.value().to_doubles();
    ASSERT_EQ(values.size(), expected.size());
    for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-12) << i;
  }

  const std::unique_ptr<Backend> on_ = make_reference_backend();
};

TEST_F(OptimizersTest, AdamsFirstStepIsTheRateWhateverTheGradient) {
  const Tensor p = parameter({1, 1, 1}, {1e-3, -50, 0});
  Adam({p}, {.epsilon = 0x1p-60}).step(0.1);
  expect_near(p, {0.9, 1.1, 1});
}

TEST_F(OptimizersTest, AdamTakesWeightDecayIntoTheGradient) {
  const Tensor p = parameter({2, -2}, {0, 0});  // decay alone moves each towards zero, by the rate
  Adam({p}, {.epsilon = 0x1p-60, .weight_decay = 1e-6}).step(0.1);
  expect_near(p, {1.9, -1.9});
}

TEST_F(OptimizersTest, AmsGradKeepsTheLargestSecondMoment) {
  // One large gradient, then small ones until Adam has forgotten it.
  const auto last_step = [&](bool amsgrad) {
    const Tensor p = parameter({0}, {100});
    Adam optimizer({p}, {.amsgrad = amsgrad});
    optimizer.step(1e-3);
    p.grad().assign(Doubles{1e-3});
    for (int step = 0; step < 20'000; ++step) optimizer.step(1e-3);
    const double before = p.value().item();
    optimizer.step(1e-3);
    return before - p.value().item();
  };
  EXPECT_NEAR(last_step(false), 1e-3, 1e-4);  // a full step
  EXPECT_LT(last_step(true), 1e-6);           // still divided by the large one
}

TEST_F(OptimizersTest, SgdsVelocityBeginsWithTheGradient) {
  const Tensor p = parameter({1}, {2});
  Sgd sgd({p}, {.momentum = 0.5});
  sgd.step(0.1);  // velocity 2
  expect_near(p, {0.8});
  sgd.step(0.1);  // velocity 3
  expect_near(p, {0.5});
  sgd.step(0.01);  // velocity 3.5: the rate is that of the step
  expect_near(p, {0.465});
}

// g itself, a negative zero too: of those the velocity keeps the sign, and so does a parameter that is zero.
TEST_F(OptimizersTest, SgdsFirstStepKeepsTheSignOfZero) {
  for (const double momentum : {0.0, 0.9}) {
    const Tensor p = parameter({-0.0, -0.0}, {-0.0, 0.0});
    Sgd({p}, {.momentum = momentum}).step(0.1);
    const Doubles after = p.value().to_doubles();
    EXPECT_FALSE(std::signbit(after[0]));  // −0 + 0.1·0
    EXPECT_TRUE(std::signbit(after[1]));   // −0 − 0.1·0
  }
}

TEST_F(OptimizersTest, AdaGradDividesByAllThatWas) {
  const Tensor p = parameter({1}, {3});
  AdaGrad adagrad({p}, {.lr_decay = 1.0, .epsilon = 0x1p-60});
  adagrad.step(0.5);  // 0.5 · 3/3
  expect_near(p, {0.5});
  p.grad().assign(Doubles{4});
  adagrad.step(0.5);  // 0.25 · 4/5
  expect_near(p, {0.3});
}

TEST_F(OptimizersTest, EachParameterHasItsOwnMoments) {
  const Tensor a = parameter({0}, {1}), b = parameter({0, 0}, {-1, 1e-3});
  Adam adam({a, b}, {.epsilon = 0x1p-60});
  adam.step(0.1);
  adam.step(0.1);
  expect_near(a, {-0.2});
  expect_near(b, {0.2, -0.2});
}

TEST_F(OptimizersTest, GradientsMustHaveBeenComputed) {
  const Tensor p(Array(*on_, {3, 2}, Layout::plain, DType::f64), true);
  const auto message = [&](auto optimizer) { return engine_tests::message_of([&] { optimizer.step(0.1); }); };
  const std::string expected =
      "[optimizer] a parameter of shape (3, 2) has no gradient; Tape::backward must come before step";
  EXPECT_EQ(message(Adam({p}, {})), expected);
  EXPECT_EQ(message(Sgd({p}, {})), expected);
  EXPECT_EQ(message(AdaGrad({p}, {})), expected);
}

// What state() tells, put into a new optimiser over the same parameters, makes the same further steps.
TEST_F(OptimizersTest, GoOnFromTheirState) {
  const auto same = [&](auto make) {
    const Tensor through = parameter({1, 2}, {3, -4});
    auto expected = make(through);
    expected.step(0.1);
    expected.step(0.1);
    const Tensor resumed = parameter(through.value().to_doubles(), {3, -4});
    auto optimizer = make(resumed);
    auto from = expected.state(), to = optimizer.state();
    ASSERT_EQ(from.arrays.size(), to.arrays.size());
    ASSERT_EQ(from.numbers.size(), to.numbers.size());
    EXPECT_FALSE(from.arrays.empty());
    for (size_t i = 0; i < from.arrays.size(); ++i) to.arrays[i].assign(from.arrays[i].to_doubles());
    for (size_t i = 0; i < from.numbers.size(); ++i) *to.numbers[i] = *from.numbers[i];
    for (const Tensor& p : {through, resumed}) p.grad().assign(Doubles{-1, 0.5});
    expected.step(0.01);
    optimizer.step(0.01);
    EXPECT_EQ(through.value().to_doubles(), resumed.value().to_doubles());
  };
  for (const bool amsgrad : {false, true})
    same([&](const Tensor& p) { return Adam({p}, {.weight_decay = 0.1, .amsgrad = amsgrad}); });
  same([](const Tensor& p) { return Sgd({p}, {.momentum = 0.9}); });
  same([](const Tensor& p) { return AdaGrad({p}, {.lr_decay = 0.5}); });
}

// A step in its halves, where rates are drawn for several steps before the first is applied.
TEST_F(OptimizersTest, RatesDrawnBeforehandMakeTheSameSteps) {
  const auto same = [&](auto make) {
    const Tensor at_once = parameter({1, 2}, {3, -4}), in_halves = parameter({1, 2}, {3, -4});
    auto expected = make(at_once), optimizer = make(in_halves);
    const Doubles lrs{0.1, 0.1, 0.01};
    std::vector<Optimizer::Rates> rates;
    for (const double lr : lrs) rates.push_back(optimizer.next_rates(lr));
    for (size_t t = 0; t < lrs.size(); ++t) {
      expected.step(lrs[t]);
      optimizer.rates().assign(Doubles(rates[t].begin(), rates[t].end()));
      optimizer.apply();
      EXPECT_EQ(in_halves.value().to_doubles(), at_once.value().to_doubles()) << "step " << t;
    }
  };
  same([](const Tensor& p) { return Adam({p}, {.amsgrad = true}); });
  same([](const Tensor& p) { return Sgd({p}, {.momentum = 0.5}); });
  same([](const Tensor& p) { return AdaGrad({p}, {.lr_decay = 1.0}); });
}

TEST_F(OptimizersTest, NoParametersIsAnError) {
  EXPECT_EQ(engine_tests::message_of([] { Adam({}, {}); }), "[optimizer] there are no parameters to update");
}

TEST(MultiStepRate, DropsAtEachMilestone) {
  const std::vector<int64_t> milestones{50, 100};
  EXPECT_EQ(multi_step_rate(1e-3, milestones, 0), 1e-3);
  EXPECT_EQ(multi_step_rate(1e-3, milestones, 49), 1e-3);
  EXPECT_DOUBLE_EQ(multi_step_rate(1e-3, milestones, 50), 1e-4);
  EXPECT_DOUBLE_EQ(multi_step_rate(1e-3, milestones, 100), 1e-5);
  EXPECT_DOUBLE_EQ(multi_step_rate(1e-3, milestones, 1000, 0.5), 2.5e-4);
  EXPECT_EQ(multi_step_rate(1e-3, {}, 1000), 1e-3);
}

}  // namespace optimizers_test
