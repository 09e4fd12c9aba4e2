// Convolutions on images whose planes leave the second cache: the CPU's kernels go through them in bands, which the
// small shapes of parity_test.cc never need. The bits are the reference's.
#include <gtest/gtest.h>

#include <array>

#include "engine/backends/cpu/cpu.h"
#include "engine/backends/reference/reference.h"
#include "engine/random.h"

namespace large_images_test {

using namespace engine;

struct Shapes {
  int64_t samples, in, out, height, width, kernel, stride;
};
std::string name_of(const testing::TestParamInfo<Shapes>& info) {
  const Shapes& s = info.param;
  return std::to_string(s.samples) + "of" + std::to_string(s.in) + "to" + std::to_string(s.out) + "on" +
         std::to_string(s.height) + "x" + std::to_string(s.width) + "by" + std::to_string(s.kernel) +
         "stride" + std::to_string(s.stride);
}

Array drawn(Backend& on, const Shape& shape, Layout layout, const char* name) {
  const RandomStream stream(1, name);
  std::vector<float> values(static_cast<size_t>(shape.count()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = stream.uniform(i) - 0.5f;
  return Array::from(on, shape, layout, DType::f32, values);
}

std::array<std::vector<float>, 3> results(Backend& on, const Shapes& s) {
  const Window window{s.kernel, s.stride, (s.kernel - 1) / 2};
  const Shape xs{s.samples, s.in, s.height, s.width}, ws{s.out, s.in, s.kernel, s.kernel},
      ys{s.samples, s.out, window.output_extent(s.height), window.output_extent(s.width)};
  const Array x = drawn(on, xs, Layout::samples, "x"), w = drawn(on, ws, Layout::plain, "w"),
              gy = drawn(on, ys, Layout::samples, "gy");
  Array y(on, ys, Layout::samples, DType::f32), gx(on, xs, Layout::samples, DType::f32),
      gw(on, ws, Layout::plain, DType::f32);
  on.conv2d(x, w, nullptr, window, y);
  on.conv2d_input_gradient(gy, w, window, gx);
  on.conv2d_weight_gradient(x, gy, window, gw);
  return {y.to_floats(), gx.to_floats(), gw.to_floats()};
}

class LargeImages : public testing::TestWithParam<Shapes> {};

TEST_P(LargeImages, EqualBits) {
  const auto reference = make_reference_backend();
  const auto expected = results(*reference, GetParam());
  for (const Simd simd : {Simd::portable, Simd::avx2, Simd::avx512})
    for (const int threads : {1, 3}) {
      if (!simd_available(simd)) continue;
      const auto fast = make_cpu_backend({.threads = threads, .simd = simd});
      const auto actual = results(*fast, GetParam());
      for (size_t i = 0; i < expected.size(); ++i)
        EXPECT_TRUE(actual[i] == expected[i]) << fast->name() << ", "
                                              << (i == 0   ? "forward"
                                                  : i == 1 ? "input gradient"
                                                           : "weight gradient");
    }
}

// From nine samples on; fewer lie otherwise (few_samples.h). Of 40 channels × 70 columns five rows are more than a band, so bands
// are cut across too; the gradient of a 2×2 step is four correlations of bands.
INSTANTIATE_TEST_SUITE_P(Shapes, LargeImages,
                         testing::Values(Shapes{9, 40, 34, 25, 70, 3, 1}, Shapes{9, 40, 34, 24, 70, 1, 1},
                                         Shapes{9, 40, 33, 23, 70, 5, 2}, Shapes{9, 33, 34, 23, 90, 3, 2},
                                         Shapes{10, 33, 10, 12, 71, 7, 1}, Shapes{9, 5, 9, 20, 130, 9, 1},
                                         Shapes{17, 1, 3, 70, 130, 3, 1}, Shapes{9, 4, 4, 130, 131, 4, 3},
                                         Shapes{9, 20, 9, 41, 150, 3, 2}, Shapes{9, 3, 3, 60, 300, 7, 1},
                                         Shapes{9, 2, 4, 370, 360, 1, 1}, Shapes{9, 4, 2, 370, 360, 3, 2},
                                         Shapes{2, 40, 34, 25, 70, 3, 1}),
                         name_of);

}  // namespace large_images_test
