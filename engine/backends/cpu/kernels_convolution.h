// Convolutions, samples in the lanes. Part of the kernels of one instruction set (see simd.h).
//
// The plain loops these equal are reference/loops.h: conv2d, conv2d_input_gradient, conv2d_weight_gradient.

// --- correlation
// ------------------------------------------------------------------------------------------------------ In
// registers: T output channels × P neighbouring positions of one row, each a chain of its own. A step of the
// chain loads P vectors of x and T weights (the same for all lanes) and does T·P fused multiply-adds. Rows of
// taps that fall on the padding are skipped as a whole; `Edge` marks tiles where some columns of taps do, and
// checks each.
template <int T, int P, bool Edge, int K>
void correlate_tile(const Correlation& job, const float* x, const float* w, const float* bias, float* y,
                    int64_t row, int64_t column) {
  const int64_t k_size = K ? K : job.window.kernel, stride = K ? 1 : job.window.stride, width = job.x.w;
  const int64_t top = row * stride - job.window.padding, left = column * stride - job.window.padding;
  const int64_t k_first = top < 0 ? -top : 0, k_last = job.x.h - top < k_size ? job.x.h - top : k_size;
  const int64_t plane = job.x.positions() * lanes;
  V acc[T][P];
  for (int t = 0; t < T; ++t) {
    const V start(bias[t]);
    for (int p = 0; p < P; ++p) acc[t][p] = start;
  }
  for (int64_t c = 0; c < job.x.c; ++c)
    for (int64_t k = k_first; k < k_last; ++k) {
      const float* xr = x + c * plane + ((top + k) * width + left) * lanes;
      const float* wr = w + (c * k_size + k) * k_size * T;
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
      } else {
        for (int64_t l = 0; l < k_size; ++l) tap(l);
      }
    }
  const int64_t out_plane = job.y.positions() * lanes;
  for (int t = 0; t < T; ++t)
    for (int p = 0; p < P; ++p) acc[t][p].store(y + t * out_plane + (row * job.y.w + column + p) * lanes);
}

// The most positions that T channels leave registers for.
constexpr int most_positions(int t) { return V::width == 16 ? (t == 4 ? 6 : 8) : (t == 4 ? 3 : 4); }

template <int T, int P, int K>
void correlate_columns(const Correlation& job, const float* x, const float* w, const float* bias, float* y,
                       int64_t row, int64_t column, int64_t count) {
  if constexpr (P > 1) {
    if (count < P) return correlate_columns<T, P - 1, K>(job, x, w, bias, y, row, column, count);
  }
  const int64_t left = column * job.window.stride - job.window.padding,
                right = left + (P - 1) * job.window.stride + job.window.kernel;
  if (left < 0 || right > job.x.w)
    correlate_tile<T, P, true, K>(job, x, w, bias, y, row, column);
  else
    correlate_tile<T, P, false, K>(job, x, w, bias, y, row, column);
}

template <int T, int K>
void correlate_channels(const Correlation& job, int64_t block, int64_t first_channel) {
  constexpr int most = most_positions(T);
  const int64_t columns = job.y.w, tiles = (columns + most - 1) / most;
  const float* w = job.packed + first_channel * job.x.c * job.window.kernel * job.window.kernel;
  const float zeros[T] = {}, *bias = job.bias ? job.bias + first_channel : zeros;
  for (int part = 0; part < lanes; part += V::width)
    for (int64_t row = 0; row < job.y.h; ++row)
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
    if (tile.size == 4)
      correlate_channels<4, K>(job, u / tiles, tile.first);
    else if (tile.size == 2)
      correlate_channels<2, K>(job, u / tiles, tile.first);
    else
      correlate_channels<1, K>(job, u / tiles, tile.first);
  }
}

// K: the kernel and a stride of 1, known beforehand; 0: any. Every network of the papers has 5×5 kernels.
void correlate(const Correlation& job, Range units) {
  if (job.window.kernel == 5 && job.window.stride == 1)
    correlate_units<5>(job, units);
  else
    correlate_units<0>(job, units);
}

// The input gradient where the stride is above 1: no network of ours has one, so plain loops over single
// chains.
void strided_input_gradient(const Batch& gy, const float* w, Window v, const Batch& gx, Range units) {
  const int64_t taps = v.kernel * v.kernel;
  for (int64_t u = units.first; u < units.last; ++u) {
    const int64_t block = u / gx.c, c = u % gx.c;
    for (int64_t a = 0; a < gx.h; ++a)
      for (int64_t b = 0; b < gx.w; ++b)
        for (int part = 0; part < lanes; part += V::width) {
          V sum(0.0f);
          for (int64_t o = 0; o < gy.c; ++o)
            for (int64_t i = 0; i < gy.h; ++i) {
              const int64_t k = a + v.padding - i * v.stride;
              if (k < 0 || k >= v.kernel) continue;
              for (int64_t j = 0; j < gy.w; ++j) {
                const int64_t l = b + v.padding - j * v.stride;
                if (l < 0 || l >= v.kernel) continue;
                sum = fma(V(w[(o * gx.c + c) * taps + k * v.kernel + l]),
                          V::load(gy.at(block, o) + (i * gy.w + j) * lanes + part), sum);
              }
            }
          sum.store(gx.at(block, c) + (a * gx.w + b) * lanes + part);
        }
  }
}

// --- weight gradient
// -------------------------------------------------------------------------------------------------- In
// registers: T output channels × C input channels × L taps of one filter row, sixteen partial sums each (one
// for each lane), over all positions of a block; then they are added to the `total` over the blocks. The
// block's planes are read anew for each filter row: they come from the second cache faster than the
// multiply-adds need them.

// Where the sums of a unit's weights lie: total[channel][output][tap][lane].
struct Totals {
  float* at;
  int64_t output_stride, channel_stride;
};

template <int T, int C, int L>
void weight_gradient_taps(const WeightGradient& job, const float* x, const float* gy, int64_t k,
                          int64_t l_first, Totals total) {
  const int64_t stride = job.window.stride, padding = job.window.padding, width = job.x.w, columns = job.gy.w;
  const int64_t gy_plane = job.gy.positions() * lanes, x_plane = job.x.positions() * lanes;
  // Output columns whose L taps all fall inside the image: [inner_first, inner_last).
  int64_t inner_first = padding > l_first ? (padding - l_first + stride - 1) / stride : 0;
  int64_t inner_last = (width - 1 - (l_first + L - 1) + padding) / stride + 1;
  if (width - 1 - (l_first + L - 1) + padding < 0) inner_last = 0;
  inner_last = inner_last < columns ? inner_last : columns;
  inner_first = inner_first < inner_last ? inner_first : inner_last;
  V acc[T][C][L];
  for (int t = 0; t < T; ++t)
    for (int c = 0; c < C; ++c)
      for (int l = 0; l < L; ++l) acc[t][c][l] = V(0.0f);
  for (int64_t i = 0; i < job.gy.h; ++i) {
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
  for (int t = 0; t < T; ++t)
    for (int c = 0; c < C; ++c)
      for (int l = 0; l < L; ++l) {
        float* sum = total.at + c * total.channel_stride + t * total.output_stride + l * lanes;
        (V::load(sum) + acc[t][c][l]).store(sum);
      }
}

constexpr int most_taps = 5;  // of a filter row at once

template <int T, int C>
void weight_gradient_row(const WeightGradient& job, const float* x, const float* gy, int64_t k,
                         Totals total) {
  const int64_t kernel = job.window.kernel;
  for (int64_t l = 0; l < kernel; l += most_taps, total.at += most_taps * lanes) {
    switch (kernel - l) {
      case 1:
        weight_gradient_taps<T, C, 1>(job, x, gy, k, l, total);
        break;
      case 2:
        weight_gradient_taps<T, C, 2>(job, x, gy, k, l, total);
        break;
      case 3:
        weight_gradient_taps<T, C, 3>(job, x, gy, k, l, total);
        break;
      case 4:
        weight_gradient_taps<T, C, 4>(job, x, gy, k, l, total);
        break;
      default:
        weight_gradient_taps<T, C, 5>(job, x, gy, k, l, total);
    }
  }
}

template <int T>
void weight_gradient_unit(const WeightGradient& job, int64_t o, Range channels) {
  const int64_t kernel = job.window.kernel, taps = kernel * kernel, sums = T * taps * lanes;
  alignas(64) float total[WeightGradient::most_channels * T * most_kernel * most_kernel * lanes];
  for (int64_t i = 0; i < (channels.last - channels.first) * sums; ++i) total[i] = 0;
  // At most two channels' accumulators fit the sixteen registers of AVX2; those of one alone would wait for
  // each other, so it meets two channels of x at once.
  constexpr int together = V::width == 16 ? T : (T < 2 ? T : 2), abreast = T == 1 ? 2 : 1;
  const auto add = [&]<int C>(int64_t block, int64_t c, int part) {
    for (int t = 0; t < T; t += together)
      for (int64_t k = 0; k < kernel; ++k) {
        float* at = total + (c - channels.first) * sums + (t * taps + k * kernel) * lanes + part;
        weight_gradient_row<together, C>(job, job.x.at(block, c) + part, job.gy.at(block, o + t) + part, k,
                                         {at, taps * lanes, sums});
      }
  };
  for (int64_t block = 0; block < job.x.blocks; ++block) {
    int64_t c = channels.first;
    for (; c + abreast <= channels.last; c += abreast)
      for (int part = 0; part < lanes; part += V::width) add.template operator()<abreast>(block, c, part);
    for (; c < channels.last; ++c)
      for (int part = 0; part < lanes; part += V::width) add.template operator()<1>(block, c, part);
  }
  for (int64_t c = channels.first; c < channels.last; ++c)
    for (int t = 0; t < T; ++t)
      for (int64_t tap = 0; tap < taps; ++tap)
        job.gw[((o + t) * job.x.c + c) * taps + tap] =
            tree_sum(total + (c - channels.first) * sums + (t * taps + tap) * lanes);
}

void weight_gradient(const WeightGradient& job, Range units) {
  const int64_t groups = job.channel_groups();
  for (int64_t u = units.first; u < units.last; ++u) {
    const Tile tile = tile_of(u / groups, job.gy.c);
    const Range channels{job.x.c * (u % groups) / groups, job.x.c * (u % groups + 1) / groups};
    if (tile.size == 4)
      weight_gradient_unit<4>(job, tile.first, channels);
    else if (tile.size == 2)
      weight_gradient_unit<2>(job, tile.first, channels);
    else
      weight_gradient_unit<1>(job, tile.first, channels);
  }
}
