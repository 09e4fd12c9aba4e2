// Convolution and its input gradient, samples in the lanes.
//
// The plain loops these equal are reference/loops.h: conv2d, conv2d_input_gradient. With stride 1 the input
// gradient is a correlation too: of gy with the turned filters, input and output channels exchanged.
//
// Why no shared memory: with sixteen samples in the lanes a value of x serves T channels × 5 taps from a
// register, and what a warp loads again lies in the first cache, which is the same memory as the shared one
// and as fast. So threads need not meet, and small problems fill the card as well as large ones.
#include <cuda_runtime.h>

#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/launch.h"
#include "engine/backends/cuda/tiles.h"

namespace engine::cuda {

namespace {

// ---- weights in the order in which the correlation reads them

// [c][k][group][l][channel]: for each input channel and row of taps, the groups of output channels, and of
// each group the taps of the row, so that the channels of a tap load together. Channels that the last group
// lacks are zero.
struct PackedWeights {
  int out, in, kernel, group_size, groups;
  bool turned;  // for the input gradient: w is (in, out, K, K), rows and columns of taps run backwards
  int64_t count() const { return static_cast<int64_t>(in) * kernel * groups * kernel * group_size; }
};

__global__ void pack_weights(PackedWeights to, const float* w, float* packed, int count) {
  const auto index = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (index >= count) return;
  int rest = index;
  const int channel = rest % to.group_size;
  rest /= to.group_size;
  const int l = rest % to.kernel;
  rest /= to.kernel;
  const int group = rest % to.groups;
  rest /= to.groups;
  const int k = rest % to.kernel, c = rest / to.kernel;
  const int o = group * to.group_size + channel;
  float value = 0.0f;
  if (o < to.out) {
    const int64_t taps = static_cast<int64_t>(to.kernel) * to.kernel, tap = k * to.kernel + l;
    value = to.turned ? w[(static_cast<int64_t>(c) * to.out + o) * taps + taps - 1 - tap]
                      : w[(static_cast<int64_t>(o) * to.in + c) * taps + tap];
  }
  packed[index] = value;
}

// ---- correlation

constexpr int unit_threads = 128;  // of a block
constexpr int units_per_block = unit_threads / lanes;

__device__ inline int smaller(int a, int b) { return a < b ? a : b; }

struct Correlation {
  Batch x, y;
  const float* w;
  const float* bias;  // null: none
  int kernel, stride, padding;
  int groups, tiles;                               // of output channels; of a row's columns
  int group_step, channel_step, row_step, t_step;  // from weight to weight
  int units;                                       // half-warps: blocks × rows × tiles × groups
};

// What a half-warp computes: a group of channels at a run of columns of one row of one block. Groups run
// fastest: the half-warps of a warp, and most warps of a block, read the same x.
struct Place {
  int block, row, tile, group;
};
__device__ inline Place place_of(const Correlation& job, int unit) {
  const int group = unit % job.groups;
  unit /= job.groups;
  const int tile = unit % job.tiles;
  unit /= job.tiles;
  return {unit / job.y.h, unit % job.y.h, tile, group};
}

// The packed weights of one tap.
template <int T>
__device__ inline void load_weights(const float* from, float (&w)[T]) {
  static_assert(T % 4 == 0);
  SVDD_UNROLL
  for (int t = 0; t < T; t += 4) {
    const float4 four = *reinterpret_cast<const float4*>(from + t);
    w[t] = four.x, w[t + 1] = four.y, w[t + 2] = four.z, w[t + 3] = four.w;
  }
}

template <int T, int P>
__device__ inline void start_tile(const Correlation& job, const Place& at, float (&acc)[T][P]) {
  SVDD_UNROLL
  for (int t = 0; t < T; ++t) {
    const int o = at.group * T + t;
    const float start = job.bias && o < job.y.c ? job.bias[o] : 0.0f;
    SVDD_UNROLL
    for (int p = 0; p < P; ++p) acc[t][p] = start;
  }
}

template <int T, int P>
__device__ inline void store_tile(const Correlation& job, const Place& at, int column, int lane,
                                  const float (&acc)[T][P]) {
  const int plane = job.y.plane_size();
  float* y = job.y.at(at.block, at.group * T) + (at.row * job.y.w + column) * lanes + lane;
  SVDD_UNROLL
  for (int t = 0; t < T; ++t) {
    if (at.group * T + t >= job.y.c) break;
    SVDD_UNROLL
    for (int p = 0; p < P; ++p)
      if (column + p < job.y.w) y[static_cast<int64_t>(t) * plane + p * lanes] = acc[t][p];
  }
}

enum class Weights { packed, straight, turned };

// The numbers that `Rows` rows of taps take: P + 4 neighbouring values of x each, and 5 taps of T channels.
template <int T, int P, int Rows>
struct TapRows {
  float x[Rows][P + 4];
  float w[Rows][5][T];
};

// 5×5, stride 1: what every network of the papers has.
//
// Lanes: samples. Registers: T output channels × P neighbouring columns, each a chain of its own; the P + 4
// values of x that a row of taps touches, each loaded once; the row's 5·T weights, the same for the whole
// half-warp. A row is 5·T·P multiply-adds for P + 4 + 5·T words; 32 words cross to the registers in the cycle
// in which 128 multiply-adds are done, so that (5·T·P)/4 > P + 4 + 5·T leaves the arithmetic as the limit:
// with 4 × 16 it is twice as large.
//
// Floor: 50·C operations for each output over 67 TFLOP/s (CIFAR-10's 32→64 and 64→128: 81 µs each for 208
// samples, 3→32: 15 µs); x once and y once over 3.35 TB/s are a tenth of that.
//
// Narrow: checks every column. Otherwise the padding is at most 2, and the image at least P wide: the last
// tile of a row ends with the row, and may overlap the one before, whose outputs it computes again with the
// same bits; so only the first and the last 2 of the P + 4 columns can lie on the padding.
//
// Ahead: an input channel's 5 rows of taps are loaded together, while those of the one before are used; for
// launches that leave a scheduler few warps to hide the loads behind.
//
// Order: how the weights lie. Where few channels go together they are read as they are, which saves a launch.
template <int T, int P, bool Narrow, bool Ahead, Weights Order>
__global__ void __launch_bounds__(unit_threads, T == 4 && P == 16 ? 4 : 1) correlate_5x5(Correlation job) {
  const auto unit = static_cast<int>(blockIdx.x * units_per_block + threadIdx.x / lanes);
  if (unit >= job.units) return;
  const int lane = threadIdx.x % lanes;
  const Place at = place_of(job, unit);
  const int width = job.x.w;
  const int column = Narrow ? at.tile * P : smaller(at.tile * P, job.y.w - P);
  const int top = at.row - job.padding, left = column - job.padding;
  const int k_first = top < 0 ? -top : 0,
            k_last = smaller(5, job.x.h - top);                     // rows of taps inside the image
  const int q_first = left < 0 ? -left : 0, q_last = width - left;  // columns inside

  // The channels that the last group lacks repeat its first.
  [[maybe_unused]] const int t_step = at.group * T + T <= job.y.c ? job.t_step : 0;

  float acc[T][P];
  start_tile<T, P>(job, at, acc);

  const auto inside = [&](int q) {
    if (Narrow) return q >= q_first && q < q_last;
    return q < 2 ? q >= q_first : q < P + 2 || q < q_last;
  };
  const auto load_row = [&](const float* xr, const float* wr, float(&x)[P + 4], float(&w)[5][T]) {
    SVDD_UNROLL
    for (int q = 0; q < P + 4; ++q) x[q] = inside(q) ? xr[q * lanes] : 0.0f;
    SVDD_UNROLL
    for (int l = 0; l < 5; ++l) {
      if constexpr (Order == Weights::packed) {
        load_weights<T>(wr + l * T, w[l]);
      } else {
        SVDD_UNROLL
        for (int t = 0; t < T; ++t) w[l][t] = wr[t * t_step + (Order == Weights::straight ? l : -l)];
      }
    }
  };
  // Column by column of x: column q is tap l of output q − l. For each output the taps come in ascending
  // order.
  const auto add_row = [&](const float(&x)[P + 4], const float(&w)[5][T]) {
    SVDD_UNROLL
    for (int q = 0; q < P + 4; ++q) {
      if (!inside(q)) continue;
      SVDD_UNROLL
      for (int l = 0; l < 5; ++l) {
        if (q - l < 0 || q - l >= P) continue;
        SVDD_UNROLL
        for (int t = 0; t < T; ++t) acc[t][q - l] = fmaf(w[l][t], x[q], acc[t][q - l]);
      }
    }
  };

  const int row_step = width * lanes, plane = job.x.plane_size(), w_step = job.row_step;
  const float* xc = job.x.at(at.block, 0) + (static_cast<int64_t>(top) * width + left) * lanes + lane;
  const float* wc = job.w + at.group * job.group_step;
  if constexpr (Ahead) {
    const auto load = [&](TapRows<T, P, 5>& to) {
      SVDD_UNROLL
      for (int k = 0; k < 5; ++k)
        if (k >= k_first && k < k_last) load_row(xc + k * row_step, wc + k * w_step, to.x[k], to.w[k]);
      xc += plane, wc += job.channel_step;
    };
    const auto add = [&](const TapRows<T, P, 5>& rows) {
      SVDD_UNROLL
      for (int k = 0; k < 5; ++k)
        if (k >= k_first && k < k_last) add_row(rows.x[k], rows.w[k]);
    };
    TapRows<T, P, 5> even, odd;
    load(even);
    for (int c = 0; c < job.x.c; c += 2) {
      if (c + 1 < job.x.c) load(odd);
      add(even);
      if (c + 1 >= job.x.c) break;
      if (c + 2 < job.x.c) load(even);
      add(odd);
    }
  } else {
    xc += k_first * row_step, wc += k_first * w_step;
    for (int c = 0; c < job.x.c; ++c, xc += plane, wc += job.channel_step) {
      const float *xr = xc, *wr = wc;
      for (int k = k_first; k < k_last; ++k, xr += row_step, wr += w_step) {
        TapRows<T, P, 1> row;
        load_row(xr, wr, row.x[0], row.w[0]);
        add_row(row.x[0], row.w[0]);
      }
    }
  }
  store_tile<T, P>(job, at, column, lane, acc);
}

// Any kernel and stride: as above, with 4 channels × 4 columns, and tap by tap.
__global__ void __launch_bounds__(unit_threads) correlate_any(Correlation job) {
  constexpr int T = 4, P = 4;
  const auto unit = static_cast<int>(blockIdx.x * units_per_block + threadIdx.x / lanes);
  if (unit >= job.units) return;
  const int lane = threadIdx.x % lanes;
  const Place at = place_of(job, unit);
  const int column = at.tile * P, width = job.x.w;
  const int top = at.row * job.stride - job.padding, left = column * job.stride - job.padding;
  float acc[T][P];
  start_tile<T, P>(job, at, acc);
  for (int c = 0; c < job.x.c; ++c)
    for (int k = 0; k < job.kernel; ++k) {
      if (top + k < 0 || top + k >= job.x.h) continue;
      const float* xr = job.x.at(at.block, c) + (top + k) * width * lanes + lane;
      const float* wr =
          job.w + static_cast<int64_t>(c) * job.channel_step + k * job.row_step + at.group * job.group_step;
      for (int l = 0; l < job.kernel; ++l) {
        float w[T];
        load_weights<T>(wr + l * T, w);
        SVDD_UNROLL
        for (int p = 0; p < P; ++p) {
          const int j = left + p * job.stride + l;
          if (j < 0 || j >= width) continue;
          const float x = xr[j * lanes];
          SVDD_UNROLL
          for (int t = 0; t < T; ++t) acc[t][p] = fmaf(w[t], x, acc[t][p]);
        }
      }
    }
  store_tile<T, P>(job, at, column, lane, acc);
}

// The input gradient where the stride is above 1: no network of ours has one, so single chains, from w as it
// is.
__global__ void __launch_bounds__(unit_threads)
    strided_input_gradient(Batch gy, const float* w, int kernel, int stride, int padding, Batch gx,
                           int units) {
  auto unit = static_cast<int>(blockIdx.x * units_per_block + threadIdx.x / lanes);
  if (unit >= units) return;
  const int lane = threadIdx.x % lanes;
  const int b = unit % gx.w;
  unit /= gx.w;
  const int a = unit % gx.h;
  unit /= gx.h;
  const int c = unit % gx.c, block = unit / gx.c;
  float sum = 0.0f;
  for (int o = 0; o < gy.c; ++o)
    for (int i = 0; i < gy.h; ++i) {
      const int k = a + padding - i * stride;
      if (k < 0 || k >= kernel) continue;
      for (int j = 0; j < gy.w; ++j) {
        const int l = b + padding - j * stride;
        if (l < 0 || l >= kernel) continue;
        sum = fmaf(gy.at(block, o)[(i * gy.w + j) * lanes + lane],
                   w[((static_cast<int64_t>(o) * gx.c + c) * kernel + k) * kernel + l], sum);
      }
    }
  gx.at(block, c)[(a * gx.w + b) * lanes + lane] = sum;
}

// ---- which tile

struct Candidate {
  void (*straight)(Correlation);
  void (*turned)(Correlation);
  int t, p;
  bool narrow, ahead, packed;
};

template <int T, int P, bool Narrow, bool Ahead>
constexpr Candidate candidate() {
  if constexpr (T > 2) {
    constexpr auto kernel = correlate_5x5<T, P, Narrow, Ahead, Weights::packed>;
    return {kernel, kernel, T, P, Narrow, Ahead, true};
  } else {
    return {correlate_5x5<T, P, Narrow, Ahead, Weights::straight>,
            correlate_5x5<T, P, Narrow, Ahead, Weights::turned>,
            T,
            P,
            Narrow,
            Ahead,
            false};
  }
}

// The chains of 28, 14 and 7 columns are those of MNIST, the powers of two those of CIFAR-10.
const Candidate candidates[] = {
    candidate<4, 16, false, false>(), candidate<4, 14, false, false>(), candidate<4, 8, false, false>(),
    candidate<4, 7, false, false>(),  candidate<4, 4, false, false>(),  candidate<8, 8, false, false>(),
    candidate<1, 14, false, false>(), candidate<1, 16, false, false>(), candidate<2, 4, false, true>(),
    candidate<1, 7, false, true>(),   candidate<1, 4, false, true>(),   candidate<1, 2, false, true>(),
    candidate<4, 8, true, false>(),   candidate<1, 4, true, true>()};

// As 32 bits, with room for a last block of threads; more than any card's memory could hold is refused.
int narrow(int64_t count) { return static_cast<int>(blocks_for(count + block_threads, 1)) - block_threads; }

// Units of a launch with tiles of T × P.
int64_t unit_count(const Batch& y, int t, int p) {
  return y.blocks * divided_up(y.c, t) * y.h * divided_up(y.w, p);
}

// The candidate whose warps are done first.
const Candidate& fastest(const Correlation& job) {
  const Candidate* best = nullptr;
  int64_t least = 0;
  for (const Candidate& candidate : candidates) {
    const int t = candidate.t, p = candidate.p;
    if (!candidate.narrow && (job.padding > 2 || job.y.w < p)) continue;
    const int words = p + 4 + 5 * t, loads = p + 4 + 5 * static_cast<int>(divided_up(t, 4));
    const int instructions =
        5 * t * p + loads + (candidate.narrow ? 3 * p : 0) + (candidate.ahead ? p : 0) + 16;
    // A warp that is alone waits for each row of taps, 300 cycles where it comes from the second cache, or
    // for five rows at once; and a step of a chain takes 4.
    const int latency = candidate.ahead ? std::max(instructions, 60) : instructions + 100;
    constexpr int64_t packing = 2500;  // cycles of one more launch
    const int64_t cycles =
        (candidate.packed ? packing : 0) + estimated_cycles({.warps = divided_up(unit_count(job.y, t, p), 2),
                                                             .rounds = 5 * int64_t{job.x.c},
                                                             .instructions = instructions,
                                                             .words = words,
                                                             .latency = latency});
    if (best && cycles >= least) continue;
    best = &candidate, least = cycles;
  }
  return *best;
}

void correlate(cudaStream_t stream, const Batch& x, const float* w, bool turned, const float* bias,
               int kernel, int stride, int padding, const Batch& y, Scratch& scratch) {
  Correlation job{};
  job.x = x, job.y = y, job.bias = bias;
  job.kernel = kernel, job.stride = stride, job.padding = padding;
  Candidate tile{correlate_any, correlate_any, 4, 4, true, false, true};
  if (kernel == 5 && stride == 1) tile = fastest(job);
  job.groups = static_cast<int>(divided_up(y.c, tile.t));
  job.tiles = static_cast<int>(divided_up(y.w, tile.p));
  job.units = narrow(unit_count(y, tile.t, tile.p));
  const int taps = kernel * kernel;
  if (tile.packed) {
    const PackedWeights packing{y.c, x.c, kernel, tile.t, job.groups, turned};
    const int count = narrow(packing.count());
    float* packed = scratch.floats(count);
    launch(stream, pack_weights, blocks_for(count), block_threads, packing, w, packed, count);
    job.w = packed;
    job.group_step = kernel * tile.t;
    job.row_step = packing.groups * job.group_step;
    job.channel_step = kernel * job.row_step;
  } else if (turned) {
    job.w = w + taps - 1;
    job.t_step = taps, job.row_step = -kernel, job.channel_step = y.c * taps;
    job.group_step = tile.t * job.t_step;
  } else {
    job.w = w;
    job.t_step = x.c * taps, job.row_step = kernel, job.channel_step = taps;
    job.group_step = tile.t * job.t_step;
  }
  launch(stream, turned ? tile.turned : tile.straight, blocks_for(job.units, units_per_block), unit_threads,
         job);
}

}  // namespace

void conv2d(cudaStream_t stream, const Batch& x, const float* w, const float* bias, Window v, const Batch& y,
            Scratch& scratch) {
  correlate(stream, x, w, false, bias, static_cast<int>(v.kernel), static_cast<int>(v.stride),
            static_cast<int>(v.padding), y, scratch);
}

void conv2d_input_gradient(cudaStream_t stream, const Batch& gy, const float* w, Window v, const Batch& gx,
                           Scratch& scratch) {
  const auto kernel = static_cast<int>(v.kernel), stride = static_cast<int>(v.stride),
             padding = static_cast<int>(v.padding);
  if (stride == 1)
    return correlate(stream, gy, w, true, nullptr, kernel, 1, kernel - 1 - padding, gx, scratch);
  const int units = narrow(int64_t{gx.blocks} * gx.c * gx.positions());
  launch(stream, strided_input_gradient, blocks_for(units, units_per_block), unit_threads, gy, w, kernel,
         stride, padding, gx, units);
}

}  // namespace engine::cuda
