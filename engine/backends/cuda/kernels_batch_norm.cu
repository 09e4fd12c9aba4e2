// Batch norm, alone and together with the leaky ReLU and the 2×2 resampling that follow it: one pass over
// memory forward, and backward one for the gradient at the leaky ReLU's input, one for its sums
// (kernels_channels.cu), one for the gradient at batch norm's input. Half a warp holds one position of
// sixteen samples.
#include "engine/backends/cuda/half_warp.cuh"
#include "engine/backends/cuda/kernels.h"

namespace engine::cuda {
namespace {

struct Channel {  // the constants of one
  float mean, inverse_std, weight, bias;
  bool affine;
  __device__ Channel(const Normalisation& n, int c)
      : mean(n.mean[c]),
        inverse_std(n.inverse_std[c]),
        weight(n.weight ? n.weight[c] : 1.0f),
        bias(n.weight ? n.bias[c] : 0.0f),
        affine(n.weight != nullptr) {}
  __device__ float xhat(float x) const { return (x - mean) * inverse_std; }
  __device__ float normalised(float x) const { return affine ? fmaf(xhat(x), weight, bias) : xhat(x); }
};

__device__ float leaky_relu(float v, float slope) { return v > 0.0f ? v : slope * v; }
__device__ float leaky_relu_gradient(float v, float g, float slope) { return v > 0.0f ? g : slope * g; }

__global__ void __launch_bounds__(block_threads) normalise_kernel(Batch x, Normalisation n, Batch y) {
  for_own_items(x.blocks * x.c, x.plane_size(), [&](int plane, int item) {
    y.at(0, plane)[item] = Channel(n, plane % x.c).normalised(x.at(0, plane)[item]);
  });
}

// gx may be gy.
__global__ void __launch_bounds__(block_threads)
    through_moments(Batch x, Normalisation n, ChannelCoefficients of, const float* gy, Batch gx) {
  for_own_items(x.blocks * x.c, x.plane_size(), [&](int plane, int item) {
    const int c = plane % x.c, sample = plane / x.c * lanes + item % lanes;
    const int64_t at = int64_t{plane} * x.plane_size() + item;
    const float xhat = (x.data[at] - n.mean[c]) * n.inverse_std[c];
    const float g = fmaf(-xhat, of.b[c], gy[at] - of.a[c]) * of.factor[c];
    gx.data[at] = sample < x.samples ? g : 0.0f;
  });
}

// ---- with leaky ReLU and resampling

template <Resample then>
__global__ void __launch_bounds__(block_threads)
    normalise_leaky_relu_kernel(Batch x, Normalisation n, float slope, Batch y) {
  // A thread for each number of x, or of y where that is smaller.
  const Batch& smaller = then == Resample::max_pool ? y : x;
  for_own_items(smaller.blocks * smaller.c, smaller.plane_size(), [&](int plane, int item) {
    const Channel channel(n, plane % x.c);
    const auto activation = [&](const float* p) { return leaky_relu(channel.normalised(*p), slope); };
    const float* p = x.at(0, plane);
    float* q = y.at(0, plane);
    if constexpr (then == Resample::none) {
      q[item] = activation(p + item);
    } else {
      const int lane = item % lanes, position = item / lanes, i = position / smaller.w,
                j = position % smaller.w;
      if constexpr (then == Resample::max_pool) {
        const float* corner = p + (2 * i * x.w + 2 * j) * lanes + lane;
        const float others[3] = {activation(corner + lanes), activation(corner + x.w * lanes),
                                 activation(corner + (x.w + 1) * lanes)};
        float best = activation(corner);
#pragma unroll
        for (const float value : others)
          if (value > best || value != value) best = value;
        q[item] = best;
      } else {
        const float value = activation(p + item);
        float* corner = q + (2 * i * y.w + 2 * j) * lanes + lane;
        corner[0] = corner[lanes] = value;
        corner[y.w * lanes] = corner[(y.w + 1) * lanes] = value;
      }
    }
  });
}

// The gradient at the leaky ReLU's input.
template <Resample then>
__global__ void __launch_bounds__(block_threads)
    leaky_relu_gradient_kernel(Batch x, Normalisation n, float slope, Batch gy, Batch g) {
  // A thread for each number of x; under max pooling for each window, those that are cut off at the edge
  // included.
  const int rows = then == Resample::max_pool ? (x.h + 1) / 2 : x.h,
            columns = then == Resample::max_pool ? (x.w + 1) / 2 : x.w;
  for_own_items(x.blocks * x.c, rows * columns * lanes, [&](int plane, int item) {
    const Channel channel(n, plane % x.c);
    const int lane = item % lanes, position = item / lanes, i = position / columns, j = position % columns;
    const float *p = x.at(0, plane) + lane, *q = gy.at(0, plane) + lane;
    float* r = g.at(0, plane) + lane;
    if constexpr (then == Resample::none) {
      const int at = position * lanes;
      r[at] = leaky_relu_gradient(channel.normalised(p[at]), q[at], slope);
    } else if constexpr (then == Resample::upsample) {
      const int at = position * lanes;
      const float* corner = q + (2 * i * gy.w + 2 * j) * lanes;
      const float sum =
          (((0.0f + corner[0]) + corner[lanes]) + corner[gy.w * lanes]) + corner[(gy.w + 1) * lanes];
      r[at] = leaky_relu_gradient(channel.normalised(p[at]), sum, slope);
    } else {
      const int corner = (2 * i * x.w + 2 * j) * lanes;
      if (i >= gy.h || j >= gy.w) {  // no whole window
        for (int k = 0; k < 2 && 2 * i + k < x.h; ++k)
          for (int l = 0; l < 2 && 2 * j + l < x.w; ++l) r[corner + (k * x.w + l) * lanes] = 0.0f;
        return;
      }
      const int at[4] = {corner, corner + lanes, corner + x.w * lanes, corner + (x.w + 1) * lanes};
      float value[4];
#pragma unroll
      for (int k = 0; k < 4; ++k) value[k] = leaky_relu(channel.normalised(p[at[k]]), slope);
      float best = value[0];
      int taker = 0;
#pragma unroll
      for (int k = 1; k < 4; ++k)
        if (value[k] > best || value[k] != value[k]) best = value[k], taker = k;
      // The first maximum (the last NaN) gets all, by its own slope: an activation is positive where its argument is.
      const float all = leaky_relu_gradient(best, 0.0f + q[(i * gy.w + j) * lanes], slope);
#pragma unroll
      for (int k = 0; k < 4; ++k) r[at[k]] = k == taker ? all : 0.0f;
    }
  });
}

template <Resample then>
void forward(cudaStream_t stream, const Batch& x, const Normalisation& n, float slope, const Batch& y) {
  const Batch& smaller = then == Resample::max_pool ? y : x;
  const PlaneGrid g = plane_grid(int64_t{x.blocks} * x.c, smaller.plane_size());
  launch(stream, normalise_leaky_relu_kernel<then>, g.grid, g.block, x, n, slope, y);
}

template <Resample then>
void backward(cudaStream_t stream, const Batch& x, const Normalisation& n, float slope, const Batch& gy,
              const Batch& g) {
  const int items = then == Resample::max_pool ? (x.h + 1) / 2 * ((x.w + 1) / 2) * lanes : x.plane_size();
  const PlaneGrid grid = plane_grid(int64_t{x.blocks} * x.c, items);
  launch(stream, leaky_relu_gradient_kernel<then>, grid.grid, grid.block, x, n, slope, gy, g);
}

// ---- small vectors, one number per channel

__global__ void __launch_bounds__(block_threads)
    inverse_std_kernel(const float* variance, float epsilon, float* inverse_std, int64_t channels) {
  const int64_t c = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (c < channels) inverse_std[c] = 1.0f / sqrtf(variance[c] + epsilon);
}

__global__ void __launch_bounds__(block_threads)
    update_running_kernel(const float* batch, float keep, float take, float* running, int64_t channels) {
  const int64_t c = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (c < channels) running[c] = fmaf(keep, running[c], take * batch[c]);
}

}  // namespace

void inverse_std(cudaStream_t stream, const float* variance, float epsilon, float* inverse_std,
                 int64_t channels) {
  launch(stream, inverse_std_kernel, blocks_for(channels), block_threads, variance, epsilon, inverse_std,
         channels);
}
void update_running(cudaStream_t stream, const float* batch, float keep, float take, float* running,
                    int64_t channels) {
  launch(stream, update_running_kernel, blocks_for(channels), block_threads, batch, keep, take, running,
         channels);
}

void normalise(cudaStream_t stream, const Batch& x, const Normalisation& n, const Batch& y) {
  const PlaneGrid g = plane_grid(int64_t{x.blocks} * x.c, x.plane_size());
  launch(stream, normalise_kernel, g.grid, g.block, x, n, y);
}

void batch_norm_gradient(cudaStream_t stream, const Batch& x, const Normalisation& n, const Batch& gy,
                         const Batch& gx, float* gweight, float* gbias, Partials partials) {
  const ChannelCoefficients of = batch_norm_sums(stream, x, n, gy, gweight, gbias, partials);
  const PlaneGrid g = plane_grid(int64_t{x.blocks} * x.c, x.plane_size());
  launch(stream, through_moments, g.grid, g.block, x, n, of, gy.data, gx);
}

void normalise_leaky_relu(cudaStream_t stream, const Batch& x, const Normalisation& n, float slope,
                          Resample then, const Batch& y) {
  switch (then) {
    case Resample::none:
      return forward<Resample::none>(stream, x, n, slope, y);
    case Resample::max_pool:
      return forward<Resample::max_pool>(stream, x, n, slope, y);
    case Resample::upsample:
      return forward<Resample::upsample>(stream, x, n, slope, y);
  }
}

void normalise_leaky_relu_gradient(cudaStream_t stream, const Batch& x, const Normalisation& n, float slope,
                                   Resample then, const Batch& gy, const Batch& gx, float* gweight,
                                   float* gbias, Partials partials) {
  switch (then) {
    case Resample::none:
      backward<Resample::none>(stream, x, n, slope, gy, gx);
      break;
    case Resample::max_pool:
      backward<Resample::max_pool>(stream, x, n, slope, gy, gx);
      break;
    case Resample::upsample:
      backward<Resample::upsample>(stream, x, n, slope, gy, gx);
      break;
  }
  batch_norm_gradient(stream, x, n, gx, gx, gweight, gbias, partials);
}

}  // namespace engine::cuda
