// Whole trainings of the MNIST networks against PyTorch's: from the same weights, in the same order of
// batches, every loss, every radius, all parameters and running moments at the end, and the scores of the
// trained network.
//
// Allowed in double: 1e-7. In float rounding may choose another maximum of a pooling window whose values are
// all but equal, and Adam turns the smallest difference of gradients into a difference of whole steps (1e-3
// each): 1e-3 for the losses and radii on the way, 5e-3 at the end.
#include <gtest/gtest.h>

#include "engine/optimizers.h"
#include "engine/tape.h"
#include "tests/engine/closeness.h"
#include "tests/engine/golden_cases.h"
#include "tests/engine/mnist_lenet.h"
#include "tests/engine/platforms.h"

namespace golden_trajectory_test {

using namespace engine;
using namespace engine_tests;

class GoldenTrajectory : public OnEachPlatform {
 protected:
  double tolerance() const { return GetParam().choose(1e-7, 1e-3); }
  double end_tolerance() const { return GetParam().choose(1e-7, 5e-3); }

  static std::vector<double> numbers_of(const GoldenCase& g, const std::string& when, const NamedTensor& s) {
    const std::string name = when + "/" + s.name;
    EXPECT_EQ(g.shape(name), s.tensor.shape()) << name;
    return g.values(name);
  }

  static void load_start(const Layer& net, const GoldenCase& g) {
    for (NamedTensor& s : net.state()) s.tensor.value().assign(numbers_of(g, "p0", s));
  }

  // The network at the end of training: all of it, and nothing that the case does not know.
  void check_end(const Layer& net, const GoldenCase& g) const {
    size_t stored = 0;
    for (const std::string& name : g.arrays()) stored += name.starts_with("p1/");
    EXPECT_EQ(net.state().size(), stored);
    for (const NamedTensor& s : net.state())
      EXPECT_TRUE(close_to(s.tensor.value().to_doubles(), numbers_of(g, "p1", s), end_tolerance())) << s.name;
  }

  // Records loss_of(batch) on the first batch of the case's order, replays it on the others, and calls
  // after_step(step) after each update.
  template <class Loss, class AfterStep>
  void train(Layer& net, const GoldenCase& g, Loss loss_of, AfterStep after_step) {
    const Array images = plain(g.shape("images"), g.values("images"));
    const std::vector<int32_t> order = g.indices("order");
    const auto batch_size = static_cast<size_t>(g.shape("order")[1]);
    const std::vector<double> losses = g.values("losses");
    ASSERT_EQ(order.size(), losses.size() * batch_size);

    Tensor batch(Array(*on_, images.shape().with_samples(static_cast<int64_t>(batch_size)), Layout::samples,
                       GetParam().type));
    Adam adam(trainable(net.state()), {.weight_decay = g.number("weight_decay")});
    Tape tape;
    Tensor loss;
    for (size_t step = 0; step < losses.size(); ++step) {
      on_->gather(images, std::span(order).subspan(step * batch_size, batch_size), batch.value());
      if (step == 0) {
        Tape::Recording recording(tape);
        loss = loss_of(batch);
      } else {
        tape.replay();
      }
      tape.backward(loss);
      adam.step(g.number("lr"));
      ASSERT_TRUE(close_to(loss.value().item(), losses[step], tolerance())) << "loss of step " << step;
      after_step(step);
    }
  }

  Tensor all_images(const GoldenCase& g) const {
    return Tensor(samples(g.shape("images"), g.values("images")));
  }
};

TEST_P(GoldenTrajectory, Autoencoder) {
  for_golden_names("trajectory_mnist_autoencoder", [&](const GoldenCase& g) {
    SCOPED_TRACE(g.name());
    const auto net = mnist_autoencoder(*on_, GetParam().type);
    load_start(*net, g);
    train(
        *net, g, [&](const Tensor& x) { return mean(squared_distance(net->forward(x, Mode::train), x)); },
        [](size_t) {});
    check_end(*net, g);
    const Tensor x = all_images(g);
    const Tensor errors = squared_distance(net->forward(x, Mode::evaluate), x);
    EXPECT_TRUE(close_to(errors.value().to_doubles(), g.values("recon_error_eval"), end_tolerance()));
  });
}

TEST_P(GoldenTrajectory, OneClass) {
  for_golden_names("trajectory_mnist_one_class", [&](const GoldenCase& g) {
    SCOPED_TRACE(g.name());
    const auto net = mnist_lenet(*on_, GetParam().type);
    load_start(*net, g);
    const Tensor c(plain(g.shape("c"), g.values("c")));
    train(
        *net, g, [&](const Tensor& x) { return mean(squared_distance(net->forward(x, Mode::train), c)); },
        [](size_t) {});
    check_end(*net, g);
    const Tensor scores = squared_distance(net->forward(all_images(g), Mode::evaluate), c);
    EXPECT_TRUE(close_to(scores.value().to_doubles(), g.values("scores_eval"), end_tolerance()));
  });
}

TEST_P(GoldenTrajectory, SoftBoundary) {
  for_golden_names("trajectory_mnist_soft_boundary", [&](const GoldenCase& g) {
    SCOPED_TRACE(g.name());
    const auto net = mnist_lenet(*on_, GetParam().type);
    load_start(*net, g);
    const double nu = g.number("nu");
    const auto warm_up_steps =
        static_cast<size_t>(g.integer("warm_up_epochs") * g.integer("steps_per_epoch"));
    const std::vector<double> radii = g.values("radius_after_each_step");
    const Tensor c(plain(g.shape("c"), g.values("c")));
    Tensor radius(plain({1}, {0.0})), distances;
    train(
        *net, g,
        [&](const Tensor& x) {
          distances = squared_distance(net->forward(x, Mode::train), c);
          return square(radius) + (1 / nu) * mean(relu(distances - square(radius)));
        },
        [&](size_t step) {  // the radius follows the distances that the loss was computed from
          if (step >= warm_up_steps) on_->root_quantile(distances.value(), 1 - nu, radius.value());
          EXPECT_TRUE(close_to(radius.value().item(), radii.at(step), tolerance())) << "radius " << step;
        });
    check_end(*net, g);
    const Tensor scores = squared_distance(net->forward(all_images(g), Mode::evaluate), c) - square(radius);
    EXPECT_TRUE(close_to(scores.value().to_doubles(), g.values("scores_eval"), end_tolerance()));
  });
}

INSTANTIATE_TEST_SUITE_P(Platforms, GoldenTrajectory, testing::ValuesIn(platforms()), platform_name);

}  // namespace golden_trajectory_test
