#include "engine/stopping.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace engine {
namespace {

std::atomic<int> requested{0};  // not bool: some processors (RISC-V) have no atomic instruction for a byte
std::atomic<int64_t> when{0};   // of the first request since the last withdrawal
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<int64_t>::is_always_lock_free,
              "a signal handler may set lock-free atomics only");

thread_local double grace = 0;  // seconds

// The steady clock is clock_gettime, which a signal handler may call.
int64_t now() noexcept {
  using namespace std::chrono;
  return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
}

double age() noexcept { return static_cast<double>(now() - when.load(std::memory_order_acquire)) * 1e-9; }

}  // namespace

void request_stop() noexcept {
  if (stop_requested()) return;
  when.store(now(), std::memory_order_release);
  requested.store(1, std::memory_order_release);
}

bool stop_requested() noexcept { return requested.load(std::memory_order_relaxed) != 0; }
void withdraw_stop() noexcept { requested.store(0, std::memory_order_relaxed); }

void check_stop() {
  if (!stop_requested()) return;
  std::atomic_thread_fence(std::memory_order_acquire);  // with the time that belongs to it
  if (grace > 0 && age() < grace) return;
  throw Stopped("stopped as asked");
}

StopGrace::StopGrace(double seconds) : before_(grace) { grace = std::max(grace, seconds); }
StopGrace::~StopGrace() { grace = before_; }

}  // namespace engine
