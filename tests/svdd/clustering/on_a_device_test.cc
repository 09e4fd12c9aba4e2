// Clustering whose products a device computes: whatever backend that is, the results are the host's, to the
// bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "datasets/strokes.h"
#include "rows.h"
#include "svdd/clustering/finch.h"
#include "svdd/clustering/kmeans.h"
#include "svdd/clustering/nearest_candidates.h"
#include "svdd/clustering/nearest_neighbours.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/methods/multi_sphere.h"
#include "svdd/recipes/published.h"
#include "tests/engine/platforms.h"

namespace {

using namespace clustering_tests;
using svdd::Device, svdd::Distance, svdd::KMeansOptions, svdd::KMeansResult, svdd::Neighbours, svdd::Points;

svdd::Machine host() { return host_of({.threads = 2}); }
svdd::Machine with(const Device& device) {
  svdd::Machine machine = host();
  machine.device = device;
  return machine;
}

void expect_the_hosts(const Points& points, const Device& device, const std::string& what) {
  const Neighbours wanted = svdd::nearest_neighbours(points, host()),
                   found = svdd::nearest_neighbours(points, with(device));
  EXPECT_EQ(found.index, wanted.index) << what;
  EXPECT_EQ(found.distance, wanted.distance) << what;
}

void expect_equal(const KMeansResult& found, const KMeansResult& wanted, const std::string& what) {
  EXPECT_EQ(found.labels, wanted.labels) << what;
  EXPECT_EQ(found.centres, wanted.centres) << what;
  EXPECT_EQ(found.sizes, wanted.sizes) << what;
  EXPECT_EQ(found.inertia, wanted.inertia) << what;
  EXPECT_EQ(found.iterations, wanted.iterations) << what;
  EXPECT_EQ(found.converged, wanted.converged) << what;
}

class ClusteringOnADevice : public engine_tests::OnEachPlatform {
 protected:
  // In small blocks, so that there are several.
  Device device(int64_t block = 32, int64_t listed = 8) const { return {on_.get(), block, listed}; }

  void expect_the_hosts(const std::vector<float>& rows, int64_t d, Distance distance, const std::string& what,
                        int64_t block = 32, int64_t listed = 8) const {
    ::expect_the_hosts(Points(rows, d, distance), device(block, listed), what);
  }
  void expect_the_hosts_means(const std::vector<float>& rows, int64_t d, const KMeansOptions& options,
                              const std::string& what) const {
    expect_equal(svdd::kmeans(rows, d, options, with(device(16))), svdd::kmeans(rows, d, options, host()),
                 what);
  }
};

TEST_P(ClusteringOnADevice, FindsTheNeighboursOfAnyShape) {
  for (const Distance distance : {Distance::euclidean, Distance::cosine})
    for (const int64_t n : {2, 3, 15, 16, 17, 33, 70})
      for (const int64_t d : {1, 2, 7, 33})
        expect_the_hosts(noise(n, d, static_cast<uint64_t>(n * d)), d, distance,
                         std::to_string(n) + " x " + std::to_string(d), n % 2 ? 16 : 48);
}

TEST_P(ClusteringOnADevice, FindsTheLowestOfEqualNeighbours) {
  for (const int64_t n : {5, 40, 120}) {
    expect_the_hosts(grid(n, 3, 4), 3, Distance::euclidean, std::to_string(n) + " ties");
    std::vector<float> off_zero = grid(n, 3, 4);
    for (float& x : off_zero) x += 1;
    expect_the_hosts(off_zero, 3, Distance::cosine, std::to_string(n) + " directions");
  }
}

// More candidates than the list has room for.
TEST_P(ClusteringOnADevice, LosesNoCandidateOfALongList) {
  for (const int64_t listed : {1, 2, 8})
    for (const int64_t n : {16, 45, 64}) {
      const std::string what = std::to_string(listed) + " listed, n = " + std::to_string(n);
      expect_the_hosts(std::vector<float>(static_cast<size_t>(3 * n), 2.5f), 3, Distance::euclidean,
                       what + ", all equal", 32, listed);
      expect_the_hosts(grid(n, 2, 2), 2, Distance::euclidean, what + ", four places", 32, listed);
      std::vector<float> rows = noise(n, 9);
      std::copy_n(rows.begin(), n / 2 * 9, rows.end() - n / 2 * 9);
      expect_the_hosts(rows, 9, Distance::euclidean, what + ", twice", 32, listed);
      // Too close together for floats: the whole bunch is a candidate of each of its rows.
      expect_the_hosts(bunches(n, 5, 2, 1e4f, 1e-3f), 5, Distance::euclidean, what + ", tight", 32, listed);
    }
}

TEST_P(ClusteringOnADevice, SurvivesAnyScale) {
  for (const float scale : {1e-42f, 1e-30f, 1e18f, 5e37f}) {
    std::vector<float> rows = noise(40, 8);
    for (float& x : rows) x *= scale;
    expect_the_hosts(rows, 8, Distance::euclidean, std::to_string(scale));
  }
  std::vector<float> outlier = noise(60, 8), shifted = noise(60, 6);
  outlier[17] = 1e30f;
  expect_the_hosts(outlier, 8, Distance::euclidean, "one far away");
  for (float& x : shifted) x = 1e6f + x;
  expect_the_hosts(shifted, 6, Distance::euclidean, "far from the origin");
}

// Two far rows, equally far from all of those in the middle: what tells these apart in float is rounding, of
// the far rows' numbers in the main.
TEST_P(ClusteringOnADevice, AllowsForTheRoundingOfFarRows) {
  constexpr int64_t n = 60, d = 8;
  std::vector<float> rows;
  for (int64_t i = 0; i < n; ++i)
    for (const int32_t k : engine::permutation(d, engine::RandomStream(1, std::to_string(i))))
      rows.push_back(1e-3f * (static_cast<float>(k) + 0.3f));
  for (const float far : {1.1f, -1.1f}) rows.insert(rows.end(), d, far);
  expect_the_hosts(rows, d, Distance::euclidean, "euclidean");
  KMeansOptions options{.clusters = n};
  options.initial_centres.assign(rows.begin(), rows.begin() + n * d);
  expect_the_hosts_means(rows, d, options, "means");
}

TEST_P(ClusteringOnADevice, TakesProportionalRowsForDuplicates) {
  std::vector<float> rows;
  for (int i = 1; i <= 40; ++i)
    for (const float x : {1.0f, 2.0f, 3.75f}) rows.push_back(x * static_cast<float>(i));
  expect_the_hosts(rows, 3, Distance::cosine, "one direction");
  for (size_t i = 0; i < 60; ++i) rows[i] = std::abs(noise(1, 60)[i]);
  expect_the_hosts(rows, 3, Distance::cosine, "one direction and others");
}

// As means may be: the cosine of such a row is 0 by convention.
TEST_P(ClusteringOnADevice, LeavesRowsWithoutADirectionToTheHost) {
  std::vector<double> rows(90, 0.0);
  const std::vector<float> drawn = noise(30, 3);
  for (size_t i = 0; i < rows.size(); ++i)
    if (i / 3 % 4 != 1) rows[i] = static_cast<double>(drawn[i]);
  ::expect_the_hosts(Points(rows, 3, Distance::cosine), device(), "rows of zeros");
  ::expect_the_hosts(Points(rows, 3, Distance::euclidean), device(), "points at 0");
}

// Or all would still be right, and slow.
TEST_P(ClusteringOnADevice, ListsFewCandidates) {
  for (const int64_t d : {3, 40}) {
    const std::vector<float> rows = noise(64, d);
    const Points points(rows, d, Distance::euclidean);
    engine::ThreadPool pool(1);
    const svdd::CentredPoints centred(points, pool);
    svdd::NearestCandidates search(centred, device(), 64, 64);
    std::vector<float> z(rows.size());
    centred.write(0, 64, 64, z.data());
    auto targets = search.targets();
    search.assign(z, targets);
    const Neighbours wanted = svdd::nearest_neighbours(points, host());
    for (const auto& from : {search.rows(0, z), search.rows(0, targets)}) {
      search.begin();
      search.search(from, targets, true);
      size_t all = 0;
      for (int64_t r = 0; r < 64; ++r) {
        const auto found = search.of(r);
        const auto nearest = static_cast<float>(wanted.index[static_cast<size_t>(r)]);
        EXPECT_NE(std::find(found.begin(), found.end(), nearest), found.end());
        EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
        all += found.size();
      }
      EXPECT_LE(all, 68u);
    }
  }
}

TEST_P(ClusteringOnADevice, FindsTheMeans) {
  for (const int64_t n : {20, 90})
    for (const int64_t d : {1, 5, 19})
      expect_the_hosts_means(noise(n, d), d, {.clusters = 1 + n / 9, .restarts = 3, .seed = 5},
                             std::to_string(n) + " x " + std::to_string(d));
  expect_the_hosts_means(grid(80, 2, 3), 2, {.clusters = 6, .restarts = 2}, "ties");
  expect_the_hosts_means(grid(40, 1, 3), 1, {.clusters = 5, .restarts = 2}, "fewer places than clusters");
  expect_the_hosts_means(noise(20, 4), 4, {.clusters = 20, .restarts = 1}, "as many clusters as rows");
}

TEST_P(ClusteringOnADevice, FindsTheMeansFromCentresFarOutside) {
  KMeansOptions options{.clusters = 2};
  for (const float far : {1e10f, 1e19f, 1e30f, 3e38f}) {
    options.initial_centres = {far, 0, 3e38f, 3e38f};
    expect_the_hosts_means(noise(50, 2), 2, options, std::to_string(far));
  }
  options.initial_centres = {3e38f, 3e38f, -3e38f, 3e38f};
  expect_the_hosts_means(noise(50, 2), 2, options, "both");
  options.initial_centres = {0, 2, 2};
  options.clusters = 3, options.iterations = 1;
  expect_the_hosts_means({1, 0, 2, 2}, 1, options, "halfway between two");
}

TEST_P(ClusteringOnADevice, FindsTheSamePartitions) {
  const auto expect = [&](const std::vector<float>& rows, int64_t d, const svdd::FinchOptions& options) {
    const svdd::FinchResult wanted = svdd::finch(rows, d, options, host()),
                            found = svdd::finch(rows, d, options, with(device()));
    ASSERT_EQ(found.partitions.size(), wanted.partitions.size());
    for (size_t p = 0; p < wanted.partitions.size(); ++p)
      EXPECT_EQ(found.partitions[p].labels, wanted.partitions[p].labels);
    EXPECT_EQ(found.chosen, wanted.chosen);
    EXPECT_EQ(found.result().labels, wanted.result().labels);
  };
  for (const Distance distance : {Distance::euclidean, Distance::cosine}) {
    expect(bunches(110, 6, 9, 4, 1), 6, {.distance = distance, .clusters = 4});
    expect(bunches(110, 6, 9, 4, 1), 6, {.distance = distance, .variant = svdd::FinchVariant::silhouette});
    std::vector<float> ties = grid(90, 2, 5);
    for (float& x : ties) x += 1;
    expect(ties, 2, {.distance = distance});
  }
}

TEST_P(ClusteringOnADevice, IsOnlyWhereABackendIsOne) {
  EXPECT_EQ(svdd::device_of(*on_).backend != nullptr, GetParam().name.starts_with("cuda"));
}

INSTANTIATE_TEST_SUITE_P(Platforms, ClusteringOnADevice, testing::ValuesIn(engine_tests::platforms()),
                         engine_tests::platform_name);

// Products of rounded factors list more and lose none.
TEST(ClusteringInTf32, FindsTheHostsNeighboursAndMeans) {
  if (!engine_tests::no_card().empty()) GTEST_SKIP() << engine_tests::no_card();
  const auto on = engine::make_cuda_backend({.tf32 = true});
  const Device device{on.get(), 32, 4};
  for (const Distance distance : {Distance::euclidean, Distance::cosine}) {
    expect_the_hosts(Points(bunches(80, 16, 5, 3, 0.01f), 16, distance), device, "bunches");
    expect_the_hosts(Points(noise(80, 24), 24, distance), device, "noise");
  }
  const KMeansOptions options{.clusters = 16, .restarts = 2};
  const std::vector<float> rows = bunches(80, 8, 40, 1, 0.001f);
  expect_equal(svdd::kmeans(rows, 8, options, with(device)), svdd::kmeans(rows, 8, options, host()), "means");
}

// Methods that cluster their representations: without training, so that the network is the same for all.
template <class Options>
Options without_training(Options o) {
  o.pretrain = false;
  o.training.epochs = 0;
  o.training.batch_size = 16;
  return o;
}

void expect_the_same_fit(const svdd::Detector& found, const svdd::Detector& wanted) {
  EXPECT_EQ(found.training_clusters(), wanted.training_clusters());
  EXPECT_EQ(found.training_scores(), wanted.training_scores());
  EXPECT_EQ(found.details(), wanted.details());
}

TEST(MethodsOnADevice, FindTheSameClusters) {
  if (!engine_tests::no_card().empty()) GTEST_SKIP() << engine_tests::no_card();
  const auto on = engine::make_cuda_backend(), cpu = engine::make_cpu_backend({.threads = 1});
  const datasets::Samples train = datasets::one_vs_rest(datasets::load_strokes(12, 2), {0, 1}).train;
  const auto fit = [&](std::unique_ptr<svdd::Detector> detector) {
    svdd::Monitor silent;
    detector->fit({train, {}}, silent);
    return detector;
  };
  svdd::MultiRadiusOptions o;
  for (const svdd::LabelSource labels : {svdd::LabelSource::finch, svdd::LabelSource::kmeans}) {
    o.labels = labels;
    o.clusters = labels == svdd::LabelSource::kmeans ? 4 : 0;
    expect_the_same_fit(*fit(svdd::make_multi_radius(without_training(o), *on)),
                        *fit(svdd::make_multi_radius(without_training(o), *cpu)));
  }
  svdd::MultiSphereOptions m = without_training(svdd::recipes::multi_sphere({}));
  m.widths = {8, 8, 4, 16};
  m.rep_dim = 8;
  m.dictionary = false;
  m.spheres = 6;
  expect_the_same_fit(*fit(svdd::make_multi_sphere(m, *on)), *fit(svdd::make_multi_sphere(m, *cpu)));
}

}  // namespace
