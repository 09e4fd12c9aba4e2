#include "tools/bench/bench_kernels.h"

#include <algorithm>
#include <chrono>
#include <functional>

#include "engine/random.h"
#include "engine/stopping.h"

namespace tools {
namespace {

using engine::Array;
using engine::Layout;
using engine::Shape;
using engine::Window;

constexpr int64_t batch = 200;

class Kernels {
 public:
  Kernels(engine::Backend& backend, int64_t repeat, const Show& show)
      : on_(backend), repeat_(repeat), show_(show) {}

  // Forward pass and both gradients of a convolution, 5×5 and stride 1.
  void convolution(const std::string& name, int64_t in, int64_t out, int64_t extent, bool input_gradient) {
    const Window window{5, 1, 2};
    const Array x = random({batch, in, extent, extent}), w = random({out, in, 5, 5}, Layout::plain);
    Array y = random({batch, out, extent, extent}), gx = x.zeros_like(), gw = w.zeros_like();
    const double operations = 2.0 * batch * extent * extent * 25 * static_cast<double>(in * out);
    time(name + " forward", operations, 0, [&] { on_.conv2d(x, w, nullptr, window, y); });
    if (input_gradient)
      time(name + " input gradient", operations, 0, [&] { on_.conv2d_input_gradient(y, w, window, gx); });
    time(name + " weight gradient", operations, 0, [&] { on_.conv2d_weight_gradient(x, y, window, gw); });
  }

  // The same of any kernel and stride; the memory that must move counts too. As many samples as 64 MB hold.
  void convolution(int64_t kernel, int64_t stride, int64_t channels, int64_t extent) {
    constexpr int64_t lanes = 16, numbers = int64_t{1} << 24;
    const int64_t n =
        std::clamp(numbers / (channels * extent * extent) / lanes * lanes, lanes, batch / lanes * lanes);
    const Window window{kernel, stride, kernel / 2};
    const int64_t to = window.output_extent(extent);
    const Array x = random({n, channels, extent, extent}),
                w = random({channels, channels, kernel, kernel}, Layout::plain);
    Array y = random({n, channels, to, to}), gx = x.zeros_like(), gw = w.zeros_like();
    const double operations = 2.0 * static_cast<double>(n * to * to * kernel * kernel * channels * channels),
                 bytes = 4.0 * static_cast<double>(x.shape().count() + y.shape().count());
    const std::string k = std::to_string(kernel), e = std::to_string(extent),
                      name = k + "×" + k + (stride > 1 ? "/" + std::to_string(stride) : "") + ", " +
                             std::to_string(channels) + " at " + e + "×" + e;
    time(name + " forward", operations, bytes, [&] { on_.conv2d(x, w, nullptr, window, y); });
    time(name + " input gradient", operations, bytes, [&] { on_.conv2d_input_gradient(y, w, window, gx); });
    time(name + " weight gradient", operations, bytes, [&] { on_.conv2d_weight_gradient(x, y, window, gw); });
  }

  void dense(const std::string& name, int64_t in, int64_t out) {
    const Array x = random({batch, in}), w = random({out, in}, Layout::plain);
    Array y = random({batch, out}), gx = x.zeros_like(), gw = w.zeros_like();
    const double operations = 2.0 * batch * static_cast<double>(in * out);
    time(name + " forward", operations, 0, [&] { on_.dense(x, w, nullptr, y); });
    time(name + " input gradient", operations, 0, [&] { on_.dense_input_gradient(y, w, gx); });
    time(name + " weight gradient", operations, 0, [&] { on_.dense_weight_gradient(x, y, gw); });
  }

  // Batch norm, leaky ReLU and max pooling: what counts is memory. The least that must move: forward, x three
  // times (mean, variance, result) and y; backward, x twice, gy, and gx out, in and out.
  void batch_norm_block(const std::string& name, int64_t channels, int64_t extent) {
    const Array x = random({batch, channels, extent, extent});
    Array y = Array(on_, {batch, channels, extent / 2, extent / 2}, Layout::samples, engine::DType::f32);
    Array gx = x.zeros_like(), mean(on_, {channels}, Layout::plain, engine::DType::f32);
    Array variance = mean.zeros_like(), inverse = mean.zeros_like(), gw = mean.zeros_like(),
          gb = mean.zeros_like();
    const double size = 4.0 * static_cast<double>(x.shape().count());
    time(name + " forward", 0, 3.25 * size, [&] {
      on_.channel_moments(x, mean, variance);
      on_.inverse_std(variance, 1e-4, inverse);
      on_.normalise_leaky_relu(x, mean, inverse, nullptr, nullptr, 0.01, engine::Resample::max_pool, y);
    });
    time(name + " backward", 0, 5.25 * size, [&] {
      on_.normalise_leaky_relu_gradient(x, mean, inverse, nullptr, nullptr, 0.01, engine::Resample::max_pool,
                                        y, gx, gw, gb);
    });
  }

 private:
  Array random(const Shape& shape, Layout layout = Layout::samples) {
    const engine::RandomStream stream(1, "bench");
    std::vector<float> values(static_cast<size_t>(shape.count()));
    for (size_t i = 0; i < values.size(); ++i) values[i] = stream.uniform(i % 4096, -1, 1);
    return Array::from(on_, shape, layout, engine::DType::f32, values);
  }

  void time(const std::string& name, double operations, double bytes, const std::function<void()>& run) {
    run();  // scratch memory is allocated
    on_.finish();
    std::vector<double> seconds;
    for (int64_t i = 0; i < repeat_; ++i) {
      engine::check_stop();
      const auto start = std::chrono::steady_clock::now();
      int64_t calls = 0;
      double passed = 0;
      for (int64_t more = 1; passed < 0.02;
           more *= 2) {  // ever more, so that a wait for a device weighs little
        for (int64_t k = 0; k < more; ++k) run();
        on_.finish();
        calls += more;
        passed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      }
      seconds.push_back(passed / static_cast<double>(calls));
    }
    show_({"kernel", name, median(seconds), operations, bytes, {}});
  }

  engine::Backend& on_;
  int64_t repeat_;
  const Show& show_;
};

}  // namespace

void measure_convolutions(engine::Backend& backend, int64_t repeat, const Show& show) {
  Kernels k(backend, repeat, show);
  for (const int64_t stride : {1, 2})
    for (const int64_t kernel : {1, 3, 5, 7})
      for (const int64_t channels : {1, 3, 16, 64})
        for (const int64_t extent : {32, 64, 128, 256})
          if (stride == 1 || kernel > 1) k.convolution(kernel, stride, channels, extent);
}

void measure_kernels(engine::Backend& backend, int64_t repeat, const Show& show) {
  Kernels k(backend, repeat, show);
  k.convolution("MNIST conv 1→8, 28×28", 1, 8, 28, false);
  k.convolution("MNIST conv 8→4, 14×14", 8, 4, 14, true);
  k.convolution("MNIST conv 8→1, 28×28", 8, 1, 28, true);
  k.convolution("CIFAR conv 3→32, 32×32", 3, 32, 32, false);
  k.convolution("CIFAR conv 32→64, 16×16", 32, 64, 16, true);
  k.convolution("CIFAR conv 64→128, 8×8", 64, 128, 8, true);
  k.convolution("CIFAR conv 128→8, 4×4", 128, 8, 4, true);
  k.dense("dense 2048→128", 2048, 128);
  k.dense("dense 784→1024", 784, 1024);
  k.dense("dense 256→256", 256, 256);
  k.batch_norm_block("BN·LReLU·pool 8, 28×28", 8, 28);
  k.batch_norm_block("BN·LReLU·pool 32, 32×32", 32, 32);
}

}  // namespace tools
