// A wish to stop, for the whole process: whoever is asked (by Ctrl-C, by a host program) says so once, and every
// long computation looks now and then and ends by an exception, with nothing half-done left behind.
//
// Loops that may take longer than about a tenth of a second call check_stop() in each turn; it costs one relaxed load.
#pragma once
#include <stdexcept>

namespace engine {

// What a computation throws that was asked to stop.
struct Stopped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void request_stop() noexcept;  // from any thread, and from a signal handler
bool stop_requested() noexcept;
void withdraw_stop() noexcept;  // before the next computation
void check_stop();              // throws Stopped where a stop was requested

}  // namespace engine
