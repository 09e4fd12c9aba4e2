// What the CUDA backend (cuda.cu) calls: functions that enqueue one operation on a stream and return at once.
// Each equals the loop of the same name in reference/loops.h, bit by bit; those of tensor_cores do not.
//
// The kernels behind them lie in kernels_*.cu, one idea each. All pointers are to device memory, unless a
// comment says otherwise. Plain arrays are in C order; the memory of any array is a multiple of sixteen
// numbers long, which kernels may read and write as a whole: "stored" counts those too.
#pragma once
#include <cstdint>
#include <span>

#include "engine/backend.h"
#include "engine/backends/cuda/batch.h"
#include "engine/backends/cuda/scratch.h"

namespace engine::cuda {

// ---- kernels_layout.cu
void fill(cudaStream_t, float* to, int64_t stored, float value);
void fill(cudaStream_t, const Batch& to, float value);  // zeros behind the last sample
// Numbers of the host that travel inside the launch: no copy, nothing to wait for. Zeros follow them, up to
// `stored`, which is at most `most_sent`.
inline constexpr int64_t most_sent = 768;
void send(cudaStream_t, const float* host_numbers, int64_t count, float* to, int64_t stored);
// Batches from and to rows in C order. Zeros are written behind the last sample.
void interleave(cudaStream_t, const float* rows, const Batch& to);
void deinterleave(cudaStream_t, const Batch& from, float* rows);
void gather(cudaStream_t, const float* rows, std::span<const int32_t> host_index, const Batch& to);
void take(cudaStream_t, const float* rows, const float* index, const Batch& to);
// row = table[position], count numbers; zeros to the rest of `stored`; and back
void read_row(cudaStream_t, const float* table, const float* position, float* row, int64_t count,
              int64_t stored);
void write_row(cudaStream_t, const float* row, const float* position, float* table, int64_t count);

// ---- kernels_convolution.cu, kernels_weight_gradient.cu (w: (O, C, K, K); bias: (O) or null)
void conv2d(cudaStream_t, const Batch& x, const float* w, const float* bias, Window, const Batch& y,
            Scratch&);
void conv2d_input_gradient(cudaStream_t, const Batch& gy, const float* w, Window, const Batch& gx, Scratch&);
void conv2d_weight_gradient(cudaStream_t, const Batch& x, const Batch& gy, Window, float* gw, Scratch&);

// ---- kernels_dense.cu (x and y are images of one pixel: c features; w: (outputs, features); bias may be
// null)
void dense(cudaStream_t, const Batch& x, const float* w, const float* bias, const Batch& y, Scratch&);
void dense_input_gradient(cudaStream_t, const Batch& gy, const float* w, const Batch& gx, Scratch&);
void dense_weight_gradient(cudaStream_t, const Batch& x, const Batch& gy, float* gw, Scratch&);

// ---- kernels_tensor_cores.cu: the same in TF32, with other bits. Each says whether it has done it; where the
// channels or features do not fill whole tiles (multiples of 8 that are summed, of 16 that are not), or the
// kernel is not 5×5 with stride 1, it has not, and the exact one above is to be called.
namespace tensor_cores {
bool conv2d(cudaStream_t, const Batch& x, const float* w, const float* bias, Window, const Batch& y,
            Scratch&);
bool conv2d_input_gradient(cudaStream_t, const Batch& gy, const float* w, Window, const Batch& gx, Scratch&);
bool conv2d_weight_gradient(cudaStream_t, const Batch& x, const Batch& gy, Window, float* gw, Scratch&);
bool dense(cudaStream_t, const Batch& x, const float* w, const float* bias, const Batch& y);
bool dense_input_gradient(cudaStream_t, const Batch& gy, const float* w, const Batch& gx);
bool dense_weight_gradient(cudaStream_t, const Batch& x, const Batch& gy, float* gw);
}  // namespace tensor_cores

// ---- kernels_resampling.cu
void max_pool2d(cudaStream_t, const Batch& x, Window, const Batch& y);
void max_pool2d_gradient(cudaStream_t, const Batch& x, const Batch& y, const Batch& gy, Window,
                         const Batch& gx);
void upsample_nearest(cudaStream_t, const Batch& x, int64_t scale, const Batch& y);
void upsample_nearest_gradient(cudaStream_t, const Batch& gy, int64_t scale, const Batch& gx);

// ---- kernels_channels.cu: sums over samples and positions
// One counter for each channel, zero between launches: see last_to_arrive.
inline constexpr int64_t most_channels = 65535;
struct Partials {
  Scratch& sums;
  unsigned* tickets;  // most_channels
};
void channel_sum(cudaStream_t, const Batch& x, float* sum, Partials);
void channel_moments(cudaStream_t, const Batch& x, float* mean, float* variance, Partials);
struct Running {  // value = keep·value + take·(the batch's)
  float* value;
  float keep, take;
};
// channel_moments, 1 / √(variance + epsilon) and both running statistics, in two launches.
void batch_statistics(cudaStream_t, const Batch& x, float epsilon, float* mean, float* variance,
                      float* inverse_std, Running of_mean, Running of_variance, Partials);

// ---- kernels_batch_norm.cu
struct Normalisation {  // weight and bias both or neither null
  const float *mean, *inverse_std, *weight, *bias;
};
// What batch norm's gradient needs of a channel, beside its moments: gx = (gy − a − x̂·b)·factor.
struct ChannelCoefficients {
  float *a, *b, *factor;
};
void inverse_std(cudaStream_t, const float* variance, float epsilon, float* inverse_std, int64_t channels);
void update_running(cudaStream_t, const float* batch, float keep, float take, float* running,
                    int64_t channels);
void normalise(cudaStream_t, const Batch& x, const Normalisation&, const Batch& y);
void batch_norm_gradient(cudaStream_t, const Batch& x, const Normalisation&, const Batch& gy, const Batch& gx,
                         float* gweight, float* gbias, Partials);
void normalise_leaky_relu(cudaStream_t, const Batch& x, const Normalisation&, float slope, Resample,
                          const Batch& y);
void normalise_leaky_relu_gradient(cudaStream_t, const Batch& x, const Normalisation&, float slope, Resample,
                                   const Batch& gy, const Batch& gx, float* gweight, float* gbias, Partials);
// In kernels_channels.cu: gbias = Σ gy and gweight = Σ gy·x̂, and what follows from them, in `Partials`'
// memory.
ChannelCoefficients batch_norm_sums(cudaStream_t, const Batch& x, const Normalisation&, const Batch& gy,
                                    float* gweight, float* gbias, Partials);

// ---- kernels_pointwise.cu
void unary(cudaStream_t, Unary, float parameter, const float* x, float* y, int64_t stored);
void unary_gradient(cudaStream_t, Unary, float parameter, const float* x, const float* y, const float* gy,
                    float* gx, int64_t stored);
void binary(cudaStream_t, Binary, const float* a, const float* b, bool single_b, float* y, int64_t stored);
void spread_samples(cudaStream_t, const float* g, float divisor, const Batch& gx);

// ---- kernels_reductions.cu (`point`: b is one point in C order, not a batch)
// gtable (rows, F)
void take_gradient(cudaStream_t, const float* index, const Batch& gy, float* gtable, int64_t rows);
void sum_samples(cudaStream_t, const float* x, int64_t samples, float divisor, float* sum);
void squared_distance(cudaStream_t, const Batch& a, const float* b, bool point, float* d);
void squared_distance_gradient(cudaStream_t, const Batch& a, const float* b, bool point, const float* gd,
                               float* ga);
void nearest_point(cudaStream_t, const Batch& a, const float* points, const float* alive, int64_t count,
                   float* index);
void nearest_candidates(cudaStream_t, const Batch& x, const float* slack, const float* margin, bool others,
                        float* limit, float* count, const Batch& list);
void root_quantile(cudaStream_t, const float* x, int64_t samples, double q, float* result, Scratch&);

// ---- kernels_updates.cu (rates: on the device)
void adam(cudaStream_t, const AdamConstants&, const float* rates, const float* g, float* m, float* v,
          float* v_max, float* p, int64_t count);
void sgd(cudaStream_t, float momentum, float decay, const float* rates, const float* g, float* velocity,
         float* p, int64_t count);
void adagrad(cudaStream_t, float epsilon, float decay, const float* rates, const float* g, float* sum,
             float* p, int64_t count);

}  // namespace engine::cuda
