// Options, data and moments at which Deep SVDD refuses to go on.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "svdd/methods/autoencoder.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/small_runs.h"

namespace deep_svdd_errors_test {

using namespace svdd;
using datasets::Samples;
using small_runs::ones;
using small_runs::options;
using small_runs::untrained;

std::string option_error(const DeepSvddOptions& o) {
  return scratch::error_of<std::invalid_argument>([&] { make_deep_svdd(o, *small_runs::backend()); });
}

TEST(DeepSvddErrors, ImpossibleOptionsAreNamedBeforeAnyWork) {
  const auto with = [](auto change) {
    DeepSvddOptions o;
    change(o);
    return option_error(o);
  };
  for (const double nu : {0.0, -0.1, 1.5, std::nan("")})
    EXPECT_TRUE(scratch::contains(with([&](auto& o) { o.nu = nu; }), "nu is the share"));
  for (const double c : {-0.1, 1.0, std::nan("")})
    EXPECT_TRUE(scratch::contains(with([&](auto& o) { o.contamination = c; }), "contamination is the share"));
  EXPECT_TRUE(scratch::contains(with([](auto& o) { o.warm_up_epochs = -1; }), "warm-up"));
  EXPECT_TRUE(scratch::contains(with([](auto& o) { o.training.lr = 0; }), "training: the learning rate"));
  EXPECT_TRUE(
      scratch::contains(with([](auto& o) { o.pretraining.batch_size = 0; }), "pretraining: the batch size"));
  EXPECT_TRUE(scratch::contains(with([](auto& o) { o.network = "alexnet"; }), "'alexnet'"));
  EXPECT_TRUE(scratch::contains(with([](auto& o) { o.rep_dim = 33; }), "found 33"));
  DeepSvddOptions unused;
  unused.pretrain = false;
  unused.pretraining.lr = -1;  // of no matter
  EXPECT_NO_THROW(make_deep_svdd(unused, *small_runs::backend()));
}

TEST(DeepSvddErrors, DataThatDoNotFitAreRefused) {
  const auto detector = make_deep_svdd(untrained(), *small_runs::backend());
  Monitor silent;
  const auto error = [&](const Samples& samples) {
    return scratch::error_of<std::invalid_argument>([&] { detector->fit({samples, {}}, silent); });
  };
  EXPECT_TRUE(scratch::contains(error({{3, 32, 32}, std::vector<float>(3 * 32 * 32)}),
                                "the samples are 3x32x32, but mnist_LeNet takes 1x28x28"));
  EXPECT_TRUE(scratch::contains(error(small_runs::first(ones().train, 1)), "hold 1 samples; at least 2"));
  EXPECT_TRUE(scratch::contains(error({{1, 28, 28}, {}}), "at least 2"));
  Samples bad = ones().train;
  bad.values[784 * 3 + 5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(scratch::contains(error(bad), "training data"));
  bad.values.assign(784 * 4, 0.5f);
  EXPECT_TRUE(scratch::contains(error(bad), "min-max"));

  detector->fit({ones().train, {}}, silent);
  EXPECT_THROW(detector->score({{784}, std::vector<float>(784)}), std::invalid_argument);
  bad.values[7] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(detector->score(bad), std::invalid_argument);
}

TEST(DeepSvddErrors, ALastBatchThatBatchNormCannotLearnFromIsSaidAtOnce) {
  const Samples colours{{3, 32, 32}, std::vector<float>(17 * 3 * 32 * 32, 0.5f)};
  auto o = options();
  o.network = "cifar10_LeNet";  // whose decoder begins with a batch norm over vectors
  o.preprocessing = {.min_max = false};
  struct Listening final : Monitor {
    void stage(std::string_view, const ScoreFunction&) override { ADD_FAILURE() << "the fit had begun"; }
  } listening;
  const auto error_of = [&](const std::unique_ptr<Detector>& detector) {
    return scratch::error_of<std::invalid_argument>([&] { detector->fit({colours, {}}, listening); });
  };
  EXPECT_EQ(
      error_of(make_deep_svdd(o, *small_runs::backend())),
      "pretraining: of 17 samples in batches of 16 the last batch has one, from which the batch norm of "
      "cifar10_LeNet cannot learn; choose another batch size");
  o.pretraining.batch_size = 1;
  EXPECT_TRUE(scratch::contains(error_of(make_autoencoder(o, *small_runs::backend())),
                                "training: of 17 samples in batches of 1 the last"));

  auto encoder_alone = untrained();  // which has no such batch norm
  encoder_alone.network = o.network, encoder_alone.preprocessing = o.preprocessing;
  encoder_alone.training.epochs = 1, encoder_alone.training.batch_size = 16;
  EXPECT_NO_THROW(small_runs::fitted(encoder_alone, colours));
}

TEST(DeepSvddErrors, ADetectorMustBeFittedFirst) {
  const auto detector = make_deep_svdd(untrained(), *small_runs::backend());
  const scratch::Folder folder;
  EXPECT_TRUE(scratch::contains(scratch::error_of([&] { detector->score(ones().test); }), "not been fitted"));
  EXPECT_TRUE(
      scratch::contains(scratch::error_of([&] { detector->save(folder.path()); }), "not been fitted"));
}

TEST(DeepSvddErrors, AFitThatIsStoppedLeavesNothingToScoreWith) {
  struct Impatient final : Monitor {
    void epoch(const EpochReport&) override { throw std::runtime_error("enough"); }
  } impatient;
  const auto detector = make_deep_svdd(options(), *small_runs::backend());
  EXPECT_EQ(scratch::error_of([&] { detector->fit({ones().train, {}}, impatient); }), "enough");
  EXPECT_THROW(detector->score(ones().test), std::runtime_error);
}

TEST(DeepSvddErrors, ADivergedFitSaysSo) {
  for (const int64_t epochs : {1, 3}) {  // after one step of one batch no loss has shown it yet
    auto o = untrained();
    o.training = {.epochs = epochs, .lr = 1e30, .lr_milestones = {}, .batch_size = 64};
    const auto detector = make_deep_svdd(o, *small_runs::backend());
    Monitor silent;
    const std::string error = scratch::error_of([&] { detector->fit({ones().train, {}}, silent); });
    EXPECT_TRUE(scratch::contains(error, "lower learning rate"));
  }
}

}  // namespace deep_svdd_errors_test
