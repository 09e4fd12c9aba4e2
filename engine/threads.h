// How many threads there are to compute with, and the one way to share work among them. Units are independent, and
// their results do not depend on who computes them, so neither do results depend on the number of threads.
//
// A pool of our own rather than OpenMP's: a training step of a small network is a thousand parallel regions
// an epoch, and OpenMP's threads wait for each other, wherever they are. With one other busy program on a
// two-core machine that made an epoch of 0.07 s one of 4.3. Here nobody waits for a thread that has not begun:
// units are claimed, a few at a time, and whoever comes late finds them done (engine/README.md).
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/floating_point_mode.h"
#include "engine/range.h"

namespace engine {

// Processors that this process may use: of those the machine has, the ones in its affinity mask (taskset), and no more
// than its control group's quota of time, rounded up (engine/processors.h). 1 in a build without threads.
int machine_threads();

// How many threads serve somebody who asks for `asked`; 0 asks for machine_threads(). More threads than processors
// wait for each other: a run with 64 threads on two processors took 25 times as long as with 2. Up to four are
// started anywhere, so that small teams can be tried on small machines.
int threads_to_start(int asked);

class ThreadPool {
 public:
  // This thread and threads − 1 others; fewer others where the system starts no more (its limits of processes or of
  // memory), since nothing depends on their number: threads() says how many there are.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(others_.size()) + 1; }

  // Calls work(Range) on some of the threads, any number of times, the ranges together covering [0, units)
  // once; returns when all are done, and throws what one of them threw. Called from one thread at a time.
  // Allocates nothing. Work runs in the IEEE mode, on every thread.
  template <class Work>
  void run(int64_t units, const Work& work) {
    if (units <= 0) return;
    const IeeeMode ieee;
    if (others_.empty() || units == 1) {
      work(Range{0, units});
      return;
    }
    share(
        units, [](const void* w, Range r) { (*static_cast<const Work*>(w))(r); }, &work);
  }

 private:
  using Call = void (*)(const void* work, Range);
  void share(int64_t units, Call call, const void* work);
  void serve(size_t me);
  void claim_units(size_t me);
  bool enter();
  void leave();

  // A thread's part of the units: those from `next` on are nobody's yet. Each on a cache line of its own.
  struct alignas(64) Part {
    std::atomic<int64_t> next{0};
    int64_t last = 0, at_once = 1;
  };

  std::vector<std::thread> others_;
  std::unique_ptr<Part[]> parts_;
  Call call_ = nullptr;
  const void* work_ = nullptr;

  // How many of the others are at work, and whether more may begin: what is above is theirs to read only
  // while the door is open or they are inside.
  static constexpr uint32_t open = 1u << 31;
  alignas(64) std::atomic<uint32_t> door_{0};
  alignas(64) std::atomic<uint32_t> generation_{0};  // rises with each region, and at the end
  std::atomic<bool> stop_{false};
  std::mutex failure_lock_;
  std::exception_ptr failure_;
};

}  // namespace engine
