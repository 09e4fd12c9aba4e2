#include "svdd/training/side_by_side.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include "engine/floating_point_mode.h"

namespace svdd {

void run_side_by_side(const std::vector<std::function<void()>>& runs, int at_once) {
  if (at_once < 1)
    throw std::invalid_argument("the number of runs at once must be at least 1, found " +
                                std::to_string(at_once));
  std::vector<std::exception_ptr> failures(runs.size());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    const engine::IeeeMode ieee;
    for (size_t i = next++; i < runs.size(); i = next++) try {
        runs[i]();
      } catch (...) {
        failures[i] = std::current_exception();
      }
  };
#if SVDD_HAVE_THREADS
  std::vector<std::thread> others;
  try {
    const size_t wanted = std::min(static_cast<size_t>(at_once), runs.size());
    others.reserve(wanted);
    for (size_t i = 1; i < wanted; ++i) others.emplace_back(work);
  } catch (const std::system_error&) {  // the system starts no more: those that there are do it all
  } catch (const std::bad_alloc&) {
  }
  work();
  for (std::thread& t : others) t.join();
#else
  work();
#endif
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

}  // namespace svdd
