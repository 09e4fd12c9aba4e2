#include "engine/backends/cpu/thread_pool.h"

#include <utility>

namespace engine::cpu {

namespace {

// The pause between two parallel regions of one step is a few microseconds: worth waiting for awake. Anything
// longer is spent asleep, so that whoever else wants the processor can have it.
constexpr int spins = 1000;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits until `value` is no longer `old`, and returns what it is then.
uint32_t wait_for_change(const std::atomic<uint32_t>& value, uint32_t old) {
  for (int i = 0; i < spins; ++i) {
    const uint32_t now = value.load(std::memory_order_acquire);
    if (now != old) return now;
    relax();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  for (int i = 1; i < threads; ++i) others_.emplace_back([this, i] { serve(i); });
}

ThreadPool::~ThreadPool() {
  stop_ = true;
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  for (std::thread& t : others_) t.join();
}

void ThreadPool::share(int64_t units, Call call, const void* work) {
  call_ = call;
  work_ = work;
  units_ = units;
  unfinished_.store(static_cast<uint32_t>(others_.size()), std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  do_share_of(0);
  for (uint32_t left = unfinished_.load(std::memory_order_acquire); left != 0;)
    left = wait_for_change(unfinished_, left);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::serve(int64_t me) {
  for (uint32_t seen = 0;;) {
    seen = wait_for_change(generation_, seen);
    if (stop_) return;
    do_share_of(me);
    unfinished_.fetch_sub(1, std::memory_order_acq_rel);
    unfinished_.notify_one();
  }
}

void ThreadPool::do_share_of(int64_t me) {
  const int64_t team = threads();
  const Range range{units_ * me / team, units_ * (me + 1) / team};
  if (range.first == range.last) return;
  try {
    call_(work_, range);
  } catch (...) {
    const std::lock_guard lock(failure_lock_);
    failure_ = std::current_exception();
  }
}

}  // namespace engine::cpu
