// Sums over the samples and positions of each channel: moments, bias gradients, batch norm's gradients.
//
// Half a warp adds up the positions of one (channel, block of samples), one chain in each lane. The warp that
// is the last of its channel to be done then adds the blocks' sums in order and closes them with the tree, so
// that a sum takes one launch, and no sum depends on who was last.
#include "engine/backends/cuda/chain.cuh"
#include "engine/backends/cuda/half_warp.cuh"
#include "engine/backends/cuda/kernels.h"

namespace engine::cuda {
namespace {

constexpr int warp = 32, blocks_per_warp = warp / lanes;

// Term: what each position adds to one sum or two. Finish: what becomes of a channel's totals.
template <class Term, class Finish>
__global__ void __launch_bounds__(warp)
    channel_totals(Batch x, Term term, Finish finish, float* partials, unsigned* tickets) {
  const int channel = static_cast<int>(blockIdx.y), lane = static_cast<int>(threadIdx.x) % lanes,
            half = static_cast<int>(threadIdx.x) / lanes,
            block = static_cast<int>(blockIdx.x) * blocks_per_warp + half;
  // The sums of a channel: [which][block][lane].
  float* own = partials + int64_t{channel} * Term::sums * x.blocks * lanes;
  if (block < x.blocks) {
    float sums[Term::sums] = {};
    const auto offset = static_cast<int64_t>(x.at(block, channel) - x.data) + lane;
    term.add_plane(channel, offset, x.positions(), sums);
#pragma unroll
    for (int s = 0; s < Term::sums; ++s) own[(s * x.blocks + block) * lanes + lane] = sums[s];
  }
  if (!last_to_arrive(tickets + channel, gridDim.x)) return;

  float total = 0.0f;  // each half of the warp closes one sum
  if (half < Term::sums) {
    const float* p = own + half * x.blocks * lanes + lane;
    const int used = (x.samples - lane + lanes - 1) / lanes;  // blocks that have a sample in this lane
    chain<16>(
        used, [&](int b) { return __ldcg(p + b * lanes); }, [&](float v) { total = total + v; });
  }
  total = tree_sum(total);
  const float second = __shfl_sync(whole_warp, total, lanes);
  if (threadIdx.x == 0) finish(channel, total, second);
}

struct Sum {
  static constexpr int sums = 1;
  const float* x;
  __device__ void add_plane(int, int64_t offset, int positions, float* sum) const {
    const float* p = x + offset;
    chain<64>(
        positions, [&](int i) { return p[i * lanes]; }, [&](float v) { sum[0] = sum[0] + v; });
  }
};

struct SumOfSquares {  // of the deviations from the mean
  static constexpr int sums = 1;
  const float *x, *mean;
  __device__ void add_plane(int channel, int64_t offset, int positions, float* sum) const {
    const float *p = x + offset, m = mean[channel];
    chain<64>(
        positions, [&](int i) { return p[i * lanes]; },
        [&](float v) {
          const float d = v - m;
          sum[0] = fmaf(d, d, sum[0]);
        });
  }
};

struct GradientSums {  // Σ g and Σ g·x̂
  static constexpr int sums = 2;
  const float *x, *g, *mean, *inverse_std;
  struct Loaded {
    float x, g;
  };
  __device__ void add_plane(int channel, int64_t offset, int positions, float* sum) const {
    const float *p = x + offset, *q = g + offset, m = mean[channel], s = inverse_std[channel];
    chain<32>(
        positions,
        [&](int i) {
          return Loaded{p[i * lanes], q[i * lanes]};
        },
        [&](const Loaded& v) {
          sum[0] = sum[0] + v.g;
          sum[1] = fmaf(v.g, (v.x - m) * s, sum[1]);
        });
  }
};

struct Divide {
  float divisor;
  float* result;
  __device__ void operator()(int channel, float total, float) const { result[channel] = total / divisor; }
};

__device__ void update(const Running& running, int channel, float batch) {
  running.value[channel] = fmaf(running.keep, running.value[channel], running.take * batch);
}

struct Mean {
  float divisor;
  float* mean;
  Running running;
  __device__ void operator()(int channel, float total, float) const {
    const float m = total / divisor;
    mean[channel] = m;
    update(running, channel, m);
  }
};

struct Variance {
  float divisor, epsilon;
  float *variance, *inverse_std;
  Running running;
  __device__ void operator()(int channel, float total, float) const {
    const float v = total / divisor;
    variance[channel] = v;
    inverse_std[channel] = 1.0f / sqrtf(v + epsilon);
    update(running, channel, v);
  }
};

struct GradientTotals {
  float divisor;
  const float *inverse_std, *weight;  // weight may be null
  float *gbias, *gweight;
  ChannelCoefficients to;
  __device__ void operator()(int c, float total, float product) const {
    gbias[c] = total;
    gweight[c] = product;
    to.a[c] = total / divisor;
    to.b[c] = product / divisor;
    to.factor[c] = weight ? inverse_std[c] * weight[c] : inverse_std[c];
  }
};

template <class Term, class Finish>
void totals(cudaStream_t stream, const Batch& x, const Term& term, const Finish& finish, float* partials,
            unsigned* tickets) {
  if (x.c > most_channels)
    throw std::runtime_error("[cuda] sums over " + std::to_string(x.c) + " channels; at most " +
                             std::to_string(most_channels) + " are possible");
  launch(stream, channel_totals<Term, Finish>,
         dim3(blocks_for(x.blocks, blocks_per_warp), static_cast<unsigned>(x.c)), warp, x, term, finish,
         partials, tickets);
}

int64_t partials_of(const Batch& x) { return int64_t{x.c} * x.blocks * lanes; }

}  // namespace

void channel_sum(cudaStream_t stream, const Batch& x, float* sum, Partials p) {
  totals(stream, x, Sum{x.data}, Divide{1.0f, sum}, p.sums.floats(partials_of(x)), p.tickets);
}

void channel_moments(cudaStream_t stream, const Batch& x, float* mean, float* variance, Partials p) {
  const auto m = static_cast<float>(int64_t{x.samples} * x.positions());
  float* partials = p.sums.floats(partials_of(x));
  totals(stream, x, Sum{x.data}, Divide{m, mean}, partials, p.tickets);
  totals(stream, x, SumOfSquares{x.data, mean}, Divide{m, variance}, partials, p.tickets);
}

void batch_statistics(cudaStream_t stream, const Batch& x, float epsilon, float* mean, float* variance,
                      float* inverse_std, Running of_mean, Running of_variance, Partials p) {
  const auto m = static_cast<float>(int64_t{x.samples} * x.positions());
  float* partials = p.sums.floats(partials_of(x));
  totals(stream, x, Sum{x.data}, Mean{m, mean, of_mean}, partials, p.tickets);
  totals(stream, x, SumOfSquares{x.data, mean}, Variance{m, epsilon, variance, inverse_std, of_variance},
         partials, p.tickets);
}

ChannelCoefficients batch_norm_sums(cudaStream_t stream, const Batch& x, const Normalisation& n,
                                    const Batch& gy, float* gweight, float* gbias, Partials p) {
  const auto m = static_cast<float>(int64_t{x.samples} * x.positions());
  float* memory = p.sums.floats(3 * int64_t{x.c} + GradientSums::sums * partials_of(x));
  const ChannelCoefficients to{memory, memory + x.c, memory + 2 * x.c};
  totals(stream, x, GradientSums{x.data, gy.data, n.mean, n.inverse_std},
         GradientTotals{m, n.inverse_std, n.weight, gbias, gweight, to}, memory + 3 * int64_t{x.c},
         p.tickets);
  return to;
}

}  // namespace engine::cuda
