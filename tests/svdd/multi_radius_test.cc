// Multi-Radius Deep SVDD: the loss against PyTorch's, the rules of clusters and radii, and whole runs.
#include "svdd/methods/multi_radius.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/backends/reference/reference.h"
#include "engine/files/safetensors.h"
#include "engine/ops.h"
#include "engine/random.h"
#include "engine/tape.h"
#include "svdd/evaluation/metrics.h"
#include "svdd/evaluation/threshold.h"
#include "tests/datasets/scratch.h"
#include "tests/engine/closeness.h"
#include "tests/engine/golden_cases.h"
#include "tests/svdd/details.h"
#include "tests/svdd/small_runs.h"

namespace multi_radius_test {

using namespace svdd;
using engine::Tensor;

TEST(MultiRadius, SoftBoundaryLossAndRadiiArePyTorchs) {
  engine_tests::for_golden_names("loss_multi_radius", [](const engine_tests::GoldenCase& g) {
    const auto on = engine::make_reference_backend();
    const double nu = g.number("nu");
    const auto z = g.values("z"), c = g.values("c"), r = g.values("R"), labels = g.values("labels");
    const int64_t p = g.shape("z")[1], n = g.shape("z")[0];
    std::vector<int32_t> clusters(labels.begin(), labels.end());
    std::vector<float> radii(r.begin(), r.end()), own;
    for (const int32_t k : clusters) own.insert(own.end(), c.begin() + k * p, c.begin() + (k + 1) * p);
    const auto batch = [&](engine::Shape shape, const std::vector<float>& values) {
      return engine::Array::from(*on, shape, engine::Layout::samples, engine::DType::f32, values);
    };
    ClusterShares shares;
    shares.update(clusters, radii, nu);
    const Tensor x(batch({n, p}, {z.begin(), z.end()}), true), centres(batch({n, p}, own)),
        r2(batch({n}, shares.radius2)), weight(batch({n}, shares.weight));
    engine::Tape tape;
    Tensor d, loss;
    {
      engine::Tape::Recording recording(tape);
      d = squared_distance(x, centres);
      loss = sum(weight * relu(d - r2));
    }
    tape.backward(loss);
    EXPECT_NEAR(loss.value().item() + shares.mean_radius2, g.value("loss"), 1e-5 * g.value("loss"));
    EXPECT_TRUE(engine_tests::close_to(x.grad().to_doubles(), g.values("gz"), 1e-5));
    update_radii(d.value().to_floats(), clusters, nu, radii);
    EXPECT_TRUE(
        engine_tests::close_to(std::vector<double>(radii.begin(), radii.end()), g.values("R_after"), 1e-5));
  });
}

TEST(MultiRadius, AClusterOutsideTheBatchAddsNothingAndKeepsItsRadius) {
  std::vector<float> radii{1, 5, 2};
  ClusterShares shares;
  shares.update(std::vector<int32_t>{0, 2, 2}, radii, 0.5);
  EXPECT_EQ(shares.mean_radius2, 2.5f);  // (1 + 4) / 2: the second cluster is not there
  EXPECT_EQ(shares.radius2, (std::vector<float>{1, 4, 4}));
  EXPECT_EQ(shares.weight, (std::vector<float>{1, 0.5, 0.5}));  // 1 / (0.5 · 2 · n_k)
  update_radii(std::vector<float>{9, 16, 36}, std::vector<int32_t>{0, 2, 2}, 0.5, radii);
  EXPECT_EQ(radii, (std::vector<float>{3, 5, 5}));  // the median of 4 and 6
}

TEST(MultiRadius, ScoresByHand) {
  // Spheres about 0 and 10 on a line; 6 is nearer to the second, deeper in the first.
  const std::vector<float> centres{0, 10}, radii{6, 1};
  const auto score = [&](Inference rule, float z) {
    return multi_radius_score(rule, std::vector<float>{z}, centres, radii);
  };
  EXPECT_EQ(score(Inference::nearest_centre, 6), 16 - 1);
  EXPECT_EQ(score(Inference::smallest_margin, 6), 36 - 36);
  EXPECT_EQ(score(Inference::relative_margin, 6), 16 - 1);
  EXPECT_EQ(score(Inference::nearest_centre, 3), 9 - 36);
  EXPECT_EQ(score(Inference::relative_margin, 3), (9.f - 36) / 36);
  const std::vector<float> none{0, 0};  // one-class
  for (const Inference rule : {Inference::nearest_centre, Inference::smallest_margin})
    EXPECT_EQ(multi_radius_score(rule, std::vector<float>{3}, centres, none), 9);
  EXPECT_TRUE(
      std::isfinite(multi_radius_score(Inference::relative_margin, std::vector<float>{3}, centres, none)));
}

// Two strokes digits; classes are known to the test.
const datasets::OneVsRest& two_digits() {
  static const auto task = datasets::one_vs_rest(datasets::load_strokes(48, 8), {0, 1});
  return task;
}

MultiRadiusOptions options(LabelSource labels, Objective objective = Objective::one_class) {
  MultiRadiusOptions o;
  static_cast<DeepOptions&>(o) = small_runs::options();
  o.objective = objective;
  o.warm_up_epochs = 2;
  o.labels = labels;
  o.clusters = labels == LabelSource::kmeans ? 2 : 0;
  return o;
}

std::unique_ptr<Detector> fitted(const MultiRadiusOptions& o, engine::Backend& on = *small_runs::backend()) {
  auto detector = make_multi_radius(o, on);
  Monitor silent;
  detector->fit({two_digits().train, two_digits().train_classes}, silent);
  return detector;
}

TEST(MultiRadius, EveryLabelSourceAndObjectiveTellsTheDigitsApart) {
  for (const LabelSource labels : {LabelSource::finch, LabelSource::classes, LabelSource::kmeans})
    for (const Objective objective : {Objective::one_class, Objective::soft_boundary}) {
      const auto detector = fitted(options(labels, objective));
      const double auc = roc_auc(detector->score(two_digits().test), two_digits().test_labels);
      EXPECT_GT(auc, 0.7) << name_of(labels) << " " << name_of(objective);
      EXPECT_GE(details_of(*detector).at("clusters").get<int>(), 2);
    }
}

// Twelve points, far from all others, a cluster each for FINCH: more than spheres are worth.
TEST(MultiRadius, ThousandsOfClustersAreNotTaken) {
  constexpr int64_t groups = 1050, of_each = 12;
  const engine::RandomStream draws(3, "tests/groups");
  datasets::Samples rows{{2}, {}};
  for (int64_t i = 0; i < groups * of_each; ++i)
    for (int64_t axis = 0; axis < 2; ++axis) {
      const int64_t group = i % groups, place = axis == 0 ? group % 37 : group / 37;
      rows.values.push_back(static_cast<float>(10 * place) +
                            0.1f * draws.normal(static_cast<uint64_t>(2 * i + axis)));
    }
  MultiRadiusOptions o = options(LabelSource::finch);
  o.network = "mlp";
  o.input = {2};
  o.preprocessing = {};
  o.pretrain = false;
  o.training.epochs = 0;
  struct Notes final : Monitor {
    void note(const std::string& line) override { all += line + '\n'; }
    std::string all;
  } notes;
  auto detector = make_multi_radius(o, *small_runs::backend());
  detector->fit({rows, {}}, notes);
  const auto found = details_of(*detector).at("clusters").get<int64_t>();
  EXPECT_GE(found, 2);
  EXPECT_LE(found, most_found_spheres);
  o.clusters = groups;
  detector = make_multi_radius(o, *small_runs::backend());
  detector->fit({rows, {}}, notes);
  EXPECT_EQ(details_of(*detector).at("clusters"), groups) << "as asked for";
  EXPECT_TRUE(scratch::contains(notes.all, "too many for a sphere each")) << notes.all;
  o.clusters = groups * of_each + 1;
  EXPECT_TRUE(scratch::contains(scratch::error_of<std::invalid_argument>([&] {
                                  make_multi_radius(o, *small_runs::backend())->fit({rows, {}}, notes);
                                }),
                                std::to_string(groups * of_each) + " samples, too few for"));
}

TEST(MultiRadius, TrueLabelsArePureClusters) {
  const auto detector = fitted(options(LabelSource::classes));
  EXPECT_EQ(details_of(*detector).at("cluster_sizes"), nlohmann::json({48, 48}));
  EXPECT_EQ(details_of(*detector).at("purity"), 1.0);
  EXPECT_NEAR(details_of(*detector).at("nmi").get<double>(), 1.0, 1e-6);
}

TEST(MultiRadius, TrainingClustersAreTheLabelsOfTheFit) {
  const auto detector = fitted(options(LabelSource::classes));
  std::vector<int32_t> classes = two_digits().train_classes;  // 0 and 1
  EXPECT_EQ(detector->training_clusters(), classes);
}

TEST(MultiRadius, OneClusterIsDeepSvdd) {
  MultiRadiusOptions o = options(LabelSource::kmeans);
  o.clusters = 1;
  DeepSvddOptions plain;
  static_cast<DeepOptions&>(plain) = o;
  // The shuffles of the phase are named after the method, so only the untrained scores can be equal.
  o.training.epochs = plain.training.epochs = 0;
  auto single = make_deep_svdd(plain, *small_runs::backend());
  Monitor silent;
  single->fit({two_digits().train, {}}, silent);
  EXPECT_EQ(fitted(o)->score(two_digits().test), single->score(two_digits().test));
}

TEST(MultiRadius, SmallClustersJoinTheNearest) {
  MultiRadiusOptions o = options(LabelSource::kmeans);
  o.clusters = 12;
  o.training.epochs = 0;
  o.least_cluster = 20;
  const auto sizes = details_of(*fitted(o)).at("cluster_sizes").get<std::vector<int64_t>>();
  EXPECT_LT(sizes.size(), 12u);
  for (const int64_t size : sizes) EXPECT_GE(size, 20);
}

TEST(MultiRadius, SameBitsOnEveryBackend) {
  const MultiRadiusOptions o = options(LabelSource::finch, Objective::soft_boundary);
  const auto expected = fitted(o);
  const auto scores = expected->score(two_digits().test);
  std::vector<std::unique_ptr<engine::Backend>> backends;
  backends.push_back(engine::make_cpu_backend({.threads = 3}));
  backends.push_back(engine::make_cpu_backend({.threads = 2, .simd = engine::Simd::avx2}));
  backends.push_back(engine::make_reference_backend());
  for (const auto& on : backends) {
    const auto detector = fitted(o, *on);
    EXPECT_EQ(detector->weights_sha256(), expected->weights_sha256()) << on->name();
    EXPECT_EQ(detector->score(two_digits().test), scores) << on->name();
  }
}

// With radii from the training samples each is the quantile of all its cluster's distances, as the network ends.
TEST(MultiRadius, RadiiOfAllSamplesAreTheirQuantiles) {
  MultiRadiusOptions o = options(LabelSource::finch, Objective::soft_boundary);
  o.radius_from = RadiusFrom::training;
  o.nu = 0.25;
  const auto detector = fitted(o);
  const auto z = detector->embed(two_digits().train);
  const std::vector<int32_t>& cluster = detector->training_clusters();
  const size_t p = z.size() / cluster.size();
  const scratch::Folder folder;
  detector->save(folder / "model");
  const engine::SafeTensors arrays = engine::read_safetensors(folder / "model/weights.safetensors");
  const auto centres = arrays.at("centres").as<float>(), radii = arrays.at("radii").as<float>();
  ASSERT_GE(radii.size(), 2u);
  for (size_t k = 0; k < radii.size(); ++k) {
    std::vector<float> roots;
    for (size_t i = 0; i < cluster.size(); ++i) {
      if (cluster[i] != static_cast<int32_t>(k)) continue;
      float d = 0;
      for (size_t j = 0; j < p; ++j) {
        const float difference = z[i * p + j] - centres[k * p + j];
        d = std::fma(difference, difference, d);
      }
      roots.push_back(std::sqrt(d));
    }
    EXPECT_EQ(radii[k], static_cast<float>(quantile(roots, 1 - o.nu))) << k;
  }
  // During the warm-up they are 0, and the released rule gives others.
  MultiRadiusOptions cold = o, released = o;
  cold.warm_up_epochs = o.training.epochs + 1;
  released.radius_from = RadiusFrom::batch;
  for (const float r : details_of(*fitted(cold)).at("radii").get<std::vector<float>>()) EXPECT_EQ(r, 0);
  EXPECT_NE(details_of(*fitted(released)).at("radii"), details_of(*detector).at("radii"));
}

TEST(MultiRadius, SavedAndLoadedScoresTheSame) {
  const scratch::Folder folder;
  for (const Inference rule :
       {Inference::nearest_centre, Inference::smallest_margin, Inference::relative_margin}) {
    MultiRadiusOptions o = options(LabelSource::classes, Objective::soft_boundary);
    o.inference = rule;
    const auto detector = fitted(o);
    detector->save(folder / "model");
    const auto loaded = load_detector(folder / "model", *small_runs::backend());
    EXPECT_EQ(loaded->method(), "multi-radius");
    EXPECT_EQ(loaded->score(two_digits().test), detector->score(two_digits().test));
    EXPECT_EQ(loaded->threshold(), 0.0);
    EXPECT_EQ(loaded->details(), detector->details());
  }
}

TEST(MultiRadius, ImpossibleOptionsAreNamed) {
  const auto refused = [](auto change, const std::string& words) {
    MultiRadiusOptions o = options(LabelSource::finch);
    change(o);
    try {
      make_multi_radius(o, *small_runs::backend());
      ADD_FAILURE() << words;
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  };
  refused([](auto& o) { o.nu = 0; }, "nu is the share");
  refused([](auto& o) { o.labels = LabelSource::kmeans; }, "k-means labels need the number of clusters");
  refused([](auto& o) { o.labels = LabelSource::classes, o.clusters = 3; }, "expected no number of them (0)");
  refused([](auto& o) { o.clusters = -1; }, "must not be negative");
  auto detector = make_multi_radius(options(LabelSource::classes), *small_runs::backend());
  Monitor silent;
  EXPECT_THROW(detector->fit({two_digits().train, {}}, silent), std::invalid_argument);
}

}  // namespace multi_radius_test
