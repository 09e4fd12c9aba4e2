// The pool's contract: every unit once, whoever claims it; failures reach the caller and leave the pool
// whole.
#include "engine/threads.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <vector>

#include "tests/in_a_child.h"

namespace threads_test {

using engine::Range;
using engine::ThreadPool;

TEST(ThreadPool, EveryUnitIsDoneOnce) {
  for (int threads = 1; threads <= 4; ++threads) {
    ThreadPool pool(threads);
    for (int64_t units = 0; units < 200; ++units) {
      std::vector<int> done(static_cast<size_t>(units));  // a unit done twice at once is a race for TSan
      pool.run(units, [&](Range r) {
        for (int64_t u = r.first; u < r.last; ++u) ++done[static_cast<size_t>(u)];
      });
      EXPECT_EQ(done, std::vector<int>(static_cast<size_t>(units), 1)) << units << " units, " << threads;
    }
  }
}

TEST(ThreadPool, RegionsFollowEachOtherClosely) {
  ThreadPool pool(3);
  int64_t sum = 0;
  std::vector<int64_t> parts(16);
  for (int64_t region = 0; region < 5000; ++region) {
    pool.run(16, [&](Range r) {
      for (int64_t u = r.first; u < r.last; ++u) parts[static_cast<size_t>(u)] = region + u;
    });
    for (const int64_t part : parts) sum += part;
  }
  EXPECT_EQ(sum, 16 * (5000LL * 4999 / 2) + 5000LL * 120);
}

TEST(ThreadPool, AFailureReachesTheCallerAndThePoolGoesOn) {
  ThreadPool pool(3);
  for (int round = 0; round < 50; ++round) {
    EXPECT_THROW(pool.run(40,
                          [](Range r) {
                            if (r.first <= 20 && 20 < r.last) throw std::runtime_error("unit 20");
                          }),
                 std::runtime_error);
    std::vector<int> done(40);
    pool.run(40, [&](Range r) {
      for (int64_t u = r.first; u < r.last; ++u) ++done[static_cast<size_t>(u)];
    });
    EXPECT_EQ(done, std::vector<int>(40, 1));
  }
}

// Without the memory for another stack no thread starts; the others do its work.
TEST(ThreadPool, GoesOnWithTheThreadsThatCouldBeStarted) {
  if (under_a_sanitizer || !SVDD_HAVE_THREADS)
    GTEST_SKIP() << "no limit of memory, or no threads, in this build";
  EXPECT_EQ(in_a_child([] {
              const rlim_t most = address_space() + (rlim_t{64} << 20);
              const rlimit limit{most, most};
              if (setrlimit(RLIMIT_AS, &limit) != 0) return 1;
              ThreadPool pool(1000);
              if (pool.threads() >= 1000 || pool.threads() < 1) return 2;
              std::atomic<int64_t> sum{0};
              pool.run(1000, [&](Range r) {
                for (int64_t i = r.first; i < r.last; ++i) sum += i;
              });
              return sum == 499500 ? 0 : 3;
            }),
            0);
}

TEST(ThreadPool, OfOneOrLessIsTheCallerAlone) {
  for (const int threads : {-1, 0, 1}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), 1);
    int64_t done = 0;
    pool.run(7, [&](Range r) { done += r.last - r.first; });
    EXPECT_EQ(done, 7);
  }
}

TEST(ThreadsToStart, NoMoreThanServe) {
  const int processors = engine::machine_threads();
  EXPECT_GE(processors, 1);
  EXPECT_EQ(engine::threads_to_start(0), processors);
  EXPECT_EQ(engine::threads_to_start(1), 1);
  if (!SVDD_HAVE_THREADS) return;
  EXPECT_EQ(engine::threads_to_start(3), 3);
  EXPECT_EQ(engine::threads_to_start(1 << 30), std::max(4, processors));
}

}  // namespace threads_test
