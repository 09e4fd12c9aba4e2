// Options, data and model folders at which DASVDD refuses to go on.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "engine/files/safetensors.h"
#include "svdd/model_folder.h"
#include "tests/datasets/scratch.h"
#include "tests/svdd/dasvdd_runs.h"

namespace dasvdd_errors_test {

using namespace svdd;
using dasvdd_runs::backend;
using dasvdd_runs::fitted;
using dasvdd_runs::normal_rows;
using dasvdd_runs::options;
using datasets::Samples;
using engine::NdArray;
using scratch::contains;

TEST(DasvddErrors, ImpossibleOptionsAreNamedBeforeAnyWork) {
  const auto with = [](auto change) {
    DasvddOptions o = options();
    change(o);
    return scratch::error_of<std::invalid_argument>([&] { make_dasvdd(o, *backend()); });
  };
  const double infinity = std::numeric_limits<double>::infinity(), nan = std::nan("");
  for (const double bad : {-0.1, infinity, nan})
    EXPECT_TRUE(contains(with([&](auto& o) { o.gamma = bad; }), "gamma weighs"));
  for (const int64_t bad : {0, -1})
    EXPECT_TRUE(contains(with([&](auto& o) { o.gamma_networks = bad; }), "at least 1 network"));
  for (const double bad : {0.0, -0.5, 1.1, nan})
    EXPECT_TRUE(contains(with([&](auto& o) { o.network_share = bad; }), "share of a batch is in (0, 1]"));
  for (const double bad : {0.0, -1.0, infinity, nan})
    EXPECT_TRUE(contains(with([&](auto& o) { o.centre_lr = bad; }), "centre's learning rate must be"));
  for (const double bad : {-0.01, infinity, nan})
    EXPECT_TRUE(contains(with([&](auto& o) { o.centre_lr_decay = bad; }), "decay of the centre's"));
  EXPECT_TRUE(contains(with([](auto& o) { o.recipe = Recipe::theano; }), "theano recipe is Deep SVDD's"));
  EXPECT_TRUE(contains(with([](auto& o) { o.training.lr = 0; }), "training: the learning rate"));
  EXPECT_TRUE(contains(with([](auto& o) { o.network = "alexnet"; }), "'alexnet'"));
  EXPECT_TRUE(contains(with([](auto& o) { o.input = {}; }), "must be told"));
  auto zero = options();
  zero.gamma = 0;  // an autoencoder alone
  EXPECT_NO_THROW(make_dasvdd(zero, *backend()));
}

TEST(DasvddErrors, DataThatDoNotFitAreRefused) {
  const auto detector = make_dasvdd(options(), *backend());
  Monitor silent;
  const auto error = [&](const Samples& rows) {
    return scratch::error_of<std::invalid_argument>([&] { detector->fit({rows, {}}, silent); });
  };
  EXPECT_TRUE(contains(error({{9}, std::vector<float>(90)}), "the samples are 9, but dasvdd_pima takes 8"));
  EXPECT_TRUE(contains(error(normal_rows(1)), "at least 2"));
  Samples bad = normal_rows(10);
  bad.values[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(contains(error(bad), "training data"));
  bad.values[3] = 1e30f;  // its square is not a float
  EXPECT_TRUE(contains(error(bad), "dasvdd: the rule 'all' gives a gamma of"));
  EXPECT_TRUE(contains(scratch::error_of([&] { detector->score(normal_rows(2)); }), "not been fitted"));
}

TEST(DasvddErrors, ADivergedFitSaysSo) {
  auto o = options();
  o.training.lr = 1e30;
  EXPECT_TRUE(contains(scratch::error_of([&] { fitted(o, normal_rows(20)); }), "lower learning rate"));
}

// ---- damaged folders

class DamagedDasvdd : public testing::Test {
 protected:
  void SetUp() override { fitted(options(), normal_rows(20))->save(folder_.path()); }

  std::string error() const {
    const std::string message =
        scratch::error_of<std::runtime_error>([&] { load_detector(folder_.path(), *backend()); });
    EXPECT_TRUE(contains(message, folder_.path().string())) << "which file?";
    return message;
  }
  template <class Change>
  std::string described(Change change) const {
    const std::string before = scratch::read(folder_ / "model.json");
    auto json = nlohmann::json::parse(before);
    change(json);
    scratch::write(folder_ / "model.json", json.dump());
    const std::string message = error();
    scratch::write(folder_ / "model.json", before);
    return message;
  }
  template <class Change>
  std::string stored(Change change) const {
    const auto file = folder_ / "weights.safetensors";
    const std::string before = scratch::read(file);
    std::map<std::string, NdArray> tensors;
    for (const auto& [name, tensor] : engine::read_safetensors(file).tensors) tensors[name] = tensor;
    change(tensors);
    engine::write_safetensors(file, {tensors.begin(), tensors.end()});
    const std::string message = error();
    scratch::write(file, before);
    return message;
  }

  scratch::Folder folder_;
};

TEST_F(DamagedDasvdd, TheGammaIsChecked) {
  EXPECT_TRUE(contains(described([](auto& json) { json.erase("gamma"); }), "'gamma'"));
  EXPECT_TRUE(contains(described([](auto& json) { json["gamma"] = "much"; }), "'gamma'"));
  EXPECT_TRUE(contains(described([](auto& json) { json["gamma"] = nullptr; }), "'gamma'"));
  EXPECT_TRUE(contains(described([](auto& json) { json["gamma"] = -1; }), "must not be negative, found -1"));
  EXPECT_TRUE(contains(described([](auto& json) { json.erase("gamma_rule"); }), "'gamma_rule'"));
  EXPECT_TRUE(contains(described([](auto& json) { json["affine_batch_norm"] = true; }), "theano"));
}

TEST_F(DamagedDasvdd, TheCentreAndBothNetworksAreChecked) {
  EXPECT_TRUE(contains(stored([](auto& t) { t.erase("centre"); }), "'centre'"));
  EXPECT_TRUE(contains(stored([](auto& t) { t["centre"] = NdArray::from({5}, std::vector<float>(5)); }),
                       "'centre' has shape"));
  EXPECT_TRUE(contains(stored([](auto& t) {
                         t["centre"] = NdArray::from({4}, std::vector<float>{1, 2, std::nanf(""), 4});
                       }),
                       "not finite"));
  for (const std::string name : {"e.1.weight", "d.1.bias"}) {
    EXPECT_TRUE(contains(stored([&](auto& t) { t.erase(name); }), "'" + name + "'"));
    EXPECT_TRUE(contains(stored([&](auto& t) {
                           auto values = t[name].template as<float>();
                           values[0] += 1;
                           t[name] = NdArray::from(t[name].shape, values);
                         }),
                         "different runs"));
  }
  EXPECT_TRUE(contains(stored([](auto& t) { t["d.3.bias"] = NdArray::from({1}, std::vector<float>{1}); }),
                       "'d.3.bias'"));
}

TEST_F(DamagedDasvdd, ANetworkLargerThanTheFileIsRefused) {
  EXPECT_TRUE(contains(described([](auto& json) { json["widths"] = {1 << 30, 4}; }), "too wide"));
  EXPECT_TRUE(contains(described([](auto& json) { json["rep_dim"] = int64_t{1} << 60; }), "too large"));
}

}  // namespace dasvdd_errors_test
