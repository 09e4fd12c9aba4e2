// One way to share work among threads. Units are independent and their results do not depend on who computes
// them.
#pragma once
#include <cstdint>

#include "engine/backends/cpu/kernels.h"

#if SVDD_HAVE_OPENMP
#include <omp.h>
#endif

// ThreadSanitizer does not see the barriers inside the OpenMP runtime; these calls tell it of the two there
// are here.
#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void*);
extern "C" void __tsan_release(void*);
#define SVDD_TSAN_ACQUIRE(p) __tsan_acquire(p)
#define SVDD_TSAN_RELEASE(p) __tsan_release(p)
#else
#define SVDD_TSAN_ACQUIRE(p) static_cast<void>(p)
#define SVDD_TSAN_RELEASE(p) static_cast<void>(p)
#endif

namespace engine::cpu {

// Calls work(Range) on at most `threads` threads, the ranges together covering [0, units).
template <class Work>
void parallel(int threads, int64_t units, Work work) {
  if (units <= 0) return;
#if SVDD_HAVE_OPENMP
  if (threads > units) threads = static_cast<int>(units);
  if (threads > 1) {
    char start = 0, end = 0;
    SVDD_TSAN_RELEASE(&start);
#pragma omp parallel num_threads(threads)
    {
      SVDD_TSAN_ACQUIRE(&start);
      const int64_t team = omp_get_num_threads(), me = omp_get_thread_num();
      work(Range{units * me / team, units * (me + 1) / team});
      SVDD_TSAN_RELEASE(&end);
    }
    SVDD_TSAN_ACQUIRE(&end);
    return;
  }
#endif
  static_cast<void>(threads);
  work(Range{0, units});
}

}  // namespace engine::cpu
