#include "tools/version.h"

#include "engine/backends/cpu/cpu.h"
#include "engine/backends/cuda/cuda.h"

namespace tools {
namespace {

std::string compiler() {
#if defined(__clang__)
  return "clang++ " __clang_version__;
#elif defined(__GNUC__)
  return "g++ " __VERSION__;
#else
  return "unknown";
#endif
}

std::string kernels() {
  std::string found;
  for (const engine::Simd simd : {engine::Simd::avx512, engine::Simd::avx2, engine::Simd::portable})
    if (engine::simd_available(simd)) found += (found.empty() ? "" : ", ") + engine::simd_name(simd);
  return engine::simd_name(engine::best_simd()) + " (available: " + found + ")";
}

std::string yes_or_no(bool yes) { return yes ? "yes" : "no"; }

std::string cuda() {
  if (!SVDD_HAVE_CUDA) return "no";
  const std::string problem = engine::cuda_problem();
  return problem.empty() ? "yes" : "yes, but not on this machine: " + problem;
}

}  // namespace

std::string version_text() {
  const auto row = [](const std::string& name, const std::string& value) {
    return "  " + name + std::string(11 - name.size(), ' ') + value + '\n';
  };
  return "svdd " SVDD_VERSION "\n" + row("compiler", compiler()) + row("SIMD", kernels()) +
         row("threads",
             SVDD_HAVE_THREADS ? std::to_string(engine::machine_threads()) : "no, built without them") +
         row("OpenBLAS", yes_or_no(SVDD_HAVE_OPENBLAS)) + row("zlib", yes_or_no(SVDD_HAVE_ZLIB)) +
         row("TIFF", yes_or_no(SVDD_HAVE_TIFF)) + row("WebP", yes_or_no(SVDD_HAVE_WEBP)) +
         row("CUDA", cuda());
}

}  // namespace tools
