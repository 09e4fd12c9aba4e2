// The pool's contract: every unit once, whoever claims it; failures reach the caller and leave the pool
// whole.
#include "engine/backends/cpu/thread_pool.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace {

using engine::cpu::Range;
using engine::cpu::ThreadPool;

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

}  // namespace
