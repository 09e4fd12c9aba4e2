// One row for each operation of engine/backend.h. A new operation is one more row.
#pragma once
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/parity_calls.h"

namespace engine_tests {

struct Row {
  std::string op;
  int calls;  // how many are drawn
  Call (*draw)(Draw&);

  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.op; }
};

// ---- what several rows share

template <engine::Unary f>
Call draw_unary(Draw& d) {
  const Shape shape = d.coin() ? d.batch() : d.images(19, 9, 20);  // the larger ones are shared by threads
  const double parameter = d.one_of({0.01, 0.1, 1.0, 2.5});
  return {"parameter " + std::to_string(parameter),
          {{Role::value, Layout::samples, shape, d.with_extremes(shape)},
           output(shape),
           gradient(d, shape),
           gradient_output(shape)},
          [=](Backend& on, Arrays& a) {
            on.unary(f, parameter, a[0], a[1]);
            on.unary_gradient(f, parameter, a[0], a[1], a[2], a[3]);
          }};
}

template <engine::Binary f>
Call draw_binary(Draw& d) {
  const Shape shape = d.coin() ? d.batch() : d.images(19, 9, 20);
  const bool single = d.coin();  // b is one number
  const Layout layout = d.between(0, 3) == 0 ? Layout::plain : Layout::samples;
  std::vector<float> second = d.normal(single ? Shape{1} : shape);
  std::reverse(second.begin(), second.end());
  return {single ? "with one number" : "",
          {{Role::value, layout, shape, d.with_extremes(shape)},
           {Role::value, single ? Layout::plain : layout, single ? Shape{1} : shape, second},
           {Role::output, layout, shape, {}}},
          [](Backend& on, Arrays& a) { on.binary(f, a[0], a[1], a[2]); }};
}

inline Window draw_pooling(Draw& d) {
  return d.coin() ? Window{2, 2, 0} : Window{d.between(1, 4), d.between(1, 4), 0};
}
inline Shape pooled(const Shape& x, Window w) {
  return {x[0], x[1], w.output_extent(x[2]), w.output_extent(x[3])};
}

// A normalisation of images or representations: [0] x, [1] mean, [2] inverse_std, [3] weight, [4] bias.
struct Normalisation {
  Shape x;
  bool affine;
  std::vector<Operand> operands;

  explicit Normalisation(Draw& d, int64_t smallest = 1)
      : x(smallest == 1 && d.coin() ? Shape{d.samples(), d.between(1, 40)} : d.images(19, smallest, 14)),
        affine(d.coin()),
        operands{value_with_ties(d, x), parameter(d, {x[1]}), positive_parameter(d, {x[1]}),
                 parameter(d, {x[1]}), parameter(d, {x[1]})} {}
  std::string text() const { return affine ? "affine" : "no weight and bias"; }
  const Array* weight(const Arrays& a) const { return affine ? &a[3] : nullptr; }
  const Array* bias(const Arrays& a) const { return affine ? &a[4] : nullptr; }
  std::vector<Operand> with(std::initializer_list<Operand> more) const {
    std::vector<Operand> all = operands;
    all.insert(all.end(), more);
    return all;
  }
};

// Batch norm's fused forms: the normalisation of images, what follows it, the slope between.
struct Activation {
  Normalisation normalisation;
  engine::Resample then;
  double slope;
  Shape y;

  Activation(Draw& d, engine::Resample resample)
      : normalisation(d, 2), then(resample), slope(d.one_of({0.0, 0.01, 0.1})) {
    const Shape& x = normalisation.x;
    y = then == engine::Resample::none       ? x
        : then == engine::Resample::max_pool ? pooled(x, {2, 2, 0})
                                             : Shape{x[0], x[1], 2 * x[2], 2 * x[3]};
  }
};

template <engine::Resample then>
Call draw_activation(Draw& d) {
  const Activation f(d, then);
  const Normalisation& n = f.normalisation;
  return {n.text() + ", slope " + std::to_string(f.slope),
          n.with({output(f.y), gradient(d, f.y), gradient_output(n.x), parameter_output({n.x[1]}),
                  parameter_output({n.x[1]})}),
          [=](Backend& on, Arrays& a) {
            on.normalise_leaky_relu(a[0], a[1], a[2], n.weight(a), n.bias(a), f.slope, then, a[5]);
            on.normalise_leaky_relu_gradient(a[0], a[1], a[2], n.weight(a), n.bias(a), f.slope, then, a[6],
                                             a[7], a[8], a[9]);
          }};
}

inline Call draw_adam(Draw& d, bool amsgrad) {
  const Shape shape = d.coin() ? d.plain() : Shape{d.between(100, 300), d.between(100, 200)};
  const engine::AdamConstants constants{
      .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = d.one_of({0, 5e-7, 0.05})};
  const Operand rates = numbers({d.one_of({1e-2, 1e-3, 1e-5}), d.one_of({0.0316, 0.3, 1})});
  return {"",
          {rates, parameter(d, shape), state(d, shape), positive_state(d, shape), positive_state(d, shape),
           state(d, shape)},
          [=](Backend& on, Arrays& a) {
            on.adam(constants, a[0], a[1], a[2], a[3], amsgrad ? &a[4] : nullptr, a[5]);
          }};
}

// ---- the table

inline std::vector<Row> parity_rows() {
  using engine::Binary, engine::Resample, engine::Unary;
  return {
      {"upload_and_download", 20,
       [](Draw& d) -> Call {
         return {"", {value(d, d.batch()), parameter(d, d.plain())}, [](Backend&, Arrays&) {}};
       }},
      {"copy", 20,
       [](Draw& d) -> Call {
         const Shape batch = d.coin() ? d.batch() : d.images(19, 9, 20), plain = d.plain();
         return {"",
                 {value(d, batch), output(batch), parameter(d, plain), parameter_output(plain)},
                 [](Backend& on, Arrays& a) {
                   on.copy(a[0], a[1]);
                   on.copy(a[2], a[3]);
                 }};
       }},
      {"fill", 20,
       [](Draw& d) -> Call {
         const double number = d.normal({1})[0];
         return {"", {gradient_output(d.batch()), parameter_output(d.plain())}, [=](Backend& on, Arrays& a) {
                   on.fill(a[0], number);
                   on.fill(a[1], number);
                 }};
       }},
      {"gather", 20,
       [](Draw& d) -> Call {
         const Shape batch = d.coin() ? d.batch() : d.images(3, 20, 28);
         const Shape all = batch.with_samples(d.between(1, 100));
         std::vector<int32_t> index;  // with repetitions
         for (int64_t n = 0; n < batch[0]; ++n)
           index.push_back(static_cast<int32_t>(d.between(0, all[0] - 1)));
         return {"", {parameter(d, all), gradient_output(batch)}, [=](Backend& on, Arrays& a) {
                   on.gather(a[0], index, a[1]);
                 }};
       }},
      {"read_row", 30,
       [](Draw& d) -> Call {
         const int64_t rows = d.between(1, 40), count = d.coin() ? d.samples() : d.between(100, 300);
         const Shape table = count == 1 ? Shape{rows} : Shape{rows, count};
         const auto position = static_cast<double>(d.between(0, rows - 1));
         return {
             "row " + std::to_string(position),
             {parameter(d, table), numbers({position}), gradient_output({count}), parameter_output({count})},
             [](Backend& on, Arrays& a) {
               on.read_row(a[0], a[1], a[2]);
               on.read_row(a[0], a[1], a[3]);
             }};
       }},
      {"write_row", 30,
       [](Draw& d) -> Call {
         const int64_t rows = d.between(1, 40), count = d.coin() ? d.samples() : d.between(100, 300);
         const Shape table = count == 1 ? Shape{rows} : Shape{rows, count};
         const auto position = static_cast<double>(d.between(0, rows - 1)), other = d.one_of({0, position});
         return {"row " + std::to_string(position),
                 {value(d, {count}), parameter(d, {count}), numbers({position}), numbers({other}),
                  state(d, table), state(d, table)},
                 [](Backend& on, Arrays& a) {
                   on.write_row(a[0], a[2], a[4]);
                   on.write_row(a[1], a[3], a[5]);
                 }};
       }},

      {"conv2d", 60,
       [](Draw& d) -> Call {
         const Convolution c = draw_convolution(d);
         const bool bias = d.coin();
         return {
             c.text() + (bias ? ", bias" : ""),
             {value(d, c.x), parameter(d, c.w), parameter(d, {c.w[0]}), output(c.y)},
             [=](Backend& on, Arrays& a) { on.conv2d(a[0], a[1], bias ? &a[2] : nullptr, c.window, a[3]); },
             c.heavy()};
       }},
      {"conv2d_input_gradient", 60,
       [](Draw& d) -> Call {
         const Convolution c = draw_convolution(d);
         return {c.text(),
                 {gradient(d, c.y), parameter(d, c.w), gradient_output(c.x)},
                 [=](Backend& on, Arrays& a) { on.conv2d_input_gradient(a[0], a[1], c.window, a[2]); },
                 c.heavy()};
       }},
      {"conv2d_weight_gradient", 60,
       [](Draw& d) -> Call {
         const Convolution c = draw_convolution(d);
         return {c.text(),
                 {value(d, c.x), gradient(d, c.y), parameter_output(c.w)},
                 [=](Backend& on, Arrays& a) { on.conv2d_weight_gradient(a[0], a[1], c.window, a[2]); },
                 c.heavy()};
       }},
      {"dense", 40,
       [](Draw& d) -> Call {
         const int64_t n = d.samples(), in = d.between(1, 200), out = d.between(1, 70);
         const bool bias = d.coin();
         return {bias ? "bias" : "",
                 {value(d, {n, in}), parameter(d, {out, in}), parameter(d, {out}), output({n, out})},
                 [=](Backend& on, Arrays& a) { on.dense(a[0], a[1], bias ? &a[2] : nullptr, a[3]); }};
       }},
      {"dense_of_many_blocks", 10,
       [](Draw& d) -> Call {
         const int64_t n = d.between(41, 300), in = d.between(1, 40), out = d.between(1, 20);
         return {"",
                 {value(d, {n, in}), parameter(d, {out, in}), output({n, out}), gradient(d, {n, out}),
                  gradient_output({n, in}), parameter_output({out, in})},
                 [](Backend& on, Arrays& a) {
                   on.dense(a[0], a[1], nullptr, a[2]);
                   on.dense_input_gradient(a[3], a[1], a[4]);
                   on.dense_weight_gradient(a[0], a[3], a[5]);
                 }};
       }},
      {"dense_input_gradient", 40,
       [](Draw& d) -> Call {
         const int64_t n = d.samples(), in = d.between(1, 200), out = d.between(1, 70);
         return {"",
                 {gradient(d, {n, out}), parameter(d, {out, in}), gradient_output({n, in})},
                 [](Backend& on, Arrays& a) { on.dense_input_gradient(a[0], a[1], a[2]); }};
       }},
      {"dense_weight_gradient", 40,
       [](Draw& d) -> Call {
         const int64_t n = d.samples(), in = d.between(1, 200), out = d.between(1, 70);
         return {"",
                 {value(d, {n, in}), gradient(d, {n, out}), parameter_output({out, in})},
                 [](Backend& on, Arrays& a) { on.dense_weight_gradient(a[0], a[1], a[2]); }};
       }},
      {"channel_sum", 30,
       [](Draw& d) -> Call {
         const Shape x = d.coin() ? Shape{d.samples(), d.between(1, 40)} : d.images(19, 1, 16);
         return {"", {value(d, x), parameter_output({x[1]})}, [](Backend& on, Arrays& a) {
                   on.channel_sum(a[0], a[1]);
                 }};
       }},

      {"max_pool2d", 40,
       [](Draw& d) -> Call {
         const Window w = draw_pooling(d);
         const Shape x = d.images(19, w.kernel, 14), y = pooled(x, w);
         return {"window " + std::to_string(w.kernel) + ", stride " + std::to_string(w.stride),
                 {value_with_ties(d, x), output(y), gradient(d, y), gradient_output(x)},
                 [=](Backend& on, Arrays& a) {
                   on.max_pool2d(a[0], w, a[1]);
                   on.max_pool2d_gradient(a[0], a[1], a[2], w, a[3]);
                 }};
       }},
      {"upsample_nearest", 30,
       [](Draw& d) -> Call {
         const int64_t scale = d.coin() ? 2 : d.between(1, 4);
         const Shape x = d.images(), y{x[0], x[1], scale * x[2], scale * x[3]};
         return {"scale " + std::to_string(scale),
                 {value(d, x), output(y), gradient(d, y), gradient_output(x)},
                 [=](Backend& on, Arrays& a) {
                   on.upsample_nearest(a[0], scale, a[1]);
                   on.upsample_nearest_gradient(a[2], scale, a[3]);
                 }};
       }},

      {"channel_moments", 30,
       [](Draw& d) -> Call {
         const Shape x = d.coin() ? Shape{d.samples(), d.between(1, 40)} : d.images(19, 1, 16);
         return {"",
                 {value(d, x), parameter_output({x[1]}), parameter_output({x[1]})},
                 [](Backend& on, Arrays& a) { on.channel_moments(a[0], a[1], a[2]); }};
       }},
      {"inverse_std", 10,
       [](Draw& d) -> Call {
         const Shape c{d.between(1, 40)};
         return {"", {positive_parameter(d, c), parameter_output(c)}, [](Backend& on, Arrays& a) {
                   on.inverse_std(a[0], 1e-4, a[1]);
                 }};
       }},
      {"normalise", 30,
       [](Draw& d) -> Call {
         const Normalisation n(d);
         return {n.text(), n.with({output(n.x)}), [=](Backend& on, Arrays& a) {
                   on.normalise(a[0], a[1], a[2], n.weight(a), n.bias(a), a[5]);
                 }};
       }},
      {"batch_norm_gradient", 30,
       [](Draw& d) -> Call {
         const Normalisation n(d);
         return {n.text(),
                 n.with({gradient(d, n.x), gradient_output(n.x), parameter_output({n.x[1]}),
                         parameter_output({n.x[1]})}),
                 [=](Backend& on, Arrays& a) {
                   on.batch_norm_gradient(a[0], a[1], a[2], n.weight(a), a[5], a[6], a[7], a[8]);
                 }};
       }},
      {"normalise_leaky_relu", 30, draw_activation<Resample::none>},
      {"normalise_leaky_relu_max_pool", 30, draw_activation<Resample::max_pool>},
      {"normalise_leaky_relu_upsample", 30, draw_activation<Resample::upsample>},
      {"update_running", 10,
       [](Draw& d) -> Call {
         const Shape c{d.between(1, 40)};
         const double m = static_cast<double>(d.between(2, 1000));
         return {"", {parameter(d, c), state(d, c)}, [=](Backend& on, Arrays& a) {
                   on.update_running(a[0], 0.1, m / (m - 1), a[1]);
                 }};
       }},
      {"batch_statistics", 30,
       [](Draw& d) -> Call {
         const Shape x = d.coin() ? Shape{d.samples() + 1, d.between(1, 40)} : d.images(19, 2, 16), c{x[1]};
         return {"",
                 {value(d, x), parameter_output(c), parameter_output(c), parameter_output(c), state(d, c),
                  state(d, c)},
                 [](Backend& on, Arrays& a) {
                   on.batch_statistics(a[0], 1e-4, 0.1, a[1], a[2], a[3], a[4], a[5]);
                 }};
       }},

      {"leaky_relu", 20, draw_unary<Unary::leaky_relu>},
      {"relu", 20, draw_unary<Unary::relu>},
      {"elu", 20, draw_unary<Unary::elu>},
      {"sigmoid", 20, draw_unary<Unary::sigmoid>},
      {"square", 20, draw_unary<Unary::square>},
      {"scale", 20, draw_unary<Unary::scale>},
      {"exp", 20, draw_unary<Unary::exp>},
      {"add", 20, draw_binary<Binary::add>},
      {"subtract", 20, draw_binary<Binary::subtract>},
      {"multiply", 20, draw_binary<Binary::multiply>},
      {"pointwise_in_place", 20,  // as the tape adds gradients
       [](Draw& d) -> Call {
         const Shape batch = d.batch(), plain = d.plain();
         return {"",
                 {gradient(d, batch), gradient(d, batch), state(d, plain), parameter(d, plain)},
                 [](Backend& on, Arrays& a) {
                   on.binary(Binary::add, a[0], a[1], a[0]);
                   on.unary(Unary::scale, -1.0, a[0], a[0]);
                   on.binary(Binary::add, a[2], a[3], a[2]);
                   on.unary(Unary::square, 0.0, a[2], a[2]);
                 }};
       }},

      {"sum_samples", 20,
       [](Draw& d) -> Call {
         const Shape n{d.coin() ? d.samples() : d.between(1, 1000)};
         return {"", {value(d, n), parameter_output({1})}, [](Backend& on, Arrays& a) {
                   on.sum_samples(a[0], a[1]);
                 }};
       }},
      {"mean_samples", 20,
       [](Draw& d) -> Call {
         const Shape n{d.coin() ? d.samples() : d.between(1, 1000)};
         return {"", {value(d, n), parameter_output({1})}, [](Backend& on, Arrays& a) {
                   on.mean_samples(a[0], a[1]);
                 }};
       }},
      {"spread_samples", 20,
       [](Draw& d) -> Call {
         const Shape n{d.samples()};
         const double divisor = d.coin() ? 1.0 : static_cast<double>(n[0]);
         return {"", {parameter(d, {1}), gradient_output(n)}, [=](Backend& on, Arrays& a) {
                   on.spread_samples(a[0], divisor, a[1]);
                 }};
       }},
      {"squared_distance", 40,
       [](Draw& d) -> Call {
         const Shape x = d.coin() ? d.batch() : d.images(3, 20, 28), n{x[0]};
         const bool point = d.coin() && x.rank() > 1;
         const Shape centre{x.per_sample()};
         return {point ? "to one point" : "to a batch",
                 {value(d, x), point ? parameter(d, centre) : value(d, x), output(n), gradient(d, n),
                  gradient_output(x)},
                 [](Backend& on, Arrays& a) {
                   on.squared_distance(a[0], a[1], a[2]);
                   on.squared_distance_gradient(a[0], a[1], a[3], a[4]);
                 }};
       }},
      {"nearest_point", 40,
       [](Draw& d) -> Call {
         const Shape a{d.samples(), d.between(1, 130)}, n{a[0]};
         const int64_t count = d.coin() ? d.between(1, 20) : d.between(90, 110);
         const bool ties = d.coin();
         const auto drawn = [&](Shape s) { return ties ? d.few_values(s) : d.normal(s); };
         std::vector<float> alive = d.few_values({count});  // 0 for every third
         if (d.coin()) alive.assign(alive.size(), 1);
         return {std::to_string(count) + " points" + (ties ? ", ties" : ""),
                 {{Role::value, Layout::samples, a, drawn(a)},
                  {Role::value, Layout::plain, {count, a[1]}, drawn({count, a[1]})},
                  {Role::value, Layout::plain, {count}, alive},
                  output(n)},
                 [](Backend& on, Arrays& x) { on.nearest_point(x[0], x[1], x[2], x[3]); }};
       }},
      {"nearest_candidates", 40,
       [](Draw& d) -> Call {
         const int64_t samples = d.samples();
         const int64_t points = d.between(1, 3) > 1 ? d.between(1, 60) : d.between(200, 700);
         const Shape x{samples, points}, n{samples}, listed{samples, d.between(1, 9)};
         const bool ties = d.coin(), others = d.coin(), none_yet = d.coin();
         const auto drawn = [&](Shape s) { return ties ? d.few_values(s) : d.normal(s); };
         std::vector<float> limit = d.normal(n);
         if (none_yet) limit.assign(limit.size(), std::numeric_limits<float>::infinity());
         std::vector<float> distances = drawn(x);
         if (d.coin()) distances[static_cast<size_t>(d.between(0, x.count() - 1))] = limit[0];
         return {
             std::string(ties ? "ties" : "") + (others ? ", others" : "") + (none_yet ? ", no limit" : ""),
             {{Role::value, Layout::samples, x, distances},
              {Role::value, Layout::plain, {points}, d.positive({points})},
              {Role::value, Layout::samples, n, d.positive(n)},
              {Role::state, Layout::samples, n, limit},
              output(n),
              output(listed)},
             [others](Backend& on, Arrays& a) {
               on.nearest_candidates(a[0], a[1], a[2], others, a[3], a[4], a[5]);
             }};
       }},
      {"take", 40,
       [](Draw& d) -> Call {
         const int64_t n = d.coin() ? d.samples() : d.between(200, 300), k = d.between(1, 100);
         const Shape to = d.coin() ? d.batch().with_samples(n) : Shape{n};
         std::vector<float> index;  // with repetitions
         for (int64_t i = 0; i < n; ++i) index.push_back(static_cast<float>(d.between(0, k - 1)));
         return {"",
                 {parameter(d, to.with_samples(k)),
                  {Role::value, Layout::samples, {n}, index},
                  gradient_output(to)},
                 [](Backend& on, Arrays& a) { on.take(a[0], a[1], a[2]); }};
       }},
      {"take_gradient", 40,
       [](Draw& d) -> Call {
         const int64_t n = d.coin() ? d.samples() : d.between(200, 300), k = d.between(1, 100);
         const int64_t width = d.between(1, 40);
         const Shape from = d.coin() ? Shape{n, width} : Shape{n}, table = from.with_samples(k);
         std::vector<float> index;
         for (int64_t i = 0; i < n; ++i) index.push_back(static_cast<float>(d.between(0, k - 1)));
         return {"",
                 {{Role::gradient, Layout::samples, {n}, index}, gradient(d, from), parameter_output(table)},
                 [](Backend& on, Arrays& a) { on.take_gradient(a[0], a[1], a[2]); }};
       }},
      {"root_quantile", 30,
       [](Draw& d) -> Call {
         const Shape n{d.coin() ? d.samples() : d.between(1, 1000)};
         const double q = d.one_of({0, 0.05, 0.5, 0.9, 0.99, 1});
         return {"q " + std::to_string(q),
                 {value_with_ties(d, n), parameter_output({1})},
                 [=](Backend& on, Arrays& a) { on.root_quantile(a[0], q, a[1]); }};
       }},

      {"adam", 20, [](Draw& d) -> Call { return draw_adam(d, false); }},
      {"amsgrad", 20, [](Draw& d) -> Call { return draw_adam(d, true); }},
      {"sgd", 20,
       [](Draw& d) -> Call {
         const Shape p = d.plain();
         const double momentum = d.one_of({0, 0.9}), decay = d.one_of({0, 0.05});
         return {"",
                 {numbers({1e-2}), parameter(d, p), state(d, p), state(d, p)},
                 [=](Backend& on, Arrays& a) { on.sgd(momentum, decay, a[0], a[1], a[2], a[3]); }};
       }},
      {"adagrad", 20,
       [](Draw& d) -> Call {
         const Shape p = d.plain();
         const double decay = d.one_of({0, 0.05});
         return {"",
                 {numbers({0.5}), parameter(d, p), positive_state(d, p), state(d, p)},
                 [=](Backend& on, Arrays& a) { on.adagrad(1e-10, decay, a[0], a[1], a[2], a[3]); }};
       }},
  };
}

}  // namespace engine_tests
