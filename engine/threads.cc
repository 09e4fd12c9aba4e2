#include "engine/threads.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <system_error>
#include <utility>

#include "engine/processors.h"

namespace engine {

namespace {

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits, with the processor held, for a few microseconds: the usual pause between two regions of a step.
// Returns the value as it is then, changed or not.
uint32_t watch(const std::atomic<uint32_t>& value, uint32_t old) {
  for (int i = 0; i < 1000; ++i) {
    const uint32_t now = value.load(std::memory_order_acquire);
    if (now != old) return now;
    relax();
  }
  return old;
}

// The same for longer, but leaving the processor to whoever else wants it: on a virtual machine waking a
// sleeping thread takes as long as a whole region.
uint32_t linger(const std::atomic<uint32_t>& value, uint32_t old) {
  using Clock = std::chrono::steady_clock;
  for (const auto end = Clock::now() + std::chrono::milliseconds(2); Clock::now() < end;) {
    std::this_thread::yield();
    const uint32_t now = value.load(std::memory_order_acquire);
    if (now != old) return now;
  }
  return old;
}

// Waits until it is another than `old`, and returns it.
uint32_t next_value(const std::atomic<uint32_t>& value, uint32_t old) {
  uint32_t now = watch(value, old);
  if (now == old) now = linger(value, old);
  if (now == old) {
    value.wait(old, std::memory_order_acquire);
    now = value.load(std::memory_order_acquire);
  }
  return now;
}

}  // namespace

int machine_threads() {
#if SVDD_HAVE_THREADS
  return usable_processors();
#else
  return 1;
#endif
}

int threads_to_start(int asked) {
#if SVDD_HAVE_THREADS
  constexpr int anywhere = 4;
  if (asked <= 0) return machine_threads();
  return asked <= anywhere ? asked : std::min(asked, std::max(anywhere, machine_threads()));
#else
  static_cast<void>(asked);
  return 1;
#endif
}

ThreadPool::ThreadPool(int threads)
    : parts_(std::make_unique<Part[]>(static_cast<size_t>(std::max(threads, 1)))) {
  if (threads > 1) others_.reserve(static_cast<size_t>(threads - 1));
  try {
    for (int i = 1; i < threads; ++i) others_.emplace_back([this, i] { serve(static_cast<size_t>(i)); });
  } catch (const std::system_error&) {  // no more processes, or no memory for another stack
  } catch (const std::bad_alloc&) {
  }
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
  const int64_t team = threads();
  for (int64_t i = 0; i < team; ++i) {
    Part& part = parts_[static_cast<size_t>(i)];
    const int64_t first = units * i / team;
    part.last = units * (i + 1) / team;
    // A quarter at a time: late threads lose little of their part, and early ones do not ask too often.
    part.at_once = std::max<int64_t>(1, (part.last - first + 3) / 4);
    part.next.store(first, std::memory_order_relaxed);
  }
  door_.store(open, std::memory_order_release);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();

  claim_units(0);
  for (uint32_t inside = door_.fetch_and(~open, std::memory_order_acq_rel) & ~open; inside != 0;)
    inside = next_value(door_, inside);
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::serve(size_t me) {
  const IeeeMode ieee;  // a thread begins in the mode of the one that starts it
  for (uint32_t seen = 0;;) {
    seen = next_value(generation_, seen);
    if (stop_) return;
    if (!enter()) continue;
    claim_units(me);
    leave();
  }
}

bool ThreadPool::enter() {
  uint32_t door = door_.load(std::memory_order_acquire);
  while (door & open)
    if (door_.compare_exchange_weak(door, door + 1, std::memory_order_acq_rel)) return true;
  return false;
}

void ThreadPool::leave() {
  if (door_.fetch_sub(1, std::memory_order_acq_rel) == 1) door_.notify_one();
}

// First the thread's own part, which it had in its caches the last time, then what others have left.
void ThreadPool::claim_units(size_t me) {
  const auto team = static_cast<size_t>(threads());
  for (size_t i = 0; i < team; ++i) {
    Part& part = parts_[(me + i) % team];
    for (;;) {
      const int64_t first = part.next.fetch_add(part.at_once, std::memory_order_acq_rel);
      if (first >= part.last) break;
      try {
        call_(work_, {first, std::min(first + part.at_once, part.last)});
      } catch (...) {
        const std::lock_guard lock(failure_lock_);
        failure_ = std::current_exception();
      }
    }
  }
}

}  // namespace engine
