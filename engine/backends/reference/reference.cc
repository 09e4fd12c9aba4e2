#include "engine/backends/reference/reference.h"

#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "engine/backends/entered.h"
#include "engine/backends/reference/loops.h"
#include "engine/fused_multiply_add.h"
#include "engine/threads.h"

namespace engine {

namespace {

using reference::Image;

size_t bytes_of(const Array& a) {
  return static_cast<size_t>(a.shape().count()) * (a.type() == DType::f32 ? sizeof(float) : sizeof(double));
}

// Calls f with a float or a double, whichever the array holds.
template <class F>
void by_type(const Array& a, F f) {
  if (a.type() == DType::f32)
    f(float{});
  else
    f(double{});
}

template <class T>
const T* maybe(const Array* a) {
  return a ? a->data<T>() : nullptr;
}

template <class Number, class T>
Number* row_of(Number* table, const T* position, const Array& row) {
  return table + static_cast<int64_t>(position[0]) * row.shape().count();
}

int64_t step_of(const Array& b) { return b.layout() == Layout::samples ? b.shape().per_sample() : 0; }

class ReferenceBackend final : public Backend {
 public:
  explicit ReferenceBackend(int host_threads) : host_threads_(host_threads) {}

  std::string name() const override { return "reference"; }
  int host_threads() const override { return threads_to_start(host_threads_); }
  bool supports(DType) const override { return true; }

  std::shared_ptr<void> allocate(const Shape& shape, Layout, DType type) override {
    const auto count = static_cast<size_t>(shape.count());
    void* memory = std::calloc(count ? count : 1, type == DType::f32 ? sizeof(float) : sizeof(double));
    if (!memory) throw std::bad_alloc();
    return {memory, std::free};
  }
  void upload(const void* c_order, Array& to) override {
    std::copy_n(static_cast<const char*>(c_order), bytes_of(to), to.data<char>());
  }
  void download(const Array& from, void* c_order) override {
    std::copy_n(from.data<char>(), bytes_of(from), static_cast<char*>(c_order));
  }
  void copy(const Array& from, Array& to) override {
    std::memmove(to.data<char>(), from.data<char>(), bytes_of(to));
  }
  void fill(Array& a, double value) override {
    by_type(a, [&]<class T>(T) { std::fill_n(a.data<T>(), a.shape().count(), static_cast<T>(value)); });
  }
  void gather(const Array& from, std::span<const int32_t> index, Array& to) override {
    const int64_t size = from.shape().per_sample();
    by_type(from, [&]<class T>(T) {
      for (size_t n = 0; n < index.size(); ++n)
        std::copy_n(from.data<T>() + index[n] * size, size, to.data<T>() + static_cast<int64_t>(n) * size);
    });
  }
  void read_row(const Array& table, const Array& position, Array& row) override {
    by_type(row, [&]<class T>(T) {
      std::copy_n(row_of(table.data<T>(), position.data<T>(), row), row.shape().count(), row.data<T>());
    });
  }
  void write_row(const Array& row, const Array& position, Array& table) override {
    by_type(row, [&]<class T>(T) {
      std::copy_n(row.data<T>(), row.shape().count(), row_of(table.data<T>(), position.data<T>(), row));
    });
  }

  void conv2d(const Array& x, const Array& w, const Array* bias, Window v, Array& y) override {
    by_type(x, [&]<class T>(T) {
      reference::conv2d(x.data<T>(), Image(x.shape()), w.data<T>(), maybe<T>(bias), v, y.data<T>(),
                        Image(y.shape()));
    });
  }
  void conv2d_input_gradient(const Array& gy, const Array& w, Window v, Array& gx) override {
    by_type(gy, [&]<class T>(T) {
      reference::conv2d_input_gradient(gy.data<T>(), Image(gy.shape()), w.data<T>(), v, gx.data<T>(),
                                       Image(gx.shape()));
    });
  }
  void conv2d_weight_gradient(const Array& x, const Array& gy, Window v, Array& gw) override {
    by_type(x, [&]<class T>(T) {
      reference::conv2d_weight_gradient(x.data<T>(), Image(x.shape()), gy.data<T>(), Image(gy.shape()), v,
                                        gw.data<T>());
    });
  }
  void dense(const Array& x, const Array& w, const Array* bias, Array& y) override {
    by_type(x, [&]<class T>(T) {
      reference::dense(x.data<T>(), w.data<T>(), maybe<T>(bias), y.data<T>(), x.samples(), w.shape()[1],
                       w.shape()[0]);
    });
  }
  void dense_input_gradient(const Array& gy, const Array& w, Array& gx) override {
    by_type(gy, [&]<class T>(T) {
      reference::dense_input_gradient(gy.data<T>(), w.data<T>(), gx.data<T>(), gy.samples(), w.shape()[1],
                                      w.shape()[0]);
    });
  }
  void dense_weight_gradient(const Array& x, const Array& gy, Array& gw) override {
    by_type(x, [&]<class T>(T) {
      reference::dense_weight_gradient(x.data<T>(), gy.data<T>(), gw.data<T>(), x.samples(), gw.shape()[1],
                                       gw.shape()[0]);
    });
  }
  void channel_sum(const Array& x, Array& s) override {
    by_type(x, [&]<class T>(T) { reference::channel_sum(x.data<T>(), Image(x.shape()), s.data<T>()); });
  }

  void max_pool2d(const Array& x, Window v, Array& y) override {
    by_type(x, [&]<class T>(T) {
      reference::max_pool2d(x.data<T>(), Image(x.shape()), v, y.data<T>(), Image(y.shape()));
    });
  }
  void max_pool2d_gradient(const Array& x, const Array&, const Array& gy, Window v, Array& gx) override {
    by_type(x, [&]<class T>(T) {
      reference::max_pool2d_gradient(x.data<T>(), Image(x.shape()), gy.data<T>(), Image(gy.shape()), v,
                                     gx.data<T>());
    });
  }
  void upsample_nearest(const Array& x, int64_t scale, Array& y) override {
    by_type(x, [&]<class T>(T) {
      reference::upsample_nearest(x.data<T>(), Image(x.shape()), scale, y.data<T>(), Image(y.shape()));
    });
  }
  void upsample_nearest_gradient(const Array& gy, int64_t scale, Array& gx) override {
    by_type(gy, [&]<class T>(T) {
      reference::upsample_nearest_gradient(gy.data<T>(), Image(gy.shape()), scale, gx.data<T>(),
                                           Image(gx.shape()));
    });
  }

  void channel_moments(const Array& x, Array& mean, Array& variance) override {
    by_type(x, [&]<class T>(T) {
      reference::channel_moments(x.data<T>(), Image(x.shape()), mean.data<T>(), variance.data<T>());
    });
  }
  void inverse_std(const Array& variance, double epsilon, Array& inverse_std) override {
    by_type(variance, [&]<class T>(T) {
      for (int64_t c = 0; c < variance.shape().count(); ++c)
        inverse_std.data<T>()[c] = T(1) / std::sqrt(variance.data<T>()[c] + static_cast<T>(epsilon));
    });
  }
  void normalise(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                 const Array* bias, Array& y) override {
    by_type(x, [&]<class T>(T) {
      reference::normalise(x.data<T>(), Image(x.shape()), mean.data<T>(), inverse_std.data<T>(),
                           maybe<T>(weight), maybe<T>(bias), y.data<T>());
    });
  }
  void batch_norm_gradient(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                           const Array& gy, Array& gx, Array& gweight, Array& gbias) override {
    by_type(x, [&]<class T>(T) {
      reference::batch_norm_gradient(x.data<T>(), Image(x.shape()), mean.data<T>(), inverse_std.data<T>(),
                                     maybe<T>(weight), gy.data<T>(), gx.data<T>(), gweight.data<T>(),
                                     gbias.data<T>());
    });
  }
  void normalise_leaky_relu(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                            const Array* bias, double slope, Resample then, Array& y) override {
    const Activated a = activate(x, mean, inverse_std, weight, bias, slope);
    if (then == Resample::none) copy(a.leaky, y);
    if (then == Resample::max_pool) max_pool2d(a.leaky, pool_window, y);
    if (then == Resample::upsample) upsample_nearest(a.leaky, 2, y);
  }
  void normalise_leaky_relu_gradient(const Array& x, const Array& mean, const Array& inverse_std,
                                     const Array* weight, const Array* bias, double slope, Resample then,
                                     const Array& gy, Array& gx, Array& gweight, Array& gbias) override {
    const Activated a = activate(x, mean, inverse_std, weight, bias, slope);
    Array g = x.zeros_like();
    if (then == Resample::none) copy(gy, g);
    if (then == Resample::upsample) upsample_nearest_gradient(gy, 2, g);
    if (then == Resample::max_pool) max_pool2d_gradient(a.leaky, gy, gy, pool_window, g);
    unary_gradient(Unary::leaky_relu, slope, a.normalised, a.leaky, g, g);
    batch_norm_gradient(x, mean, inverse_std, weight, g, gx, gweight, gbias);
  }
  void update_running(const Array& batch, double momentum, double factor, Array& running) override {
    by_type(batch, [&]<class T>(T) {
      const T keep = static_cast<T>(1 - momentum), take = static_cast<T>(momentum * factor);
      for (int64_t c = 0; c < batch.shape().count(); ++c)
        running.data<T>()[c] = fused_multiply_add(keep, running.data<T>()[c], take * batch.data<T>()[c]);
    });
  }

  void unary(Unary f, double parameter, const Array& x, Array& y) override {
    by_type(x, [&]<class T>(T) {
      for (int64_t i = 0; i < x.shape().count(); ++i)
        y.data<T>()[i] = reference::unary(f, static_cast<T>(parameter), x.data<T>()[i]);
    });
  }
  void unary_gradient(Unary f, double parameter, const Array& x, const Array& y, const Array& gy,
                      Array& gx) override {
    by_type(x, [&]<class T>(T) {
      for (int64_t i = 0; i < x.shape().count(); ++i)
        gx.data<T>()[i] = reference::unary_gradient(f, static_cast<T>(parameter), x.data<T>()[i],
                                                    y.data<T>()[i], gy.data<T>()[i]);
    });
  }
  void binary(Binary f, const Array& a, const Array& b, Array& y) override {
    const bool single = !(a.shape() == b.shape());
    by_type(a, [&]<class T>(T) {
      for (int64_t i = 0; i < a.shape().count(); ++i)
        y.data<T>()[i] = reference::binary(f, a.data<T>()[i], b.data<T>()[single ? 0 : i]);
    });
  }

  void sum_samples(const Array& x, Array& sum) override {
    by_type(x, [&]<class T>(T) {
      sum.data<T>()[0] =
          reference::sum_over_samples<T>(x.samples(), [&](int64_t n) { return x.data<T>()[n]; });
    });
  }
  void mean_samples(const Array& x, Array& mean) override {
    sum_samples(x, mean);
    by_type(x, [&]<class T>(T) { mean.data<T>()[0] = mean.data<T>()[0] / static_cast<T>(x.samples()); });
  }
  void spread_samples(const Array& g, double divisor, Array& gx) override {
    by_type(g, [&]<class T>(T) {
      std::fill_n(gx.data<T>(), gx.samples(), g.data<T>()[0] / static_cast<T>(divisor));
    });
  }
  void squared_distance(const Array& a, const Array& b, Array& d) override {
    by_type(a, [&]<class T>(T) {
      reference::squared_distance(a.data<T>(), b.data<T>(), step_of(b), d.data<T>(), a.samples(),
                                  a.shape().per_sample());
    });
  }
  void squared_distance_gradient(const Array& a, const Array& b, const Array& gd, Array& ga) override {
    by_type(a, [&]<class T>(T) {
      reference::squared_distance_gradient(a.data<T>(), b.data<T>(), step_of(b), gd.data<T>(), ga.data<T>(),
                                           a.samples(), a.shape().per_sample());
    });
  }
  void nearest_point(const Array& a, const Array& points, const Array& alive, Array& index) override {
    by_type(a, [&]<class T>(T) {
      reference::nearest_point(a.data<T>(), points.data<T>(), alive.data<T>(), points.shape()[0],
                               index.data<T>(), a.samples(), a.shape().per_sample());
    });
  }
  void nearest_candidates(const Array& x, const Array& slack, const Array& margin, bool others, Array& limit,
                          Array& count, Array& list) override {
    by_type(x, [&]<class T>(T) {
      reference::nearest_candidates(x.data<T>(), slack.data<T>(), margin.data<T>(), others, limit.data<T>(),
                                    count.data<T>(), list.data<T>(), x.samples(), x.shape().per_sample(),
                                    list.shape().per_sample());
    });
  }
  void take(const Array& table, const Array& index, Array& to) override {
    by_type(table, [&]<class T>(T) {
      reference::take(table.data<T>(), index.data<T>(), to.data<T>(), to.samples(), to.shape().per_sample());
    });
  }
  void take_gradient(const Array& index, const Array& gy, Array& gtable) override {
    by_type(gtable, [&]<class T>(T) {
      reference::take_gradient(index.data<T>(), gy.data<T>(), gtable.data<T>(), gy.samples(),
                               gtable.shape()[0], gy.shape().per_sample());
    });
  }
  void root_quantile(const Array& x, double q, Array& result) override {
    by_type(x, [&]<class T>(T) {
      std::vector<T> values(x.data<T>(), x.data<T>() + x.samples());
      result.data<T>()[0] = reference::root_quantile(values.data(), x.samples(), q);
    });
  }

  void adam(const AdamConstants& constants, const Array& rates, const Array& g, Array& m, Array& v,
            Array* v_max, Array& p) override {
    by_type(p, [&]<class T>(T) {
      reference::adam(constants, rates.data<T>(), g.data<T>(), m.data<T>(), v.data<T>(),
                      v_max ? v_max->data<T>() : nullptr, p.data<T>(), p.shape().count());
    });
  }
  void sgd(double momentum, double weight_decay, const Array& rates, const Array& g, Array& velocity,
           Array& p) override {
    by_type(p, [&]<class T>(T) {
      reference::sgd(rates.data<T>()[0], static_cast<T>(momentum), static_cast<T>(weight_decay), g.data<T>(),
                     velocity.data<T>(), p.data<T>(), p.shape().count());
    });
  }
  void adagrad(double epsilon, double weight_decay, const Array& rates, const Array& g, Array& sum,
               Array& p) override {
    by_type(p, [&]<class T>(T) {
      reference::adagrad(rates.data<T>()[0], static_cast<T>(epsilon), static_cast<T>(weight_decay),
                         g.data<T>(), sum.data<T>(), p.data<T>(), p.shape().count());
    });
  }

 private:
  static constexpr Window pool_window{2, 2, 0};
  struct Activated {
    Array normalised, leaky;
  };
  Activated activate(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                     const Array* bias, double slope) {
    Activated a{x.zeros_like(), x.zeros_like()};
    normalise(x, mean, inverse_std, weight, bias, a.normalised);
    unary(Unary::leaky_relu, slope, a.normalised, a.leaky);
    return a;
  }

  int host_threads_;
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend(int host_threads) {
  return entered(std::make_unique<ReferenceBackend>(host_threads));
}

}  // namespace engine
