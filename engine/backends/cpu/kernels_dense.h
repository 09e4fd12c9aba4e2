// Dense layers, samples in the lanes. Part of the kernels of one instruction set (see simd.h).
//
// The plain loops these equal are reference/loops.h: dense, dense_input_gradient, dense_weight_gradient.

// In registers: T outputs × B blocks of samples, each a chain over k. A step loads B vectors of x and T
// weights.
template <int T, int B>
void product_tile(const MatrixProduct& job, int64_t block, int64_t m) {
  const int64_t size = job.x.c;
  const float* w = job.w + m * job.row_stride;
  for (int part = 0; part < lanes; part += V::width) {
    const float* x = job.x.at(block, 0) + part;
    V acc[T][B];
    for (int t = 0; t < T; ++t)
      for (int b = 0; b < B; ++b) acc[t][b] = V(job.bias ? job.bias[m + t] : 0.0f);
    for (int64_t k = 0; k < size; ++k) {
      V value[B];
      for (int b = 0; b < B; ++b) value[b] = V::load(x + (b * size + k) * lanes);
      for (int t = 0; t < T; ++t) {
        const V weight(w[t * job.row_stride + k * job.column_stride]);
        for (int b = 0; b < B; ++b) acc[t][b] = fma(weight, value[b], acc[t][b]);
      }
    }
    for (int t = 0; t < T; ++t)
      for (int b = 0; b < B; ++b) acc[t][b].store(job.y.at(block + b, m + t) + part);
  }
}

constexpr int most_blocks = V::width == 16 ? 6 : 3;
int64_t block_groups(const MatrixProduct& job) { return (job.x.blocks + most_blocks - 1) / most_blocks; }
int64_t product_units(const MatrixProduct& job) { return block_groups(job) * tile_count(job.y.c); }

template <int T, int B>
void product_blocks(const MatrixProduct& job, int64_t block, int64_t count, int64_t m) {
  if constexpr (B > 1) {
    if (count < B) return product_blocks<T, B - 1>(job, block, count, m);
  }
  product_tile<T, B>(job, block, m);
}

void product(const MatrixProduct& job, Range units) {
  const int64_t tiles = tile_count(job.y.c), groups = block_groups(job);
  for (int64_t u = units.first; u < units.last; ++u) {
    const int64_t group = u / tiles, block = job.x.blocks * group / groups,
                  count = job.x.blocks * (group + 1) / groups - block;
    const Tile tile = tile_of(u % tiles, job.y.c);
    with_size_of(tile, [&]<int T>() { product_blocks<T, most_blocks>(job, block, count, tile.first); });
  }
}

// Weight gradient: sixteen partial sums for each output and feature, chains over the blocks, of copies in which the blocks of a
// channel lie together: where they lie in a batch they are a power of two apart as often as not, and numbers so far apart
// displace each other from the first cache.
void copy_channels(const Batch& from, Range channels, float* to) {
  to += channels.first * from.blocks * lanes;
  for (int64_t c = channels.first; c < channels.last; ++c)
    for (int64_t block = 0; block < from.blocks; ++block, to += lanes)
      for (int part = 0; part < lanes; part += V::width) V::load(from.at(block, c) + part).store(to + part);
}

struct DenseSums {
  const float* x;   // [feature][block]
  const float* gy;  // [output][block]
  int64_t blocks;
  SVDD_INLINE V x_at(int64_t feature, int64_t block, int part) const {
    return V::load(x + (feature * blocks + block) * lanes + part);
  }
  SVDD_INLINE V gy_at(int64_t output, int64_t block, int part) const {
    return V::load(gy + (output * blocks + block) * lanes + part);
  }
};

// In registers: T outputs × F features. `gw`: of the first of both.
template <int T, int F>
void dense_weight_gradient_tile(const DenseSums& job, int64_t f, float* gw, int64_t stride) {
  alignas(64) float sums[T * F * lanes];
  for (int part = 0; part < lanes; part += V::width) {
    V acc[T][F];
    for (int t = 0; t < T; ++t)
      for (int i = 0; i < F; ++i) acc[t][i] = V(0.0f);
    for (int64_t block = 0; block < job.blocks; ++block) {
      V value[F];
      for (int i = 0; i < F; ++i) value[i] = job.x_at(f + i, block, part);
      for (int t = 0; t < T; ++t) {
        const V g = job.gy_at(t, block, part);
        for (int i = 0; i < F; ++i) acc[t][i] = fma(g, value[i], acc[t][i]);
      }
    }
    for (int t = 0; t < T; ++t)
      for (int i = 0; i < F; ++i) acc[t][i].store(sums + (t * F + i) * lanes + part);
  }
  for (int t = 0; t < T; ++t)
    for (int i = 0; i < F; ++i) gw[t * stride + i] = tree_sum(sums + (t * F + i) * lanes);
}

#if defined(SVDD_KERNELS_AVX512)
// The same for 4 outputs × 4 features, whose sixteen sums close together: one by one, the trees take as long
// as the chains.
void dense_weight_gradient_4x4(const DenseSums& job, int64_t f, float* gw, int64_t stride) {
  V acc[16];
  for (V& a : acc) a = V(0.0f);
  for (int64_t block = 0; block < job.blocks; ++block) {
    V g[4];
    for (int t = 0; t < 4; ++t) g[t] = job.gy_at(t, block, 0);
    for (int i = 0; i < 4; ++i) {
      const V value = job.x_at(f + i, block, 0);
      for (int t = 0; t < 4; ++t) acc[4 * i + t] = fma(g[t], value, acc[4 * i + t]);
    }
  }
  tree_sums(acc, gw, stride);
}
#elif defined(SVDD_KERNELS_AVX2)
// The same for 4 outputs × 6 features, half the lanes and three features at a time: twelve chains, where eight would just keep
// the units busy.
void dense_weight_gradient_4x6(const DenseSums& job, int64_t f, float* gw, int64_t stride) {
  V half[2][24];
  for (int part = 0; part < 2; ++part)
    for (int three = 0; three < 6; three += 3) {
      V acc[3][4];
      for (int i = 0; i < 3; ++i)
        for (V& a : acc[i]) a = V(0.0f);
      for (int64_t block = 0; block < job.blocks; ++block) {
        V value[3];
        for (int i = 0; i < 3; ++i) value[i] = job.x_at(f + three + i, block, part * V::width);
        for (int t = 0; t < 4; ++t) {
          const V g = job.gy_at(t, block, part * V::width);
          for (int i = 0; i < 3; ++i) acc[i][t] = fma(g, value[i], acc[i][t]);
        }
      }
      for (int i = 0; i < 3; ++i)
        for (int t = 0; t < 4; ++t) half[part][8 * ((three + i) / 2) + 2 * t + (three + i) % 2] = acc[i][t];
    }
  for (int pair = 0; pair < 3; ++pair)
    tree_sums<2>(half[0] + 8 * pair, half[1] + 8 * pair, gw + 2 * pair, stride);
}
#endif

// Of so many features of x.
template <int T>
void dense_weight_gradient_outputs(const DenseSums& job, int64_t features, float* gw, int64_t stride) {
  constexpr int most = V::width == 16 ? 6 : 2;
  int64_t f = 0;
#if defined(SVDD_KERNELS_AVX512)
  if constexpr (T == 4)
    for (; f + 4 <= features; f += 4) dense_weight_gradient_4x4(job, f, gw + f, stride);
#elif defined(SVDD_KERNELS_AVX2)
  if constexpr (T == 4)
    for (; f + 6 <= features; f += 6) dense_weight_gradient_4x6(job, f, gw + f, stride);
#endif
  for (; f + most <= features; f += most) dense_weight_gradient_tile<T, most>(job, f, gw + f, stride);
  for (; f < features; ++f) dense_weight_gradient_tile<T, 1>(job, f, gw + f, stride);
}

// As [channel][block].

// Some tiles of outputs stay in the second cache while all features meet them, and some features in the first, while these
// outputs do.
void dense_weight_gradient(const DenseWeightGradient& job, Range units) {
  const int64_t tiles = job.at_once(256 << 10, 4), features = 12 * job.at_once(24 << 10, 12),
                size = job.blocks * lanes;
  for (int64_t first = units.first; first < units.last; first += tiles) {
    const int64_t last = first + tiles < units.last ? first + tiles : units.last;
    for (int64_t f = 0; f < job.in; f += features) {
      const int64_t count = f + features < job.in ? features : job.in - f;
      for (int64_t u = first; u < last; ++u) {
        const Tile tile = tile_of(u, job.out);
        const DenseSums sums{job.x + f * size, job.gy + tile.first * size, job.blocks};
        with_size_of(tile, [&]<int T>() {
          dense_weight_gradient_outputs<T>(sums, count, job.gw + tile.first * job.in + f, job.in);
        });
      }
    }
  }
}
