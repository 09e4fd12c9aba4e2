// Whatever stands in the JSON of a model or a checkpoint: it loads, or one line names the file.
#include <gtest/gtest.h>

#include <functional>

#include "engine/files/safetensors.h"
#include "svdd/baselines/isolation_forest.h"
#include "svdd/baselines/k_nearest_neighbours.h"
#include "svdd/baselines/kde.h"
#include "svdd/baselines/kernel_svdd.h"
#include "svdd/baselines/local_outlier_factor.h"
#include "svdd/baselines/mahalanobis.h"
#include "svdd/baselines/pca_reconstruction.h"
#include "svdd/evaluation/receipt.h"
#include "svdd/methods/autoencoder.h"
#include "svdd/methods/multi_radius.h"
#include "svdd/model_folder.h"
#include "svdd/training/checkpoint.h"
#include "svdd/training/epoch_report_json.h"
#include "svdd/training/pretraining_store.h"
#include "tests/datasets/scratch.h"
#include "tests/engine/json_damage.h"
#include "tests/svdd/dasvdd_runs.h"
#include "tests/svdd/small_multi_sphere.h"

namespace json_damage_test {

using namespace svdd;
using datasets::Samples;
using json_damage::damages, json_damage::is_clear;
using nlohmann::json;

DeepSvddOptions brief() {
  DeepSvddOptions o = small_runs::options(Recipe::pytorch, Objective::soft_boundary);
  o.dictionary = false;
  o.pretraining.epochs = o.training.epochs = 1;
  return o;
}

struct Saved {
  std::string name;
  std::function<std::unique_ptr<Detector>()> make;
  Samples train;
  friend std::ostream& operator<<(std::ostream& out, const Saved& s) { return out << s.name; }
};

std::vector<Saved> each_method() {
  engine::Backend& on = *small_runs::backend();
  const Samples images = small_runs::first(small_runs::ones().train, 32);
  const Samples rows = dasvdd_runs::normal_rows(40);
  return {{"DeepSvdd", [&on] { return make_deep_svdd(brief(), on); }, images},
          {"Autoencoder", [&on] { return make_autoencoder(brief(), on); }, images},
          {"MultiRadius",
           [&on] {
             MultiRadiusOptions o;
             static_cast<DeepOptions&>(o) = brief();
             o.labels = LabelSource::kmeans, o.clusters = 2;
             return make_multi_radius(o, on);
           },
           images},
          {"MultiSphere",
           [&on] {
             auto o = small_multi_sphere::options();
             o.pretraining.epochs = o.training.epochs = 1;
             return make_multi_sphere(o, on);
           },
           images},
          {"Dasvdd", [&on] { return make_dasvdd(dasvdd_runs::options(), on); }, rows},
          {"KernelSvdd", [&on] { return make_kernel_svdd({}, on); }, rows},
          {"Kde", [&on] { return make_kde({}, on); }, rows},
          {"IsolationForest", [] { return make_isolation_forest({.trees = 5, .samples = 16}); }, rows},
          {"KNearestNeighbours", [&on] { return make_k_nearest_neighbours({}, on); }, rows},
          {"LocalOutlierFactor", [&on] { return make_local_outlier_factor({}, on); }, rows},
          {"Mahalanobis", [] { return make_mahalanobis({}); }, rows},
          {"PcaReconstruction", [] { return make_pca_reconstruction({}); }, rows}};
}

class DamagedJson : public testing::TestWithParam<Saved> {};

INSTANTIATE_TEST_SUITE_P(, DamagedJson, testing::ValuesIn(each_method()),
                         [](const auto& info) { return info.param.name; });

TEST_P(DamagedJson, OfAModelIsNamed) {
  const scratch::Folder folder;
  const auto detector = GetParam().make();
  Monitor silent;
  detector->fit({GetParam().train, {}}, silent);
  detector->save(folder.path());
  for (const auto& [where, text] : damages(json::parse(scratch::read(folder / "model.json")))) {
    scratch::write(folder / "model.json", text);
    try {
      load_detector(folder.path(), *small_runs::backend());  // some values may as well be others
    } catch (const std::runtime_error& error) {
      EXPECT_TRUE(is_clear(error.what())) << where << ": " << error.what();
      EXPECT_NE(std::string(error.what()).find(folder.path().string()), std::string::npos)
          << where << ": " << error.what();
    }
  }
}

// ---- checkpoints

// A checkpoint with this text in the place of its JSON, its sum as it must be.
void write_checkpoint(const std::filesystem::path& file, const std::string& text) {
  const engine::SafeTensors before = engine::read_safetensors(file);
  std::vector<std::pair<std::string, engine::NdArray>> arrays;
  for (const auto& [name, array] : before.tensors)
    if (name != "json") arrays.emplace_back(name, array);
  arrays.emplace_back("json", engine::NdArray::from({static_cast<int64_t>(text.size())},
                                                    std::vector<uint8_t>(text.begin(), text.end())));
  engine::write_safetensors(file, arrays, {{"checkpoint_sha256", arrays_sha256(arrays)}});
}

json json_of(const std::filesystem::path& file) {
  const auto bytes = engine::read_safetensors(file).at("json").as<uint8_t>();
  return json::parse(bytes.begin(), bytes.end());
}

// Keeps what it is told, as the monitor of a run does.
struct Keeping final : Monitor {
  void epoch(const EpochReport& report) override { history.push_back(report); }
  std::string kept() const override { return json{{"history", history}}.dump(); }
  void go_on(const std::string& kept) override {
    const json all = json::parse(kept);
    history = engine::JsonEntry(all, "the history").as<std::vector<EpochReport>>("history");
  }
  std::vector<EpochReport> history;
};

TEST(DamagedJsonOfAFit, OfACheckpointIsNamed) {
  const scratch::Folder folder;
  const auto file = folder / "checkpoint.safetensors";
  MultiRadiusOptions o;
  static_cast<DeepOptions&>(o) = brief();
  o.objective = Objective::soft_boundary;
  o.training.epochs = 2;
  o.labels = LabelSource::kmeans, o.clusters = 2;
  const Samples images = small_runs::first(small_runs::ones().train, 32);
  const auto fit = [&](std::function<bool()> stop) {
    Checkpoints checkpoints({.file = file, .run = {{"seed", 1}}, .seconds = 0, .stop = std::move(stop)});
    Keeping monitor;
    make_multi_radius(o, *small_runs::backend())->fit({images, {}, &checkpoints}, monitor);
  };
  int epochs = 0;
  EXPECT_THROW(fit([&] { return ++epochs == 2; }), Interrupted);
  const json whole = json_of(file);
  ASSERT_GE(whole.at("values").at("monitor").at("history").size(), 2u);
  for (const auto& [where, text] : damages(whole)) {
    if (where.find("_seconds") != std::string::npos) continue;  // any number will do there
    write_checkpoint(file, text);
    try {
      fit([] { return true; });
      FAIL() << where << " was finished";
    } catch (const Interrupted&) {  // some values may as well be others
    } catch (const std::runtime_error& error) {
      EXPECT_TRUE(is_clear(error.what())) << where << ": " << error.what();
      // A number that may be any, but makes no sense, shows in the loss.
      const bool diverges = std::string(error.what()).find("no longer a finite number") != std::string::npos;
      EXPECT_TRUE(diverges || std::string(error.what()).find(file.string()) != std::string::npos)
          << where << ": " << error.what();
    }
  }
}

TEST(DamagedJsonOfAFit, OfAPretrainingIsNamedOrMadeAgain) {
  const scratch::Folder folder;
  const Samples images = small_runs::first(small_runs::ones().train, 32);
  const auto fit = [&](Monitor& monitor) {
    PretrainingStore store(folder / "pretrained");
    const auto detector = make_deep_svdd(brief(), *small_runs::backend());
    detector->fit({images, {}, nullptr, &store}, monitor);
    return detector->weights_sha256();
  };
  Monitor silent;
  const std::string weights = fit(silent);
  const auto file = std::filesystem::directory_iterator(folder / "pretrained")->path();
  const json whole = json_of(file);
  const std::string bytes = scratch::read(file);
  for (const auto& [where, text] : damages(whole)) {
    if (where.find("seconds is") != std::string::npos) continue;
    scratch::write(file, bytes);
    write_checkpoint(file, text);
    try {
      EXPECT_EQ(fit(silent), weights) << where;
    } catch (const std::runtime_error& error) {
      EXPECT_TRUE(is_clear(error.what())) << where << ": " << error.what();
      EXPECT_NE(std::string(error.what()).find(file.string()), std::string::npos)
          << where << ": " << error.what();
    }
  }
}

}  // namespace json_damage_test
