// Ctrl-C and the kill command, as a wish to stop at the next good moment (engine/stopping.h).
#pragma once
#include <memory>

#include "engine/stopping.h"

namespace tools {

// While it lives, the first SIGINT, SIGTERM or SIGHUP (a closed terminal; on Windows Ctrl-Break) requests a stop; a second one ends the process as ever, unless it comes
// within a fifth of a second: `timeout` sends two. A signal that was ignored stays so. Blocking calls are interrupted
// (EINTR), so that a wait for input ends too. One at a time: main's, for all commands.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

 private:
  struct Handlers;
  std::unique_ptr<Handlers> before_;  // as they were
};

// While one lives, a signal is answered on standard error at once with what happens now: for what does not stop within
// a second.
class StopNotice {
 public:
  explicit StopNotice(bool quiet);  // quiet: it is not
  ~StopNotice();
  StopNotice(const StopNotice&) = delete;
  StopNotice& operator=(const StopNotice&) = delete;

 private:
  bool quiet_;
};

// What a command throws in the place of engine::Stopped where some of its work is kept: "what is done is kept: ... goes
// on from there".
struct StoppedWithWorkKept : engine::Stopped {
  using engine::Stopped::Stopped;
};

}  // namespace tools
