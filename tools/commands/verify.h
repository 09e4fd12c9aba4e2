// `svdd verify`: whether a run's bits are what they should be.
#pragma once
#include <string>
#include <vector>

#include "tools/options/backend_options.h"

namespace tools {

struct VerifyOptions {
  std::vector<std::string> runs;  // one, or two to compare
  bool again = false;             // repeat the one, and compare
  std::string data;               // where the data lie now; empty: where the run says
  std::string out;                // where the repeated run is kept; empty: it is not
  BackendOptions backend;
};

// One line first, details after it, on standard output. Whether all is sound or equal: where it is not, the exit status
// is 1. Throws as other commands do for folders that hold no run.
bool run_verify(const VerifyOptions& options);

}  // namespace tools
