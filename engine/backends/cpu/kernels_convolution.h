// Convolutions, samples in the lanes. Part of the kernels of one instruction set (see simd.h).
//
// The plain loops these equal are reference/loops.h: conv2d, conv2d_input_gradient, conv2d_weight_gradient.

// ---- correlation
//
// In registers: T output channels × P neighbouring positions of one row, each a chain of its own. A step of the
// chain loads P vectors of x and T weights (the same for all lanes) and does T·P fused multiply-adds. Rows of
// taps that fall on the padding are skipped as a whole; `Edge` marks tiles where some columns of taps do, and
// checks each.
template <int T, int P, bool Edge, int K>
void correlate_tile(const Correlation& job, const float* x, const float* w, const float* bias, float* y,
                    int64_t row, int64_t column) {
  const int64_t rows = K ? K : job.kernel_rows, columns = K ? K : job.kernel_columns;
  const int64_t stride = K ? 1 : job.stride, width = job.x.w;
  const int64_t top = row * stride + job.top, left = column * stride + job.left;
  const int64_t k_first = top < 0 ? -top : 0, k_last = job.x.h - top < rows ? job.x.h - top : rows;
  const int64_t plane = job.x.positions() * lanes;
  V acc[T][P];
  for (int t = 0; t < T; ++t) {
    const V start(bias[t]);
    for (int p = 0; p < P; ++p) acc[t][p] = start;
  }
  for (int64_t c = 0; c < job.x.c; ++c)
    for (int64_t k = k_first; k < k_last; ++k) {
      const float* xr = x + c * plane + ((top + k) * width + left) * lanes;
      const float* wr = w + (c * rows + k) * columns * T;
      const auto tap = [&](int64_t l) {
        if constexpr (Edge) {
          V weight[T];
          for (int t = 0; t < T; ++t) weight[t] = V(wr[l * T + t]);
          for (int p = 0; p < P; ++p) {
            const int64_t j = left + p * stride + l;
            if (j < 0 || j >= width) continue;
            const V value = V::load(xr + (p * stride + l) * lanes);
            for (int t = 0; t < T; ++t) acc[t][p] = fma(weight[t], value, acc[t][p]);
          }
        } else {
          V value[P];
          for (int p = 0; p < P; ++p) value[p] = V::load(xr + (p * stride + l) * lanes);
          for (int t = 0; t < T; ++t) {
            const V weight(wr[l * T + t]);
            for (int p = 0; p < P; ++p) acc[t][p] = fma(weight, value[p], acc[t][p]);
          }
        }
      };
      if constexpr (K == 5) {
        tap(0), tap(1), tap(2), tap(3), tap(4);
      } else if constexpr (K == 3) {
        tap(0), tap(1), tap(2);
      } else {
        for (int64_t l = 0; l < columns; ++l) tap(l);
      }
    }
  const int64_t out_plane = job.y.positions() * lanes, step = K ? 1 : job.step * lanes;
  float* at =
      y + (K ? (row * job.y.w + column) * lanes
             : ((job.first_row + row * job.step) * job.y.w + job.first_column + column * job.step) * lanes);
  for (int t = 0; t < T; ++t)
    for (int p = 0; p < P; ++p) acc[t][p].store(at + t * out_plane + p * (K ? lanes : step));
}

// The most positions that T channels leave registers for.
constexpr int most_positions(int t) { return V::width == 16 ? (t == 4 ? 6 : 8) : (t == 4 ? 3 : 4); }

template <int T, int P, int K>
void correlate_columns(const Correlation& job, const float* x, const float* w, const float* bias, float* y,
                       int64_t row, int64_t column, int64_t count) {
  if constexpr (P > 1) {
    if (count < P) return correlate_columns<T, P - 1, K>(job, x, w, bias, y, row, column, count);
  }
  const int64_t left = column * job.stride + job.left,
                right = left + (P - 1) * job.stride + job.kernel_columns;
  if (left < 0 || right > job.x.w)
    correlate_tile<T, P, true, K>(job, x, w, bias, y, row, column);
  else
    correlate_tile<T, P, false, K>(job, x, w, bias, y, row, column);
}

template <int T, int K>
void correlate_channels(const Correlation& job, int64_t block, int64_t first_channel, Range rows) {
  constexpr int most = most_positions(T);
  const int64_t columns = job.columns, tiles = (columns + most - 1) / most;
  const float* w = job.packed + first_channel * job.x.c * job.kernel_rows * job.kernel_columns;
  const float zeros[T] = {}, *bias = job.bias ? job.bias + first_channel : zeros;
  for (int part = 0; part < lanes; part += V::width)
    for (int64_t row = rows.first; row < rows.last; ++row)
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t column = columns * tile / tiles, end = columns * (tile + 1) / tiles;
        correlate_columns<T, most, K>(job, job.x.at(block, 0) + part, w, bias,
                                      job.y.at(block, first_channel) + part, row, column, end - column);
      }
}

template <int K>
void correlate_units(const Correlation& job, Range units) {
  const int64_t tiles = tile_count(job.y.c);
  for (int64_t u = units.first; u < units.last; ++u) {
    const Tile tile = tile_of(u % tiles, job.y.c);
    const int64_t block = u / tiles / job.bands, band = u / tiles % job.bands;
    const Range rows{job.rows * band / job.bands, job.rows * (band + 1) / job.bands};
    if (tile.size == 4)
      correlate_channels<4, K>(job, block, tile.first, rows);
    else if (tile.size == 2)
      correlate_channels<2, K>(job, block, tile.first, rows);
    else
      correlate_channels<1, K>(job, block, tile.first, rows);
  }
}

// K: a square kernel and a stride of 1, known beforehand; 0: any. Every network of the papers has 5×5 kernels. Those of 3×3
// gain where planes are small (a fifth), and lose a quarter where they leave the second cache.
void correlate(const Correlation& job, Range units) {
  constexpr int64_t small_plane = 64 * 64;
  const bool plain = job.kernel_rows == job.kernel_columns && job.stride == 1 && job.step == 1;
  if (plain && job.kernel_rows == 5)
    correlate_units<5>(job, units);
  else if (plain && job.kernel_rows == 3 && job.x.positions() <= small_plane)
    correlate_units<3>(job, units);
  else
    correlate_units<0>(job, units);
}

// ---- weight gradient
//
// In registers: T output channels × C input channels × L taps of one filter row, sixteen partial sums each (one
// for each lane), over all positions of a block; then they are added to the `total` over the blocks. The
// block's planes are read anew for each filter row: they come from the second cache faster than the
// multiply-adds need them. Where a block's planes are larger than that cache, they are met in bands of rows, each by
// all filter rows and channels of the unit; between two bands the partial sums wait in memory.

// Where the sums of a unit's weights lie: [channel][output][tap][lane], in the total over blocks and, between bands, in
// the block's own.
struct Totals {
  float *at, *carried;
  int64_t output_stride, channel_stride;
  bool first, last;  // band of the block
};

template <int T, int C, int L>
void weight_gradient_taps(const WeightGradient& job, const float* x, const float* gy, int64_t k,
                          int64_t l_first, Range rows, Totals total) {
  const int64_t stride = job.window.stride, padding = job.window.padding, width = job.x.w, columns = job.gy.w;
  const int64_t gy_plane = job.gy.positions() * lanes, x_plane = job.x.positions() * lanes;
  // Output columns whose L taps all fall inside the image: [inner_first, inner_last).
  int64_t inner_first = padding > l_first ? (padding - l_first + stride - 1) / stride : 0;
  int64_t inner_last = (width - 1 - (l_first + L - 1) + padding) / stride + 1;
  if (width - 1 - (l_first + L - 1) + padding < 0) inner_last = 0;
  inner_last = inner_last < columns ? inner_last : columns;
  inner_first = inner_first < inner_last ? inner_first : inner_last;
  const auto each_sum = [&](const auto& visit) {
    for (int t = 0; t < T; ++t)
      for (int c = 0; c < C; ++c)
        for (int l = 0; l < L; ++l)
          visit(t, c, l, c * total.channel_stride + t * total.output_stride + l * lanes);
  };
  V acc[T][C][L];
  if (total.first)
    each_sum([&](int t, int c, int l, int64_t) { acc[t][c][l] = V(0.0f); });
  else
    each_sum([&](int t, int c, int l, int64_t at) { acc[t][c][l] = V::load(total.carried + at); });
  for (int64_t i = rows.first; i < rows.last; ++i) {
    const int64_t a = i * stride + k - padding;
    if (a < 0 || a >= job.x.h) continue;
    const float* gr = gy + i * columns * lanes;
    const float* xr = x + (a * width + l_first - padding) * lanes;
    const auto edge = [&](int64_t j) {
      V g[T];
      for (int t = 0; t < T; ++t) g[t] = V::load(gr + t * gy_plane + j * lanes);
      for (int l = 0; l < L; ++l) {
        const int64_t b = j * stride + l_first + l - padding;
        if (b < 0 || b >= width) continue;
        for (int c = 0; c < C; ++c) {
          const V value = V::load(xr + c * x_plane + (j * stride + l) * lanes);
          for (int t = 0; t < T; ++t) acc[t][c][l] = fma(g[t], value, acc[t][c][l]);
        }
      }
    };
    for (int64_t j = 0; j < inner_first; ++j) edge(j);
    for (int64_t j = inner_first; j < inner_last; ++j) {
      V g[T];
      for (int t = 0; t < T; ++t) g[t] = V::load(gr + t * gy_plane + j * lanes);
      for (int l = 0; l < L; ++l)
        for (int c = 0; c < C; ++c) {
          const V value = kept(V::load(xr + c * x_plane + (j * stride + l) * lanes));
          for (int t = 0; t < T; ++t) acc[t][c][l] = fma(g[t], value, acc[t][c][l]);
        }
    }
    for (int64_t j = inner_last; j < columns; ++j) edge(j);
  }
  if (total.last)
    each_sum([&](int t, int c, int l, int64_t at) {
      (V::load(total.at + at) + acc[t][c][l]).store(total.at + at);
    });
  else
    each_sum([&](int t, int c, int l, int64_t at) { acc[t][c][l].store(total.carried + at); });
}

constexpr int most_taps = 5;  // of a filter row at once

template <int T, int C>
void weight_gradient_row(const WeightGradient& job, const float* x, const float* gy, int64_t k, Range rows,
                         Totals total) {
  const int64_t kernel = job.window.kernel;
  for (int64_t l = 0; l < kernel;
       l += most_taps, total.at += most_taps * lanes, total.carried += most_taps * lanes) {
    switch (kernel - l) {
      case 1:
        weight_gradient_taps<T, C, 1>(job, x, gy, k, l, rows, total);
        break;
      case 2:
        weight_gradient_taps<T, C, 2>(job, x, gy, k, l, rows, total);
        break;
      case 3:
        weight_gradient_taps<T, C, 3>(job, x, gy, k, l, rows, total);
        break;
      case 4:
        weight_gradient_taps<T, C, 4>(job, x, gy, k, l, rows, total);
        break;
      default:
        weight_gradient_taps<T, C, 5>(job, x, gy, k, l, rows, total);
    }
  }
}

// How many channels' sums of kernels of this width a unit holds.
constexpr int64_t channels_at_once(int64_t kernel) { return kernel <= 7 ? WeightGradient::most_channels : 1; }

template <int T>
void weight_gradient_unit(const WeightGradient& job, int64_t o, Range channels) {
  const int64_t kernel = job.window.kernel, taps = kernel * kernel, sums = T * taps * lanes;
  constexpr int64_t most =
      WeightGradient::most_channels * 7 * 7;  // taps; more than most_kernel² of one channel
  static_assert(most >= most_kernel * most_kernel);
  alignas(64) float total[most * T * lanes];
  alignas(64) float carried[most * T * lanes];
  for (int64_t i = 0; i < (channels.last - channels.first) * sums; ++i) total[i] = 0;
  // At most two channels' accumulators of five taps fit the sixteen registers of AVX2; those of one alone would wait for
  // each other, so it meets two channels of x at once. So do those of fewer taps.
  constexpr int together = V::width == 16 ? T : (T < 2 ? T : 2), abreast = T == 1 ? 2 : 1;
  for (int64_t block = 0; block < job.x.blocks; ++block)
    for (int64_t band = 0; band < job.bands; ++band) {
      const Range rows{job.gy.h * band / job.bands, job.gy.h * (band + 1) / job.bands};
      const auto add = [&]<int C, int L>(int64_t c) {
        for (int part = 0; part < lanes; part += V::width)
          for (int t = 0; t < T; t += together)
            for (int64_t k = 0; k < kernel; ++k) {
              const int64_t at = (c - channels.first) * sums + (t * taps + k * kernel) * lanes + part;
              const float *x = job.x.at(block, c) + part, *gy = job.gy.at(block, o + t) + part;
              const Totals to{total + at, carried + at, taps * lanes, sums, band == 0, band + 1 == job.bands};
              if constexpr (L == 0)
                weight_gradient_row<together, C>(job, x, gy, k, rows, to);
              else
                weight_gradient_taps<together, C, L>(job, x, gy, k, 0, rows, to);
            }
      };
      int64_t c = channels.first;
      if (kernel == 1)
        for (; c + 4 <= channels.last; c += 4) add.template operator()<4, 1>(c);
      if (kernel == 3)
        for (; c + 2 <= channels.last; c += 2) add.template operator()<2, 3>(c);
      for (; c + abreast <= channels.last; c += abreast) add.template operator()<abreast, 0>(c);
      for (; c < channels.last; ++c) add.template operator()<1, 0>(c);
    }
  for (int64_t c = channels.first; c < channels.last; ++c)
    for (int t = 0; t < T; ++t)
      for (int64_t tap = 0; tap < taps; ++tap)
        job.gw[((o + t) * job.x.c + c) * taps + tap] =
            tree_sum(total + (c - channels.first) * sums + (t * taps + tap) * lanes);
}

void weight_gradient(const WeightGradient& job, Range units) {
  const int64_t groups = job.channel_groups(), at_once = channels_at_once(job.window.kernel);
  for (int64_t u = units.first; u < units.last; ++u) {
    const Tile tile = tile_of(u / groups, job.gy.c);
    const Range group{job.x.c * (u % groups) / groups, job.x.c * (u % groups + 1) / groups};
    for (int64_t c = group.first; c < group.last; c += at_once) {
      const Range channels{c, c + at_once < group.last ? c + at_once : group.last};
      if (tile.size == 4)
        weight_gradient_unit<4>(job, tile.first, channels);
      else if (tile.size == 2)
        weight_gradient_unit<2>(job, tile.first, channels);
      else
        weight_gradient_unit<1>(job, tile.first, channels);
    }
  }
}
