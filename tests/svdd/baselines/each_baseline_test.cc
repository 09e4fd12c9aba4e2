// What holds for every shallow baseline: one receipt everywhere, a score that depends on its sample alone,
// folders that come back whole or are refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "datasets/catalog.h"
#include "engine/backends/reference/reference.h"
#include "engine/files/safetensors.h"
#include "svdd/baselines/isolation_forest.h"
#include "svdd/baselines/k_nearest_neighbours.h"
#include "svdd/baselines/kde.h"
#include "svdd/baselines/kernel_svdd.h"
#include "svdd/baselines/local_outlier_factor.h"
#include "svdd/baselines/mahalanobis.h"
#include "svdd/baselines/pca_reconstruction.h"
#include "svdd/baselines/shallow_detector.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/model_folder.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/baselines/few_points.h"

namespace each_baseline_test {

using namespace svdd;
using datasets::PreprocessingOptions;
using datasets::Samples;
using small_runs::ones;

struct Baseline {
  std::string name;
  std::function<std::unique_ptr<Detector>(engine::Backend&, const PreprocessingOptions&)> make;
  std::string weights, scores;   // of the digit 1 of the stroke digits, whole
  double least_auc;              // on them
  double mnist_low, mnist_high;  // where the AUC of MNIST's digit 0 from 300 samples lies

  friend std::ostream& operator<<(std::ostream& out, const Baseline& b) { return out << b.name; }
};

const std::vector<Baseline>& baselines() {
  static const std::vector<Baseline> all{
      {"kernel-svdd",
       [](engine::Backend& on, const PreprocessingOptions& p) {
         return make_kernel_svdd({.preprocessing = p}, on);
       },
       "e137c8e6e9805a0d5dd24c4957a08fe33b9167732c1e6710555cdf0fab7f9051",
       "1c2cb6de27c3c9dd6e84ec8b275dfdc40331d133ae263aa2b77f7b7bb8066461", 0.98, 0.97, 0.99},
      {"kde",
       [](engine::Backend& on, const PreprocessingOptions& p) {
         return make_kde({.bandwidths = later_bandwidths(), .preprocessing = p}, on);
       },
       "e83b8334f932fde0ed5569cd65be0d61c6b342d7a62e78cef79b83317741809d",
       "192602ca9df2ffc64bfc739baf82b6b69f09a3e39d818d7699d6151dd409ef3e", 0.98, 0.97, 0.99},
      {"isolation-forest",
       [](engine::Backend&, const PreprocessingOptions& p) {
         return make_isolation_forest({.trees = 40, .samples = 32, .preprocessing = p});
       },
       "22ae7289f7c6cafbe581cead2a2fa091b2a211d89aa844b358835e7989d49f00",
       "ede483d63f18533748c2da3ab5dd844afc4eeab6c776c812393713da028ce73b", 0.9, 0.89, 0.93},
      {"knn",
       [](engine::Backend& on, const PreprocessingOptions& p) {
         return make_k_nearest_neighbours({.preprocessing = p}, on);
       },
       "60ce2e498c482382806a3dbbd5776f25bddf08b49e28229d9047d30f17d1ecb2",
       "68f880bcfe806f0dc8d71b36dc513d281e5bb3a8e0072849a09e793d102eb21b", 0.98, 0.9, 1},
      {"lof",
       [](engine::Backend& on, const PreprocessingOptions& p) {
         return make_local_outlier_factor({.preprocessing = p}, on);
       },
       "d03c4758a47eec9e97e6b05241d687a8737762a2a3cb309f3029b060c5d5b866",
       "00a2168bb6b83604e1f001f25c3f2035817710af47d96a24c76fb7e67172cab8", 0.98, 0.9, 1},
      {"mahalanobis",
       [](engine::Backend&, const PreprocessingOptions& p) { return make_mahalanobis({.preprocessing = p}); },
       "234a8c137e99b43eda005959e7d06c15ce712bc024736dabe27e5e25f5b388c5",
       "d5a32913953980fe7d86f766476a7506fe6827d502897603202c9eaba6f5d30e", 0.9, 0.8, 1},
      {"pca",
       [](engine::Backend&, const PreprocessingOptions& p) {
         return make_pca_reconstruction({.preprocessing = p});
       },
       "09a93e656685e7ae38577f6f515ba7899fd06989403980f53d24d2855540d733",
       "a11b9ab42ebae0a4b9bc30da64ebca61548f028cf69e8cca6b7c3ed1fc66f49c", 0.9, 0.8, 1}};
  return all;
}

class EachBaseline : public testing::TestWithParam<Baseline> {
 protected:
  std::unique_ptr<Detector> make(engine::Backend& on = *small_runs::backend(),
                                 const PreprocessingOptions& preprocessing = {}) const {
    return GetParam().make(on, preprocessing);
  }
  std::unique_ptr<Detector> fitted(engine::Backend& on = *small_runs::backend(),
                                   const PreprocessingOptions& preprocessing = {}) const {
    auto detector = make(on, preprocessing);
    few_points::fitted(detector, ones().train);
    return detector;
  }
};

INSTANTIATE_TEST_SUITE_P(, EachBaseline, testing::ValuesIn(baselines()), [](const auto& info) {
  std::string name = info.param.name;
  std::erase(name, '-');
  return name;
});

TEST_P(EachBaseline, TellsOnesFromOtherDigits) {
  const auto detector = fitted();
  EXPECT_EQ(detector->method(), GetParam().name);
  EXPECT_EQ(detector->sample_shape(), (std::vector<int64_t>{1, 28, 28}));
  EXPECT_EQ(detector->training_scores().size(), 64u);
  EXPECT_TRUE(std::is_sorted(detector->training_scores().begin(), detector->training_scores().end()));
  // Kernel SVDD's threshold is about the samples that it has learned from, its p-values about others.
  const std::vector<float> scores =
      GetParam().name == "kernel-svdd" ? detector->score(ones().train) : detector->training_scores();
  const auto above =
      std::count_if(scores.begin(), scores.end(), [&](float s) { return s > detector->threshold(); });
  EXPECT_LE(above, 7);  // a tenth of 64
  EXPECT_GT(roc_auc(detector->score(ones().test), ones().test_labels), GetParam().least_auc);
}

// A fresh sample's p-value is at most 0.05 about one time in twenty, in few dimensions and in many.
TEST(PValuesOfBaselines, AreAboutFreshSamples) {
  for (const auto& [n, d] : std::vector<std::pair<int64_t, int64_t>>{{400, 2}, {300, 20}, {145, 512}}) {
    const Samples train = few_points::gaussian(n, d, 21), fresh = few_points::gaussian(1000, d, 22);
    const auto detector = make_kernel_svdd({}, *small_runs::backend());
    few_points::fitted(detector, train);
    const PValues p(detector->training_scores());
    int small = 0;
    for (const float score : detector->score(fresh)) small += p(score) <= 0.05;
    EXPECT_LE(small, 85) << d << " dimensions";
  }
}

// The contract itself: these bits, on every machine and with every compiler.
TEST_P(EachBaseline, OneReceiptOnEveryBackend) {
  std::vector<std::unique_ptr<engine::Backend>> backends;
  backends.push_back(engine::make_reference_backend());
  for (const engine::Simd simd : {engine::Simd::portable, engine::Simd::avx2, engine::Simd::avx512})
    for (const int threads : {1, 2, 3})
      if (engine::simd_available(simd))
        backends.push_back(engine::make_cpu_backend({.threads = threads, .simd = simd}));
  for (const auto& on : backends) {
    const auto detector = fitted(*on);
    EXPECT_EQ(detector->weights_sha256(), GetParam().weights) << on->name();
    EXPECT_EQ(scores_sha256(detector->score(ones().test)), GetParam().scores) << on->name();
  }
}

TEST_P(EachBaseline, ASecondFitOwesNothingToTheFirst) {
  const auto detector = make();
  few_points::fitted(detector, few_points::gaussian(30, 3, 1));
  few_points::fitted(detector, ones().train);
  EXPECT_EQ(detector->weights_sha256(), GetParam().weights);
  EXPECT_EQ(detector->sample_shape(), ones().train.shape);
}

TEST_P(EachBaseline, AScoreDependsOnItsSampleAlone) {
  const auto detector = fitted();
  const std::vector<float> scores = detector->score(ones().test);
  for (const int64_t i : {0, 7, 16, 79}) {
    const Samples alone{ones().test.shape, {ones().test.sample(i), ones().test.sample(i) + 784}};
    EXPECT_EQ(detector->score(alone), std::vector<float>{scores[static_cast<size_t>(i)]}) << "sample " << i;
  }
  EXPECT_TRUE(detector->score({ones().test.shape, {}}).empty());
}

TEST_P(EachBaseline, WhatIsSavedComesBack) {
  PreprocessingOptions contrast, features;
  contrast.gcn = datasets::Preprocessing::Gcn::l1;
  contrast.min_max = true;
  features.per_feature = datasets::Preprocessing::PerFeature::standard;
  std::vector<std::string> receipts;
  for (const PreprocessingOptions& preprocessing : {PreprocessingOptions{}, contrast, features}) {
    const auto detector = fitted(*small_runs::backend(), preprocessing);
    const scratch::Folder folder;
    detector->save(folder.path());
    const auto on = engine::make_cpu_backend({.threads = 2});
    const auto loaded = load_detector(folder.path(), *on);
    EXPECT_EQ(loaded->method(), GetParam().name);
    EXPECT_EQ(loaded->sample_shape(), detector->sample_shape());
    EXPECT_EQ(loaded->weights_sha256(), detector->weights_sha256());
    EXPECT_EQ(loaded->score(ones().test), detector->score(ones().test));
    EXPECT_EQ(loaded->training_scores(), detector->training_scores());
    EXPECT_EQ(loaded->threshold(), detector->threshold());
    receipts.push_back(scores_sha256(loaded->score(ones().test)));

    const scratch::Folder again;
    loaded->save(again.path());
    for (const char* file : {"model.json", "weights.safetensors"})
      EXPECT_EQ(scratch::read(again / file), scratch::read(folder / file)) << file;
  }
  EXPECT_NE(receipts[1], receipts[0]);          // the preprocessing was applied
  if (GetParam().name != "isolation-forest") {  // which sees nothing but the order of values
    EXPECT_NE(receipts[2], receipts[0]);
  }
}

// Principal components bring arrays of their own, and rows shorter than the samples.
TEST_P(EachBaseline, ItsPrincipalComponentsComeBackToo) {
  Samples train = few_points::gaussian(60, 6, 19), test = few_points::gaussian(10, 6, 20);
  for (Samples* samples : {&train, &test})
    for (int64_t i = 0; i < samples->count(); ++i) samples->sample(i)[4] *= 0.01f;  // nearly flat
  PreprocessingOptions components;
  components.pca = 0.95;
  const auto detector = make(*small_runs::backend(), components);
  few_points::fitted(detector, train);
  const scratch::Folder folder;
  detector->save(folder.path());
  const auto loaded = load_detector(folder.path(), *small_runs::backend());
  EXPECT_EQ(loaded->sample_shape(), std::vector<int64_t>{6});
  EXPECT_EQ(loaded->weights_sha256(), detector->weights_sha256());
  const auto scores = detector->score(test);
  EXPECT_EQ(loaded->score(test), scores);
  for (int64_t i = 0; i < test.count(); ++i) test.sample(i)[4] += 0.005f;
  const auto moved = detector->score(test);
  for (size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(moved[i], scores[i], 1e-3);  // no component sees it
}

TEST_P(EachBaseline, DataThatDoNotFitAreRefused) {
  const auto detector = make();
  Monitor silent;
  const auto error = [&](const Samples& samples) {
    return scratch::error_of<std::invalid_argument>([&] { detector->fit({samples, {}}, silent); });
  };
  EXPECT_TRUE(scratch::contains(error(small_runs::first(ones().train, 1)), "hold 1 sample; at least 2"));
  EXPECT_TRUE(scratch::contains(error({{1, 28, 28}, {}}), "at least 2"));
  Samples bad = ones().train;
  bad.values[784 * 3 + 5] = std::nanf("");
  EXPECT_TRUE(scratch::contains(error(bad), "training data"));
  EXPECT_THROW(detector->score(ones().test), std::runtime_error);

  few_points::fitted(detector, ones().train);
  EXPECT_TRUE(scratch::contains(
      scratch::error_of<std::invalid_argument>([&] {
        detector->score({{784}, std::vector<float>(784)});
      }),
      "the samples are 784, but this " + GetParam().name + " detector was fitted on 1x28x28"));
  EXPECT_THROW(detector->score(bad), std::invalid_argument);
}

TEST_P(EachBaseline, MustBeFittedFirst) {
  const auto detector = make();
  const scratch::Folder folder;
  EXPECT_TRUE(scratch::contains(scratch::error_of([&] { detector->score(ones().test); }), "not been fitted"));
  EXPECT_TRUE(
      scratch::contains(scratch::error_of([&] { detector->save(folder.path()); }), "not been fitted"));
}

TEST_P(EachBaseline, DamagedFoldersAreRefused) {
  const scratch::Folder folder;
  fitted()->save(folder.path());
  const ModelFolder good = read_model_folder(folder.path());
  const auto error = [&](auto damage) {
    nlohmann::json description = good.description;
    NamedArrays arrays = good.tensors.tensors;
    damage(description, arrays);
    const scratch::Folder damaged;
    write_model_folder(damaged.path(), description, arrays);
    return scratch::error_of<std::runtime_error>(
        [&] { load_detector(damaged.path(), *small_runs::backend()); });
  };
  for (const char* entry : {"sample_shape", "preprocessing", "threshold", "weights_sha256"}) {
    EXPECT_TRUE(scratch::contains(error([&](auto& json, auto&) { json.erase(entry); }), entry));
    EXPECT_TRUE(scratch::contains(error([&](auto& json, auto&) { json[entry] = nullptr; }), entry));
  }
  EXPECT_TRUE(
      scratch::contains(error([](auto& json, auto&) { json["weights_sha256"] = "0"; }), "different runs"));
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{
           {}, {0}, {-1}, {3}, {1, 28, 29}, {int64_t{1} << 40, int64_t{1} << 40}})
    error([&](auto& json, auto&) { json["sample_shape"] = shape; });
  EXPECT_TRUE(scratch::contains(error([](auto&, auto& arrays) {
                                  arrays.emplace_back("more",
                                                      engine::NdArray::from({1}, std::vector<float>{1}));
                                }),
                                "'more'"));
  for (size_t i = 0; i < good.tensors.tensors.size(); ++i) {
    const std::string name = good.tensors.tensors[i].first;
    EXPECT_TRUE(scratch::contains(
        error([&](auto&, auto& arrays) { arrays.erase(arrays.begin() + static_cast<ptrdiff_t>(i)); }), name));
    error([&](auto&, auto& arrays) { arrays[i].second = engine::NdArray::from({0}, std::vector<float>{}); });
    error([&](auto&, auto& arrays) {
      arrays[i].second = engine::NdArray::from({2}, std::vector<double>{1, 2});
    });
    EXPECT_TRUE(scratch::contains(error([&](auto&, auto& arrays) {
                                    auto& bytes = arrays[i].second.bytes;
                                    if (name == "training_scores")
                                      bytes[3] = std::byte{0x7f},
                                      bytes[2] = std::byte{0};  // the first, by far the largest
                                    else
                                      bytes[bytes.size() - 4] ^= std::byte{1};  // one bit of the last number
                                  }),
                                  name == "training_scores" ? "not ascending" : ""));
    if (good.tensors.tensors[i].second.dtype != engine::NdArray::DType::f4) continue;
    EXPECT_TRUE(scratch::contains(error([&](auto&, auto& arrays) {
                                    auto values = arrays[i].second.template as<float>();
                                    values[0] = std::nanf("");
                                    arrays[i].second = engine::NdArray::from(arrays[i].second.shape, values);
                                  }),
                                  "not finite"));
  }
}

TEST_P(EachBaseline, MnistZeros) {
  SKIP_WITHOUT_REAL_DATA("mnist");
  const auto task = datasets::one_vs_rest(datasets::load("mnist"), {0}, 300);
  const auto detector = make();
  few_points::fitted(detector, task.train);
  const double auc = roc_auc(detector->score(task.test), task.test_labels);
  EXPECT_GT(auc, GetParam().mnist_low);
  EXPECT_LT(auc, GetParam().mnist_high);
  RecordProperty("auc", std::to_string(auc));
}

}  // namespace each_baseline_test
