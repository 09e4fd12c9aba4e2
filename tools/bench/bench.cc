#include "tools/bench/bench.h"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "engine/backends/cpu/machine.h"
#include "engine/backends/cuda/peak.h"
#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "tools/bench/bench_kernels.h"
#include "tools/bench/bench_steps.h"
#include "tools/input/own_input.h"
#include "tools/run/peak_memory.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

struct Limits {
  double operations = 0, bytes = 0;  // per second
};

engine::Simd simd_of(const BackendOptions& o) {
  if (o.simd == "avx512") return engine::Simd::avx512;
  if (o.simd == "avx2") return engine::Simd::avx2;
  return o.simd == "portable" ? engine::Simd::portable : engine::best_simd();
}

Limits measure_limits(const BackendOptions& o) {
  if (o.device == "cuda")
    return {engine::cuda::measure_operations_per_second(), engine::cuda::measure_bytes_per_second()};
  const int threads = static_cast<int>(o.threads_used());
  return {engine::cpu::measure_operations_per_second(threads, simd_of(o)),
          engine::cpu::measure_bytes_per_second(threads)};
}

std::string number(double value, int digits) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << std::setprecision(digits) << value;
  return text.str();
}

// Width in columns: the names hold "×" and "→".
std::string padded(const std::string& text, size_t width) {
  const auto columns = static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
  return columns < width ? text + std::string(width - columns, ' ') : text;
}

// Of what the machine could do in that time: arithmetic or memory, whichever takes longer.
double share_of_limit(const Measurement& m, const Limits& limits) {
  return std::max(m.operations / limits.operations, m.bytes / limits.bytes) / m.seconds;
}

void print(const Measurement& m, const Limits& limits, bool compare) {
  std::cout << "  " << padded(m.name, 40) << std::right << std::setw(11) << number(m.seconds, 4)
            << std::setw(10) << number((m.operations > 0 ? m.operations : m.bytes) / m.seconds / 1e9, 3)
            << (m.operations > 0 ? " GFLOP/s" : " GB/s   ") << std::setw(7)
            << number(100 * share_of_limit(m, limits), 3) << " %";
  if (compare && m.torch_seconds)
    std::cout << std::setw(11) << number(*m.torch_seconds, 4) << std::setw(9)
              << number(*m.torch_seconds / m.seconds, 3) << " x";
  std::cout << std::endl;
}

nlohmann::ordered_json to_json(const Measurement& m, const Limits& limits) {
  nlohmann::ordered_json row{{"group", m.group}, {"name", m.name}, {"seconds", m.seconds}};
  if (m.operations > 0) row["gflops"] = m.operations / m.seconds / 1e9;
  if (m.bytes > 0) row["gbytes_per_second"] = m.bytes / m.seconds / 1e9;
  row["share_of_limit"] = share_of_limit(m, limits);
  if (m.torch_seconds) {
    row["torch_seconds"] = *m.torch_seconds;
    row["torch_over_ours"] = *m.torch_seconds / m.seconds;
  }
  return row;
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n == 0 ? 0 : (values[(n - 1) / 2] + values[n / 2]) / 2;
}

int run_bench(const BenchOptions& options) {
  const std::string& what = options.what;
  if (what != "all" && what != "peak" && what != "kernels" && what != "convolutions" && what != "steps")
    throw UsageError("there is no benchmark " + engine::in_quotes(what) +
                     "; expected all, peak, kernels, convolutions or steps");
  if (!options.compare.empty() && options.compare != "torch" && options.compare != "torch-graph")
    throw UsageError("--compare is " + engine::in_quotes(options.compare) +
                     "; expected torch, or torch-graph for its steps as a CUDA graph");
  if (options.compare == "torch-graph" && options.backend.device != "cuda")
    throw UsageError("--compare torch-graph needs --device cuda");
  if (!options.only.empty() &&
      (what == "peak" || what == "kernels" || what == "convolutions" || !has_step(options.only)))
    throw UsageError("--only " + engine::in_quotes(options.only) +
                     " names no epoch that is measured here; svdd bench steps shows their names");
  constexpr int64_t most_measurements = 10'000;
  if (options.repeat < 1 || options.repeat > most_measurements)
    throw UsageError("--repeat is " + std::to_string(options.repeat) + "; expected 1 to " +
                     std::to_string(most_measurements));
  refuse_file_of_any_run("--output", options.output);
  std::optional<engine::AtomicFile> output;  // opened first: what cannot be written is not worth measuring
  if (!options.output.empty()) output.emplace(options.output);
  const std::unique_ptr<engine::Backend> backend = make_backend(options.backend);
  std::unique_ptr<TorchProcess> torch;
  if (!options.compare.empty())
    torch = std::make_unique<TorchProcess>(options.backend.threads_used(),
                                           options.compare == "torch-graph"   ? "cuda-graph"
                                           : options.backend.device == "cuda" ? "cuda"
                                                                              : "cpu");

  const Limits limits = measure_limits(options.backend);
  std::cout << "svdd " SVDD_VERSION " on " << backend->name() << "\n"
            << "this machine at best: " << number(limits.operations / 1e9, 3)
            << " GFLOP/s in fused multiply-adds, " << number(limits.bytes / 1e9, 3) << " GB/s of memory\n";
  nlohmann::ordered_json json{{"version", SVDD_VERSION},
                              {"backend", backend->name()},
                              {"peak_gflops", limits.operations / 1e9},
                              {"peak_gbytes_per_second", limits.bytes / 1e9},
                              {"measurements", nlohmann::ordered_json::array()}};
  const auto head = [&](const std::string& title, bool with_torch) {
    std::cout << "\n  " << padded(title, 40) << "    seconds      rate           of limit"
              << (with_torch ? "    PyTorch    ratio" : "") << std::endl;
  };
  const Show show = [&](const Measurement& m) {
    print(m, limits, torch != nullptr);
    json["measurements"].push_back(to_json(m, limits));
  };
  if (what == "all" || what == "kernels") {
    head("kernel", false);
    measure_kernels(*backend, options.repeat, show);
  }
  if (what == "convolutions") {
    head("convolution", false);
    measure_convolutions(*backend, options.repeat, show);
  }
  if (what == "all" || what == "steps") {
    head("epoch, batch 200", torch != nullptr);
    measure_steps(options.backend, options.repeat, options.only, torch.get(), show);
  }
  json["peak_memory_mb"] = peak_megabytes();
  std::cout << "\npeak memory " << number(peak_megabytes(), 3) << " MB\n";
  if (output) {
    output->write(engine::json_text(json, 2) + '\n');
    output->commit();
  }
  return 0;
}

}  // namespace tools
