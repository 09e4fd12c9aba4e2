#include "engine/backends/cpu/machine.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "engine/threads.h"

namespace engine {

std::string simd_name(Simd simd) {
  switch (simd) {
    case Simd::avx512:
      return "avx512";
    case Simd::avx2:
      return "avx2";
    case Simd::portable:
      return "portable";
    case Simd::automatic:
      break;
  }
  return simd_name(best_simd());
}

bool simd_available(Simd simd) {
#if SVDD_X86
  __builtin_cpu_init();
  if (simd == Simd::avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
  if (simd == Simd::avx2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
  return simd == Simd::portable || simd == Simd::automatic;
}

Simd best_simd() {
  if (simd_available(Simd::avx512)) return Simd::avx512;
  return simd_available(Simd::avx2) ? Simd::avx2 : Simd::portable;
}

namespace cpu {

const Kernels& kernels_for(Simd simd) {
#if SVDD_X86
  if (simd == Simd::avx512) return avx512_kernels();
  if (simd == Simd::avx2) return avx2_kernels();
#endif
  static_cast<void>(simd);
  return portable_kernels();
}

namespace {
template <class Work>
double best_seconds(int repeats, Work work) {
  double best = 1e30;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}
}  // namespace

double measure_operations_per_second(int threads, Simd simd) {
  const Kernels& kernels = kernels_for(simd);
  const int64_t rounds = simd == Simd::portable ? 100'000 : 5'000'000;
  ThreadPool pool(threads);
  std::vector<float> results(static_cast<size_t>(threads));
  const double seconds = best_seconds(4, [&] {
    pool.run(threads,
             [&](Range r) { results[static_cast<size_t>(r.first)] = kernels.multiply_adds(rounds); });
  });
  return static_cast<double>(rounds * kernels.operations_per_round * threads) / seconds;
}

double measure_bytes_per_second(int threads) {
  constexpr int64_t count = 16 << 20;
  std::vector<float> x(count, 1.0f), y(count, 2.0f);
  ThreadPool pool(threads);
  const double seconds = best_seconds(4, [&] {
    pool.run(count, [&](Range r) {
      for (int64_t i = r.first; i < r.last; ++i)
        y[static_cast<size_t>(i)] += 3.0f * x[static_cast<size_t>(i)];
    });
  });
  return 3.0 * sizeof(float) * count / seconds;
}

}  // namespace cpu
}  // namespace engine
