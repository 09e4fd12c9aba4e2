// What a multi-sphere run writes beside the files of every run.
#include "tools/commands/representations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/files/npz.h"
#include "small_data.h"

namespace tools_test {
namespace {

using engine::NdArray;

size_t lines_of(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(Representations, SpheresAreRadiusAndCentre) {
  engine::SafeTensors weights;
  weights.tensors = {{"centres", NdArray::from({2, 3}, std::vector<float>{0.1f, -2, 3, 4, 5, 6.5f})},
                     {"radii", NdArray::from({2}, std::vector<float>{0, 0.75f})}};
  EXPECT_EQ(tools::spheres_csv(weights), "sphere,radius,c_0,c_1,c_2\n0,0,0.1,-2,3\n1,0.75,4,5,6.5\n");
}

TEST(Representations, OfAMultiSphereRun) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  const std::string line =
      "train --method multi-sphere --data small --normal 3,5 --out run --spheres 4 --epochs 3 --ae-epochs 1 "
      "--widths 4,4,2,16 --rep-dim 6 --dictionary False --batch-size 16 --ae-batch-size 16 --nu 0.5 --quiet";
  const Outcome fixed = run_svdd(f, words_of(line));
  ASSERT_EQ(fixed.status, 0) << fixed.err;
  EXPECT_NE(fixed.out.find("of 13 held-out normal samples"), std::string::npos) << fixed.out;

  const engine::Npz npz = engine::Npz::read(f / "run" / "representations.npz");
  EXPECT_EQ(npz.names(), (std::vector<std::string>{"train", "train_scores", "train_classes", "validation",
                                                   "validation_scores", "validation_classes", "test",
                                                   "test_scores", "test_classes", "test_labels"}));
  EXPECT_EQ(npz.at("train").shape, (std::vector<int64_t>{64, 6}));  // 80, a sixth held out, whole batches
  EXPECT_EQ(npz.at("validation").shape, (std::vector<int64_t>{13, 6}));
  EXPECT_EQ(npz.at("test").shape, (std::vector<int64_t>{40, 6}));

  // The scores are the margins of the nearest live sphere, in what stands in the files.
  const engine::SafeTensors weights = engine::read_safetensors(f / "run" / "model" / "weights.safetensors");
  EXPECT_EQ(text_of(f / "run" / "spheres.csv"), tools::spheres_csv(weights));
  EXPECT_EQ(lines_of(text_of(f / "run" / "spheres.csv")), 5u);
  const auto centres = weights.at("centres").as<double>(), radii = weights.at("radii").as<double>();
  for (const std::string part : {"train", "validation", "test"}) {
    const auto z = npz.at(part).as<double>(), scores = npz.at(part + "_scores").as<double>();
    for (size_t i = 0; i < scores.size(); ++i) {
      double least = 1e30, margin = 0;
      for (size_t k = 0; k < radii.size(); ++k) {
        double d = 0;
        for (size_t j = 0; j < 6; ++j)
          d += (z[6 * i + j] - centres[6 * k + j]) * (z[6 * i + j] - centres[6 * k + j]);
        if (radii[k] != 0 && d < least) least = d, margin = d - radii[k] * radii[k];
      }
      EXPECT_NEAR(scores[i], margin, 1e-5 * (1 + least)) << part << " " << i;
    }
  }

  const nlohmann::json results = nlohmann::json::parse(text_of(f / "run" / "results.json"));
  EXPECT_EQ(results["n_validation"], 13);
  double outside = 0;
  for (const double score : npz.at("validation_scores").as<double>()) outside += score > 0;
  EXPECT_EQ(results["validation_outside"], outside / 13);
  EXPECT_EQ(lines_of(text_of(f / "run" / "validation.csv")), 14u);

  // The flag moves the centres, and only the flag.
  ASSERT_EQ(run_svdd(f, words_of(line + " --trainable-centres False --out same")).status, 0);
  ASSERT_EQ(run_svdd(f, words_of(line + " --trainable-centres --out moved")).status, 0);
  EXPECT_EQ(text_of(f / "same" / "spheres.csv"), text_of(f / "run" / "spheres.csv"));
  EXPECT_NE(text_of(f / "moved" / "spheres.csv"), text_of(f / "run" / "spheres.csv"));

  // A later run of a method that has none of them takes them away.
  ASSERT_EQ(run_svdd(f, words_of(small_train)).status, 0);
  for (const char* name : {"representations.npz", "spheres.csv", "validation.csv"})
    EXPECT_FALSE(fs::exists(f / "run" / name)) << name;
}

}  // namespace
}  // namespace tools_test
