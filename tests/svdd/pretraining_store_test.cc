// Fits that begin alike and share their pretraining: the bits are those of a fit alone, and what is not alike
// is not shared.
#include "svdd/training/pretraining_store.h"

#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "svdd/methods/autoencoder.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/training/epoch_report_json.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/small_runs.h"

namespace pretraining_store_test {

using namespace svdd;
using small_runs::Listener;

DeepSvddOptions brief() {
  DeepSvddOptions o = small_runs::options();
  o.pretraining.epochs = 4;
  o.training.epochs = 2;
  return o;
}

MultiRadiusOptions multi_radius() {
  MultiRadiusOptions o;
  static_cast<DeepOptions&>(o) = brief();
  o.labels = LabelSource::kmeans, o.clusters = 2;
  return o;
}

// A fit with a store or, as null, without.
struct Fit {
  Fit(std::unique_ptr<Detector> made, PretrainingStore* store,
      const datasets::Samples& train = small_runs::ones().train)
      : detector(std::move(made)) {
    detector->fit({train, {}, nullptr, store}, told);
  }
  bool took() const { return detector->took_pretraining(); }

  std::unique_ptr<Detector> detector;
  Listener told;
};

void expect_the_same(const Fit& a, const Fit& b) {
  EXPECT_EQ(a.detector->weights_sha256(), b.detector->weights_sha256());
  EXPECT_EQ(a.detector->training_scores(), b.detector->training_scores());
  EXPECT_EQ(a.told.stages, b.told.stages);
  EXPECT_EQ(a.told.stage_scores, b.told.stage_scores);
  ASSERT_EQ(a.told.reports.size(), b.told.reports.size());
  for (size_t i = 0; i < a.told.reports.size(); ++i) {
    nlohmann::json one = a.told.reports[i], other = b.told.reports[i];
    one.erase("seconds"), other.erase("seconds");
    EXPECT_EQ(one, other);
  }
}

size_t files_in(const std::filesystem::path& folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

engine::Backend& on() { return *small_runs::backend(); }

TEST(PretrainingStore, UnlikeMethodsShareAndEndAsAlone) {
  const scratch::Folder folder;
  PretrainingStore store(folder / "pretrained");
  const Fit maker(make_deep_svdd(brief(), on()), &store);
  EXPECT_FALSE(maker.took());
  expect_the_same(maker, Fit(make_deep_svdd(brief(), on()), nullptr));

  const std::vector<std::function<std::unique_ptr<Detector>()>> others{
      [] {
        DeepSvddOptions o = brief();
        o.objective = Objective::soft_boundary, o.training.lr = 3e-4;
        return make_deep_svdd(o, on());
      },
      [] { return make_multi_radius(multi_radius(), on()); }, [] { return make_autoencoder(brief(), on()); }};
  for (const auto& make : others) {
    const Fit taker(make(), &store);
    EXPECT_TRUE(taker.took()) << taker.detector->method();
    expect_the_same(taker, Fit(make(), nullptr));
    const double seconds = taker.detector->method() == "autoencoder" ? taker.detector->train_seconds()
                                                                     : taker.detector->pretrain_seconds();
    EXPECT_NEAR(seconds, maker.detector->pretrain_seconds(), 0.5 * maker.detector->pretrain_seconds() + 0.1);
  }
  EXPECT_EQ(files_in(folder / "pretrained"), 1u);
}

TEST(PretrainingStore, WhatDiffersIsNotShared) {
  const scratch::Folder folder;
  PretrainingStore store(folder / "pretrained");
  const Fit first(make_deep_svdd(brief(), on()), &store);
  const std::vector<std::function<void(DeepSvddOptions&)>> changes{
      [](auto& o) { o.seed = 2; },
      [](auto& o) { o.pretraining.epochs = 5; },
      [](auto& o) { o.pretraining.lr = 2e-3; },
      [](auto& o) { o.pretraining.lr_milestones = {1}; },
      [](auto& o) { o.pretraining.batch_size = 32; },
      [](auto& o) { o.pretraining.weight_decay = 0; },
      [](auto& o) { o.preprocessing.min_max = false; },
      [](auto& o) { o.amsgrad = true; }};
  for (size_t i = 0; i < changes.size(); ++i) {
    DeepSvddOptions o = brief();
    changes[i](o);
    EXPECT_FALSE(Fit(make_deep_svdd(o, on()), &store).took()) << "change " << i;
  }
  const datasets::Samples fewer = small_runs::first(small_runs::ones().train, 48);
  EXPECT_FALSE(Fit(make_deep_svdd(brief(), on()), &store, fewer).took());
  PretrainingStore of_another_version(folder / "pretrained", {{"version", "next"}});
  EXPECT_FALSE(Fit(make_deep_svdd(brief(), on()), &of_another_version).took());
  EXPECT_EQ(files_in(folder / "pretrained"), 1 + changes.size() + 2);
}

// Leaky ReLU and ELU begin with the same numbers.
TEST(PretrainingStore, TheActivationsCount) {
  const scratch::Folder folder;
  PretrainingStore store(folder / "pretrained");
  datasets::Samples colours{{3, 32, 32}, {}};
  for (int64_t i = 0; i < 4 * colours.size(); ++i)
    colours.values.push_back(static_cast<float>((i * 7919) % 256) / 255.0f);
  DeepSvddOptions o = brief();
  o.pretraining.epochs = o.training.epochs = 1;
  for (const char* network : {"cifar10_LeNet", "cifar10_LeNet_ELU"}) {
    o.network = network;
    auto detector = make_deep_svdd(o, on());
    Monitor silent;
    detector->fit({colours, {}, nullptr, &store}, silent);
    EXPECT_FALSE(detector->took_pretraining()) << network;
  }
}

TEST(PretrainingStore, ThoseThatBeginAlikeAtOnceWaitForTheFirst) {
  const scratch::Folder folder;
  PretrainingStore store(folder / "pretrained");
  std::vector<std::string> weights(3);
  std::vector<int> took(3);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < weights.size(); ++i)
    threads.emplace_back([&, i] {
      const auto own = engine::make_cpu_backend({.threads = 1});
      const auto detector = make_deep_svdd(brief(), *own);
      Monitor silent;
      detector->fit({small_runs::ones().train, {}, nullptr, &store}, silent);
      weights[i] = detector->weights_sha256();
      took[i] = detector->took_pretraining();
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(took[0] + took[1] + took[2], 2);
  EXPECT_EQ(weights[0], weights[1]);
  EXPECT_EQ(weights[0], weights[2]);
}

TEST(PretrainingStore, AFailedPretrainingLeavesNothingAndLocksNobodyOut) {
  const scratch::Folder folder;
  PretrainingStore store(folder / "pretrained");
  struct Impatient : Monitor {
    void epoch(const EpochReport&) override { throw std::runtime_error("enough"); }
  } impatient;
  auto detector = make_deep_svdd(brief(), on());
  EXPECT_THROW(detector->fit({small_runs::ones().train, {}, nullptr, &store}, impatient), std::runtime_error);
  EXPECT_FALSE(std::filesystem::exists(folder / "pretrained"));
  EXPECT_FALSE(Fit(make_deep_svdd(brief(), on()), &store).took());
}

TEST(PretrainingStore, AFolderThatCannotBeMadeIsSaidBeforeThePretraining) {
  const scratch::Folder folder;
  scratch::write(folder / "pretrained", "a file");
  PretrainingStore store(folder / "pretrained");
  Listener told;
  const std::string error = scratch::error_of([&] {
    make_deep_svdd(brief(), on())->fit({small_runs::ones().train, {}, nullptr, &store}, told);
  });
  EXPECT_TRUE(
      scratch::contains(error, "pretrained networks cannot go to '" + (folder / "pretrained").string()));
  EXPECT_TRUE(told.reports.empty());
}

TEST(PretrainingStore, ADamagedFileIsMadeAgainAndSaid) {
  const scratch::Folder folder;
  PretrainingStore store(folder / "pretrained");
  const Fit first(make_deep_svdd(brief(), on()), &store);
  const auto file = std::filesystem::directory_iterator(folder / "pretrained")->path();
  std::string bytes = scratch::read(file);
  bytes[bytes.size() / 2] ^= 1;
  for (const std::string& damaged : {bytes, bytes.substr(0, 100), std::string()}) {
    scratch::write(file, damaged);
    const Fit again(make_deep_svdd(brief(), on()), &store);
    EXPECT_FALSE(again.took());
    expect_the_same(again, first);
    ASSERT_EQ(again.told.notes.size(), 1u);
    EXPECT_TRUE(scratch::contains(again.told.notes[0], file.filename().string()));
    EXPECT_TRUE(Fit(make_deep_svdd(brief(), on()), &store).took()) << "and it is sound now";
  }
}

}  // namespace pretraining_store_test
