// What a build without CUDA has in place of the backend.
#include <stdexcept>

#include "engine/backends/cuda/cuda.h"
#include "engine/backends/cuda/peak.h"

namespace engine {

std::string cuda_problem(const CudaOptions&) {
  return "this build has no CUDA: where a GPU and NVIDIA's CUDA toolkit (12 or later, with nvcc) are, 'make "
         "cuda' "
         "builds it; or compute on the cpu";
}

std::unique_ptr<Backend> make_cuda_backend(const CudaOptions& options) {
  throw std::runtime_error(cuda_problem(options));
}

double cuda::measure_operations_per_second(const CudaOptions& o) {
  throw std::runtime_error(cuda_problem(o));
}
double cuda::measure_bytes_per_second(const CudaOptions& o) { throw std::runtime_error(cuda_problem(o)); }

}  // namespace engine
