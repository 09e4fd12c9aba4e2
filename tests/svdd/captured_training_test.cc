// Training on a backend that notes captured steps down and repeats the notes (tests/engine/noting_backend.h):
// what a device would see. Within an epoch the host neither brings numbers nor reads any, and the bits are
// those of the same calls made one by one.
#include <gtest/gtest.h>

#include <functional>
#include <regex>

#include "svdd/methods/autoencoder.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/training/training.h"
#include "tests/engine/noting_backend.h"
#include "tests/svdd/dasvdd_runs.h"
#include "tests/svdd/small_multi_sphere.h"
#include "tests/svdd/small_runs.h"

namespace captured_training_test {

using namespace svdd;
using engine_tests::NotingBackend;

using MakeDetector = std::function<std::unique_ptr<Detector>(engine::Backend&)>;

struct Epoch {
  std::string phase;
  int64_t number;
  std::string events;  // of the diary, up to the report of the epoch
};

// A fit, with its diary cut into epochs where it keeps one.
struct Fit : Monitor {
  Fit(const MakeDetector& make, const datasets::Samples& samples, const std::vector<int32_t>& classes,
      engine::Backend& on)
      : diary(dynamic_cast<NotingBackend*>(&on)), detector(make(on)) {
    detector->fit({samples, classes}, *this);
    weights = detector->weights_sha256();
    scores = detector->training_scores();
  }
  void epoch(const EpochReport& report) override {
    losses.push_back(report.loss);
    radii.push_back(report.radius.value_or(0));
    radii.insert(radii.end(), report.radii.begin(), report.radii.end());
    if (!diary) return;
    epochs.push_back({report.phase, report.epoch, diary->diary});
    diary->diary.clear();
  }

  NotingBackend* diary;
  std::unique_ptr<Detector> detector;
  std::string weights;
  std::vector<float> scores;
  std::vector<double> losses, radii;
  std::vector<Epoch> epochs;
};

void expect_equal(const Fit& captured, const Fit& call_by_call) {
  EXPECT_EQ(captured.weights, call_by_call.weights);
  EXPECT_EQ(captured.scores, call_by_call.scores);
  EXPECT_EQ(captured.losses, call_by_call.losses);
  EXPECT_EQ(captured.radii, call_by_call.radii);
}

struct Expected {
  int captures = 0;
  int sizes = 2, steps = 3;  // batch sizes and steps of an epoch
  int64_t new_form = 0;      // the epoch in training from which steps do more than before
};

// Fits on the noting backend and call by call. In every epoch of a phase but the first the host brings what
// the steps of each size need (u) and sets them to the first (c), all steps are replayed (r), and then losses
// are read (d). Where steps have a new form the first of each size makes its calls (c) itself.
void expect_captured(const MakeDetector& make, const datasets::Samples& samples, const Expected& expected,
                     const std::vector<int32_t>& classes = {}) {
  const auto plain = engine::make_cpu_backend({.threads = 1});
  NotingBackend noting(engine::make_cpu_backend({.threads = 1}));
  const Fit captured(make, samples, classes, noting), call_by_call(make, samples, classes, *plain);
  expect_equal(captured, call_by_call);
  EXPECT_EQ(noting.captures, expected.captures);
  ASSERT_FALSE(captured.epochs.empty());
  const std::string begin = "^(u+c){" + std::to_string(expected.sizes) + "}";
  const std::regex replayed(begin + "r{" + std::to_string(expected.steps) + "}d"), calls(begin + "c[cr]*d");
  for (const Epoch& epoch : captured.epochs) {
    if (epoch.number == 0) continue;  // what came before the phase is in it
    const bool is_new = epoch.number == expected.new_form && epoch.phase != "autoencoder";
    EXPECT_TRUE(std::regex_search(epoch.events, is_new ? calls : replayed))
        << epoch.phase << ", epoch " << epoch.number << ": " << epoch.events;
  }
}

// 37 samples in batches of 16: three steps of two sizes.
datasets::Samples some() { return small_runs::first(small_runs::ones().train, 37); }

template <class Options>
Options brief(Options o) {
  o.pretraining.epochs = 3;
  o.training.epochs = 6;
  return o;
}

TEST(CapturedTraining, OneClassDeepSvdd) {
  const auto o = brief(small_runs::options());
  expect_captured([&](engine::Backend& on) { return make_deep_svdd(o, on); }, some(), {.captures = 4});
}

TEST(CapturedTraining, SoftBoundaryDeepSvdd) {
  auto o = brief(small_runs::options(Recipe::pytorch, Objective::soft_boundary));
  o.training.lr_milestones = {1, 4};
  o.warm_up_epochs = 3;  // when the radius begins to move, a step has a new form
  o.amsgrad = true;
  expect_captured([&](engine::Backend& on) { return make_deep_svdd(o, on); }, some(),
                  {.captures = 6, .new_form = 3});
}

TEST(CapturedTraining, Autoencoder) {
  const DeepOptions o = brief(small_runs::options());
  expect_captured([&](engine::Backend& on) { return make_autoencoder(o, on); }, some(), {.captures = 2});
}

TEST(CapturedTraining, DasvddsTurns) {
  for (const bool train_centre : {true, false}) {
    auto o = dasvdd_runs::options();  // batches of 10, the short one left out
    o.train_centre = train_centre;
    o.centre_lr_decay = 0.1;
    expect_captured([&](engine::Backend& on) { return make_dasvdd(o, on); }, dasvdd_runs::normal_rows(37),
                    {.captures = 1, .sizes = 1});
  }
}

TEST(CapturedTraining, OneClassMultiRadius) {
  MultiRadiusOptions o;
  static_cast<DeepOptions&>(o) = brief(small_runs::options());
  o.labels = LabelSource::classes;
  const datasets::Samples x = some();
  std::vector<int32_t> classes;
  for (int64_t i = 0; i < x.count(); ++i) classes.push_back(static_cast<int32_t>(i % 3));
  expect_captured([&](engine::Backend& on) { return make_multi_radius(o, on); }, x, {.captures = 4}, classes);
}

TEST(CapturedTraining, MultiSphere) {
  for (const SphereObjective objective : {SphereObjective::hard_margin, SphereObjective::soft_boundary}) {
    auto o = brief(small_multi_sphere::options());
    o.objective = objective;
    o.trainable_centres = objective == SphereObjective::soft_boundary;
    const datasets::Samples x = small_runs::first(small_multi_sphere::two_digits().train, 48);
    expect_captured([&](engine::Backend& on) { return make_multi_sphere(o, on); }, x,
                    {.captures = 2, .sizes = 1});
  }
}

// The host computes the shares of the clusters for every batch: nothing is captured in training itself.
TEST(CapturedTraining, SoftBoundaryMultiRadiusNeedsTheHost) {
  MultiRadiusOptions o;
  static_cast<DeepOptions&>(o) = brief(small_runs::options());
  o.objective = Objective::soft_boundary;
  o.warm_up_epochs = 2;
  o.pretrain = false;
  o.labels = LabelSource::classes;
  const datasets::Samples x = some();
  std::vector<int32_t> classes;
  for (int64_t i = 0; i < x.count(); ++i) classes.push_back(static_cast<int32_t>(i % 3));
  const auto make = [&](engine::Backend& on) { return make_multi_radius(o, on); };
  const auto plain = engine::make_cpu_backend({.threads = 1});
  NotingBackend noting(engine::make_cpu_backend({.threads = 1}));
  const Fit noted(make, x, classes, noting), call_by_call(make, x, classes, *plain);
  expect_equal(noted, call_by_call);
  EXPECT_EQ(noting.captures, 0);
}

// The double itself: a step that needs the host and does not say so is found out.
TEST(CapturedTraining, AStepThatHidesItsHostIsRefused) {
  NotingBackend on(engine::make_cpu_backend({.threads = 1}));
  engine::Dense layer(on, engine::DType::f32, 1, 1);
  const engine::Tensor origin(engine::Array(on, {1}, engine::Layout::plain, engine::DType::f32));
  TrainingPhase phase{.name = "hidden", .options = {.epochs = 2, .lr_milestones = {}, .batch_size = 2}};
  phase.step = [&](const Batch& b) {
    return StepResult{.loss = mean(squared_distance(layer.forward(b.samples, engine::Mode::train), origin))};
  };
  phase.after_step = [&](const Batch&, const StepResult& step) { step.loss.value().item(); };
  Monitor silent;
  const datasets::Samples x{{1}, {1, 2, 3, 4}};
  EXPECT_THROW(train(x, phase, on, silent), std::logic_error);
  phase.needs_host = true;
  EXPECT_NO_THROW(train(x, phase, on, silent));
}

}  // namespace captured_training_test
