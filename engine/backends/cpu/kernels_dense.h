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

// In registers: T outputs × F features, sixteen partial sums each, chains over the blocks.
template <int T, int F>
void dense_weight_gradient_tile(const Batch& x, const Batch& gy, float* gw, int64_t o, int64_t f) {
  alignas(64) float sums[T * F * lanes];
  for (int part = 0; part < lanes; part += V::width) {
    V acc[T][F];
    for (int t = 0; t < T; ++t)
      for (int i = 0; i < F; ++i) acc[t][i] = V(0.0f);
    for (int64_t block = 0; block < x.blocks; ++block) {
      V value[F];
      for (int i = 0; i < F; ++i) value[i] = V::load(x.at(block, f + i) + part);
      for (int t = 0; t < T; ++t) {
        const V g = V::load(gy.at(block, o + t) + part);
        for (int i = 0; i < F; ++i) acc[t][i] = fma(g, value[i], acc[t][i]);
      }
    }
    for (int t = 0; t < T; ++t)
      for (int i = 0; i < F; ++i) acc[t][i].store(sums + (t * F + i) * lanes + part);
  }
  for (int t = 0; t < T; ++t)
    for (int i = 0; i < F; ++i) gw[(o + t) * x.c + f + i] = tree_sum(sums + (t * F + i) * lanes);
}

#if defined(SVDD_KERNELS_AVX512)
// The same for 4 outputs × 4 features, whose sixteen sums close together: one by one, the trees take as long
// as the chains.
void dense_weight_gradient_4x4(const Batch& x, const Batch& gy, float* gw, int64_t o, int64_t f) {
  V acc[16];
  for (V& a : acc) a = V(0.0f);
  for (int64_t block = 0; block < x.blocks; ++block) {
    V g[4];
    for (int t = 0; t < 4; ++t) g[t] = V::load(gy.at(block, o + t));
    for (int i = 0; i < 4; ++i) {
      const V value = V::load(x.at(block, f + i));
      for (int t = 0; t < 4; ++t) acc[4 * i + t] = fma(g[t], value, acc[4 * i + t]);
    }
  }
  tree_sums(acc, gw + o * x.c + f, x.c);
}
#elif defined(SVDD_KERNELS_AVX2)
// The same for 4 outputs × 2 features, half the lanes at a time.
void dense_weight_gradient_4x2(const Batch& x, const Batch& gy, float* gw, int64_t o, int64_t f) {
  V half[2][8];
  for (int part = 0; part < 2; ++part) {
    V acc[8];
    for (V& a : acc) a = V(0.0f);
    for (int64_t block = 0; block < x.blocks; ++block) {
      V value[2];
      for (int i = 0; i < 2; ++i) value[i] = V::load(x.at(block, f + i) + part * V::width);
      for (int t = 0; t < 4; ++t) {
        const V g = V::load(gy.at(block, o + t) + part * V::width);
        for (int i = 0; i < 2; ++i) acc[2 * t + i] = fma(g, value[i], acc[2 * t + i]);
      }
    }
    for (int i = 0; i < 8; ++i) half[part][i] = acc[i];
  }
  tree_sums<2>(half[0], half[1], gw + o * x.c + f, x.c);
}
#endif

template <int T>
void dense_weight_gradient_outputs(const Batch& x, const Batch& gy, float* gw, int64_t o, Range features) {
  constexpr int most = V::width == 16 ? 6 : 2;
  int64_t f = features.first;
#if defined(SVDD_KERNELS_AVX512)
  if constexpr (T == 4)
    for (; f + 4 <= features.last; f += 4) dense_weight_gradient_4x4(x, gy, gw, o, f);
#elif defined(SVDD_KERNELS_AVX2)
  if constexpr (T == 4)
    for (; f + 2 <= features.last; f += 2) dense_weight_gradient_4x2(x, gy, gw, o, f);
#endif
  for (; f + most <= features.last; f += most) dense_weight_gradient_tile<T, most>(x, gy, gw, o, f);
  for (; f < features.last; ++f) dense_weight_gradient_tile<T, 1>(x, gy, gw, o, f);
}

// So many features at once stay in the first cache, beside the gradients of four outputs, while all outputs
// meet them.
void dense_weight_gradient(const Batch& x, const Batch& gy, float* gw, Range units) {
  constexpr int64_t cache = 24 << 10, step = 12;
  const int64_t fit = cache / (x.blocks * lanes * static_cast<int64_t>(sizeof(float)) * step);
  const int64_t together = fit > 1 ? fit * step : step;
  for (int64_t f = 0; f < x.c; f += together) {
    const Range features{f, f + together < x.c ? f + together : x.c};
    for (int64_t u = units.first; u < units.last; ++u) {
      const Tile tile = tile_of(u, gy.c);
      with_size_of(tile, [&]<int T>() { dense_weight_gradient_outputs<T>(x, gy, gw, tile.first, features); });
    }
  }
}
