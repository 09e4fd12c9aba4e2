// svdd verify: a sound run is sound, whatever is changed in it is found, and two runs part where they part.
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <tuple>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <tuple>

#include "engine/files/atomic_file.h"
#include "engine/files/safetensors.h"
#include "small_data.h"
#include "tools/run/train_monitor.h"

namespace tools_test {
namespace {

using nlohmann::ordered_json;

class Verify : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_SVDD();
    write_small_data(folder_);
    run("", "run");
  }

  // small_train into a folder, with more options.
  void run(const std::string& options, const std::string& out = "other") {
    std::string line = small_train;
    line.replace(line.find("--out run"), 9, "--out " + out);
    for (const std::string name : {"--normal 3", "--epochs 2 "})  // what is given anew stands alone
      if (options.find(name.substr(0, name.find(' '))) == 0)
        line.replace(line.find(" " + name) + 1, name.size(), "");
    const Outcome ran = run_svdd(folder_, words_of(line + " " + options));
    ASSERT_EQ(ran.status, 0) << line << ' ' << options << '\n' << ran.err;
  }
  // The first line of what it says.
  std::string verdict(const std::string& line, int status) {
    const Outcome ran = run_svdd(folder_, words_of("verify " + line));
    EXPECT_EQ(ran.status, status) << line << '\n' << ran.out << ran.err;
    details_ = ran.out;
    return ran.out.substr(0, ran.out.find('\n'));
  }
  void expect_in(const std::string& said, const std::string& what) const {
    EXPECT_NE(said.find(what), std::string::npos) << what << '\n' << details_;
  }
  void edit(const fs::path& file, const std::function<void(std::string&)>& change) {
    std::string text = text_of(folder_ / file);
    change(text);
    engine::write_file_atomically(folder_ / file, text);
  }
  void edit_json(const fs::path& file, const std::function<void(ordered_json&)>& change) {
    edit(file, [&](std::string& text) {
      ordered_json value = ordered_json::parse(text);
      change(value);
      text = value.dump(2) + '\n';
    });
  }
  // The last bit of a number of the model.
  void edit_tensor(const std::string& name, size_t at) {
    const fs::path file = folder_ / "run/model/weights.safetensors";
    engine::SafeTensors all = engine::read_safetensors(file);
    for (auto& [tensor, array] : all.tensors)
      if (tensor == name) array.bytes.at(4 * at) ^= std::byte{1};
    engine::write_safetensors(file, all.tensors, all.metadata);
  }

  const Scratch scratch_;
  const fs::path& folder_ = scratch_.path;
  std::string details_;
};

void replace(std::string& text, const std::string& what, const std::string& with) {
  const size_t at = text.find(what);
  ASSERT_NE(at, std::string::npos) << what;
  text.replace(at, what.size(), with);
}

TEST_F(Verify, ASoundRunIsSound) {
  EXPECT_EQ(verdict("run", 0), "'run' is sound");
  expect_in(details_, "it scores the test data as scores.csv has it, to the bit");
  expect_in(details_, "receipt      1");
  fs::rename(folder_ / "small", folder_ / "gone");
  EXPECT_EQ(verdict("run", 0), "'run' is sound, as far as it could be checked");
  expect_in(details_, "not checked  data: ");
}

TEST_F(Verify, EveryKindOfRunIsSound) {
  for (const std::string method :
       {"multi-radius --epochs 1 --ae-epochs 1",
        "multi-sphere --spheres 3 --epochs 1 --ae-epochs 1 --dictionary False", "dasvdd --epochs 1",
        "autoencoder --ae-epochs 1", "kde", "isolation-forest", "kernel-svdd"}) {
    const Outcome ran =
        run_svdd(folder_, words_of("train --data small --normal 3 --out other --quiet --method " + method));
    ASSERT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(verdict("other", 0), "'other' is sound") << method << '\n' << details_;
    expect_in(verdict("other --again --threads 1", 0), "'other' and its repetition are equal: data, ");
  }
}

TEST_F(Verify, FindsWhatIsChanged) {
  struct Change {
    std::string name;
    std::function<void()> make;
    std::string found;  // in the first line
  };
  const auto in_results = [&](const std::string& key, const ordered_json& value) {
    return [this, key, value] { edit_json("run/results.json", [&](ordered_json& r) { r[key] = value; }); };
  };
  const auto in_config = [&](const std::string& key, const ordered_json& value) {
    return [this, key, value] { edit_json("run/config.json", [&](ordered_json& c) { c[key] = value; }); };
  };
  const auto in_scores = [&](const std::function<void(std::string&)>& change) {
    return [this, change] { edit("run/scores.csv", change); };
  };
  const std::string zeros(64, '0');
  const std::vector<Change> changes{
      {"a weight", [&] { edit_tensor("conv1.weight", 7); }, "does not hold the weights"},
      {"the centre", [&] { edit_tensor("centre", 3); }, "it scores test sample"},
      {"a score", in_scores([](std::string& t) {
         size_t end = t.find('\n');
         for (int comma = 0; comma < 3; ++comma) end = t.find(',', end + 1);
         end = t.find_first_of(",\n", end + 1);
         t[end - 1] = t[end - 1] == '5' ? '4' : '5';
       }),
       "scores.csv: the hash of its scores"},
      {"a label", in_scores([](std::string& t) { replace(t, "\n0,1,", "\n0,0,"); }),
       "results.json: normals is"},
      {"a row less", in_scores([](std::string& t) { t.resize(t.rfind('\n', t.size() - 2) + 1); }),
       "scores.csv: it holds 39 scores, and n_test is 40"},
      {"no scores", [&] { fs::remove(folder_ / "run/scores.csv"); }, "scores.csv: it is missing"},
      {"the AUC", in_results("auc", 0.999), "results.json: auc is 0.999, and scores.csv gives"},
      {"the threshold", in_results("threshold", 0.5), "its threshold is"},
      {"the hash of the scores", in_results("scores_sha256", zeros), "and scores_sha256 is 0000"},
      {"the hash of the weights", in_results("weights_sha256", zeros), "and weights_sha256 is 0000"},
      {"the hash of the data", in_results("train_data_sha256", zeros),
       "data: the hash of the training samples"},
      {"the seed in the settings", in_config("seed", 2), "config.json: seed is 2, and results.json has 1"},
      {"the epochs in the settings", in_config("epochs", 3),
       "history.csv: it has 2 epochs of deep-svdd, and config.json says 3"},
      {"the rate in the settings", in_config("lr", 0.5), "has the rate 1e-04, and config.json says 0.5"},
      {"the contamination in the settings", in_config("contamination", 0.3),
       "config.json: contamination is 0.3"},
      {"pretraining in the settings", in_config("pretrain", false),
       "history.csv: it has 0 epochs of deep-svdd"},
      {"a trace that nobody made", in_config("trace", "1"), "trace.csv: it is missing"},
      {"the training scores", [&] { edit_tensor("training_scores", 5); },
       "model: its training_scores are not those"},
      {"the threshold, in both places",
       [&] {
         for (const char* file : {"run/results.json", "run/model/model.json"})
           edit_json(file, [](ordered_json& j) { j["threshold"] = 0.25; });
         edit_json("run/results.json", [](ordered_json& j) { j.erase("f1"); });
       },
       "results.json: it has no f1"},
      {"a fingerprint that is missing",
       [&] { edit_json("run/results.json", [](ordered_json& r) { r["fingerprints"].erase(1); }); },
       "no fingerprint of the weights after autoencoder"},
      {"the contract's number", in_results("receipt", 2), "this version knows receipt 1"},
      {"a loss",
       [&] {
         edit("run/history.csv", [](std::string& t) {
           const size_t at = t.find("deep-svdd,1,") + 12;
           t.replace(at, t.find(',', at) - at, "nan");
         });
       },
       "history.csv: epoch 1 of deep-svdd has no loss"},
      {"no history", [&] { fs::remove(folder_ / "run/history.csv"); }, "it has 0 epochs of autoencoder"},
      {"both hashes",
       [&] {
         edit_json("run/results.json",
                   [](ordered_json& r) { r.erase("weights_sha256"), r.erase("scores_sha256"); });
       },
       "results.json: it has no weights_sha256"},
      {"a pipe",
       [&] {
         fs::remove(folder_ / "run/history.csv");
         ASSERT_EQ(mkfifo((folder_ / "run/history.csv").c_str(), 0600), 0);
       },
       "is no regular file"},
      {"an option that is missing",
       [&] { edit_json("run/config.json", [](ordered_json& c) { c.erase("epochs"); }); },
       "config.json: it does not say epochs"},
      {"an epoch that is missing",
       [&] {
         edit("run/history.csv", [](std::string& t) {
           const size_t at = t.find("deep-svdd,0");
           t.erase(at, t.find('\n', at) - at + 1);
         });
       },
       "history.csv: epoch 1 of deep-svdd stands where epoch 0 belongs"},
      {"the network's text",
       [&] {
         edit("run/model/model.json",
              [](std::string& t) { replace(t, "leaky_relu\\n", "leaky_relu 0.02\\n"); });
       },
       "it scores test sample"},
      {"a constant of the preprocessing",
       [&] { edit_json("run/model/model.json", [](ordered_json& m) { m["preprocessing"]["max"] = 7.5; }); },
       "it scores test sample"},
      {"the images", [&] { datasets::write_idx_folder(folder_ / "small", datasets::load_strokes(41, 4)); },
       "data: the hash of the training samples"}};
  const auto keep = [&](const std::string& from, const std::string& to) {
    fs::remove_all(folder_ / to);
    fs::copy(folder_ / from, folder_ / to, fs::copy_options::recursive);
  };
  keep("run", "kept"), keep("small", "small-kept");
  run("", "twin");
  for (const Change& change : changes) {
    change.make();
    const std::string line = verdict("run", 1);
    EXPECT_TRUE(line.starts_with("'run' is not sound: ")) << change.name << '\n' << details_;
    EXPECT_NE(line.find(change.found), std::string::npos) << change.name << '\n' << details_;
    // Beside its twin nothing that the results speak of passes for equal, either.
    if (change.name != "the images" && change.name != "the hash of the data") {
      EXPECT_EQ(run_svdd(folder_, {"verify", "twin", "run"}).status, 1) << change.name;
    }
    keep("kept", "run"), keep("small-kept", "small");
  }
  EXPECT_EQ(verdict("run", 0), "'run' is sound");
}

// Figures and numbers of which no hash and no test score tells.
TEST_F(Verify, WhatOneRunCannotShowItsTwinDoes) {
  run("", "twin");
  fs::copy(folder_ / "run", folder_ / "kept", fs::copy_options::recursive);
  const auto in_results = [&](const char* key, const ordered_json& value) {
    return [this, key, value] { edit_json("run/results.json", [&](ordered_json& r) { r[key] = value; }); };
  };
  const std::vector<std::pair<std::function<void()>, std::string>> changes{
      {in_results("untrained_auc", 0.1), "part at untrained_auc of results.json: 0.1 here"},
      {in_results("ae_auc", 0.1), "part at ae_auc"},
      {in_results("n_train", 60000), "part at n_train"},
      {in_results("collapsed", true), "part at collapsed"},
      {[&] { edit_tensor("training_scores", 1); }, "part at the tensor 'training_scores' of the models"},
      {[&] { edit_json("run/model/model.json", [](ordered_json& m) { m["contamination"] = 0.3; }); },
       "part at contamination of model.json"},
      {[&] { edit("run/history.csv", [](std::string& t) { replace(t, ",lr,", ",rate,"); }); },
       "its lr is 1e-04 here and nothing there"}};
  for (const auto& [change, found] : changes) {
    change();
    expect_in(verdict("twin run", 1) + details_, found.substr(0, 8) == "its lr i" ? "its lr is" : "part at");
    const std::string line = verdict("run twin", 1);
    if (!found.starts_with("its")) expect_in(line, found);
    fs::remove_all(folder_ / "run");
    fs::copy(folder_ / "kept", folder_ / "run", fs::copy_options::recursive);
  }
  verdict("twin run", 0);
}

// Which column is which, and what words and gaps become, stands in no hash either.
TEST_F(Verify, ATablesFormIsThatOfItsData) {
  std::string table = "size,colour,weight,label\n";
  for (int i = 0; i < 40; ++i)
    table += std::to_string(i % 7) + "," + (i % 3 ? "red" : "blue") + "," + std::to_string(i % 5) + "," +
             (i % 8 ? "good" : "bad") + "\n";
  engine::write_file_atomically(folder_ / "t.csv", table);
  ASSERT_EQ(
      run_svdd(folder_, words_of("train --method knn --data t.csv --normal good --out table --quiet")).status,
      0);
  expect_in(verdict("table", 0), "'table' is sound");
  const ordered_json before = ordered_json::parse(text_of(folder_ / "table/model/model.json"));
  for (const char* key : {"features", "normal"}) {
    ASSERT_TRUE(before.at("data").contains(key)) << before.at("data").dump();
    edit_json("table/model/model.json", [&](ordered_json& m) {
      m["data"][key].front() = m["data"][key].front().get<std::string>() + "er";
    });
    expect_in(verdict("table", 1), "is not what the data give");
    engine::write_file_atomically(folder_ / "table/model/model.json", before.dump(2));
  }
  // Models of before know less, and a file may be written anew with the same numbers.
  edit_json("table/model/model.json", [](ordered_json& m) {
    m["data"].erase("usual");
    m["data"]["sha256"] = std::string(64, '0');
  });
  EXPECT_EQ(verdict("table", 0), "'table' is sound");
  edit_json("table/model/model.json", [](ordered_json& m) { m.erase("data"); });
  EXPECT_EQ(verdict("table", 0), "'table' is sound, as far as it could be checked");
  edit("table/scores.csv", [](std::string& t) { replace(t, "\n0,0,0,", "\n0,0,1,"); });
  const std::string scores = text_of(folder_ / "table/scores.csv");
  expect_in(verdict("table", 1), "sample 0 is of the class 1, and in the data of 0");
  // Nor can a score be said to be another row's.
  edit("table/scores.csv", [](std::string& t) {
    replace(t, "\n0,0,1,", "\n0,0,0,");
    const size_t end = t.find('\n', t.find('\n') + 1), comma = t.rfind(',', end);
    t.replace(comma + 1, end - comma - 1, "77");
  });
  expect_in(verdict("table", 1), "sample 0 is from '77', and in the data from ");
  edit("table/scores.csv", [&](std::string& t) {
    t = scores;
    replace(t, "\n0,0,1,", "\n1,0,0,");
  });
  expect_in(verdict("table", 1), "line 2 gives 'index' as '1'; expected 0");
}

// Images are the same wherever their folder lies and however it is called from here; a table's numbers in whatever file.
TEST_F(Verify, DataMayBeMovedAndWrittenAnew) {
  for (const char* sort : {"train/good", "test/good", "test/bent"}) {
    fs::create_directories(folder_ / "img" / sort);
    for (int i = 0; i < 6; ++i) {
      std::string pixels(64, static_cast<char>(40 * i + (std::string(sort) == "test/bent" ? 90 : 5)));
      pixels[static_cast<size_t>(i)] = 1;
      engine::write_file_atomically(folder_ / "img" / sort / (std::to_string(i) + ".pgm"),
                                    "P5 8 8 255\n" + pixels);
    }
  }
  ASSERT_EQ(
      run_svdd(folder_, words_of("train --method knn --data img --image-size 8 --out images --quiet")).status,
      0);
  EXPECT_EQ(verdict("images", 0), "'images' is sound");
  EXPECT_EQ(verdict("images --data ./img", 0), "'images' is sound");
  fs::rename(folder_ / "img", folder_ / "elsewhere");
  EXPECT_EQ(verdict("images --data elsewhere", 0), "'images' is sound");
  fs::rename(folder_ / "elsewhere/test/bent/3.pgm", folder_ / "elsewhere/test/bent/3b.pgm");
  expect_in(verdict("images --data elsewhere", 1),
            "/test/bent/3.pgm', and in the data from 'test/bent/3b.pgm'");

  std::string table = "a,b,label\n", again = "\"a\",b,label\r\n";
  for (int i = 0; i < 40; ++i) {
    const std::string row =
        std::to_string(i % 7) + "," + std::to_string(i % 5) + "," + (i % 8 ? "good" : "bad");
    table += row + "\n", again += row + "\r\n";
  }
  engine::write_file_atomically(folder_ / "t.csv", table);
  engine::write_file_atomically(folder_ / "again.csv", again);
  ASSERT_EQ(
      run_svdd(folder_, words_of("train --method knn --data t.csv --normal good --out table --quiet")).status,
      0);
  EXPECT_EQ(verdict("table --data again.csv", 0), "'table' is sound");
  expect_in(verdict("table --data again.csv --again", 0), "are equal");
  // What is not there cannot be looked at, be it the second table.
  ASSERT_EQ(
      run_svdd(
          folder_,
          words_of("train --method knn --data t.csv --test-data again.csv --normal good --out two --quiet"))
          .status,
      0);
  EXPECT_EQ(verdict("two", 0), "'two' is sound");
  fs::rename(folder_ / "again.csv", folder_ / "away.csv");
  EXPECT_EQ(verdict("two", 0), "'two' is sound, as far as it could be checked");
}

// What results.json says of numbers of samples, of the data's name and of false alarms is held against what decides it.
TEST_F(Verify, EntriesThatTheDataDecideAreLookedAt) {
  run("");
  const std::string before = text_of(folder_ / "other/results.json");
  for (const auto& [key, value, what] : std::vector<std::tuple<std::string, ordered_json, std::string>>{
           {"n_train_used", 0, "n_train_used is 0"},
           {"n_train_used", 7.5, "n_train_used is 7.5"},
           {"n_train", 60000, "n_train is 60000"},
           {"dataset", "cifar10", "results.json has \"cifar10\""},
           {"device", "abacus", "results.json has \"abacus\""}}) {
    edit_json("other/results.json", [&](ordered_json& r) { r[key] = value; });
    expect_in(verdict("other", 1), what);
    engine::write_file_atomically(folder_ / "other/results.json", before);
  }
  run("--calibration 0.3", "calibrated");
  EXPECT_EQ(verdict("calibrated", 0), "'calibrated' is sound");
  for (const auto& [key, what] : {std::pair{"false_alarm_rate", "the rate of its calibration is 0.03125"},
                                  std::pair{"seen", "false alarms seen"}}) {
    const std::string sound = text_of(folder_ / "calibrated/results.json");
    edit_json("calibrated/results.json", [&](ordered_json& r) { r["calibration"][key] = 0.03125; });
    expect_in(verdict("calibrated", 1), what);
    engine::write_file_atomically(folder_ / "calibrated/results.json", sound);
  }
  // And nothing that a file says can forge a line.
  edit_json("other/results.json", [](ordered_json& r) { r["version"] = "0.0\n  FAKE"; });
  run("", "third");
  expect_in(verdict("other third", 0), "are equal");
  EXPECT_EQ(details_.find("\n  FAKE"), std::string::npos) << details_;
}

// A word that no option takes is no setting that a run was made with, whether or not this machine has what is named.
TEST_F(Verify, SettingsAreWordsThatTheOptionsTake) {
  run("");
  for (const char* key : {"device", "simd", "blas"}) {
    const std::string config = text_of(folder_ / "other/config.json");
    edit_json("other/config.json", [&](ordered_json& c) { c[key] = "garbage"; });
    expect_in(verdict("other", 1), "--" + std::string(key) + " is 'garbage'; expected ");
    engine::write_file_atomically(folder_ / "other/config.json", config);
  }
}

TEST_F(Verify, TwoRunsPartWhereTheyPart) {
  const auto other = [&](const std::string& options) {
    run(options);
    return verdict("run other", 1);
  };
  run("--device reference");
  EXPECT_EQ(verdict("run other", 0),
            "'run' and 'other' are equal: data, first weights, 3 epochs, last weights, scores");
  expect_in(details_, "and reference");
  expect_in(other("--seed 2"), "part at the first weights: ");
  expect_in(details_, "seed: 1 and 2");
  expect_in(other("--ae-lr 0.01"), "part at epoch 0 of autoencoder: its loss is ");
  expect_in(other("--ae-weight-decay 0.1"), "part at epoch 0 of autoencoder: its loss is ");
  expect_in(other("--weight-decay 0.1"), "part at epoch 0 of deep-svdd: its loss is ");
  expect_in(other("--epochs 3"), "part at epoch 2 of deep-svdd: only one of them has it");
  expect_in(other("--contamination 0.2"), "part at the threshold: ");
  expect_in(other("--normal 4"), "part at the training data: ");
  expect_in(other("--anomalous 4"), "part at the test data: ");
  if (SVDD_HAVE_OPENBLAS) {
    expect_in(other("--blas openblas"), "part at epoch 0 of autoencoder");
    expect_in(details_, "receipt: 1 and none (--blas openblas is outside of it)");
    expect_in(verdict("other", 1), "'other' is not sound: receipt: the run was made with --blas openblas");
  }
}

TEST_F(Verify, ALossToldOtherwiseIsFound) {
  run("");
  fs::copy(folder_ / "other", folder_ / "kept", fs::copy_options::recursive);
  edit("other/history.csv", [](std::string& t) {
    const size_t comma = t.find(",1e-04", t.find("deep-svdd,1,"));
    t[comma - 1] = t[comma - 1] == '5' ? '6' : '5';
  });
  expect_in(verdict("run other", 1), "part at epoch 1 of deep-svdd: its loss is ");
  expect_in(verdict("other --again", 1), "'other' and its repetition part at epoch 1 of deep-svdd");
  // What no loss shows: the weights after a phase.
  edit_json("kept/results.json",
            [](ordered_json& r) { r["fingerprints"][1]["weights_sha256"] = std::string(64, '0'); });
  expect_in(verdict("run kept", 1), "part at the weights after autoencoder, whose losses are all the same");
  // Runs of before that kept no fingerprints are compared by what they have.
  edit_json("kept/results.json", [](ordered_json& r) { r.erase("fingerprints"), r.erase("receipt"); });
  EXPECT_EQ(verdict("run kept", 0), "'run' and 'kept' are equal: data, 3 epochs, last weights, scores");
  expect_in(details_, "receipt: 1 and not said");
  EXPECT_EQ(verdict("kept", 0), "'kept' is sound, as far as it could be checked");
}

// Traces say from which operation of which step on two runs differ, also where no loss shows it.
TEST_F(Verify, TracesNameStepAndOperation) {
  run("--trace 1", "first");
  run("--trace 1 --device reference");
  EXPECT_EQ(verdict("first other", 0),
            "'first' and 'other' are equal: data, first weights, 3 epochs, last weights, scores");
  expect_in(details_, "trace: epoch 1 of deep-svdd: all ");
  verdict("run first", 0);  // a trace changes no bit
  run("--trace autoencoder:0 --ae-weight-decay 0.1");
  verdict("first other", 1);
  expect_in(
      details_,
      "trace: of epoch 1 of deep-svdd here and of epoch 0 of autoencoder there, which cannot be compared");
  verdict("run first", 0);
  expect_in(details_, "trace: only one of them has one");
  run("--trace autoencoder:0", "same");
  expect_in(verdict("same other", 1), "part at epoch 0 of autoencoder: its loss is ");
  expect_in(details_,
            "trace: epoch 0 of autoencoder: step 0, update, parameter conv1.weight (8x1x5x5, 200 numbers)");
  run("--trace 1");
  edit("other/trace.csv", [](std::string& t) {
    const size_t end = t.find('\n', t.find(",2,forward,0,"));
    t[end - 1] = t[end - 1] == '5' ? '6' : '5';
  });
  expect_in(verdict("first other", 1),
            "part at numbers that no loss shows, epoch 1 of deep-svdd: step 2, forward, operation 0 conv2d "
            "(8x8x28x28, 50176 numbers)");
  const std::string whole = text_of(folder_ / "first/trace.csv");
  const std::string header = whole.substr(0, whole.find('\n') + 1);
  engine::write_file_atomically(folder_ / "other/trace.csv", header);
  expect_in(run_svdd(folder_, words_of("verify first other")).err, "holds nothing but its header");
  std::string of_another = whole;
  for (size_t at = 0; (at = of_another.find("\ndeep-svdd,1,", at)) != std::string::npos; ++at)
    of_another[at + 11] = '0';
  engine::write_file_atomically(folder_ / "other/trace.csv", of_another);
  expect_in(verdict("first other", 1), "which cannot be compared");
  expect_in(verdict("other", 1), "trace.csv: it is of epoch 0 of deep-svdd, and config.json asks for 1");
  engine::write_file_atomically(folder_ / "other/trace.csv", "phase\n");
  const Outcome broken = run_svdd(folder_, words_of("verify first other"));
  EXPECT_EQ(broken.status, 1);
  expect_in(broken.err, "'other/trace.csv' is no trace");
  for (const auto& [value, what] : std::vector<std::pair<std::string, std::string>>{
           {"2", "the epochs of deep-svdd are 0 to 1"},
           {"x", "the epochs of deep-svdd are 0 to 1"},
           {"autoencoder:1", "the epochs of autoencoder are 0 to 0"},
           {"-1", "the epochs"},
           {"dasvdd:0", "the phases of this run are autoencoder and deep-svdd"}}) {
    const Outcome ran = run_svdd(
        folder_,
        words_of("train --data small --normal 3 --out new --epochs 2 --ae-epochs 1 --trace " + value));
    EXPECT_EQ(ran.status, 2) << value;
    expect_in(ran.err, what);
    EXPECT_FALSE(fs::exists(folder_ / "new")) << value;
  }
}

TEST_F(Verify, AnotherVersionIsSaid) {
  edit_json("run/results.json", [](ordered_json& r) { r["version"] = "0.0.9"; });
  EXPECT_EQ(verdict("run", 0), "'run' is sound");
  expect_in(details_, "version      0.0.9; this is ");
  run("");
  verdict("run other", 0);
  expect_in(details_, "version: 0.0.9 and ");
}

TEST_F(Verify, MistakesAreSaidInALine) {
  const auto fails = [&](const std::string& line, int status, const std::string& what) {
    const Outcome ran = run_svdd(folder_, words_of("verify " + line));
    EXPECT_EQ(ran.status, status) << line;
    EXPECT_NE(ran.err.find(what), std::string::npos) << line << '\n' << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  };
  fails("", 2, "needs the folder of a run");
  fails("run run run", 2, "compares two runs, and 3 folders are named");
  fails("run run --again", 2, "--again repeats one run");
  fails("run --out x", 2, "--out is where --again leaves the repeated run");
  fails("run --threads -1", 2, "--threads is -1");
  fails("run --device nosuch", 2, "--device is 'nosuch'");
  fails("run --blas openblas", 2, "has no option '--blas'");
  fails("run --again --out run", 2, "--out names 'run', which is there");
  fails("run run --data small", 2, "--data is where the data of one run lie");
  fails("nowhere", 1, "'nowhere/results.json' is missing");
  fails("small", 1, "'small/results.json' is missing");
  fails("run nowhere", 1, "'nowhere/results.json' is missing");
  EXPECT_FALSE(fs::exists(folder_ / "x"));
  engine::write_file_atomically(folder_ / "run/results.json", "{");
  fails("run", 1, "is not JSON");
}

// What a run read counts, and not what is called so where it is checked; moved data are named.
TEST_F(Verify, TheDataAreThoseOfTheRun) {
  fs::create_directories(folder_ / "elsewhere");
  datasets::write_idx_folder(folder_ / "elsewhere" / "small", datasets::load_strokes(30, 4));
  const Outcome there = run_svdd(folder_ / "elsewhere", {"verify", "../run"});
  EXPECT_EQ(there.status, 0) << there.out;
  const Outcome again = run_svdd(folder_ / "elsewhere", {"verify", "../run", "--again"});
  EXPECT_EQ(again.status, 0) << again.out;
  fs::rename(folder_ / "small", folder_ / "moved");
  verdict("run", 0);
  expect_in(details_, "not checked  data: ");
  EXPECT_EQ(verdict("run --data moved", 0), "'run' is sound");
  EXPECT_EQ(verdict("run --data moved --again", 0).find("'run' and its repetition are equal"), 0u);
  fs::create_directories(folder_ / "small");
  expect_in(verdict("run", 1), "'run' is not sound: data: ");  // there, and no data
}

TEST_F(Verify, AgainKeepsTheRepetitionWhereItIsToldTo) {
  verdict("run --again --out second", 0);
  expect_in(verdict("run second", 0), "'run' and 'second' are equal");
}

TEST_F(Verify, AucsOfEveryEpochAreLookedAtAndNoMore) {
  run("--epochs 3 --auc-per-epoch");
  run("--epochs 3", "plain");
  EXPECT_EQ(verdict("other plain", 0),
            "'other' and 'plain' are equal: data, first weights, 4 epochs, last weights, scores");
  EXPECT_EQ(verdict("other", 0), "'other' is sound") << details_;
  expect_in(details_, "best_epoch: it follows from history.csv");
  EXPECT_EQ(text_of(folder_ / "plain/history.csv").find("test_auc"), std::string::npos);
  expect_in(text_of(folder_ / "other/report.html"), "Test AUC: deep-svdd");
  const ordered_json results = ordered_json::parse(text_of(folder_ / "other/results.json"));
  EXPECT_GE(results["best_epoch"]["auc"], results["auc"]);
  edit_json("other/results.json", [](ordered_json& r) { r["best_epoch"]["epoch"] = 7; });
  expect_in(verdict("other", 1), "'other' is not sound: best_epoch: results.json has epoch 7");
  edit_json("other/results.json", [](ordered_json& r) { r.erase("best_epoch"); });
  expect_in(verdict("other", 1), "'other' is not sound: history.csv: test_auc of epoch 0 of deep-svdd is ");
  edit_json("other/results.json", [&](ordered_json& r) { r["best_epoch"] = results["best_epoch"]; });
  const std::string sound = text_of(folder_ / "other/history.csv");
  for (const char* damage : {"nan", "", "1.5", "-inf"}) {
    edit("other/history.csv", [&](std::string& t) {
      const size_t line = t.find("\ndeep-svdd,1,") + 1, end = t.find('\n', line), comma = t.rfind(',', end);
      t.replace(comma + 1, end - comma - 1, damage);
    });
    expect_in(verdict("other", 1), "'other' is not sound: history.csv: test_auc of epoch 1 of deep-svdd is ");
    edit("other/history.csv", [&](std::string& t) { t = sound; });
  }
  edit("other/history.csv", [&](std::string& t) {
    const size_t line = t.find("\ndeep-svdd,0,") + 1, end = t.find('\n', line), comma = t.rfind(',', end);
    t.replace(comma + 1, end - comma - 1, "0.01");
  });
  expect_in(verdict("other --again --threads 1", 1), "part at epoch 0 of deep-svdd: its test_auc is 0.01");
}

TEST(TrainMonitorTest, AucsGoOnWithTheRun) {
  const Scratch scratch;
  datasets::OneVsRest task;
  task.test = {{1}, {0.1f, 0.2f, 0.3f}};
  task.test_labels = {0, 1, 1};
  const auto score = [](const datasets::Samples& samples) { return samples.values; };
  const auto reversed = [](const datasets::Samples& samples) {
    std::vector<float> scores = samples.values;
    for (float& s : scores) s = -s;
    return scores;
  };
  const fs::path log = scratch.path / "log.txt";
  tools::TrainMonitor first(task, log, true, true), second(task, log, true, true), not_asked(task, log, true);
  for (tools::TrainMonitor* monitor : {&first, &not_asked}) {
    monitor->standing({.phase = "deep-svdd", .epoch = 0}, reversed, {});
    monitor->standing({.phase = "deep-svdd", .epoch = 1}, score, {});
  }
  EXPECT_TRUE(not_asked.aucs().empty());
  tools::TrainMonitor late(task, log, true, true);
  late.standing({.phase = "deep-svdd", .epoch = 1}, score, {});
  EXPECT_TRUE(late.aucs().empty()) << "the best of some epochs is no best epoch";
  second.go_on(first.kept());
  ASSERT_EQ(second.aucs().size(), 2u);
  EXPECT_EQ(second.aucs()[0].auc, 0);
  EXPECT_EQ(second.aucs()[1].epoch, 1);
  EXPECT_EQ(second.aucs()[1].auc, 1);
}

TEST(TrainMonitorTest, FingerprintsGoOnWithTheRun) {
  const Scratch scratch;
  const datasets::OneVsRest nothing;
  const fs::path log = scratch.path / "log.txt";
  tools::TrainMonitor first(nothing, log, true), second(nothing, log, true);
  first.weights("start", "0a");
  first.weights("autoencoder", "1b");
  second.go_on(first.kept());
  EXPECT_EQ(second.fingerprints(), first.fingerprints());
  second.go_on(R"({"history": []})");  // of a version that kept none
}

}  // namespace
}  // namespace tools_test
