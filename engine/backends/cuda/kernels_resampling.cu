// Pooling and enlargement, a thread for each number of the result. Half a warp holds one position of sixteen
// samples.
#include "engine/backends/cuda/half_warp.cuh"
#include "engine/backends/cuda/kernels.h"

namespace engine::cuda {
namespace {

struct SmallWindow {
  int kernel, stride;
};

__global__ void __launch_bounds__(block_threads) max_pool2d_kernel(Batch x, SmallWindow v, Batch y) {
  for_own_items(y.blocks * y.c, y.plane_size(), [&](int plane, int item) {
    const int lane = item % lanes, position = item / lanes, i = position / y.w, j = position % y.w;
    const float* corner = x.at(0, plane) + (i * v.stride * x.w + j * v.stride) * lanes + lane;
    float best = corner[0];
    for (int k = 0; k < v.kernel; ++k)
      for (int l = 0; l < v.kernel; ++l) {
        const float value = corner[(k * x.w + l) * lanes];
        if (value > best || value != value) best = value;
      }
    y.at(0, plane)[item] = best;
  });
}

// A position of x gathers from the windows that cover it, in their order, where it is the first maximum, or the last
// NaN.
__global__ void __launch_bounds__(block_threads)
    max_pool2d_gradient_kernel(Batch x, Batch y, Batch gy, SmallWindow v, Batch gx) {
  for_own_items(x.blocks * x.c, x.plane_size(), [&](int plane, int item) {
    const int lane = item % lanes, position = item / lanes, a = position / x.w, b = position % x.w;
    const float *p = x.at(0, plane) + lane, *q = y.at(0, plane) + lane, *g = gy.at(0, plane) + lane;
    const float own = p[position * lanes];
    const int top = a < v.kernel ? 0 : (a - v.kernel) / v.stride + 1,
              left = b < v.kernel ? 0 : (b - v.kernel) / v.stride + 1;
    float sum = 0.0f;
    for (int i = top; i < y.h && i * v.stride <= a; ++i)
      for (int j = left; j < y.w && j * v.stride <= b; ++j) {
        const int out = (i * y.w + j) * lanes;
        const bool is_nan = own != own;
        if (is_nan ? q[out] == q[out] : own != q[out]) continue;
        const auto tap = [&](int t) {
          return p[((i * v.stride + t / v.kernel) * x.w + j * v.stride + t % v.kernel) * lanes];
        };
        const int own_tap = (a - i * v.stride) * v.kernel + b - j * v.stride;
        bool takes = true;
        if (is_nan)
          for (int t = own_tap + 1; t < v.kernel * v.kernel && takes; ++t) takes = tap(t) == tap(t);
        else
          for (int t = 0; t < own_tap && takes; ++t) takes = tap(t) != own;
        if (takes) sum = sum + g[out];
      }
    gx.at(0, plane)[item] = sum;
  });
}

__global__ void __launch_bounds__(block_threads) upsample_nearest_kernel(Batch x, int scale, Batch y) {
  for_own_items(y.blocks * y.c, y.plane_size(), [&](int plane, int item) {
    const int lane = item % lanes, position = item / lanes, i = position / y.w, j = position % y.w;
    y.at(0, plane)[item] = x.at(0, plane)[(i / scale * x.w + j / scale) * lanes + lane];
  });
}

__global__ void __launch_bounds__(block_threads)
    upsample_nearest_gradient_kernel(Batch gy, int scale, Batch gx) {
  for_own_items(gx.blocks * gx.c, gx.plane_size(), [&](int plane, int item) {
    const int lane = item % lanes, position = item / lanes, i = position / gx.w, j = position % gx.w;
    const float* corner = gy.at(0, plane) + (i * scale * gy.w + j * scale) * lanes + lane;
    float sum = 0.0f;
    for (int k = 0; k < scale; ++k)
      for (int l = 0; l < scale; ++l) sum = sum + corner[(k * gy.w + l) * lanes];
    gx.at(0, plane)[item] = sum;
  });
}

SmallWindow small(Window v) { return {static_cast<int>(v.kernel), static_cast<int>(v.stride)}; }
PlaneGrid grid_of(const Batch& b) { return plane_grid(int64_t{b.blocks} * b.c, b.plane_size()); }

}  // namespace

void max_pool2d(cudaStream_t stream, const Batch& x, Window v, const Batch& y) {
  const PlaneGrid g = grid_of(y);
  launch(stream, max_pool2d_kernel, g.grid, g.block, x, small(v), y);
}
void max_pool2d_gradient(cudaStream_t stream, const Batch& x, const Batch& y, const Batch& gy, Window v,
                         const Batch& gx) {
  const PlaneGrid g = grid_of(gx);
  launch(stream, max_pool2d_gradient_kernel, g.grid, g.block, x, y, gy, small(v), gx);
}
void upsample_nearest(cudaStream_t stream, const Batch& x, int64_t scale, const Batch& y) {
  const PlaneGrid g = grid_of(y);
  launch(stream, upsample_nearest_kernel, g.grid, g.block, x, static_cast<int>(scale), y);
}
void upsample_nearest_gradient(cudaStream_t stream, const Batch& gy, int64_t scale, const Batch& gx) {
  const PlaneGrid g = grid_of(gx);
  launch(stream, upsample_nearest_gradient_kernel, g.grid, g.block, gy, static_cast<int>(scale), gx);
}

}  // namespace engine::cuda
