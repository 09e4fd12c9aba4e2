#include "tools/stop_signal.h"

#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace tools {
namespace {

constexpr time_t at_once = 2;  // seconds

volatile sig_atomic_t caught = 0, silent = 0;
volatile time_t first = 0;  // seconds; the handler's own

// Calls what is safe in a handler, nothing else.
extern "C" void note_signal(int signal) {
  struct timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (caught) {
    if (now.tv_sec - first < at_once) return;
    struct sigaction end = {};
    end.sa_handler = SIG_DFL;
    sigaction(signal, &end, nullptr);
    raise(signal);  // waits until the handler is done
    return;
  }
  first = now.tv_sec;
  constexpr char words[] = "\nsvdd: stops at the end of an epoch; once more, and it stops at once\n";
  const int before = errno;
  caught = 1;
  if (!silent) {
    const auto ignored = write(STDERR_FILENO, words, sizeof words - 1);
    static_cast<void>(ignored);
  }
  errno = before;
}

void listen(int signal, struct sigaction& before) {
  struct sigaction ours = {};
  ours.sa_handler = note_signal;
  ours.sa_flags = SA_RESTART;
  sigemptyset(&ours.sa_mask);
  sigaddset(&ours.sa_mask, SIGINT);
  sigaddset(&ours.sa_mask, SIGTERM);
  sigaction(signal, nullptr, &before);
  if (before.sa_handler != SIG_IGN) sigaction(signal, &ours, nullptr);
}

}  // namespace

StopSignal::StopSignal(bool quiet) {
  caught = 0;
  silent = quiet;
  listen(SIGINT, interrupt_);
  listen(SIGTERM, terminate_);
}

StopSignal::~StopSignal() {
  sigaction(SIGINT, &interrupt_, nullptr);
  sigaction(SIGTERM, &terminate_, nullptr);
}

bool StopSignal::came() { return caught != 0; }

}  // namespace tools
