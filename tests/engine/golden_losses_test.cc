// The losses of Deep SVDD (Ruff et al. 2018, equations 3 and 4), written in the engine's ops, against
// PyTorch's values: 1e-10 in double, 1e-5 in float.
#include <gtest/gtest.h>

#include "engine/ops.h"
#include "engine/tape.h"
#include "tests/engine/closeness.h"
#include "tests/engine/golden_cases.h"
#include "tests/engine/platforms.h"

namespace golden_losses_test {

using namespace engine;
using namespace engine_tests;

class GoldenLosses : public OnEachPlatform {
 protected:
  // Compares loss(distances, R), its gradient for the representations z, and the (1 − ν)-quantile of the
  // distances.
  template <class Loss>
  void check(const GoldenCase& g, Loss loss_of) {
    SCOPED_TRACE(g.name());
    const double tolerance = GetParam().choose(1e-10, 1e-5);
    const Tensor z(samples(g.shape("z"), g.values("z")), true), c(plain(g.shape("c"), g.values("c"))),
        radius(plain({1}, {g.number("R")}));
    Tape tape;
    Tensor distances, loss;
    {
      Tape::Recording recording(tape);
      distances = squared_distance(z, c);
      loss = loss_of(distances, radius, g.number("nu"));
    }
    tape.backward(loss);
    EXPECT_TRUE(close_to(loss.value().item(), g.value("loss"), tolerance)) << "loss";
    EXPECT_TRUE(close_to(z.grad().to_doubles(), g.values("gz"), tolerance)) << "gz";

    Array quantile = plain({1}, {0.0});
    on_->root_quantile(distances.value(), 1 - g.number("nu"), quantile);
    EXPECT_TRUE(close_to(quantile.item(), g.number("radius_quantile"), tolerance)) << "radius_quantile";
  }
};

TEST_P(GoldenLosses, OneClass) {
  for_golden_names("loss_one_class", [&](const GoldenCase& g) {
    check(g, [](const Tensor& distances, const Tensor&, double) { return mean(distances); });
  });
}

TEST_P(GoldenLosses, SoftBoundary) {
  for_golden_names("loss_soft_boundary", [&](const GoldenCase& g) {
    check(g, [](const Tensor& distances, const Tensor& radius, double nu) {
      return square(radius) + (1 / nu) * mean(relu(distances - square(radius)));
    });
  });
}

INSTANTIATE_TEST_SUITE_P(Platforms, GoldenLosses, testing::ValuesIn(platforms()), platform_name);

}  // namespace golden_losses_test
