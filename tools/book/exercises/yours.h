// Three functions for you to write (the book, "Exercises"); check.cc says whether they are right.
#pragma once
#include <vector>

// y(o, i, j) = Σ_c Σ_k Σ_l w(o, c, k, l) · x(c, i + k - padding, j + l - padding): one image of c x rows x rows numbers, filters of
// out x c x kernel x kernel; what lies outside the image is left out. In the order of the three sums, from 0, by std::fma.
inline std::vector<float> conv2d(const std::vector<float>& x, int c, int rows, const std::vector<float>& w,
                                 int out, int kernel, int padding) {
  (void)x, (void)c, (void)w, (void)kernel, (void)padding;
  return std::vector<float>(static_cast<size_t>(out * rows * rows));
}

// The mean of n rows of p numbers, summed in double, row by row, and rounded to float at the end; a number nearer to 0 than 0.1 then
// becomes 0.1, or -0.1 where it is below 0.
inline std::vector<float> centre(const std::vector<float>& z, int p) {
  (void)z;
  return std::vector<float>(static_cast<size_t>(p));
}

// The (1 - ν)-quantile of the distances √d: between number k and k + 1 in ascending order, counted from 0, where (n - 1)(1 - ν), in
// double, is k and a rest; a + rest · (b - a) by std::fma, with roots and rest in float.
inline float radius(const std::vector<float>& d, double nu) {
  (void)d, (void)nu;
  return 0;
}
