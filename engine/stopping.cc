#include "engine/stopping.h"

#include <atomic>

namespace engine {
namespace {

std::atomic<bool> requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set lock-free atomics only");

}  // namespace

void request_stop() noexcept { requested.store(true, std::memory_order_relaxed); }
bool stop_requested() noexcept { return requested.load(std::memory_order_relaxed); }
void withdraw_stop() noexcept { requested.store(false, std::memory_order_relaxed); }

void check_stop() {
  if (stop_requested()) throw Stopped("stopped as asked");
}

}  // namespace engine
