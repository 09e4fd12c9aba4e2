#include "engine/backends/cpu/cpu.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

#include "engine/backends/cpu/few_samples.h"
#include "engine/backends/cpu/machine.h"
#include "engine/backends/cpu/openblas.h"
#include "engine/backends/entered.h"
#include "engine/backends/reference/loops.h"
#include "engine/fused_multiply_add.h"
#include "engine/system/process.h"
#include "engine/threads.h"

namespace engine {

namespace {

using namespace cpu;

// Below this many numbers, waking other threads costs more than it brings.
constexpr int64_t worth_threads = 16 * 1024;

// So many numbers, 32 MB, are more than the last cache has for one program.
constexpr int64_t more_than_caches = int64_t{8} << 20;

int64_t blocks_of(int64_t samples) { return (samples + lanes - 1) / lanes; }

// A batch that lies in C order: most lanes would be idle, and sixteen times the memory in use.
bool is_few(const Shape& shape, Layout layout) { return layout == Layout::samples && shape[0] <= most_few; }
bool is_few(const Array& a) { return is_few(a.shape(), a.layout()); }

// Numbers in storage: samples fill whole blocks, what lies in C order whole runs of sixteen.
int64_t stored_count(const Shape& shape, Layout layout) {
  return layout == Layout::samples && !is_few(shape, layout)
             ? blocks_of(shape[0]) * shape.per_sample() * lanes
             : blocks_of(shape.count()) * lanes;
}
int64_t runs_of(const Array& a) { return stored_count(a.shape(), a.layout()) / lanes; }

Batch batch_of(const Array& a) {
  const Shape& s = a.shape();
  return {.data = const_cast<float*>(a.data<float>()),
          .samples = s[0],
          .blocks = blocks_of(s[0]),
          .c = s.rank() > 1 ? s[1] : 1,
          .h = s.rank() > 2 ? s[2] : 1,
          .w = s.rank() > 3 ? s[3] : 1};
}

const float* maybe(const Array* a) { return a ? a->data<float>() : nullptr; }

void clear_padding(Array& a) {
  const int64_t used = a.samples() % lanes;
  if (a.layout() != Layout::samples || is_few(a) || used == 0) return;
  const int64_t size = a.shape().per_sample();
  float* block = a.data<float>() + (blocks_of(a.samples()) - 1) * size * lanes;
  for (int64_t i = 0; i < size; ++i) std::fill(block + i * lanes + used, block + (i + 1) * lanes, 0.0f);
}

int64_t row_at(const Array& position) { return static_cast<int64_t>(position.data<float>()[0]); }

// Memory that grows to the largest size ever asked for and then stays; it begins at a line of the cache.
class Scratch {
 public:
  float* floats(int64_t count) {
    const auto needed = static_cast<size_t>(count + lanes);
    if (memory_.size() < needed) memory_.resize(needed);
    return memory_.data() +
           (lanes - reinterpret_cast<uintptr_t>(memory_.data()) / sizeof(float) % lanes) % lanes;
  }

 private:
  std::vector<float> memory_;
};

float* memory_of_thread(int64_t count) {
  thread_local Scratch memory;
  return memory.floats(count);
}

// A batch in lanes, whichever way the array lies: of a few samples a copy, and of what a call writes the way back at the end.
// The memory for the copies stays. One number per sample lies alike either way: sixteen of them.
class InLanes {
 public:
  class Memory {
    friend InLanes;
    static constexpr int most = 4;  // batches in one call
    Scratch copies_[most];
  };

  explicit InLanes(Memory& memory) : memory_(memory) {}
  ~InLanes() {
    for (int k = 0; k < copies_; ++k)
      if (Array* to = back_[k]) {
        const int64_t size = to->shape().per_sample();
        const float* from = memory_.copies_[k].floats(0);
        for (int64_t n = 0; n < to->samples(); ++n)
          for (int64_t i = 0; i < size; ++i) to->data<float>()[n * size + i] = from[i * lanes + n];
      }
  }
  InLanes(const InLanes&) = delete;
  InLanes& operator=(const InLanes&) = delete;

  Batch read(const Array& a) {
    Batch b = batch_of(a);
    if (!is_few(a)) return b;
    const float* from = b.data;
    b.data = next(b, nullptr);
    const int64_t size = a.shape().per_sample();
    for (int64_t i = 0; i < size; ++i)
      for (int64_t n = 0; n < lanes; ++n) b.data[i * lanes + n] = n < b.samples ? from[n * size + i] : 0.0f;
    return b;
  }
  Batch write(Array& a) {  // all of it
    Batch b = batch_of(a);
    if (is_few(a)) b.data = next(b, &a);
    return b;
  }

 private:
  float* next(const Batch& b, Array* back) {
    back_[copies_] = back;
    return memory_.copies_[copies_++].floats(b.block_size());
  }

  Memory& memory_;
  Array* back_[Memory::most];
  int copies_ = 0;
};

}  // namespace

// Copies where the rows of all channels that a row of outputs meets do not fit the second cache; where each number meets few
// taps, so that reading is what takes the time; and where many planes, each of which begins a power of two after the other,
// want the same places of the caches.
int64_t cpu::Correlation::cut_into_bands() {
  constexpr int64_t line = lanes * static_cast<int64_t>(sizeof(float));
  const int64_t bytes = x.c * x.positions() * line, window = x.c * x.w * kernel_rows * line;
  const bool far_apart = bytes > band_bytes && x.c >= 32 && y.c >= 32,
             few_taps = bytes > 4 * band_bytes && y.c >= 8 && step == 1 &&
                        kernel_rows * kernel_columns <= 3 * stride * stride;
  copies = window > band_bytes || far_apart || few_taps;
  if (!copies) return 0;
  const auto met_by = [&](int64_t outputs, int64_t kernel) { return (outputs - 1) * stride + kernel; };
  const auto rows_at_once = [&] {
    return (band_bytes / line / x.c / met_by(band_columns, kernel_columns) - kernel_rows) / stride + 1;
  };
  constexpr int64_t most_columns = 48, least_columns = 12, tile = 6;
  band_columns = std::min(columns, most_columns);
  while (band_columns > least_columns && rows_at_once() < 2) band_columns -= tile;
  band_rows = std::clamp<int64_t>(rows_at_once(), 1, rows);
  return x.c * met_by(band_rows, kernel_rows) * met_by(band_columns, kernel_columns) * lanes;
}

// A plane of x has as many lines as stride² of gy: groups whose planes of both have about as many read the least for each sum.
// With a stride a band's x shall stay in the first cache while its filter rows and outputs meet it: half as many multiply-adds
// meet each line that the second would have to deliver.
void cpu::WeightGradient::cut(int threads) {
  const int64_t kernel = window.kernel, stride = window.stride, taps = kernel * kernel;
  const bool in_pairs = kernel == 3 || kernel == 7 || gy.c == 1;
  const int64_t together = kernel == 1 ? 4 : in_pairs ? 2 : 1;  // input channels in the registers
  tiles_at_once = std::clamp<int64_t>(8 * stride / kernel, 1, tile_count(gy.c));
  const int64_t most = most_sums / (4 * taps * tiles_at_once);
  channels_at_once = std::min(x.c, std::max<int64_t>(1, most / together * together));
  const int64_t enough = threads == 1 ? 1 : 8 * threads;
  while (groups() < enough && channels_at_once > together)
    channels_at_once = (channels_at_once / 2 + together - 1) / together * together;
  while (groups() < enough && tiles_at_once > 1) tiles_at_once = (tiles_at_once + 1) / 2;
  constexpr int64_t first_cache = int64_t{32} << 10, line = lanes * static_cast<int64_t>(sizeof(float));
  const int64_t x_bytes = together * stride * x.w * line, gy_bytes = 4 * tiles_at_once * gy.w * line;
  rows_at_once = stride > 1 ? first_cache / x_bytes : band_bytes / (x_bytes + gy_bytes);
  rows_at_once = std::clamp<int64_t>(rows_at_once, 1, gy.h);
}

namespace {

class CpuBackend final : public Backend {
 public:
  CpuBackend(int threads, Simd simd, Blas blas)
      : pool_(threads), simd_(simd), blas_(blas), k_(kernels_for(simd)) {}

  std::string name() const override {
    return "cpu (" + simd_name(simd_) + ", " + std::to_string(pool_.threads()) +
           (pool_.threads() == 1 ? " thread" : " threads") + (blas_ == Blas::openblas ? ", openblas" : "") +
           ")";
  }
  int threads() const override { return pool_.threads(); }
  int host_threads() const override { return pool_.threads(); }
  std::unique_ptr<Backend> on_host(int threads) const override {
    return make_cpu_backend({threads > 0 ? threads : pool_.threads(), simd_, blas_});
  }
  bool supports(DType type) const override { return type == DType::f32; }
  int64_t most_trained_kernel() const override {
    return blas_ == Blas::openblas ? Backend::most_trained_kernel() : most_kernel;
  }

  std::shared_ptr<void> allocate(const Shape& shape, Layout layout, DType) override {
    const auto bytes = static_cast<size_t>(std::max<int64_t>(1, stored_count(shape, layout))) * sizeof(float);
    void* memory = system::allocate_aligned(64, bytes);
    if (!memory) throw std::bad_alloc();
    std::memset(memory, 0, bytes);
    return {memory, system::free_aligned};
  }

  void upload(const void* c_order, Array& to) override {
    const auto* from = static_cast<const float*>(c_order);
    if (to.layout() == Layout::plain) {
      std::copy_n(from, to.shape().count(), to.data<float>());
      return;
    }
    const int64_t size = to.shape().per_sample(), samples = to.samples();
    interleave(to, [&](int64_t n) { return n < samples ? from + n * size : nullptr; });
  }

  void download(const Array& from, void* c_order) override {
    auto* to = static_cast<float*>(c_order);
    if (from.layout() == Layout::plain || is_few(from)) {
      std::copy_n(from.data<float>(), from.shape().count(), to);
      return;
    }
    const int64_t size = from.shape().per_sample();
    const float* data = from.data<float>();
    for (int64_t n = 0; n < from.samples(); ++n)
      for (int64_t i = 0; i < size; ++i)
        to[n * size + i] = data[((n / lanes) * size + i) * lanes + n % lanes];
  }

  void copy(const Array& from, Array& to) override {
    const int64_t runs = runs_of(to);
    share(runs * lanes, runs, [&](Range r) {
      std::copy(from.data<float>() + r.first * lanes, from.data<float>() + r.last * lanes,
                to.data<float>() + r.first * lanes);
    });
  }

  void fill(Array& a, double value) override {
    std::fill_n(a.data<float>(), runs_of(a) * lanes, static_cast<float>(value));
    clear_padding(a);
  }

  void gather(const Array& from, std::span<const int32_t> index, Array& to) override {
    const int64_t size = from.shape().per_sample(), samples = static_cast<int64_t>(index.size());
    interleave(to, [&](int64_t n) {
      return n < samples ? from.data<float>() + index[static_cast<size_t>(n)] * size : nullptr;
    });
  }
  // One number per sample lies as in a plain array, so both layouts of a row are copied alike.
  void read_row(const Array& table, const Array& position, Array& row) override {
    const int64_t count = row.shape().count();
    std::copy_n(table.data<float>() + row_at(position) * count, count, row.data<float>());
    clear_padding(row);
  }
  void write_row(const Array& row, const Array& position, Array& table) override {
    const int64_t count = row.shape().count();
    std::copy_n(row.data<float>(), count, table.data<float>() + row_at(position) * count);
  }

  // ---- convolution and dense layers

  void conv2d(const Array& x, const Array& w, const Array* bias, Window v, Array& y) override {
    if (blas_ == Blas::openblas) {
      InLanes l(in_lanes_);
      return openblas::conv2d(l.read(x), w.data<float>(), maybe(bias), v, l.write(y), pool_);
    }
    const int64_t in = w.shape()[1], taps = v.kernel * v.kernel;
    const float* source = w.data<float>();
    correlate({.x = batch_of(x),
               .y = batch_of(y),
               .packed = nullptr,
               .bias = maybe(bias),
               .kernel_rows = v.kernel,
               .kernel_columns = v.kernel,
               .stride = v.stride,
               .top = -v.padding,
               .left = -v.padding,
               .rows = y.shape()[2],
               .columns = y.shape()[3]},
              is_few(x), source,
              [&](int64_t o, int64_t c, int64_t tap) { return source[(o * in + c) * taps + tap]; });
  }

  void conv2d_input_gradient(const Array& gy, const Array& w, Window v, Array& gx) override {
    if (blas_ == Blas::openblas) {
      InLanes l(in_lanes_);
      return openblas::conv2d_input_gradient(l.read(gy), w.data<float>(), v, l.write(gx), pool_);
    }
    // A correlation too, of gy with the turned filters, input and output channels exchanged. With a stride of s, the
    // positions of gx whose row and column leave the same rests mod s meet the same taps, every s-th of them, and
    // neighbouring positions of gy: each pair of rests is a correlation of its own. Every sum goes through gy in order.
    const int64_t out = w.shape()[1], s = v.stride, kernel = v.kernel;
    const float* source = w.data<float>();
    struct Taps {  // of one rest
      int64_t first, count, begin;
    };
    const auto taps_of = [&](int64_t rest) {
      const int64_t first = (rest + v.padding) % s, count = first < kernel ? (kernel - first + s - 1) / s : 0;
      return Taps{first, count, (rest + v.padding) / s - (count - 1)};
    };
    const int64_t height = gx.shape()[2], width = gx.shape()[3];
    for (int64_t a = 0; a < std::min(s, height); ++a)
      for (int64_t b = 0; b < std::min(s, width); ++b) {
        const Taps down = taps_of(a), across = taps_of(b);
        correlate({.x = batch_of(gy),
                   .y = batch_of(gx),
                   .packed = nullptr,
                   .bias = nullptr,
                   .kernel_rows = down.count,
                   .kernel_columns = across.count,
                   .stride = 1,
                   .top = down.begin,
                   .left = across.begin,
                   .rows = (height - a + s - 1) / s,
                   .columns = (width - b + s - 1) / s,
                   .step = s,
                   .first_row = a,
                   .first_column = b},
                  is_few(gy), nullptr, [&](int64_t o, int64_t c, int64_t tap) {
                    const int64_t k = down.first + (down.count - 1 - tap / across.count) * s,
                                  l = across.first + (across.count - 1 - tap % across.count) * s;
                    return source[((c * out + o) * kernel + k) * kernel + l];
                  });
      }
  }

  void conv2d_weight_gradient(const Array& x, const Array& gy, Window v, Array& gw) override {
    InLanes l(in_lanes_);
    if (blas_ == Blas::openblas)
      return openblas::conv2d_weight_gradient(l.read(x), l.read(gy), v, gw.data<float>(), pool_);
    if (v.kernel > most_kernel)  // conv2d has said so before the first step; this guards the kernel's stack
      throw std::invalid_argument("[conv2d] the cpu backend trains kernels up to " +
                                  std::to_string(most_kernel) + " wide, found " + std::to_string(v.kernel));
    WeightGradient job{l.read(x), l.read(gy), gw.data<float>(), v};
    job.cut(pool_.threads());
    pool_.run(job.groups(), [&](Range r) { k_.weight_gradient(job, r); });
  }

  void dense(const Array& x, const Array& w, const Array* bias, Array& y) override {
    if (is_few(x) && blas_ == Blas::builtin) {
      const FewProduct job{x.data<float>(), w.data<float>(), maybe(bias), y.data<float>(),
                           x.shape()[0],    w.shape()[1],    w.shape()[0]};
      return share(w.shape().count() * job.samples, job.units(k_.width),
                   [&](Range r) { k_.dense_few(job, r); });
    }
    InLanes l(in_lanes_);
    product({l.read(x), l.write(y), w.data<float>(), maybe(bias), w.shape()[1], 1});
  }
  void dense_input_gradient(const Array& gy, const Array& w, Array& gx) override {
    InLanes l(in_lanes_);
    product({l.read(gy), l.write(gx), w.data<float>(), nullptr, 1, w.shape()[1]});
  }
  void dense_weight_gradient(const Array& x, const Array& gy, Array& gw) override {
    InLanes l(in_lanes_);
    const Batch xb = l.read(x), gb = l.read(gy);
    if (blas_ == Blas::openblas) return openblas::dense_weight_gradient(xb, gb, gw.data<float>(), pool_);
    const int64_t of_x = xb.blocks * xb.block_size(), of_gy = gb.blocks * gb.block_size();
    float* const copies = packed_.floats(of_x + of_gy);
    share(of_x, xb.c, [&](Range r) { k_.copy_channels(xb, r, copies); });
    share(of_gy, gb.c, [&](Range r) { k_.copy_channels(gb, r, copies + of_x); });
    const DenseWeightGradient job{copies, copies + of_x, gw.data<float>(), xb.blocks, xb.c, gb.c};
    pool_.run(tile_count(gb.c), [&](Range r) { k_.dense_weight_gradient(job, r); });
  }

  void channel_sum(const Array& x, Array& s) override {
    InLanes l(in_lanes_);
    const Batch b = l.read(x);
    float* partial = partials(b, [&](float* p, Range r) { k_.partial_sum(b, p, r); });
    close(b, partial, 1.0f, s.data<float>());
  }

  // ---- resampling

  void max_pool2d(const Array& x, Window v, Array& y) override {
    InLanes l(in_lanes_);
    const Batch xb = l.read(x), yb = l.write(y);
    planes(xb, [&](Range r) { k_.max_pool2d(xb, v, yb, r); });
  }
  void max_pool2d_gradient(const Array& x, const Array& y, const Array& gy, Window v, Array& gx) override {
    InLanes l(in_lanes_);
    const Batch xb = l.read(x), yb = l.read(y), gyb = l.read(gy), gxb = l.write(gx);
    planes(xb, [&](Range r) { k_.max_pool2d_gradient(xb, yb, gyb, v, gxb, r); });
  }
  void upsample_nearest(const Array& x, int64_t scale, Array& y) override {
    InLanes l(in_lanes_);
    const Batch xb = l.read(x), yb = l.write(y);
    planes(yb, [&](Range r) { k_.upsample_nearest(xb, scale, yb, r); });
  }
  void upsample_nearest_gradient(const Array& gy, int64_t scale, Array& gx) override {
    InLanes l(in_lanes_);
    const Batch gyb = l.read(gy), gxb = l.write(gx);
    planes(gyb, [&](Range r) { k_.upsample_nearest_gradient(gyb, scale, gxb, r); });
  }

  // ---- batch normalisation

  void channel_moments(const Array& x, Array& mean, Array& variance) override {
    InLanes l(in_lanes_);
    const Batch b = l.read(x);
    const auto m = static_cast<float>(b.samples * b.positions());
    float* partial = partials(b, [&](float* p, Range r) { k_.partial_sum(b, p, r); });
    close(b, partial, m, mean.data<float>());
    partials(b, [&](float* p, Range r) { k_.partial_square(b, mean.data<float>(), p, r); });
    close(b, partial, m, variance.data<float>());
  }

  void inverse_std(const Array& variance, double epsilon, Array& inverse_std) override {
    for (int64_t c = 0; c < variance.shape().count(); ++c)
      inverse_std.data<float>()[c] =
          1.0f / std::sqrt(variance.data<float>()[c] + static_cast<float>(epsilon));
  }

  void normalise(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                 const Array* bias, Array& y) override {
    InLanes l(in_lanes_);
    const Batch xb = l.read(x), yb = l.write(y);
    planes(xb, [&](Range r) {
      k_.normalise(xb, mean.data<float>(), inverse_std.data<float>(), maybe(weight), maybe(bias), yb, r);
    });
  }

  void batch_norm_gradient(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                           const Array& gy, Array& gx, Array& gweight, Array& gbias) override {
    InLanes l(in_lanes_);
    const Batch xb = l.read(x), gyb = l.read(gy), gxb = l.write(gx);
    const float *mu = mean.data<float>(), *inverse = inverse_std.data<float>();
    const float* partial = partials(gyb, [&](float* p, Range r) { k_.partial_sum(gyb, p, r); });
    close(gyb, partial, 1.0f, gbias.data<float>());
    partials(xb, [&](float* p, Range r) { k_.partial_product(xb, mu, inverse, gyb, p, r); });
    close(xb, partial, 1.0f, gweight.data<float>());
    through_moments(xb, mu, inverse, maybe(weight), gyb, gweight.data<float>(), gbias.data<float>(), gxb);
    clear_padding(gx);
  }

  void normalise_leaky_relu(const Array& x, const Array& mean, const Array& inverse_std, const Array* weight,
                            const Array* bias, double slope, Resample then, Array& y) override {
    const Batch xb = batch_of(x), yb = batch_of(y);
    const Activation job = activation(mean, inverse_std, weight, bias, slope, then);
    if (is_few(x))
      return share(x.shape().count(), xb.samples * xb.c,
                   [&](Range r) { k_.normalise_leaky_relu_few(xb, job, yb, r); });
    planes(xb, [&](Range r) { k_.normalise_leaky_relu(xb, job, yb, r); });
  }

  void normalise_leaky_relu_gradient(const Array& x, const Array& mean, const Array& inverse_std,
                                     const Array* weight, const Array* bias, double slope, Resample then,
                                     const Array& gy, Array& gx, Array& gweight, Array& gbias) override {
    InLanes l(in_lanes_);
    const Batch xb = l.read(x), gyb = l.read(gy), gxb = l.write(gx);
    const Activation job = activation(mean, inverse_std, weight, bias, slope, then);
    const int64_t units = xb.c * xb.blocks;
    float *partial = partial_.floats(2 * units * lanes), *products = partial + units * lanes;
    planes(xb, [&](Range r) { k_.leaky_relu_gradient_sums(xb, job, gyb, gxb, partial, products, r); });
    close(xb, partial, 1.0f, gbias.data<float>());
    close(xb, products, 1.0f, gweight.data<float>());
    through_moments(xb, job.mean, job.inverse_std, job.weight, gxb, gweight.data<float>(),
                    gbias.data<float>(), gxb);
    clear_padding(gx);
  }

  void update_running(const Array& batch, double momentum, double factor, Array& running) override {
    const auto keep = static_cast<float>(1 - momentum), take = static_cast<float>(momentum * factor);
    for (int64_t c = 0; c < batch.shape().count(); ++c)
      running.data<float>()[c] =
          fused_multiply_add(keep, running.data<float>()[c], take * batch.data<float>()[c]);
  }

  // ---- pointwise

  void unary(Unary f, double parameter, const Array& x, Array& y) override {
    runs(x,
         [&](Range r) { k_.unary(f, static_cast<float>(parameter), x.data<float>(), y.data<float>(), r); });
  }
  void unary_gradient(Unary f, double parameter, const Array& x, const Array& y, const Array& gy,
                      Array& gx) override {
    runs(x, [&](Range r) {
      k_.unary_gradient(f, static_cast<float>(parameter), x.data<float>(), y.data<float>(), gy.data<float>(),
                        gx.data<float>(), r);
    });
  }
  void binary(Binary f, const Array& a, const Array& b, Array& y) override {
    const bool single = !(a.shape() == b.shape());
    runs(a, [&](Range r) { k_.binary(f, a.data<float>(), b.data<float>(), single, y.data<float>(), r); });
  }

  // ---- reductions

  void sum_samples(const Array& x, Array& sum) override {
    sum.data<float>()[0] =
        reference::sum_over_samples<float>(x.samples(), [&](int64_t n) { return x.data<float>()[n]; });
  }
  void mean_samples(const Array& x, Array& mean) override {
    sum_samples(x, mean);
    mean.data<float>()[0] = mean.data<float>()[0] / static_cast<float>(x.samples());
  }
  void spread_samples(const Array& g, double divisor, Array& gx) override {
    std::fill_n(gx.data<float>(), runs_of(gx) * lanes, g.data<float>()[0] / static_cast<float>(divisor));
    clear_padding(gx);
  }
  void squared_distance(const Array& a, const Array& b, Array& d) override {
    InLanes l(in_lanes_);
    const bool point = b.layout() == Layout::plain;
    const Batch ab = l.read(a);
    const float* to = point ? b.data<float>() : l.read(b).data;
    share(runs_of(a) * lanes, ab.blocks,
          [&](Range r) { k_.squared_distance(ab, to, point, d.data<float>(), r); });
  }
  void squared_distance_gradient(const Array& a, const Array& b, const Array& gd, Array& ga) override {
    InLanes l(in_lanes_);
    const bool point = b.layout() == Layout::plain;
    const Batch ab = l.read(a), gab = l.write(ga);
    const float* to = point ? b.data<float>() : l.read(b).data;
    share(runs_of(a) * lanes, ab.blocks,
          [&](Range r) { k_.squared_distance_gradient(ab, to, point, gd.data<float>(), gab.data, r); });
  }
  void nearest_point(const Array& a, const Array& points, const Array& alive, Array& index) override {
    InLanes l(in_lanes_);
    const Batch ab = l.read(a);
    share(runs_of(a) * lanes * points.shape()[0], ab.blocks, [&](Range r) {
      k_.nearest_point(ab, points.data<float>(), alive.data<float>(), points.shape()[0], index.data<float>(),
                       r);
    });
  }
  void nearest_candidates(const Array& x, const Array& slack, const Array& margin, bool others, Array& limit,
                          Array& count, Array& list) override {
    InLanes l(in_lanes_);
    const Batch xb = l.read(x), to = l.write(list);
    share(runs_of(x) * lanes, xb.blocks, [&](Range r) {
      k_.nearest_candidates(xb, slack.data<float>(), margin.data<float>(), others, limit.data<float>(),
                            count.data<float>(), to, r);
    });
  }
  void take(const Array& table, const Array& index, Array& to) override {
    const int64_t size = to.shape().per_sample(), samples = to.samples();
    const float *rows = table.data<float>(), *at = index.data<float>();
    interleave(to,
               [&](int64_t n) { return n < samples ? rows + static_cast<int64_t>(at[n]) * size : nullptr; });
  }
  void take_gradient(const Array& index, const Array& gy, Array& gtable) override {
    InLanes l(in_lanes_);
    const Batch g = l.read(gy);
    const int64_t rows = gtable.shape()[0], size = g.block_size() / lanes;
    float* partial = partial_.floats(size * rows * lanes);  // [F][K][16]
    share(g.blocks * g.block_size() + rows * size * lanes, size, [&](Range r) {
      for (int64_t f = r.first; f < r.last; ++f) {
        float* sums = partial + f * rows * lanes;
        std::fill_n(sums, rows * lanes, 0.0f);
        for (int64_t n = 0; n < g.samples; ++n) {
          float& sum = sums[static_cast<int64_t>(index.data<float>()[n]) * lanes + n % lanes];
          sum = sum + g.data[n / lanes * g.block_size() + f * lanes + n % lanes];
        }
        for (int64_t k = 0; k < rows; ++k) {
          std::array<float, lanes> s;
          std::copy_n(sums + k * lanes, lanes, s.begin());
          gtable.data<float>()[k * size + f] = reference::tree_sum(s);
        }
      }
    });
  }
  void root_quantile(const Array& x, double q, Array& result) override {
    float* values = coefficients_.floats(x.samples());
    std::copy_n(x.data<float>(), x.samples(), values);
    result.data<float>()[0] = reference::root_quantile(values, x.samples(), q);
  }

  // ---- updates

  void adam(const AdamConstants& constants, const Array& rates, const Array& g, Array& m, Array& v,
            Array* v_max, Array& p) override {
    runs(p, [&](Range r) {
      k_.adam(constants, rates.data<float>(), g.data<float>(), m.data<float>(), v.data<float>(),
              v_max ? v_max->data<float>() : nullptr, p.data<float>(), r);
    });
  }
  void sgd(double momentum, double weight_decay, const Array& rates, const Array& g, Array& velocity,
           Array& p) override {
    runs(p, [&](Range r) {
      k_.sgd(rates.data<float>()[0], static_cast<float>(momentum), static_cast<float>(weight_decay),
             g.data<float>(), velocity.data<float>(), p.data<float>(), r);
    });
  }
  void adagrad(double epsilon, double weight_decay, const Array& rates, const Array& g, Array& sum,
               Array& p) override {
    runs(p, [&](Range r) {
      k_.adagrad(rates.data<float>()[0], static_cast<float>(epsilon), static_cast<float>(weight_decay),
                 g.data<float>(), sum.data<float>(), p.data<float>(), r);
    });
  }

 private:
  // Shares `units` among the threads where `numbers` make it worth while.
  template <class Work>
  void share(int64_t numbers, int64_t units, Work work) {
    if (numbers < worth_threads)
      work(Range{0, units});
    else
      pool_.run(units, work);
  }
  template <class Work>
  void runs(const Array& a, Work work) {
    share(runs_of(a) * lanes, runs_of(a), work);
  }
  template <class Work>
  void planes(const Batch& b, Work work) {
    share(b.blocks * b.block_size(), b.c * b.blocks, work);
  }

  // Fills `to`, sample by sample, from rows in C order; a null row stands for padding and becomes zeros.
  template <class RowOf>
  void interleave(Array& to, RowOf row_of) {
    const int64_t size = to.shape().per_sample(), blocks = blocks_of(to.samples());
    if (is_few(to)) {
      for (int64_t n = 0; n < to.samples(); ++n) std::copy_n(row_of(n), size, to.data<float>() + n * size);
      return;
    }
    share(blocks * size * lanes, blocks, [&](Range r) {
      for (int64_t block = r.first; block < r.last; ++block) {
        const float* rows[lanes];
        for (int64_t l = 0; l < lanes; ++l) rows[l] = row_of(block * lanes + l);
        float* data = to.data<float>() + block * size * lanes;
        for (int64_t i = 0; i < size; ++i)
          for (int64_t l = 0; l < lanes; ++l) data[i * lanes + l] = rows[l] ? rows[l][i] : 0.0f;
      }
    });
  }

  // Weights in the order in which the correlation reads them: by tile of output channels, then
  // [c][k][l][channel].
  template <class WeightAt>
  const float* pack(int64_t out, int64_t in, int64_t taps, WeightAt weight_at) {
    float* packed = packed_.floats(out * in * taps);
    share(out * in * taps, tile_count(out), [&](Range r) {
      for (int64_t u = r.first; u < r.last; ++u) {
        const Tile tile = tile_of(u, out);
        float* p = packed + tile.first * in * taps;
        for (int64_t c = 0; c < in; ++c)
          for (int64_t tap = 0; tap < taps; ++tap)
            for (int64_t t = 0; t < tile.size; ++t) *p++ = weight_at(tile.first + t, c, tap);
      }
    });
    return packed;
  }

  // in_order: the weights as [o][c][tap], where they lie so.
  template <class WeightAt>
  void correlate(Correlation job, bool few, const float* in_order, WeightAt weight_at) {
    const int64_t taps = job.kernel_rows * job.kernel_columns;
    if (few)
      return correlate_few(job, in_order ? in_order : rows_of_weights(job.y.c, job.x.c, taps, weight_at));
    job.packed = pack(job.y.c, job.x.c, taps, weight_at);
    job.past_caches = job.y.blocks * job.y.block_size() > more_than_caches;
    const int64_t copied = job.cut_into_bands();
    pool_.run(job.units(),
              [&](Range r) { k_.correlate(job, r, copied ? memory_of_thread(copied) : nullptr); });
  }

  template <class WeightAt>
  const float* rows_of_weights(int64_t out, int64_t in, int64_t taps, WeightAt weight_at) {
    float* rows = packed_.floats(out * in * taps);
    share(out * in * taps, out, [&](Range r) {
      float* p = rows + r.first * in * taps;
      for (int64_t o = r.first; o < r.last; ++o)
        for (int64_t c = 0; c < in; ++c)
          for (int64_t tap = 0; tap < taps; ++tap) *p++ = weight_at(o, c, tap);
    });
    return rows;
  }

  void correlate_few(const Correlation& of, const float* weights) {
    const FewGeometry& geometry = geometry_of(of);
    const int64_t planes = of.x.samples * of.x.c;
    FewCorrelation job{.x = geometry.cut(of.x.data, planes, planes_.floats(geometry.cut_size(planes))),
                       .w = weights,
                       .bias = of.bias,
                       .y = of.y.data,
                       .samples = of.x.samples,
                       .in = of.x.c,
                       .out = of.y.c,
                       .x_plane = 0,
                       .y_plane = of.y.positions(),
                       .columns = of.columns,
                       .y_columns = of.y.w,
                       .step = of.step,
                       .first = of.first_row * of.y.w + of.first_column,
                       .taps = 0,
                       .taps_in_row = 0,
                       .vector_count = 0,
                       .tap_at = nullptr,
                       .vectors = nullptr,
                       .inside = nullptr,
                       .between_zeros = false};
    geometry.describe(job);
    share(planes * of.rows * of.columns * job.taps, job.units(), [&](Range r) { k_.correlate_few(job, r); });
  }

  // A network meets the same few again and again.
  const FewGeometry& geometry_of(const Correlation& job) {
    for (const FewGeometry& g : geometries_)
      if (g.is_of(job)) return g;
    constexpr size_t most = 32;
    if (geometries_.size() == most) geometries_.erase(geometries_.begin());
    return geometries_.emplace_back(job, k_.width);
  }

  void product(const MatrixProduct& job) {
    if (blas_ == Blas::openblas) return openblas::product(job, pool_);
    share(job.y.blocks * job.y.c * job.x.c, k_.product_units(job), [&](Range r) { k_.product(job, r); });
  }

  static Activation activation(const Array& mean, const Array& inverse_std, const Array* weight,
                               const Array* bias, double slope, Resample then) {
    return {mean.data<float>(), inverse_std.data<float>(), maybe(weight),
            maybe(bias),        static_cast<float>(slope), then};
  }

  // The last step of batch norm's backward pass: from the gradient gy at its output and the sums Σ gy·x̂ and Σ
  // gy to the gradient at its input. gx may be gy.
  void through_moments(const Batch& x, const float* mean, const float* inverse, const float* weight,
                       const Batch& gy, const float* gweight, const float* gbias, const Batch& gx) {
    const auto m = static_cast<float>(x.samples * x.positions());
    float *a = coefficients_.floats(3 * x.c), *b = a + x.c, *factor = b + x.c;
    for (int64_t c = 0; c < x.c; ++c) {
      a[c] = gbias[c] / m;
      b[c] = gweight[c] / m;
      factor[c] = weight ? inverse[c] * weight[c] : inverse[c];
    }
    planes(x, [&](Range r) { k_.normalise_gradient(x, mean, inverse, a, b, factor, gy, gx, r); });
  }

  // Sums over the positions of each (channel, block): [C][blocks][16].
  template <class Kernel>
  float* partials(const Batch& b, Kernel kernel) {
    float* partial = partial_.floats(b.c * b.blocks * lanes);
    planes(b, [&](Range r) { kernel(partial, r); });
    return partial;
  }
  // Adds the blocks in order, lane by lane, closes with the tree and divides.
  void close(const Batch& b, const float* partial, float divisor, float* result) {
    for (int64_t c = 0; c < b.c; ++c) {
      const float* p = partial + c * b.blocks * lanes;
      const float sum = reference::sum_over_samples<float>(b.samples, [&](int64_t n) { return p[n]; });
      result[c] = divisor == 1.0f ? sum : sum / divisor;
    }
  }

  ThreadPool pool_;
  Simd simd_;
  Blas blas_;
  const Kernels& k_;
  Scratch packed_, planes_, partial_, coefficients_;
  InLanes::Memory in_lanes_;
  std::vector<FewGeometry> geometries_;
};

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(const CpuOptions& options) {
  const Simd simd = options.simd == Simd::automatic ? best_simd() : options.simd;
  if (!simd_available(simd))
    throw std::invalid_argument("this machine has no " + simd_name(simd) + "; it can run " +
                                simd_name(best_simd()) +
                                " (leave the choice to the program, which takes the best)");
  if (options.threads < 0)
    throw std::invalid_argument("the number of threads must be at least 1, found " +
                                std::to_string(options.threads));
  if (options.blas == Blas::openblas && !openblas::available())
    throw std::invalid_argument(
        "this build has no OpenBLAS: install libopenblas-dev and build again, or use the built-in products");
  const int threads = threads_to_start(options.threads);
  if (options.blas == Blas::openblas) openblas::require(threads);
  return entered(std::make_unique<CpuBackend>(threads, simd, options.blas));
}

}  // namespace engine
