// The executor that runs CUDA kernels on the host: it must give the right answers to right kernels, and
// refuse what a card would not forgive. And what the CUDA backend asks of a card beside its arithmetic:
// graphs, threads, errors.
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <thread>

#include "engine/backends/cuda/cuda.h"
#include "engine/backends/cuda/launch.h"
#include "engine/random.h"
#include "tests/engine/expect_message.h"

namespace {

using namespace engine;
using cuda::check;
using cuda::launch;
using engine_tests::message_of;

constexpr unsigned whole_warp = 0xffffffffu;

// ---- kernels

__global__ void reverse_through_shared_memory(float* x) {
  __shared__ float numbers[96];
  numbers[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = numbers[95 - threadIdx.x];
}
__global__ void read_unwritten_shared_memory(float* x) {
  __shared__ float numbers[32];
  if (threadIdx.x == 0) x[blockIdx.x] = numbers[blockIdx.x];
  __syncthreads();
  numbers[threadIdx.x] = 1.0f;
}
__global__ void add_up_halves(float* x) {
  float sum = x[threadIdx.x];
  for (unsigned width = 8; width > 0; width /= 2) sum = sum + __shfl_down_sync(whole_warp, sum, width, 16);
  x[threadIdx.x] = sum;
}
__global__ void shuffle_many_ways(int* out) {
  const int t = static_cast<int>(threadIdx.x), value = 100 + t;
  int* own = out + t * 6;
  own[0] = __shfl_sync(whole_warp, value, 3);
  own[1] = __shfl_sync(whole_warp, value, 19, 16);
  own[2] = __shfl_xor_sync(whole_warp, value, 5);
  own[3] = __shfl_up_sync(whole_warp, value, 2);
  own[4] = static_cast<int>(__ballot_sync(whole_warp, t % 4 == 1));
  // Halves of a warp may go their own ways.
  if (t % 32 < 16)
    own[5] = __shfl_xor_sync(0x0000ffffu, value, 1);
  else
    own[5] = __shfl_xor_sync(0xffff0000u, value, 2);
}
__global__ void some_return_before_the_barrier(float*) {
  if (threadIdx.x >= 40) return;
  __syncthreads();
}
__global__ void thread_0_returns_before_the_barrier(float*) {
  if (threadIdx.x == 0) return;
  __syncthreads();
}
__global__ void two_barriers(float*) {
  if (threadIdx.x % 2 == 0)
    __syncthreads();
  else
    __syncthreads();
}
__global__ void shuffle_without_all(float* x) {
  if (threadIdx.x % 32 < 20) x[threadIdx.x] = __shfl_xor_sync(whole_warp, x[threadIdx.x], 1);
}
__global__ void shuffle_in_part_of_a_warp(float* x) {
  x[threadIdx.x] = __shfl_xor_sync(0x0000ffffu, x[threadIdx.x], 16);
}
__global__ void add(const float* a, float* sum) { sum[threadIdx.x] = sum[threadIdx.x] + a[threadIdx.x]; }
struct Many {
  float numbers[1100];
};
__global__ void too_many_arguments(Many) {}

class CudaOnHost : public testing::Test {
 protected:
  void SetUp() override {
    check(cudaSetDevice(0), "device");
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "stream");
  }
  void TearDown() override {
    cuda_on_host::recover();
    for (void* p : memory_) cudaFree(p);
    cudaStreamDestroy(stream_);
  }
  template <class T>
  T* device(size_t count) {
    void* p = nullptr;
    check(cudaMalloc(&p, count * sizeof(T)), "allocating");
    memory_.push_back(p);
    return static_cast<T*>(p);
  }
  float* device(const std::vector<float>& numbers) {
    float* p = device<float>(numbers.size());
    check(cudaMemcpyAsync(p, numbers.data(), numbers.size() * sizeof(float), cudaMemcpyHostToDevice, stream_),
          "copy");
    check(cudaStreamSynchronize(stream_), "waiting");
    return p;
  }
  template <class T>
  std::vector<T> host(const T* p, size_t count) {
    std::vector<T> numbers(count);
    check(cudaMemcpyAsync(numbers.data(), p, count * sizeof(T), cudaMemcpyDeviceToHost, stream_), "copy");
    check(cudaStreamSynchronize(stream_), "waiting");
    return numbers;
  }
  // What the runtime says of a kernel once it has run.
  std::string failure_of(void (*kernel)(float*), unsigned threads) {
    launch(stream_, kernel, 1, threads, device<float>(threads));
    const cudaError_t status = cudaStreamSynchronize(stream_);
    return status == cudaSuccess ? "" : cudaGetErrorString(status);
  }

  cudaStream_t stream_ = nullptr;
  std::vector<void*> memory_;
};

std::vector<float> counting(size_t count) {
  std::vector<float> numbers(count);
  for (size_t i = 0; i < count; ++i) numbers[i] = static_cast<float>(i);
  return numbers;
}

TEST_F(CudaOnHost, ABarrierIsMetByAllThreadsOfTheBlock) {
  float* x = device(counting(96));
  launch(stream_, reverse_through_shared_memory, 1, 96, x);
  const std::vector<float> reversed = host(x, 96);
  for (size_t i = 0; i < 96; ++i) EXPECT_EQ(reversed[i], static_cast<float>(95 - i));
}

TEST_F(CudaOnHost, SharedMemoryBeginsAsNaNInEveryBlock) {
  float* x = device(counting(3));
  launch(stream_, read_unwritten_shared_memory, 3, 32, x);
  for (const float v : host(x, 3)) EXPECT_TRUE(std::isnan(v)) << v;
}

TEST_F(CudaOnHost, ShufflesStayInTheirSegments) {
  float* x = device(counting(32));
  launch(stream_, add_up_halves, 1, 32, x);
  const std::vector<float> sums = host(x, 32);
  EXPECT_EQ(sums[0], 120.0f);   // 0 + … + 15
  EXPECT_EQ(sums[16], 376.0f);  // 16 + … + 31
}

TEST_F(CudaOnHost, ShufflesOfEveryKind) {
  int* out = device<int>(64 * 6);
  launch(stream_, shuffle_many_ways, 1, 64, out);
  const std::vector<int> values = host(out, 64 * 6);
  for (int t = 0; t < 64; ++t) {
    const int lane = t % 32, first = t - lane;
    const int* own = &values[static_cast<size_t>(t) * 6];
    EXPECT_EQ(own[0], 100 + first + 3) << t;
    EXPECT_EQ(own[1], 100 + first + lane / 16 * 16 + 3) << t;
    EXPECT_EQ(own[2], 100 + first + (lane ^ 5)) << t;
    EXPECT_EQ(own[3], 100 + (lane >= 2 ? t - 2 : t)) << t;
    EXPECT_EQ(own[4], 0x22222222) << t;
    EXPECT_EQ(own[5], 100 + first + (lane ^ (lane < 16 ? 1 : 2))) << t;
  }
}

TEST_F(CudaOnHost, ADivergentBarrierIsReported) {
  EXPECT_NE(failure_of(some_return_before_the_barrier, 64).find("divergent barrier"), std::string::npos);
  cuda_on_host::recover();
  EXPECT_NE(failure_of(thread_0_returns_before_the_barrier, 64).find("divergent barrier"), std::string::npos);
  cuda_on_host::recover();
  EXPECT_NE(failure_of(two_barriers, 64).find("divergent barrier"), std::string::npos);
}

TEST_F(CudaOnHost, AShuffleWithoutAllItsLanesIsReported) {
  EXPECT_NE(failure_of(shuffle_without_all, 32).find("has returned"), std::string::npos);
  cuda_on_host::recover();
  EXPECT_NE(failure_of(shuffle_without_all, 20).find("does not exist"), std::string::npos);
  cuda_on_host::recover();
  EXPECT_NE(failure_of(shuffle_in_part_of_a_warp, 32).find("mask"), std::string::npos);
}

TEST_F(CudaOnHost, AFailureStays) {
  failure_of(two_barriers, 64);
  EXPECT_EQ(cudaStreamSynchronize(stream_), cudaErrorLaunchFailure);
  void* p = nullptr;
  EXPECT_EQ(cudaMalloc(&p, 16), cudaErrorLaunchFailure);
}

TEST_F(CudaOnHost, WorkWaitsUntilSomeoneWaitsForIt) {
  float* x = device(counting(4));
  std::vector<float> early(4, -1.0f);
  check(cudaMemcpyAsync(early.data(), x, 16, cudaMemcpyDeviceToHost, stream_), "copy");
  EXPECT_EQ(early[3], -1.0f);
  check(cudaStreamSynchronize(stream_), "waiting");
  EXPECT_EQ(early[3], 3.0f);
}

TEST_F(CudaOnHost, RefusesWhatNoCardCanLaunch) {
  float* x = device<float>(4);
  const auto status = [&](dim3 grid, dim3 block) {
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.stream = stream_;
    return cudaLaunchKernelEx(&config, add, x, x);
  };
  EXPECT_EQ(status(1, 4), cudaSuccess);
  EXPECT_EQ(status(1, 1025), cudaErrorInvalidConfiguration);
  EXPECT_EQ(status(dim3(1, 65536), 4), cudaErrorInvalidConfiguration);
  EXPECT_EQ(status(0, 4), cudaErrorInvalidConfiguration);
  EXPECT_THROW(launch(stream_, too_many_arguments, 1, 32, Many{}), std::runtime_error);
  EXPECT_THROW(launch(nullptr, add, 1, 4, x, x), std::runtime_error) << "the default stream";
  check(cudaStreamSynchronize(stream_), "waiting");
}

TEST_F(CudaOnHost, CopiesKnowWhereMemoryIs) {
  float* x = device<float>(4);
  float h[8] = {};
  const auto copy = [&](void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
    return cudaMemcpyAsync(to, from, bytes, kind, stream_);
  };
  EXPECT_EQ(copy(x, h, 16, cudaMemcpyHostToDevice), cudaSuccess);
  EXPECT_EQ(copy(x, h, 20, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(copy(h, x, 16, cudaMemcpyHostToDevice), cudaErrorInvalidValue);
  EXPECT_EQ(copy(h, h + 4, 16, cudaMemcpyDeviceToHost), cudaErrorInvalidValue);
  EXPECT_EQ(copy(x, h, 16, cudaMemcpyDeviceToDevice), cudaErrorInvalidValue);
  check(cudaStreamSynchronize(stream_), "waiting");
}

TEST_F(CudaOnHost, EveryHostThreadChoosesItsDevice) {
  cudaError_t before{}, after{};
  std::thread([&] {
    before = cudaStreamSynchronize(stream_);
    cudaSetDevice(0);
    after = cudaStreamSynchronize(stream_);
  }).join();
  EXPECT_EQ(before, cudaErrorInvalidDevice);
  EXPECT_EQ(after, cudaSuccess);
}

TEST_F(CudaOnHost, ACaptureRunsNothingAndReplaysAll) {
  const float* step = device(counting(4));
  float* sum = device(std::vector<float>(4, 10.0f));
  cudaGraph_t graph = nullptr;
  check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "capturing");
  launch(stream_, add, 1, 4, step, sum);
  launch(stream_, add, 1, 4, step, sum);
  check(cudaStreamEndCapture(stream_, &graph), "capturing");
  cudaGraphExec_t exec = nullptr;
  check(cudaGraphInstantiate(&exec, graph, 0), "graph");
  check(cudaGraphDestroy(graph), "graph");
  EXPECT_EQ(host(sum, 4)[3], 10.0f);
  for (int i = 0; i < 3; ++i) check(cudaGraphLaunch(exec, stream_), "graph");
  EXPECT_EQ(host(sum, 4)[3], 28.0f);
  check(cudaGraphExecDestroy(exec), "graph");
}

TEST_F(CudaOnHost, ACaptureRefusesMemoryAndWaiting) {
  const auto while_capturing = [&](auto call) {
    cudaGraph_t graph = nullptr;
    check(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "capturing");
    EXPECT_EQ(call(), cudaErrorStreamCaptureUnsupported);
    EXPECT_EQ(cudaStreamEndCapture(stream_, &graph), cudaErrorStreamCaptureInvalidated);
    EXPECT_EQ(graph, nullptr);
  };
  void* p = nullptr;
  float* x = device<float>(4);
  while_capturing([&] { return cudaMalloc(&p, 16); });
  while_capturing([&] { return cudaFree(x); });
  while_capturing([&] { return cudaStreamSynchronize(stream_); });
}

// ---- the backend

Array plain(Backend& on, Shape shape, const std::vector<float>& numbers) {
  return Array::from(on, shape, Layout::plain, DType::f32, numbers);
}

TEST(CudaBackend, ACapturedSequenceEqualsTheCallsOneByOne) {
  // A step with matrix products, sums over samples and an update, its input taken by an index on the device.
  const auto run = [](bool captured) {
    const auto on = make_cuda_backend();
    const RandomStream stream(1, "numbers");
    std::vector<float> pixels(50 * 40), weights(7 * 40);
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = stream.uniform(i);
    for (size_t i = 0; i < weights.size(); ++i) weights[i] = stream.uniform(10000 + i) - 0.5f;
    const Array data = plain(*on, {50, 40}, pixels), order = plain(*on, {2, 20}, [] {
                                                       std::vector<float> numbers(40);
                                                       for (size_t i = 0; i < 40; ++i)
                                                         numbers[i] = static_cast<float>(i * 7 % 50);
                                                       return numbers;
                                                     }());
    Array w = plain(*on, {7, 40}, weights), velocity = w.zeros_like(), gw = w.zeros_like();
    const Array rates = plain(*on, {1}, {0.01f});
    Array position = plain(*on, {1}, {0.0f});
    Array rows(*on, {20}, Layout::samples, DType::f32), x(*on, {20, 40}, Layout::samples, DType::f32),
        y(*on, {20, 7}, Layout::samples, DType::f32), d(*on, {20}, Layout::samples, DType::f32),
        gd = d.zeros_like(), gy = y.zeros_like(), loss(*on, {1}, Layout::plain, DType::f32);
    const Array centre(*on, {7}, Layout::plain, DType::f32), one = plain(*on, {1}, {1.0f});
    const auto step = [&] {
      on->read_row(order, position, rows);
      on->take(data, rows, x);
      on->dense(x, w, nullptr, y);
      on->squared_distance(y, centre, d);
      on->mean_samples(d, loss);
      on->spread_samples(one, 20, gd);
      on->squared_distance_gradient(y, centre, gd, gy);
      on->dense_weight_gradient(x, gy, gw);
      on->sgd(0.9, 0.0, rates, gw, velocity, w);
    };
    step();
    const std::unique_ptr<Replayable> replay = captured ? on->capture(step) : nullptr;
    for (int i = 0; i < 4; ++i) {
      position.assign(std::vector<float>{static_cast<float>(i % 2)});
      const auto before = cuda_on_host::counts();
      replay ? replay->run() : step();
      const auto after = cuda_on_host::counts();
      EXPECT_EQ(after.synchronisations, before.synchronisations);
      EXPECT_EQ(after.allocations, before.allocations);
      EXPECT_EQ(after.launches == before.launches, captured);
    }
    std::vector<float> result = w.to_floats();
    result.push_back(static_cast<float>(loss.item()));
    return result;
  };
  EXPECT_EQ(run(true), run(false));
}

TEST(CudaBackend, ACaptureThatReadsOrAllocatesSaysSo) {
  const auto on = make_cuda_backend();
  Array a = plain(*on, {3}, {1, 2, 3}), b = a.zeros_like();
  const auto message = [&](auto calls) { return message_of([&] { on->capture(calls); }); };
  EXPECT_NE(message([&] { a.to_floats(); }).find("reads numbers back"), std::string::npos);
  EXPECT_NE(message([&] { a.zeros_like(); }).find("makes an array"), std::string::npos);
  EXPECT_NE(message([&] {
              a.assign(std::vector<float>{4, 5, 6});
            }).find("brings numbers"),
            std::string::npos);
  // Neither the backend nor the arrays have suffered.
  const auto again = on->capture([&] { on->binary(Binary::add, a, b, b); });
  again->run();
  again->run();
  EXPECT_EQ(b.to_floats(), (std::vector<float>{2, 4, 6}));
}

TEST(CudaBackend, ArraysMayGoWhileCallsAreCaptured) {
  const auto on = make_cuda_backend();
  Array a = plain(*on, {3}, {1, 2, 3});
  auto goes = std::make_unique<Array>(a.zeros_like());
  const auto captured = on->capture([&] {
    goes.reset();
    on->binary(Binary::add, a, a, a);
  });
  captured->run();
  EXPECT_EQ(a.to_floats(), (std::vector<float>{2, 4, 6}));
}

TEST(CudaBackend, UploadsZerosBehindTheLastSample) {
  const auto on = make_cuda_backend();
  for (const int64_t n : {5, 1001}) {  // in a launch's arguments, and as a copy
    Array x(*on, {n}, Layout::samples, DType::f32), sum(*on, {1, 1}, Layout::plain, DType::f32);
    on->unary(Unary::sigmoid, 0, x, x);  // a half, behind the last sample too
    const std::vector<float> ones(static_cast<size_t>(n), 1.0f);
    x.assign(ones);
    on->dense_weight_gradient(x.reshaped({n, 1}), x.reshaped({n, 1}), sum);
    EXPECT_EQ(sum.item(), static_cast<double>(n));
  }
}

TEST(CudaBackend, TwoInTwoThreads) {
  std::vector<float> results[2];
  std::vector<std::thread> threads;
  for (auto& result : results)
    threads.emplace_back([&result] {
      const auto on = make_cuda_backend();
      Array x(*on, {33, 5, 6, 6}, Layout::samples, DType::f32), mean(*on, {5}, Layout::plain, DType::f32),
          variance = mean.zeros_like();
      std::vector<float> numbers(static_cast<size_t>(x.shape().count()));
      for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i % 101) * 0.25f;
      for (int round = 0; round < 10; ++round) {
        x.assign(numbers);
        on->channel_moments(x, mean, variance);
        result = variance.to_floats();
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(results[0].size(), 5u);
  EXPECT_EQ(results[0], results[1]);
}

TEST(CudaBackend, SaysWhyItIsNotThere) {
  const auto problem = [](int devices, cudaError_t error) {
    cuda_on_host::pretend_devices(devices, error);
    const std::string text = cuda_problem();
    if (!text.empty()) {
      EXPECT_EQ(message_of([] { make_cuda_backend(); }), text);
    }
    cuda_on_host::pretend_devices(1, cudaSuccess);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    return text;
  };
  EXPECT_EQ(problem(1, cudaSuccess), "");
  EXPECT_NE(problem(0, cudaSuccess).find("no NVIDIA GPU"), std::string::npos);
  EXPECT_NE(problem(0, cudaErrorNoDevice).find("no NVIDIA GPU"), std::string::npos);
  EXPECT_NE(problem(0, cudaErrorInsufficientDriver).find("no CUDA driver"), std::string::npos);
  EXPECT_NE(cuda_problem({.device = 3}).find("no CUDA device 3"), std::string::npos);
}

}  // namespace
