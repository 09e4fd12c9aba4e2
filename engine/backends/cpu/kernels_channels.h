// Batch norm, pooling and enlargement: one channel of one block at a time. Part of the kernels of one
// instruction set (see simd.h). Units are (channel, block): unit = channel · blocks + block.

// Calls visit(unit, channel, block, part) for each unit and each V of its lanes.
template <class Visit>
void for_planes(int64_t blocks, Range units, Visit visit) {
  for (int64_t u = units.first; u < units.last; ++u)
    for (int part = 0; part < lanes; part += V::width) visit(u, u / blocks, u % blocks, part);
}

void partial_sum(const Batch& x, float* partial, Range units) {
  for_planes(x.blocks, units, [&](int64_t u, int64_t c, int64_t block, int part) {
    const float* p = x.at(block, c) + part;
    V sum(0.0f);
    for (int64_t i = 0; i < x.positions(); ++i) sum = sum + V::load(p + i * lanes);
    sum.store(partial + u * lanes + part);
  });
}

void partial_square(const Batch& x, const float* mean, float* partial, Range units) {
  for_planes(x.blocks, units, [&](int64_t u, int64_t c, int64_t block, int part) {
    const float* p = x.at(block, c) + part;
    const V m(mean[c]);
    V sum(0.0f);
    for (int64_t i = 0; i < x.positions(); ++i) {
      const V d = V::load(p + i * lanes) - m;
      sum = fma(d, d, sum);
    }
    sum.store(partial + u * lanes + part);
  });
}

void partial_product(const Batch& x, const float* mean, const float* inverse_std, const Batch& gy,
                     float* partial, Range units) {
  for_planes(x.blocks, units, [&](int64_t u, int64_t c, int64_t block, int part) {
    const float *p = x.at(block, c) + part, *g = gy.at(block, c) + part;
    const V m(mean[c]), s(inverse_std[c]);
    V sum(0.0f);
    for (int64_t i = 0; i < x.positions(); ++i)
      sum = fma(V::load(g + i * lanes), (V::load(p + i * lanes) - m) * s, sum);
    sum.store(partial + u * lanes + part);
  });
}

void normalise(const Batch& x, const float* mean, const float* inverse_std, const float* weight,
               const float* bias, const Batch& y, Range units) {
  for_planes(x.blocks, units, [&](int64_t, int64_t c, int64_t block, int part) {
    const float* p = x.at(block, c) + part;
    float* q = y.at(block, c) + part;
    const V m(mean[c]), s(inverse_std[c]);
    if (weight) {
      const V w(weight[c]), b(bias[c]);
      for (int64_t i = 0; i < x.positions(); ++i)
        fma((V::load(p + i * lanes) - m) * s, w, b).store(q + i * lanes);
    } else {
      for (int64_t i = 0; i < x.positions(); ++i) ((V::load(p + i * lanes) - m) * s).store(q + i * lanes);
    }
  });
}

void normalise_gradient(const Batch& x, const float* mean, const float* inverse_std, const float* a,
                        const float* b, const float* factor, const Batch& gy, const Batch& gx, Range units) {
  for_planes(x.blocks, units, [&](int64_t, int64_t c, int64_t block, int part) {
    const float *p = x.at(block, c) + part, *g = gy.at(block, c) + part;
    float* q = gx.at(block, c) + part;
    const V m(mean[c]), s(inverse_std[c]), av(a[c]), minus_b(-b[c]), f(factor[c]);
    for (int64_t i = 0; i < x.positions(); ++i) {
      const V xhat = (V::load(p + i * lanes) - m) * s;
      (fma(xhat, minus_b, V::load(g + i * lanes) - av) * f).store(q + i * lanes);
    }
  });
}

void max_pool2d(const Batch& x, Window v, const Batch& y, Range units) {
  for_planes(x.blocks, units, [&](int64_t, int64_t c, int64_t block, int part) {
    const float* p = x.at(block, c) + part;
    float* q = y.at(block, c) + part;
    for (int64_t i = 0; i < y.h; ++i)
      for (int64_t j = 0; j < y.w; ++j) {
        const float* corner = p + (i * v.stride * x.w + j * v.stride) * lanes;
        V best = V::load(corner);
        for (int64_t k = 0; k < v.kernel; ++k)
          for (int64_t l = 0; l < v.kernel; ++l) {
            const V value = V::load(corner + (k * x.w + l) * lanes);
            best = if_greater(value, best, value, best);
          }
        best.store(q + (i * y.w + j) * lanes);
      }
  });
}

void max_pool2d_gradient(const Batch& x, const Batch& y, const Batch& gy, Window v, const Batch& gx,
                         Range units) {
  for_planes(x.blocks, units, [&](int64_t, int64_t c, int64_t block, int part) {
    const float *p = x.at(block, c) + part, *q = y.at(block, c) + part, *g = gy.at(block, c) + part;
    float* r = gx.at(block, c) + part;
    const V zero(0.0f);
    for (int64_t i = 0; i < x.positions(); ++i) zero.store(r + i * lanes);
    for (int64_t i = 0; i < y.h; ++i)
      for (int64_t j = 0; j < y.w; ++j) {
        const int64_t corner = (i * v.stride * x.w + j * v.stride) * lanes, out = (i * y.w + j) * lanes;
        const V best = V::load(q + out);
        V rest = V::load(g + out);  // what no earlier maximum of this window has taken
        for (int64_t k = 0; k < v.kernel; ++k)
          for (int64_t l = 0; l < v.kernel; ++l) {
            const int64_t at = corner + (k * x.w + l) * lanes;
            const V value = V::load(p + at), before = V::load(r + at);
            if_equal(value, best, before + rest, before).store(r + at);
            rest = if_equal(value, best, zero, rest);
          }
      }
  });
}

void upsample_nearest(const Batch& x, int64_t scale, const Batch& y, Range units) {
  for_planes(x.blocks, units, [&](int64_t, int64_t c, int64_t block, int part) {
    const float* p = x.at(block, c) + part;
    float* q = y.at(block, c) + part;
    for (int64_t i = 0; i < x.h; ++i)
      for (int64_t j = 0; j < x.w; ++j) {
        const V value = V::load(p + (i * x.w + j) * lanes);
        for (int64_t k = 0; k < scale; ++k)
          for (int64_t l = 0; l < scale; ++l)
            value.store(q + ((i * scale + k) * y.w + j * scale + l) * lanes);
      }
  });
}

void upsample_nearest_gradient(const Batch& gy, int64_t scale, const Batch& gx, Range units) {
  for_planes(gx.blocks, units, [&](int64_t, int64_t c, int64_t block, int part) {
    const float* g = gy.at(block, c) + part;
    float* r = gx.at(block, c) + part;
    for (int64_t i = 0; i < gx.h; ++i)
      for (int64_t j = 0; j < gx.w; ++j) {
        V sum(0.0f);
        for (int64_t k = 0; k < scale; ++k)
          for (int64_t l = 0; l < scale; ++l)
            sum = sum + V::load(g + ((i * scale + k) * gy.w + j * scale + l) * lanes);
        sum.store(r + (i * gx.w + j) * lanes);
      }
  });
}
