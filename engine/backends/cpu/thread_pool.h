// One way to share work among threads: units are independent, and their results do not depend on who computes
// them.
//
// A pool of our own rather than OpenMP's: a training step of a small network is a thousand parallel regions
// an epoch, and OpenMP's threads wait for each other by spinning. With one other busy program on a two-core
// machine that made an epoch 20 times slower; threads that soon go to sleep lose little (engine/README.md).
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/backends/cpu/kernels.h"

namespace engine::cpu {

class ThreadPool {
 public:
  explicit ThreadPool(int threads);  // this one and threads − 1 others
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(others_.size()) + 1; }

  // Calls work(Range) on each thread, the ranges together covering [0, units); returns when all are done, and
  // throws what one of them threw. Called from one thread at a time. Allocates nothing.
  template <class Work>
  void run(int64_t units, const Work& work) {
    if (units <= 0) return;
    if (others_.empty() || units == 1) return work(Range{0, units});
    share(
        units, [](const void* w, Range r) { (*static_cast<const Work*>(w))(r); }, &work);
  }

 private:
  using Call = void (*)(const void* work, Range);
  void share(int64_t units, Call call, const void* work);
  void serve(int64_t me);
  void do_share_of(int64_t me);

  std::vector<std::thread> others_;
  // The work of the current generation; written before `generation_` rises, read after.
  Call call_ = nullptr;
  const void* work_ = nullptr;
  int64_t units_ = 0;
  bool stop_ = false;
  std::atomic<uint32_t> generation_{0}, unfinished_{0};
  std::mutex failure_lock_;
  std::exception_ptr failure_;
};

}  // namespace engine::cpu
