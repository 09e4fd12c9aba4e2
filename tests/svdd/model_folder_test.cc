#include "svdd/model_folder.h"

#include <gtest/gtest.h>

#include <limits>

#include "engine/backends/reference/reference.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/small_runs.h"

namespace model_folder_test {

using namespace svdd;
using engine::NdArray;
using scratch::contains;
using small_runs::fitted;
using small_runs::ones;
using small_runs::options;
using small_runs::untrained;

DeepSvddOptions brief(Recipe recipe, Objective objective) {
  auto o = options(recipe, objective);
  o.pretraining.epochs = 1;
  o.training.epochs = 3;
  return o;
}

void expect_equal(Detector& loaded, Detector& saved, const datasets::Samples& test) {
  EXPECT_EQ(loaded.score(test), saved.score(test));
  EXPECT_EQ(loaded.method(), saved.method());
  EXPECT_EQ(loaded.sample_shape(), saved.sample_shape());
  EXPECT_EQ(loaded.weights_sha256(), saved.weights_sha256());
  EXPECT_EQ(loaded.threshold(), saved.threshold());
  EXPECT_EQ(loaded.training_scores(), saved.training_scores());
  EXPECT_EQ(loaded.collapse_warning(), saved.collapse_warning());
}

TEST(ModelFolder, WhatIsLoadedScoresWithTheSameBits) {
  for (const Recipe recipe : {Recipe::pytorch, Recipe::theano})
    for (const Objective objective : {Objective::one_class, Objective::soft_boundary}) {
      const auto saved = fitted(brief(recipe, objective));
      const scratch::Folder folder;
      saved->save(folder / "model");
      expect_equal(*load_detector(folder / "model", *small_runs::backend()), *saved, ones().test);
      expect_equal(*load_detector(folder.path(), *small_runs::backend()), *saved,
                   ones().test);  // the run folder
      const auto reference = engine::make_reference_backend();
      expect_equal(*load_detector(folder / "model", *reference), *saved, small_runs::first(ones().test, 2));
    }
}

TEST(ModelFolder, OptionsOfTheNetworkAndTheAlarmComeBack) {
  auto o = untrained();
  o.rep_dim = 48;
  o.bias_terms = true;
  const auto saved = fitted(o);
  const scratch::Folder folder;
  saved->save(folder.path());
  expect_equal(*load_detector(folder.path(), *small_runs::backend()), *saved, ones().test);

  o = options();
  o.pretraining.epochs = 5;
  o.training = {.epochs = 100, .lr = 1e-2, .lr_milestones = {50, 75}, .batch_size = 16, .weight_decay = 3};
  o.zero_centre = true;
  const auto collapsed = fitted(o);
  ASSERT_TRUE(collapsed->collapse_warning());
  collapsed->save(folder.path());  // over the old one
  expect_equal(*load_detector(folder.path(), *small_runs::backend()), *collapsed, ones().test);
}

TEST(ModelFolder, SavingTwiceGivesTheSameFiles) {
  const auto saved = fitted(untrained());
  const scratch::Folder folder;
  saved->save(folder / "a");
  load_detector(folder / "a", *small_runs::backend())->save(folder / "b");
  for (const std::string file : {"model.json", "weights.safetensors"})
    EXPECT_EQ(scratch::read(folder / ("a/" + file)), scratch::read(folder / ("b/" + file))) << file;
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder / "a"), {}), 2);  // and nothing else
}

// ---- damaged folders

class DamagedModel : public testing::Test {
 protected:
  void SetUp() override { fitted(untrained())->save(folder_.path()); }

  std::string error() const {
    return scratch::error_of<std::runtime_error>(
        [&] { load_detector(folder_.path(), *small_runs::backend()); });
  }
  // The message after `change` to the description; the folder is as before afterwards.
  template <class Change>
  std::string described(Change change) const {
    const std::string before = scratch::read(folder_ / "model.json");
    auto json = nlohmann::json::parse(before);
    change(json);
    scratch::write(folder_ / "model.json", json.dump());
    const std::string message = error();
    scratch::write(folder_ / "model.json", before);
    EXPECT_TRUE(contains(message, folder_.path().string())) << "which file?";
    return message;
  }
  // The same for the tensors.
  template <class Change>
  std::string stored(Change change) const {
    const std::string before = scratch::read(folder_ / "weights.safetensors");
    std::map<std::string, NdArray> tensors;
    for (const auto& [name, tensor] : engine::read_safetensors(folder_ / "weights.safetensors").tensors)
      tensors[name] = tensor;
    change(tensors);
    engine::write_safetensors(folder_ / "weights.safetensors", {tensors.begin(), tensors.end()});
    const std::string message = error();
    scratch::write(folder_ / "weights.safetensors", before);
    EXPECT_TRUE(contains(message, folder_.path().string())) << "which file?";
    return message;
  }

  scratch::Folder folder_;
};

TEST_F(DamagedModel, MissingFilesAreNamed) {
  EXPECT_NO_THROW(load_detector(folder_.path(), *small_runs::backend()));
  std::filesystem::remove(folder_ / "weights.safetensors");
  EXPECT_TRUE(contains(error(), "weights.safetensors"));
  std::filesystem::remove(folder_ / "model.json");
  EXPECT_TRUE(contains(error(), "neither model.json nor model/model.json"));
  std::filesystem::remove_all(folder_.path());
  EXPECT_TRUE(contains(error(), "no model in"));
}

TEST_F(DamagedModel, CutFilesAreRefused) {
  for (const std::string file : {"model.json", "weights.safetensors"}) {
    const std::string whole = scratch::read(folder_ / file);
    for (const size_t kept : {size_t{0}, size_t{5}, whole.size() / 2, whole.size() - 4}) {
      scratch::write(folder_ / file, whole.substr(0, kept));
      EXPECT_TRUE(contains(error(), file)) << kept << " bytes kept";
    }
    scratch::write(folder_ / file, whole);
  }
  scratch::write(folder_ / "model.json", "[1, 2]");
  EXPECT_TRUE(contains(error(), "expected a JSON object"));
}

TEST_F(DamagedModel, WrongEntriesOfTheDescriptionAreNamed) {
  EXPECT_TRUE(contains(described([](auto& j) { j["format"] = model_format + 1; }), "format"));
  EXPECT_TRUE(contains(described([](auto& j) { j["format"] = 0; }), "format"));
  EXPECT_TRUE(contains(described([](auto& j) { j["method"] = "k-means"; }), "'k-means'"));
  EXPECT_TRUE(contains(described([](auto& j) { j["network"] = "alexnet"; }), "'alexnet'"));
  EXPECT_TRUE(contains(described([](auto& j) { j["objective"] = "hard"; }), "'hard'"));
  EXPECT_TRUE(contains(described([](auto& j) { j["nu"] = 7; }), "nu is the share"));
  EXPECT_TRUE(contains(described([](auto& j) { j["threshold"] = nullptr; }), "'threshold'"));
  EXPECT_TRUE(contains(described([](auto& j) { j["threshold"] = "high"; }), "'threshold'"));
  EXPECT_TRUE(contains(described([](auto& j) { j["preprocessing"].erase("min"); }), "'preprocessing'"));
  EXPECT_TRUE(contains(described([](auto& j) { j["preprocessing"]["max"] = -1e30; }), "'preprocessing'"));
  EXPECT_TRUE(contains(described([](auto& j) { j["weights_sha256"] = "0123"; }), "different runs"));
  for (const std::string name : {"format", "method", "network", "rep_dim", "affine_batch_norm", "objective",
                                 "threshold", "preprocessing", "weights_sha256"})
    EXPECT_TRUE(contains(described([&](auto& j) { j.erase(name); }), "'" + name + "'"));
}

// Numbers that would take memory are checked against the file before they do.
TEST_F(DamagedModel, HugeAndNegativeSizesAreRefused) {
  for (const int64_t p : {int64_t{0}, int64_t{-16}, int64_t{64}, int64_t{1} << 50})
    EXPECT_TRUE(contains(described([&](auto& j) { j["rep_dim"] = p; }), "rep")) << p;
  const auto text = [&](const std::string& words, const std::string& other) {
    return described([&](auto& j) {
      std::string t = j["network_text"];
      t.replace(t.find(words), words.size(), other);
      j["network_text"] = t;
    });
  };
  EXPECT_TRUE(contains(text("conv 8 5x5", "conv 9 5x5"), "'conv1.weight' has shape (8"));
  EXPECT_TRUE(contains(text("conv 8 5x5", "conv 200000 5x5"), "larger than the numbers in weights"));
  EXPECT_TRUE(contains(text("conv 8 5x5", "conv 1073741824 5x5"), "2^30"));
  EXPECT_TRUE(contains(text("conv 8 5x5", "conv"), "line 7"));
  EXPECT_TRUE(contains(text("network mnist_LeNet", "network alexnet"), "'alexnet'"));

  // As version 0.1 wrote them, the name alone.
  const auto named = [&](const auto& change) {
    return described([&](auto& j) {
      j.erase("network_text");
      change(j);
    });
  };
  EXPECT_TRUE(contains(named([](auto& j) { j["rep_dim"] = 1 << 20; }), "larger than the numbers in weights"));
  EXPECT_TRUE(contains(named([](auto& j) { j["rep_dim"] = 64; }), "'fc1.weight' has shape (32"));
  EXPECT_TRUE(contains(named([](auto& j) { j["network"] = "alexnet"; }), "there is no network 'alexnet'"));
  EXPECT_TRUE(contains(named([](auto& j) {
                         j["network"] = "mlp";
                         j["widths"] = {int64_t{1} << 40, int64_t{1} << 40};
                       }),
                       "too wide"));
}

TEST_F(DamagedModel, WrongTensorsAreNamed) {
  using Tensors = std::map<std::string, NdArray>;
  for (const std::string name :
       {"conv1.weight", "bn2.running_var", "fc1.weight", "centre", "radius", "training_scores"}) {
    EXPECT_TRUE(contains(stored([&](Tensors& t) { t.erase(name); }), name));
    EXPECT_TRUE(contains(stored([&](Tensors& t) {
                           t[name] = NdArray::from({2, 2}, std::vector<float>(4));
                         }),
                         "'" + name + "' has shape (2, 2)"));
    EXPECT_TRUE(contains(stored([&](Tensors& t) {
                           std::vector<float> values = t[name].as<float>();
                           values.back() = std::numeric_limits<float>::quiet_NaN();
                           t[name] = NdArray::from(t[name].shape, values);
                         }),
                         "'" + name + "' holds a number that is not finite"));
    EXPECT_TRUE(
        contains(stored([&](Tensors& t) { t[name] = NdArray::from(t[name].shape, t[name].as<double>()); }),
                 "'" + name + "' holds float64"));
  }
  EXPECT_TRUE(contains(stored([](Tensors& t) { t["fc2.weight"] = t["fc1.weight"]; }), "'fc2.weight'"));
  EXPECT_TRUE(
      contains(stored([](Tensors& t) { t["training_scores"] = NdArray::from({0}, std::vector<float>()); }),
               "'training_scores' is empty"));
}

TEST_F(DamagedModel, WeightsOfAnotherRunAreNoticed) {
  const scratch::Folder other;
  auto o = untrained();
  o.seed = 2;
  fitted(o)->save(other.path());
  scratch::write(folder_ / "weights.safetensors", scratch::read(other / "weights.safetensors"));
  EXPECT_TRUE(contains(error(), "different runs"));
}

}  // namespace model_folder_test
