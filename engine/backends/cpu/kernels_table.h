// The body of every kernels_*.cc: the kernels, compiled for the instruction set that the file has chosen, and
// their table. See simd.h for why all of it is local to the file.
#include "engine/backends/cpu/kernels.h"
#include "engine/elementary.h"

namespace engine::cpu {
namespace {

#include "engine/backends/cpu/simd.h"

// The fixed tree that closes a sum over samples: l + (l + 8), then 4, 2, 1 apart.
inline float tree_sum(const float* lane) {
  float s[8];
  for (int l = 0; l < 8; ++l) s[l] = lane[l] + lane[l + 8];
  for (int l = 0; l < 4; ++l) s[l] = s[l] + s[l + 4];
  return (s[0] + s[2]) + (s[1] + s[3]);
}

#include "engine/backends/cpu/kernels_activation.h"
#include "engine/backends/cpu/kernels_channels.h"
#include "engine/backends/cpu/kernels_convolution.h"
#include "engine/backends/cpu/kernels_dense.h"
#include "engine/backends/cpu/kernels_few_samples.h"
#include "engine/backends/cpu/kernels_nearest.h"
#include "engine/backends/cpu/kernels_peak.h"
#include "engine/backends/cpu/kernels_pointwise.h"

constexpr Kernels table{
    .correlate = correlate,
    .width = V::width,
    .correlate_few = correlate_few,
    .dense_few = dense_few,
    .normalise_leaky_relu_few = normalise_leaky_relu_few,
    .weight_gradient = weight_gradient,
    .product = product,
    .product_units = product_units,
    .copy_channels = copy_channels,
    .dense_weight_gradient = dense_weight_gradient,
    .partial_sum = partial_sum,
    .partial_square = partial_square,
    .partial_product = partial_product,
    .normalise = normalise,
    .normalise_gradient = normalise_gradient,
    .normalise_leaky_relu = normalise_leaky_relu,
    .leaky_relu_gradient_sums = leaky_relu_gradient_sums,
    .max_pool2d = max_pool2d,
    .max_pool2d_gradient = max_pool2d_gradient,
    .upsample_nearest = upsample_nearest,
    .upsample_nearest_gradient = upsample_nearest_gradient,
    .unary = unary,
    .unary_gradient = unary_gradient,
    .binary = binary,
    .adam = adam,
    .sgd = sgd,
    .adagrad = adagrad,
    .squared_distance = squared_distance,
    .squared_distance_gradient = squared_distance_gradient,
    .nearest_point = nearest_point,
    .nearest_candidates = nearest_candidates,
    .multiply_adds = multiply_adds,
    .operations_per_round = operations_per_round,
};

}  // namespace
}  // namespace engine::cpu
