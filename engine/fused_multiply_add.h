// a·b + c, rounded once: IEEE 754's fusedMultiplyAdd. It is the processor's instruction where the compiler may use
// one, and our own function elsewhere (x86 without FMA, WebAssembly, 32-bit ARM without VFPv4): the C library's fmaf
// is wrong for some arguments in some libraries, and slow in all where there is no instruction. Both round to nearest
// in the mode of floating_point_mode.h, and both give the same bits but for those of a NaN.
//
// The lane types have their own, on the same plan (backends/cpu/simd.h).
#pragma once
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>

#include "engine/host_device.h"

#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16
#error "svdd computes in float and double as they are; for 32-bit x86 compile with -msse2 -mfpmath=sse"
#endif

// Whether the compiler has an instruction for it; g++ says so itself, clang only what the processor is.
#if defined(__FP_FAST_FMAF) || defined(__FMA__) || defined(__aarch64__) || defined(__ARM_FEATURE_FMA) || \
    defined(__s390x__) || defined(__powerpc64__) || defined(__riscv_flen)
#define SVDD_HAS_FUSED_MULTIPLY_ADD 1
#else
#define SVDD_HAS_FUSED_MULTIPLY_ADD 0
#endif

namespace engine {

namespace software {

// In double the product of two floats is exact: 48 bits of 53, and neither overflow nor underflow. Its sum with c is
// rounded twice, to double and to float, which goes wrong where the first rounding ends halfway between two floats
// (the 29 bits that a float lacks are 100…0; denormal floats lack more) without the exact sum being there. In these few
// cases the sum is rounded to odd instead: to the neighbour towards zero, whose last bit becomes 1 if anything was cut
// off. That bit stands for all that was lost, and the second rounding goes the way of the exact sum. Boldo and
// Melquiond, "Emulation of a FMA and Correctly Rounded Sums: Proved Algorithms Using Rounding to Odd", IEEE
// Transactions on Computers 57(4), 2008: it holds for every format of p bits where 53 ≥ p + 2.
[[gnu::always_inline]] inline float fused_multiply_add(float a, float b, float c) {
  const double product = static_cast<double>(a) * static_cast<double>(b), term = c, sum = product + term;
  uint64_t bits = std::bit_cast<uint64_t>(sum);
  if ((bits & 0x1fffffff) == 0x10000000 || std::abs(sum) < 0x1p-126) [[unlikely]] {
    // What the rounding of the sum has left out, exactly (Knuth's TwoSum).
    const double of_term = sum - product, error = (product - (sum - of_term)) + (term - of_term);
    if (error > 0 || error < 0) bits = (bits - ((bits ^ std::bit_cast<uint64_t>(error)) >> 63)) | 1;
  }
  return static_cast<float>(std::bit_cast<double>(bits));
}

}  // namespace software

[[gnu::always_inline]] SVDD_HOST_DEVICE inline float fused_multiply_add(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
  return fmaf(a, b, c);
#elif SVDD_HAS_FUSED_MULTIPLY_ADD
  return __builtin_fmaf(a, b, c);
#else
  return software::fused_multiply_add(a, b, c);
#endif
}

// The C library's, good enough for what computes in double: the reference backend's checks of gradients, which no
// receipt covers.
inline double fused_multiply_add(double a, double b, double c) { return std::fma(a, b, c); }

}  // namespace engine
