#include "svdd/training/autoencoder_pretraining.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "svdd/evaluation/receipt.h"
#include "tests/svdd/small_runs.h"

namespace autoencoder_pretraining_test {

using engine::Mode;
using engine::Tensor;
using small_runs::Listener;

engine::Backend* const backend = small_runs::backend().get();

svdd::Network started() {
  svdd::Network net = svdd::build_network("mnist_LeNet", *backend);
  initialise(net.encoder.state(), svdd::Initialisation::pytorch, 1);
  initialise(net.decoder.state(), svdd::Initialisation::pytorch, 1);
  return net;
}

void pretrain(svdd::Network& net, const datasets::Samples& x, const svdd::PhaseOptions& options,
              Listener& monitor) {
  pretrain_autoencoder(net, x, options, svdd::Decay::all, false, 1, *backend, monitor);
}

// Σ over the pixels of (x̂ − x)², in double.
std::vector<double> errors(svdd::Network& net, const datasets::Samples& x, Mode mode) {
  const Tensor batch(engine::Array::from(*backend, {x.count(), 1, 28, 28}, engine::Layout::samples,
                                         engine::DType::f32, x.values));
  const auto y = net.decoder.forward(net.encoder.forward(batch, mode), mode).value().to_doubles();
  std::vector<double> sums(static_cast<size_t>(x.count()));
  for (size_t i = 0; i < y.size(); ++i) sums[i / 784] += std::pow(y[i] - x.values[i], 2);
  return sums;
}

TEST(ReconstructionErrors, AreSumsOverThePixelsInEvaluationMode) {
  svdd::Network net = started();
  const auto x = small_runs::first(small_runs::ones().train, 20);
  errors(net, x, Mode::train);  // so that the running moments are no longer 0 and 1
  const auto expected = errors(net, x, Mode::evaluate);
  const auto found = reconstruction_errors(net, x, *backend);
  ASSERT_EQ(found.size(), 20u);
  for (size_t i = 0; i < 20; ++i) EXPECT_NEAR(found[i], expected[i], 1e-5 * expected[i]);
}

TEST(PretrainAutoencoder, MinimisesTheirMeanOverTheBatch) {
  const auto x = small_runs::first(small_runs::ones().train, 20);
  svdd::Network net = started();
  const auto e = errors(net, x, Mode::train);
  svdd::Network again = started();
  Listener monitor;
  pretrain(again, x, {.epochs = 1, .lr = 1e-3, .batch_size = 20}, monitor);
  ASSERT_EQ(monitor.reports.size(), 1u);
  EXPECT_EQ(monitor.reports[0].phase, "autoencoder");
  EXPECT_FALSE(monitor.reports[0].radius);
  const double mean = std::accumulate(e.begin(), e.end(), 0.0) / 20;
  EXPECT_NEAR(monitor.reports[0].loss, mean, 1e-5 * mean);
}

TEST(PretrainAutoencoder, LearnsToReconstruct) {
  const auto x = small_runs::ones().train;
  svdd::Network net = started();
  const auto encoder = svdd::weights_sha256(net.encoder.state()),
             decoder = svdd::weights_sha256(net.decoder.state());
  Listener monitor;
  pretrain(net, x, {.epochs = 10, .lr = 1e-3, .lr_milestones = {}, .batch_size = 16}, monitor);
  EXPECT_LT(monitor.reports.back().loss, 0.4 * monitor.reports.front().loss);
  EXPECT_NE(svdd::weights_sha256(net.encoder.state()), encoder);
  EXPECT_NE(svdd::weights_sha256(net.decoder.state()), decoder);
  for (const engine::NamedTensor& s : net.encoder.state())  // φ inherits the running moments, too
    if (s.name == "bn1.running_var") {
      EXPECT_NE(s.tensor.value().to_floats(), std::vector<float>(8, 1.0f));
    }
}

}  // namespace autoencoder_pretraining_test
