// Every backend returns the bits of the reference backend, for any number of threads and any instruction set:
// each operation (the table in parity_rows.h) on drawn shapes and numbers, then whole steps of training.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <optional>
#include <sstream>

#include "engine/backends/cpu/cpu.h"
#include "engine/backends/cuda/cuda.h"
#include "engine/backends/reference/reference.h"
#include "engine/optimizers.h"
#include "engine/tape.h"
#include "tests/engine/mnist_lenet.h"
#include "tests/engine/parity_rows.h"
#include "tests/engine/platforms.h"

namespace parity_test {

using namespace engine;
using namespace engine_tests;

using Backends = std::vector<std::unique_ptr<Backend>>;

// All that must equal the reference; a new backend joins here.
const Backends& fast_backends() {
  static const Backends all = [] {
    Backends backends;
    for (const Simd simd : {Simd::portable, Simd::avx2, Simd::avx512})
      for (const int threads : {1, 2, 3})
        if (!on_a_card && simd_available(simd))
          backends.push_back(make_cpu_backend({.threads = threads, .simd = simd}));
    backends.push_back(make_cuda_backend());
    return backends;
  }();
  return all;
}

using Numbers = std::vector<std::vector<float>>;

// What each array of the call holds afterwards.
Numbers results_of(const Call& call, Backend& on) {
  Arrays arrays;
  for (const Operand& operand : call.operands) {
    Array a(on, operand.shape, operand.layout, DType::f32);
    if (operand.numbers.empty())
      on.fill(a, std::numeric_limits<double>::quiet_NaN());
    else
      a.assign(operand.numbers);
    // A batch that is uploaded has zeros behind its last sample; one that comes out of an operation need not.
    if (operand.role == Role::value && operand.layout == Layout::samples) {
      const Array half = Array::from(on, {1}, Layout::plain, DType::f32, std::vector<float>{0.5f});
      on.binary(Binary::add, a, half, a);
    }
    arrays.push_back(a);
  }
  call.run(on, arrays);

  Numbers results;
  for (const Array& a : arrays) results.push_back(a.to_floats());
  // A gradient is fit to be read: the sums over samples that will follow must see its samples alone.
  for (size_t i = 0; i < arrays.size(); ++i) {
    if (call.operands[i].role != Role::gradient_output) continue;
    const Shape shape = arrays[i].shape();
    Array ones(on, {shape[0], 1}, Layout::samples, DType::f32),
        sums(on, {shape.per_sample(), 1}, Layout::plain, DType::f32);
    on.unary(Unary::sigmoid, 0, ones, ones);  // a half, behind the last sample too
    on.dense_weight_gradient(ones, arrays[i].reshaped({shape[0], shape.per_sample()}), sums);
    results.push_back(sums.to_floats());
  }
  return results;
}

// "array 2, number 5 of 120 is 1.5 (0x3fc00000), the reference has …", or nothing where all bits agree. What is no
// number on both sides agrees: sign and payload of a NaN that is computed are the processor's own (x86 makes 0xffc00000,
// AArch64 0x7fc00000, NVIDIA's cards 0x7fffffff), and nothing that holds one is ever written down.
std::optional<std::string> first_difference(const Numbers& actual, const Numbers& expected) {
  for (size_t k = 0; k < expected.size(); ++k)
    for (size_t i = 0; i < expected[k].size(); ++i) {
      const auto a = std::bit_cast<uint32_t>(actual[k][i]), e = std::bit_cast<uint32_t>(expected[k][i]);
      if (a == e || (std::isnan(actual[k][i]) && std::isnan(expected[k][i]))) continue;
      std::ostringstream text;
      text.precision(9);
      text << "array " << k << ", number " << i << " of " << expected[k].size() << " is " << actual[k][i]
           << " (0x" << std::hex << a << "), the reference has " << expected[k][i] << " (0x" << e << ")";
      return text.str();
    }
  return std::nullopt;
}

std::string text_of(const Row& row, int number, const Call& call) {
  std::string text = row.op + ", call " + std::to_string(number);
  if (!call.parameters.empty()) text += ", " + call.parameters;
  for (const Operand& operand : call.operands) text += ", " + operand.shape.text();
  return text;
}

class Parity : public testing::TestWithParam<Row> {};

TEST_P(Parity, EqualBits) {
  if (!no_card().empty()) GTEST_SKIP() << no_card();
  const Row& row = GetParam();
  const auto reference = make_reference_backend();
  for (int number = 0; number < row.calls; ++number) {
    Draw draw(row.op, number);
    const Call call = row.draw(draw);
    const Numbers expected = results_of(call, *reference);
    for (size_t k = 0; k < call.operands.size(); ++k)
      for (const float v : expected[k])
        ASSERT_FALSE(std::isnan(v)) << text_of(row, number, call) << ": array " << k
                                    << " of the reference holds NaN";
    const Backends& backends = fast_backends();
    for (size_t b = 0; b < backends.size(); ++b) {
      // Heavy calls take turns: one number of threads for each instruction set.
      if (call.heavy && backends.size() > 1 && b % 3 != static_cast<size_t>(number) % 3) continue;
      const auto difference = first_difference(results_of(call, *backends[b]), expected);
      ASSERT_FALSE(difference) << text_of(row, number, call) << ", " << backends[b]->name() << ": "
                               << *difference;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, Parity, testing::ValuesIn(parity_rows()),
                         [](const auto& info) { return info.param.op; });

// ---- whole steps

// Losses of a few steps of training, and all parameters and running moments at the end.
Numbers trained(Backend& on, int64_t samples, bool decoder, Passes passes) {
  const auto net = decoder ? mnist_autoencoder(on, DType::f32, passes) : mnist_lenet(on, DType::f32, passes);
  start_weights(*net, 1);
  const RandomStream stream(1, "images");
  Array images(on, {2 * samples, 1, 28, 28}, Layout::plain, DType::f32);
  std::vector<float> pixels(static_cast<size_t>(images.shape().count()));
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = stream.uniform(i);
  images.assign(pixels);

  const Tensor batch(Array(on, images.shape().with_samples(samples), Layout::samples, DType::f32));
  const Tensor centre(Array(on, {32}, Layout::plain, DType::f32)),
      radius(Array(on, {1}, Layout::plain, DType::f32));
  Adam adam(trainable(net->state()), {.weight_decay = 5e-7});
  Tape tape;
  Tensor distances, loss;
  Numbers results(1);
  for (int step = 0; step < 3; ++step) {
    const std::vector<int32_t> order = permutation(2 * samples, RandomStream(1, std::to_string(step)));
    on.gather(images, std::span(order).first(static_cast<size_t>(samples)), batch.value());
    if (step == 0) {
      Tape::Recording recording(tape);
      const Tensor y = net->forward(batch, Mode::train);
      distances = squared_distance(y, decoder ? batch : centre);
      loss = square(radius) + 10.0 * mean(relu(distances - square(radius)));
    } else {
      tape.replay();
    }
    tape.backward(loss);
    adam.step(1e-3);
    on.root_quantile(distances.value(), 0.9, radius.value());
    results[0].push_back(loss.value().to_floats()[0]);
    results[0].push_back(radius.value().to_floats()[0]);
  }
  for (const NamedTensor& s : net->state()) results.push_back(s.tensor.value().to_floats());
  const Tensor scores = squared_distance(net->forward(batch, Mode::evaluate), decoder ? batch : centre);
  results.push_back(scores.value().to_floats());
  return results;
}

void expect_equal_training(int64_t samples, bool decoder, Passes passes) {
  const Numbers expected = trained(*make_reference_backend(), samples, decoder, passes);
  for (const auto& on : fast_backends()) {
    const auto difference = first_difference(trained(*on, samples, decoder, passes), expected);
    EXPECT_FALSE(difference) << on->name() << ", " << samples << " samples: " << *difference;
  }
}

TEST(ParityOfTraining, SoftBoundary) {
  if (!no_card().empty()) GTEST_SKIP() << no_card();
  for (const int64_t samples : {1, 13, 32}) expect_equal_training(samples, false, Passes::one);
}

TEST(ParityOfTraining, Autoencoder) {
  if (!no_card().empty()) GTEST_SKIP() << no_card();
  expect_equal_training(17, true, Passes::one);
}

TEST(ParityOfTraining, AutoencoderInSinglePasses) {
  if (!no_card().empty()) GTEST_SKIP() << no_card();
  expect_equal_training(5, true, Passes::three);
}

// OpenBLAS stands outside the reference's bits, but they do not depend on the number of threads either.
TEST(ParityOfTraining, OpenBlasIsTheSameForAnyThreads) {
#if SVDD_HAVE_OPENBLAS
  const auto with = [](int threads) {
    return make_cpu_backend({.threads = threads, .blas = Blas::openblas});
  };
  const Numbers expected = trained(*with(1), 37, true, Passes::one);
  for (const int threads : {2, 3}) {
    const auto difference = first_difference(trained(*with(threads), 37, true, Passes::one), expected);
    EXPECT_FALSE(difference) << threads << " threads: " << *difference;
  }
#else
  GTEST_SKIP() << "this build has no OpenBLAS";
#endif
}

// What is no number does not get lost in a window, on any backend; and where it goes back to is the same place. NaNs
// differ in their bits from one processor to the next, which does not count.
TEST(ParityOfNaN, MaxPooling) {
  if (!no_card().empty()) GTEST_SKIP() << no_card();
  const auto quieted = [](Numbers numbers) {
    for (auto& array : numbers)
      for (float& v : array)
        if (std::isnan(v)) v = std::numeric_limits<float>::quiet_NaN();
    return numbers;
  };
  for (const char* op : {"max_pool2d", "normalise_leaky_relu_max_pool"}) {
    const auto rows = parity_rows();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.op == op; });
    ASSERT_NE(row, rows.end()) << op;
    int64_t lost = 0;
    for (int number = 0; number < 20; ++number) {
      Draw draw(std::string(op) + " with NaN", number);
      Call call = row->draw(draw);
      std::vector<float>& x = call.operands[0].numbers;
      for (int64_t i = draw.between(0, 7); i < static_cast<int64_t>(x.size()); i += draw.between(1, 40))
        x[static_cast<size_t>(i)] = std::numeric_limits<float>::quiet_NaN();
      const Numbers expected = quieted(results_of(call, *make_reference_backend()));
      for (const auto& array : expected)
        for (const float v : array) lost += std::isnan(v);
      for (const auto& on : fast_backends()) {
        const auto difference = first_difference(quieted(results_of(call, *on)), expected);
        ASSERT_FALSE(difference) << text_of(*row, number, call) << ", " << on->name() << ": " << *difference;
      }
    }
    EXPECT_GT(lost, 0) << op;
  }
}

// A few samples lie between zeros on some instruction sets (few_samples.h), which must not show: not in the sign of a zero,
// and not where a weight is infinite or no number. (CUDA's kernels multiply such a weight by the padding, which makes a NaN.)
TEST(ParityOfZeros, ConvolutionsOfAFewSamples) {
  if (!no_card().empty()) GTEST_SKIP() << no_card();
  const float tiny = 1e-30f, infinite = std::numeric_limits<float>::infinity();
  const std::vector<float> common{0.0f, -0.0f, tiny, -tiny};  // products of two come to zeros of either sign
  int64_t negative_zeros = 0, not_finite = 0, calls = 0;
  for (const char* op : {"conv2d", "conv2d_input_gradient"}) {
    const auto rows = parity_rows();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.op == op; });
    ASSERT_NE(row, rows.end()) << op;
    for (int number = 0; number < 150; ++number) {
      Draw draw(std::string(op) + " with zeros", number);
      Call call = row->draw(draw);
      if (call.operands[0].shape[0] > 8 || call.heavy) continue;
      ++calls;
      for (size_t k = 0; k < call.operands.size(); ++k)
        for (float& v : call.operands[k].numbers)
          if (number % 2 == 0 || draw.between(0, 5) > 0)
            v = common[static_cast<size_t>(draw.between(0, 3))];
          else if (k == 1 && number % 3 == 0 && draw.between(0, 9) == 0)
            v = draw.coin() ? infinite : std::numeric_limits<float>::quiet_NaN();
      const Numbers expected = results_of(call, *make_reference_backend());
      for (const float v : expected[call.operands.size() - 1]) {
        negative_zeros += v == 0 && std::signbit(v);
        not_finite += !std::isfinite(v);
      }
      for (const auto& on : fast_backends()) {
        if (on->name().starts_with("cuda") && number % 3 == 0) continue;
        const auto difference = first_difference(results_of(call, *on), expected);
        ASSERT_FALSE(difference) << text_of(*row, number, call) << ", " << on->name() << ": " << *difference;
      }
    }
  }
  EXPECT_GT(calls, 20);
  EXPECT_GT(negative_zeros, 100);
  EXPECT_GT(not_finite, 100);
}

}  // namespace parity_test
