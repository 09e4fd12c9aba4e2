// exp, log and cos in single precision: short polynomials in fused multiply-adds, so that every backend
// computes the same bits (engine/README, "Orders"). The C library's own versions differ between systems.
//
// `exp_lanes` is a template over the number type V, because the SIMD kernels run it on 16 samples at a time
// and the reference backend on one float; both go through the same operations in the same order. V must offer
// + - *, and by argument-dependent lookup fma(a,b,c), clamp(v,lo,hi) and scale_by_power(p,t).
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

#include "engine/fused_multiply_add.h"
#include "engine/host_device.h"

namespace engine::elementary {

// 1.5·2^23: adding it to |x| < 2^22 leaves the nearest integer in the low mantissa bits (two's complement).
inline constexpr float round_magic = 12582912.0f;

struct Scalar {  // one float with the interface that exp_lanes asks for
  float v;
  SVDD_HOST_DEVICE Scalar(float x) : v(x) {}
  SVDD_HOST_DEVICE friend Scalar operator+(Scalar a, Scalar b) { return a.v + b.v; }
  SVDD_HOST_DEVICE friend Scalar operator-(Scalar a, Scalar b) { return a.v - b.v; }
  SVDD_HOST_DEVICE friend Scalar operator*(Scalar a, Scalar b) { return a.v * b.v; }
  SVDD_HOST_DEVICE friend Scalar fma(Scalar a, Scalar b, Scalar c) {
    return fused_multiply_add(a.v, b.v, c.v);
  }
  SVDD_HOST_DEVICE friend Scalar clamp(Scalar a, float lo, float hi) {
    return a.v < lo ? lo : (a.v > hi ? hi : a.v);
  }
  // p · 2^n, where n sits in the low bits of t = n + round_magic; p and the result are normal numbers.
  SVDD_HOST_DEVICE friend Scalar scale_by_power(Scalar p, Scalar t) {
    const uint32_t n = std::bit_cast<uint32_t>(t.v) << 23;
    return std::bit_cast<float>(std::bit_cast<uint32_t>(p.v) + n);
  }
};

// e^x for x clamped to [-86.5, 88.0]; relative error below 2e-7. x = n·ln2 + r, e^x = 2^n · P(r), |r| <=
// ln2/2. NaN stays NaN.
template <class V>
SVDD_HOST_DEVICE inline V exp_lanes(V x) {
  const V clamped = clamp(x, -86.5f, 88.0f);
  const V t = fma(clamped, V(1.44269504088896341f), V(round_magic));
  const V n = t - V(round_magic);
  V r = fma(n, V(-0.693145751953125f), clamped);
  r = fma(n, V(-1.42860682030941723212e-6f), r);
  V p = V(1.9875691500e-4f);
  p = fma(p, r, V(1.3981999507e-3f));
  p = fma(p, r, V(8.3334519073e-3f));
  p = fma(p, r, V(4.1665795894e-2f));
  p = fma(p, r, V(1.6666665459e-1f));
  p = fma(p, r, V(5.0000001201e-1f));
  p = fma(p, r * r, r) + V(1.0f);
  return scale_by_power(p, t);
}

SVDD_HOST_DEVICE inline float exp(float x) { return std::isnan(x) ? x : exp_lanes(Scalar(x)).v; }
inline double exp(double x) {
  return std::exp(x);
}  // the double path is for gradient checks, not for the bits

// Natural logarithm of a positive normal number. x = 2^e · m with m in [sqrt(1/2), sqrt(2)), log x = e·ln2 +
// log m.
inline float log(float x) {
  uint32_t bits = std::bit_cast<uint32_t>(x);
  int32_t e = static_cast<int32_t>(bits >> 23) - 126;
  float m = std::bit_cast<float>((bits & 0x007fffffu) | 0x3f000000u);  // in [0.5, 1)
  if (m < 0.707106781186547524f) {
    m = m + m;
    e -= 1;
  }
  const float f = m - 1.0f, z = f * f;
  float p = 7.0376836292e-2f;
  p = fused_multiply_add(p, f, -1.1514610310e-1f);
  p = fused_multiply_add(p, f, 1.1676998740e-1f);
  p = fused_multiply_add(p, f, -1.2420140846e-1f);
  p = fused_multiply_add(p, f, 1.4249322787e-1f);
  p = fused_multiply_add(p, f, -1.6668057665e-1f);
  p = fused_multiply_add(p, f, 2.0000714765e-1f);
  p = fused_multiply_add(p, f, -2.4999993993e-1f);
  p = fused_multiply_add(p, f, 3.3333331174e-1f);
  float y = p * f * z;
  const float ef = static_cast<float>(e);
  y = fused_multiply_add(ef, -2.12194440e-4f, y);
  y = fused_multiply_add(-0.5f, z, y);
  return fused_multiply_add(ef, 0.693359375f, f + y);
}

// cos(2·pi·u) and sin(2·pi·u) for any finite u: the turn is reduced to an eighth, then Taylor-like
// polynomials.
inline void sincos_turns(float u, float& sine, float& cosine) {
  const float whole = std::floor(u);
  const float turn = u - whole;  // in [0, 1]; exact for u >= 0
  const int quadrant = static_cast<int>(turn * 4.0f + 0.5f);
  const float a = (turn - 0.25f * static_cast<float>(quadrant)) * 6.283185307179586f;  // |a| <= pi/4
  const float z = a * a;
  float s = fused_multiply_add(-1.9515295891e-4f, z, 8.3321608736e-3f);
  s = fused_multiply_add(s, z, -1.6666654611e-1f);
  s = fused_multiply_add(s * z, a, a);
  float c = fused_multiply_add(2.443315711809948e-5f, z, -1.388731625493765e-3f);
  c = fused_multiply_add(c, z, 4.166664568298827e-2f);
  c = fused_multiply_add(c * z, z, fused_multiply_add(-0.5f, z, 1.0f));
  switch (quadrant & 3) {
    case 0:
      sine = s, cosine = c;
      break;
    case 1:
      sine = c, cosine = -s;
      break;
    case 2:
      sine = -s, cosine = -c;
      break;
    default:
      sine = -c, cosine = s;
  }
}

}  // namespace engine::elementary
