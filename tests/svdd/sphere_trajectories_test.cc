// Whole fits of the methods with several spheres against PyTorch (tests/golden/spheres/make.py), which
// follows them in double from the same first weights over the same batches: every epoch's loss and radii,
// then scores and representations.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "engine/files/npz.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/methods/multi_sphere.h"
#include "tests/engine/closeness.h"
#include "tests/svdd/details.h"
#include "tests/svdd/small_runs.h"

namespace sphere_trajectories_test {

using namespace svdd;
using engine_tests::close_to;

constexpr double tolerance = 1e-4;  // our floats beside doubles, after eight epochs of Adam

struct Trajectory {
  explicit Trajectory(const std::string& name)
      : arrays(engine::Npz::read(std::filesystem::path(SVDD_GOLDEN_DIR) / "spheres" / (name + ".npz"))) {}
  std::vector<double> values(const char* name) const { return arrays.at(name).as<double>(); }
  datasets::Samples rows(const char* name) const { return {{12}, arrays.at(name).as<float>()}; }
  std::vector<double> radii(size_t epoch) const {  // those of the dead are 0
    const std::vector<double> all = values("radii");
    const auto spheres = arrays.at("radii").shape[1], begin = static_cast<int64_t>(epoch) * spheres;
    return {all.begin() + begin, all.begin() + begin + spheres};
  }
  engine::Npz arrays;
};

template <class Options>
Options options(Options o) {
  o.network = "mlp", o.input = {12}, o.widths = {10}, o.rep_dim = 6;
  o.recipe = Recipe::pytorch;
  o.preprocessing = {.gcn = datasets::Preprocessing::Gcn::none, .min_max = false};
  o.seed = 7;
  o.pretrain = false, o.dictionary = false;
  o.training = {.epochs = 8, .lr = 1e-2, .lr_milestones = {5}, .batch_size = 4, .weight_decay = 1e-3};
  return o;
}

struct Told final : Monitor {
  void epoch(const EpochReport& report) override { reports.push_back(report); }
  std::vector<EpochReport> reports;
};

std::vector<double> in_order(std::vector<double> radii) {
  std::sort(radii.begin(), radii.end());
  return radii;
}

// `own_order`: spheres are numbered as PyTorch's. `has_radii`: of every sphere, where the objective has some.
void follow(Detector& detector, const Trajectory& g, bool own_order, bool has_radii) {
  Told told;
  detector.fit({g.rows("rows"), g.arrays.at("classes").as<int32_t>()}, told);
  const std::vector<double> losses = g.values("losses");
  ASSERT_EQ(told.reports.size(), losses.size());
  for (size_t epoch = 0; epoch < losses.size(); ++epoch) {
    const EpochReport& report = told.reports[epoch];
    EXPECT_TRUE(close_to(report.loss, losses[epoch], tolerance)) << "loss of epoch " << epoch;
    ASSERT_EQ(!report.radii.empty(), has_radii) << "epoch " << epoch;
    if (!has_radii) continue;
    std::vector<double> expected = g.radii(epoch), radii(report.radii.begin(), report.radii.end());
    if (!own_order) expected = in_order(expected), radii = in_order(radii);
    EXPECT_TRUE(close_to(radii, expected, tolerance)) << "radii of epoch " << epoch;
  }
  const datasets::Samples test = g.rows("test");
  const std::vector<float> scores = detector.score(test), z = detector.embed(test);
  EXPECT_TRUE(close_to(std::vector<double>(scores.begin(), scores.end()), g.values("scores"), tolerance));
  EXPECT_TRUE(close_to(std::vector<double>(z.begin(), z.end()), g.values("embedded"), tolerance));
}

TEST(SphereTrajectories, MultiRadius) {
  for (const Objective objective : {Objective::one_class, Objective::soft_boundary}) {
    const bool soft = objective == Objective::soft_boundary;
    SCOPED_TRACE(name_of(objective));
    const Trajectory g(soft ? "multi_radius_soft_boundary" : "multi_radius_one_class");
    MultiRadiusOptions o = options(MultiRadiusOptions());
    o.objective = objective, o.labels = LabelSource::classes, o.warm_up_epochs = 2;
    const auto detector = make_multi_radius(o, *small_runs::backend());
    follow(*detector, g, true, soft);
  }
}

TEST(SphereTrajectories, MultiSphere) {
  for (const SphereObjective objective : {SphereObjective::hard_margin, SphereObjective::soft_boundary}) {
    SCOPED_TRACE(name_of(objective));
    const Trajectory g(objective == SphereObjective::hard_margin ? "multi_sphere_hard_margin"
                                                                 : "multi_sphere_soft_boundary");
    MultiSphereOptions o = options(MultiSphereOptions());
    o.objective = objective, o.nu = 0.3, o.spheres = 5;
    const auto detector = make_multi_sphere(o, *small_runs::backend());
    follow(*detector, g, false, true);
    EXPECT_EQ(details_of(*detector).at("alive_by_epoch"), nlohmann::json({4, 3, 3, 3, 3, 3, 3, 3}));
  }
}

}  // namespace sphere_trajectories_test
