#include "tools/options/backend_options.h"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "engine/backends/cuda/cuda.h"
#include "engine/backends/reference/reference.h"
#include "engine/did_you_mean.h"
#include "engine/files/in_quotes.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

constexpr int64_t most_threads = 1024;

void require_among(const std::string& option, const std::string& word,
                   const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), word) != words.end()) return;
  std::string list;
  for (size_t i = 0; i < words.size(); ++i)
    list += (i == 0 ? "" : i + 1 < words.size() ? ", " : " or ") + words[i];
  throw UsageError(option + " is " + engine::in_quotes(word) + "; expected " + list +
                   engine::did_you_mean(word, words));
}

engine::Simd simd_named(const std::string& name) {  // a known word
  using engine::Simd;
  for (const Simd simd : {Simd::avx512, Simd::avx2, Simd::portable}) {
    if (name != engine::simd_name(simd)) continue;
    if (!engine::simd_available(simd))
      throw UsageError("--simd " + name + " is not available here; the best of this processor and build is " +
                       engine::simd_name(engine::best_simd()));
    return simd;
  }
  return Simd::automatic;
}

engine::Blas blas_named(const std::string& name) {  // likewise
  if (name == "builtin") return engine::Blas::builtin;
  if (!SVDD_HAVE_OPENBLAS)
    throw UsageError(
        "--blas openblas is not in this build: install OpenBLAS and build again, or use --blas builtin");
  return engine::Blas::openblas;
}

}  // namespace

int64_t BackendOptions::threads_used() const {
  if (device != "cpu") return 1;
  const int64_t processors = engine::machine_threads();
  return threads > 0 ? std::min(threads, processors) : processors;
}

std::string outside_receipt(const BackendOptions& options) {
  if (options.blas == "openblas") return "--blas openblas";
  return options.tf32 ? "--tf32" : "";
}

std::string why_fewer_threads(const BackendOptions& options, const engine::Backend& backend) {
  const int64_t asked = options.device == "cpu" ? options.threads : 0;
  if (backend.threads() < options.threads_used())
    return "of " + std::to_string(options.threads_used()) + " threads the system started " +
           std::to_string(backend.threads()) + "; the results are the same";
  if (asked <= backend.threads()) return "";
  return "--threads " + std::to_string(asked) + ": this process may use " +
         std::to_string(backend.threads()) + (backend.threads() == 1 ? " processor" : " processors") +
         ", so as many threads compute; more would wait for each other, and the results are the same";
}

void check_words(const BackendOptions& options) {
  require_among("--device", options.device, {"cpu", "cuda", "reference"});
  require_among("--simd", options.simd, {"auto", "avx512", "avx2", "portable"});
  require_among("--blas", options.blas, {"builtin", "openblas"});
  if (options.tf32 && options.device != "cuda")
    throw UsageError("--tf32 is for --device cuda, whose tensor cores it uses; this is --device " +
                     options.device);
  if (options.threads < 0 || options.threads > most_threads)
    throw UsageError("--threads is " + std::to_string(options.threads) + "; expected 1 to " +
                     std::to_string(most_threads) + ", or 0 for all that the machine offers");
}

engine::CpuOptions cpu_options(const BackendOptions& options) {
  check_words(options);
  if (options.threads > 1 && !SVDD_HAVE_THREADS)
    throw UsageError("--threads " + std::to_string(options.threads) +
                     " is not possible: this build has no threads; leave the option out");
  const bool too_many = options.threads > engine::machine_threads();
  return {too_many ? 0 : static_cast<int>(options.threads), simd_named(options.simd),
          blas_named(options.blas)};
}

std::unique_ptr<engine::Backend> make_backend(const BackendOptions& options) {
  const engine::CpuOptions cpu = cpu_options(options);
  if (options.device == "cuda") {
    if (const std::string problem = engine::cuda_problem(); !problem.empty())
      throw UsageError("--device cuda: " + problem);
    return engine::make_cuda_backend({.tf32 = options.tf32, .host_threads = cpu.threads});
  }
  if (options.device == "reference") return engine::make_reference_backend(cpu.threads);
  try {
    return engine::make_cpu_backend(cpu);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

}  // namespace tools
