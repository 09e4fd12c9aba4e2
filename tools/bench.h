// `svdd bench`: the speed of the engine on this machine.
#pragma once
#include <string>

#include "tools/backend_options.h"

namespace tools {

struct BenchOptions {
  std::string what = "training";
  BackendOptions backend;
};

// Prints a table on standard output. Throws UsageError for a measurement that there is none of.
int run_bench(const BenchOptions& options);

}  // namespace tools
