#include "engine/backends/cuda/peak.h"

#include <algorithm>
#include <chrono>

#include "engine/backends/cuda/launch.h"
#include "engine/backends/cuda/memory.h"

namespace engine::cuda {

namespace {

// Eight chains a thread: with the warps that a multiprocessor holds, more than the latency of an addition
// asks for.
constexpr int chains = 8;

__global__ void multiply_adds(int rounds, float* result) {
  float chain[chains];
  for (int k = 0; k < chains; ++k) chain[k] = static_cast<float>(threadIdx.x + k);
  for (int i = 0; i < rounds; ++i)
    for (int k = 0; k < chains; ++k) chain[k] = fmaf(chain[k], 0.999f, 1e-3f);
  float sum = 0;
  for (int k = 0; k < chains; ++k) sum += chain[k];
  result[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

__global__ void add_scaled(const float4* x, float4* y, int64_t count) {
  const int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const float4 a = x[i];
  float4 b = y[i];
  b.x = fmaf(3.0f, a.x, b.x), b.y = fmaf(3.0f, a.y, b.y);
  b.z = fmaf(3.0f, a.z, b.z), b.w = fmaf(3.0f, a.w, b.w);
  y[i] = b;
}

// The fastest of a few: the first ones wake the card.
template <class Work>
double best_seconds(cudaStream_t stream, Work work) {
  double best = 1e30;
  for (int i = 0; i < 6; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    check(cudaStreamSynchronize(stream), "waiting for the GPU");
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

// The device and a stream of its own.
struct Measured {
  cudaStream_t stream = nullptr;
  int multiprocessors;
  explicit Measured(const CudaOptions& options) {
    if (const std::string problem = cuda_problem(options); !problem.empty())
      throw std::runtime_error(problem);
    check(cudaSetDevice(options.device), "choosing the device");
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, options.device), "asking for the device's properties");
    multiprocessors = properties.multiProcessorCount;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "creating a stream");
  }
  ~Measured() { cudaStreamDestroy(stream); }
  Measured(const Measured&) = delete;
  Measured& operator=(const Measured&) = delete;
};

}  // namespace

double measure_operations_per_second(const CudaOptions& options) {
  const Measured on(options);
  const int blocks = 16 * on.multiprocessors, rounds = 20'000;
  const std::shared_ptr<void> result =
      device_memory(options.device, on.stream, int64_t{blocks} * block_threads);
  const double seconds = best_seconds(on.stream, [&] {
    launch(on.stream, multiply_adds, blocks, block_threads, rounds, static_cast<float*>(result.get()));
  });
  return 2.0 * chains * rounds * blocks * block_threads / seconds;
}

double measure_bytes_per_second(const CudaOptions& options) {
  const Measured on(options);
  // Floats: 1 GiB an array, so that an H100 takes a millisecond, beside which the launch weighs nothing.
  constexpr int64_t count = 256 << 20;
  const std::shared_ptr<void> x = device_memory(options.device, on.stream, count),
                              y = device_memory(options.device, on.stream, count);
  const double seconds = best_seconds(on.stream, [&] {
    launch(on.stream, add_scaled, blocks_for(count / 4), block_threads, static_cast<const float4*>(x.get()),
           static_cast<float4*>(y.get()), count / 4);
  });
  return 3.0 * sizeof(float) * count / seconds;
}

}  // namespace engine::cuda
