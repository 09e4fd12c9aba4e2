// Dense layers.
//
// The plain loops these equal are reference/loops.h: dense, dense_input_gradient, dense_weight_gradient. A
// layer is a product of matrices whose sums over k must not be split: an output is one chain as long as there
// are features.
#include <cuda_runtime.h>

#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/launch.h"
#include "engine/backends/cuda/tiles.h"

namespace engine::cuda {

namespace {

// ---- y = x·w and its input gradient

struct Product {  // y[n,m] = bias[m] + Σ_k x[n,k]·w[m·row_stride + k·column_stride]; one of the strides is 1
  Batch x, y;
  const float* w;
  const float* bias;
  int row_stride, column_stride;
};

// S neighbouring floats, aligned as a whole.
template <int S>
__device__ inline void load_floats(const float* from, float (&to)[S]) {
  if constexpr (S == 4) {
    const float4 four = *reinterpret_cast<const float4*>(from);
    to[0] = four.x, to[1] = four.y, to[2] = four.z, to[3] = four.w;
  } else if constexpr (S == 2) {
    const float2 two = *reinterpret_cast<const float2*>(from);
    to[0] = two.x, to[1] = two.y;
  } else {
    to[0] = *from;
  }
}

constexpr int product_threads = 64;  // two warps

// A block of threads computes one block of samples × `outputs` outputs.
//
// Lanes: S neighbouring samples × S outputs each, so 16 / S lanes share a row of weights. Registers: S × S
// chains, and what the next chunk of shared memory will hold. Shared memory: of 32 features the samples and
// the weights, twice, so that one pair is filled while the other is read.
//
// Floor: 2·samples·features·outputs over 67 TFLOP/s (784→1024, 208 samples: 5 µs), or 4 cycles for each
// feature (784: 1.8 µs). A step of S² multiply-adds reads 2·S words, which take 2·S cycles of the
// multiprocessor where the arithmetic takes S²/4: with 4 × 4 the loads are the limit, at half the
// arithmetic's peak. With 8 × 8 they would not be, but there are too few outputs for that: 784→1024 is 416
// warps of 4 × 4 for an H100's 528 schedulers, and 104 of 8 × 8.
template <int S, bool Transposed>  // Transposed: column_stride is 1
__global__ void __launch_bounds__(product_threads) product(Product job) {
  constexpr int rows = product_threads / (lanes / S);  // of threads, each with S outputs
  constexpr int outputs = rows * S, pitch = outputs + 4;
  constexpr int depth = S == 4 ? 16 : 32;  // features in shared memory at once
  constexpr int x_loads = depth * lanes / product_threads, w_loads = depth * outputs / product_threads;
  alignas(16) __shared__ float xs[2][depth * lanes];
  alignas(16) __shared__ float ws[2][depth * pitch];
  const int thread = threadIdx.x;
  const int tiles = (job.y.c + outputs - 1) / outputs;
  const int block = blockIdx.x / tiles, first = blockIdx.x % tiles * outputs;
  const int sample = thread % (lanes / S) * S, row = thread / (lanes / S) * S;
  const int features = job.x.c, last_row = job.y.c - 1 - first, last = features - 1;
  const float* x = job.x.at(block, 0);

  // Number i of this thread's share of the weights, as (k, m) within the chunk. Neighbouring threads read
  // along the stride of 1; where weights are transposed a warp reads 8 of 4 rows each, which fall on 32
  // different banks.
  const auto k_of = [&](int i) {
    constexpr int quads = outputs / 4;
    if (!Transposed) return i * (product_threads / outputs) + thread / outputs;
    return (quads > 1 ? 2 * i / quads : 2 * i + thread / 32) * 8 + thread % 32 / 4;
  };
  const auto m_of = [&](int i) {
    constexpr int quads = outputs / 4;
    if (!Transposed) return thread % outputs;
    return (quads > 1 ? 2 * i % quads + thread / 32 : 0) * 4 + thread % 4;
  };
  // Past the last output or feature the last is loaded again, and not used.
  float next_x[x_loads], next_w[w_loads];
  const auto load = [&](int f) {
    const float* from = job.w + static_cast<int64_t>(first) * job.row_stride;
    SVDD_UNROLL
    for (int i = 0; i < x_loads; ++i) {
      const int k = i * (product_threads / lanes) + thread / lanes;
      next_x[i] = x[(f + k < last ? f + k : last) * lanes + thread % lanes];
    }
    SVDD_UNROLL
    for (int i = 0; i < w_loads; ++i) {
      const int m = m_of(i) < last_row ? m_of(i) : last_row, k = f + k_of(i) < last ? f + k_of(i) : last;
      next_w[i] = Transposed ? from[static_cast<int64_t>(m) * job.row_stride + k]
                             : from[static_cast<int64_t>(k) * job.column_stride + m];
    }
  };
  const auto keep = [&](int buffer) {
    SVDD_UNROLL
    for (int i = 0; i < x_loads; ++i) xs[buffer][i * product_threads + thread] = next_x[i];
    SVDD_UNROLL
    for (int i = 0; i < w_loads; ++i) ws[buffer][k_of(i) * pitch + m_of(i)] = next_w[i];
  };

  float acc[S][S];
  SVDD_UNROLL
  for (int t = 0; t < S; ++t) {
    const float start = job.bias && first + row + t < job.y.c ? job.bias[first + row + t] : 0.0f;
    SVDD_UNROLL
    for (int s = 0; s < S; ++s) acc[t][s] = start;
  }
  const auto step = [&](int buffer, int k) {
    float value[S], weight[S];
    load_floats<S>(&xs[buffer][k * lanes + sample], value);
    load_floats<S>(&ws[buffer][k * pitch + row], weight);
    SVDD_UNROLL
    for (int t = 0; t < S; ++t) {
      SVDD_UNROLL
      for (int s = 0; s < S; ++s) acc[t][s] = fmaf(value[s], weight[t], acc[t][s]);
    }
  };

  load(0);
  keep(0);
  __syncthreads();
  int buffer = 0;
  for (int f = 0; f < features; f += depth, buffer ^= 1) {
    const bool more = f + depth < features;
    if (more) load(f + depth);
    if (f + depth <= features) {
      SVDD_UNROLL
      for (int k = 0; k < depth; ++k) step(buffer, k);
    } else {
      for (int k = 0; k < features - f; ++k) step(buffer, k);
    }
    if (more) keep(buffer ^ 1);
    __syncthreads();
  }
  SVDD_UNROLL
  for (int t = 0; t < S; ++t) {
    const int m = first + row + t;
    if (m >= job.y.c) break;
    SVDD_UNROLL
    for (int s = 0; s < S; ++s) job.y.at(block, m)[sample + s] = acc[t][s];
  }
}

void product_of(cudaStream_t stream, const Product& job) {
  struct Candidate {
    void (*straight)(Product);
    void (*transposed)(Product);
    int s;
  };
  constexpr Candidate candidates[] = {{product<4, false>, product<4, true>, 4},
                                      {product<2, false>, product<2, true>, 2},
                                      {product<1, false>, product<1, true>, 1}};
  const Candidate* best = nullptr;
  int64_t least = 0;
  for (const Candidate& candidate : candidates) {
    const int s = candidate.s, outputs = product_threads * s * s / lanes;
    const int64_t blocks = job.x.blocks * divided_up(job.y.c, outputs);
    const int staging = (lanes + outputs) * 2 / product_threads + 1;
    const int instructions = s * s + 2 + 2 * staging;
    const int64_t cycles = estimated_cycles({.warps = blocks * product_threads / 32,
                                             .rounds = job.x.c,
                                             .instructions = instructions,
                                             .words = 2 * s + staging,
                                             .latency = std::max(instructions, 8)});
    if (best && cycles >= least) continue;
    best = &candidate, least = cycles;
  }
  const int outputs = product_threads * best->s * best->s / lanes;
  launch(stream, job.column_stride == 1 ? best->transposed : best->straight,
         blocks_for(job.x.blocks * divided_up(job.y.c, outputs), 1), product_threads, job);
}

// ---- the weight gradient

constexpr int gradient_threads = 128;

struct DenseWeightGradient {
  Batch x, gy;
  float* gw;
  int f_tiles;  // of features
  int units;    // half-warps
};

// Adds the sixteen lanes' sums by the tree: 8 apart, then 4, 2, 1. Of Count sums each lane keeps half and
// hands the other half to the lane that keeps it, so that all lanes add all the time, and Count / 16 are left
// in each: lane l has the sums of numbers l·Count/16 and on.
template <int Count>
__device__ inline void tree_sums(const float (&sums)[Count], int lane, float (&result)[Count / 16]) {
  const auto halve = [&]<int N>(const float(&from)[N], float(&to)[N / 2], int apart) {
    const bool upper = lane & apart;
    SVDD_UNROLL
    for (int i = 0; i < N / 2; ++i) {
      const float mine = upper ? from[N / 2 + i] : from[i], other = upper ? from[i] : from[N / 2 + i];
      to[i] = mine + __shfl_xor_sync(0xffffffffu, other, apart);
    }
  };
  float eight[Count / 2], four[Count / 4], two[Count / 8];
  halve(sums, eight, 8);
  halve(eight, four, 4);
  halve(four, two, 2);
  halve(two, result, 1);
}

// Lanes: samples, a half-warp for a tile of weights. Registers: T outputs × F features, chains over the
// blocks of samples. Per block T + F words for T·F multiply-adds.
//
// Floor: 2·samples·features·outputs over 67 TFLOP/s (784→1024, 208 samples: 5 µs); the weights once over 3.35
// TB/s (1 µs). The tree takes 15·T·F/8 additions and shuffles after 13·T·F multiply-adds.
template <int T, int F>
__global__ void __launch_bounds__(gradient_threads) dense_weight_gradient_tile(DenseWeightGradient job) {
  // Half-warps past the last compute the last tile once more: shuffles want whole warps.
  auto unit = static_cast<int>(blockIdx.x * (gradient_threads / lanes) + threadIdx.x / lanes);
  if (unit >= job.units) unit = job.units - 1;
  const int lane = threadIdx.x % lanes;
  const int f_first = unit % job.f_tiles * F, o_first = unit / job.f_tiles * T;
  const int features = job.x.c, outputs = job.gy.c;
  const float *x[F], *gy[T];
  SVDD_UNROLL
  for (int i = 0; i < F; ++i)
    x[i] = job.x.data + (f_first + i < features ? f_first + i : features - 1) * lanes + lane;
  SVDD_UNROLL
  for (int t = 0; t < T; ++t)
    gy[t] = job.gy.data + (o_first + t < outputs ? o_first + t : outputs - 1) * lanes + lane;
  float acc[T * F];
  SVDD_UNROLL
  for (int i = 0; i < T * F; ++i) acc[i] = 0.0f;
  int64_t x_at = 0, gy_at = 0;
  for (int block = 0; block < job.x.blocks; ++block) {
    float value[F], g[T];
    SVDD_UNROLL
    for (int i = 0; i < F; ++i) value[i] = x[i][x_at];
    SVDD_UNROLL
    for (int t = 0; t < T; ++t) g[t] = gy[t][gy_at];
    SVDD_UNROLL
    for (int t = 0; t < T; ++t) {
      SVDD_UNROLL
      for (int i = 0; i < F; ++i) acc[t * F + i] = fmaf(g[t], value[i], acc[t * F + i]);
    }
    x_at += static_cast<int64_t>(features) * lanes, gy_at += static_cast<int64_t>(outputs) * lanes;
  }
  constexpr int kept = T * F / lanes;
  float sums[kept];
  tree_sums<T * F>(acc, lane, sums);
  SVDD_UNROLL
  for (int i = 0; i < kept; ++i) {
    const int index = lane * kept + i, o = o_first + index / F, f = f_first + index % F;
    if (o < outputs && f < features) job.gw[static_cast<int64_t>(o) * features + f] = sums[i];
  }
}

}  // namespace

void dense(cudaStream_t stream, const Batch& x, const float* w, const float* bias, const Batch& y, Scratch&) {
  product_of(stream, {x, y, w, bias, x.c, 1});
}

void dense_input_gradient(cudaStream_t stream, const Batch& gy, const float* w, const Batch& gx, Scratch&) {
  product_of(stream, {gy, gx, w, nullptr, 1, gx.c});
}

void dense_weight_gradient(cudaStream_t stream, const Batch& x, const Batch& gy, float* gw, Scratch&) {
  struct Candidate {
    void (*kernel)(DenseWeightGradient);
    int t, f;
  };
  constexpr Candidate candidates[] = {{dense_weight_gradient_tile<8, 8>, 8, 8},
                                      {dense_weight_gradient_tile<4, 4>, 4, 4}};
  const Candidate* best = nullptr;
  int64_t least = 0;
  for (const Candidate& candidate : candidates) {
    const int t = candidate.t, f = candidate.f;
    const int64_t warps = divided_up(divided_up(gy.c, t) * divided_up(x.c, f), 2);
    const int64_t cycles = estimated_cycles({.warps = warps,
                                             .rounds = x.blocks + 4,
                                             .instructions = t * f + t + f + 4,
                                             .words = t + f,
                                             .latency = t * f + 100});
    if (best && cycles >= least) continue;
    best = &candidate, least = cycles;
  }
  DenseWeightGradient job{x, gy, gw, static_cast<int>(divided_up(x.c, best->f)), 0};
  job.units = job.f_tiles * static_cast<int>(divided_up(gy.c, best->t));
  launch(stream, best->kernel, blocks_for(job.units, gradient_threads / lanes), gradient_threads, job);
}

}  // namespace engine::cuda
