// The arithmetic that ops call. Everything that knows how numbers lie in memory stands behind this interface.
//
// The reference backend (backends/reference) is the definition: the order of every sum is the order of its
// loops, and in float every other backend returns its bits. The orders are written down in engine/README.md.
//
// Conventions. Images are (N, C, H, W), representations (N, F), per-channel vectors (C). Arguments named g…
// are gradients; every function ASSIGNS its outputs, gradients included (the tape adds where a tensor has
// several consumers). A pointer may be null where its comment says so. Shapes have been checked by the op
// that calls. Nothing is allocated by a repeated call with the same shapes.
//
// Threads. A backend keeps scratch memory, so one thread at a time may call it, whichever; a second one meanwhile
// gets std::logic_error. Computations that run side by side have a backend each. Every call computes in the IEEE mode
// (floating_point_mode.h) and leaves the caller's own as it was. See backends/entered.h.
//
// Lives. A backend outlives whatever works on it: tapes, layers, optimisers, detectors, what it has captured. An
// array that is left over may be dropped or reassigned; Array::backend(), which every use goes through, then throws.
#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>

#include "engine/array.h"

namespace engine {

// A square window moved over an image. Output extent: (extent + 2·padding − kernel) / stride + 1.
struct Window {
  int64_t kernel = 1, stride = 1, padding = 0;
  int64_t output_extent(int64_t extent) const { return (extent + 2 * padding - kernel) / stride + 1; }
};

// Pointwise functions of one number; `parameter` is the slope of leaky_relu, the α of elu, the factor of
// scale, and that of x in exp: e^(parameter·x).
enum class Unary { leaky_relu, relu, elu, sigmoid, square, scale, exp };
// Pointwise functions of two numbers.
enum class Binary { add, subtract, multiply };

// What follows a normalisation and its activation in one pass over memory.
enum class Resample { none, max_pool, upsample };  // max_pool: 2×2, stride 2; upsample: nearest, ×2

// What is the same in every Adam update of a training; see engine/optimizers.h.
struct AdamConstants {
  double beta1, beta2, epsilon, weight_decay;
};

// A sequence of calls that a backend has prepared to repeat. Dies before the backend and the arrays it works
// on.
class Replayable {
 public:
  virtual ~Replayable() = default;
  virtual void run() = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;      // as shown to users, e.g. "cpu (avx512, 2 threads)"
  virtual int threads() const { return 1; }  // of the host that compute: those that could be started

  // While it lives this has not expired.
  std::weak_ptr<const void> life() const { return life_; }

  // Waits until all calls so far are done, where they return before: for clocks. Downloads wait by
  // themselves.
  virtual void finish() {}

  // Whether it computes beside the host, in memory of its own, so that large work is worth bringing to it.
  virtual bool is_device() const { return false; }
  // A CPU backend beside this one, with so many threads (0: host_threads()), for what each thread of the host computes for
  // itself, and for what is not for a device: with this one's kernels, where it is a CPU backend.
  virtual std::unique_ptr<Backend> on_host(int threads) const;
  virtual int host_threads()
      const;  // which its owner means it to use; as many as this process may, where none were said

  // An output of `dense` is off by at most this times |bias| + Σ_f |x·w|. Here that of sums in float, in any
  // order: u(F + 1) / (1 − u(F + 1)), u = 2^-24.
  virtual double dense_error(int64_t features) const;
  // The widest kernel whose weights conv2d_weight_gradient can do; the other calls know no limit.
  virtual int64_t most_trained_kernel() const { return std::numeric_limits<int64_t>::max(); }

  // Prepares `calls` to be repeated; nothing of it has run when capture returns. The contract: `calls` has
  // run once before in just this form, so that all its arrays exist; it makes calls on this backend alone, on
  // the same arrays each time, and neither reads numbers back (download) nor brings new ones (upload,
  // gather). A backend may therefore note the calls down, with the numbers that stand in them, and run the
  // notes; here run() just makes the calls again.
  virtual std::unique_ptr<Replayable> capture(std::function<void()> calls);

  // ---- memory

  virtual bool supports(DType type) const = 0;
  virtual std::shared_ptr<void> allocate(const Shape& shape, Layout layout, DType type) = 0;  // zero-filled
  virtual void upload(const void* c_order, Array& to) = 0;  // of the array's own number type
  virtual void download(const Array& from, void* c_order) = 0;
  virtual void copy(const Array& from, Array& to) = 0;  // same shape and layout
  virtual void fill(Array& a, double value) = 0;
  // to[n] = from[index[n]]: samples (layout samples) picked from a whole data set (layout plain).
  virtual void gather(const Array& from, std::span<const int32_t> index, Array& to) = 0;
  // row = table[position], and back: table[position] = row. table (S, F), or (S) where F is 1, plain;
  // position (1) plain, a whole number in [0, S); row (F) of either layout.
  virtual void read_row(const Array& table, const Array& position, Array& row) = 0;
  virtual void write_row(const Array& row, const Array& position, Array& table) = 0;

  // ---- convolution and dense layers

  // y[n,o,i,j] = bias[o] + Σ_{c,k,l} x[n,c,i·s+k−p,j·s+l−p] · w[o,c,k,l]       bias may be null
  virtual void conv2d(const Array& x, const Array& w, const Array* bias, Window window, Array& y) = 0;
  // gx[n,c,a,b] = Σ_{o,i,j} gy[n,o,i,j] · w[o,c,a−i·s+p,b−j·s+p]; also the forward pass of conv_transpose2d
  virtual void conv2d_input_gradient(const Array& gy, const Array& w, Window window, Array& gx) = 0;
  // gw[o,c,k,l] = Σ_{n,i,j} gy[n,o,i,j] · x[n,c,i·s+k−p,j·s+l−p]
  virtual void conv2d_weight_gradient(const Array& x, const Array& gy, Window window, Array& gw) = 0;
  // y[n,o] = bias[o] + Σ_f x[n,f] · w[o,f]                                      bias may be null
  virtual void dense(const Array& x, const Array& w, const Array* bias, Array& y) = 0;
  virtual void dense_input_gradient(const Array& gy, const Array& w, Array& gx) = 0;
  virtual void dense_weight_gradient(const Array& x, const Array& gy, Array& gw) = 0;
  // s[c] = Σ_{n,i,j} x[n,c,i,j]: the gradient of a bias
  virtual void channel_sum(const Array& x, Array& s) = 0;

  // ---- resampling

  // A window's maximum; NaN where any of its numbers is NaN. Padding 0.
  virtual void max_pool2d(const Array& x, Window window, Array& y) = 0;
  // The first maximum of a window, in row-major order, takes its gradient; the last NaN where there is one.
  virtual void max_pool2d_gradient(const Array& x, const Array& y, const Array& gy, Window window,
                                   Array& gx) = 0;
  virtual void upsample_nearest(const Array& x, int64_t scale, Array& y) = 0;
  virtual void upsample_nearest_gradient(const Array& gy, int64_t scale, Array& gx) = 0;

  // ---- batch normalisation

  // mean[c] and biased variance[c] of x over samples and positions, in two passes.
  virtual void channel_moments(const Array& x, Array& mean, Array& variance) = 0;
  // inverse_std = 1 / sqrt(variance + ε)
  virtual void inverse_std(const Array& variance, double epsilon, Array& inverse_std) = 0;
  // y = (x − mean)·inverse_std·weight + bias; weight and bias both or neither null
  virtual void normalise(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                         const Array* bias, Array& y) = 0;
  // Through the batch's own moments: gx = (gy − Σgy/m − x̂·Σ(gy·x̂)/m)·inverse_std·weight, gweight = Σ gy·x̂,
  // gbias = Σ gy, with x̂ = (x − mean)·inverse_std. weight may be null; gweight and gbias are always written.
  virtual void batch_norm_gradient(const Array& x, const Array& mean, const Array& inverse_std,
                                   const Array* weight, const Array& gy, Array& gx, Array& gweight,
                                   Array& gbias) = 0;
  // y = resample(leaky_relu(normalise(x))) and its gradient through the batch's own moments: the same bits as
  // the single operations one after another, in fewer passes over memory.
  virtual void normalise_leaky_relu(const Array& x, const Array& mean, const Array& inverse_std,
                                    const Array* weight, const Array* bias, double slope, Resample then,
                                    Array& y) = 0;
  virtual void normalise_leaky_relu_gradient(const Array& x, const Array& mean, const Array& inverse_std,
                                             const Array* weight, const Array* bias, double slope,
                                             Resample then, const Array& gy, Array& gx, Array& gweight,
                                             Array& gbias) = 0;
  // running = (1 − momentum)·running + momentum·factor·batch
  virtual void update_running(const Array& batch, double momentum, double factor, Array& running) = 0;
  // All that batch norm's training form asks of a batch before it normalises, m values in a channel:
  // channel_moments, inverse_std, and both running statistics updated, the variance's with factor m / (m −
  // 1). The bits of those four calls, which are what it does; a device makes fewer launches of them.
  virtual void batch_statistics(const Array& x, double epsilon, double momentum, Array& mean, Array& variance,
                                Array& inverse_std, Array& running_mean, Array& running_variance);

  // ---- pointwise

  virtual void unary(Unary f, double parameter, const Array& x, Array& y) = 0;
  virtual void unary_gradient(Unary f, double parameter, const Array& x, const Array& y, const Array& gy,
                              Array& gx) = 0;
  // a ∘ b with equal shapes, or with b a single number (plain, shape (1)).
  virtual void binary(Binary f, const Array& a, const Array& b, Array& y) = 0;

  // ---- reductions

  virtual void sum_samples(const Array& x, Array& sum) = 0;                    // (N) -> (1)
  virtual void mean_samples(const Array& x, Array& mean) = 0;                  // (N) -> (1)
  virtual void spread_samples(const Array& g, double divisor, Array& gx) = 0;  // gx[n] = g / divisor
  // d[n] = Σ_f (a[n,f] − b[n,f])²; b is a batch like a, or one point (plain) of a's per-sample shape
  virtual void squared_distance(const Array& a, const Array& b, Array& d) = 0;
  // ga = 2·gd[n]·(a − b)
  virtual void squared_distance_gradient(const Array& a, const Array& b, const Array& gd, Array& ga) = 0;
  // index[n] = argmin over the k with alive[k] != 0 of Σ_f (a[n,f] − points[k,f])², of equals the lowest; 0
  // where there is no such k or no such sum is finite. points (K,F) and alive (K) plain, index (N).
  virtual void nearest_point(const Array& a, const Array& points, const Array& alive, Array& index) = 0;
  // The k that may be nearest, of distances x (N,K) known up to an error: x[n,k] is no more than the true
  // one, x[n,k] + slack[k] + margin[n] no less. With m the index of the least x[n,k], of equals the lowest,
  //   limit[n] = min(limit[n], (x[n,m] + slack[m]) + margin[n]),
  //   list[n] = the first k, ascending, of which x[n,k] > limit[n] is false; −1 behind the last,
  //   count[n] = how many such k there are, listed or not.
  // `others`: k = n is left out. NaN is never the least and always listed; where no x[n,k] is below infinity,
  // limit stays as it was. slack (K) plain; margin, limit, count (N); list (N,L); K at most 2^24.
  virtual void nearest_candidates(const Array& x, const Array& slack, const Array& margin, bool others,
                                  Array& limit, Array& count, Array& list) = 0;
  // to[n] = table[index[n]]; table (K, …) plain, index (N) whole numbers in [0, K), to (N, …)
  virtual void take(const Array& table, const Array& index, Array& to) = 0;
  // gtable[k] = Σ gy[n] over the n with index[n] = k, a sum over samples in which the others count 0
  virtual void take_gradient(const Array& index, const Array& gy, Array& gtable) = 0;
  // The q-quantile of sqrt(max(x, 0)), interpolated between order statistics at position (N − 1)·q. (N) ->
  // (1)
  virtual void root_quantile(const Array& x, double q, Array& result) = 0;

  // ---- updates of a parameter p with gradient g (see engine/optimizers.h)

  // What changes from step to step is read from `rates`, plain and of p's number type.
  // rates[0]: the step's size lr / (1 − β1^t), rates[1]: sqrt(1 − β2^t). v_max is null without AMSGrad.
  virtual void adam(const AdamConstants& constants, const Array& rates, const Array& g, Array& m, Array& v,
                    Array* v_max, Array& p) = 0;
  // rates[0]: the learning rate. A velocity of −0 makes the first step's velocity g, to the bit.
  virtual void sgd(double momentum, double weight_decay, const Array& rates, const Array& g, Array& velocity,
                   Array& p) = 0;
  // rates[0]: the learning rate
  virtual void adagrad(double epsilon, double weight_decay, const Array& rates, const Array& g, Array& sum,
                       Array& p) = 0;

 private:
  std::shared_ptr<const void> life_ = std::make_shared<const char>('\0');
};

}  // namespace engine
