// Our exp, log, sine and cosine against the C library's in double, over their whole ranges.
#include "engine/elementary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace elementary_test {

using engine::elementary::exp;
using engine::elementary::log;
using engine::elementary::sincos_turns;

// |a − b| in units of the last place of b, a normal float.
double ulps(float a, double b) {
  const int exponent = std::ilogb(b);
  return std::abs(static_cast<double>(a) - b) / std::ldexp(1.0, exponent - 23);
}

TEST(Elementary, ExpIsAccurate) {
  double worst = 0;
  for (float x = -86.5f; x <= 88.0f; x += 0.00173f)
    worst = std::max(worst, std::abs(exp(x) / std::exp(static_cast<double>(x)) - 1));
  for (int k = -126; k < 7; ++k)  // small arguments of either sign
    for (const float sign : {-1.0f, 1.0f}) {
      const float x = sign * std::ldexp(0.7f, k);
      worst = std::max(worst, std::abs(exp(x) / std::exp(static_cast<double>(x)) - 1));
    }
  EXPECT_LT(worst, 2e-7);
  EXPECT_GT(worst, 0);
}

TEST(Elementary, ExpAtItsEnds) {
  EXPECT_EQ(exp(0.0f), 1.0f);
  EXPECT_EQ(exp(-0.0f), 1.0f);
  const float inf = std::numeric_limits<float>::infinity(), largest = std::numeric_limits<float>::max();
  for (const float x : {88.0f, 89.0f, 1000.0f, largest, inf}) EXPECT_EQ(exp(x), exp(88.0f));
  for (const float x : {-86.5f, -87.0f, -1000.0f, -largest, -inf}) EXPECT_EQ(exp(x), exp(-86.5f));
  EXPECT_TRUE(std::isnormal(exp(-inf)));
  EXPECT_TRUE(std::isfinite(exp(inf)));
  EXPECT_TRUE(std::isnan(exp(std::numeric_limits<float>::quiet_NaN())));
}

TEST(Elementary, ExpNeverFallsByMoreThanItsError) {
  float before = 0;
  for (float x = -20.0f; x <= 20.0f; x += 0.00031f) {
    const float y = exp(x);
    EXPECT_GE(y, before * (1 - 2e-7f)) << x;
    before = y;
  }
}

TEST(Elementary, LogIsAccurate) {
  double worst = 0;
  for (float x = std::numeric_limits<float>::min(); x < 1e38f; x *= 1.00137f) {
    const double exact = std::log(static_cast<double>(x));
    if (std::abs(exact) > 0.5) worst = std::max(worst, ulps(log(x), exact));
  }
  for (float x = 0.5f; x < 2.0f; x += 0x1p-16f) {  // around 1, where the logarithm vanishes
    const double exact = std::log(static_cast<double>(x));
    if (exact != 0) worst = std::max(worst, ulps(log(x), exact));
  }
  EXPECT_LT(worst, 2.0);
  EXPECT_EQ(log(1.0f), 0.0f);
}

TEST(Elementary, SineAndCosineAreAccurate) {
  double worst = 0, worst_negative = 0;
  for (int i = -40'000; i <= 40'000; ++i) {
    const float u = static_cast<float>(i) * 0.0001f;
    const double angle = 2 * std::numbers::pi * static_cast<double>(u);
    float s, c;
    sincos_turns(u, s, c);
    double& worst_here = i < 0 ? worst_negative : worst;
    worst_here = std::max({worst_here, std::abs(s - std::sin(angle)), std::abs(c - std::cos(angle))});
  }
  EXPECT_LT(worst, 1.2e-7);
  EXPECT_LT(worst_negative, 4e-7);  // one rounding more, of the turn itself
}

TEST(Elementary, SineAndCosineOfQuarterTurns) {
  const auto expect = [](float u, float sine, float cosine) {
    float s, c;
    sincos_turns(u, s, c);
    EXPECT_NEAR(s, sine, 1e-7) << u;
    EXPECT_NEAR(c, cosine, 1e-7) << u;
  };
  expect(0.0f, 0, 1);
  expect(0.25f, 1, 0);
  expect(0.5f, 0, -1);
  expect(0.75f, -1, 0);
  expect(1.0f, 0, 1);
  expect(-0.25f, -1, 0);
  expect(123.5f, 0, -1);
  expect(-1e-30f, 0, 1);
  expect(1e30f, 0, 1);  // every float beyond 2^24 is a whole number of turns
}

}  // namespace elementary_test
