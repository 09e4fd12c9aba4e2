#include "tools/run/stop_signal.h"

#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

namespace tools {
namespace {

constexpr int64_t at_once = 200'000'000;  // nanoseconds: within them a second signal is the first one again

// The handler runs on whichever thread the signal reaches.
std::atomic<int64_t> first{0};  // nanoseconds, of the first signal; 0: none came
std::atomic<int> answers{0};    // how many want the signal answered
static_assert(std::atomic<int64_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler may touch lock-free atomics only");

// Calls what is safe in a handler, nothing else.
extern "C" void note_signal(int signal) {
  const int before = errno;
  struct timespec time = {};
  clock_gettime(CLOCK_MONOTONIC, &time);
  const int64_t now = int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  int64_t none = 0;
  if (!first.compare_exchange_strong(none, now)) {
    if (now - none >= at_once) {
      struct sigaction end = {};
      end.sa_handler = SIG_DFL;
      sigaction(signal, &end, nullptr);
      raise(signal);  // waits until the handler is done
    }
    errno = before;
    return;
  }
  engine::request_stop();
  constexpr char words[] =
      "\nsvdd: stops at the end of an epoch, or at once where that is more than ten seconds away; "
      "once more, and it ends at once\n";
  if (answers > 0) {
    const auto ignored = write(STDERR_FILENO, words, sizeof words - 1);
    static_cast<void>(ignored);
  }
  errno = before;
}

void listen(int signal, struct sigaction& before) {
  struct sigaction ours = {};
  ours.sa_handler = note_signal;
  sigemptyset(&ours.sa_mask);
  sigaddset(&ours.sa_mask, SIGINT);
  sigaddset(&ours.sa_mask, SIGTERM);
  sigaddset(&ours.sa_mask, SIGHUP);
  sigaction(signal, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(signal, &ours, nullptr);
}

}  // namespace

StopSignal::StopSignal() {
  first = 0;
  listen(SIGINT, interrupt_);
  listen(SIGTERM, terminate_);
  listen(SIGHUP, hang_up_);
}

StopSignal::~StopSignal() {
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
  sigaction(SIGHUP, &hang_up_, nullptr);
}

StopNotice::StopNotice(bool quiet) : quiet_(quiet) {
  if (!quiet_) ++answers;
}
StopNotice::~StopNotice() {
  if (!quiet_) --answers;
}

}  // namespace tools
