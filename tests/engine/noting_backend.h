// A backend that takes Backend::capture at its word, as one with a device does: what is captured is noted
// down with the numbers that stand in the calls, and replayed from the notes alone. It also keeps a diary of
// when the host brought numbers and read them.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/backend.h"

namespace engine_tests {

using engine::Array;
using engine::Backend;

class NotingBackend final : public Backend {
 public:
  explicit NotingBackend(std::unique_ptr<Backend> inner) : inner_(std::move(inner)) {}

  // One letter for each event: u numbers brought, d numbers read, c a call, r a replay of captured calls.
  std::string diary;
  int captures = 0;

  std::string name() const override { return "noting " + inner_->name(); }
  bool supports(engine::DType type) const override { return inner_->supports(type); }
  void finish() override { inner_->finish(); }

  std::unique_ptr<engine::Replayable> capture(std::function<void()> calls) override {
    ++captures;
    auto notes = std::make_unique<Notes>(*this);
    noting_ = &notes->calls;
    try {
      calls();
    } catch (...) {
      noting_ = nullptr;
      throw;
    }
    noting_ = nullptr;
    return notes;
  }

  std::shared_ptr<void> allocate(const engine::Shape& s, engine::Layout l, engine::DType t) override {
    refuse_while_noting("allocate");
    return inner_->allocate(s, l, t);
  }
  void upload(const void* c_order, Array& to) override {
    refuse_while_noting("upload");
    diary += 'u';
    inner_->upload(c_order, to);
  }
  void download(const Array& from, void* c_order) override {
    refuse_while_noting("download");
    diary += 'd';
    inner_->download(from, c_order);
  }
  void gather(const Array& from, std::span<const int32_t> index, Array& to) override {
    refuse_while_noting("gather");
    diary += 'u';
    inner_->gather(from, index, to);
  }

  void copy(const Array& a, Array& b) override { call(&Backend::copy, a, b); }
  void fill(Array& a, double v) override { call(&Backend::fill, a, v); }
  void read_row(const Array& t, const Array& at, Array& r) override { call(&Backend::read_row, t, at, r); }
  void write_row(const Array& r, const Array& at, Array& t) override { call(&Backend::write_row, r, at, t); }

  void conv2d(const Array& x, const Array& w, const Array* b, engine::Window v, Array& y) override {
    call(&Backend::conv2d, x, w, b, v, y);
  }
  void conv2d_input_gradient(const Array& gy, const Array& w, engine::Window v, Array& gx) override {
    call(&Backend::conv2d_input_gradient, gy, w, v, gx);
  }
  void conv2d_weight_gradient(const Array& x, const Array& gy, engine::Window v, Array& gw) override {
    call(&Backend::conv2d_weight_gradient, x, gy, v, gw);
  }
  void dense(const Array& x, const Array& w, const Array* b, Array& y) override {
    call(&Backend::dense, x, w, b, y);
  }
  void dense_input_gradient(const Array& gy, const Array& w, Array& gx) override {
    call(&Backend::dense_input_gradient, gy, w, gx);
  }
  void dense_weight_gradient(const Array& x, const Array& gy, Array& gw) override {
    call(&Backend::dense_weight_gradient, x, gy, gw);
  }
  void channel_sum(const Array& x, Array& s) override { call(&Backend::channel_sum, x, s); }

  void max_pool2d(const Array& x, engine::Window v, Array& y) override {
    call(&Backend::max_pool2d, x, v, y);
  }
  void max_pool2d_gradient(const Array& x, const Array& y, const Array& gy, engine::Window v,
                           Array& gx) override {
    call(&Backend::max_pool2d_gradient, x, y, gy, v, gx);
  }
  void upsample_nearest(const Array& x, int64_t scale, Array& y) override {
    call(&Backend::upsample_nearest, x, scale, y);
  }
  void upsample_nearest_gradient(const Array& gy, int64_t scale, Array& gx) override {
    call(&Backend::upsample_nearest_gradient, gy, scale, gx);
  }

  void channel_moments(const Array& x, Array& m, Array& v) override {
    call(&Backend::channel_moments, x, m, v);
  }
  void inverse_std(const Array& v, double e, Array& i) override { call(&Backend::inverse_std, v, e, i); }
  void normalise(const Array& x, const Array& m, const Array& i, const Array* w, const Array* b,
                 Array& y) override {
    call(&Backend::normalise, x, m, i, w, b, y);
  }
  void batch_norm_gradient(const Array& x, const Array& m, const Array& i, const Array* w, const Array& gy,
                           Array& gx, Array& gw, Array& gb) override {
    call(&Backend::batch_norm_gradient, x, m, i, w, gy, gx, gw, gb);
  }
  void normalise_leaky_relu(const Array& x, const Array& m, const Array& i, const Array* w, const Array* b,
                            double slope, engine::Resample then, Array& y) override {
    call(&Backend::normalise_leaky_relu, x, m, i, w, b, slope, then, y);
  }
  void normalise_leaky_relu_gradient(const Array& x, const Array& m, const Array& i, const Array* w,
                                     const Array* b, double slope, engine::Resample then, const Array& gy,
                                     Array& gx, Array& gw, Array& gb) override {
    call(&Backend::normalise_leaky_relu_gradient, x, m, i, w, b, slope, then, gy, gx, gw, gb);
  }
  void update_running(const Array& b, double momentum, double factor, Array& r) override {
    call(&Backend::update_running, b, momentum, factor, r);
  }

  void unary(engine::Unary f, double k, const Array& x, Array& y) override {
    call(&Backend::unary, f, k, x, y);
  }
  void unary_gradient(engine::Unary f, double k, const Array& x, const Array& y, const Array& gy,
                      Array& gx) override {
    call(&Backend::unary_gradient, f, k, x, y, gy, gx);
  }
  void binary(engine::Binary f, const Array& a, const Array& b, Array& y) override {
    call(&Backend::binary, f, a, b, y);
  }

  void sum_samples(const Array& x, Array& s) override { call(&Backend::sum_samples, x, s); }
  void mean_samples(const Array& x, Array& m) override { call(&Backend::mean_samples, x, m); }
  void spread_samples(const Array& g, double d, Array& gx) override {
    call(&Backend::spread_samples, g, d, gx);
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
  void take(const Array& t, const Array& i, Array& to) override { call(&Backend::take, t, i, to); }
  void take_gradient(const Array& i, const Array& gy, Array& gt) override {
    call(&Backend::take_gradient, i, gy, gt);
  }
  void root_quantile(const Array& x, double q, Array& r) override { call(&Backend::root_quantile, x, q, r); }

  void adam(const engine::AdamConstants& c, const Array& rates, const Array& g, Array& m, Array& v,
            Array* most, Array& p) override {
    call(&Backend::adam, c, rates, g, m, v, most, p);
  }
  void sgd(double momentum, double decay, const Array& rates, const Array& g, Array& v, Array& p) override {
    call(&Backend::sgd, momentum, decay, rates, g, v, p);
  }
  void adagrad(double e, double decay, const Array& rates, const Array& g, Array& s, Array& p) override {
    call(&Backend::adagrad, e, decay, rates, g, s, p);
  }

 private:
  struct Notes final : engine::Replayable {
    explicit Notes(NotingBackend& on) : on(on) {}
    void run() override {
      on.diary += 'r';
      for (const std::function<void()>& noted : calls) noted();
    }
    NotingBackend& on;
    std::vector<std::function<void()>> calls;
  };

  // An argument as it is kept in a note: handles of arrays, values of everything else.
  template <class P>
  using Kept = std::conditional_t<std::is_pointer_v<P>, std::optional<Array>, std::remove_cvref_t<P>>;
  template <class P>
  static Kept<P> kept(P argument) {
    if constexpr (std::is_pointer_v<P>)
      return argument ? Kept<P>(*argument) : std::nullopt;
    else
      return argument;
  }
  template <class P>
  static P given(Kept<P>& argument) {
    if constexpr (std::is_pointer_v<P>)
      return argument ? &*argument : nullptr;
    else
      return argument;
  }

  template <class... P, class... A>
  void call(void (Backend::*function)(P...), A&&... arguments) {
    auto note = [inner = inner_.get(), function,
                 all = std::tuple<Kept<P>...>(kept<P>(arguments)...)]() mutable {
      std::apply([&](Kept<P>&... each) { (inner->*function)(given<P>(each)...); }, all);
    };
    if (noting_) {
      noting_->push_back(note);
    } else {
      diary += 'c';
      note();
    }
  }

  void refuse_while_noting(const std::string& what) const {
    if (noting_) throw std::logic_error("captured calls must not " + what);
  }

  std::unique_ptr<Backend> inner_;
  std::vector<std::function<void()>>* noting_ = nullptr;
};

}  // namespace engine_tests
