// The CPU kernels of one instruction set, as a table of functions. The backend (cpu.cc) shares their work out
// to threads; a kernel does the units [first, last) of it on one thread.
//
// Layout of a batch: blocks of sixteen samples, samples innermost: [N/16][C][H][W][16], or [N/16][F][16].
// Lanes past the last sample are padding: zero in inputs and in gradients, arbitrary but finite in values.
// A batch of a few samples lies in C order; the kernels that know this say so, the others get a copy in lanes.
#pragma once
#include <cstdint>
#include <utility>

#include "engine/backend.h"
#include "engine/range.h"

// The small functions here are compiled into files for several instruction sets; inlined always, no copy of
// one that was compiled for a newer processor can be linked into code for an older one.
#define SVDD_INLINE [[gnu::always_inline]] inline

namespace engine::cpu {

inline constexpr int64_t lanes = 16;
inline constexpr int64_t most_few = 8;  // samples of a batch that lies in C order

// A batch in blocks. Representations are images of one pixel with F channels.
struct Batch {
  float* data;
  int64_t samples, blocks, c, h, w;
  SVDD_INLINE int64_t positions() const { return h * w; }
  SVDD_INLINE int64_t block_size() const { return c * h * w * lanes; }
  SVDD_INLINE float* at(int64_t block, int64_t channel) const {
    return data + (block * c + channel) * h * w * lanes;
  }
};

// Output channels are computed in tiles of four, and one of what is left, whose weights lie packed as [c][k][l][tile].
SVDD_INLINE int64_t tile_count(int64_t channels) { return (channels + 3) / 4; }
struct Tile {
  int64_t first;
  int size;
};
SVDD_INLINE Tile tile_of(int64_t index, int64_t channels) {
  const int64_t first = index * 4, rest = channels - first;
  return {first, rest < 4 ? static_cast<int>(rest) : 4};
}
// f with the tile's size known to the compiler: f.operator()<4>() to <1>().
template <class F>
SVDD_INLINE void with_size_of(Tile tile, const F& f) {
  if (tile.size == 4)
    f.template operator()<4>();
  else if (tile.size == 3)
    f.template operator()<3>();
  else if (tile.size == 2)
    f.template operator()<2>();
  else
    f.template operator()<1>();
}

struct Piece {  // of a plane
  Range rows, columns;
};

// A block's planes that are met again and again shall stay in the second cache: work on larger ones goes band by band,
// of so many bytes.
inline constexpr int64_t band_bytes = int64_t{512} << 10;

// y = correlation of x with packed weights (+ bias): the forward pass of conv2d, and its input gradient.
struct Correlation {
  Batch x, y;
  const float* packed;  // [c][k][l][tile]
  const float* bias;    // null: none
  int64_t kernel_rows, kernel_columns, stride;
  int64_t top, left;  // where the window of the first output begins in x: −padding
  // The outputs: so many rows and columns, in y every `step` positions from (first_row, first_column) on.
  int64_t rows, columns, step = 1, first_row = 0, first_column = 0;
  // Bands of outputs whose part of x is copied before all output channels meet it, where that pays: planes that lie far apart
  // displace each other from the caches.
  bool copies = false;
  int64_t band_rows = 1, band_columns = 1;

  bool past_caches =
      false;  // y is more than they hold: written to memory at once, it need not be read before

  SVDD_INLINE int64_t bands_across() const { return (columns + band_columns - 1) / band_columns; }
  SVDD_INLINE int64_t bands() const { return (rows + band_rows - 1) / band_rows * bands_across(); }
  SVDD_INLINE Piece band(int64_t i) const {
    const int64_t row = i / bands_across() * band_rows, column = i % bands_across() * band_columns;
    return {{row, row + band_rows < rows ? row + band_rows : rows},
            {column, column + band_columns < columns ? column + band_columns : columns}};
  }
  SVDD_INLINE int64_t units() const { return x.blocks * (copies ? bands() : tile_count(y.c)); }
  int64_t cut_into_bands();  // how many numbers are copied for one; 0: none
};
// The same for a few samples: neighbouring outputs [position, position + count) of a plane fill the lanes, and find their
// taps from x on (few_samples.h).
struct FewVector {
  int64_t x, position, count;
};
struct FewCorrelation {
  const float* x;     // [sample][c][plane]: planes cut into phases
  const float* w;     // [o][c][tap]
  const float* bias;  // null: none
  float* y;           // [sample][o][plane]
  int64_t samples, in, out, x_plane, y_plane;
  int64_t columns, y_columns, step, first;  // of the outputs, and where in y's plane they lie

  int64_t taps, taps_in_row, vector_count;
  const int64_t* tap_at;     // [tap]: where in x it is, seen from a vector's place
  const FewVector* vectors;  // in row-major order
  const uint16_t* inside;    // [vector][tap]: the lanes whose tap falls inside the image
  bool between_zeros;        // what the other lanes find there is 0; taps of a row are neighbours in x

  // So many parts of the output channels and of a plane's vectors go to threads by themselves.
  static constexpr int64_t together = 6;  // output channels
  SVDD_INLINE int64_t tiles() const { return (out + together - 1) / together; }
  SVDD_INLINE int64_t bands() const {
    const int64_t most = between_zeros ? 16 : 64;  // vectors, shorter ones there
    return (vector_count + most - 1) / most;
  }
  SVDD_INLINE int64_t units() const { return samples * tiles() * bands(); }
};
struct FewProduct {  // y[n,o] = bias[o] + Σ_f x[n,f]·w[o,f]
  const float *x, *w, *bias;
  float* y;
  int64_t samples, in, out;
  SVDD_INLINE int64_t units(int64_t width) const { return (out + 2 * width - 1) / (2 * width); }
};
struct DenseWeightGradient {  // gw[o,f] = Σ_n gy[n,o]·x[n,f]
  const float *x, *gy;        // copies, [channel][block]
  float* gw;
  int64_t blocks, in, out;

  // How often `step` channels fit so many bytes.
  SVDD_INLINE int64_t at_once(int64_t bytes, int64_t step) const {
    const int64_t fit = bytes / (blocks * lanes * static_cast<int64_t>(sizeof(float)) * step);
    return fit > 1 ? fit : 1;
  }
};
inline constexpr int64_t most_kernel = 11;  // of a weight gradient: its partial sums lie on the stack
// The weight gradient of conv2d. The sums of some tiles of output channels and some input channels, a group, are made
// together: the more of both, the fewer times a plane is read.
struct WeightGradient {
  Batch x, gy;
  float* gw;
  Window window;
  int64_t tiles_at_once = 1, channels_at_once = 1;  // of a group
  int64_t rows_at_once = 1;                         // of gy: a band

  static constexpr int64_t most_sums = 2048;  // of a group, of sixteen lanes each: on the stack, twice

  SVDD_INLINE int64_t group_sums() const {  // at most
    return 4 * tiles_at_once * channels_at_once * window.kernel * window.kernel;
  }
  SVDD_INLINE int64_t tile_groups() const { return (tile_count(gy.c) + tiles_at_once - 1) / tiles_at_once; }
  SVDD_INLINE int64_t channel_groups() const { return (x.c + channels_at_once - 1) / channels_at_once; }
  SVDD_INLINE int64_t groups() const { return tile_groups() * channel_groups(); }
  SVDD_INLINE Range tiles(int64_t group) const {
    const int64_t first = group / channel_groups() * tiles_at_once, end = first + tiles_at_once,
                  all = tile_count(gy.c);
    return {first, end < all ? end : all};
  }
  SVDD_INLINE Range channels(int64_t group) const {
    const int64_t first = group % channel_groups() * channels_at_once, end = first + channels_at_once;
    return {first, end < x.c ? end : x.c};
  }
  void cut(int threads);  // into groups and bands
};
struct MatrixProduct {  // y[n,m] = bias[m] + Σ_k x[n,k]·w[m·row_stride + k·column_stride]
  Batch x, y;
  const float* w;
  const float* bias;
  int64_t row_stride, column_stride;
};

struct Activation {  // y = resample(leaky_relu(x̂·weight + bias)), x̂ = (x − mean)·inverse_std
  const float *mean, *inverse_std, *weight, *bias;  // weight and bias both or neither null
  float slope;
  Resample then;
};

struct Kernels {
  // units: (block, band), with memory for what is copied for a band, or (block, output-channel tile)
  void (*correlate)(const Correlation&, Range, float* memory);
  int64_t width;  // numbers in a register
  // Of a few samples, in C order; units as the jobs say, for the last (sample, channel)
  void (*correlate_few)(const FewCorrelation&, Range);
  void (*dense_few)(const FewProduct&, Range);
  void (*normalise_leaky_relu_few)(const Batch& x, const Activation&, const Batch& y, Range);
  // units: groups
  void (*weight_gradient)(const WeightGradient&, Range);
  // units: (group of blocks, tile of outputs), see product_units
  void (*product)(const MatrixProduct&, Range);
  int64_t (*product_units)(const MatrixProduct&);
  // units: tiles of outputs
  void (*copy_channels)(const Batch& from, Range channels,
                        float* to);  // to: [channel][block], of all channels
  void (*dense_weight_gradient)(const DenseWeightGradient& job, Range tiles_of_outputs);

  // Sums over the positions of one channel in one block, for each lane: partial[unit][16]; units: (channel,
  // block)
  void (*partial_sum)(const Batch& x, float* partial, Range);
  void (*partial_square)(const Batch& x, const float* mean, float* partial, Range);  // Σ (x − mean)²
  void (*partial_product)(const Batch& x, const float* mean, const float* inverse_std, const Batch& gy,
                          float* partial, Range);  // Σ gy·x̂
  void (*normalise)(const Batch& x, const float* mean, const float* inverse_std, const float* weight,
                    const float* bias, const Batch& y, Range);
  // gx = (gy − a[c] − x̂·b[c])·factor[c]
  void (*normalise_gradient)(const Batch& x, const float* mean, const float* inverse_std, const float* a,
                             const float* b, const float* factor, const Batch& gy, const Batch& gx, Range);

  void (*normalise_leaky_relu)(const Batch& x, const Activation&, const Batch& y, Range);
  // The gradient at the leaky ReLU's input goes to g; of it Σ g to partial[unit][16], Σ g·x̂ to
  // products[unit][16].
  void (*leaky_relu_gradient_sums)(const Batch& x, const Activation&, const Batch& gy, const Batch& g,
                                   float* partial, float* products, Range);

  // units: (channel, block)
  void (*max_pool2d)(const Batch& x, Window, const Batch& y, Range);
  void (*max_pool2d_gradient)(const Batch& x, const Batch& y, const Batch& gy, Window, const Batch& gx,
                              Range);
  void (*upsample_nearest)(const Batch& x, int64_t scale, const Batch& y, Range);
  void (*upsample_nearest_gradient)(const Batch& gy, int64_t scale, const Batch& gx, Range);

  // units: runs of sixteen numbers
  void (*unary)(Unary, float parameter, const float* x, float* y, Range);
  void (*unary_gradient)(Unary, float parameter, const float* x, const float* y, const float* gy, float* gx,
                         Range);
  void (*binary)(Binary, const float* a, const float* b, bool single_b, float* y, Range);
  void (*adam)(const AdamConstants&, const float* rates, const float* g, float* m, float* v, float* v_max,
               float* p, Range);
  void (*sgd)(float lr, float momentum, float decay, const float* g, float* velocity, float* p, Range);
  void (*adagrad)(float lr, float epsilon, float decay, const float* g, float* sum, float* p, Range);

  // units: blocks; `point`: b is one point in C order, not a batch
  void (*squared_distance)(const Batch& a, const float* b, bool point, float* d, Range);
  void (*squared_distance_gradient)(const Batch& a, const float* b, bool point, const float* gd, float* ga,
                                    Range);

  // units: blocks; points (count, a.c) and alive (count) in C order
  void (*nearest_point)(const Batch& a, const float* points, const float* alive, int64_t count, float* index,
                        Range);

  // units: blocks
  void (*nearest_candidates)(const Batch& x, const float* slack, const float* margin, bool others,
                             float* limit, float* count, const Batch& list, Range);

  // The machine's limit: `rounds` rounds of independent multiply-adds, operations_per_round operations each.
  float (*multiply_adds)(int64_t rounds);
  int64_t operations_per_round;
};

const Kernels& portable_kernels();
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();

}  // namespace engine::cpu
