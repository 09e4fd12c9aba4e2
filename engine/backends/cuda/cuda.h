// The CUDA backend: one NVIDIA GPU, float only. It returns the reference backend's bits, unless TF32 is asked
// for. All calls enqueue their work and return; only upload of more than a few numbers and download wait for
// the device.
//
// Its library, svdd_cuda, stands beside svdd_engine: what does not link it needs no CUDA. In a build without
// CUDA the functions here are there all the same and say so.
#pragma once
#include <memory>
#include <string>

#include "engine/backend.h"

namespace engine {

struct CudaOptions {
  int device = 0;  // as nvidia-smi counts them
  // Convolutions and dense layers whose channels fill the tiles of tensor cores multiply there, operands
  // rounded to TF32's 10 bits of mantissa, sums in float: faster, with other bits than every other backend,
  // yet the same from run to run. The backend's name says so.
  bool tf32 = false;
  int host_threads = 0;  // for what the host does beside it; 0: as many as this process may use
};

// Why make_cuda_backend would fail, and how to mend it, in one line; empty where it would not.
std::string cuda_problem(const CudaOptions& options = {});

// std::runtime_error with that line if the build has no CUDA, or this machine no driver or no fitting GPU.
// Arrays must not outlive the backend.
std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options = {});

}  // namespace engine
