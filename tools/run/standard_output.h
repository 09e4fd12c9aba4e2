// std::cout for a command: what cannot be written ends it, and a signal ends a wait for whoever reads.
#pragma once
#include <memory>

namespace tools {

// While it lives, std::cout gathers what is written and hands it on when it is flushed, when there is enough of it, and before anything
// goes to std::cerr; on a terminal, line by line. Where that fails, whoever writes gets std::runtime_error; where a stop is
// requested while nobody reads, engine::Stopped. One at a time: main's.
class StandardOutput {
 public:
  StandardOutput();
  ~StandardOutput();  // flushes, and is silent where that fails
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;

 private:
  struct Buffer;
  std::unique_ptr<Buffer> buffer_;
  struct Before;
  std::unique_ptr<Before> before_;  // std::cout as it was
};

}  // namespace tools
