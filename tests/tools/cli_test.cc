// The svdd command from the outside: runs that succeed.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "small_data.h"
#include "tools/report/image_grid.h"

namespace tools_test {
namespace {

using engine::NdArray;
using nlohmann::json;

void expect_done(const fs::path& folder, const std::string& line) {
  const Outcome outcome = run_svdd(folder, words_of(line));
  EXPECT_EQ(outcome.status, 0) << line << "\n" << outcome.err;
}

json results_of(const fs::path& run) { return json::parse(text_of(run / "results.json")); }

// The receipt: two fingerprints.
std::array<std::string, 2> receipt(const fs::path& run) {
  const json results = results_of(run);
  return {results.at("weights_sha256"), results.at("scores_sha256")};
}

// One column of a CSV text without quotes.
std::vector<std::string> column(const std::string& csv, size_t wanted) {
  std::vector<std::string> values;
  std::istringstream lines(csv);
  std::string line, field;
  for (std::getline(lines, line); std::getline(lines, line);) {
    std::istringstream fields(line);
    for (size_t i = 0; i <= wanted; ++i) std::getline(fields, field, ',');
    values.push_back(field);
  }
  return values;
}

TEST(Cli, HelpAndVersion) {
  REQUIRE_SVDD();
  const Scratch scratch;
  for (const char* line :
       {"--help", "train --help", "score --help", "evaluate --help", "data --help", "data info --help",
        "data fetch --help", "report --help", "bench --help", "reproduce --help", "cluster --help"}) {
    const Outcome outcome = run_svdd(scratch.path, words_of(line));
    EXPECT_EQ(outcome.status, 0) << line;
    EXPECT_EQ(outcome.err, "") << line;
    EXPECT_NE(outcome.out.find("--help"), std::string::npos) << line;
  }
  const Outcome train = run_svdd(scratch.path, {"train", "--help"});
  EXPECT_NE(train.out.find("contamination and nu are two"), std::string::npos);
  EXPECT_NE(train.out.find("Examples:"), std::string::npos);
  EXPECT_EQ(train.out.find("n-epochs"), std::string::npos) << "aliases are silent";
  for (const char* option : {"--resume", "--checkpoint-seconds", "--trainable-centres"})
    EXPECT_NE(train.out.find(option), std::string::npos) << option;
  const Outcome reproduce = run_svdd(scratch.path, {"reproduce", "--help"});
  EXPECT_NE(reproduce.out.find("dasvdd-tabular"), std::string::npos);
  const Outcome version = run_svdd(scratch.path, {"--version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(version.out.rfind("svdd " SVDD_VERSION "\n", 0), 0u) << version.out;
  for (const char* part : {"compiler", "SIMD", "threads", "OpenBLAS", "zlib", "CUDA"})
    EXPECT_NE(version.out.find(part), std::string::npos) << part;
}

TEST(Cli, ARunFolderHoldsWhatTheContractSays) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  const Outcome outcome = run_svdd(
      f, words_of("train --data small --normal 3,5 --out new/run --epochs 3 --ae-epochs 2 --batch-size 32 "
                  "--ae-batch-size 32 --limit 50 --objective soft-boundary --warm-up-epochs 1"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("new/run/report.html"), std::string::npos);
  EXPECT_NE(outcome.err.find("epoch 3/3"), std::string::npos) << outcome.err;

  const fs::path run = f / "new" / "run";
  for (const char* name :
       {"config.json", "results.json", "scores.csv", "history.csv", "log.txt", "map.csv", "normals.png",
        "outliers.png", "missed.png", "explained.png", "report.html", "model"})
    EXPECT_TRUE(fs::exists(run / name)) << name;
  const json results = results_of(run);
  for (const char* key : {"method",
                          "dataset",
                          "normal",
                          "objective",
                          "seed",
                          "device",
                          "threads",
                          "n_train",
                          "n_test",
                          "auc",
                          "average_precision",
                          "auc_ci95",
                          "ae_auc",
                          "untrained_auc",
                          "fpr95",
                          "f1",
                          "best_f1",
                          "threshold",
                          "score_std",
                          "distinct_scores",
                          "collapsed",
                          "pretrain_seconds",
                          "train_seconds",
                          "score_seconds",
                          "peak_memory_mb",
                          "weights_sha256",
                          "scores_sha256",
                          "version",
                          "warnings",
                          "command_line"})
    EXPECT_TRUE(results.contains(key) && !results[key].is_null()) << key;
  EXPECT_EQ(results["method"], "deep-svdd");
  EXPECT_EQ(results["normal"], json({3, 5}));
  EXPECT_EQ(results["objective"], "soft-boundary");
  EXPECT_EQ(results["n_train"], 50);
  EXPECT_EQ(results["n_test"], 40);
  for (const char* key : {"auc", "ae_auc", "untrained_auc", "fpr95", "f1", "best_f1", "average_precision"})
    EXPECT_TRUE(results[key] >= 0.0 && results[key] <= 1.0) << key;
  EXPECT_LE(results["auc_ci95"][0], results["auc"]);
  EXPECT_GE(results["auc_ci95"][1], results["auc"]);
  EXPECT_GT(results["peak_memory_mb"], 1);
  EXPECT_EQ(results["command_line"][0], "train");

  const std::string scores = text_of(run / "scores.csv");
  EXPECT_EQ(scores.rfind("index,label,class,score,path_or_row\n", 0), 0u);
  const auto labels = column(scores, 1), classes = column(scores, 2);
  ASSERT_EQ(labels.size(), 40u);
  for (size_t i = 0; i < labels.size(); ++i)
    EXPECT_EQ(labels[i], classes[i] == "3" || classes[i] == "5" ? "0" : "1");
  const std::string history = text_of(run / "history.csv");
  EXPECT_EQ(history.rfind("phase,epoch,loss,lr,radius,seconds\n", 0), 0u);
  EXPECT_EQ(column(history, 1), (std::vector<std::string>{"0", "1", "0", "1", "2"}));
  EXPECT_NE(column(history, 4).back(), "") << "soft-boundary has a radius";
}

TEST(Cli, AMapShowsTestSamplesOrTheClustersOfTraining) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  const std::string rest = " --epochs 1 --ae-epochs 1 --batch-size 16 --ae-batch-size 16 --quiet --out ";
  expect_done(f, "train --data small --normal 3" + rest + "one");
  const std::string one = text_of(f / "one" / "map.csv");
  EXPECT_EQ(one.rfind("x,y,class,label,cluster\n", 0), 0u);
  const auto classes = column(one, 2), labels = column(one, 3);
  ASSERT_EQ(classes.size(), 40u) << "the whole test set, which is small";
  for (size_t i = 0; i < classes.size(); ++i) EXPECT_EQ(labels[i], classes[i] == "3" ? "0" : "1");
  EXPECT_EQ(column(one, 4), std::vector<std::string>(40));
  EXPECT_NE(text_of(f / "one" / "report.html").find("Normal and anomalous"), std::string::npos);

  expect_done(
      f, "train --data small --method multi-radius --labels true --normal 3,5 --threads 1" + rest + "two");
  const std::string two = text_of(f / "two" / "map.csv");
  const auto classes_of_two = column(two, 2), clusters = column(two, 4);
  ASSERT_EQ(clusters.size(), 80u) << "the training samples";
  for (size_t i = 0; i < clusters.size(); ++i) EXPECT_EQ(clusters[i], classes_of_two[i] == "3" ? "0" : "1");
  EXPECT_NE(text_of(f / "two" / "report.html").find("Representations by cluster"), std::string::npos);
  expect_done(
      f, "train --data small --method multi-radius --labels true --normal 3,5 --threads 2" + rest + "again");
  EXPECT_EQ(text_of(f / "again" / "map.csv"), two) << "the same bits for any number of threads";

  expect_done(f, "train --data small --normal 3 --no-map" + rest + "without");
  EXPECT_FALSE(fs::exists(f / "without" / "map.csv"));
  EXPECT_FALSE(fs::exists(f / "without" / "explained.png"));
  EXPECT_EQ(text_of(f / "without" / "scores.csv"), text_of(f / "one" / "scores.csv"));

  // An earlier run's map does not stay beside a method that has none.
  expect_done(f, "train --data small --method isolation-forest --normal 3 --quiet --out two");
  EXPECT_FALSE(fs::exists(f / "two" / "map.csv"));
}

TEST(Cli, CommandLinesOfTheAuthorsProgramsWork) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_small_data(scratch.path);
  const std::string phases =
      "--lr 0.0001 --n_epochs 2 --lr_milestone 1 --batch_size 200 --weight_decay 0.5e-6 --pretrain True "
      "--ae_lr "
      "0.0001 --ae_n_epochs 2 --ae_lr_milestone 1 --ae_batch_size 200 --ae_weight_decay 0.5e-3 ";
  const std::string train = "train --method deep-svdd --data small --out run --quiet " + phases;
  expect_done(scratch.path, train + "--objective one-class --normal_class 3");
  const json config = json::parse(text_of(scratch.path / "run" / "config.json"));
  EXPECT_EQ(config["epochs"], 2);
  EXPECT_EQ(config["lr_milestones"], json({1}));
  EXPECT_EQ(config["ae_weight_decay"], 0.5e-3);
  EXPECT_EQ(config["normal"], json({3}));
  expect_done(
      scratch.path,
      train +
          "--objective soft-boundary --nu 0.2 --normal_class 3 --normal_class 5 --seed 7 --device cpu "
          "--optimizer_name amsgrad --use_multi_radius False --pretrain False --lr_milestone 2");
  const json second = json::parse(text_of(scratch.path / "run" / "config.json"));
  EXPECT_EQ(second["normal"], json({3, 5}));
  EXPECT_EQ(second["lr_milestones"], json({1, 2}));
  EXPECT_EQ(second["optimizer"], "amsgrad");
  EXPECT_EQ(second["pretrain"], false);
  EXPECT_TRUE(results_of(scratch.path / "run")["ae_auc"].is_null());
}

TEST(Cli, AConfigurationRepeatsTheRunBitForBit) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  expect_done(f,
              "train --data small --normal 3 --out a --seed 5 --objective soft-boundary --nu 0.25 "
              "--warm-up-epochs 1 --epochs 3 "
              "--lr-milestones 1,2 --ae-epochs 2 --batch-size 16 --ae-batch-size 20 --lr 0.00123 --optimizer "
              "amsgrad --quiet");
  expect_done(f, "train --config a/config.json --out b");
  EXPECT_EQ(receipt(f / "a"), receipt(f / "b"));
  EXPECT_EQ(text_of(f / "a" / "scores.csv"), text_of(f / "b" / "scores.csv"));
  expect_done(f, "train --config a/config.json --out c --seed 6");  // the command line wins
  EXPECT_NE(receipt(f / "a"), receipt(f / "c"));
  const auto before = receipt(f / "b");
  expect_done(f, "train --config b/config.json");  // into the folder that it was read from
  EXPECT_EQ(receipt(f / "b"), before);
}

TEST(Cli, ThreadsSimdAndTheReferenceGiveTheSameBits) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  const std::string train =
      "train --data small --normal 3 --epochs 2 --ae-epochs 1 --batch-size 16 --ae-batch-size 16 --quiet ";
  expect_done(f, train + "--out first");
  const auto expected = receipt(f / "first");
  int compared = 0;
  for (const char* variant : {"--threads 1", "--threads 2", "--threads 3", "--simd avx512", "--simd avx2",
                              "--simd portable", "--device reference"}) {
    const Outcome outcome = run_svdd(f, words_of(train + "--out again " + variant));
    if (outcome.status == 2) continue;  // not on this processor, or not in this build
    ASSERT_EQ(outcome.status, 0) << variant << "\n" << outcome.err;
    EXPECT_EQ(receipt(f / "again"), expected) << variant;
    ++compared;
  }
  EXPECT_GE(compared, 3);
}

TEST(Cli, ScoreEqualsEvaluateForEveryKindOfInput) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  expect_done(f, small_train);
  expect_done(f, "evaluate --model run --output metrics.json --scores scores.csv");
  EXPECT_EQ(text_of(f / "scores.csv"), text_of(f / "run" / "scores.csv"));
  const json metrics = json::parse(text_of(f / "metrics.json")), results = results_of(f / "run");
  for (const char* key : {"auc", "auc_ci95", "average_precision", "fpr95", "f1", "best_f1", "threshold",
                          "scores_sha256", "weights_sha256"})
    EXPECT_EQ(metrics[key], results[key]) << key;

  const datasets::IdxImages images = datasets::read_idx_images(f / "small" / "t10k-images-idx3-ubyte");
  const size_t count = static_cast<size_t>(images.count);
  std::vector<float> values;
  for (const uint8_t byte : images.bytes) values.push_back(static_cast<float>(byte) / 255.0f);
  fs::create_directory(f / "pictures");
  for (size_t i = 0; i < count; ++i) {
    tools::ImageGrid one;
    one.images = std::span(values).subspan(784 * i, 784),
    one.n = one.channels = one.columns = one.enlarge = 1;
    one.height = one.width = 28, one.separator = 0;
    tools::write_grid(f / "pictures" / (std::to_string(100 + i) + ",.png"), one);
  }
  const NdArray bytes = NdArray::from({images.count, 28, 28}, images.bytes);
  const NdArray floats = NdArray::from({images.count, 1, 28, 28}, values);
  engine::write_npy(f / "bytes.npy", bytes);
  engine::write_npy(f / "floats.npy", floats);
  engine::write_npz(f / "x.npz", {{"y", NdArray::scalar(1)}, {"X", bytes}});
  engine::write_npz(f / "only.npz", {{"some", floats}});
  fs::copy(f / "small" / "t10k-images-idx3-ubyte", f / "idx");

  const std::vector<std::string> expected = column(text_of(f / "scores.csv"), 3);
  const double threshold = results["threshold"];
  for (const char* input : {"bytes.npy", "floats.npy", "x.npz", "only.npz", "idx"}) {
    expect_done(f, "score --model run/model --output out.csv --input " + std::string(input));
    const std::string csv = text_of(f / "out.csv");
    EXPECT_EQ(csv.rfind("path_or_row,score,p_value,is_anomaly\n0,", 0), 0u) << csv.substr(0, 99);
    EXPECT_EQ(column(csv, 1), expected) << input;
    for (size_t i = 0; i < count; ++i)
      EXPECT_EQ(column(csv, 3)[i], std::stof(expected[i]) > threshold ? "1" : "0");
  }
  const Outcome folder = run_svdd(f, words_of("score --model run --input pictures --quiet"));
  EXPECT_EQ(folder.err, "");
  // The commas in the names ask for quotes.
  for (size_t i = 0, at = 0; i < count; ++i) {
    const std::string line = "\n\"pictures/" + std::to_string(100 + i) + ",.png\"," + expected[i] + ',';
    at = folder.out.find(line, at);
    ASSERT_NE(at, std::string::npos) << line << folder.out;
  }
  const Outcome single = run_svdd(f, {"score", "--model", "run", "--input", "pictures/107,.png", "--quiet"});
  EXPECT_NE(single.out.find("\n\"pictures/107,.png\"," + expected[7] + ','), std::string::npos) << single.out;
}

TEST(Cli, AKilledRunLeavesNoResultsOfAnother) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  expect_done(f, small_train);
  write_text(f / "run" / "notes.txt", "mine");
  const pid_t child = start_svdd(f, words_of(small_train + " --epochs 1000000"), f / "out", f / "err");
  for (int i = 0; i < 3000 && fs::exists(f / "run" / "results.json"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_FALSE(fs::exists(f / "run" / "results.json"));
  EXPECT_FALSE(fs::exists(f / "run" / "report.html"));
  EXPECT_EQ(text_of(f / "run" / "notes.txt"), "mine") << "what no run writes stays";
  expect_done(f, small_train);  // the folder of a run that did not finish can be used again
  EXPECT_TRUE(fs::exists(f / "run" / "results.json"));
}

TEST(Cli, ATestSetOfOneClassHasNoAuc) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  datasets::write_idx_labels(f / "small" / "t10k-labels-idx1-ubyte", std::vector<int32_t>(40, 3));
  const Outcome outcome = run_svdd(f, words_of(small_train));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("no AUC: the test set holds normal samples only"), std::string::npos)
      << outcome.out;
  const json results = results_of(f / "run");
  for (const char* key :
       {"auc", "auc_ci95", "average_precision", "fpr95", "f1", "best_f1", "ae_auc", "untrained_auc"})
    EXPECT_TRUE(results[key].is_null()) << key;
  EXPECT_EQ(results["n_test"], 40);
}

TEST(Cli, AShareOfATableIsHeldOutAsAsked) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  std::string table = "a,b,class\n";
  for (int i = 0; i < 40; ++i)
    table += std::to_string(i % 7) + ',' + std::to_string(i % 5) + (i % 4 ? ",0\n" : ",1\n");
  write_text(f / "t.csv", table);
  const std::string train = "train --data t.csv --method isolation-forest --quiet --out ";
  const auto tested = [&](const std::string& rest) {
    expect_done(f, train + "run" + rest);
    return results_of(f / "run")["n_test"].get<int>();
  };
  EXPECT_EQ(tested(""), 16);
  EXPECT_FALSE(json::parse(text_of(f / "run" / "config.json")).contains("test_fraction"));
  EXPECT_EQ(tested(" --test-fraction 0.75"), 30);
  const std::string seed_1 = text_of(f / "run" / "scores.csv");
  const json results = results_of(f / "run");
  // Scores again, from the model, and the whole run, from its configuration.
  const Outcome evaluated = run_svdd(f, words_of("evaluate --model run --output again.json"));
  ASSERT_EQ(evaluated.status, 0) << evaluated.err;
  EXPECT_EQ(json::parse(text_of(f / "again.json"))["scores_sha256"], results["scores_sha256"]);
  expect_done(f, "train --config run/config.json --out repeated");
  EXPECT_EQ(receipt(f / "repeated"), receipt(f / "run"));
  // The same rows whatever the seed, so that seeds can be compared.
  EXPECT_EQ(tested(" --test-fraction 0.75 --seed 9"), 30);
  EXPECT_EQ(results_of(f / "run")["test_data_sha256"], results["test_data_sha256"]);
  EXPECT_EQ(tested(" --test-fraction 0"), 0);
}

TEST(Cli, WhiteningIsStoredWithTheModel) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  expect_done(f, small_train + " --zca");
  const json results = results_of(f / "run");
  EXPECT_EQ(json::parse(text_of(f / "run" / "config.json"))["zca"], true);
  expect_done(f, "evaluate --model run --output again.json");
  EXPECT_EQ(json::parse(text_of(f / "again.json"))["scores_sha256"], results["scores_sha256"]);
  for (const std::string off : {"", " --zca False"}) {
    expect_done(f, small_train + off);
    EXPECT_NE(results_of(f / "run")["scores_sha256"], results["scores_sha256"]);
  }
}

TEST(Cli, OptionsThatChangeNothingAreNamed) {
  REQUIRE_SVDD();
  const Scratch scratch;
  const fs::path& f = scratch.path;
  write_small_data(f);
  const auto warned = [&](const std::string& line, const std::string& option = "--nu") {
    expect_done(f, line);
    const json results = results_of(f / "run");
    for (const json& warning : results["warnings"])
      if (warning.get<std::string>().rfind(option + " changed nothing", 0) == 0) return true;
    return false;
  };
  EXPECT_TRUE(warned(small_train + " --dictionary True --network mlp", "--dictionary"));
  EXPECT_FALSE(warned(small_train + " --dictionary True", "--dictionary"));
  EXPECT_TRUE(warned(small_train + " --nu 0.05"));
  EXPECT_FALSE(warned("train --config run/config.json --out run")) << "a configuration names every option";
  EXPECT_FALSE(warned(small_train + " --nu 0.05 --objective soft-boundary"));
}

TEST(Cli, ReportIsRebuiltFromTheFolder) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_small_data(scratch.path);
  expect_done(scratch.path, small_train);
  const std::string report = text_of(scratch.path / "run" / "report.html");
  fs::remove(scratch.path / "run" / "report.html");
  const Outcome outcome = run_svdd(scratch.path, {"report", "run"});
  EXPECT_EQ(outcome.out, "run/report.html\n");
  EXPECT_EQ(text_of(scratch.path / "run" / "report.html"), report);
}

TEST(Cli, DataIsListedAndDescribed) {
  REQUIRE_SVDD();
  const Scratch scratch;
  write_small_data(scratch.path);
  const Outcome list = run_svdd(scratch.path, {"data", "list"});
  EXPECT_EQ(list.status, 0) << list.err;
  for (const char* part : {"strokes", "built in", "mnist", "not found: svdd data fetch mnist"})
    EXPECT_NE(list.out.find(part), std::string::npos) << part;
  fs::create_directory(scratch.path / "data");
  fs::copy(scratch.path / "small", scratch.path / "data" / "mnist");
  EXPECT_NE(run_svdd(scratch.path, {"data", "list"}).out.find("data/mnist"), std::string::npos);
  const Outcome info = run_svdd(scratch.path, {"data", "info", "mnist"});
  EXPECT_EQ(info.status, 0) << info.err;
  EXPECT_NE(info.out.find("400 samples; by class: 40 40"), std::string::npos) << info.out;
  EXPECT_EQ(run_svdd(scratch.path, {"data", "info", "small"}).status, 0);
}

}  // namespace
}  // namespace tools_test
