// Every operation's backward against finite differences, in double on the reference backend, over awkward
// shapes. Central differences with a step of 1e-5: the analytic gradient must agree to 1e-6, relative to the
// larger of 1 and the gradient itself. (Inputs keep away from kinks; what happens on them is for tape_test
// and pooling's golden ties.)
//
// Kernels assign: each case runs again with its outputs and all gradients full of NaN, and must return the
// same bits.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "engine/backends/reference/reference.h"
#include "engine/ops.h"
#include "engine/random.h"
#include "engine/tape.h"
#include "tests/engine/weighted_sum.h"

namespace gradient_check_test {

using namespace engine;
using engine_tests::weighted_sum;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

enum class Numbers {
  normal,       // any
  off_zero,     // at least 0.1 from zero: no kink of a rectifier within reach of the step
  well_spaced,  // at least 0.01 apart: the largest of a window stays the largest
};

struct Leaf {
  Layout layout;
  Shape shape;
  Numbers numbers = Numbers::normal;
  bool requires_grad = true;
};
Leaf batch(Shape shape, Numbers numbers = Numbers::normal) { return {Layout::samples, shape, numbers}; }
Leaf parameter(Shape shape) { return {Layout::plain, shape}; }
Leaf constant(Layout layout, Shape shape) { return {layout, shape, Numbers::normal, false}; }

struct Case {
  std::string name;
  std::vector<Leaf> leaves;
  std::function<Tensor(const std::vector<Tensor>&)> op;
  // Where the output shares its numbers with an input, poisoning it would poison the input.
  bool shares_numbers = false;

  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

using In = const std::vector<Tensor>&;

BatchNormState moments_of(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Array c(x.backend(), {x.shape()[1]}, Layout::plain, DType::f64);
  return {.weight = weight, .bias = bias, .running_mean = c, .running_variance = c.zeros_like()};
}

Tensor trained_batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return batch_norm_train(x, moments_of(x, weight, bias));
}

// Of the evaluation form: running moments that are not 0 and 1.
BatchNormState running_moments(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  BatchNormState state = moments_of(x, weight, bias);
  std::vector<double> mean, variance;
  for (int64_t c = 0; c < x.shape()[1]; ++c) {
    mean.push_back(0.2 - 0.15 * static_cast<double>(c));
    variance.push_back(0.5 + static_cast<double>(c));
  }
  state.running_mean.assign(mean);
  state.running_variance.assign(variance);
  return state;
}

Tensor evaluated_batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return batch_norm_eval(x, running_moments(x, weight, bias));
}

// Batch norm, leaky ReLU and resampling in one. Its kinks lie where the normalised value is 0; the draws are
// the same on every run and keep farther from them than a step reaches.
Case activated(const char* name, Leaf x, bool affine, double slope, Resample then) {
  std::vector<Leaf> leaves{x};
  if (affine) leaves.insert(leaves.end(), 2, parameter({x.shape[1]}));
  return {std::string("batch_norm_leaky_relu_") + name, leaves, [=](In t) {
            return batch_norm_leaky_relu_train(
                t[0], moments_of(t[0], affine ? t[1] : Tensor(), affine ? t[2] : Tensor()), slope, then);
          }};
}
Case evaluated(const char* name, Leaf x, bool affine, double slope, Resample then) {
  Case c = activated(name, x, affine, slope, then);
  c.name = std::string("batch_norm_leaky_relu_eval_") + name;
  c.op = [=](In t) {
    return batch_norm_leaky_relu_eval(
        t[0], running_moments(t[0], affine ? t[1] : Tensor(), affine ? t[2] : Tensor()), slope, then);
  };
  return c;
}

Case convolution(const char* name, Shape x, int64_t out, int64_t kernel, int64_t stride, int64_t padding,
                 bool bias = false) {
  std::vector<Leaf> leaves{batch(x), parameter({out, x[1], kernel, kernel})};
  if (bias) leaves.push_back(parameter({out}));
  return {std::string("conv2d_") + name, leaves,
          [=](In t) { return conv2d(t[0], t[1], bias ? t[2] : Tensor(), stride, padding); }};
}

Case transposed(const char* name, Shape x, int64_t out, int64_t kernel, int64_t stride, int64_t padding) {
  return {std::string("conv_transpose2d_") + name,
          {batch(x), parameter({x[1], out, kernel, kernel})},
          [=](In t) { return conv_transpose2d(t[0], t[1], stride, padding); }};
}

Case pooling(const char* name, Shape x, int64_t size, int64_t stride) {
  return {std::string("max_pool2d_") + name, {batch(x, Numbers::well_spaced)}, [=](In t) {
            return max_pool2d(t[0], size, stride);
          }};
}

// A function of one number on a batch of each rank and on a plain array of one number.
template <class F>
void add_pointwise(std::vector<Case>& cases, const std::string& name, F f) {
  const auto one = [f](In t) { return f(t[0]); };
  cases.push_back({name + "_scores", {batch({5}, Numbers::off_zero)}, one});
  cases.push_back({name + "_representations", {batch({1, 7}, Numbers::off_zero)}, one});
  cases.push_back({name + "_images", {batch({3, 2, 1, 5}, Numbers::off_zero)}, one});
  cases.push_back({name + "_number", {{Layout::plain, {1}, Numbers::off_zero}}, one});
}

template <class F>
void add_binary(std::vector<Case>& cases, const std::string& name, F f) {
  const auto two = [f](In t) { return f(t[0], t[1]); };
  cases.push_back({name + "_images", {batch({3, 2, 3, 1}), batch({3, 2, 3, 1})}, two});
  cases.push_back({name + "_numbers", {parameter({1}), parameter({1})}, two});
  cases.push_back({name + "_scores_and_number", {batch({17}), parameter({1})}, two});
  cases.push_back({name + "_one_score_and_number", {batch({1}), parameter({1})}, two});
  cases.push_back({name + "_images_and_constant", {batch({2, 1, 3, 2}), constant(Layout::plain, {1})}, two});
  cases.push_back({name + "_with_itself", {batch({4, 3})}, [f](In t) { return f(t[0], t[0]); }});
}

std::vector<Case> all_cases() {
  std::vector<Case> cases{
      convolution("one_pixel", {1, 1, 1, 1}, 1, 1, 1, 0),
      convolution("one_pixel_padded", {2, 2, 1, 1}, 3, 5, 1, 2),
      convolution("odd_not_square", {3, 2, 7, 4}, 3, 3, 1, 1),
      convolution("bias", {2, 3, 4, 5}, 2, 3, 1, 0, true),
      convolution("stride_two", {2, 2, 6, 7}, 3, 3, 2, 1, true),
      convolution("stride_above_kernel", {2, 2, 7, 8}, 2, 2, 3, 0),
      convolution("last_columns_unread", {1, 2, 6, 6}, 2, 3, 2, 0),
      convolution("even_kernel", {2, 1, 5, 4}, 2, 4, 1, 3),
      convolution("image_smaller_than_kernel", {2, 1, 2, 3}, 2, 5, 1, 2),
      convolution("more_than_sixteen_samples", {19, 1, 3, 3}, 2, 3, 1, 1, true),

      transposed("one_pixel", {1, 1, 1, 1}, 1, 1, 1, 0),
      transposed("as_in_decoders", {2, 2, 4, 4}, 3, 5, 1, 2),
      transposed("pad_three", {2, 2, 5, 6}, 1, 5, 1, 3),
      transposed("stride_two", {3, 2, 3, 4}, 2, 3, 2, 1),
      transposed("stride_above_kernel", {1, 2, 3, 2}, 2, 2, 3, 0),
      transposed("more_than_sixteen_samples", {18, 1, 2, 3}, 2, 3, 1, 1),

      pooling("two", {2, 3, 4, 6}, 2, 2),
      pooling("rows_dropped", {3, 2, 5, 7}, 2, 2),
      pooling("overlapping", {2, 1, 5, 4}, 3, 1),
      pooling("stride_above_size", {1, 2, 7, 7}, 2, 3),
      pooling("one_pixel", {2, 2, 1, 1}, 1, 1),

      {"dense_one", {batch({1, 1}), parameter({1, 1})}, [](In t) { return dense(t[0], t[1]); }},
      {"dense", {batch({5, 7}), parameter({3, 7})}, [](In t) { return dense(t[0], t[1]); }},
      {"dense_bias",
       {batch({18, 3}), parameter({2, 3}), parameter({2})},
       [](In t) { return dense(t[0], t[1], t[2]); }},

      {"upsample_nearest_one", {batch({2, 1, 3, 2})}, [](In t) { return upsample_nearest(t[0], 1); }},
      {"upsample_nearest", {batch({2, 3, 1, 5})}, [](In t) { return upsample_nearest(t[0]); }},
      {"upsample_nearest_three", {batch({1, 2, 3, 2})}, [](In t) { return upsample_nearest(t[0], 3); }},

      {"batch_norm_images", {batch({3, 2, 3, 5})}, [](In t) { return trained_batch_norm(t[0], {}, {}); }},
      {"batch_norm_images_affine",
       {batch({2, 3, 2, 3}), parameter({3}), parameter({3})},
       [](In t) { return trained_batch_norm(t[0], t[1], t[2]); }},
      {"batch_norm_one_image", {batch({1, 2, 3, 3})}, [](In t) { return trained_batch_norm(t[0], {}, {}); }},
      {"batch_norm_representations", {batch({18, 3})}, [](In t) { return trained_batch_norm(t[0], {}, {}); }},
      {"batch_norm_representations_affine",
       {batch({5, 1}), parameter({1}), parameter({1})},
       [](In t) { return trained_batch_norm(t[0], t[1], t[2]); }},
      {"batch_norm_parameters_alone",
       {constant(Layout::samples, {4, 2}), parameter({2}), parameter({2})},
       [](In t) { return trained_batch_norm(t[0], t[1], t[2]); }},

      {"batch_norm_eval_images",
       {batch({3, 2, 3, 5})},
       [](In t) { return evaluated_batch_norm(t[0], {}, {}); }},
      {"batch_norm_eval_affine",
       {batch({18, 3}), parameter({3}), parameter({3})},
       [](In t) { return evaluated_batch_norm(t[0], t[1], t[2]); }},
      {"batch_norm_eval_parameters_alone",
       {constant(Layout::samples, {4, 2}), parameter({2}), parameter({2})},
       [](In t) { return evaluated_batch_norm(t[0], t[1], t[2]); }},

      activated("none", batch({3, 2, 3, 5}), false, 0.1, Resample::none),
      activated("none_affine", batch({18, 3}), true, 0.1, Resample::none),
      activated("max_pool", batch({3, 2, 4, 5}, Numbers::well_spaced), false, 0.1, Resample::max_pool),
      activated("max_pool_affine", batch({2, 3, 5, 3}, Numbers::well_spaced), true, 0.1, Resample::max_pool),
      activated("upsample", batch({17, 1, 2, 1}), false, 0.1, Resample::upsample),
      activated("upsample_affine", batch({2, 2, 3, 2}), true, 0.1, Resample::upsample),

      evaluated("none", batch({3, 2, 3, 5}), false, 0.1, Resample::none),
      evaluated("none_affine", batch({18, 3}), true, 0.1, Resample::none),
      evaluated("max_pool", batch({3, 2, 4, 5}, Numbers::well_spaced), false, 0.1, Resample::max_pool),
      evaluated("max_pool_slope_zero", batch({3, 2, 4, 5}, Numbers::well_spaced), false, 0,
                Resample::max_pool),
      evaluated("max_pool_affine", batch({2, 3, 5, 3}, Numbers::well_spaced), true, 0.1, Resample::max_pool),
      evaluated("upsample_affine", batch({2, 2, 3, 2}), true, 0.1, Resample::upsample),

      {"sum", {batch({17})}, [](In t) { return sum(t[0]); }},
      {"sum_of_one", {batch({1})}, [](In t) { return sum(t[0]); }},
      {"mean", {batch({33})}, [](In t) { return mean(t[0]); }},
      {"mean_of_one", {batch({1})}, [](In t) { return mean(t[0]); }},
      {"squared_distance_to_point",
       {batch({5, 3}), constant(Layout::plain, {3})},
       [](In t) { return squared_distance(t[0], t[1]); }},
      {"squared_distance_of_images",
       {batch({2, 2, 1, 3}), batch({2, 2, 1, 3})},
       [](In t) { return squared_distance(t[0], t[1]); }},
      {"squared_distance_to_constant_images",
       {batch({1, 1, 3, 3}), constant(Layout::samples, {1, 1, 3, 3})},
       [](In t) { return squared_distance(t[0], t[1]); }},
      {"squared_distance_to_the_nearest_point",
       {batch({18, 3}), constant(Layout::plain, {5, 3}), constant(Layout::plain, {5})},
       [](In t) { return squared_distance(t[0], take(t[1], nearest_point(t[0], t[1], t[2]))); }},
      {"squared_distance_to_the_nearest_of_moving_points",
       {batch({18, 3}), parameter({5, 3}), constant(Layout::plain, {5})},
       [](In t) { return squared_distance(t[0], take(t[1], nearest_point(t[0], t[1], t[2]))); }},
      {"take_numbers",
       {constant(Layout::samples, {18, 1}), constant(Layout::plain, {4, 1}), constant(Layout::plain, {4}),
        parameter({4})},
       [](In t) { return take(t[3], nearest_point(t[0], t[1], t[2])); }},

      {"sum_features", {batch({3, 8})}, [](In t) { return sum_features(t[0]); }, true},
      {"sum_features_of_images", {batch({3, 2, 3, 2})}, [](In t) { return sum_features(t[0]); }, true},
      {"reshape", {batch({3, 8})}, [](In t) { return reshape(t[0], {3, 2, 2, 2}); }, true},
      {"flatten", {batch({2, 2, 3, 1})}, [](In t) { return flatten(t[0]); }, true},

      // Several consumers of one tensor, their outputs of several shapes: the gradient is the sum.
      {"fan_out", {batch({3, 4}), parameter({4, 4})}, [](In t) {
         return t[0] * dense(t[0], t[1]) + sigmoid(t[0]) - square(dense(square(t[0]), t[1]));
       }}};
  add_pointwise(cases, "leaky_relu", [](const Tensor& x) { return leaky_relu(x, 0.1); });
  add_pointwise(cases, "leaky_relu_of_slope_zero", [](const Tensor& x) { return leaky_relu(x, 0.0); });
  add_pointwise(cases, "relu", [](const Tensor& x) { return relu(x); });
  add_pointwise(cases, "elu", [](const Tensor& x) { return elu(x, 1.3); });
  add_pointwise(cases, "sigmoid", [](const Tensor& x) { return sigmoid(x); });
  add_pointwise(cases, "square", [](const Tensor& x) { return square(x); });
  add_pointwise(cases, "scale", [](const Tensor& x) { return scale(x, -2.5); });
  add_pointwise(cases, "exp", [](const Tensor& x) { return exp(x, -1.5); });
  add_binary(cases, "add", [](const Tensor& a, const Tensor& b) { return a + b; });
  add_binary(cases, "subtract", [](const Tensor& a, const Tensor& b) { return a - b; });
  add_binary(cases, "multiply", [](const Tensor& a, const Tensor& b) { return a * b; });
  return cases;
}

class GradientCheck : public testing::TestWithParam<Case> {
 protected:
  static std::vector<double> draw(const Leaf& leaf, const std::string& stream_name) {
    const RandomStream stream(1, stream_name);
    const auto count = static_cast<size_t>(leaf.shape.count());
    std::vector<double> values(count);
    const std::vector<int32_t> ranks = permutation(leaf.shape.count(), stream);
    for (size_t i = 0; i < count; ++i) {
      const double normal = stream.normal(1000 + i);
      values[i] = leaf.numbers == Numbers::off_zero ? normal + (normal < 0 ? -0.1 : 0.1)
                  : leaf.numbers == Numbers::well_spaced
                      ? 0.01 * static_cast<double>(ranks[i]) - 0.003 * static_cast<double>(count)
                      : normal;
    }
    return values;
  }
};

TEST_P(GradientCheck, AgreesWithFiniteDifferences) {
  const Case& c = GetParam();
  const auto on = make_reference_backend();
  std::vector<Tensor> leaves;
  std::vector<std::vector<double>> values;
  for (const Leaf& leaf : c.leaves) {
    values.push_back(draw(leaf, c.name + std::to_string(leaves.size())));
    leaves.emplace_back(Array::from(*on, leaf.shape, leaf.layout, DType::f64, values.back()),
                        leaf.requires_grad);
  }

  // A loss that weighs each number of the output differently; a single number is its own loss.
  Tape tape;
  Tensor y, loss;
  {
    Tape::Recording recording(tape);
    y = c.op(leaves);
    loss = y;
    if (y.value().layout() == Layout::samples) {
      const Leaf weights = batch(y.shape());
      loss = weighted_sum(y, Tensor(Array::from(*on, weights.shape, weights.layout, DType::f64,
                                                draw(weights, c.name + "weights"))));
    }
  }
  tape.backward(loss);
  const double loss_value = loss.value().item();
  std::vector<std::vector<double>> gradients;
  for (const Tensor& x : leaves)
    gradients.push_back(x.requires_grad() ? x.grad().to_doubles() : std::vector<double>{});

  constexpr double step = 1e-5;
  for (size_t k = 0; k < leaves.size(); ++k) {
    const auto loss_with = [&](size_t i, double change) {
      std::vector<double> moved = values[k];
      moved[i] += change;
      leaves[k].value().assign(moved);
      tape.replay();
      return loss.value().item();
    };
    for (size_t i = 0; i < gradients[k].size(); ++i) {
      const double numeric = (loss_with(i, step) - loss_with(i, -step)) / (2 * step);
      EXPECT_NEAR(gradients[k][i], numeric, 1e-6 * std::max(1.0, std::abs(numeric)))
          << "input " << k << " " << c.leaves[k].shape.text() << ", number " << i;
    }
    leaves[k].value().assign(values[k]);
  }

  // The same again, on outputs and gradients full of NaN.
  if (!c.shares_numbers) on->fill(y.value(), nan);
  on->fill(loss.value(), nan);
  on->fill(loss.grad(), nan);
  if (y.grad().defined()) on->fill(y.grad(), nan);
  for (const Tensor& x : leaves)
    if (x.requires_grad()) on->fill(x.grad(), nan);
  tape.replay();
  tape.backward(loss);
  EXPECT_EQ(loss.value().item(), loss_value);
  for (size_t k = 0; k < leaves.size(); ++k) {
    if (!leaves[k].requires_grad()) continue;
    EXPECT_EQ(leaves[k].grad().to_doubles(), gradients[k]) << "input " << k;
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, GradientCheck, testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace gradient_check_test
