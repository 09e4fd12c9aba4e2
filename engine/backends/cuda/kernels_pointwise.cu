// Functions of single numbers: the reference's own, a thread for four neighbours.
#include "engine/backends/cuda/kernels.h"
#include "engine/backends/reference/loops.h"

namespace engine::cuda {
namespace {

__global__ void __launch_bounds__(block_threads)
    unary_kernel(Unary f, float parameter, const float4* x, float4* y, int64_t fours) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (i >= fours) return;
  const float4 v = x[i];
  const auto of = [&](float a) { return reference::unary(f, parameter, a); };
  y[i] = make_float4(of(v.x), of(v.y), of(v.z), of(v.w));
}

__global__ void __launch_bounds__(block_threads)
    unary_gradient_kernel(Unary f, float parameter, const float4* x, const float4* y, const float4* gy,
                          float4* gx, int64_t fours) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (i >= fours) return;
  const float4 v = x[i], u = y[i], g = gy[i];
  const auto of = [&](float a, float b, float c) { return reference::unary_gradient(f, parameter, a, b, c); };
  gx[i] = make_float4(of(v.x, u.x, g.x), of(v.y, u.y, g.y), of(v.z, u.z, g.z), of(v.w, u.w, g.w));
}

__global__ void __launch_bounds__(block_threads)
    binary_kernel(Binary f, const float4* a, const float* b, bool single_b, float4* y, int64_t fours) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (i >= fours) return;
  const float single = single_b ? b[0] : 0.0f;
  const float4 v = a[i], u = single_b ? make_float4(single, single, single, single)
                                      : reinterpret_cast<const float4*>(b)[i];
  const auto of = [&](float p, float q) { return reference::binary(f, p, q); };
  y[i] = make_float4(of(v.x, u.x), of(v.y, u.y), of(v.z, u.z), of(v.w, u.w));
}

__global__ void __launch_bounds__(block_threads)
    spread_samples_kernel(const float* g, float divisor, int samples, int stored, float* gx) {
  const int n = static_cast<int>(blockIdx.x * block_threads + threadIdx.x);
  if (n < stored) gx[n] = n < samples ? g[0] / divisor : 0.0f;
}

const float4* fours(const float* p) { return reinterpret_cast<const float4*>(p); }
float4* fours(float* p) { return reinterpret_cast<float4*>(p); }

}  // namespace

void unary(cudaStream_t stream, Unary f, float parameter, const float* x, float* y, int64_t stored) {
  launch(stream, unary_kernel, blocks_for(stored / 4), block_threads, f, parameter, fours(x), fours(y),
         stored / 4);
}
void unary_gradient(cudaStream_t stream, Unary f, float parameter, const float* x, const float* y,
                    const float* gy, float* gx, int64_t stored) {
  launch(stream, unary_gradient_kernel, blocks_for(stored / 4), block_threads, f, parameter, fours(x),
         fours(y), fours(gy), fours(gx), stored / 4);
}
void binary(cudaStream_t stream, Binary f, const float* a, const float* b, bool single_b, float* y,
            int64_t stored) {
  launch(stream, binary_kernel, blocks_for(stored / 4), block_threads, f, fours(a), b, single_b, fours(y),
         stored / 4);
}
void spread_samples(cudaStream_t stream, const float* g, float divisor, const Batch& gx) {
  const int stored = gx.blocks * lanes;
  launch(stream, spread_samples_kernel, blocks_for(stored), block_threads, g, divisor, gx.samples, stored,
         gx.data);
}

}  // namespace engine::cuda
