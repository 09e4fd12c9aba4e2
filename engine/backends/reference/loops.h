// The loops of the reference backend, on numbers in C order. T is float or double.
//
// Two kinds of sum occur. Over features or taps: one chain of fused multiply-adds, in row-major order. Over
// samples: sixteen lanes, lane = sample mod 16, blocks of sixteen samples in order, closed by a fixed tree
// over the lanes.
#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/backend.h"
#include "engine/elementary.h"
#include "engine/fused_multiply_add.h"
#include "engine/host_device.h"

namespace engine::reference {

inline constexpr int64_t lanes = 16;

// [book: tree]
template <class T>
T tree_sum(std::array<T, lanes> s) {
  for (int64_t width = lanes / 2; width > 0; width /= 2)
    for (int64_t l = 0; l < width; ++l) s[l] = s[l] + s[l + width];
  return s[0];
}

// [book: sum-over-samples]
// Σ over samples of part(n), where part(n) is one sample's share (itself a chain over its positions).
template <class T, class Part>
T sum_over_samples(int64_t samples, Part part) {
  std::array<T, lanes> s{};
  for (int64_t n = 0; n < samples; ++n) s[n % lanes] = s[n % lanes] + part(n);
  return tree_sum(s);
}

struct Image {  // extents of (N, C, H, W); representations (N, F) are images of one pixel
  int64_t n, c, h, w;
  explicit Image(const Shape& s) : n(s[0]), c(s[1]), h(s.rank() > 2 ? s[2] : 1), w(s.rank() > 3 ? s[3] : 1) {}
  int64_t at(int64_t in, int64_t ic, int64_t i, int64_t j) const { return ((in * c + ic) * h + i) * w + j; }
  bool inside(int64_t i, int64_t j) const { return i >= 0 && i < h && j >= 0 && j < w; }
};

// [book: conv2d]
template <class T>
void conv2d(const T* x, Image xs, const T* w, const T* bias, Window v, T* y, Image ys) {
  for (int64_t n = 0; n < ys.n; ++n)
    for (int64_t o = 0; o < ys.c; ++o)
      for (int64_t i = 0; i < ys.h; ++i)
        for (int64_t j = 0; j < ys.w; ++j) {
          T sum = bias ? bias[o] : T(0);
          for (int64_t c = 0; c < xs.c; ++c)
            for (int64_t k = 0; k < v.kernel; ++k)
              for (int64_t l = 0; l < v.kernel; ++l) {
                const int64_t a = i * v.stride + k - v.padding, b = j * v.stride + l - v.padding;
                if (!xs.inside(a, b)) continue;
                sum = fused_multiply_add(x[xs.at(n, c, a, b)],
                                         w[((o * xs.c + c) * v.kernel + k) * v.kernel + l], sum);
              }
          y[ys.at(n, o, i, j)] = sum;
        }
}

// The rows i (or columns) whose window covers row a: 0 <= a + padding − i·stride < kernel, 0 <= i < extent.
struct Cover {
  int64_t first, last;
  Cover(int64_t a, int64_t extent, Window v)
      : first(std::max<int64_t>(0, a + v.padding - v.kernel + v.stride) / v.stride),
        last(std::min(extent - 1, (a + v.padding) / v.stride)) {}
};

// [book: conv2d-input-gradient]
// The chain runs over (o, i, j): the output channels, rows and columns that pixel (a, b) of channel c has
// touched.
template <class T>
void conv2d_input_gradient(const T* gy, Image ys, const T* w, Window v, T* gx, Image xs) {
  for (int64_t n = 0; n < xs.n; ++n)
    for (int64_t c = 0; c < xs.c; ++c)
      for (int64_t a = 0; a < xs.h; ++a)
        for (int64_t b = 0; b < xs.w; ++b) {
          const Cover rows(a, ys.h, v), columns(b, ys.w, v);
          T sum = 0;
          for (int64_t o = 0; o < ys.c; ++o)
            for (int64_t i = rows.first; i <= rows.last; ++i)
              for (int64_t j = columns.first; j <= columns.last; ++j) {
                const int64_t k = a + v.padding - i * v.stride, l = b + v.padding - j * v.stride;
                sum = fused_multiply_add(gy[ys.at(n, o, i, j)],
                                         w[((o * xs.c + c) * v.kernel + k) * v.kernel + l], sum);
              }
          gx[xs.at(n, c, a, b)] = sum;
        }
}

// [book: conv2d-weight-gradient]
template <class T>
void conv2d_weight_gradient(const T* x, Image xs, const T* gy, Image ys, Window v, T* gw) {
  for (int64_t o = 0; o < ys.c; ++o)
    for (int64_t c = 0; c < xs.c; ++c)
      for (int64_t k = 0; k < v.kernel; ++k)
        for (int64_t l = 0; l < v.kernel; ++l)
          gw[((o * xs.c + c) * v.kernel + k) * v.kernel + l] = sum_over_samples<T>(xs.n, [&](int64_t n) {
            T part = 0;
            for (int64_t i = 0; i < ys.h; ++i)
              for (int64_t j = 0; j < ys.w; ++j) {
                const int64_t a = i * v.stride + k - v.padding, b = j * v.stride + l - v.padding;
                if (!xs.inside(a, b)) continue;
                part = fused_multiply_add(gy[ys.at(n, o, i, j)], x[xs.at(n, c, a, b)], part);
              }
            return part;
          });
}

template <class T>
void dense(const T* x, const T* w, const T* bias, T* y, int64_t samples, int64_t features, int64_t outputs) {
  for (int64_t n = 0; n < samples; ++n)
    for (int64_t o = 0; o < outputs; ++o) {
      T sum = bias ? bias[o] : T(0);
      for (int64_t f = 0; f < features; ++f)
        sum = fused_multiply_add(x[n * features + f], w[o * features + f], sum);
      y[n * outputs + o] = sum;
    }
}

template <class T>
void dense_input_gradient(const T* gy, const T* w, T* gx, int64_t samples, int64_t features,
                          int64_t outputs) {
  for (int64_t n = 0; n < samples; ++n)
    for (int64_t f = 0; f < features; ++f) {
      T sum = 0;
      for (int64_t o = 0; o < outputs; ++o)
        sum = fused_multiply_add(gy[n * outputs + o], w[o * features + f], sum);
      gx[n * features + f] = sum;
    }
}

// The one sum over samples whose lanes are themselves chains of fused multiply-adds.
template <class T>
void dense_weight_gradient(const T* x, const T* gy, T* gw, int64_t samples, int64_t features,
                           int64_t outputs) {
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t f = 0; f < features; ++f) {
      std::array<T, lanes> s{};
      for (int64_t n = 0; n < samples; ++n)
        s[n % lanes] = fused_multiply_add(gy[n * outputs + o], x[n * features + f], s[n % lanes]);
      gw[o * features + f] = tree_sum(s);
    }
}

// Σ over samples and positions of channel c: each sample's positions in row-major order, then the samples.
template <class T, class Term>
T channel_total(Image s, int64_t c, Term add_term) {
  return sum_over_samples<T>(s.n, [&](int64_t n) {
    T part = 0;
    for (int64_t i = s.at(n, c, 0, 0), end = i + s.h * s.w; i < end; ++i) part = add_term(part, i);
    return part;
  });
}

template <class T>
void channel_sum(const T* x, Image s, T* sum) {
  for (int64_t c = 0; c < s.c; ++c)
    sum[c] = channel_total<T>(s, c, [&](T part, int64_t i) { return part + x[i]; });
}

// [book: moments]
template <class T>
void channel_moments(const T* x, Image s, T* mean, T* variance) {
  const T m = static_cast<T>(s.n * s.h * s.w);
  channel_sum(x, s, mean);
  for (int64_t c = 0; c < s.c; ++c) {
    mean[c] = mean[c] / m;
    variance[c] = channel_total<T>(s, c,
                                   [&](T part, int64_t i) {
                                     const T d = x[i] - mean[c];
                                     return fused_multiply_add(d, d, part);
                                   }) /
                  m;
  }
}

// [book: normalise]
template <class T>
void normalise(const T* x, Image s, const T* mean, const T* inverse_std, const T* weight, const T* bias,
               T* y) {
  for (int64_t n = 0; n < s.n; ++n)
    for (int64_t c = 0; c < s.c; ++c)
      for (int64_t i = s.at(n, c, 0, 0), end = i + s.h * s.w; i < end; ++i) {
        const T xhat = (x[i] - mean[c]) * inverse_std[c];
        y[i] = weight ? fused_multiply_add(xhat, weight[c], bias[c]) : xhat;
      }
}

// [book: batch-norm-gradient]
template <class T>
void batch_norm_gradient(const T* x, Image s, const T* mean, const T* inverse_std, const T* weight,
                         const T* gy, T* gx, T* gweight, T* gbias) {
  const T m = static_cast<T>(s.n * s.h * s.w);
  channel_sum(gy, s, gbias);
  for (int64_t c = 0; c < s.c; ++c) {
    const auto xhat = [&](int64_t i) { return (x[i] - mean[c]) * inverse_std[c]; };
    gweight[c] =
        channel_total<T>(s, c, [&](T part, int64_t i) { return fused_multiply_add(gy[i], xhat(i), part); });
    const T gbias_mean = gbias[c] / m, gweight_mean = gweight[c] / m;
    const T factor = weight ? inverse_std[c] * weight[c] : inverse_std[c];
    for (int64_t n = 0; n < s.n; ++n)
      for (int64_t i = s.at(n, c, 0, 0), end = i + s.h * s.w; i < end; ++i)
        gx[i] = fused_multiply_add(-xhat(i), gweight_mean, gy[i] - gbias_mean) * factor;
  }
}

// Where the maximum of window (i, j) lies: the first of equal ones, but the last NaN where there is one, as in
// PyTorch: what is no number does not get lost.
template <class T>
int64_t place_of_maximum(const T* x, Image xs, Window v, int64_t n, int64_t c, int64_t i, int64_t j) {
  int64_t best = xs.at(n, c, i * v.stride, j * v.stride);
  for (int64_t k = 0; k < v.kernel; ++k)
    for (int64_t l = 0; l < v.kernel; ++l) {
      const int64_t at = xs.at(n, c, i * v.stride + k, j * v.stride + l);
      if (x[at] > x[best] || x[at] != x[at]) best = at;
    }
  return best;
}

template <class T>
void max_pool2d(const T* x, Image xs, Window v, T* y, Image ys) {
  for (int64_t n = 0; n < ys.n; ++n)
    for (int64_t c = 0; c < ys.c; ++c)
      for (int64_t i = 0; i < ys.h; ++i)
        for (int64_t j = 0; j < ys.w; ++j) y[ys.at(n, c, i, j)] = x[place_of_maximum(x, xs, v, n, c, i, j)];
}

template <class T>
void max_pool2d_gradient(const T* x, Image xs, const T* gy, Image ys, Window v, T* gx) {
  std::fill(gx, gx + xs.n * xs.c * xs.h * xs.w, T(0));
  for (int64_t n = 0; n < ys.n; ++n)
    for (int64_t c = 0; c < ys.c; ++c)
      for (int64_t i = 0; i < ys.h; ++i)
        for (int64_t j = 0; j < ys.w; ++j) {
          T& taker = gx[place_of_maximum(x, xs, v, n, c, i, j)];  // takes it all
          taker = taker + gy[ys.at(n, c, i, j)];
        }
}

template <class T>
void upsample_nearest(const T* x, Image xs, int64_t scale, T* y, Image ys) {
  for (int64_t n = 0; n < ys.n; ++n)
    for (int64_t c = 0; c < ys.c; ++c)
      for (int64_t i = 0; i < ys.h; ++i)
        for (int64_t j = 0; j < ys.w; ++j) y[ys.at(n, c, i, j)] = x[xs.at(n, c, i / scale, j / scale)];
}

template <class T>
void upsample_nearest_gradient(const T* gy, Image ys, int64_t scale, T* gx, Image xs) {
  for (int64_t n = 0; n < xs.n; ++n)
    for (int64_t c = 0; c < xs.c; ++c)
      for (int64_t i = 0; i < xs.h; ++i)
        for (int64_t j = 0; j < xs.w; ++j) {
          T sum = 0;
          for (int64_t k = 0; k < scale; ++k)
            for (int64_t l = 0; l < scale; ++l) sum = sum + gy[ys.at(n, c, i * scale + k, j * scale + l)];
          gx[xs.at(n, c, i, j)] = sum;
        }
}

template <class T>
SVDD_HOST_DEVICE T unary(Unary f, T parameter, T x) {
  switch (f) {
    case Unary::leaky_relu:
      return x > 0 ? x : parameter * x;
    case Unary::relu:
      return x <= 0 ? T(0) : x;
    case Unary::elu:
      return x > 0 ? x : parameter * (elementary::exp(x) - T(1));
    case Unary::sigmoid:
      return T(1) / (T(1) + elementary::exp(-x));
    case Unary::square:
      return x * x;
    case Unary::scale:
      return parameter * x;
    case Unary::exp:
      return elementary::exp(parameter * x);
  }
  return x;
}

template <class T>
SVDD_HOST_DEVICE T unary_gradient(Unary f, T parameter, T x, T y, T gy) {
  switch (f) {
    case Unary::leaky_relu:
      return x > 0 ? gy : parameter * gy;
    case Unary::relu:
      return x <= 0 ? T(0) : gy;
    case Unary::elu:
      return x > 0 ? gy : gy * (y + parameter);
    case Unary::sigmoid:
      return gy * ((T(1) - y) * y);
    case Unary::square:
      return (x + x) * gy;
    case Unary::scale:
      return parameter * gy;
    case Unary::exp:
      return gy * (parameter * y);
  }
  return gy;
}

template <class T>
SVDD_HOST_DEVICE T binary(Binary f, T a, T b) {
  switch (f) {
    case Binary::add:
      return a + b;
    case Binary::subtract:
      return a - b;
    case Binary::multiply:
      return a * b;
  }
  return a;
}

// [book: squared-distance]
// `per_sample_b` is 0 where b is one point for all samples.
template <class T>
void squared_distance(const T* a, const T* b, int64_t per_sample_b, T* d, int64_t samples, int64_t features) {
  for (int64_t n = 0; n < samples; ++n) {
    T sum = 0;
    for (int64_t f = 0; f < features; ++f) {
      const T difference = a[n * features + f] - b[n * per_sample_b + f];
      sum = fused_multiply_add(difference, difference, sum);
    }
    d[n] = sum;
  }
}

template <class T>
void squared_distance_gradient(const T* a, const T* b, int64_t per_sample_b, const T* gd, T* ga,
                               int64_t samples, int64_t features) {
  for (int64_t n = 0; n < samples; ++n)
    for (int64_t f = 0; f < features; ++f)
      ga[n * features + f] = (gd[n] + gd[n]) * (a[n * features + f] - b[n * per_sample_b + f]);
}

template <class T>
void nearest_point(const T* a, const T* points, const T* alive, int64_t count, T* index, int64_t samples,
                   int64_t features) {
  for (int64_t n = 0; n < samples; ++n) {
    T least = std::numeric_limits<T>::infinity();
    index[n] = 0;
    for (int64_t k = 0; k < count; ++k) {
      if (alive[k] == 0) continue;
      T sum = 0;
      for (int64_t f = 0; f < features; ++f) {
        const T difference = a[n * features + f] - points[k * features + f];
        sum = fused_multiply_add(difference, difference, sum);
      }
      if (!(sum < least)) continue;
      least = sum;
      index[n] = static_cast<T>(k);
    }
  }
}

template <class T>
void nearest_candidates(const T* x, const T* slack, const T* margin, bool others, T* limit, T* count, T* list,
                        int64_t samples, int64_t points, int64_t listed) {
  for (int64_t n = 0; n < samples; ++n, x += points, list += listed) {
    T least = std::numeric_limits<T>::infinity();
    int64_t nearest = -1, found = 0;
    for (int64_t k = 0; k < points; ++k)
      if (!(others && k == n) && x[k] < least) least = x[k], nearest = k;
    if (nearest >= 0) {
      const T sum = (least + slack[nearest]) + margin[n];
      limit[n] = sum < limit[n] ? sum : limit[n];
    }
    std::fill_n(list, listed, T(-1));
    for (int64_t k = 0; k < points; ++k) {
      if ((others && k == n) || x[k] > limit[n]) continue;
      if (found < listed) list[found] = static_cast<T>(k);
      ++found;
    }
    count[n] = static_cast<T>(found);
  }
}

template <class T>
void take(const T* table, const T* index, T* to, int64_t samples, int64_t size) {
  for (int64_t n = 0; n < samples; ++n)
    std::copy_n(table + static_cast<int64_t>(index[n]) * size, size, to + n * size);
}

template <class T>
void take_gradient(const T* index, const T* gy, T* gtable, int64_t samples, int64_t rows, int64_t size) {
  for (int64_t k = 0; k < rows; ++k)
    for (int64_t f = 0; f < size; ++f)
      gtable[k * size + f] = sum_over_samples<T>(
          samples, [&](int64_t n) { return static_cast<int64_t>(index[n]) == k ? gy[n * size + f] : T(0); });
}

// [book: root-quantile]
// `values` is reordered: NaN comes last, and out as NaN.
template <class T>
T root_quantile(T* values, int64_t count, double q) {
  std::sort(values, values + count, [](T a, T b) { return a < b || (std::isnan(b) && !std::isnan(a)); });
  const double position = static_cast<double>(count - 1) * q;
  const auto low = static_cast<int64_t>(position);
  const int64_t high = std::min(low + 1, count - 1);
  const auto root = [&](int64_t i) { return std::sqrt(values[i] <= 0 ? T(0) : values[i]); };
  return fused_multiply_add(static_cast<T>(position - static_cast<double>(low)), root(high) - root(low),
                            root(low));
}

// [book: adam]
// Adam and AMSGrad with the weight decay added to the gradient (PyTorch's Adam).
template <class T>
void adam(const AdamConstants& s, const T* rates, const T* gradient, T* m, T* v, T* v_max, T* p,
          int64_t count) {
  const T beta1 = static_cast<T>(s.beta1), rest1 = static_cast<T>(1 - s.beta1),
          beta2 = static_cast<T>(s.beta2), rest2 = static_cast<T>(1 - s.beta2),
          decay = static_cast<T>(s.weight_decay), epsilon = static_cast<T>(s.epsilon), step = rates[0],
          correction = rates[1];
  for (int64_t i = 0; i < count; ++i) {
    const T g = fused_multiply_add(decay, p[i], gradient[i]);
    m[i] = fused_multiply_add(beta1, m[i], rest1 * g);
    v[i] = fused_multiply_add(beta2, v[i], (rest2 * g) * g);
    if (v_max) v_max[i] = v_max[i] > v[i] ? v_max[i] : v[i];
    const T denominator = std::sqrt(v_max ? v_max[i] : v[i]) / correction + epsilon;
    p[i] = p[i] - step * (m[i] / denominator);
  }
}

template <class T>
void sgd(T lr, T momentum, T decay, const T* gradient, T* velocity, T* p, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const T g = fused_multiply_add(decay, p[i], gradient[i]);
    velocity[i] = fused_multiply_add(momentum, velocity[i], g);
    p[i] = fused_multiply_add(-lr, velocity[i], p[i]);
  }
}

template <class T>
void adagrad(T lr, T epsilon, T decay, const T* gradient, T* sum, T* p, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    const T g = fused_multiply_add(decay, p[i], gradient[i]);
    sum[i] = fused_multiply_add(g, g, sum[i]);
    p[i] = p[i] - lr * (g / (std::sqrt(sum[i]) + epsilon));
  }
}

}  // namespace engine::reference
