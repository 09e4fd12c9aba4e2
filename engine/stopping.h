// A wish to stop, for the whole process: whoever is asked (by Ctrl-C, by a host program) says so once, and every
// long computation looks now and then and ends by an exception, with nothing half-done left behind.
//
// Loops that may take longer than about a tenth of a second call check_stop() in each turn; it costs one relaxed load.
//
// A wish stands until it is withdrawn. A program that lives on (a host of the library, a Python session) calls
// withdraw_stop() before its next computation, which would end at its first look otherwise.
#pragma once
#include <exception>
#include <string>
#include <utility>

namespace engine {

// What a computation throws that was asked to stop. No std::runtime_error: those say what is wrong with a file or a
// number, and whoever catches them to go on with the next file must not take this for one.
struct Stopped : std::exception {
  explicit Stopped(std::string words) : words_(std::move(words)) {}
  const char* what() const noexcept override { return words_.c_str(); }

 private:
  std::string words_;
};

void request_stop() noexcept;  // from any thread, and from a signal handler
bool stop_requested() noexcept;
void withdraw_stop() noexcept;  // before the next computation
void check_stop();              // throws Stopped where a stop was requested

// While one lives, check_stop() on its thread throws only once the wish is so many seconds old: for a stretch that
// is worth ending whole, such as an epoch that leaves a checkpoint. Within another the longer time counts.
class StopGrace {
 public:
  explicit StopGrace(double seconds);
  ~StopGrace();
  StopGrace(const StopGrace&) = delete;
  StopGrace& operator=(const StopGrace&) = delete;

 private:
  double before_;
};

}  // namespace engine
