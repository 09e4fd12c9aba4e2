// `svdd bench`: the speed of the engine on this machine, against the machine's own limits and against
// PyTorch.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tools/options/backend_options.h"

namespace tools {

struct BenchOptions {
  std::string what = "all";  // all, peak, kernels, convolutions or steps
  BackendOptions backend;
  std::string only;              // epochs whose names hold this; empty: all
  std::string compare;           // "torch", "torch-graph", or empty
  int64_t repeat = 5;            // medians of so many
  std::filesystem::path output;  // JSON; empty: none
};

// One row of the table.
struct Measurement {
  std::string group, name;
  double seconds = 0;                   // median
  double operations = 0;                // floating-point operations, a multiply-add counted as two
  double bytes = 0;                     // moved at least, for what only moves memory; else 0
  std::optional<double> torch_seconds;  // median, each taken right after one of ours
};

// Prints a table on standard output. Throws UsageError for a measurement that there is none of,
// std::runtime_error where PyTorch is asked for and not there.
int run_bench(const BenchOptions& options);

// Where measurements go, each as soon as it is taken.
using Show = std::function<void(const Measurement&)>;

double median(std::vector<double> values);

}  // namespace tools
