// What a call of a backend's operation is, for the parity test, and how its shapes and numbers are drawn.
#pragma once
#include <algorithm>
#include <functional>
#include <initializer_list>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "engine/backend.h"
#include "engine/random.h"

namespace engine_tests {

using engine::Array;
using engine::Backend;
using engine::Layout;
using engine::Shape;
using engine::Window;

// What an array of a call is for.
enum class Role {
  value,           // read; of a batch, what lies behind the last sample may be anything finite
  gradient,        // read; of a batch, zeros lie behind the last sample
  state,           // updated in place
  output,          // assigned: holds NaN before the call
  gradient_output  // assigned, and fit to be read as a gradient
};

struct Operand {
  Role role;
  Layout layout;
  Shape shape;
  std::vector<float> numbers;  // in C order; none for outputs
};

using Arrays = std::vector<Array>;

struct Call {
  std::string parameters;  // for messages: "kernel 5, stride 1, padding 2"
  std::vector<Operand> operands;
  std::function<void(Backend&, Arrays&)> run;
  bool heavy = false;  // runs on fewer backends
};

// Numbers drawn for one call: a stream, and how far it has been read.
class Draw {
 public:
  Draw(const std::string& row, int call) : call_(call), stream_(1, row + "/" + std::to_string(call)) {}

  int call() const { return call_; }
  int64_t between(int64_t low, int64_t high) {  // both included
    return low + static_cast<int64_t>(stream_.below(static_cast<uint64_t>(high - low + 1), next_++));
  }
  bool coin() { return between(0, 1) == 1; }
  double one_of(std::initializer_list<double> values) {
    return values.begin()[between(0, static_cast<int64_t>(values.size()) - 1)];
  }

  std::vector<float> normal(const Shape& shape) {
    return numbers(shape, [&] { return stream_.normal(next_++); });
  }
  std::vector<float> positive(const Shape& shape) {
    return numbers(shape, [&] { return 0.01f + stream_.uniform(next_++); });
  }
  std::vector<float> few_values(const Shape& shape) {  // many ties
    return numbers(shape, [&] { return static_cast<float>(between(-1, 1)); });
  }
  // Normal numbers behind the ones that pointwise functions treat apart.
  std::vector<float> with_extremes(const Shape& shape) {
    using Limits = std::numeric_limits<float>;
    constexpr float extremes[] = {0.0f,
                                  -0.0f,
                                  Limits::denorm_min(),
                                  -Limits::denorm_min(),
                                  1e-39f,
                                  -1e-39f,
                                  Limits::min(),
                                  -Limits::min(),
                                  Limits::max(),
                                  Limits::lowest(),
                                  1e-20f,
                                  -1e-20f,
                                  86.6f,
                                  -86.6f,
                                  88.1f,
                                  -88.1f,
                                  1e10f,
                                  -1e10f,
                                  1.0f,
                                  -1.0f};
    std::vector<float> values = normal(shape);
    for (size_t i = 0; i < values.size() && i < std::size(extremes); ++i) values[i] = extremes[i];
    return values;
  }

  // Shapes. Batches hold 1 to 40 samples, with luck a whole number of blocks, or a few, which lie in another order.
  int64_t samples() {
    return coin() ? between(1, 40) : coin() ? between(1, 9) : between(1, 2) * 16 + between(-1, 1);
  }
  Shape images(int64_t most_channels = 19, int64_t smallest = 1, int64_t largest = 9) {
    return {samples(), between(1, most_channels), between(smallest, largest), between(smallest, largest)};
  }
  Shape batch() {  // scores, representations or images
    const int64_t rank = between(0, 2);
    return rank == 0 ? Shape{samples()} : rank == 1 ? Shape{samples(), between(1, 300)} : images();
  }
  Shape plain() { return {between(1, 19), between(1, 40)}; }

 private:
  template <class Next>
  static std::vector<float> numbers(const Shape& shape, Next next) {
    std::vector<float> values(static_cast<size_t>(shape.count()));
    for (float& v : values) v = next();
    return values;
  }

  int call_;
  engine::RandomStream stream_;
  uint64_t next_ = 0;
};

// ---- operands, and what several rows share

inline Operand value(Draw& d, Shape s) { return {Role::value, Layout::samples, s, d.normal(s)}; }
inline Operand gradient(Draw& d, Shape s) { return {Role::gradient, Layout::samples, s, d.normal(s)}; }
inline Operand output(Shape s) { return {Role::output, Layout::samples, s, {}}; }
inline Operand gradient_output(Shape s) { return {Role::gradient_output, Layout::samples, s, {}}; }
inline Operand parameter(Draw& d, Shape s) { return {Role::value, Layout::plain, s, d.normal(s)}; }
inline Operand positive_parameter(Draw& d, Shape s) { return {Role::value, Layout::plain, s, d.positive(s)}; }
inline Operand parameter_output(Shape s) { return {Role::output, Layout::plain, s, {}}; }
inline Operand state(Draw& d, Shape s) { return {Role::state, Layout::plain, s, d.normal(s)}; }
inline Operand positive_state(Draw& d, Shape s) { return {Role::state, Layout::plain, s, d.positive(s)}; }
inline Operand numbers(const std::vector<double>& known) {
  return {Role::value, Layout::plain, {static_cast<int64_t>(known.size())}, {known.begin(), known.end()}};
}

// Pooling and its like: half of the calls have ties in every window.
inline Operand value_with_ties(Draw& d, Shape s) {
  return {Role::value, Layout::samples, s, d.coin() ? d.few_values(s) : d.normal(s)};
}

struct Convolution {
  Shape x, w, y;
  Window window;
  std::string text() const {
    return "kernel " + std::to_string(window.kernel) + ", stride " + std::to_string(window.stride) +
           ", padding " + std::to_string(window.padding);
  }
  bool heavy() const { return w.count() * y.positions() > 500'000; }
};

// The first calls are the networks' own layers (with fewer rows where there are many channels, which changes
// no path through a kernel); then anything goes.
inline Convolution draw_convolution(Draw& d) {
  struct Layer {
    int64_t samples, in, out, height, width, padding;
  };
  constexpr Layer layers[] = {{17, 1, 8, 28, 28, 2}, {5, 8, 4, 14, 14, 2},  {3, 4, 2, 8, 8, 2},
                              {2, 8, 4, 14, 14, 3},  {1, 1, 8, 28, 28, 2},  {2, 3, 32, 4, 32, 2},
                              {2, 32, 64, 2, 16, 2}, {3, 64, 128, 1, 8, 2}, {16, 128, 8, 4, 4, 2}};
  const auto with = [](Shape x, int64_t out, Window v) {
    return Convolution{
        x, {out, x[1], v.kernel, v.kernel}, {x[0], out, v.output_extent(x[2]), v.output_extent(x[3])}, v};
  };
  if (d.call() < static_cast<int>(std::size(layers))) {
    const Layer& l = layers[d.call()];
    return with({l.samples, l.in, l.height, l.width}, l.out, {5, 1, l.padding});
  }
  const int64_t kernel = d.between(1, 5) > 1 ? d.between(1, 5) : d.between(6, 11);
  const Window window{kernel, d.between(1, 3) == 1 ? d.between(2, 4) : 1, d.between(0, kernel - 1)};
  const int64_t smallest = std::max<int64_t>(1, kernel - 2 * window.padding);
  const int64_t most_channels = kernel > 5 ? 5 : 19, out = d.between(1, most_channels);
  return with(d.images(most_channels, smallest, smallest + (kernel > 5 ? 3 : 8)), out, window);
}

}  // namespace engine_tests
