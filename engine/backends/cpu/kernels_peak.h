// As many fused multiply-adds as the processor can start: twelve chains, none waiting for another. Part of
// the kernels of one instruction set (see simd.h).

constexpr int peak_chains = 12;
constexpr int64_t operations_per_round = peak_chains * V::width * 2;  // a multiply-add counts two

float multiply_adds(int64_t rounds) {
  V chain[peak_chains];
  for (V& v : chain) v = V(1.0f);
  const V factor(0.999f), term(1e-3f);
  for (int64_t i = 0; i < rounds; ++i)
    for (V& v : chain) v = fma(v, factor, term);
  alignas(64) float sum[lanes] = {}, one[lanes];
  for (const V& v : chain) {
    v.store(one);
    for (int l = 0; l < V::width; ++l) sum[l] += one[l];
  }
  return tree_sum(sum);
}
