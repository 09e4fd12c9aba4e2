// The door of a backend, which no call can go around: what the make_…_backend functions return.
#pragma once
#include <atomic>
#include <memory>
#include <stdexcept>
#include <utility>

#include "engine/backend.h"
#include "engine/floating_point_mode.h"

namespace engine {

// The backend itself, but every call of it (and every run of what it captured) computes in the IEEE mode
// (floating_point_mode.h), and one that comes while another thread's is under way throws std::logic_error: backends
// keep scratch memory and are not re-entrant. A class of its own may change what some calls do, as tests do.
class Entered : public Backend {
 public:
  explicit Entered(std::unique_ptr<Backend> inner) : inner_(std::move(inner)) {}

  std::string name() const override { return inner_->name(); }
  int threads() const override { return inner_->threads(); }
  bool is_device() const override { return inner_->is_device(); }
  std::unique_ptr<Backend> on_host(int threads) const override { return inner_->on_host(threads); }
  int host_threads() const override { return inner_->host_threads(); }
  bool supports(DType type) const override { return inner_->supports(type); }
  int64_t most_trained_kernel() const override { return inner_->most_trained_kernel(); }
  double dense_error(int64_t features) const override {
    const IeeeMode ieee;
    return inner_->dense_error(features);
  }
  void finish() override { call(&Backend::finish); }
  std::unique_ptr<Replayable> capture(std::function<void()> calls) override {
    return std::make_unique<Replay>(*this, call(&Backend::capture, std::move(calls)));
  }

  std::shared_ptr<void> allocate(const Shape& s, Layout l, DType t) override {
    return call(&Backend::allocate, s, l, t);
  }
  void upload(const void* from, Array& to) override { call(&Backend::upload, from, to); }
  void download(const Array& from, void* to) override { call(&Backend::download, from, to); }
  void copy(const Array& from, Array& to) override { call(&Backend::copy, from, to); }
  void fill(Array& a, double value) override { call(&Backend::fill, a, value); }
  void gather(const Array& from, std::span<const int32_t> index, Array& to) override {
    call(&Backend::gather, from, index, to);
  }
  void read_row(const Array& t, const Array& at, Array& row) override {
    call(&Backend::read_row, t, at, row);
  }
  void write_row(const Array& row, const Array& at, Array& t) override {
    call(&Backend::write_row, row, at, t);
  }

  void conv2d(const Array& x, const Array& w, const Array* bias, Window v, Array& y) override {
    call(&Backend::conv2d, x, w, bias, v, y);
  }
  void conv2d_input_gradient(const Array& gy, const Array& w, Window v, Array& gx) override {
    call(&Backend::conv2d_input_gradient, gy, w, v, gx);
  }
  void conv2d_weight_gradient(const Array& x, const Array& gy, Window v, Array& gw) override {
    call(&Backend::conv2d_weight_gradient, x, gy, v, gw);
  }
  void dense(const Array& x, const Array& w, const Array* bias, Array& y) override {
    call(&Backend::dense, x, w, bias, y);
  }
  void dense_input_gradient(const Array& gy, const Array& w, Array& gx) override {
    call(&Backend::dense_input_gradient, gy, w, gx);
  }
  void dense_weight_gradient(const Array& x, const Array& gy, Array& gw) override {
    call(&Backend::dense_weight_gradient, x, gy, gw);
  }
  void channel_sum(const Array& x, Array& s) override { call(&Backend::channel_sum, x, s); }

  void max_pool2d(const Array& x, Window v, Array& y) override { call(&Backend::max_pool2d, x, v, y); }
  void max_pool2d_gradient(const Array& x, const Array& y, const Array& gy, Window v, Array& gx) override {
    call(&Backend::max_pool2d_gradient, x, y, gy, v, gx);
  }
  void upsample_nearest(const Array& x, int64_t scale, Array& y) override {
    call(&Backend::upsample_nearest, x, scale, y);
  }
  void upsample_nearest_gradient(const Array& gy, int64_t scale, Array& gx) override {
    call(&Backend::upsample_nearest_gradient, gy, scale, gx);
  }

  void channel_moments(const Array& x, Array& mean, Array& variance) override {
    call(&Backend::channel_moments, x, mean, variance);
  }
  void inverse_std(const Array& variance, double epsilon, Array& inverse) override {
    call(&Backend::inverse_std, variance, epsilon, inverse);
  }
  void normalise(const Array& x, const Array& mean, const Array& inverse, const Array* w, const Array* b,
                 Array& y) override {
    call(&Backend::normalise, x, mean, inverse, w, b, y);
  }
  void batch_norm_gradient(const Array& x, const Array& mean, const Array& inverse, const Array* w,
                           const Array& gy, Array& gx, Array& gw, Array& gb) override {
    call(&Backend::batch_norm_gradient, x, mean, inverse, w, gy, gx, gw, gb);
  }
  void normalise_leaky_relu(const Array& x, const Array& mean, const Array& inverse, const Array* w,
                            const Array* b, double slope, Resample then, Array& y) override {
    call(&Backend::normalise_leaky_relu, x, mean, inverse, w, b, slope, then, y);
  }
  void normalise_leaky_relu_gradient(const Array& x, const Array& mean, const Array& inverse, const Array* w,
                                     const Array* b, double slope, Resample then, const Array& gy, Array& gx,
                                     Array& gw, Array& gb) override {
    call(&Backend::normalise_leaky_relu_gradient, x, mean, inverse, w, b, slope, then, gy, gx, gw, gb);
  }
  void update_running(const Array& batch, double momentum, double factor, Array& running) override {
    call(&Backend::update_running, batch, momentum, factor, running);
  }
  void batch_statistics(const Array& x, double epsilon, double momentum, Array& mean, Array& variance,
                        Array& inverse, Array& running_mean, Array& running_variance) override {
    call(&Backend::batch_statistics, x, epsilon, momentum, mean, variance, inverse, running_mean,
         running_variance);
  }

  void unary(Unary f, double parameter, const Array& x, Array& y) override {
    call(&Backend::unary, f, parameter, x, y);
  }
  void unary_gradient(Unary f, double parameter, const Array& x, const Array& y, const Array& gy,
                      Array& gx) override {
    call(&Backend::unary_gradient, f, parameter, x, y, gy, gx);
  }
  void binary(Binary f, const Array& a, const Array& b, Array& y) override {
    call(&Backend::binary, f, a, b, y);
  }

  void sum_samples(const Array& x, Array& sum) override { call(&Backend::sum_samples, x, sum); }
  void mean_samples(const Array& x, Array& mean) override { call(&Backend::mean_samples, x, mean); }
  void spread_samples(const Array& g, double divisor, Array& gx) override {
    call(&Backend::spread_samples, g, divisor, gx);
  }
  void squared_distance(const Array& a, const Array& b, Array& d) override {
    call(&Backend::squared_distance, a, b, d);
  }
  void squared_distance_gradient(const Array& a, const Array& b, const Array& gd, Array& ga) override {
    call(&Backend::squared_distance_gradient, a, b, gd, ga);
  }
  void nearest_point(const Array& a, const Array& points, const Array& alive, Array& index) override {
    call(&Backend::nearest_point, a, points, alive, index);
  }
  void nearest_candidates(const Array& x, const Array& slack, const Array& margin, bool others, Array& limit,
                          Array& count, Array& list) override {
    call(&Backend::nearest_candidates, x, slack, margin, others, limit, count, list);
  }
  void take(const Array& table, const Array& index, Array& to) override {
    call(&Backend::take, table, index, to);
  }
  void take_gradient(const Array& index, const Array& gy, Array& gtable) override {
    call(&Backend::take_gradient, index, gy, gtable);
  }
  void root_quantile(const Array& x, double q, Array& result) override {
    call(&Backend::root_quantile, x, q, result);
  }

  void adam(const AdamConstants& constants, const Array& rates, const Array& g, Array& m, Array& v,
            Array* v_max, Array& p) override {
    call(&Backend::adam, constants, rates, g, m, v, v_max, p);
  }
  void sgd(double momentum, double weight_decay, const Array& rates, const Array& g, Array& velocity,
           Array& p) override {
    call(&Backend::sgd, momentum, weight_decay, rates, g, velocity, p);
  }
  void adagrad(double epsilon, double weight_decay, const Array& rates, const Array& g, Array& sum,
               Array& p) override {
    call(&Backend::adagrad, epsilon, weight_decay, rates, g, sum, p);
  }

 private:
  // One call under way. What a captured sequence calls from within is the same thread's, and no visit of its own.
  class Visit {
   public:
    explicit Visit(Entered& backend) : backend_(backend) {
      static thread_local const char here = 0;
      const void* visitor = nullptr;
      outermost_ = backend.visitor_.compare_exchange_strong(visitor, &here, std::memory_order_acquire);
      if (!outermost_ && visitor != &here)
        throw std::logic_error("[" + backend.name() +
                               "] two threads call one backend at the same time; give each its own");
    }
    ~Visit() {
      if (outermost_) backend_.visitor_.store(nullptr, std::memory_order_release);
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;

   private:
    IeeeMode ieee_;
    Entered& backend_;
    bool outermost_;
  };

  class Replay final : public Replayable {
   public:
    Replay(Entered& backend, std::unique_ptr<Replayable> inner)
        : backend_(backend), inner_(std::move(inner)) {}
    void run() override {
      const Visit visit(backend_);
      inner_->run();
    }

   private:
    Entered& backend_;
    std::unique_ptr<Replayable> inner_;
  };

  template <class Result, class... Expected, class... Given>
  Result call(Result (Backend::*function)(Expected...), Given&&... given) {
    const Visit visit(*this);
    return (inner_.get()->*function)(std::forward<Given>(given)...);
  }

  std::unique_ptr<Backend> inner_;
  std::atomic<const void*> visitor_{nullptr};
};

std::unique_ptr<Backend> entered(std::unique_ptr<Backend> inner);

}  // namespace engine
