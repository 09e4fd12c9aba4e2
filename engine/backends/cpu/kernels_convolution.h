// Convolutions, samples in the lanes. Part of the kernels of one instruction set (see simd.h).
//
// The plain loops these equal are reference/loops.h: conv2d, conv2d_input_gradient, conv2d_weight_gradient.

#define SVDD_INLINE_LAMBDA __attribute__((always_inline))
template <int... I, class F>
SVDD_INLINE void call_with_each(std::integer_sequence<int, I...>, const F& f) {
  (f(std::integral_constant<int, I>{}), ...);
}
// f(0), f(1) … f(N − 1), each with its number known to the compiler: arrays that only such numbers index are registers from the
// beginning. (Of a loop, GCC keeps them in memory where a branch stands in it.) The portable kernels stay loops: a multiply-add
// is twenty instructions there, and the code would leave its cache.
template <int N, class F>
SVDD_INLINE void unrolled(const F& f) {
  if constexpr (V::width > 4)
    call_with_each(std::make_integer_sequence<int, N>{}, f);
  else
    for (int i = 0; i < N; ++i) f(i);
}

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
  unrolled<T>([&](auto t) SVDD_INLINE_LAMBDA {
    const V start(bias[t]);
    unrolled<P>([&](auto p) SVDD_INLINE_LAMBDA { acc[t][p] = start; });
  });
  for (int64_t c = 0; c < job.x.c; ++c)
    for (int64_t k = k_first; k < k_last; ++k) {
      const float* xr = x + c * plane + ((top + k) * width + left) * lanes;
      const float* wr = w + (c * rows + k) * columns * T;
      const auto tap = [&](int64_t l) SVDD_INLINE_LAMBDA {
        if constexpr (Edge) {
          V weight[T];
          unrolled<T>([&](auto t) SVDD_INLINE_LAMBDA { weight[t] = V(wr[l * T + t]); });
          unrolled<P>([&](auto p) SVDD_INLINE_LAMBDA {
            const int64_t j = left + p * stride + l;
            if (j < 0 || j >= width) return;
            const V value = V::load(xr + (p * stride + l) * lanes);
            unrolled<T>([&](auto t) SVDD_INLINE_LAMBDA { acc[t][p] = fma(weight[t], value, acc[t][p]); });
          });
        } else {
          V value[P];
          unrolled<P>([&](auto p) SVDD_INLINE_LAMBDA { value[p] = V::load(xr + (p * stride + l) * lanes); });
          unrolled<T>([&](auto t) SVDD_INLINE_LAMBDA {
            const V weight(wr[l * T + t]);
            unrolled<P>([&](auto p) SVDD_INLINE_LAMBDA { acc[t][p] = fma(weight, value[p], acc[t][p]); });
          });
        }
      };
      for (int64_t l = 0; l < columns; ++l) tap(l);
    }
  const int64_t out_plane = job.y.positions() * lanes, step = K ? lanes : job.step * lanes;
  float* at = y + ((job.first_row + row * job.step) * job.y.w + job.first_column + column * job.step) * lanes;
  const auto each_result = [&](const auto& visit) SVDD_INLINE_LAMBDA {
    unrolled<T>([&](auto t) SVDD_INLINE_LAMBDA {
      unrolled<P>([&](auto p) SVDD_INLINE_LAMBDA { visit(acc[t][p], at + t * out_plane + p * step); });
    });
  };
  if (job.past_caches)
    each_result([](V y, float* to) SVDD_INLINE_LAMBDA { y.store_past_caches(to); });
  else
    each_result([](V y, float* to) SVDD_INLINE_LAMBDA { y.store(to); });
}

// The most positions that T channels leave registers for.
constexpr int most_positions(int t) {
  return V::width == 16 ? (t == 4 ? 6 : t == 3 ? 7 : 8) : t >= 3 ? 3 : 4;
}

template <int T, int P, int K>
void correlate_columns(const Correlation& job, const float* x, const float* w, const float* bias, float* y,
                       int64_t row, int64_t column, int64_t count) {
  if constexpr (P > 1) {
    if (count < P) return correlate_columns<T, P - 1, K>(job, x, w, bias, y, row, column, count);
  }
  const int64_t left = column * job.stride + job.left,
                right = left + (P - 1) * job.stride + job.kernel_columns;
  if (left < 0 || right > job.x.w)
    correlate_tile<T, P, true, T == 1 ? K : 0>(job, x, w, bias, y, row, column);
  else
    correlate_tile<T, P, false, K>(job, x, w, bias, y, row, column);
}

template <int T, int K>
void correlate_channels(const Correlation& job, int64_t block, int64_t first_channel) {
  constexpr int most = most_positions(T);
  const int64_t columns = job.columns, tiles = (columns + most - 1) / most;
  const float* w = job.packed + first_channel * job.x.c * job.kernel_rows * job.kernel_columns;
  const float zeros[T] = {}, *bias = job.bias ? job.bias + first_channel : zeros;
  for (int part = 0; part < lanes; part += V::width)
    for (int64_t row = 0; row < job.rows; ++row)
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t column = columns * tile / tiles, end = columns * (tile + 1) / tiles;
        correlate_columns<T, most, K>(job, job.x.at(block, 0) + part, w, bias,
                                      job.y.at(block, first_channel) + part, row, column, end - column);
      }
}

template <int K>
void correlate_tile_of_channels(const Correlation& job, int64_t block, Tile tile) {
  with_size_of(tile, [&]<int T>() { correlate_channels<T, K>(job, block, tile.first); });
}

// What a band of outputs of a block meets, copied to `memory` as images of their own that lie side by side. They end where
// the image does or beyond the last tap, so that padding is where it was.
Correlation copied_band(const Correlation& job, int64_t block, const Piece& out, float* memory) {
  const auto inside = [](int64_t i, int64_t extent) { return i < 0 ? 0 : i < extent ? i : extent; };
  const Range rows{inside(out.rows.first * job.stride + job.top, job.x.h),
                   inside((out.rows.last - 1) * job.stride + job.top + job.kernel_rows, job.x.h)},
      columns{inside(out.columns.first * job.stride + job.left, job.x.w),
              inside((out.columns.last - 1) * job.stride + job.left + job.kernel_columns, job.x.w)};
  Correlation band = job;
  band.x = {memory, lanes, 1, job.x.c, rows.last - rows.first, columns.last - columns.first};
  band.top = out.rows.first * job.stride + job.top - rows.first;
  band.left = out.columns.first * job.stride + job.left - columns.first;
  band.y.data = job.y.at(block, 0);
  band.rows = out.rows.last - out.rows.first, band.columns = out.columns.last - out.columns.first;
  band.first_row += out.rows.first * job.step, band.first_column += out.columns.first * job.step;
  for (int64_t c = 0; c < job.x.c; ++c)
    for (int64_t row = rows.first; row < rows.last; ++row) {
      const float* from = job.x.at(block, c) + (row * job.x.w + columns.first) * lanes;
      for (int64_t i = 0; i < band.x.w * lanes; i += V::width, memory += V::width)
        V::load(from + i).store(memory);
    }
  return band;
}

template <int K>
void correlate_units(const Correlation& job, Range units, float* memory) {
  const int64_t tiles = tile_count(job.y.c);
  for (int64_t u = units.first; u < units.last; ++u) {
    if (!job.copies) {
      correlate_tile_of_channels<K>(job, u / tiles, tile_of(u % tiles, job.y.c));
      continue;
    }
    const Correlation band = copied_band(job, u / job.bands(), job.band(u % job.bands()), memory);
    for (int64_t i = 0; i < tiles; ++i) correlate_tile_of_channels<K>(band, 0, tile_of(i, job.y.c));
  }
}

// K: a square kernel and a stride of 1, known beforehand; 0: any. Where planes that leave the second cache are read as they
// lie, 3×3 is faster as any.
void correlate(const Correlation& job, Range units, float* memory) {
  constexpr int64_t small_plane = 64 * 64;
  const bool plain = job.kernel_rows == job.kernel_columns && job.stride == 1 && job.step == 1;
  if (plain && job.kernel_rows == 1)
    correlate_units<1>(job, units, memory);
  else if (plain && job.kernel_rows == 3 && (job.copies || job.x.positions() <= small_plane))
    correlate_units<3>(job, units, memory);
  else if (plain && job.kernel_rows == 5)
    correlate_units<5>(job, units, memory);
  else if (plain && job.kernel_rows == 7)
    correlate_units<7>(job, units, memory);
  else
    correlate_units<0>(job, units, memory);
  if (job.past_caches) finish_stores();
}

// ---- weight gradient
//
// In registers: T output channels × C input channels × L taps of one filter row, sixteen partial sums each (one
// for each lane), over a band of rows of a block's planes. They are read anew for each filter row: they come from the
// second cache faster than the multiply-adds need them. What comes from memory would be waited for, so the second cache is
// told beforehand to fetch it.

// Where sums lie, [channel][output][filter row][tap][lane]: those of a block from band to band, and the total over the
// blocks, to which they are added after the last band.
struct Sums {
  float *of_block, *total;
  int64_t output_stride, channel_stride;
  SVDD_INLINE Sums from(int64_t at) const {
    return {of_block + at, total + at, output_stride, channel_stride};
  }
};

// What to fetch meanwhile: for each filter row, at each position a line of each of C planes.
struct Ahead {
  const float* at;
  int64_t step, plane, row;
};

// A band of a block, and what will be read after it: the planes of the next input channels or, after the last of them, of
// the tile's output channels in the next band.
struct Band {
  int64_t block;
  Range rows;
  Ahead x, gy;
  int64_t rows_of_gy;  // so many filter rows fetch gy, the others x
};

template <int T, int C, int L>
void weight_gradient_taps(const WeightGradient& job, const float* x, const float* gy, int64_t l_first,
                          const Band& band, const Sums& sums) {
  const int64_t stride = job.window.stride, padding = job.window.padding, width = job.x.w, columns = job.gy.w;
  const int64_t gy_plane = job.gy.positions() * lanes, x_plane = job.x.positions() * lanes;
  // Output columns whose L taps all fall inside the image: [inner_first, inner_last).
  int64_t inner_first = padding > l_first ? (padding - l_first + stride - 1) / stride : 0;
  int64_t inner_last = (width - 1 - (l_first + L - 1) + padding) / stride + 1;
  if (width - 1 - (l_first + L - 1) + padding < 0) inner_last = 0;
  inner_last = inner_last < columns ? inner_last : columns;
  inner_first = inner_first < inner_last ? inner_first : inner_last;
  const float zeros[lanes] = {};
  const bool first = band.rows.first == 0, last = band.rows.last == job.gy.h;
  for (int64_t k = 0; k < job.window.kernel; ++k) {
    V acc[T][C][L];
    const int64_t start = (k * job.window.kernel + l_first) * lanes;
    const auto each_sum = [&](const auto& visit) SVDD_INLINE_LAMBDA {
      unrolled<T>([&](auto t) SVDD_INLINE_LAMBDA {
        unrolled<C>([&](auto c) SVDD_INLINE_LAMBDA {
          unrolled<L>([&](auto l) SVDD_INLINE_LAMBDA {
            visit(acc[t][c][l], start + c * sums.channel_stride + t * sums.output_stride + l * lanes);
          });
        });
      });
    };
    each_sum([&](V& sum, int64_t at)
                 SVDD_INLINE_LAMBDA { sum = V::load(first ? zeros : sums.of_block + at); });
    const bool of_gy = k < band.rows_of_gy;
    const Ahead& ahead = of_gy ? band.gy : band.x;
    const float* fetch = ahead.at + k * ahead.row;
    for (int64_t i = band.rows.first; i < band.rows.last; ++i) {
      const int64_t a = i * stride + k - padding;
      if (a < 0 || a >= job.x.h) continue;
      const float* gr = gy + i * columns * lanes;
      const float* xr = x + (a * width + l_first - padding) * lanes;
      const auto edge = [&](int64_t j) SVDD_INLINE_LAMBDA {
        V g[T];
        unrolled<T>([&](auto t) SVDD_INLINE_LAMBDA { g[t] = V::load(gr + t * gy_plane + j * lanes); });
        unrolled<L>([&](auto l) SVDD_INLINE_LAMBDA {
          const int64_t b = j * stride + l_first + l - padding;
          if (b < 0 || b >= width) return;
          unrolled<C>([&](auto c) SVDD_INLINE_LAMBDA {
            const V value = V::load(xr + c * x_plane + (j * stride + l) * lanes);
            unrolled<T>([&](auto t) SVDD_INLINE_LAMBDA { acc[t][c][l] = fma(g[t], value, acc[t][c][l]); });
          });
        });
      };
      for (int64_t j = 0;; ++j) {
        if (j == inner_first)
          for (; j < inner_last; ++j) {
            V g[T];
            unrolled<T>([&](auto t) SVDD_INLINE_LAMBDA { g[t] = V::load(gr + t * gy_plane + j * lanes); });
            if constexpr (T > 1) {  // otherwise loads are what is waited for
              for (int c = 0; c < C; ++c) __builtin_prefetch(fetch + c * ahead.plane, 0, 2);
              fetch += ahead.step;
            }
            unrolled<L>([&](auto l) SVDD_INLINE_LAMBDA {
              unrolled<C>([&](auto c) SVDD_INLINE_LAMBDA {
                const V value = kept(V::load(xr + c * x_plane + (j * stride + l) * lanes));
                unrolled<T>([&](auto t)
                                SVDD_INLINE_LAMBDA { acc[t][c][l] = fma(g[t], value, acc[t][c][l]); });
              });
            });
          }
        if (j >= columns) break;
        edge(j);
      }
    }
    if (last)
      each_sum([&](V& sum, int64_t at)
                   SVDD_INLINE_LAMBDA { (V::load(sums.total + at) + sum).store(sums.total + at); });
    else
      each_sum([&](V& sum, int64_t at) SVDD_INLINE_LAMBDA { sum.store(sums.of_block + at); });
  }
}

// The taps of a filter row, at most five at once, in parts that are as equal as can be: a few sums alone wait for each other.
template <int T, int C>
void weight_gradient_parts(const WeightGradient& job, const float* x, const float* gy, const Band& band,
                           const Sums& sums) {
  constexpr int64_t most_taps = 5;
  const int64_t kernel = job.window.kernel, parts = (kernel + most_taps - 1) / most_taps;
  for (int64_t part = 0; part < parts; ++part) {
    const int64_t l = kernel * part / parts, count = kernel * (part + 1) / parts - l;
    if (count == 1)
      weight_gradient_taps<T, C, 1>(job, x, gy, l, band, sums);
    else if (count == 2)
      weight_gradient_taps<T, C, 2>(job, x, gy, l, band, sums);
    else if (count == 3)
      weight_gradient_taps<T, C, 3>(job, x, gy, l, band, sums);
    else if (count == 4)
      weight_gradient_taps<T, C, 4>(job, x, gy, l, band, sums);
    else
      weight_gradient_taps<T, C, 5>(job, x, gy, l, band, sums);
  }
}

// What T output channels from o on and C input channels from c on have in a band. L: all taps of a filter row at once;
// 0: in parts.
template <int T, int C, int L>
void weight_gradient_band(const WeightGradient& job, const Band& band, int64_t o, int64_t c,
                          const Sums& sums) {
  // As many outputs at once as find registers: of each its sums and a number of gy, and one of x for all.
  constexpr int registers = V::width == 16 ? 32 : 16, most = (registers - 1) / (C * (L ? L : 5) + 1);
  constexpr int together = T <= most ? T : most >= 2 ? 2 : 1;
  for (int part = 0; part < lanes; part += V::width) {
    const auto outputs = [&]<int Count>(int t) {
      const float *x = job.x.at(band.block, c) + part, *gy = job.gy.at(band.block, o + t) + part;
      const Sums of_part = sums.from(t * sums.output_stride + part);
      if constexpr (L > 0)
        weight_gradient_taps<Count, C, L>(job, x, gy, 0, band, of_part);
      else
        weight_gradient_parts<Count, C>(job, x, gy, band, of_part);
    };
    for (int t = 0; t + together <= T; t += together) outputs.template operator()<together>(t);
    if constexpr (T % together > 0) outputs.template operator()<T % together>(T - T % together);
  }
}

// A block: [tile][channel][output of the tile][filter row][tap][lane].
void weight_gradient_block(const WeightGradient& job, int64_t block, Range tiles, Range channels,
                           float* of_block, float* total) {
  const int64_t kernel = job.window.kernel, taps = kernel * kernel, stride = job.window.stride;
  const int64_t gy_plane = job.gy.positions() * lanes, x_plane = job.x.positions() * lanes;
  const int64_t x_step = lanes * stride * stride / kernel, count = channels.last - channels.first;
  const int64_t first_output = tile_of(tiles.first, job.gy.c).first;
  for (int64_t row = 0; row < job.gy.h; row += job.rows_at_once) {
    const bool is_last_band = row + job.rows_at_once >= job.gy.h;
    Band band{block, {row, is_last_band ? job.gy.h : row + job.rows_at_once}, {}, {}, 0};
    const int64_t next_block = is_last_band ? block + 1 : block, next_row = is_last_band ? 0 : band.rows.last;
    const int64_t positions = (band.rows.last - row) * job.gy.w;
    const auto add = [&]<int C, int L>(int64_t c) {
      const bool is_last = c + C == channels.last, more = !is_last || next_block < job.x.blocks;
      band.x = {more ? (is_last ? job.x.at(next_block, channels.first) : job.x.at(block, c + C)) +
                           (is_last ? next_row : row) * stride * job.x.w * lanes
                     : job.x.at(block, c),
                x_step, x_plane, positions * x_step};
      for (int64_t i = tiles.first; i < tiles.last; ++i) {
        const Tile tile = tile_of(i, job.gy.c);
        if (is_last && more) {
          band.gy = {job.gy.at(next_block, tile.first) + next_row * job.gy.w * lanes, lanes, gy_plane,
                     C * gy_plane};
          band.rows_of_gy = (tile.size + C - 1) / C;
        }
        const Sums sums = Sums{of_block, total, taps * lanes, tile.size * taps * lanes}.from(
            ((tile.first - first_output) * count + tile.size * (c - channels.first)) * taps * lanes);
        with_size_of(tile, [&]<int T>() {
          if constexpr (T == 1 || C != 2 || L > 0)  // pairs of any width are for one output
            weight_gradient_band<T, C, L>(job, band, tile.first, c, sums);
        });
        band.x = {job.x.at(block, c), 0, 0, 0};  // fetched once
      }
    };
    int64_t c = channels.first;
    const auto while_there_are = [&]<int C, int L>() {
      for (; c + C <= channels.last; c += C) add.template operator()<C, L>(c);
    };
    if (kernel == 1) while_there_are.template operator()<4, 1>();
    if (kernel == 3) while_there_are.template operator()<2, 3>();
    if (kernel == 7) while_there_are.template operator()<2, 7>();
    if (job.gy.c == 1) while_there_are.template operator()<2, 0>();
    if (kernel == 5) while_there_are.template operator()<1, 5>();
    if (kernel == 7) while_there_are.template operator()<1, 7>();
    while_there_are.template operator()<1, 0>();
  }
}

void weight_gradient(const WeightGradient& job, Range groups) {
  alignas(64) float total[WeightGradient::most_sums * lanes], of_block[WeightGradient::most_sums * lanes];
  const int64_t taps = job.window.kernel * job.window.kernel;
  for (int64_t group = groups.first; group < groups.last; ++group) {
    const Range tiles = job.tiles(group), channels = job.channels(group);
    for (int64_t i = 0; i < job.group_sums() * lanes; ++i) total[i] = 0;
    for (int64_t block = 0; block < job.x.blocks; ++block)
      weight_gradient_block(job, block, tiles, channels, of_block, total);
    const float* sum = total;
    for (int64_t i = tiles.first; i < tiles.last; ++i) {
      const Tile tile = tile_of(i, job.gy.c);
      for (int64_t c = channels.first; c < channels.last; ++c)
        for (int64_t t = 0; t < tile.size; ++t)
          for (int64_t tap = 0; tap < taps; ++tap, sum += lanes)
            job.gw[((tile.first + t) * job.x.c + c) * taps + tap] = tree_sum(sum);
    }
  }
}
