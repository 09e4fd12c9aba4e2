#include "tools/version.h"

#include "engine/backends/cpu/cpu.h"

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

}  // namespace

std::string version_text() {
  return "svdd " SVDD_VERSION
         "\n"
         "  compiler   " +
         compiler() +
         "\n"
         "  SIMD       " +
         kernels() +
         "\n"
         "  threads    " +
         std::to_string(engine::machine_threads()) +
         "\n"
         "  threads    " +
         yes_or_no(SVDD_HAVE_THREADS) +
         "\n"
         "  OpenBLAS   " +
         yes_or_no(SVDD_HAVE_OPENBLAS) +
         "\n"
         "  zlib       " +
         yes_or_no(SVDD_HAVE_ZLIB) +
         "\n"
         "  CUDA       no\n";
}

}  // namespace tools
