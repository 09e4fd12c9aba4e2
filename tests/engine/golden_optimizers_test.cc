// Every step of every optimiser against PyTorch's, and the schedule of learning rates: 1e-10 in double, 1e-5
// in float.
#include <gtest/gtest.h>

#include <memory>

#include "engine/optimizers.h"
#include "tests/engine/closeness.h"
#include "tests/engine/golden_cases.h"
#include "tests/engine/platforms.h"

namespace golden_optimizers_test {

using namespace engine;
using namespace engine_tests;

class GoldenOptimizers : public OnEachPlatform {
 protected:
  // Replays the cases whose name begins with `prefix`; make(parameters, case) gives the optimiser.
  template <class Make>
  void check(const std::string& prefix, Make make) {
    const double tolerance = GetParam().choose(1e-10, 1e-5);
    for_golden_names(prefix, [&](const GoldenCase& g) {
      SCOPED_TRACE(g.name());
      const Shape shape = g.shape("p0");
      const auto count = shape.count();
      const Tensor p(plain(shape, g.values("p0")), true);
      p.grad() = p.value().zeros_like();
      const std::unique_ptr<Optimizer> optimizer = make(std::vector<Tensor>{p}, g);
      const std::vector<double> grads = g.values("grads"), after = g.values("params_after_each_step"),
                                rates = g.values("lrs");
      ASSERT_FALSE(rates.empty());
      for (int64_t t = 0; t < static_cast<int64_t>(rates.size()); ++t) {
        const auto row = [&](const std::vector<double>& rows) {
          return std::vector<double>(rows.begin() + t * count, rows.begin() + (t + 1) * count);
        };
        const double rate = multi_step_rate(g.number("lr"), g.integers("milestones"), t, g.number("gamma"));
        EXPECT_DOUBLE_EQ(rate, rates[static_cast<size_t>(t)]) << "epoch " << t;
        p.grad().assign(row(grads));
        optimizer->step(rate);
        EXPECT_TRUE(close_to(p.value().to_doubles(), row(after), tolerance)) << "after step " << t;
      }
    });
  }
};

TEST_P(GoldenOptimizers, Adam) {
  check("optim_adam", [](auto parameters, const GoldenCase& g) {
    return std::make_unique<Adam>(parameters, Adam::Options{.weight_decay = g.number("weight_decay")});
  });
}

TEST_P(GoldenOptimizers, AmsGrad) {
  check("optim_amsgrad", [](auto parameters, const GoldenCase& g) {
    return std::make_unique<Adam>(parameters,
                                  Adam::Options{.weight_decay = g.number("weight_decay"), .amsgrad = true});
  });
}

TEST_P(GoldenOptimizers, AdaGrad) {
  check("optim_adagrad", [](auto parameters, const GoldenCase& g) {
    return std::make_unique<AdaGrad>(parameters, AdaGrad::Options{.lr_decay = g.number("lr_decay"),
                                                                  .weight_decay = g.number("weight_decay")});
  });
}

TEST_P(GoldenOptimizers, SgdWithMomentum) {
  check("optim_sgd", [](auto parameters, const GoldenCase& g) {
    return std::make_unique<Sgd>(
        parameters, Sgd::Options{.momentum = g.number("momentum"), .weight_decay = g.number("weight_decay")});
  });
}

INSTANTIATE_TEST_SUITE_P(Platforms, GoldenOptimizers, testing::ValuesIn(platforms()), platform_name);

}  // namespace golden_optimizers_test
