// The optimisers' updates, a thread for each parameter. What changes from step to step is read from `rates`
// on the device, so that a captured step stays right.
#include "engine/backends/cuda/kernels.h"

namespace engine::cuda {
namespace {

struct AdamFactors {
  float beta1, rest1, beta2, rest2, decay, epsilon;
};

__global__ void __launch_bounds__(block_threads)
    adam_kernel(AdamFactors s, const float* rates, const float* gradient, float* m, float* v, float* v_max,
                float* p, int64_t count) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (i >= count) return;
  const float parameter = p[i], g = fmaf(s.decay, parameter, gradient[i]);
  const float moment = fmaf(s.beta1, m[i], s.rest1 * g);
  float second = fmaf(s.beta2, v[i], (s.rest2 * g) * g);
  m[i] = moment;
  v[i] = second;
  if (v_max) {
    const float largest = v_max[i];
    second = largest > second ? largest : second;
    v_max[i] = second;
  }
  const float denominator = sqrtf(second) / rates[1] + s.epsilon;
  p[i] = parameter - rates[0] * (moment / denominator);
}

__global__ void __launch_bounds__(block_threads)
    sgd_kernel(float momentum, float decay, const float* rates, const float* gradient, float* velocity,
               float* p, int64_t count) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (i >= count) return;
  const float parameter = p[i], g = fmaf(decay, parameter, gradient[i]);
  const float speed = fmaf(momentum, velocity[i], g);
  velocity[i] = speed;
  p[i] = fmaf(-rates[0], speed, parameter);
}

__global__ void __launch_bounds__(block_threads)
    adagrad_kernel(float epsilon, float decay, const float* rates, const float* gradient, float* sum,
                   float* p, int64_t count) {
  const int64_t i = int64_t{blockIdx.x} * block_threads + threadIdx.x;
  if (i >= count) return;
  const float parameter = p[i], g = fmaf(decay, parameter, gradient[i]);
  const float total = fmaf(g, g, sum[i]);
  sum[i] = total;
  p[i] = parameter - rates[0] * (g / (sqrtf(total) + epsilon));
}

}  // namespace

void adam(cudaStream_t stream, const AdamConstants& s, const float* rates, const float* g, float* m, float* v,
          float* v_max, float* p, int64_t count) {
  const AdamFactors factors{.beta1 = static_cast<float>(s.beta1),
                            .rest1 = static_cast<float>(1 - s.beta1),
                            .beta2 = static_cast<float>(s.beta2),
                            .rest2 = static_cast<float>(1 - s.beta2),
                            .decay = static_cast<float>(s.weight_decay),
                            .epsilon = static_cast<float>(s.epsilon)};
  launch(stream, adam_kernel, blocks_for(count), block_threads, factors, rates, g, m, v, v_max, p, count);
}
void sgd(cudaStream_t stream, float momentum, float decay, const float* rates, const float* g,
         float* velocity, float* p, int64_t count) {
  launch(stream, sgd_kernel, blocks_for(count), block_threads, momentum, decay, rates, g, velocity, p, count);
}
void adagrad(cudaStream_t stream, float epsilon, float decay, const float* rates, const float* g, float* sum,
             float* p, int64_t count) {
  launch(stream, adagrad_kernel, blocks_for(count), block_threads, epsilon, decay, rates, g, sum, p, count);
}

}  // namespace engine::cuda
