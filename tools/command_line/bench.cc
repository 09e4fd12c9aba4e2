#include <CLI/CLI.hpp>

#include "tools/bench/bench.h"
#include "tools/command_line/adding.h"

namespace tools {

void add_bench(CLI::App& app, BenchOptions& o) {
  CLI::App* bench = add_command(app, "bench", "Speed of the engine on this machine", R"(
Measures the machine's own limits first, then each kernel and each training step
against them: seconds, rate, share of the limit. Medians.

Examples:
  svdd bench
  svdd bench steps --compare torch       # the same steps in PyTorch, in turn
  svdd bench steps --only MNIST          # those alone
  svdd bench kernels --threads 1 --simd avx2 --output kernels.json
)",
                                [&o] { run_bench(o); });
  bench
      ->add_option("what", o.what,
                   "what to measure: all, peak, kernels, convolutions (of any size;\nsome minutes, not in "
                   "all) or steps")
      ->type_name("");
  bench->add_option("--only", o.only, "epochs whose names hold this word, such as CIFAR-10")
      ->type_name("TEXT");
  bench
      ->add_option(
          "--compare", o.compare,
          "torch: measure the same in PyTorch, if python3 has it; torch-graph: its steps as a CUDA graph")
      ->type_name("torch");
  bench->add_option("--repeat", o.repeat, "medians of so many measurements")->type_name("N");
  bench->add_option("--output", o.output, "also write the measurements as JSON")->type_name("FILE");
  add_backend_options(*bench, o.backend);
}

}  // namespace tools
