// How tests compare numbers with values computed elsewhere or in another precision.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace engine_tests {

// The largest |actual − expected|, relative to the largest |expected| but at least to 1, is within the
// tolerance. Numbers that are not finite fail.
inline testing::AssertionResult close_to(const std::vector<double>& actual,
                                         const std::vector<double>& expected, double tolerance) {
  if (actual.size() != expected.size())
    return testing::AssertionFailure() << actual.size() << " numbers, expected " << expected.size();
  double scale = 1;
  for (const double e : expected) scale = std::max(scale, std::abs(e));
  size_t worst = 0;
  double difference = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    const double d = std::abs(actual[i] - expected[i]);
    if (d <= difference) continue;
    worst = i;
    difference = d;
    if (!(d <= tolerance * scale)) break;  // a NaN included
  }
  if (difference <= tolerance * scale) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "number " << worst << " of " << actual.size() << " is "
                                     << actual[worst] << ", expected " << expected[worst] << ": "
                                     << difference / scale << " off, relative to the largest; allowed "
                                     << tolerance;
}

inline testing::AssertionResult close_to(double actual, double expected, double tolerance) {
  return close_to(std::vector<double>{actual}, std::vector<double>{expected}, tolerance);
}

}  // namespace engine_tests
