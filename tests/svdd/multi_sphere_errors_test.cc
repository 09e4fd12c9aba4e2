// What Deep Multi-sphere SVDD stores, and what it refuses.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "engine/backends/reference/reference.h"
#include "svdd/model_folder.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/details.h"
#include "tests/svdd/small_multi_sphere.h"

namespace multi_sphere_errors_test {

using namespace svdd;
using namespace small_multi_sphere;
using datasets::Samples;
using engine::NdArray;
using scratch::contains;

// ---- folders

class SavedMultiSphere : public testing::Test {
 protected:
  void SetUp() override {
    auto o = options();
    o.pretraining.epochs = 1;
    o.training.epochs = 3;
    detector_ = fitted(o);
    detector_->save(folder_.path());
  }
  using Tensors = std::map<std::string, NdArray>;
  // The message of loading the folder after a change.
  template <class Change>
  std::string damaged(Change change) {
    const ModelFolder model = read_model_folder(folder_.path());
    nlohmann::json description = model.description;
    Tensors tensors(model.tensors.tensors.begin(), model.tensors.tensors.end());
    change(description, tensors);
    const scratch::Folder other;
    write_model_folder(other.path(), description, {tensors.begin(), tensors.end()});
    const std::string message =
        scratch::error_of<std::runtime_error>([&] { load_detector(other.path(), *small_runs::backend()); });
    EXPECT_TRUE(contains(message, other.path().string())) << "which file?";
    return message;
  }

  scratch::Folder folder_;
  std::unique_ptr<Detector> detector_;
};

TEST_F(SavedMultiSphere, ScoresWithTheSameBits) {
  const auto reference = engine::make_reference_backend();
  const Samples test = small_runs::first(two_digits().test, 4);
  const auto here = load_detector(folder_.path(), *small_runs::backend()),
             there = load_detector(folder_.path(), *reference);
  EXPECT_EQ(here->score(two_digits().test), detector_->score(two_digits().test));
  EXPECT_EQ(there->score(test), detector_->score(test));
  EXPECT_EQ(here->method(), "multi-sphere");
  EXPECT_EQ(here->details(), detector_->details());
  EXPECT_EQ(here->threshold(), 0);
  const scratch::Folder again;
  here->save(again.path());
  for (const std::string file : {"model.json", "weights.safetensors"})
    EXPECT_EQ(scratch::read(folder_ / file), scratch::read(again / file)) << file;
}

TEST_F(SavedMultiSphere, DamageIsNamed) {
  using Json = nlohmann::json;
  const auto radii = [](std::vector<float> r) { return NdArray::from({static_cast<int64_t>(r.size())}, r); };
  EXPECT_TRUE(contains(damaged([](Json& j, Tensors&) { j["objective"] = "one-class"; }), "'one-class'"));
  EXPECT_TRUE(contains(damaged([](Json& j, Tensors&) { j["nu"] = 0; }), "nu is the share"));
  EXPECT_TRUE(contains(damaged([](Json& j, Tensors&) { j.erase("alive_by_epoch"); }), "'alive_by_epoch'"));
  EXPECT_TRUE(contains(damaged([](Json&, Tensors& t) { t.erase("centres"); }), "centres"));
  EXPECT_TRUE(contains(damaged([](Json&, Tensors& t) { t.erase("radii"); }), "radii"));
  EXPECT_TRUE(contains(damaged([](Json&, Tensors& t) { t["centre"] = t["radii"]; }), "'centre'"));
  EXPECT_TRUE(contains(damaged([&](Json&, Tensors& t) { t["radii"] = radii({}); }), "'centres' has shape"));
  EXPECT_TRUE(contains(damaged([&](Json&, Tensors& t) {
                         t["radii"] = radii({1, 2});
                       }),
                       "'centres' has shape"));
  EXPECT_TRUE(contains(damaged([&](Json&, Tensors& t) { t["radii"] = radii(std::vector<float>(10)); }),
                       "no live sphere"));
  EXPECT_TRUE(contains(damaged([&](Json&, Tensors& t) {
                         t["radii"] = radii({1, 1, 1, 1, -1, 1, 1, 1, 1, 1});
                       }),
                       "negative"));
  EXPECT_TRUE(contains(damaged([](Json&, Tensors& t) {
                         std::vector<float> c = t["centres"].as<float>();
                         c[3] = std::nanf("");
                         t["centres"] = NdArray::from(t["centres"].shape, c);
                       }),
                       "not finite"));
}

// ---- what cannot be

TEST(MultiSphereErrors, ImpossibleOptionsAreNamed) {
  const auto with = [](auto change) {
    MultiSphereOptions o = options();
    change(o);
    return scratch::error_of<std::invalid_argument>([&] { make_multi_sphere(o, *small_runs::backend()); });
  };
  for (const double nu : {0.0, 1.5, std::nan("")})
    EXPECT_TRUE(contains(with([&](auto& o) { o.nu = nu; }), "nu is the share"));
  EXPECT_TRUE(contains(with([](auto& o) { o.spheres = 0; }), "number of spheres"));
  EXPECT_TRUE(contains(with([](auto& o) { o.restarts = 0; }), "restarts"));
  EXPECT_TRUE(contains(with([](auto& o) { o.widths = {8}; }), "widths"));
  EXPECT_TRUE(contains(with([](auto& o) { o.training.lr = 0; }), "training: the learning rate"));
  EXPECT_TRUE(
      contains(scratch::error_of<std::invalid_argument>([] { sphere_objective_names.named("one-class"); }),
               "hard-margin, soft-boundary"));
}

TEST(MultiSphereErrors, MoreSpheresThanSamples) {
  auto o = options();
  o.spheres = 129;
  const std::string error = scratch::error_of<std::invalid_argument>([&] { fitted(o); });
  EXPECT_TRUE(contains(error, "128 samples, too few for 129 spheres"));
  o.spheres = std::numeric_limits<int64_t>::max();  // for which no memory is asked
  EXPECT_TRUE(
      contains(scratch::error_of<std::invalid_argument>([&] { fitted(o); }), "128 samples, too few for"));
  o.spheres = 128;  // every sample its own: most radii are 0, yet all live
  o.pretrain = false;
  o.training.epochs = 0;
  EXPECT_EQ(details_of(*fitted(o))["alive"], 128);
}

TEST(MultiSphereErrors, ADivergedFitSaysSo) {
  auto o = options();
  o.pretrain = false;
  o.training = {.epochs = 1, .lr = 1e30, .lr_milestones = {}, .batch_size = 128};
  const std::string error = scratch::error_of([&] { fitted(o); });
  EXPECT_TRUE(contains(error, "lower learning rate"));
}

}  // namespace multi_sphere_errors_test
