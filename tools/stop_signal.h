// Ctrl-C and the kill command, as a wish to stop at the next good moment.
#pragma once
#include <signal.h>

namespace tools {

// While it lives, the first SIGINT or SIGTERM only makes came() true (and, unless quiet, says on standard
// error what happens now); a second one ends the process as ever, unless it comes at once: `timeout` sends
// two. A signal that was ignored stays so. One at a time.
class StopSignal {
 public:
  explicit StopSignal(bool quiet);
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  static bool came();

 private:
  struct sigaction interrupt_ = {}, terminate_ = {};  // as they were
};

}  // namespace tools
