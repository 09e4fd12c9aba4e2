// Sums over samples, distances, the nearest of several points, and the quantile that becomes a radius.
#include <cmath>

#include "engine/backends/cuda/chain.cuh"
#include "engine/backends/cuda/half_warp.cuh"
#include "engine/backends/cuda/kernels.h"

namespace engine::cuda {
namespace {

constexpr int warp = 32, blocks_per_warp = warp / lanes;

// One warp: a batch has a few blocks of samples, so there is nothing to share out.
__global__ void __launch_bounds__(warp)
    sum_samples_kernel(const float* x, int samples, float divisor, float* sum) {
  const int lane = static_cast<int>(threadIdx.x) % lanes;
  float total = 0.0f;
  chain<16>((samples - lane + lanes - 1) / lanes, [&](int block) { return x[block * lanes + lane]; },
            [&](float v) { total = total + v; });
  total = tree_sum(total);
  if (threadIdx.x == 0) *sum = total / divisor;
}

// Half a warp for each number of the table: it adds up what the samples that took it have.
__global__ void __launch_bounds__(warp)
    take_gradient_kernel(const float* index, Batch gy, float* gtable, int64_t numbers) {
  const int lane = static_cast<int>(threadIdx.x) % lanes, size = gy.c * gy.positions();
  const int64_t own = int64_t{blockIdx.x} * blocks_per_warp + static_cast<int>(threadIdx.x) / lanes,
                at = own < numbers ? own : 0;  // the whole warp takes part in the tree
  const int64_t k = at / size;
  const float* g = gy.data + at % size * lanes + lane;
  float sum = 0.0f;
  chain<16>((gy.samples - lane + lanes - 1) / lanes,
            [&](int block) {
              return static_cast<int64_t>(index[block * lanes + lane]) == k
                         ? g[int64_t{block} * gy.block_size()]
                         : 0.0f;
            },
            [&](float v) { sum = sum + v; });
  sum = tree_sum(sum);
  if (lane == 0 && own < numbers) gtable[own] = sum;
}

// ---- distances: one chain over the features for each sample, half a warp for a block of samples

struct Pair {
  float a, b;
};

template <bool point>
__global__ void __launch_bounds__(warp) squared_distance_kernel(Batch a, const float* b, float* d) {
  const int lane = static_cast<int>(threadIdx.x) % lanes,
            block = static_cast<int>(blockIdx.x) * blocks_per_warp + static_cast<int>(threadIdx.x) / lanes;
  if (block >= a.blocks) return;
  const float *p = a.at(block, 0) + lane, *q = point ? b : b + block * a.block_size() + lane;
  float sum = 0.0f;
  chain<32>(
      a.c * a.positions(),
      [&](int f) {
        return Pair{p[f * lanes], q[point ? f : f * lanes]};
      },
      [&](const Pair& v) {
        const float difference = v.a - v.b;
        sum = fmaf(difference, difference, sum);
      });
  d[block * lanes + lane] = sum;
}

__global__ void __launch_bounds__(block_threads)
    squared_distance_gradient_kernel(Batch a, const float* b, bool point, const float* gd, float* ga) {
  for_own_items(a.blocks, static_cast<int>(a.block_size()), [&](int block, int item) {
    const int64_t at = block * a.block_size() + item;
    const float g = gd[block * lanes + item % lanes];
    ga[at] = (g + g) * (a.data[at] - b[point ? item / lanes : at]);
  });
}

// ---- the nearest point: a block of threads for a block of samples. Each of its half-warps takes every
// sixteenth group of `together` points and remembers its nearest; then one of them compares the sixteen. Of
// equals the lowest index counts, as if all had been compared in order.

constexpr int searchers = block_threads / lanes, together = 4;

__global__ void __launch_bounds__(block_threads)
    nearest_point_kernel(Batch a, const float* points, const float* alive, int count, float* index) {
  __shared__ float least_of[searchers][lanes];
  __shared__ int nearest_of[searchers][lanes];
  const int lane = static_cast<int>(threadIdx.x) % lanes, searcher = static_cast<int>(threadIdx.x) / lanes,
            block = static_cast<int>(blockIdx.x), size = a.c;
  const float* p = a.at(block, 0) + lane;
  float least = INFINITY;
  int nearest = 0;
  for (int first = searcher * together; first < count; first += searchers * together) {
    float sums[together] = {};
    const float* q[together];
#pragma unroll
    for (int t = 0; t < together; ++t) q[t] = points + int64_t{min(first + t, count - 1)} * size;
#pragma unroll 4
    for (int f = 0; f < size; ++f) {
      const float value = p[f * lanes];
#pragma unroll
      for (int t = 0; t < together; ++t) {
        const float difference = value - q[t][f];
        sums[t] = fmaf(difference, difference, sums[t]);
      }
    }
#pragma unroll
    for (int t = 0; t < together; ++t) {
      const int k = first + t;
      if (k >= count || alive[k] == 0.0f || !(sums[t] < least)) continue;
      least = sums[t];
      nearest = k;
    }
  }
  least_of[searcher][lane] = least;
  nearest_of[searcher][lane] = nearest;
  __syncthreads();
  if (searcher != 0) return;
  for (int s = 1; s < searchers; ++s) {
    const float other = least_of[s][lane];
    const int k = nearest_of[s][lane];
    if (other < least || (other == least && other < INFINITY && k < nearest)) {
      least = other;
      nearest = k;
    }
  }
  index[block * lanes + lane] = static_cast<float>(nearest);
}

// ---- which points may be nearest: a block of threads for a block of samples. Each of its half-warps goes
// over a run of neighbouring points, three times: for its least distance, to count what lies within the
// limit, and, knowing how many those before it have, to list them. The second and third find the numbers in
// the cache.

__global__ void __launch_bounds__(block_threads)
    nearest_candidates_kernel(Batch x, const float* slack, const float* margin, bool others, float* limit,
                              float* count, Batch list) {
  __shared__ float least_of[searchers][lanes];
  __shared__ int nearest_of[searchers][lanes];
  __shared__ int found_of[searchers][lanes];
  const int lane = static_cast<int>(threadIdx.x) % lanes, searcher = static_cast<int>(threadIdx.x) / lanes,
            block = static_cast<int>(blockIdx.x), sample = block * lanes + lane;
  const int run = (x.c + searchers - 1) / searchers, first = min(searcher * run, x.c),
            points = min(run, x.c - first), own = others ? sample - first : -1;
  const float* distances = x.at(block, first) + lane;
  const auto load = [&](int k) { return distances[k * lanes]; };

  float least = INFINITY;
  int nearest = -1, k = 0;
  chain<16>(points, load, [&](float v) {
    if (k != own && v < least) {
      least = v;
      nearest = first + k;
    }
    ++k;
  });
  least_of[searcher][lane] = least;
  nearest_of[searcher][lane] = nearest;
  float bound = limit[sample];
  __syncthreads();
  least = INFINITY, nearest = -1;
  for (int s = 0; s < searchers; ++s)  // ascending, so that of equals the lowest stays
    if (least_of[s][lane] < least) {
      least = least_of[s][lane];
      nearest = nearest_of[s][lane];
    }
  if (nearest >= 0) {
    const float sum = (least + slack[nearest]) + margin[sample];
    bound = sum < bound ? sum : bound;
  }

  int found = 0;
  k = 0;
  chain<16>(points, load, [&](float v) {
    found += !(v > bound) && k != own;
    ++k;
  });
  found_of[searcher][lane] = found;
  __syncthreads();
  int before = 0, all = 0;
  for (int s = 0; s < searchers; ++s) {
    before += s < searcher ? found_of[s][lane] : 0;
    all += found_of[s][lane];
  }
  if (searcher == 0) {
    limit[sample] = bound;
    count[sample] = static_cast<float>(all);
  }
  for (int i = all + searcher; i < list.c; i += searchers) list.at(block, i)[lane] = -1.0f;
  for (k = 0; found > 0 && before < list.c; ++k) {
    if (load(k) > bound || k == own) continue;
    list.at(block, before)[lane] = static_cast<float>(first + k);
    ++before;
    --found;
  }
}

// ---- order statistics by counting: the rank of a number is how many precede it

// Numbers in the order of their keys, NaN last, both zeros alike.
__device__ unsigned key_of(float v) {
  if (isnan(v)) return 0xffffffffu;
  const unsigned bits = __float_as_uint(v + 0.0f);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

// Writes the numbers of rank `low` and `high` to picked[0] and picked[1].
__global__ void __launch_bounds__(block_threads)
    pick_ranks(const float* x, int samples, int low, int high, float* picked) {
  __shared__ unsigned keys[block_threads];
  const int t = static_cast<int>(threadIdx.x), own = static_cast<int>(blockIdx.x) * block_threads + t;
  const float value = own < samples ? x[own] : 0.0f;
  const unsigned key = key_of(value);
  int rank = 0;
  for (int first = 0; first < samples; first += block_threads) {
    __syncthreads();
    if (first + t < samples) keys[t] = key_of(x[first + t]);
    __syncthreads();
    const int end = min(block_threads, samples - first);
    for (int other = 0; other < end; ++other)
      rank += keys[other] < key || (keys[other] == key && first + other < own);
  }
  if (own >= samples) return;
  if (rank == low) picked[0] = value;
  if (rank == high) picked[1] = value;
}

__global__ void interpolate_roots(const float* picked, float part, float* result) {
  const auto root = [](float v) { return sqrtf(v <= 0.0f ? 0.0f : v); };
  if (threadIdx.x == 0) *result = fmaf(part, root(picked[1]) - root(picked[0]), root(picked[0]));
}

}  // namespace

void take_gradient(cudaStream_t stream, const float* index, const Batch& gy, float* gtable, int64_t rows) {
  const int64_t numbers = rows * (gy.block_size() / lanes);
  launch(stream, take_gradient_kernel, blocks_for(numbers, blocks_per_warp), warp, index, gy, gtable,
         numbers);
}

void sum_samples(cudaStream_t stream, const float* x, int64_t samples, float divisor, float* sum) {
  launch(stream, sum_samples_kernel, 1, warp, x, static_cast<int>(samples), divisor, sum);
}

void squared_distance(cudaStream_t stream, const Batch& a, const float* b, bool point, float* d) {
  launch(stream, point ? squared_distance_kernel<true> : squared_distance_kernel<false>,
         blocks_for(a.blocks, blocks_per_warp), warp, a, b, d);
}
void squared_distance_gradient(cudaStream_t stream, const Batch& a, const float* b, bool point,
                               const float* gd, float* ga) {
  const PlaneGrid g = plane_grid(a.blocks, static_cast<int>(a.block_size()));
  launch(stream, squared_distance_gradient_kernel, g.grid, g.block, a, b, point, gd, ga);
}

void nearest_point(cudaStream_t stream, const Batch& a, const float* points, const float* alive,
                   int64_t count, float* index) {
  launch(stream, nearest_point_kernel, static_cast<unsigned>(a.blocks), block_threads, a, points, alive,
         static_cast<int>(count), index);
}

void nearest_candidates(cudaStream_t stream, const Batch& x, const float* slack, const float* margin,
                        bool others, float* limit, float* count, const Batch& list) {
  launch(stream, nearest_candidates_kernel, static_cast<unsigned>(x.blocks), block_threads, x, slack, margin,
         others, limit, count, list);
}

void root_quantile(cudaStream_t stream, const float* x, int64_t samples, double q, float* result,
                   Scratch& scratch) {
  const double position = static_cast<double>(samples - 1) * q;
  const auto low = static_cast<int64_t>(position), high = std::min(low + 1, samples - 1);
  float* picked = scratch.floats(2);
  launch(stream, pick_ranks, blocks_for(samples), block_threads, x, static_cast<int>(samples),
         static_cast<int>(low), static_cast<int>(high), picked);
  launch(stream, interpolate_roots, 1, warp, picked, static_cast<float>(position - static_cast<double>(low)),
         result);
}

}  // namespace engine::cuda
