// One receipt everywhere, of whole methods: the trainings of scripts/check-platforms.sh and networks of one's own, a moment of
// each, have the same weights and scores on the reference, on every instruction set, with any number of threads, and in the
// CUDA kernels as the host executes them (tests/engine/cuda_on_host/).
#include <gtest/gtest.h>

#include "engine/backends/cuda/cuda.h"
#include "engine/backends/reference/reference.h"
#include "small_runs.h"
#include "svdd/methods/method.h"
#include "svdd/recipes/published.h"

namespace every_backend_test {

using namespace svdd;

struct Training {
  std::string name, method;
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<int64_t> shape = {1, 28, 28};  // strokes
  std::vector<int> normal = {3};

  friend std::ostream& operator<<(std::ostream& out, const Training& t) { return out << t.name; }
};

// Blocks of 3×3 kernels, a strided one among them.
const std::string four_blocks =
    "conv 4 3x3, batch_norm, leaky_relu, max_pool, conv 6 3x3 stride 2, batch_norm, leaky_relu, conv 8 3x3, "
    "batch_norm, "
    "leaky_relu, max_pool, conv 9 3x3, batch_norm, leaky_relu, dense 8";

std::vector<Training> trainings() {
  return {{"DeepSvdd", "deep-svdd", {}},
          {"SoftBoundaryTheano", "deep-svdd", {{"objective", "soft-boundary"}, {"recipe", "theano"}}},
          {"MultiRadius", "multi-radius", {}, {1, 28, 28}, {3, 0, 1}},
          {"MultiSphere",
           "multi-sphere",
           {{"spheres", "5"}, {"network", "mlp"}, {"widths", "24,12"}},
           {1, 28, 28},
           {0, 1}},
          {"Dasvdd", "dasvdd", {{"network", "mlp"}, {"widths", "64,32"}}},
          {"OwnWidths", "deep-svdd", {{"network", "mlp"}, {"widths", "24,12"}}},
          {"OwnNetworkInColour", "deep-svdd", {{"network", four_blocks}}, {3, 32, 24}},
          {"OwnNetworkInGrey", "deep-svdd", {{"network", four_blocks}}, {1, 40, 32}}};
}

class OnEveryBackend : public testing::TestWithParam<Training> {};

INSTANTIATE_TEST_SUITE_P(, OnEveryBackend, testing::ValuesIn(trainings()),
                         [](const auto& info) { return info.param.name; });

TEST_P(OnEveryBackend, OneReceipt) {
  const Training& training = GetParam();
  const bool strokes = training.shape == std::vector<int64_t>{1, 28, 28};
  const auto task = datasets::one_vs_rest(
      datasets::load_strokes(40 / static_cast<int64_t>(training.normal.size()), 2), training.normal);
  const datasets::Samples train = strokes ? task.train : small_runs::drawn(training.shape, 40),
                          test = strokes ? task.test : small_runs::drawn(training.shape, 20);
  struct Receipt {
    std::string weights;
    std::vector<float> scores;
    bool operator==(const Receipt&) const = default;
  };
  const auto receipt_on = [&](engine::Backend& on) {
    Settings settings = recipes::published(training.method, "strokes");
    for (const auto& [name, value] : training.settings)
      if (name == "recipe") settings = recipes::published(training.method, "strokes", Recipe::theano);
    for (const Option& option : settings.options()) {
      if (option.name == "epochs" || option.name == "ae-epochs") settings.set(option.name, "1");
      if (option.name == "batch-size" || option.name == "ae-batch-size") settings.set(option.name, "19");
    }
    for (const auto& [name, value] : training.settings)
      if (name != "recipe") settings.set(name, value);
    const auto detector = settings.make(training.shape, on);
    Monitor silent;
    detector->fit({train, {}}, silent);
    return Receipt{detector->weights_sha256(), detector->score(test)};
  };
  const Receipt expected = receipt_on(*engine::make_reference_backend());
  std::vector<std::unique_ptr<engine::Backend>> backends;
  for (const engine::Simd simd : {engine::Simd::portable, engine::Simd::avx2, engine::Simd::avx512})
    if (engine::simd_available(simd))
      backends.push_back(engine::make_cpu_backend({.threads = 1, .simd = simd}));
  backends.push_back(engine::make_cpu_backend({.threads = 3}));
  backends.push_back(engine::make_cuda_backend());
  for (const auto& on : backends) EXPECT_TRUE(receipt_on(*on) == expected) << on->name();
}

}  // namespace every_backend_test
