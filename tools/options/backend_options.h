// Which machine computes: the options --device, --simd, --blas and --threads.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "engine/backend.h"
#include "engine/backends/cpu/cpu.h"

namespace tools {

struct BackendOptions {
  std::string device = "cpu";    // or "cuda"; or "reference": the plain loops, slow. All the same bits
  std::string simd = "auto";     // or "avx512", "avx2", "portable"
  std::string blas = "builtin";  // or "openblas": outside the portable bits
  bool tf32 = false;             // on the cuda device: multiply in TF32; other bits, and the name says so
  int64_t threads = 0;           // 0: as many as this process may use, which are never exceeded

  int64_t threads_used() const;  // 1 on the other devices
};

// The option among these whose bits no receipt covers ("--blas openblas"); empty where there is none.
std::string outside_receipt(const BackendOptions& options);

// A sentence where this backend, made of these options, has fewer threads than they ask for.
std::string why_fewer_threads(const BackendOptions& options, const engine::Backend& backend);

// Throws UsageError, naming the option, for a word that is none of those above, more threads than sense, or TF32 without the
// device that has it; whether this machine has what is named is not asked.
void check_words(const BackendOptions& options);

// The options of the CPU backend alone. Throws as make_backend does.
engine::CpuOptions cpu_options(const BackendOptions& options);

// Throws UsageError as check_words does, and for what this processor, this build or this machine cannot do.
std::unique_ptr<engine::Backend> make_backend(const BackendOptions& options);

}  // namespace tools
