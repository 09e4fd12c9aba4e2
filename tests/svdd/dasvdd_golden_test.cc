// The alternation against PyTorch's, from the same weights and centre over the same batches: every loss,
// every centre, all parameters at the end, and the scores of the trained network. In double within 1e-7; in
// float Adam and AdaGrad turn small differences of gradients into differences of whole steps.
#include <gtest/gtest.h>

#include "engine/optimizers.h"
#include "engine/tape.h"
#include "svdd/methods/dasvdd.h"
#include "svdd/training/training.h"
#include "tests/engine/closeness.h"
#include "tests/engine/golden_cases.h"
#include "tests/engine/platforms.h"

namespace dasvdd_golden_test {

using namespace engine;
using namespace engine_tests;

// 8-10-4-4 and back, in either number type; svdd/networks builds float alone.
svdd::Network pima_network(Backend& on, DType type) {
  const auto dense = [&](int64_t in, int64_t out) {
    return std::make_unique<Dense>(on, type, in, out, true);
  };
  const auto leaky = [](const Tensor& x) { return leaky_relu(x); };
  svdd::Network net;
  net.encoder.add("e.0", dense(8, 10)).add(leaky).add("e.1", dense(10, 4)).add(leaky);
  net.encoder.add("e.2", dense(4, 4)).add(leaky);
  net.decoder.add("d.0", dense(4, 4)).add(leaky).add("d.1", dense(4, 10)).add(leaky);
  net.decoder.add("d.2", dense(10, 8));
  return net;
}

class DasvddGolden : public OnEachPlatform {};

TEST_P(DasvddGolden, TheAlternationIsPyTorchs) {
  for_golden_names("trajectory_dasvdd", [&](const GoldenCase& g) {
    SCOPED_TRACE(g.name());
    const double tolerance = GetParam().choose(1e-7, 1e-4);
    svdd::Network net = pima_network(*on_, GetParam().type);
    for (const NamedTensor& s : net.state()) s.tensor.value().assign(g.values("p0/" + s.name));
    Tensor centre(plain(g.shape("c0"), g.values("c0")));
    centre.grad() = centre.value().zeros_like();
    const double gamma = g.number("gamma");

    const int64_t batch = g.integer("batch");
    const svdd::Alternation turns{.share = g.number("support_fraction"), .forward = {}, .gradient = {}};
    const int64_t own = turns.of_step(batch);
    EXPECT_EQ(own, 29);  // ⌈0.9 · 32⌉
    const Array rows = plain(g.shape("x"), g.values("x"));
    const Tensor first(Array(*on_, {own, 8}, Layout::samples, GetParam().type)),
        rest(Array(*on_, {batch - own, 8}, Layout::samples, GetParam().type));
    const std::vector<int32_t> order = g.indices("order");
    const std::vector<double> losses = g.values("losses"), centres = g.values("center_after_each_step");
    ASSERT_EQ(order.size(), losses.size() * static_cast<size_t>(batch));

    Adam adam(trainable(net.state()), {});
    AdaGrad adagrad({centre}, {.lr_decay = g.number("center_lr_decay")});
    Tape network_turn, centre_turn;
    Tensor loss, z;
    for (size_t step = 0; step < losses.size(); ++step) {
      const auto rows_of =
          std::span(order).subspan(step * static_cast<size_t>(batch), static_cast<size_t>(batch));
      on_->gather(rows, rows_of.first(static_cast<size_t>(own)), first.value());
      on_->gather(rows, rows_of.subspan(static_cast<size_t>(own)), rest.value());
      if (step == 0) {
        const Tape::Recording recording(network_turn);
        loss = mean(svdd::dasvdd_score(net, first, centre, gamma, Mode::train));
      } else {
        network_turn.replay();
      }
      network_turn.backward(loss);
      adam.step(g.number("lr"));
      if (step == 0) {
        const Tape::Recording recording(centre_turn);
        z = net.encoder.forward(rest, Mode::evaluate);
      } else {
        centre_turn.replay();
      }
      svdd::dasvdd_centre_gradient(z, centre);
      adagrad.step(g.number("center_lr"));
      ASSERT_TRUE(close_to(loss.value().item(), losses[step], tolerance)) << "loss of step " << step;
      const std::vector<double> expected(centres.begin() + static_cast<std::ptrdiff_t>(4 * step),
                                         centres.begin() + static_cast<std::ptrdiff_t>(4 * step + 4));
      ASSERT_TRUE(close_to(centre.value().to_doubles(), expected, tolerance)) << "centre of step " << step;
    }
    for (const NamedTensor& s : net.state())
      EXPECT_TRUE(close_to(s.tensor.value().to_doubles(), g.values("p1/" + s.name), tolerance)) << s.name;
    const Tensor x(samples(g.shape("x"), g.values("x")));
    const Tensor scores = svdd::dasvdd_score(net, x, centre, gamma, Mode::evaluate);
    EXPECT_TRUE(close_to(scores.value().to_doubles(), g.values("scores"), tolerance));
  });
}

INSTANTIATE_TEST_SUITE_P(Platforms, DasvddGolden, testing::ValuesIn(platforms()), platform_name);

}  // namespace dasvdd_golden_test
