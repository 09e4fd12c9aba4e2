// A trace names the operation and the step at which a kernel goes wrong, on every backend.
#include "svdd/training/step_trace.h"

#include <gtest/gtest.h>

#include <bit>
#include <memory>

#include "engine/backends/cuda/cuda.h"
#include "engine/backends/entered.h"
#include "engine/backends/reference/reference.h"
#include "svdd/methods/dasvdd.h"
#include "svdd/methods/deep_svdd.h"
#include "tests/svdd/small_runs.h"

namespace step_trace_test {

using namespace svdd;
using engine::Array;

void flip_last_bit_of(Array& array, size_t at) {
  std::vector<float> numbers = array.to_floats();
  numbers.at(at) = std::bit_cast<float>(std::bit_cast<uint32_t>(numbers.at(at)) ^ 1u);
  array.assign(numbers);
}

// A backend whose `call`-th call of one kernel after arm(), counted from 1, gives one wrong bit; 0: it is sound.
class Faulty final : public engine::Entered {
 public:
  enum class Kernel { conv2d, conv2d_weight_gradient, dense, adam };
  Faulty(std::unique_ptr<engine::Backend> inner, Kernel kernel, int64_t call)
      : Entered(std::move(inner)), kernel_(kernel), call_(call) {}

  void conv2d(const Array& x, const Array& w, const Array* bias, engine::Window v, Array& y) override {
    Entered::conv2d(x, w, bias, v, y);
    if (is_it(Kernel::conv2d)) flip_last_bit_of(y, 17);
  }
  void conv2d_weight_gradient(const Array& x, const Array& gy, engine::Window v, Array& gw) override {
    Entered::conv2d_weight_gradient(x, gy, v, gw);
    if (is_it(Kernel::conv2d_weight_gradient)) flip_last_bit_of(gw, 3);
  }
  void dense(const Array& x, const Array& w, const Array* bias, Array& y) override {
    Entered::dense(x, w, bias, y);
    if (is_it(Kernel::dense)) flip_last_bit_of(y, 0);
  }
  void adam(const engine::AdamConstants& constants, const Array& rates, const Array& g, Array& m, Array& v,
            Array* v_max, Array& p) override {
    Entered::adam(constants, rates, g, m, v, v_max, p);
    if (is_it(Kernel::adam)) flip_last_bit_of(p, 1);
  }
  void arm() { armed_ = true; }

 private:
  bool is_it(Kernel kernel) { return armed_ && kernel == kernel_ && ++seen_ == call_; }

  Kernel kernel_;
  int64_t call_, seen_ = 0;
  bool armed_ = false;
};

std::vector<std::pair<std::string, std::function<std::unique_ptr<engine::Backend>()>>> backends() {
  std::vector<std::pair<std::string, std::function<std::unique_ptr<engine::Backend>()>>> all{
      {"reference", [] { return engine::make_reference_backend(); }},
      {"cpu", [] { return engine::make_cpu_backend({.threads = 2}); }},
      {"portable", [] { return engine::make_cpu_backend({.threads = 1, .simd = engine::Simd::portable}); }}};
  if (engine::simd_available(engine::Simd::avx2))
    all.emplace_back("avx2",
                     [] { return engine::make_cpu_backend({.threads = 3, .simd = engine::Simd::avx2}); });
  all.emplace_back("cuda, on the host", [] { return engine::make_cuda_backend(); });
  return all;
}

const datasets::OneVsRest& digits() {
  static const auto task = datasets::one_vs_rest(datasets::load_strokes(24, 4), {0});
  return task;
}

DeepSvddOptions options() {
  DeepSvddOptions o;
  static_cast<DeepOptions&>(o) = small_runs::options();
  o.pretrain = false;
  o.training.epochs = 2;
  o.training.batch_size = 8;  // three steps an epoch
  return o;
}

// Arms a backend at the end of the first epoch.
class Arming final : public Monitor {
 public:
  explicit Arming(Faulty& backend) : backend_(backend) {}
  void epoch(const EpochReport&) override { backend_.arm(); }

 private:
  Faulty& backend_;
};

// The second epoch's trace on a backend of which one call of a kernel within that epoch goes wrong.
std::vector<TraceEntry> traced(std::unique_ptr<engine::Backend> inner, Faulty::Kernel kernel, int64_t call) {
  Faulty on(std::move(inner), kernel, call);
  StepTrace trace("deep-svdd", 1);
  const auto detector = make_deep_svdd(options(), on);
  Arming arming(on);
  detector->fit({.samples = digits().train, .trace = &trace}, arming);
  return trace.entries();
}

TEST(StepTrace, AWrongBitIsLocatedToStepAndOperation) {
  using enum Faulty::Kernel;
  const auto sound = traced(engine::make_reference_backend(), conv2d, 0);
  ASSERT_FALSE(sound.empty());
  struct Case {
    Faulty::Kernel kernel;
    int64_t call;
    std::string place;
  };
  // A step calls conv2d and its weight gradient twice, dense once, Adam for three parameters.
  const std::vector<Case> cases{
      {conv2d, 1, "step 0, forward, operation 0 conv2d (8x8x28x28, 50176 numbers)"},
      {conv2d, 4, "step 1, forward, operation 2 conv2d (8x4x14x14, 6272 numbers)"},
      {dense, 3, "step 2, forward, operation 5 dense (8x32, 256 numbers)"},
      {adam, 4, "step 1, update, parameter conv1.weight (8x1x5x5, 200 numbers)"},
      {conv2d_weight_gradient, 4,
       "step 1, parameter gradient, parameter conv1.weight (8x1x5x5, 200 numbers)"}};
  for (const auto& [name, make] : backends()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(first_difference(sound, traced(make(), conv2d, 0)), std::nullopt);
    for (size_t i = 0; i < cases.size(); ++i) {
      const Case& c = cases[i];
      if (name.starts_with("cuda") && i != 1 && i != 3) continue;  // its executor takes a second for each
      const auto first = first_difference(sound, traced(make(), c.kernel, c.call));
      ASSERT_TRUE(first) << c.place;
      EXPECT_EQ(first->place(), c.place);
    }
  }
}

TEST(StepTrace, ATraceChangesNoBit) {
  const auto on = engine::make_cpu_backend({.threads = 2});
  Monitor silent;
  StepTrace trace("deep-svdd", 1), other("autoencoder", 5);
  const auto plain = make_deep_svdd(options(), *on), with = make_deep_svdd(options(), *on),
             elsewhere = make_deep_svdd(options(), *on);
  plain->fit({.samples = digits().train}, silent);
  with->fit({.samples = digits().train, .trace = &trace}, silent);
  elsewhere->fit({.samples = digits().train, .trace = &other}, silent);
  EXPECT_EQ(with->weights_sha256(), plain->weights_sha256());
  EXPECT_EQ(elsewhere->weights_sha256(), plain->weights_sha256());
  EXPECT_TRUE(other.entries().empty());
  EXPECT_EQ(trace.entries().front().step, 0);
  EXPECT_EQ(trace.entries().back().step, 2);
  // A second fit begins the trace anew.
  const auto entries = trace.entries().size();
  with->fit({.samples = digits().train, .trace = &trace}, silent);
  EXPECT_EQ(trace.entries().size(), entries);
}

TEST(StepTrace, TracesOfUnlikeLengthDifferWhereOneEnds) {
  const TraceEntry a{0, "forward", 0, "conv2d", "2x3", 6, "aa"},
      b{1, "update", 0, "conv1.weight", "3", 3, "bb"};
  EXPECT_EQ(first_difference({a, b}, {a, b}), std::nullopt);
  EXPECT_EQ(first_difference({a, b}, {a})->place(), "step 1, update, parameter conv1.weight (3, 3 numbers)");
  EXPECT_EQ(first_difference({a}, {a, b})->name, "conv1.weight");
  EXPECT_EQ(first_difference({}, {}), std::nullopt);
}

}  // namespace step_trace_test
