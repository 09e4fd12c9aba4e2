// V: a few samples side by side, one in each SIMD lane. Included by one kernels_*.cc for each instruction
// set, inside its own anonymous namespace, so that no function compiled for a newer processor can be linked
// into the others.
//
// A block of sixteen samples is one V of AVX-512, two of AVX2, four of the portable kind; V::width says
// which. All operations are IEEE's, so the lanes hold the same bits whichever V computes them.

#if defined(SVDD_KERNELS_AVX512)
struct V {
  static constexpr int width = 16;
  __m512 v;
  V() = default;
  V(__m512 x) : v(x) {}
  explicit V(float x) : v(_mm512_set1_ps(x)) {}
  static V load(const float* p) { return _mm512_loadu_ps(p); }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  friend V operator+(V a, V b) { return _mm512_add_ps(a.v, b.v); }
  friend V operator-(V a, V b) { return _mm512_sub_ps(a.v, b.v); }
  friend V operator*(V a, V b) { return _mm512_mul_ps(a.v, b.v); }
  friend V operator/(V a, V b) { return _mm512_div_ps(a.v, b.v); }
  friend V fma(V a, V b, V c) { return _mm512_fmadd_ps(a.v, b.v, c.v); }
  friend V sqrt(V a) { return _mm512_sqrt_ps(a.v); }
  // a > b ? yes : no, lane by lane; false where either is NaN
  friend V if_greater(V a, V b, V yes, V no) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ), no.v, yes.v);
  }
  // a > b ? a : b, but NaN where either is: a's where both are
  friend V larger(V a, V b) {
    const __mmask16 number = _mm512_cmp_ps_mask(a.v, a.v, _CMP_ORD_Q);
    return _mm512_mask_max_ps(a.v, number, a.v, b.v);
  }
  friend bool any_nan(V a) { return _mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q) != 0; }
  friend V if_equal(V a, V b, V yes, V no) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ), no.v, yes.v);
  }
  friend V scale_by_power(V p, V t) {
    return _mm512_castsi512_ps(
        _mm512_add_epi32(_mm512_castps_si512(p.v), _mm512_slli_epi32(_mm512_castps_si512(t.v), 23)));
  }
  // Lanes by their bits.
  using Mask = __mmask16;
  static Mask mask(uint32_t bits) { return static_cast<__mmask16>(bits); }
  friend V fma_where(Mask m, V a, V b, V c) { return _mm512_mask3_fmadd_ps(a.v, b.v, c.v, m); }
  // Of 2·width numbers, those at even places and those at odd ones.
  friend void split(V low, V high, V& even, V& odd) {
    const __m512i evens = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    even = _mm512_permutex2var_ps(low.v, evens, high.v);
    odd = _mm512_permutex2var_ps(low.v, _mm512_add_epi32(evens, _mm512_set1_epi32(1)), high.v);
  }
};

// Rows become columns.
inline void turn(V (&rows)[16]) {
  __m512 pairs[16], fours[16];
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_ps(rows[i].v, rows[i + 1].v);
    pairs[i + 1] = _mm512_unpackhi_ps(rows[i].v, rows[i + 1].v);
  }
  const auto join = [](__m512 a, __m512 b, auto f) {
    return _mm512_castpd_ps(f(_mm512_castps_pd(a), _mm512_castps_pd(b)));
  };
  const auto low = [](__m512d a, __m512d b) { return _mm512_unpacklo_pd(a, b); };
  const auto high = [](__m512d a, __m512d b) { return _mm512_unpackhi_pd(a, b); };
  for (int i = 0; i < 16; i += 4) {  // fours[i + j]: columns j, 4 + j, 8 + j, 12 + j of rows i to i + 3
    fours[i] = join(pairs[i], pairs[i + 2], low);
    fours[i + 1] = join(pairs[i], pairs[i + 2], high);
    fours[i + 2] = join(pairs[i + 1], pairs[i + 3], low);
    fours[i + 3] = join(pairs[i + 1], pairs[i + 3], high);
  }
  for (int j = 0; j < 4; ++j) {
    const __m512 a = _mm512_shuffle_f32x4(fours[j], fours[4 + j], _MM_SHUFFLE(1, 0, 1, 0)),
                 b = _mm512_shuffle_f32x4(fours[8 + j], fours[12 + j], _MM_SHUFFLE(1, 0, 1, 0)),
                 c = _mm512_shuffle_f32x4(fours[j], fours[4 + j], _MM_SHUFFLE(3, 2, 3, 2)),
                 d = _mm512_shuffle_f32x4(fours[8 + j], fours[12 + j], _MM_SHUFFLE(3, 2, 3, 2));
    rows[j] = _mm512_shuffle_f32x4(a, b, _MM_SHUFFLE(2, 0, 2, 0));
    rows[4 + j] = _mm512_shuffle_f32x4(a, b, _MM_SHUFFLE(3, 1, 3, 1));
    rows[8 + j] = _mm512_shuffle_f32x4(c, d, _MM_SHUFFLE(2, 0, 2, 0));
    rows[12 + j] = _mm512_shuffle_f32x4(c, d, _MM_SHUFFLE(3, 1, 3, 1));
  }
}

// The tree sums (l + (l + 8), then 4, 2, 1 apart) of sixteen registers at once: each level adds the halves of
// pairs, so that the registers stay full. sums[4·i + t] ends in out[t·stride + i].
inline void tree_sums(const V (&sums)[16], float* out, int64_t stride) {
  __m512 eight[8], four[4], two[2];
  for (int i = 0; i < 8; ++i)
    eight[i] = _mm512_add_ps(_mm512_shuffle_f32x4(sums[2 * i].v, sums[2 * i + 1].v, _MM_SHUFFLE(1, 0, 1, 0)),
                             _mm512_shuffle_f32x4(sums[2 * i].v, sums[2 * i + 1].v, _MM_SHUFFLE(3, 2, 3, 2)));
  for (int i = 0; i < 4; ++i)
    four[i] = _mm512_add_ps(_mm512_shuffle_f32x4(eight[2 * i], eight[2 * i + 1], _MM_SHUFFLE(2, 0, 2, 0)),
                            _mm512_shuffle_f32x4(eight[2 * i], eight[2 * i + 1], _MM_SHUFFLE(3, 1, 3, 1)));
  for (int i = 0; i < 2; ++i)
    two[i] = _mm512_add_ps(_mm512_shuffle_ps(four[2 * i], four[2 * i + 1], _MM_SHUFFLE(1, 0, 1, 0)),
                           _mm512_shuffle_ps(four[2 * i], four[2 * i + 1], _MM_SHUFFLE(3, 2, 3, 2)));
  const __m512 one = _mm512_add_ps(_mm512_shuffle_ps(two[0], two[1], _MM_SHUFFLE(2, 0, 2, 0)),
                                   _mm512_shuffle_ps(two[0], two[1], _MM_SHUFFLE(3, 1, 3, 1)));
  _mm_storeu_ps(out, _mm512_castps512_ps128(one));
  _mm_storeu_ps(out + stride, _mm512_extractf32x4_ps(one, 1));
  _mm_storeu_ps(out + 2 * stride, _mm512_extractf32x4_ps(one, 2));
  _mm_storeu_ps(out + 3 * stride, _mm512_extractf32x4_ps(one, 3));
}

#elif defined(SVDD_KERNELS_AVX2)
struct V {
  static constexpr int width = 8;
  __m256 v;
  V() = default;
  V(__m256 x) : v(x) {}
  explicit V(float x) : v(_mm256_set1_ps(x)) {}
  static V load(const float* p) { return _mm256_loadu_ps(p); }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  friend V operator+(V a, V b) { return _mm256_add_ps(a.v, b.v); }
  friend V operator-(V a, V b) { return _mm256_sub_ps(a.v, b.v); }
  friend V operator*(V a, V b) { return _mm256_mul_ps(a.v, b.v); }
  friend V operator/(V a, V b) { return _mm256_div_ps(a.v, b.v); }
  friend V fma(V a, V b, V c) { return _mm256_fmadd_ps(a.v, b.v, c.v); }
  friend V sqrt(V a) { return _mm256_sqrt_ps(a.v); }
  friend V if_greater(V a, V b, V yes, V no) {
    return _mm256_blendv_ps(no.v, yes.v, _mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ));
  }
  friend V larger(V a, V b) {
    return _mm256_blendv_ps(_mm256_max_ps(a.v, b.v), a.v, _mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q));
  }
  friend bool any_nan(V a) { return _mm256_movemask_ps(_mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q)) != 0; }
  friend V if_equal(V a, V b, V yes, V no) {
    return _mm256_blendv_ps(no.v, yes.v, _mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ));
  }
  friend V scale_by_power(V p, V t) {
    return _mm256_castsi256_ps(
        _mm256_add_epi32(_mm256_castps_si256(p.v), _mm256_slli_epi32(_mm256_castps_si256(t.v), 23)));
  }
  using Mask = __m256;
  static Mask mask(uint32_t bits) {
    const __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    return _mm256_castsi256_ps(
        _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(bits)), lane), lane));
  }
  friend V fma_where(Mask m, V a, V b, V c) {
    return _mm256_blendv_ps(c.v, _mm256_fmadd_ps(a.v, b.v, c.v), m);
  }
  friend void split(V low, V high, V& even, V& odd) {
    const auto in_order = [](__m256 v) {
      return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), _MM_SHUFFLE(3, 1, 2, 0)));
    };
    even = in_order(_mm256_shuffle_ps(low.v, high.v, _MM_SHUFFLE(2, 0, 2, 0)));
    odd = in_order(_mm256_shuffle_ps(low.v, high.v, _MM_SHUFFLE(3, 1, 3, 1)));
  }
};

inline void turn(V (&rows)[8]) {
  __m256 pairs[8], fours[8];
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(rows[i].v, rows[i + 1].v);
    pairs[i + 1] = _mm256_unpackhi_ps(rows[i].v, rows[i + 1].v);
  }
  for (int i = 0; i < 8; i += 4) {
    fours[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], _MM_SHUFFLE(1, 0, 1, 0));
    fours[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], _MM_SHUFFLE(3, 2, 3, 2));
    fours[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], _MM_SHUFFLE(1, 0, 1, 0));
    fours[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], _MM_SHUFFLE(3, 2, 3, 2));
  }
  for (int j = 0; j < 4; ++j) {
    rows[j] = _mm256_permute2f128_ps(fours[j], fours[4 + j], 0x20);
    rows[4 + j] = _mm256_permute2f128_ps(fours[j], fours[4 + j], 0x31);
  }
}

// The same of eight sums, halves of whose lanes lie in two registers each. sums[F·t + i], of F at a time,
// ends in out[t·stride + i].
template <int F>
inline void tree_sums(const V (&low)[8], const V (&high)[8], float* out, int64_t stride) {
  __m256 eight[8], four[4], two[2];
  for (int i = 0; i < 8; ++i) eight[i] = _mm256_add_ps(low[i].v, high[i].v);
  for (int i = 0; i < 4; ++i)
    four[i] = _mm256_add_ps(_mm256_permute2f128_ps(eight[i], eight[i + 4], 0x20),
                            _mm256_permute2f128_ps(eight[i], eight[i + 4], 0x31));
  for (int i = 0; i < 2; ++i)
    two[i] = _mm256_add_ps(_mm256_shuffle_ps(four[2 * i], four[2 * i + 1], _MM_SHUFFLE(1, 0, 1, 0)),
                           _mm256_shuffle_ps(four[2 * i], four[2 * i + 1], _MM_SHUFFLE(3, 2, 3, 2)));
  alignas(32) float one[8];
  _mm256_store_ps(one, _mm256_add_ps(_mm256_shuffle_ps(two[0], two[1], _MM_SHUFFLE(2, 0, 2, 0)),
                                     _mm256_shuffle_ps(two[0], two[1], _MM_SHUFFLE(3, 1, 3, 1))));
  for (int i = 0; i < 8; ++i) out[i / F * stride + i % F] = one[i];
}

#else
struct V {
  static constexpr int width = 4;
  float v[4];
  V() = default;
  explicit V(float x) : v{x, x, x, x} {}
  template <class F>
  static V each(F f) {
    V r;
    for (int i = 0; i < 4; ++i) r.v[i] = f(i);
    return r;
  }
  static V load(const float* p) {
    return each([&](int i) { return p[i]; });
  }
  void store(float* p) const {
    for (int i = 0; i < 4; ++i) p[i] = v[i];
  }
  friend V operator+(V a, V b) {
    return each([&](int i) { return a.v[i] + b.v[i]; });
  }
  friend V operator-(V a, V b) {
    return each([&](int i) { return a.v[i] - b.v[i]; });
  }
  friend V operator*(V a, V b) {
    return each([&](int i) { return a.v[i] * b.v[i]; });
  }
  friend V operator/(V a, V b) {
    return each([&](int i) { return a.v[i] / b.v[i]; });
  }
  friend V fma(V a, V b, V c) {
    return each([&](int i) { return __builtin_fmaf(a.v[i], b.v[i], c.v[i]); });
  }
  friend V sqrt(V a) {
    return each([&](int i) { return __builtin_sqrtf(a.v[i]); });
  }
  friend V if_greater(V a, V b, V yes, V no) {
    return each([&](int i) { return a.v[i] > b.v[i] ? yes.v[i] : no.v[i]; });
  }
  friend V larger(V a, V b) {
    return each([&](int i) { return a.v[i] > b.v[i] || a.v[i] != a.v[i] ? a.v[i] : b.v[i]; });
  }
  friend bool any_nan(V a) {
    return a.v[0] != a.v[0] || a.v[1] != a.v[1] || a.v[2] != a.v[2] || a.v[3] != a.v[3];
  }
  friend V if_equal(V a, V b, V yes, V no) {
    return each([&](int i) { return a.v[i] == b.v[i] ? yes.v[i] : no.v[i]; });
  }
  friend V scale_by_power(V p, V t) {
    return each([&](int i) {
      return __builtin_bit_cast(
          float, __builtin_bit_cast(unsigned, p.v[i]) + (__builtin_bit_cast(unsigned, t.v[i]) << 23));
    });
  }
  using Mask = uint32_t;
  static Mask mask(uint32_t bits) { return bits; }
  friend V fma_where(Mask m, V a, V b, V c) {
    return each([&](int i) { return m >> i & 1 ? __builtin_fmaf(a.v[i], b.v[i], c.v[i]) : c.v[i]; });
  }
  friend void split(V low, V high, V& even, V& odd) {
    even = each([&](int i) { return (i < 2 ? low : high).v[2 * i % 4]; });
    odd = each([&](int i) { return (i < 2 ? low : high).v[2 * i % 4 + 1]; });
  }
};

inline void turn(V (&rows)[4]) {
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < i; ++j) {
      const float kept_number = rows[i].v[j];
      rows[i].v[j] = rows[j].v[i];
      rows[j].v[i] = kept_number;
    }
}
#endif

// The same V, read from memory once: a compiler folds a load into each of the two operations that use it,
// which doubles the loads.
inline V kept(V a) {
#if defined(SVDD_KERNELS_AVX512)
  __asm__("" : "+v"(a.v));
#elif defined(SVDD_KERNELS_AVX2)
  __asm__("" : "+x"(a.v));
#endif
  return a;
}

inline V clamp(V a, float low, float high) {
  return if_greater(V(low), a, V(low), if_greater(a, V(high), V(high), a));
}
