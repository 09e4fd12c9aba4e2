// The CPU backend: SIMD kernels and threads, float only. It returns the reference backend's bits (with the
// built-in kernels), for any number of threads and any instruction set.
#pragma once
#include <memory>
#include <string>

#include "engine/backend.h"
#include "engine/threads.h"

namespace engine {

enum class Simd { automatic, avx512, avx2, portable };
enum class Blas { builtin, openblas };  // openblas: within 1e-5 of the reference, outside the portable bits

struct CpuOptions {
  int threads = 0;  // 0: as many as this process may use; how many serve: threads_to_start (engine/threads.h)
  Simd simd = Simd::automatic;
  Blas blas = Blas::builtin;
};

// std::invalid_argument if the processor lacks the instructions asked for, or the build lacks OpenBLAS.
std::unique_ptr<Backend> make_cpu_backend(const CpuOptions& options = {});

Simd best_simd();                  // what this processor offers
std::string simd_name(Simd simd);  // "avx512", "avx2", "portable"
bool simd_available(Simd simd);

}  // namespace engine
