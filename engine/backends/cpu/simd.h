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
};

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
};

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
};
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
