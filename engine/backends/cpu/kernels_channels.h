// Batch norm, pooling and enlargement: one channel of one block at a time. Part of the kernels of one
// instruction set (see simd.h). Units are (channel, block): unit = channel · blocks + block.

// Calls visit(unit, channel, block, part) for each unit and each V of its lanes.
template <class Visit>
void for_planes(int64_t blocks, Range units, Visit visit) {
  for (int64_t u = units.first; u < units.last; ++u)
    for (int part = 0; part < lanes; part += V::width) visit(u, u / blocks, u % blocks, part);
}

// A sum over positions is one chain, which takes the latency of an addition for each of them: several planes
// take their turns, so that the chains overlap. plane_of(unit, part) is the step of a plane's chain: a
// function (sum so far, offset of the position) → sum.
template <class PlaneOf>
void partial_chains(const Batch& x, float* partial, Range units, PlaneOf plane_of) {
  constexpr int together = 4;
  int64_t u = units.first;
  for (; u + together <= units.last; u += together)
    for (int part = 0; part < lanes; part += V::width) {
      const auto a = plane_of(u, part), b = plane_of(u + 1, part), c = plane_of(u + 2, part),
                 d = plane_of(u + 3, part);
      V sum[together] = {V(0.0f), V(0.0f), V(0.0f), V(0.0f)};
      for (int64_t i = 0; i < x.positions() * lanes; i += lanes) {
        sum[0] = a(sum[0], i);
        sum[1] = b(sum[1], i);
        sum[2] = c(sum[2], i);
        sum[3] = d(sum[3], i);
      }
      for (int k = 0; k < together; ++k) sum[k].store(partial + (u + k) * lanes + part);
    }
  for (; u < units.last; ++u)
    for (int part = 0; part < lanes; part += V::width) {
      const auto plane = plane_of(u, part);
      V sum(0.0f);
      for (int64_t i = 0; i < x.positions() * lanes; i += lanes) sum = plane(sum, i);
      sum.store(partial + u * lanes + part);
    }
}

void partial_sum(const Batch& x, float* partial, Range units) {
  partial_chains(x, partial, units, [&](int64_t u, int part) {
    return [p = x.at(u % x.blocks, u / x.blocks) + part](V sum, int64_t i) { return sum + V::load(p + i); };
  });
}

void partial_square(const Batch& x, const float* mean, float* partial, Range units) {
  partial_chains(x, partial, units, [&](int64_t u, int part) {
    return [p = x.at(u % x.blocks, u / x.blocks) + part, m = V(mean[u / x.blocks])](V sum, int64_t i) {
      const V d = V::load(p + i) - m;
      return fma(d, d, sum);
    };
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
            best = larger(value, best);
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
        if (any_nan(best)) {        // rare: lane by lane, as the reference has it
          for (int l = 0; l < V::width; ++l) {
            int64_t taker = corner + l;
            for (int64_t tap = 0; tap < v.kernel * v.kernel; ++tap) {
              const int64_t at = corner + (tap / v.kernel * x.w + tap % v.kernel) * lanes + l;
              if (p[at] > p[taker] || p[at] != p[at]) taker = at;
            }
            r[taker] = r[taker] + g[out + l];
          }
          continue;
        }
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
