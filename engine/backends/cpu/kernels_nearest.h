// The nearest of several points, samples in the lanes. Part of the kernels of one instruction set (see
// simd.h).
//
// The plain loop this equals is reference/loops.h: nearest_point.

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
