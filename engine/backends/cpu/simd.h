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
  void store_past_caches(float* p) const { _mm512_stream_ps(p, v); }  // a whole line of the cache
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
  void store_past_caches(float* p) const { store(p); }
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
  // The lanes that are neither 0 nor NaN.
  friend uint32_t nonzero(V a) {
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a.v, _mm256_setzero_ps(), _CMP_NEQ_OQ)));
  }
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
inline void tree_sums(const V* low, const V* high, float* out, int64_t stride) {
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
// Four floats in a vector type of the compiler (GNU's vector extensions), which makes of it what the target has: SSE2,
// NEON, VSX, SIMD of WebAssembly, or four registers.
struct V {
  static constexpr int width = 4;
  using Floats [[gnu::vector_size(16)]] = float;
  using Bits [[gnu::vector_size(16)]] = uint32_t;
  Floats v;
  V() = default;
  V(Floats x) : v(x) {}
  explicit V(float x) : v{x, x, x, x} {}
  static V load(const float* p) {
    V r;
    __builtin_memcpy(&r.v, p, sizeof r.v);
    return r;
  }
  void store(float* p) const { __builtin_memcpy(p, &v, sizeof v); }
  void store_past_caches(float* p) const { store(p); }
  friend V operator+(V a, V b) { return a.v + b.v; }
  friend V operator-(V a, V b) { return a.v - b.v; }
  friend V operator*(V a, V b) { return a.v * b.v; }
  friend V operator/(V a, V b) { return a.v / b.v; }
#if !SVDD_HAS_FUSED_MULTIPLY_ADD && (defined(__SSE2__) || defined(__wasm_simd128__))
  // fused_multiply_add.h explains it. One branch for four lanes, almost never taken; the careful way alone, without
  // any, takes three times as long. A sum that is no normal number comes to one of at most 2^-126, as zeros do, which are
  // common: these are looked at again.
  friend V fma(V a, V b, V c) {
    const Doubles sum = low(a) * low(b) + low(c), high_sum = high(a) * high(b) + high(c);
    const V rounded = join(sum, high_sum);
    const SignedBits halfway = are_halfway(sum, high_sum), small = are_small(rounded);
    if (any(halfway | small)) [[unlikely]]
      if (any(halfway | are_denormal(sum, high_sum))) return rounded_to_odd(a, b, c);
    return rounded;
  }
#elif defined(__aarch64__)
  friend V fma(V a, V b, V c) { return vfmaq_f32(c.v, a.v, b.v); }
#else
  friend V fma(V a, V b, V c) {
    float x[4], y[4], z[4];
    a.store(x), b.store(y), c.store(z);
    for (int i = 0; i < 4; ++i) z[i] = fused_multiply_add(x[i], y[i], z[i]);
    return load(z);
  }
#endif
  friend V sqrt(V a) {
    for (int i = 0; i < 4; ++i) a.v[i] = __builtin_sqrtf(a.v[i]);
    return a;
  }
  friend V if_greater(V a, V b, V yes, V no) { return a.v > b.v ? yes.v : no.v; }
  friend V larger(V a, V b) { return ((a.v > b.v) | (a.v != a.v)) ? a.v : b.v; }
  friend bool any_nan(V a) {
    const auto nan = a.v != a.v;
    return (nan[0] | nan[1] | nan[2] | nan[3]) != 0;
  }
  friend V if_equal(V a, V b, V yes, V no) { return a.v == b.v ? yes.v : no.v; }
  friend V scale_by_power(V p, V t) { return (Floats)((Bits)p.v + ((Bits)t.v << 23)); }
  using Mask = Bits;
  friend uint32_t nonzero(V a) {
    uint32_t lanes = 0;
    for (int i = 0; i < 4; ++i) lanes |= (a.v[i] < 0 || a.v[i] > 0 ? 1u : 0u) << i;
    return lanes;
  }
  static Mask mask(uint32_t bits) { return (Mask)((Bits{bits, bits, bits, bits} & Bits{1, 2, 4, 8}) != 0); }
  friend V fma_where(Mask m, V a, V b, V c) { return m != 0 ? fma(a, b, c).v : c.v; }
  friend void split(V low, V high, V& even, V& odd) {
    even = V(Floats{low.v[0], low.v[2], high.v[0], high.v[2]});
    odd = V(Floats{low.v[1], low.v[3], high.v[1], high.v[3]});
  }

 private:
#if defined(__SSE2__) || defined(__wasm_simd128__)
  using SignedBits [[gnu::vector_size(16)]] = int32_t;
  using Doubles [[gnu::vector_size(16)]] = double;
  using DoubleBits [[gnu::vector_size(16)]] = uint64_t;
  static constexpr int32_t denormals_end = -0x47f00001;  // the first word of 2^-126, 0x38100000, + 0x7fffffff
#if defined(__SSE2__)
  static Doubles low(V a) { return _mm_cvtps_pd(a.v); }
  static Doubles high(V a) { return _mm_cvtps_pd(_mm_movehl_ps(a.v, a.v)); }
  static V join(Doubles low, Doubles high) { return _mm_movelh_ps(_mm_cvtpd_ps(low), _mm_cvtpd_ps(high)); }
  static SignedBits are_small(V a) { return (Floats)((Bits)a.v & 0x7fffffffu) <= 0x1p-126f; }
  static SignedBits are_halfway(Doubles low, Doubles high) {
    const Bits last = (Bits)_mm_shuffle_ps((Floats)low, (Floats)high, _MM_SHUFFLE(2, 0, 2, 0));
    return (last & 0x1fffffffu) == 0x10000000u;
  }
  static Bits high_words(Doubles low, Doubles high) {
    return (Bits)_mm_shuffle_ps((Floats)low, (Floats)high, _MM_SHUFFLE(3, 1, 3, 1));
  }
  static bool any(SignedBits mask) { return _mm_movemask_ps((Floats)mask) != 0; }
#else
  static Doubles low(V a) { return (Doubles)wasm_f64x2_promote_low_f32x4((v128_t)a.v); }
  static Doubles high(V a) { return low(V((Floats)wasm_i64x2_shuffle((v128_t)a.v, (v128_t)a.v, 1, 0))); }
  static V join(Doubles low, Doubles high) {
    return (Floats)wasm_i64x2_shuffle(wasm_f32x4_demote_f64x2_zero((v128_t)low),
                                      wasm_f32x4_demote_f64x2_zero((v128_t)high), 0, 2);
  }
  // Constants are read anew each time (volatile): a browser makes of one in the code more instructions than of what is done
  // with it. And words of 64 bits, because it makes three of the shuffle that those of 32 would take.
  alignas(16) static inline volatile float least_normal[4] = {0x1p-126f, 0x1p-126f, 0x1p-126f, 0x1p-126f};
  alignas(16) static inline volatile int64_t first_bits[2] = {INT64_MIN, INT64_MIN};
  static SignedBits are_small(V a) {
    return (SignedBits)wasm_f32x4_le(wasm_f32x4_abs((v128_t)a.v), *(const volatile v128_t*)least_normal);
  }
  static SignedBits are_halfway(Doubles low, Doubles high) {
    const v128_t bits = *(const volatile v128_t*)first_bits;  // of the 29 bits, moved to the top
    return (SignedBits)wasm_v128_or(wasm_i64x2_eq(wasm_i64x2_shl((v128_t)low, 35), bits),
                                    wasm_i64x2_eq(wasm_i64x2_shl((v128_t)high, 35), bits));
  }
  static Bits high_words(Doubles low, Doubles high) {
    return (Bits)wasm_i32x4_shuffle((v128_t)low, (v128_t)high, 1, 3, 5, 7);
  }
  static bool any(SignedBits mask) { return wasm_v128_any_true((v128_t)mask); }
#endif
  // 0 < |sum| < 2^-126 by one comparison; SSE2 compares integers with signs.
  static SignedBits are_denormal(Doubles low, Doubles high) {
    const Bits first = high_words(low, high) & 0x7fffffffu;
    return (SignedBits)(first + 0x7fffffffu) < denormals_end;
  }
  static Doubles sum_to_odd(Doubles a, Doubles b, Doubles term) {
    const Doubles product = a * b, sum = product + term;
    const Doubles of_term = sum - product, error = (product - (sum - of_term)) + (term - of_term);
    const DoubleBits inexact = (DoubleBits)(error > 0.0) | (DoubleBits)(error < 0.0), bits = (DoubleBits)sum;
    return (Doubles)((bits - (((bits ^ (DoubleBits)error) >> 63) & inexact)) | (inexact >> 63));
  }
  [[gnu::noinline, gnu::cold]] static V rounded_to_odd(V a, V b, V c) {
    return join(sum_to_odd(low(a), low(b), low(c)), sum_to_odd(high(a), high(b), high(c)));
  }
#endif
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

// What was stored past the caches is seen by other threads from here on.
inline void finish_stores() {
#if defined(SVDD_KERNELS_AVX512)
  _mm_sfence();
#endif
}

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
