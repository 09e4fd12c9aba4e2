// The CUDA backend with TF32: sums of products of rounded operands, in float, where whole tiles fit; the bits
// of the reference everywhere else.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "engine/random.h"
#include "tests/engine/platforms.h"

namespace tensor_cores_test {

using namespace engine;
using engine_tests::no_card;

using Numbers = std::vector<double>;

Numbers drawn(const Shape& shape, const std::string& name) {
  RandomStream stream(1, name);
  Numbers numbers(static_cast<size_t>(shape.count()));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = stream.normal(i);
  return numbers;
}

// To 10 bits of mantissa, to nearest, halves away from zero: what the PTX manual says of cvt.rna.tf32.
Numbers rounded(Numbers numbers) {
  for (double& v : numbers)
    v = std::bit_cast<float>((std::bit_cast<uint32_t>(static_cast<float>(v)) + 0x1000u) & ~0x1fffu);
  return numbers;
}
Numbers absolute(Numbers numbers) {
  for (double& v : numbers) v = std::abs(v);
  return numbers;
}

struct Case {
  Shape x, w, y;
  int64_t padding;  // of convolutions
  bool convolution() const { return w.rank() == 4; }
  friend std::ostream& operator<<(std::ostream& to, const Case& c) {
    return to << c.x.text() << " by " << c.w.text() << ", padding " << c.padding;
  }
};

struct Results {
  Numbers y, gx, gw;
};

Results computed(Backend& on, DType type, const Case& c, const Numbers& x, const Numbers& w,
                 const Numbers* bias, const Numbers& gy) {
  const auto samples = [&](const Shape& shape, const Numbers& from) {
    return Array::from(on, shape, Layout::samples, type, from);
  };
  const auto plain = [&](const Shape& shape, const Numbers& from) {
    return Array::from(on, shape, Layout::plain, type, from);
  };
  const Array dx = samples(c.x, x), dw = plain(c.w, w), dgy = samples(c.y, gy);
  Array y(on, c.y, Layout::samples, type), gx(on, c.x, Layout::samples, type),
      gw(on, c.w, Layout::plain, type), db;
  if (bias) db = plain({c.w[0]}, *bias);
  const Window window{c.convolution() ? c.w[2] : 1, 1, c.padding};
  if (c.convolution()) {
    on.conv2d(dx, dw, bias ? &db : nullptr, window, y);
    on.conv2d_input_gradient(dgy, dw, window, gx);
    on.conv2d_weight_gradient(dx, dgy, window, gw);
  } else {
    on.dense(dx, dw, bias ? &db : nullptr, y);
    on.dense_input_gradient(dgy, dw, gx);
    on.dense_weight_gradient(dx, dgy, gw);
  }
  return {y.to_doubles(), gx.to_doubles(), gw.to_doubles()};
}

// Sums of up to thousands of products in float, each addition cut off or rounded by a card as it likes.
void expect_near(const Numbers& actual, const Numbers& expected, const Numbers& magnitude, const char* what) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i)
    ASSERT_LE(std::abs(actual[i] - expected[i]), std::ldexp(magnitude[i], -18)) << what << ", number " << i;
}

class TensorCores : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (!no_card().empty()) GTEST_SKIP() << no_card();
  }
};

TEST_P(TensorCores, MultiplyRoundedOperands) {
  const Case& c = GetParam();
  const Numbers x = drawn(c.x, "x"), w = drawn(c.w, "w"), gy = drawn(c.y, "gy"), bias = drawn({c.w[0]}, "b");
  const auto cuda = make_cuda_backend({.tf32 = true});
  const auto reference = make_reference_backend();
  for (const Numbers* b : {&bias, static_cast<const Numbers*>(nullptr)}) {
    const Results actual = computed(*cuda, DType::f32, c, x, w, b, gy);
    const Results expected = computed(*reference, DType::f64, c, rounded(x), rounded(w), b, rounded(gy));
    const Numbers absolute_bias = absolute(bias);
    const Results magnitude = computed(*reference, DType::f64, c, absolute(x), absolute(w),
                                       b ? &absolute_bias : nullptr, absolute(gy));
    expect_near(actual.y, expected.y, magnitude.y, "forward");
    expect_near(actual.gx, expected.gx, magnitude.gx, "input gradient");
    expect_near(actual.gw, expected.gw, magnitude.gw, "weight gradient");
    const Results again = computed(*cuda, DType::f32, c, x, w, b, gy);
    EXPECT_EQ(actual.y, again.y);
    EXPECT_EQ(actual.gx, again.gx);
    EXPECT_EQ(actual.gw, again.gw);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, TensorCores,
    testing::Values(Case{{3, 16, 5, 6}, {16, 16, 5, 5}, {3, 16, 5, 6}, 2},    // columns that no tile fills
                    Case{{17, 16, 4, 4}, {48, 16, 5, 5}, {17, 48, 4, 4}, 2},  // groups that no tile fills
                    Case{{33, 32, 6, 9}, {16, 32, 5, 5}, {33, 16, 2, 5}, 0},  // no padding
                    Case{{5, 16, 3, 3}, {16, 16, 5, 5}, {5, 16, 7, 7}, 4},    // all of it padding
                    Case{{1, 16}, {16, 16}, {1, 16}, 0}, Case{{50, 64}, {48, 64}, {50, 48}, 0},
                    Case{{35, 784}, {80, 784}, {35, 80}, 0}));

// Channels and features that do not fill the tiles, other kernels than 5×5.
class OutsideOfTensorCores : public TensorCores {};

TEST_P(OutsideOfTensorCores, TheBitsAreTheReferences) {
  const Case& c = GetParam();
  const Numbers x = drawn(c.x, "x"), w = drawn(c.w, "w"), gy = drawn(c.y, "gy"), bias = drawn({c.w[0]}, "b");
  const Results actual = computed(*make_cuda_backend({.tf32 = true}), DType::f32, c, x, w, &bias, gy);
  const Results expected = computed(*make_reference_backend(), DType::f32, c, x, w, &bias, gy);
  EXPECT_EQ(actual.y, expected.y);
  EXPECT_EQ(actual.gx, expected.gx);
  EXPECT_EQ(actual.gw, expected.gw);
}

INSTANTIATE_TEST_SUITE_P(Shapes, OutsideOfTensorCores,
                         testing::Values(Case{{3, 3, 6, 6}, {5, 3, 5, 5}, {3, 5, 6, 6}, 2},
                                         Case{{3, 16, 5, 5}, {16, 16, 3, 3}, {3, 16, 5, 5}, 1},
                                         Case{{20, 12}, {9, 12}, {20, 9}, 0}));

TEST(TensorCoresOption, IsInTheNameOfTheBackend) {
  if (!no_card().empty()) GTEST_SKIP() << no_card();
  EXPECT_NE(make_cuda_backend({.tf32 = true})->name().find("tf32"), std::string::npos);
  EXPECT_EQ(make_cuda_backend()->name().find("tf32"), std::string::npos);
}

}  // namespace tensor_cores_test
