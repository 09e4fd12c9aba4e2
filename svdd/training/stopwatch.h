// Wall-clock seconds for reports; nothing computed depends on them.
#pragma once
#include <chrono>

namespace svdd {

class Stopwatch {
 public:
  double seconds() const {  // since construction
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace svdd
