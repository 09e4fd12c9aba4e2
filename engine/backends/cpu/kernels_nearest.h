// The nearest of several points, or those that may be, samples in the lanes. Part of the kernels of one
// instruction set (see simd.h).
//
// The plain loops these equal are reference/loops.h: nearest_point, nearest_candidates.

// In registers: the distances of a block's samples to several live points, a chain over the features each. A
// step loads one vector of a for all of them. Where fewer points are left the last one fills the places: it
// is as near as itself, never nearer.
void nearest_point(const Batch& a, const float* points, const float* alive, int64_t count, float* index,
                   Range units) {
  constexpr int most = 8;
  const int64_t size = a.c;
  for (int64_t block = units.first; block < units.last; ++block)
    for (int part = 0; part < lanes; part += V::width) {
      const float* x = a.at(block, 0) + part;
      V least(__builtin_inff()), nearest(0.0f);
      for (int64_t k = 0; k < count;) {
        int64_t live[most];
        int found = 0;
        for (; k < count && found < most; ++k)
          if (alive[k] != 0) live[found++] = k;
        if (found == 0) break;
        for (int t = found; t < most; ++t) live[t] = live[found - 1];
        const float* point[most];
        V sum[most];
        for (int t = 0; t < most; ++t) {
          point[t] = points + live[t] * size;
          sum[t] = V(0.0f);
        }
        for (int64_t f = 0; f < size; ++f) {
          const V value = V::load(x + f * lanes);
          for (int t = 0; t < most; ++t) {
            const V difference = value - V(point[t][f]);
            sum[t] = fma(difference, difference, sum[t]);
          }
        }
        for (int t = 0; t < most; ++t) {
          nearest = if_greater(least, sum[t], V(static_cast<float>(live[t])), nearest);
          least = if_greater(least, sum[t], sum[t], least);
        }
      }
      nearest.store(index + block * lanes + part);
    }
}

// Most points are too far away for all samples of a register, and cost a comparison.
void nearest_candidates(const Batch& x, const float* slack, const float* margin, bool others, float* limit,
                        float* count, const Batch& list, Range units) {
  for (int64_t block = units.first; block < units.last; ++block)
    for (int part = 0; part < lanes; part += V::width) {
      const int64_t sample = block * lanes + part;
      const auto own = [&](int64_t k) { return others && k >= sample && k < sample + V::width; };
      float least[V::width], nearest[V::width], limits[V::width], far[V::width];
      V low(__builtin_inff()), at(-1.0f);
      for (int64_t k = 0; k < x.c; ++k) {
        V value = V::load(x.at(block, k) + part);
        if (own(k)) {
          value.store(least);
          least[k - sample] = __builtin_inff();
          value = V::load(least);
        }
        at = if_greater(low, value, V(static_cast<float>(k)), at);
        low = if_greater(low, value, value, low);
      }
      low.store(least);
      at.store(nearest);
      int64_t found[V::width] = {};
      for (int l = 0; l < V::width; ++l) {
        float& own_limit = limit[sample + l];
        if (nearest[l] >= 0) {
          const float sum = (least[l] + slack[static_cast<int64_t>(nearest[l])]) + margin[sample + l];
          own_limit = sum < own_limit ? sum : own_limit;
        }
        limits[l] = own_limit;
        for (int64_t i = 0; i < list.c; ++i) list.at(block, i)[part + l] = -1;
      }
      const V bound = V::load(limits);
      for (int64_t k = 0; k < x.c; ++k) {
        if_greater(V::load(x.at(block, k) + part), bound, V(1.0f), V(0.0f)).store(far);
        for (int l = 0; l < V::width; ++l) {
          if (far[l] != 0 || (others && k == sample + l)) continue;
          if (found[l] < list.c) list.at(block, found[l])[part + l] = static_cast<float>(k);
          ++found[l];
        }
      }
      for (int l = 0; l < V::width; ++l) count[sample + l] = static_cast<float>(found[l]);
    }
}
