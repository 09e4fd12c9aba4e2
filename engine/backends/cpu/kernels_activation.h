// Normalisation, leaky ReLU and 2×2 resampling in one pass over memory. Part of the kernels of one
// instruction set (see simd.h). Units are (channel, block), as in kernels_channels.h.
//
// The operations these equal are reference/loops.h: normalise, unary(leaky_relu), max_pool2d,
// upsample_nearest, and their gradients, one after another.

// The constants of one channel, in all lanes.
struct ChannelActivation {
  V mean, inverse_std, weight, bias, slope, zero{0.0f};
  bool affine;
  ChannelActivation(const Activation& a, int64_t c)
      : mean(a.mean[c]),
        inverse_std(a.inverse_std[c]),
        weight(a.weight ? a.weight[c] : 1.0f),
        bias(a.weight ? a.bias[c] : 0.0f),
        slope(a.slope),
        affine(a.weight != nullptr) {}

  V xhat(const float* x) const { return (V::load(x) - mean) * inverse_std; }
  V normalised(const float* x) const { return affine ? fma(xhat(x), weight, bias) : xhat(x); }
  V leaky(V v) const { return if_greater(v, zero, v, slope * v); }
  V leaky_gradient(V v, V g) const { return if_greater(v, zero, g, slope * g); }
};

void normalise_leaky_relu(const Batch& x, const Activation& job, const Batch& y, Range units) {
  for (int64_t u = units.first; u < units.last; ++u)
    for (int part = 0; part < lanes; part += V::width) {
      const int64_t c = u / x.blocks, block = u % x.blocks, row = x.w * lanes;
      const ChannelActivation f(job, c);
      const float* p = x.at(block, c) + part;
      float* q = y.at(block, c) + part;
      switch (job.then) {
        case Resample::none:
          for (int64_t i = 0; i < x.positions(); ++i)
            f.leaky(f.normalised(p + i * lanes)).store(q + i * lanes);
          break;
        case Resample::max_pool:
          for (int64_t i = 0; i < y.h; ++i)
            for (int64_t j = 0; j < y.w; ++j) {
              const float* corner = p + 2 * i * row + 2 * j * lanes;
              V best = f.leaky(f.normalised(corner));
              for (const float* other : {corner + lanes, corner + row, corner + row + lanes}) {
                const V value = f.leaky(f.normalised(other));
                best = larger(value, best);
              }
              best.store(q + (i * y.w + j) * lanes);
            }
          break;
        case Resample::upsample:
          for (int64_t i = 0; i < x.h; ++i)
            for (int64_t j = 0; j < x.w; ++j) {
              const V value = f.leaky(f.normalised(p + i * row + j * lanes));
              float* corner = q + (2 * i * y.w + 2 * j) * lanes;
              value.store(corner);
              value.store(corner + lanes);
              value.store(corner + y.w * lanes);
              value.store(corner + (y.w + 1) * lanes);
            }
      }
    }
}

// Of a window in which there is a NaN: the last one takes all, in the other lanes the first maximum. Rare.
[[gnu::noinline]] void to_taker_of_each_lane(const V (&value)[4], V rest, const int64_t (&at)[4], float* r) {
  float values[4][V::width], all[V::width];
  for (int k = 0; k < 4; ++k) value[k].store(values[k]);
  rest.store(all);
  for (int l = 0; l < V::width; ++l) {
    int taker = 0;
    for (int k = 1; k < 4; ++k)
      if (values[k][l] > values[taker][l] || values[k][l] != values[k][l]) taker = k;
    for (int k = 0; k < 4; ++k) r[at[k] + l] = k == taker ? all[l] : 0.0f;
  }
}

// The gradient at the leaky ReLU's input for row i of x (and, under max pooling, row i + 1) of one plane.
void leaky_relu_gradient_row(const ChannelActivation& f, Resample then, const Batch& x, const float* p,
                             const Batch& gy, const float* g, int64_t i, float* r) {
  const int64_t row = x.w * lanes;
  switch (then) {
    case Resample::none:
      for (int64_t j = i * row; j < (i + 1) * row; j += lanes)
        f.leaky_gradient(f.normalised(p + j), V::load(g + j)).store(r + j);
      break;
    case Resample::upsample:
      for (int64_t j = 0; j < x.w; ++j) {
        const float* corner = g + (2 * i * gy.w + 2 * j) * lanes;
        const V sum =
            (((f.zero + V::load(corner)) + V::load(corner + lanes)) + V::load(corner + gy.w * lanes)) +
            V::load(corner + (gy.w + 1) * lanes);
        f.leaky_gradient(f.normalised(p + i * row + j * lanes), sum).store(r + i * row + j * lanes);
      }
      break;
    case Resample::max_pool:
      for (int64_t j = 0; j < gy.w; ++j) {
        const int64_t corner = i * row + 2 * j * lanes;
        const int64_t at[4] = {corner, corner + lanes, corner + row, corner + row + lanes};
        V value[4];
        for (int k = 0; k < 4; ++k) value[k] = f.leaky(f.normalised(p + at[k]));
        V best = value[0];
        for (int k = 1; k < 4; ++k) best = larger(value[k], best);
        // The first maximum gets all, by its own slope: an activation is positive where its argument is.
        V rest = f.leaky_gradient(best, f.zero + V::load(g + (i / 2 * gy.w + j) * lanes));
        if (any_nan(best)) {
          to_taker_of_each_lane(value, rest, at, r);
          continue;
        }
        for (int k = 0; k < 4; ++k) {
          if_equal(value[k], best, rest, f.zero).store(r + at[k]);
          rest = if_equal(value[k], best, f.zero, rest);
        }
      }
  }
}

void leaky_relu_gradient_sums(const Batch& x, const Activation& job, const Batch& gy, const Batch& g_out,
                              float* partial, float* products, Range units) {
  const int64_t row = x.w * lanes;
  const bool pooled = job.then == Resample::max_pool;
  for (int64_t u = units.first; u < units.last; ++u)
    for (int part = 0; part < lanes; part += V::width) {
      const int64_t c = u / x.blocks, block = u % x.blocks;
      const ChannelActivation f(job, c);
      const float *p = x.at(block, c) + part, *g = gy.at(block, c) + part;
      float* r = g_out.at(block, c) + part;
      V sum(0.0f), product(0.0f);
      for (int64_t i = 0; i < x.h; ++i) {
        // Under max pooling a row of windows covers two rows; columns and a row that fill no window get
        // nothing.
        if (pooled && i % 2 == 0 && i + 1 < x.h) leaky_relu_gradient_row(f, job.then, x, p, gy, g, i, r);
        if (!pooled) leaky_relu_gradient_row(f, job.then, x, p, gy, g, i, r);
        const int64_t covered = !pooled ? x.w : (i / 2 < gy.h ? 2 * gy.w : 0);
        for (int64_t j = covered; j < x.w; ++j) f.zero.store(r + i * row + j * lanes);
        for (int64_t j = i * row; j < (i + 1) * row; j += lanes) {
          const V value = V::load(r + j);
          sum = sum + value;
          product = fma(value, f.xhat(p + j), product);
        }
      }
      sum.store(partial + u * lanes + part);
      product.store(products + u * lanes + part);
    }
}
