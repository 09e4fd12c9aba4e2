// One receipt in whatever floating-point mode the host program computes, for any number of threads; and its mode is its
// own again when we return.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datasets/preprocessing.h"
#include "engine/backends/reference/reference.h"
#include "svdd/baselines/isolation_forest.h"
#include "svdd/baselines/k_nearest_neighbours.h"
#include "svdd/baselines/kde.h"
#include "svdd/baselines/kernel_svdd.h"
#include "svdd/baselines/local_outlier_factor.h"
#include "svdd/baselines/mahalanobis.h"
#include "svdd/baselines/pca_reconstruction.h"
#include "svdd/clustering/finch.h"
#include "svdd/clustering/kmeans.h"
#include "svdd/clustering/partition_quality.h"
#include "svdd/clustering/tsne.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/evaluation/threshold.h"
#include "svdd/methods/autoencoder.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/training/dictionary_learning.h"
#include "svdd/training/side_by_side.h"
#include "tests/hostile_mode.h"
#include "tests/svdd/dasvdd_runs.h"
#include "tests/svdd/small_multi_sphere.h"
#include "tests/svdd/small_runs.h"

namespace floating_point_mode_test {

using namespace svdd;
using datasets::Samples;

template <class Numbers>
std::string hash(const Numbers& numbers) {
  return scores_sha256(std::vector<float>(numbers.begin(), numbers.end()));
}

std::string exact(double x) {
  char text[64];
  std::snprintf(text, sizeof text, "%a", x);
  return text;
}

const Samples& some() {
  static const Samples samples = small_runs::first(small_runs::ones().train, 37);
  return samples;
}

// What the tests themselves compute they compute once, before any host's mode is set.
const Samples& normal_rows() {
  static const Samples rows = dasvdd_runs::normal_rows(60);
  return rows;
}
const Samples& odd_rows() {
  static const Samples rows = dasvdd_runs::odd_rows(9);
  return rows;
}
const std::pair<std::vector<float>, std::vector<int32_t>>& ranked() {
  static const auto both = [] {
    std::pair<std::vector<float>, std::vector<int32_t>> made;
    for (int i = 0; i < 200; ++i) {
      made.first.push_back(static_cast<float>(i % 37) * 1e-40f);  // denormal, and different but for ties
      made.second.push_back(i % 3 == 0);
    }
    return made;
  }();
  return both;
}

DeepSvddOptions brief() {
  DeepSvddOptions o = small_runs::options(Recipe::theano, Objective::soft_boundary);
  o.warm_up_epochs = 1;
  o.pretraining.epochs = o.training.epochs = 2;
  o.dictionary = true;
  return o;
}

template <class Options>
Options quick(Options o) {
  o.pretraining.epochs = o.training.epochs = 1;
  return o;
}

std::string receipt(std::unique_ptr<Detector> detector, const Samples& train, const Samples& test) {
  Monitor silent;
  detector->fit({train, {}}, silent);
  return detector->weights_sha256() + " " + scores_sha256(detector->score(test)) + " " +
         hash(detector->embed(test)) + " " + exact(detector->threshold());
}

// A computation on a backend of this many threads, and what it has to show.
using Computation = std::function<std::string(engine::Backend& on, int threads)>;

const std::map<std::string, Computation>& computations() {
  using On = engine::Backend;
  static const std::map<std::string, Computation> all{
      {"deep_svdd",
       [](On& on, int) { return receipt(make_deep_svdd(brief(), on), some(), small_runs::ones().test); }},
      {"multi_sphere",
       [](On& on, int) {
         return receipt(make_multi_sphere(quick(small_multi_sphere::options()), on),
                        small_multi_sphere::two_digits().train, small_runs::ones().test);
       }},
      {"multi_radius",
       [](On& on, int) {
         MultiRadiusOptions o;
         o.pretraining.batch_size = o.training.batch_size = 16;
         return receipt(make_multi_radius(quick(o), on), some(), small_runs::ones().test);
       }},
      {"dasvdd",
       [](On& on, int) {
         return receipt(make_dasvdd(dasvdd_runs::options(), on), normal_rows(), odd_rows());
       }},
      {"autoencoder",
       [](On& on, int) {
         DeepOptions o;
         o.pretraining.epochs = o.training.epochs = 1;
         o.pretraining.batch_size = o.training.batch_size = 16;
         return receipt(make_autoencoder(o, on), some(), small_runs::ones().test);
       }},
      {"kde",
       [](On& on, int) {
         return receipt(make_kde({.preprocessing = {.pca = 0.95}}, on), some(), small_runs::ones().test);
       }},
      {"kernel_svdd",
       [](On& on, int) { return receipt(make_kernel_svdd({}, on), some(), small_runs::ones().test); }},
      {"isolation_forest",
       [](On&, int) {
         return receipt(make_isolation_forest({.trees = 10, .samples = 16}), some(), small_runs::ones().test);
       }},
      {"knn",
       [](On& on, int) {
         return receipt(make_k_nearest_neighbours({}, on), some(), small_runs::ones().test);
       }},
      {"lof",
       [](On& on, int) {
         return receipt(make_local_outlier_factor({}, on), some(), small_runs::ones().test);
       }},
      {"mahalanobis",
       [](On&, int) { return receipt(make_mahalanobis({}), some(), small_runs::ones().test); }},
      {"pca", [](On&, int) { return receipt(make_pca_reconstruction({}), some(), small_runs::ones().test); }},
      {"finch",
       [](On& on, int) {
         const FinchResult found = finch(small_runs::ones().train.values, 784,
                                         {.variant = FinchVariant::silhouette, .silhouettes = true}, on);
         std::string text;
         for (const Partition& p : found.partitions)
           text += hash(p.labels) + exact(p.silhouette.value_or(0)) + " ";
         return text;
       }},
      {"kmeans",
       [](On& on, int) {
         const KMeansResult found =
             kmeans(small_runs::ones().test.values, 784, {.clusters = 7, .restarts = 3}, on);
         return hash(found.centres) + hash(found.labels) + exact(found.inertia);
       }},
      {"tsne",
       [](On& on, int) {
         return hash(tsne(small_runs::ones().train.values, 784, {.perplexity = 5, .iterations = 20}, on));
       }},
      {"whitening",
       [](On&, int threads) {
         datasets::PreprocessingOptions o{
             .gcn = datasets::Preprocessing::Gcn::l1, .zca = true, .min_max = true};
         Samples rows = normal_rows();
         const auto fitted = datasets::Preprocessing::fit(o, rows, threads);
         fitted.apply(rows, threads);
         return hash(rows.values);
       }},
      {"metrics",
       [](On&, int) {
         const auto& [scores, labels] = ranked();
         const Metrics m = evaluate(scores, labels, 1e-39, 1);
         return exact(*m.auc) + exact(*m.average_precision) + exact(*m.fpr95) + exact(m.auc_ci95->low) +
                exact(*m.f1) + exact(m.best_f1->f1) + exact(m.score_std) + std::to_string(m.distinct_scores) +
                exact(roc_auc(scores, labels)) + exact(average_precision(scores, labels)) +
                exact(fpr_at_tpr(scores, labels, 0.7)) + exact(f1_at(scores, labels, 1e-39)) +
                exact(standard_deviation(scores)) + exact(purity(labels, labels)) +
                exact(normalised_mutual_information(labels,
                                                    std::vector<int32_t>(labels.rbegin(), labels.rend()))) +
                exact(PValues(scores)(1e-39f)) + exact(contamination_threshold(scores, 0.123));
       }},
  };
  return all;
}

class ModeOfComputations : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(, ModeOfComputations, testing::ValuesIn([] {
                           std::vector<std::string> names;
                           for (const auto& [name, computation] : computations()) names.push_back(name);
                           return names;
                         }()),
                         [](const auto& info) { return info.param; });

TEST_P(ModeOfComputations, TheHostsChangesNoBitAndComesBack) {
  const Computation& compute = computations().at(GetParam());
  const auto plain = engine::make_cpu_backend({.threads = 1});
  const std::string expected = compute(*plain, 1);
  for (const int threads : {1, 2, 3}) {
    const auto before =
        engine::make_cpu_backend({.threads = threads});  // its pool knows nothing of what comes
    const HostileMode hostile;
    EXPECT_EQ(compute(*before, threads), expected) << threads << " threads, mode set after the pool was made";
    EXPECT_TRUE(HostileMode::is_on());
    const auto after = engine::make_cpu_backend({.threads = threads});
    EXPECT_EQ(compute(*after, threads), expected) << threads << " threads, mode set before";
    EXPECT_TRUE(HostileMode::is_on());
  }
}

TEST(ModeOfRuns, SideBySideTooAndAfterAFailure) {
  const auto run = [] {
    const auto on = engine::make_cpu_backend({.threads = 1});
    return receipt(make_deep_svdd(brief(), *on), some(), small_runs::ones().test);
  };
  const std::string expected = run();
  const HostileMode hostile;
  std::vector<std::string> found(3);
  std::vector<std::function<void()>> runs;
  for (std::string& one : found) runs.push_back([&] { one = run(); });
  runs.push_back([] { throw std::runtime_error("out"); });
  EXPECT_THROW(run_side_by_side(runs, 2), std::runtime_error);
  EXPECT_EQ(found, std::vector<std::string>(3, expected));
  EXPECT_TRUE(HostileMode::is_on());

  const auto on = engine::make_cpu_backend({.threads = 2});
  Monitor silent;
  EXPECT_THROW(make_deep_svdd(brief(), *on)->fit({Samples{{1, 28, 28}, {}}, {}}, silent),
               std::invalid_argument);
  EXPECT_TRUE(HostileMode::is_on());
}

}  // namespace floating_point_mode_test
