// The weight gradient of a convolution, samples in the lanes.
//
// The plain loop this equals is reference/loops.h: conv2d_weight_gradient. For each weight sixteen samples
// have a chain over their positions each; then the chains of all blocks of samples are added in order, lane
// by lane; then the tree over the lanes closes. A chain is never split, so what can run side by side are
// weights, lanes and blocks.
#include <cuda_runtime.h>

#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/launch.h"
#include "engine/backends/cuda/tiles.h"

namespace engine::cuda {

namespace {

struct WeightGradient {
  Batch x, gy;
  float* gw;
  int kernel, stride, padding;
  int slots;             // blocks of samples that a block of threads takes side by side
  int groups, c_groups;  // of output and input channels
};

// s[0] of the tree over sixteen lanes: 8 apart, then 4, 2, 1.
__device__ inline float tree_sum(const float* s) {
  float sum[lanes];
  SVDD_UNROLL
  for (int l = 0; l < lanes; ++l) sum[l] = s[l];
  SVDD_UNROLL
  for (int l = 0; l < 8; ++l) sum[l] = sum[l] + sum[l + 8];
  SVDD_UNROLL
  for (int l = 0; l < 4; ++l) sum[l] = sum[l] + sum[l + 4];
  sum[0] = sum[0] + sum[2], sum[1] = sum[1] + sum[3];
  return sum[0] + sum[1];
}

constexpr int most_slots = 14;  // 13 are a batch of 200; two blocks of threads leave 144 registers for each
constexpr int most_threads = most_slots * lanes;

// 5×5, stride 1.
//
// T and C divide the channels. Lanes: samples. Registers: T output × C input channels × the 5 taps of one
// filter row, chains over all positions of one block of samples; of x the window of 5 columns (and the 3 that
// follow), so that each number is loaded once for a row. Per column T + C words for 5·T·C multiply-adds. The
// half-warps of a block of threads take different blocks of samples; shared memory is where their chains
// meet: 5·C at a time they are added to `total` in order of the blocks. That costs T·2 barriers for each
// round of `slots` blocks, but no second kernel and no memory for the parts, which for 64→128 channels would
// be 170 MB.
//
// Floor: 50·O·C·positions operations for each sample over 67 TFLOP/s (as the forward pass: 81 µs for
// CIFAR-10's 32→64 and 64→128 and 208 samples).
template <int T, int C, int U>
__global__ void __launch_bounds__(most_threads, 2) weight_gradient_5x5(WeightGradient job) {
  constexpr int sums = 5 * C;  // of one output channel
  __shared__ float parts[most_slots * sums * lanes];
  __shared__ float total[T * sums * lanes];
  const int lane = threadIdx.x % lanes, slot = threadIdx.x / lanes;
  const int k = blockIdx.x % 5, group = blockIdx.x / 5 % job.groups, c_group = blockIdx.x / 5 / job.groups;
  const int o_first = group * T, c_first = c_group * C;
  const int width = job.x.w, columns = job.gy.w, padding = job.padding;
  const int x_plane = job.x.plane_size(), gy_plane = job.gy.plane_size();
  // Rows of gy whose row of taps lies inside the image.
  const int i_first = padding > k ? padding - k : 0;
  const int i_last = job.gy.h < job.x.h + padding - k ? job.gy.h : job.x.h + padding - k;

  for (int i = threadIdx.x; i < T * sums * lanes; i += blockDim.x) total[i] = 0.0f;
  for (int first = 0; first < job.x.blocks; first += job.slots) {
    float acc[T][C][5];
    SVDD_UNROLL
    for (int t = 0; t < T; ++t) {
      SVDD_UNROLL
      for (int c = 0; c < C; ++c) {
        SVDD_UNROLL
        for (int l = 0; l < 5; ++l) acc[t][c][l] = 0.0f;
      }
    }
    if (slot < job.slots && first + slot < job.x.blocks) {
      const float* xb =
          job.x.at(first + slot, c_first) + ((i_first + k - padding) * width - padding) * lanes + lane;
      const float* gb = job.gy.at(first + slot, o_first) + i_first * columns * lanes + lane;
      const auto x = [&](int c, int column) -> const float& { return xb[c * x_plane + column * lanes]; };
      const auto gy = [&](int t, int column) -> const float& { return gb[t * gy_plane + column * lanes]; };
      // Column j of gy meets the columns j … j + 4 of x, counted from the padding's first.
      const auto edge = [&](int j) {
        bool inside[5];
        SVDD_UNROLL
        for (int l = 0; l < 5; ++l) inside[l] = j + l >= padding && j + l < width + padding;
        float g[T];
        SVDD_UNROLL
        for (int t = 0; t < T; ++t) g[t] = gy(t, j);
        SVDD_UNROLL
        for (int l = 0; l < 5; ++l) {
          if (!inside[l]) continue;
          SVDD_UNROLL
          for (int c = 0; c < C; ++c) {
            const float value = x(c, j + l);
            SVDD_UNROLL
            for (int t = 0; t < T; ++t) acc[t][c][l] = fmaf(g[t], value, acc[t][c][l]);
          }
        }
      };
      for (int i = i_first; i < i_last; ++i) {
        int j = 0;
        for (; j + 2 < padding && j < columns; ++j) edge(j);
        if (j + U <= columns && j + U + 1 < width + padding) {
          // Four columns at once. Of the eight columns of x that they meet only the first and last two can
          // lie on the padding.
          float window[C][U + 4];
          SVDD_UNROLL
          for (int q = 0; q < 4; ++q) {
            const bool inside = q >= 2 || j + q >= padding;
            SVDD_UNROLL
            for (int c = 0; c < C; ++c) window[c][q] = inside ? x(c, j + q) : 0.0f;
          }
          for (; j + U <= columns && j + U + 1 < width + padding; j += U) {
            const auto inside = [&](int q) {
              return q < 2 ? j + q >= padding : q < U + 2 || j + q < width + padding;
            };
            SVDD_UNROLL
            for (int q = 4; q < U + 4; ++q) {
              SVDD_UNROLL
              for (int c = 0; c < C; ++c) window[c][q] = inside(q) ? x(c, j + q) : 0.0f;
            }
            SVDD_UNROLL
            for (int t = 0; t < T; ++t) {
              SVDD_UNROLL
              for (int u = 0; u < U; ++u) {
                const float g = gy(t, j + u);
                SVDD_UNROLL
                for (int l = 0; l < 5; ++l) {
                  if (!inside(u + l)) continue;
                  SVDD_UNROLL
                  for (int c = 0; c < C; ++c) acc[t][c][l] = fmaf(g, window[c][u + l], acc[t][c][l]);
                }
              }
            }
            SVDD_UNROLL
            for (int c = 0; c < C; ++c) {
              SVDD_UNROLL
              for (int q = 0; q < 4; ++q) window[c][q] = window[c][q + U];
            }
          }
        }
        for (; j < columns; ++j) edge(j);
        xb += width * lanes, gb += columns * lanes;
      }
    }
    const int blocks = job.x.blocks - first < job.slots ? job.x.blocks - first : job.slots;
    SVDD_UNROLL
    for (int t = 0; t < T; ++t) {
      if (slot < blocks) {
        SVDD_UNROLL
        for (int c = 0; c < C; ++c) {
          SVDD_UNROLL
          for (int l = 0; l < 5; ++l) parts[(slot * sums + c * 5 + l) * lanes + lane] = acc[t][c][l];
        }
      }
      __syncthreads();
      for (int i = threadIdx.x; i < sums * lanes; i += blockDim.x) {
        float sum = total[t * sums * lanes + i];
        for (int block = 0; block < blocks; ++block) sum = sum + parts[block * sums * lanes + i];
        total[t * sums * lanes + i] = sum;
      }
      __syncthreads();
    }
  }
  for (int i = threadIdx.x; i < T * sums; i += blockDim.x) {
    const int o = o_first + i / sums, c = c_first + i % sums / 5;
    job.gw[(static_cast<int64_t>(o) * job.x.c + c) * 25 + k * 5 + i % 5] = tree_sum(total + i * lanes);
  }
}

// Any kernel and stride: one weight for each block of threads, one chain for each thread.
__global__ void __launch_bounds__(most_threads) weight_gradient_any(WeightGradient job) {
  __shared__ float parts[most_slots * lanes];
  __shared__ float total[lanes];
  const int lane = threadIdx.x % lanes, slot = threadIdx.x / lanes;
  const int l = blockIdx.x % job.kernel, k = blockIdx.x / job.kernel % job.kernel,
            channels = blockIdx.x / job.kernel / job.kernel, c = channels % job.x.c, o = channels / job.x.c;
  if (threadIdx.x < lanes) total[threadIdx.x] = 0.0f;
  for (int first = 0; first < job.x.blocks; first += job.slots) {
    const int blocks = job.x.blocks - first < job.slots ? job.x.blocks - first : job.slots;
    if (slot < blocks) {
      const float *x = job.x.at(first + slot, c) + lane, *gy = job.gy.at(first + slot, o) + lane;
      float part = 0.0f;
      for (int i = 0; i < job.gy.h; ++i) {
        const int a = i * job.stride + k - job.padding;
        if (a < 0 || a >= job.x.h) continue;
        for (int j = 0; j < job.gy.w; ++j) {
          const int b = j * job.stride + l - job.padding;
          if (b < 0 || b >= job.x.w) continue;
          part = fmaf(gy[(i * job.gy.w + j) * lanes], x[(a * job.x.w + b) * lanes], part);
        }
      }
      parts[slot * lanes + lane] = part;
    }
    __syncthreads();
    if (threadIdx.x < lanes) {
      float sum = total[threadIdx.x];
      for (int block = 0; block < blocks; ++block) sum = sum + parts[block * lanes + threadIdx.x];
      total[threadIdx.x] = sum;
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) job.gw[blockIdx.x] = tree_sum(total);
}

// ---- which tile

struct Candidate {
  void (*kernel)(WeightGradient);
  int t, c, columns;
};

template <int T, int C, int U>
constexpr Candidate candidate() {
  return {weight_gradient_5x5<T, C, U>, T, C, U};
}

// 7 columns at once divide MNIST's rows of 28 and 14, 4 those of CIFAR-10.
const Candidate candidates[] = {candidate<8, 2, 4>(), candidate<4, 2, 4>(), candidate<8, 1, 4>(),
                                candidate<4, 1, 4>(), candidate<1, 4, 7>(), candidate<2, 2, 7>(),
                                candidate<2, 1, 7>(), candidate<1, 1, 7>(), candidate<1, 1, 4>()};

const Candidate& fastest(const WeightGradient& job) {
  const Candidate* best = nullptr;
  int64_t least = 0;
  for (const Candidate& candidate : candidates) {
    const int t = candidate.t, c = candidate.c;
    if (job.gy.c % t != 0 || job.x.c % c != 0) continue;
    const int together = job.gy.w / candidate.columns, single = job.gy.w % candidate.columns;
    const int instructions = together * (candidate.columns * (5 * t * c + t + c) + 4 * c + 2 * t + 20) +
                             single * (5 * t * c + t + 5 * c + 25);
    const int64_t tiles = 5 * (job.gy.c / t) * (job.x.c / c);
    // A block of threads stays on its multiprocessor: whole blocks count. Its chains wait for a load in every
    // column.
    const int64_t warps = divided_up(tiles, 132) * 132 * divided_up(job.slots, 2);
    const int64_t cycles = estimated_cycles({.warps = warps,
                                             .rounds = job.gy.h,
                                             .instructions = instructions,
                                             .words = job.gy.w * (t + c) + single * 4 * c,
                                             .latency = instructions + 40 * (together + single)});
    if (best && cycles >= least) continue;
    best = &candidate, least = cycles;
  }
  return *best;
}

}  // namespace

void conv2d_weight_gradient(cudaStream_t stream, const Batch& x, const Batch& gy, Window v, float* gw,
                            Scratch&) {
  const int rounds = static_cast<int>(divided_up(x.blocks, most_slots));
  WeightGradient job{x,
                     gy,
                     gw,
                     static_cast<int>(v.kernel),
                     static_cast<int>(v.stride),
                     static_cast<int>(v.padding),
                     static_cast<int>(divided_up(x.blocks, rounds)),
                     0,
                     0};
  const auto threads = static_cast<unsigned>(divided_up(job.slots, 2) * 2 * lanes);  // whole warps
  if (v.kernel == 5 && v.stride == 1) {
    const Candidate& tile = fastest(job);
    job.groups = gy.c / tile.t;
    job.c_groups = x.c / tile.c;
    launch(stream, tile.kernel, blocks_for(int64_t{5} * job.groups * job.c_groups, 1), threads, job);
  } else {
    launch(stream, weight_gradient_any, blocks_for(int64_t{gy.c} * x.c * v.kernel * v.kernel, 1), threads,
           job);
  }
}

}  // namespace engine::cuda
