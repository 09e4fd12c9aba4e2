// A few samples, which lie in C order: neighbouring positions, or output features, in the lanes. Part of the kernels of one
// instruction set (see simd.h).
//
// Every output keeps its chain, so the bits are those of correlate(), product() and normalise_leaky_relu(), which have
// samples in the lanes; those of one image would leave fifteen of sixteen idle.

// ---- convolution

// In registers: Q output channels × P runs of neighbouring positions, each lane a chain over (c, k, l).
template <int Q, int P>
using FewSums = V[Q][P];

// Lanes whose tap falls outside the image leave it out.
template <int Q, int P>
void few_chains_in_lanes(const FewCorrelation& job, const float* x, const float* w, int64_t first,
                         FewSums<Q, P>& acc) {
  const int64_t w_output = job.in * job.taps;
  const FewVector* const vectors = job.vectors + first;
  const uint16_t* const inside = job.inside + first * job.taps;
  constexpr uint32_t whole = (1u << V::width) - 1;
  for (int64_t c = 0; c < job.in; ++c)
    for (int64_t t = 0; t < job.taps; ++t) {
      const float* const from = x + c * job.x_plane + job.tap_at[t];
      const float* const weights = w + c * job.taps + t;
      uint32_t all = whole;
      for (int p = 0; p < P; ++p) all &= inside[p * job.taps + t];
      V value[P];
      for (int p = 0; p < P; ++p) value[p] = V::load(from + vectors[p].x);
      if (all == whole) {
        for (int q = 0; q < Q; ++q) {
          const V weight(weights[q * w_output]);
          for (int p = 0; p < P; ++p) acc[q][p] = fma(value[p], weight, acc[q][p]);
        }
      } else {
        V::Mask mask[P];
        for (int p = 0; p < P; ++p) mask[p] = V::mask(inside[p * job.taps + t]);
        for (int q = 0; q < Q; ++q) {
          const V weight(weights[q * w_output]);
          for (int p = 0; p < P; ++p) acc[q][p] = fma_where(mask[p], value[p], weight, acc[q][p]);
        }
      }
    }
}

// All lanes take what they find, zeros outside the image. L: taps in a row; 0: the compiler does not know it.
template <int L, int Q, int P>
void few_chains(const FewCorrelation& job, const float* x, const float* w, int64_t first,
                FewSums<Q, P>& acc) {
  const int64_t w_output = job.in * job.taps, in_row = L > 0 ? L : job.taps_in_row;
  const FewVector* const vectors = job.vectors + first;
  for (int64_t c = 0; c < job.in; ++c)
    for (int64_t t = 0; t < job.taps; t += in_row) {
      const float* const row = x + c * job.x_plane + job.tap_at[t];
      const float* const weights = w + c * job.taps + t;
#pragma GCC unroll 1  // five at once would not fit the registers
      for (int64_t l = 0; l < in_row; ++l) {
        V value[P];
        for (int p = 0; p < P; ++p) value[p] = kept(V::load(row + vectors[p].x + l));
        for (int q = 0; q < Q; ++q) {
          const V weight(weights[q * w_output + l]);
          for (int p = 0; p < P; ++p) acc[q][p] = fma(value[p], weight, acc[q][p]);
        }
      }
    }
}

// Whether no output is 0 or NaN, what zeros outside the image may have made of it.
template <int Q, int P>
bool are_certain(const FewVector* vectors, const FewSums<Q, P>& acc) {
  for (int p = 0; p < P; ++p) {
    uint32_t numbers = (1u << vectors[p].count) - 1;
    for (int q = 0; q < Q; ++q)
      if ((nonzero(acc[q][p]) & numbers) != numbers) return false;
  }
  return true;
}

// L as in few_chains; below 0: lane by lane.
template <int L, int Q, int P>
void few_tile(const FewCorrelation& job, const float* x, int64_t o, int64_t first, float* y) {
  const float* const w = job.w + o * job.in * job.taps;
  FewSums<Q, P> acc;
  const auto start = [&] {
    for (int q = 0; q < Q; ++q)
      for (int p = 0; p < P; ++p) acc[q][p] = V(job.bias ? job.bias[o + q] : 0.0f);
  };
  start();
  if constexpr (L < 0) {
    few_chains_in_lanes(job, x, w, first, acc);
  } else {
    few_chains<L>(job, x, w, first, acc);
    if (!are_certain(job.vectors + first, acc)) {
      start();
      few_chains_in_lanes(job, x, w, first, acc);
    }
  }
  for (int q = 0; q < Q; ++q)
    for (int p = 0; p < P; ++p) {
      float* const to = y + (o + q) * job.y_plane;
      const FewVector& v = job.vectors[first + p];
      if (job.step == 1 && v.count == V::width) {
        acc[q][p].store(to + v.position);
        continue;
      }
      alignas(64) float numbers[V::width];
      acc[q][p].store(numbers);
      if (job.step == 1) {
        for (int64_t i = 0; i < v.count; ++i) to[v.position + i] = numbers[i];
        continue;
      }
      for (int64_t i = 0; i < v.count; ++i)
        to[job.first + (v.position + i) / job.columns * job.step * job.y_columns +
           (v.position + i) % job.columns * job.step] = numbers[i];
    }
}

// P runs at once; of those that are left, half as many.
template <int L, int Q, int P>
void few_tiles(const FewCorrelation& job, const float* x, int64_t o, Range vectors, float* y) {
  int64_t v = vectors.first;
  for (; v + P <= vectors.last; v += P) few_tile<L, Q, P>(job, x, o, v, y);
  if constexpr (P > 1) few_tiles<L, Q, P / 2>(job, x, o, {v, vectors.last}, y);
}

template <int Q>
void few_band(const FewCorrelation& job, const float* x, int64_t o, Range vectors, float* y) {
  constexpr int P = V::width == 16 || Q < 4 ? 4 : 2;
  if constexpr (V::width < 16)
    if (job.between_zeros) {
      if (job.taps_in_row == 3) return few_tiles<3, Q, P>(job, x, o, vectors, y);
      if (job.taps_in_row == 5) return few_tiles<5, Q, P>(job, x, o, vectors, y);
      return few_tiles<0, Q, P>(job, x, o, vectors, y);
    }
  few_tiles<-1, Q, P>(job, x, o, vectors, y);
}

void correlate_few(const FewCorrelation& job, Range units) {
  const int64_t tiles = job.tiles(), bands = job.bands();
  for (int64_t u = units.first; u < units.last; ++u) {
    const int64_t tile = u % tiles, band = u / tiles % bands, sample = u / tiles / bands;
    const Range vectors{job.vector_count * band / bands, job.vector_count * (band + 1) / bands};
    const float* const x = job.x + sample * job.in * job.x_plane;
    float* const y = job.y + sample * job.out * job.y_plane;
    int64_t o = tile * FewCorrelation::together;
    const int64_t last = o + FewCorrelation::together < job.out ? o + FewCorrelation::together : job.out;
    if (o + 6 == last) few_band<6>(job, x, o, vectors, y), o = last;
    for (; o + 4 <= last; o += 4) few_band<4>(job, x, o, vectors, y);
    for (; o + 2 <= last; o += 2) few_band<2>(job, x, o, vectors, y);
    for (; o < last; ++o) few_band<1>(job, x, o, vectors, y);
  }
}

// ---- dense layers

// Outputs [o, o + G·width) of all samples, those past the last as the last: weights of neighbouring outputs come from
// different rows, so squares of them are turned in registers.
template <int G>
void dense_few_groups(const FewProduct& job, int64_t o) {
  constexpr int width = V::width;
  V acc[G][most_few];
  for (int g = 0; g < G; ++g) {
    alignas(64) float start[width] = {};
    for (int i = 0; job.bias && i < width && o + g * width + i < job.out; ++i)
      start[i] = job.bias[o + g * width + i];
    for (int64_t n = 0; n < job.samples; ++n) acc[g][n] = V::load(start);
  }
  const auto row = [&](int g, int i) {
    const int64_t output = o + g * width + i;
    return job.w + (output < job.out ? output : job.out - 1) * job.in;
  };
  int64_t f = 0;
  for (; f + width <= job.in; f += width) {
    V turned[G][width];
    for (int g = 0; g < G; ++g) {
      for (int i = 0; i < width; ++i) turned[g][i] = V::load(row(g, i) + f);
      turn(turned[g]);
    }
    for (int64_t n = 0; n < job.samples; ++n) {
      const float* const x = job.x + n * job.in + f;
      V a[G];
      for (int g = 0; g < G; ++g) a[g] = acc[g][n];
      for (int i = 0; i < width; ++i)
        for (int g = 0; g < G; ++g) a[g] = fma(turned[g][i], V(x[i]), a[g]);
      for (int g = 0; g < G; ++g) acc[g][n] = a[g];
    }
  }
  for (; f < job.in; ++f)
    for (int g = 0; g < G; ++g) {
      alignas(64) float weights[width];
      for (int i = 0; i < width; ++i) weights[i] = row(g, i)[f];
      for (int64_t n = 0; n < job.samples; ++n)
        acc[g][n] = fma(V::load(weights), V(job.x[n * job.in + f]), acc[g][n]);
    }
  for (int g = 0; g < G; ++g)
    for (int64_t n = 0; n < job.samples; ++n) {
      alignas(64) float numbers[width];
      acc[g][n].store(numbers);
      for (int i = 0; i < width && o + g * width + i < job.out; ++i)
        job.y[n * job.out + o + g * width + i] = numbers[i];
    }
}

void dense_few(const FewProduct& job, Range units) {
  for (int64_t u = units.first; u < units.last; ++u) {
    const int64_t o = u * 2 * V::width;
    if (o + V::width < job.out)
      dense_few_groups<2>(job, o);
    else
      dense_few_groups<1>(job, o);
  }
}

// ---- batch norm, leaky ReLU and resampling

// What a row of x holds from `p` on, activated: so many numbers, the last repeated.
inline V few_activated(const ChannelActivation& f, const float* p, int64_t count) {
  if (count >= V::width) return f.leaky(f.normalised(p));
  alignas(64) float numbers[V::width];
  for (int i = 0; i < V::width; ++i) numbers[i] = p[i < count ? i : count - 1];
  return f.leaky(f.normalised(numbers));
}
inline void few_store(V v, float* to, int64_t count) {
  if (count >= V::width) return v.store(to);
  alignas(64) float numbers[V::width];
  v.store(numbers);
  for (int64_t i = 0; i < count; ++i) to[i] = numbers[i];
}

void few_max_pool_row(const ChannelActivation& f, const float* p, int64_t columns, float* q,
                      int64_t outputs) {
  for (int64_t j = 0; j < outputs; j += V::width) {
    V even[2], odd[2];
    for (int i = 0; i < 2; ++i) {
      const float* const from = p + i * columns + 2 * j;
      const int64_t left = 2 * (outputs - j);  // that matter; the others repeat one of them
      const V low = few_activated(f, from, left);
      split(low, left > V::width ? few_activated(f, from + V::width, left - V::width) : low, even[i], odd[i]);
    }
    few_store(larger(odd[1], larger(even[1], larger(odd[0], even[0]))), q + j, outputs - j);
  }
}

void normalise_leaky_relu_few(const Batch& x, const Activation& job, const Batch& y, Range units) {
  for (int64_t u = units.first; u < units.last; ++u) {
    const ChannelActivation f(job, u % x.c);
    const float* const p = x.data + u * x.positions();
    float* const q = y.data + u * y.positions();
    switch (job.then) {
      case Resample::none:
        for (int64_t i = 0; i < x.positions(); i += V::width)
          few_store(few_activated(f, p + i, x.positions() - i), q + i, x.positions() - i);
        break;
      case Resample::max_pool:
        for (int64_t i = 0; i < y.h; ++i) few_max_pool_row(f, p + 2 * i * x.w, x.w, q + i * y.w, y.w);
        break;
      case Resample::upsample:
        for (int64_t i = 0; i < x.h; ++i)
          for (int64_t j = 0; j < x.w; j += V::width) {
            const int64_t count = x.w - j < V::width ? x.w - j : V::width;
            alignas(64) float numbers[V::width];
            few_activated(f, p + i * x.w + j, count).store(numbers);
            float* const corner = q + 2 * i * y.w + 2 * j;
            for (int64_t k = 0; k < 2 * count; ++k) corner[k] = corner[y.w + k] = numbers[k / 2];
          }
    }
  }
}
