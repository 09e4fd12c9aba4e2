// The most memory that this process has had at one time.
#pragma once
#include <sys/resource.h>

namespace tools {

inline double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) * 1024 / 1e6;
}

}  // namespace tools
