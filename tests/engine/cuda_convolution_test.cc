// The CUDA kernels of convolutions and dense layers return the bits of the reference's loops: on shapes that
// reach every register tile, which the drawn shapes of parity_test.cc are too small for, and every kind of
// edge.
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <bit>
#include <optional>
#include <sstream>

#include "engine/backends/cuda/kernels.h"
#include "engine/backends/reference/loops.h"
#include "engine/random.h"

namespace cuda_convolution_test {

using namespace engine;
namespace reference = engine::reference;
using reference::Image;

// ---- numbers on the device

class Device {
 public:
  Device() {
    cuda::check(cudaSetDevice(0), "choosing the device");
    cuda::check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a stream");
  }
  ~Device() {
    for (float* p : memory_) cudaFree(p);
    cudaStreamDestroy(stream);
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  float* upload(const std::vector<float>& numbers) {
    void* p = nullptr;
    cuda::check(cudaMalloc(&p, numbers.size() * sizeof(float)), "allocating");
    memory_.push_back(static_cast<float*>(p));
    cuda::check(
        cudaMemcpyAsync(p, numbers.data(), numbers.size() * sizeof(float), cudaMemcpyHostToDevice, stream),
        "copying to the device");
    cuda::check(cudaStreamSynchronize(stream), "copying to the device");
    return memory_.back();
  }
  std::vector<float> download(const float* p, size_t count) {
    std::vector<float> numbers(count);
    cuda::check(cudaMemcpyAsync(numbers.data(), p, count * sizeof(float), cudaMemcpyDeviceToHost, stream),
                "copying from the device");
    cuda::check(cudaStreamSynchronize(stream), "running the kernels");
    return numbers;
  }

  cudaStream_t stream = nullptr;
  cuda::Scratch scratch;

 private:
  std::vector<float*> memory_;
};

bool has_device() {
  int count = 0;
  return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

// A batch in blocks of sixteen, `behind` in the lanes past the last sample.
cuda::Batch batch(Device& on, Image s, const std::vector<float>& c_order, float behind) {
  const int64_t blocks = (s.n + 15) / 16, size = s.c * s.h * s.w;
  std::vector<float> blocked(static_cast<size_t>(blocks * size * 16), behind);
  for (int64_t n = 0; n < s.n; ++n)
    for (int64_t i = 0; i < size; ++i)
      blocked[static_cast<size_t>((n / 16 * size + i) * 16 + n % 16)] =
          c_order[static_cast<size_t>(n * size + i)];
  const auto narrow = [](int64_t x) { return static_cast<int>(x); };
  return {on.upload(blocked), narrow(s.n), narrow(blocks), narrow(s.c), narrow(s.h), narrow(s.w)};
}
cuda::Batch output(Device& on, Image s) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  return batch(on, s, std::vector<float>(static_cast<size_t>(s.n * s.c * s.h * s.w), nan), nan);
}

// "number 7 is …" where the batch does not hold the expected numbers, or, of a gradient, not zeros behind the
// last sample.
std::optional<std::string> difference(Device& on, const cuda::Batch& actual,
                                      const std::vector<float>& expected, bool gradient) {
  const std::vector<float> numbers = on.download(actual.data, static_cast<size_t>(actual.size()));
  const int64_t size = int64_t{actual.c} * actual.positions();
  std::ostringstream text;
  text.precision(9);
  for (int64_t n = 0; n < actual.blocks * 16; ++n)
    for (int64_t i = 0; i < size; ++i) {
      const float a = numbers[static_cast<size_t>((n / 16 * size + i) * 16 + n % 16)];
      const bool padding = n >= actual.samples;
      const float e = padding ? 0.0f : expected[static_cast<size_t>(n * size + i)];
      if (padding ? !gradient && std::isfinite(a) : std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(e))
        continue;
      if (padding && gradient && a == 0.0f) continue;
      text << "sample " << n << ", number " << i << " of " << size << " is " << a << ", expected " << e;
      return text.str();
    }
  return std::nullopt;
}
std::optional<std::string> difference(Device& on, const float* actual, const std::vector<float>& expected) {
  const std::vector<float> numbers = on.download(actual, expected.size());
  std::ostringstream text;
  text.precision(9);
  for (size_t i = 0; i < expected.size(); ++i) {
    if (std::bit_cast<uint32_t>(numbers[i]) == std::bit_cast<uint32_t>(expected[i])) continue;
    text << "number " << i << " of " << expected.size() << " is " << numbers[i] << ", expected "
         << expected[i];
    return text.str();
  }
  return std::nullopt;
}

std::vector<float> drawn(int64_t count, const std::string& name) {
  RandomStream stream(1, name);
  std::vector<float> numbers(static_cast<size_t>(count));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = stream.normal(i);
  return numbers;
}

// ---- convolutions

struct Case {
  int64_t samples, in, out, height, width, kernel, stride, padding;
  friend std::ostream& operator<<(std::ostream& to, const Case& c) {
    return to << c.samples << " samples, " << c.in << " to " << c.out << " channels, " << c.height << " x "
              << c.width << ", kernel " << c.kernel << ", stride " << c.stride << ", padding " << c.padding;
  }
};

class CudaConvolution : public testing::TestWithParam<Case> {};

TEST_P(CudaConvolution, HasTheBitsOfTheReference) {
  if (!has_device()) GTEST_SKIP() << "no CUDA device";
  const Case& c = GetParam();
  const Window window{c.kernel, c.stride, c.padding};
  const Image x({c.samples, c.in, c.height, c.width}),
      y({c.samples, c.out, window.output_extent(c.height), window.output_extent(c.width)});
  const auto count = [](Image s) { return s.n * s.c * s.h * s.w; };
  const std::vector<float> xs = drawn(count(x), "x"), gys = drawn(count(y), "gy"),
                           bias = drawn(c.out, "bias"), w = drawn(c.out * c.in * c.kernel * c.kernel, "w");
  Device on;
  const cuda::Batch dx = batch(on, x, xs, 0.5f), dgy = batch(on, y, gys, 0.0f), dy = output(on, y),
                    dgx = output(on, x);
  const float *dw = on.upload(w), *dbias = on.upload(bias);
  float* dgw = on.upload(std::vector<float>(w.size(), std::numeric_limits<float>::quiet_NaN()));

  std::vector<float> expected(gys.size());
  reference::conv2d(xs.data(), x, w.data(), bias.data(), window, expected.data(), y);
  cuda::conv2d(on.stream, dx, dw, dbias, window, dy, on.scratch);
  EXPECT_EQ(difference(on, dy, expected, false), std::nullopt) << "conv2d with bias";

  reference::conv2d<float>(xs.data(), x, w.data(), nullptr, window, expected.data(), y);
  cuda::conv2d(on.stream, dx, dw, nullptr, window, dy, on.scratch);
  EXPECT_EQ(difference(on, dy, expected, false), std::nullopt) << "conv2d";

  expected.resize(xs.size());
  reference::conv2d_input_gradient(gys.data(), y, w.data(), window, expected.data(), x);
  cuda::conv2d_input_gradient(on.stream, dgy, dw, window, dgx, on.scratch);
  EXPECT_EQ(difference(on, dgx, expected, true), std::nullopt) << "conv2d_input_gradient";

  expected.resize(w.size());
  reference::conv2d_weight_gradient(xs.data(), x, gys.data(), y, window, expected.data());
  cuda::conv2d_weight_gradient(on.stream, dx, dgy, window, dgw, on.scratch);
  EXPECT_EQ(difference(on, dgw, expected), std::nullopt) << "conv2d_weight_gradient";
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, CudaConvolution,
    testing::ValuesIn(std::vector<Case>{
        // Which tile is fastest depends on the shape alone: these reach them all, forwards and backwards.
        {5, 1, 1, 5, 10, 5, 1, 0},
        {5, 1, 1, 5, 18, 5, 1, 4},
        {5, 2, 128, 4, 5, 5, 1, 2},
        {33, 1, 2, 28, 28, 5, 1, 2},
        {208, 1, 1, 28, 9, 5, 1, 2},
        {5, 128, 2, 6, 10, 5, 1, 2},
        {224, 128, 1, 6, 5, 5, 1, 0},
        {5, 32, 1, 28, 17, 5, 1, 2},
        {5, 1, 128, 7, 17, 5, 1, 2},
        {5, 128, 3, 8, 15, 5, 1, 0},
        {200, 1, 128, 5, 9, 5, 1, 0},
        {5, 1, 64, 16, 32, 5, 1, 1},
        {5, 128, 1, 14, 16, 5, 1, 2},
        {200, 32, 2, 5, 17, 5, 1, 0},
        {100, 2, 64, 5, 17, 5, 1, 0},
        {5, 3, 128, 28, 15, 5, 1, 1},
        {224, 2, 128, 7, 9, 5, 1, 0},
        {5, 3, 128, 32, 28, 5, 1, 1},
        {17, 3, 64, 32, 15, 5, 1, 2},
        {33, 3, 128, 28, 7, 5, 1, 1},
        {100, 3, 20, 28, 30, 5, 1, 2},
        {5, 3, 128, 32, 32, 5, 1, 1},
        // Other kernels, strides and paddings.
        {17, 3, 5, 9, 11, 3, 2, 1},
        {33, 5, 2, 10, 7, 7, 3, 6},
        {230, 2, 3, 6, 6, 1, 1, 0},
        {16, 4, 9, 8, 8, 4, 1, 1},
        {20, 3, 7, 12, 9, 5, 2, 2},
        {300, 2, 3, 5, 5, 5, 1, 2}}));

// ---- dense layers

struct DenseCase {
  int64_t samples, in, out;
  friend std::ostream& operator<<(std::ostream& to, const DenseCase& c) {
    return to << c.samples << " samples, " << c.in << " to " << c.out << " features";
  }
};

class CudaDense : public testing::TestWithParam<DenseCase> {};

TEST_P(CudaDense, HasTheBitsOfTheReference) {
  if (!has_device()) GTEST_SKIP() << "no CUDA device";
  const DenseCase& c = GetParam();
  const Image x({c.samples, c.in}), y({c.samples, c.out});
  const std::vector<float> xs = drawn(c.samples * c.in, "x"), gys = drawn(c.samples * c.out, "gy"),
                           bias = drawn(c.out, "bias"), w = drawn(c.out * c.in, "w");
  Device on;
  const cuda::Batch dx = batch(on, x, xs, 0.5f), dgy = batch(on, y, gys, 0.0f), dy = output(on, y),
                    dgx = output(on, x);
  const float *dw = on.upload(w), *dbias = on.upload(bias);
  float* dgw = on.upload(std::vector<float>(w.size(), std::numeric_limits<float>::quiet_NaN()));

  std::vector<float> expected(gys.size());
  reference::dense(xs.data(), w.data(), bias.data(), expected.data(), c.samples, c.in, c.out);
  cuda::dense(on.stream, dx, dw, dbias, dy, on.scratch);
  EXPECT_EQ(difference(on, dy, expected, false), std::nullopt) << "dense with bias";

  reference::dense<float>(xs.data(), w.data(), nullptr, expected.data(), c.samples, c.in, c.out);
  cuda::dense(on.stream, dx, dw, nullptr, dy, on.scratch);
  EXPECT_EQ(difference(on, dy, expected, false), std::nullopt) << "dense";

  expected.resize(xs.size());
  reference::dense_input_gradient(gys.data(), w.data(), expected.data(), c.samples, c.in, c.out);
  cuda::dense_input_gradient(on.stream, dgy, dw, dgx, on.scratch);
  EXPECT_EQ(difference(on, dgx, expected, true), std::nullopt) << "dense_input_gradient";

  expected.resize(w.size());
  reference::dense_weight_gradient(xs.data(), gys.data(), expected.data(), c.samples, c.in, c.out);
  cuda::dense_weight_gradient(on.stream, dx, dgy, dgw, on.scratch);
  EXPECT_EQ(difference(on, dgw, expected), std::nullopt) << "dense_weight_gradient";
}

// The last four reach the larger tiles, along both directions of the weights, and beyond their edges.
INSTANTIATE_TEST_SUITE_P(Shapes, CudaDense,
                         testing::Values(DenseCase{1, 1, 1}, DenseCase{16, 33, 5}, DenseCase{17, 32, 4},
                                         DenseCase{31, 100, 70}, DenseCase{33, 196, 32},
                                         DenseCase{100, 20, 1001}, DenseCase{200, 601, 21},
                                         DenseCase{200, 41, 301}, DenseCase{33, 350, 351}));

}  // namespace cuda_convolution_test
