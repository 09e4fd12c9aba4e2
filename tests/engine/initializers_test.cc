#include "engine/initializers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/backends/reference/reference.h"
#include "tests/engine/expect_message.h"

namespace initializers_test {

using namespace engine;

TEST(Initializers, FansAsPyTorchCountsThem) {
  const auto expect = [](Shape weight, int64_t in, int64_t out) {
    const Fans fans = fans_of(weight);
    EXPECT_EQ(fans.in, in) << weight.text();
    EXPECT_EQ(fans.out, out) << weight.text();
  };
  expect({8, 1, 5, 5}, 25, 200);  // conv, (out, in, k, k)
  expect({2, 4, 5, 5}, 100, 50);  // transposed conv, (in, out, k, k): fan_in counts out·k·k
  expect({32, 196}, 196, 32);     // dense, (out, in)
  EXPECT_EQ(engine_tests::message_of([] { fans_of({8}); }),
            "[initializers] a weight has at least two axes, found shape (8)");
}

TEST(Initializers, Bounds) {
  EXPECT_DOUBLE_EQ(default_bound({25, 200}), 0.2);
  EXPECT_DOUBLE_EQ(xavier_bound({100, 50}, 1.0), 0.2);
  EXPECT_DOUBLE_EQ(xavier_bound({100, 50}, 1.5), 0.3);
  EXPECT_DOUBLE_EQ(leaky_relu_gain(0.01), 1.4141428569978354);
  EXPECT_DOUBLE_EQ(leaky_relu_gain(1.0), 1.0);
}

class UniformInit : public testing::Test {
 protected:
  std::vector<float> drawn(double bound, uint64_t seed, std::string_view name, DType type = DType::f32) {
    Array a(*on_, {100, 100}, Layout::plain, type);
    uniform_init(a, bound, seed, name);
    return a.to_floats();
  }
  const std::unique_ptr<Backend> on_ = make_reference_backend();
};

TEST_F(UniformInit, FillsTheInterval) {
  const std::vector<float> values = drawn(0.2, 1, "conv1.weight");
  double sum = 0, squares = 0;
  for (const float v : values) {
    sum += v;
    squares += static_cast<double>(v) * v;
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  EXPECT_GE(*low, -0.2f);
  EXPECT_LT(*low, -0.199f);
  EXPECT_LE(*high, 0.2f);
  EXPECT_GT(*high, 0.199f);
  EXPECT_NEAR(sum / 1e4, 0, 4 * 0.2 / std::sqrt(3e4));  // four standard errors
  EXPECT_NEAR(squares / 1e4, 0.04 / 3, 4e-4);
}

TEST_F(UniformInit, DependsOnSeedAndNameAlone) {
  const std::vector<float> values = drawn(0.2, 1, "conv1.weight");
  EXPECT_EQ(drawn(0.2, 1, "conv1.weight"), values);
  EXPECT_EQ(drawn(0.2, 1, "conv1.weight", DType::f64), values);
  EXPECT_NE(drawn(0.2, 2, "conv1.weight"), values);
  EXPECT_NE(drawn(0.2, 1, "conv2.weight"), values);
}

}  // namespace initializers_test
