// Stands in for CUDA's <cuda_runtime.h>: compiled against this header, the sources of engine/backends/cuda
// are ordinary C++ and run on the host, one thread after another, under sanitizers. It holds the part of CUDA
// that the backend uses and no more. For tests only; how it works is in executor.cc.
//
// It is stricter than a card wherever a card would let a mistake pass:
// - work waits in its stream until someone synchronises, so results read too early are wrong, and memory
// freed
//   too early is found by AddressSanitizer;
// - shared memory holds NaN when a block starts, device memory when it is allocated;
// - all threads of a block meet at the same __syncthreads, all threads that a mask names in the same shuffle;
// - every host thread chooses its device before anything else; nothing runs on the default stream;
// - under AddressSanitizer the host cannot read or write device memory.
// A kernel that breaks a rule ends like one that crashes: with cudaErrorLaunchFailure, from then on. The text
// of that error says what it did.
#pragma once
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <utility>

#define __host__
#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
// In a section of their own, so that the executor finds them all. Kernels belong in an unnamed namespace, or
// the linker would have to merge them.
#define __shared__ static __attribute__((section("cuda_shared")))

// ---- types

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  dim3(unsigned x_ = 1, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

// ---- what a thread sees

inline uint3 threadIdx, blockIdx;
inline dim3 blockDim, gridDim;
inline constexpr int warpSize = 32;

namespace cuda_on_host {

// The calling thread waits for its block, or for the threads of its warp that the mask names.
struct Where {  // a line of a kernel; std::source_location, which clang 14 has not
  const char* file = "";
  int line = 0;
};
void meet_block(Where where);
void meet_warp(unsigned mask, Where where);
// Meets the warp; then returns what the thread in `source(lane)` has brought.
uint64_t exchange(unsigned mask, uint64_t brought, int source, Where where);
int lane();
// The lanes of the mask whose predicate holds.
unsigned ballot(unsigned mask, bool predicate, Where where);

template <class T>
T shuffle(unsigned mask, T value, int source, Where where) {
  static_assert(sizeof(T) <= sizeof(uint64_t));
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = exchange(mask, bits, source, where);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

}  // namespace cuda_on_host

#define SVDD_HERE cuda_on_host::Where where = {__builtin_FILE(), __builtin_LINE()}
inline void __syncthreads(SVDD_HERE) { cuda_on_host::meet_block(where); }
inline void __syncwarp(unsigned mask = 0xffffffffu, SVDD_HERE) { cuda_on_host::meet_warp(mask, where); }
// Segments of `width` lanes; a source outside its segment means the thread itself, as on a card.
template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32, SVDD_HERE) {
  const int first = cuda_on_host::lane() & ~(width - 1);
  return cuda_on_host::shuffle(mask, value, first + (source & (width - 1)), where);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, SVDD_HERE) {
  const int lane = cuda_on_host::lane(), source = lane ^ bits, end = (lane | (width - 1)) + 1;
  return cuda_on_host::shuffle(mask, value, source < end ? source : lane, where);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned by, int width = 32, SVDD_HERE) {
  const int lane = cuda_on_host::lane(), source = lane + static_cast<int>(by), end = (lane | (width - 1)) + 1;
  return cuda_on_host::shuffle(mask, value, source < end ? source : lane, where);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned by, int width = 32, SVDD_HERE) {
  const int lane = cuda_on_host::lane(), source = lane - static_cast<int>(by), first = lane & ~(width - 1);
  return cuda_on_host::shuffle(mask, value, source >= first ? source : lane, where);
}
inline unsigned __ballot_sync(unsigned mask, int predicate, SVDD_HERE) {
  return cuda_on_host::ballot(mask, predicate != 0, where);
}
inline int __any_sync(unsigned mask, int predicate, SVDD_HERE) {
  return cuda_on_host::ballot(mask, predicate != 0, where) != 0;
}
inline int __all_sync(unsigned mask, int predicate, SVDD_HERE) {
  return cuda_on_host::ballot(mask, predicate == 0, where) == 0;
}
#undef SVDD_HERE

inline unsigned __float_as_uint(float v) { return std::bit_cast<unsigned>(v); }
inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
using std::isnan;

inline int __popc(unsigned bits) { return std::popcount(bits); }
template <class T>
T __ldg(const T* p) {
  return *p;
}
template <class T>
T __ldcg(const T* p) {
  return *p;
}
// Blocks take their turns, so there is nothing to order or to protect.
inline void __threadfence() {}
inline unsigned atomicInc(unsigned* counter, unsigned last) {
  const unsigned before = *counter;
  *counter = before >= last ? 0 : before + 1;
  return before;
}

// ---- the runtime's functions

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorInvalidMemcpyDirection = 21,
  cudaErrorInsufficientDriver = 35,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorLaunchFailure = 719,
  cudaErrorStreamCaptureUnsupported = 900,
  cudaErrorStreamCaptureInvalidated = 901,
};
const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();  // the last one of this thread; forgets it

struct cudaDeviceProp {
  char name[256];
  size_t totalGlobalMem;
  int major, minor, multiProcessorCount;
};
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);

struct cuda_on_host_stream;
struct cuda_on_host_graph;
struct cuda_on_host_graph_exec;
using cudaStream_t = cuda_on_host_stream*;
using cudaGraph_t = cuda_on_host_graph*;
using cudaGraphExec_t = cuda_on_host_graph_exec*;

inline constexpr unsigned cudaStreamNonBlocking = 1;
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);

enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long flags = 0);
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec);

cudaError_t cudaMalloc(void** pointer, size_t bytes);
cudaError_t cudaFree(void* pointer);
cudaError_t cudaMallocHost(void** pointer, size_t bytes);
cudaError_t cudaFreeHost(void* pointer);
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* to, int byte, size_t bytes, cudaStream_t stream);

struct cudaLaunchAttribute;
struct cudaLaunchConfig_t {
  dim3 gridDim, blockDim;
  size_t dynamicSmemBytes = 0;
  cudaStream_t stream = nullptr;
  cudaLaunchAttribute* attrs = nullptr;
  unsigned numAttrs = 0;
};

namespace cuda_on_host {

cudaError_t enqueue_kernel(const cudaLaunchConfig_t& config, size_t argument_bytes,
                           std::function<void()> body);

// What has been done so far, by all threads.
struct Counts {
  int64_t launches, graph_launches, synchronisations, allocations;
};
Counts counts();

// From now on this many devices are there, and asking for them answers with `error`.
void pretend_devices(int count, cudaError_t error);
// Forgets a kernel's failure, from which a card would not recover.
void recover();

}  // namespace cuda_on_host

template <class... Expected, class... Given>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Expected...),
                               Given&&... args) {
  return cuda_on_host::enqueue_kernel(
      *config, (sizeof(Expected) + ... + 0),
      [kernel, copies = std::tuple<Expected...>(std::forward<Given>(args)...)] {
        std::apply(kernel, copies);
      });
}
