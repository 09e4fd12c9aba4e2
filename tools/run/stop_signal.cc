#include "tools/run/stop_signal.h"

#include <signal.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <iterator>

#include "engine/system/files.h"
#include "engine/system/process.h"

namespace tools {
namespace {

constexpr int64_t at_once = 200'000'000;  // nanoseconds: within them a second signal is the first one again

// The handler runs on whichever thread the signal reaches.
std::atomic<int64_t> first{0};  // nanoseconds, of the first signal; 0: none came
std::atomic<int> answers{0};    // how many want the signal answered
static_assert(std::atomic<int64_t>::is_always_lock_free && std::atomic<int>::is_always_lock_free,
              "a signal handler may touch lock-free atomics only");

// Calls what is safe in a handler, nothing else. (The clock is POSIX's clock_gettime, which is.)
extern "C" void note_signal(int number) {
  const int before = errno;
#if defined(_WIN32)
  signal(number, note_signal);  // each signal is handled once there
#endif
  const int64_t now = std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
  int64_t none = 0;
  if (!first.compare_exchange_strong(none, now)) {
    if (now - none >= at_once) {
      signal(number, SIG_DFL);
      raise(number);  // waits until the handler is done
    }
    errno = before;
    return;
  }
  engine::request_stop();
  constexpr char words[] =
      "\nsvdd: stops at the end of an epoch, or at once where that is more than ten seconds away; "
      "once more, and it ends at once\n";
  if (answers > 0) engine::system::write(engine::system::standard_error, words, sizeof words - 1);
  errno = before;
}

#if defined(_WIN32)
constexpr int all_signals[] = {SIGINT, SIGTERM, SIGBREAK};  // Ctrl-C; raise; Ctrl-Break
using Handler = void (*)(int);

Handler listen(int number) {
  const Handler before = signal(number, note_signal);
  if (before == SIG_IGN) signal(number, SIG_IGN);
  return before;
}
void restore(int number, Handler before) { signal(number, before); }
#else
constexpr int all_signals[] = {SIGINT, SIGTERM, SIGHUP};
using Handler = struct sigaction;

Handler listen(int number) {
  Handler ours = {}, before = {};
  ours.sa_handler = note_signal;  // no SA_RESTART: calls that wait are interrupted
  sigemptyset(&ours.sa_mask);
  for (const int other : all_signals) sigaddset(&ours.sa_mask, other);
  sigaction(number, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(number, &ours, nullptr);
  return before;
}
void restore(int number, const Handler& before) { sigaction(number, &before, nullptr); }
#endif

}  // namespace

struct StopSignal::Handlers {
  Handler of[std::size(all_signals)];
};

StopSignal::StopSignal() : before_(std::make_unique<Handlers>()) {
  first = 0;
  for (size_t i = 0; i < std::size(all_signals); ++i) before_->of[i] = listen(all_signals[i]);
}

StopSignal::~StopSignal() {
  for (size_t i = 0; i < std::size(all_signals); ++i) restore(all_signals[i], before_->of[i]);
}

StopNotice::StopNotice(bool quiet) : quiet_(quiet) {
  if (!quiet_) ++answers;
}
StopNotice::~StopNotice() {
  if (!quiet_) --answers;
}

}  // namespace tools
