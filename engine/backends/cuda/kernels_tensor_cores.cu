// Convolutions and dense layers on the tensor cores, in TF32.
//
// The operands are rounded to TF32 (8 bits of exponent, 10 of mantissa: about three decimal digits), their
// products are exact, and the card adds them in float32 in an order of its own. So the bits are not the
// reference's; they are the same in every run on one kind of card, because no sum depends on which threads
// come first. Only a backend that was asked for TF32 calls these (CudaOptions::tf32).
//
// A tensor core multiplies 16×8 by 8×16 numbers, held by the 32 threads of a warp together. What the layout
// of a batch offers is just that: sixteen samples of a pixel in a row, eight channels apart by one plane. So
// tiles are loaded from where they lie, and stored the same way.
#include <mma.h>

#include "engine/backends/cuda/kernels.h"
#include "engine/backends/cuda/launch.h"
#include "engine/backends/cuda/tiles.h"

namespace engine::cuda {

namespace {

namespace wmma = nvcuda::wmma;

constexpr int side = 16, depth = 8;  // of a tile: side × depth times depth × side
constexpr int warp_threads = 32, warps_per_block = 4;

template <class Order>
using Left = wmma::fragment<wmma::matrix_a, side, side, depth, wmma::precision::tf32, Order>;
template <class Order>
using Right = wmma::fragment<wmma::matrix_b, side, side, depth, wmma::precision::tf32, Order>;
using Sums = wmma::fragment<wmma::accumulator, side, side, depth, float>;

template <class Tile>
__device__ inline void load_rounded(Tile& tile, const float* from, int pitch) {
  wmma::load_matrix_sync(tile, from, static_cast<unsigned>(pitch));
  SVDD_UNROLL
  for (int i = 0; i < tile.num_elements; ++i) tile.x[i] = wmma::__float_to_tf32(tile.x[i]);
}

// The number of the calling warp among all of the grid.
__device__ inline int own_warp() {
  return static_cast<int>(blockIdx.x * warps_per_block + threadIdx.x / warp_threads);
}

// Sums that begin with the bias of sixteen outputs, for sixteen samples each. `room` is the warp's own.
__device__ inline void start_sums(Sums& sums, const float* bias, float* room) {
  if (!bias) return wmma::fill_fragment(sums, 0.0f);
  __syncwarp();  // the tile before has been read
  for (int i = threadIdx.x % warp_threads; i < side * side; i += warp_threads) room[i] = bias[i / side];
  __syncwarp();
  wmma::load_matrix_sync(sums, room, side, wmma::mem_col_major);
}

void launch_warps(cudaStream_t stream, auto kernel, int64_t warps, const auto& job) {
  launch(stream, kernel, blocks_for(warps, warps_per_block), warps_per_block * warp_threads, job);
}

// ---- convolution, 5×5 with stride 1, and its input gradient

// [c / 8][k][l][o / 16][8][16]: the tiles in the order in which the correlation reads them.
struct PackedTiles {
  const float* w;
  float* tiles;
  int out, in;
  bool turned;  // for the input gradient: w is (in, out, 5, 5), rows and columns of taps run backwards
  int count;
};

__global__ void pack_tiles(PackedTiles job) {
  const auto index = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (index >= job.count) return;
  int rest = index;
  const int column = rest % side;
  rest /= side;
  const int row = rest % depth;
  rest /= depth;
  const int groups = job.out / side, o = rest % groups * side + column;
  rest /= groups;
  const int tap = rest % 25, c = rest / 25 * depth + row;
  job.tiles[index] =
      wmma::__float_to_tf32(job.turned ? job.w[(static_cast<int64_t>(c) * job.out + o) * 25 + 24 - tap]
                                       : job.w[(static_cast<int64_t>(o) * job.in + c) * 25 + tap]);
}

struct Correlation {
  Batch x, y;
  const float* tiles;  // PackedTiles
  const float* bias;   // or null
  int padding;
  int column_tiles, group_tiles, warps;
};

// A warp computes a block of samples × `Columns` neighbouring columns × `Groups`·16 output channels. Of a row
// of taps it loads the Columns + 4 tiles of x once for all five taps and all groups.
template <int Columns, int Groups>
__global__ void __launch_bounds__(warps_per_block* warp_threads, 3) correlate_tiles(Correlation job) {
  alignas(32) __shared__ float room[warps_per_block][side * side];
  int rest = own_warp();
  if (rest >= job.warps) return;
  const int group = rest % job.group_tiles * Groups;
  rest /= job.group_tiles;
  const int column = rest % job.column_tiles * Columns;
  rest /= job.column_tiles;
  const int row = rest % job.y.h, block = rest / job.y.h;
  const int groups = job.y.c / side, width = job.x.w, top = row - job.padding, left = column - job.padding;

  Sums sums[Groups][Columns];
  SVDD_UNROLL
  for (int g = 0; g < Groups; ++g) {
    const float* bias = job.bias ? job.bias + (group + g < groups ? group + g : 0) * side : nullptr;
    SVDD_UNROLL
    for (int p = 0; p < Columns; ++p) start_sums(sums[g][p], bias, room[threadIdx.x / warp_threads]);
  }
  for (int c = 0; c < job.x.c; c += depth)
    for (int k = top < 0 ? -top : 0; k < 5 && top + k < job.x.h; ++k) {
      const float* xr = job.x.at(block, c) + (static_cast<int64_t>(top + k) * width + left) * lanes;
      Left<wmma::col_major> x[Columns + 4];
      SVDD_UNROLL
      for (int q = 0; q < Columns + 4; ++q) {
        if (left + q >= 0 && left + q < width)
          load_rounded(x[q], xr + q * lanes, job.x.plane_size());
        else
          wmma::fill_fragment(x[q], 0.0f);
      }
      const float* wr = job.tiles + static_cast<int64_t>(c / depth * 5 + k) * 5 * groups * depth * side;
      SVDD_UNROLL
      for (int l = 0; l < 5; ++l) {
        SVDD_UNROLL
        for (int g = 0; g < Groups; ++g) {
          if (group + g >= groups) continue;
          Right<wmma::row_major> w;
          wmma::load_matrix_sync(w, wr + (l * groups + group + g) * depth * side, side);
          SVDD_UNROLL
          for (int p = 0; p < Columns; ++p) wmma::mma_sync(sums[g][p], x[p + l], w, sums[g][p]);
        }
      }
    }
  SVDD_UNROLL
  for (int g = 0; g < Groups; ++g) {
    if (group + g >= groups) continue;
    float* y = job.y.at(block, (group + g) * side) + (row * job.y.w + column) * lanes;
    SVDD_UNROLL
    for (int p = 0; p < Columns; ++p)
      if (column + p < job.y.w)
        wmma::store_matrix_sync(y + p * lanes, sums[g][p], static_cast<unsigned>(job.y.plane_size()),
                                wmma::mem_col_major);
  }
}

void correlate(cudaStream_t stream, const Batch& x, const float* w, bool turned, const float* bias,
               int padding, const Batch& y, Scratch& scratch) {
  constexpr int columns = 4, groups = 2;
  const int count = x.c * y.c * 25;
  float* tiles = scratch.floats(count);
  launch(stream, pack_tiles, blocks_for(count), block_threads,
         PackedTiles{w, tiles, y.c, x.c, turned, count});
  Correlation job{x, y, tiles, bias, padding, 0, 0, 0};
  job.column_tiles = static_cast<int>(divided_up(y.w, columns));
  job.group_tiles = static_cast<int>(divided_up(y.c / side, groups));
  const int64_t warps = int64_t{y.blocks} * y.h * job.column_tiles * job.group_tiles;
  job.warps = static_cast<int>(blocks_for(warps, 1));
  launch_warps(stream, correlate_tiles<columns, groups>, warps, job);
}

// ---- the convolution's weight gradient

struct ConvolutionWeightGradient {
  Batch x, gy;
  float* parts;  // [block of samples][k][l][o][c]
  float* gw;     // (o, c, 5, 5)
  int padding, warps;
};

// A warp computes 16 output × 16 input channels × the 5 taps of one filter row, for one block of samples. The
// window of five columns of x moves along the row: each is loaded once.
__global__ void __launch_bounds__(warps_per_block* warp_threads)
    weight_gradient_tiles(ConvolutionWeightGradient job) {
  int rest = own_warp();
  if (rest >= job.warps) return;
  const int in = job.x.c, out = job.gy.c, width = job.x.w, columns = job.gy.w;
  const int o = rest % (out / side) * side;
  rest /= out / side;
  const int c = rest % (in / side) * side;
  rest /= in / side;
  const int k = rest % 5, block = rest / 5;
  constexpr int halves = lanes / depth;  // of sixteen samples

  Sums sums[5];
  SVDD_UNROLL
  for (int l = 0; l < 5; ++l) wmma::fill_fragment(sums[l], 0.0f);
  for (int i = 0; i < job.gy.h; ++i) {
    const int a = i + k - job.padding;
    if (a < 0 || a >= job.x.h) continue;
    const float* xr = job.x.at(block, c) + static_cast<int64_t>(a) * width * lanes;
    const float* gr = job.gy.at(block, o) + static_cast<int64_t>(i) * columns * lanes;
    Right<wmma::col_major> window[5][halves];
    const auto load_column = [&](Right<wmma::col_major>(&to)[halves], int b) {
      SVDD_UNROLL
      for (int half = 0; half < halves; ++half) {
        if (b >= 0 && b < width)
          load_rounded(to[half], xr + b * lanes + half * depth, job.x.plane_size());
        else
          wmma::fill_fragment(to[half], 0.0f);
      }
    };
    SVDD_UNROLL
    for (int l = 0; l < 4; ++l) load_column(window[l], l - job.padding);
    for (int j = 0; j < columns; ++j) {
      load_column(window[4], j + 4 - job.padding);
      SVDD_UNROLL
      for (int half = 0; half < halves; ++half) {
        Left<wmma::row_major> g;
        load_rounded(g, gr + j * lanes + half * depth, job.gy.plane_size());
        SVDD_UNROLL
        for (int l = 0; l < 5; ++l) wmma::mma_sync(sums[l], g, window[l][half], sums[l]);
      }
      SVDD_UNROLL
      for (int l = 0; l < 4; ++l) {
        SVDD_UNROLL
        for (int half = 0; half < halves; ++half) window[l][half] = window[l + 1][half];
      }
    }
  }
  SVDD_UNROLL
  for (int l = 0; l < 5; ++l)
    wmma::store_matrix_sync(job.parts + ((static_cast<int64_t>(block * 5 + k) * 5 + l) * out + o) * in + c,
                            sums[l], static_cast<unsigned>(in), wmma::mem_row_major);
}

// gw = Σ of the parts, in order of the blocks.
__global__ void add_parts(ConvolutionWeightGradient job) {
  const auto index = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const int in = job.x.c, out = job.gy.c, count = in * out * 25;
  if (index >= count) return;
  float sum = 0.0f;
  for (int block = 0; block < job.x.blocks; ++block)
    sum = sum + job.parts[static_cast<int64_t>(block) * count + index];
  const int c = index % in, o = index / in % out, tap = index / in / out;
  job.gw[(static_cast<int64_t>(o) * in + c) * 25 + tap] = sum;
}

// ---- dense layers

struct Product {  // y[n,m] = bias[m] + Σ_k x[n,k]·w[m,k], or of w[k,m]
  Batch x, y;
  const float* w;
  const float* bias;
  int block_tiles, group_tiles, warps;
};

// A warp computes `Blocks` blocks of samples × `Groups`·16 outputs.
template <int Blocks, int Groups, bool Transposed>
__global__ void __launch_bounds__(warps_per_block* warp_threads) product_tiles(Product job) {
  alignas(32) __shared__ float room[warps_per_block][side * side];
  int rest = own_warp();
  if (rest >= job.warps) return;
  const int block = rest % job.block_tiles * Blocks, group = rest / job.block_tiles * Groups;
  const int groups = job.y.c / side, features = job.x.c;
  // What the last tile lacks is computed as a copy of the last, and not stored.
  const auto block_at = [&](int b) { return block + b < job.x.blocks ? block + b : job.x.blocks - 1; };
  const auto output_at = [&](int g) { return (group + g < groups ? group + g : groups - 1) * side; };

  Sums sums[Blocks][Groups];
  SVDD_UNROLL
  for (int g = 0; g < Groups; ++g) {
    SVDD_UNROLL
    for (int b = 0; b < Blocks; ++b)
      start_sums(sums[b][g], job.bias ? job.bias + output_at(g) : nullptr, room[threadIdx.x / warp_threads]);
  }
  for (int f = 0; f < features; f += depth) {
    Left<wmma::col_major> x[Blocks];
    SVDD_UNROLL
    for (int b = 0; b < Blocks; ++b) load_rounded(x[b], job.x.at(block_at(b), f), lanes);
    SVDD_UNROLL
    for (int g = 0; g < Groups; ++g) {
      const auto multiply = [&](auto& w) {
        SVDD_UNROLL
        for (int b = 0; b < Blocks; ++b) wmma::mma_sync(sums[b][g], x[b], w, sums[b][g]);
      };
      if constexpr (Transposed) {
        Right<wmma::row_major> w;
        load_rounded(w, job.w + static_cast<int64_t>(f) * job.y.c + output_at(g), job.y.c);
        multiply(w);
      } else {
        Right<wmma::col_major> w;
        load_rounded(w, job.w + static_cast<int64_t>(output_at(g)) * features + f, features);
        multiply(w);
      }
    }
  }
  SVDD_UNROLL
  for (int b = 0; b < Blocks; ++b) {
    SVDD_UNROLL
    for (int g = 0; g < Groups; ++g)
      if (block + b < job.x.blocks && group + g < groups)
        wmma::store_matrix_sync(job.y.at(block + b, (group + g) * side), sums[b][g], lanes,
                                wmma::mem_col_major);
  }
}

template <bool Transposed>
void product_of(cudaStream_t stream, Product job) {
  constexpr int blocks = 2, groups = 2;
  job.block_tiles = static_cast<int>(divided_up(job.x.blocks, blocks));
  job.group_tiles = static_cast<int>(divided_up(job.y.c / side, groups));
  job.warps = job.block_tiles * job.group_tiles;
  launch_warps(stream, product_tiles<blocks, groups, Transposed>, job.warps, job);
}

struct DenseWeightGradient {
  Batch x, gy;
  float* gw;
  int warps;
};

// A warp computes 16 outputs × 16 features over all samples.
__global__ void __launch_bounds__(warps_per_block* warp_threads)
    dense_weight_gradient_tiles(DenseWeightGradient job) {
  const int warp = own_warp();
  if (warp >= job.warps) return;
  const int features = job.x.c, o = warp / (features / side) * side, f = warp % (features / side) * side;
  Sums sums;
  wmma::fill_fragment(sums, 0.0f);
  for (int block = 0; block < job.x.blocks; ++block) {
    SVDD_UNROLL
    for (int first = 0; first < lanes; first += depth) {
      Left<wmma::row_major> g;
      Right<wmma::col_major> x;
      load_rounded(g, job.gy.at(block, o) + first, lanes);
      load_rounded(x, job.x.at(block, f) + first, lanes);
      wmma::mma_sync(sums, g, x, sums);
    }
  }
  wmma::store_matrix_sync(job.gw + static_cast<int64_t>(o) * features + f, sums,
                          static_cast<unsigned>(features), wmma::mem_row_major);
}

bool whole_tiles(int reduced, int outputs) { return reduced % depth == 0 && outputs % side == 0; }
bool usual(Window v) { return v.kernel == 5 && v.stride == 1; }

}  // namespace

namespace tensor_cores {

bool conv2d(cudaStream_t stream, const Batch& x, const float* w, const float* bias, Window v, const Batch& y,
            Scratch& scratch) {
  if (!usual(v) || !whole_tiles(x.c, y.c)) return false;
  correlate(stream, x, w, false, bias, static_cast<int>(v.padding), y, scratch);
  return true;
}

bool conv2d_input_gradient(cudaStream_t stream, const Batch& gy, const float* w, Window v, const Batch& gx,
                           Scratch& scratch) {
  if (!usual(v) || !whole_tiles(gy.c, gx.c)) return false;
  correlate(stream, gy, w, true, nullptr, 4 - static_cast<int>(v.padding), gx, scratch);
  return true;
}

bool conv2d_weight_gradient(cudaStream_t stream, const Batch& x, const Batch& gy, Window v, float* gw,
                            Scratch& scratch) {
  if (!usual(v) || x.c % side != 0 || gy.c % side != 0) return false;
  const int count = x.c * gy.c * 25;
  ConvolutionWeightGradient job{
      x, gy, scratch.floats(int64_t{x.blocks} * count), gw, static_cast<int>(v.padding), 0};
  const int64_t warps = int64_t{x.blocks} * 5 * (x.c / side) * (gy.c / side);
  job.warps = static_cast<int>(blocks_for(warps, 1));
  launch_warps(stream, weight_gradient_tiles, warps, job);
  launch(stream, add_parts, blocks_for(count), block_threads, job);
  return true;
}

bool dense(cudaStream_t stream, const Batch& x, const float* w, const float* bias, const Batch& y) {
  if (!whole_tiles(x.c, y.c)) return false;
  product_of<false>(stream, {x, y, w, bias, 0, 0, 0});
  return true;
}

bool dense_input_gradient(cudaStream_t stream, const Batch& gy, const float* w, const Batch& gx) {
  if (!whole_tiles(gy.c, gx.c)) return false;
  product_of<true>(stream, {gy, gx, w, nullptr, 0, 0, 0});
  return true;
}

bool dense_weight_gradient(cudaStream_t stream, const Batch& x, const Batch& gy, float* gw) {
  if (x.c % side != 0 || gy.c % side != 0) return false;
  const int warps = x.c / side * (gy.c / side);
  launch_warps(stream, dense_weight_gradient_tiles, warps, DenseWeightGradient{x, gy, gw, warps});
  return true;
}

}  // namespace tensor_cores

}  // namespace engine::cuda
