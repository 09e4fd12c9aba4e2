// What a run says of itself: samples that its recipe leaves out, options that change nothing, a threshold that calls the
// normal anomalous, training that has not helped, data that lie elsewhere now, a model that is not there.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "engine/random.h"
#include "refusals.h"
#include "small_data.h"
#include "tools/run/results.h"

namespace tools_test {
namespace {

using nlohmann::json;

class SaidOfRuns : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_SVDD();
    const engine::RandomStream noise(11, "table");
    std::string text = "a,b,label\n";
    for (int i = 0; i < 100; ++i) {
      const auto at = 2 * static_cast<uint64_t>(i);
      const bool odd = i % 10 == 0;
      text += std::to_string(noise.normal(at) + (odd ? 5.f : 0.f)) + ',' +
              std::to_string(noise.normal(at + 1)) + (odd ? ",defect\n" : ",ok\n");
    }
    write_text(path() / "t.csv", text);
  }

  const fs::path& path() const { return scratch_.path; }
  Outcome run(const std::string& line) const { return run_svdd(path(), words_of(line)); }
  // Of `svdd train --out run` and that line.
  json results(const std::string& line) const {
    const Outcome outcome = run("train --out run --quiet --threads 1 " + line);
    EXPECT_EQ(outcome.status, 0) << line << '\n' << outcome.err;
    return outcome.status == 0 ? json::parse(text_of(path() / "run" / "results.json")) : json::object();
  }

  const Scratch scratch_;
};

void expect_among(const std::string& part, const std::string& text) {
  EXPECT_NE(text.find(part), std::string::npos) << part << "\nis not in\n" << text;
}

void expect_not_in(const std::string& part, const std::string& text) {
  EXPECT_EQ(text.find(part), std::string::npos) << part << "\nis in\n" << text;
}

TEST_F(SaidOfRuns, WhatARecipeLeavesOut) {
  // Of 57 normal rows for training a sixth is 9; of the 48 others one batch of 32 can be made.
  const std::string remarks =
      results(
          "--data t.csv --method multi-sphere --spheres 3 --epochs 1 --ae-epochs 1 --batch-size 32 "
          "--ae-batch-size 32")["remarks"]
          .dump();
  const json found = json::parse(text_of(path() / "run" / "results.json"));
  const int64_t held_out = found["n_validation"], used = found["n_train_used"];
  EXPECT_EQ(used, 32);
  expect_among("training samples a sixth, " + std::to_string(held_out) + ", was held out for validation",
               remarks);
  expect_among("left out: the recipe takes whole batches of 32 only", remarks);

  const json theano = results(
      "--data t.csv --method deep-svdd --recipe theano --epochs 1 --ae-epochs 1 "
      "--batch-size 32 --ae-batch-size 32");
  EXPECT_LT(theano["n_train_used"], theano["n_train"]);
  expect_among("left out: the recipe takes whole batches of 32 only", theano["remarks"].dump());
  expect_not_in("left out", results("--data t.csv --method kde")["remarks"].dump());
}

TEST_F(SaidOfRuns, OptionsThatChangeNothing) {
  const std::string brief =
      "--data t.csv --method deep-svdd --network mlp --widths 16 --epochs 1 --batch-size 16 ";
  const auto warned = [&](const std::string& line, const std::string& option) {
    const json found = results(line);
    for (const json& warning : found["warnings"])
      if (warning.get<std::string>().starts_with(option + " changed nothing: ")) return true;
    return false;
  };
  const std::string soft = brief + "--ae-epochs 1 --objective soft-boundary --warm-up-epochs 0 ";
  EXPECT_TRUE(warned(soft + "--contamination 0.2", "--contamination"));
  EXPECT_FALSE(warned(soft, "--contamination"));
  EXPECT_FALSE(warned(brief + "--no-pretrain --contamination 0.2", "--contamination"));
  EXPECT_TRUE(warned("--data t.csv --method kernel-svdd --contamination 0.2", "--contamination"));
  for (const char* option : {"--ae-epochs", "--ae-batch-size"})
    EXPECT_TRUE(warned(brief + "--no-pretrain " + option + " 9", option));
  EXPECT_FALSE(warned(brief + "--pretrain true --ae-epochs 1", "--ae-epochs"));
  EXPECT_TRUE(warned(brief + "--ae-epochs 1", "--ae-epochs")) << "tables of one's own are not pretrained on";
  EXPECT_FALSE(warned("--data t.csv --method kde --header yes --label-column label", "--header"));
  write_small_data(path());
  EXPECT_TRUE(warned("--data small --normal 3 --method kde --header no", "--header"));
  EXPECT_TRUE(warned("--data small --normal 3 --method kde --label-column 1", "--label-column"));
  EXPECT_FALSE(warned("--config run/config.json", "--label-column")) << "a configuration names every option";
  EXPECT_TRUE(warned("--data t.csv --method kde --data-dir .", "--data-dir"));
}

// The last counts, and the others are said; results.json is that of a run to which only the last was given.
TEST_F(SaidOfRuns, OptionsThatAreGivenAgain) {
  const std::string kde = "train --out run --data t.csv --method kde --contamination 0.2 --threads 1 ";
  const Outcome twice = run(kde + "--contamination 0.3 --quiet"),
                same = run(kde + "--contamination 0.2 --quiet");
  ASSERT_EQ(twice.status, 0) << twice.err;
  expect_among("--contamination '0.2' changed nothing: --contamination '0.3' stands after it", twice.out);
  expect_not_in("changed nothing", same.out);
  expect_among("--contamination '0.2' changed nothing", run(kde + "--contamination 0.3").err);
  EXPECT_EQ(json::parse(text_of(path() / "run" / "results.json"))["warnings"], json::array());
  expect_refused(path(),
                 {{"score --model run --model other --input t.csv", 2, "--model is given more than once"}});
}

TEST_F(SaidOfRuns, TableOptionsOfOtherCommands) {
  engine::write_npz(path() / "x.npz", {{"X", engine::NdArray::from({2, 2}, std::vector<float>{1, 2, 3, 4})}});
  engine::write_npy(path() / "x.npy", engine::NdArray::from({2, 2}, std::vector<float>{1, 2, 3, 4}));
  results("--data t.csv --method kde");
  const std::string npz = run("score --model run --input x.npz --header no --label-column y").err,
                    npy = run("score --model run --input x.npy --label-column y").err,
                    csv = run("score --model run --input t.csv --header yes").err,
                    cluster = run("cluster --output o.csv --input x.npy --header yes").err;
  expect_among("--header changed nothing: 'x.npz' is no table in text", npz);
  expect_not_in("--label-column changed nothing", npz);
  expect_among("--label-column changed nothing: 'x.npy' is a bare array", npy);
  expect_not_in("changed nothing", csv);
  expect_among("--header changed nothing", cluster);
}

TEST(HasNotHelped, OnlyWhereItIsMoreThanChance) {
  EXPECT_TRUE(tools::has_not_helped(0.6, 0.8, 0.7));
  EXPECT_FALSE(tools::has_not_helped(0.6, 0.65, 0.7)) << "within the interval";
  EXPECT_FALSE(tools::has_not_helped(1, 1, 1));
  EXPECT_FALSE(tools::has_not_helped(0.99, 0.999, 0.995)) << "nothing was left to learn";
  EXPECT_FALSE(tools::has_not_helped(0.8, 0.6, 0.9));
}

// A run's configuration finds its data from any folder, and says so.
TEST_F(SaidOfRuns, DataThatLieElsewhere) {
  const json first = results("--data t.csv --method isolation-forest");
  fs::create_directory(path() / "elsewhere");
  const fs::path elsewhere = path() / "elsewhere";
  const auto from_there = [&](const std::string& line) { return run_svdd(elsewhere, words_of(line)); };
  const Outcome evaluated = from_there("evaluate --model ../run --output m.json");
  ASSERT_EQ(evaluated.status, 0) << evaluated.err;
  expect_among("'t.csv' is not here: '", evaluated.err);
  EXPECT_EQ(json::parse(text_of(elsewhere / "m.json"))["scores_sha256"], first["scores_sha256"]);
  const Outcome again = from_there("train --config ../run/config.json --out again");
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(json::parse(text_of(elsewhere / "again" / "results.json"))["scores_sha256"],
            first["scores_sha256"]);
  EXPECT_EQ(text_of(elsewhere / "again" / "config.json").find("\"data\": \"t.csv\""),
            text_of(path() / "run" / "config.json").find("\"data\": \"t.csv\""));
  EXPECT_EQ(from_there("train --resume --out ../run").status, 0);
  write_text(elsewhere / "t.csv", text_of(path() / "t.csv") + "1,2,ok\n");
  expect_among("it is another than", from_there("evaluate --model ../run").err);

  fs::rename(path() / "t.csv", path() / "u.csv");
  fs::remove(elsewhere / "t.csv");
  fs::remove_all(elsewhere / "again");
  expect_refused(path(), {{"evaluate --model run", 1, "which lay at"},
                          {"evaluate --model run", 1, "name it with --data"},
                          {"train --config run/config.json --out new", 1, "name it with --data"}});
  EXPECT_EQ(run("evaluate --model run --data u.csv").status, 0);
}

TEST_F(SaidOfRuns, ModelsThatAreNotThere) {
  results("--data t.csv --method kde");
  const std::string scored = run("score --model run --input t.csv --quiet").out;
  for (const char* model : {"run/", "run/model", "run/model/model.json"})
    EXPECT_EQ(run("score --quiet --input t.csv --model " + std::string(model)).out, scored) << model;
  fs::create_directories(path() / "killed" / ".earlier-run");
  fs::copy(path() / "run", path() / "killed" / ".earlier-run", fs::copy_options::recursive);
  fs::copy(path() / "run" / "config.json", path() / "killed" / "config.json");
  fs::create_directories(path() / "unfinished");
  fs::copy(path() / "run" / "config.json", path() / "unfinished" / "config.json");
  write_text(path() / "unfinished" / "checkpoint.safetensors", "x");
  for (const std::string command : {"score --input t.csv", "evaluate --data t.csv"})
    expect_refused(path(),
                   {{command + " --model nosuch", 1, "there is no folder 'nosuch'"},
                    {command + " --model t.csv", 1, "'t.csv' is a file"},
                    {command + " --model killed", 1, "lies whole in 'killed/.earlier-run'"},
                    {command + " --model unfinished", 1, "svdd train --resume --out unfinished goes on"}});
  EXPECT_EQ(run("score --quiet --input t.csv --model killed/.earlier-run").out, scored);
}

TEST_F(SaidOfRuns, PathsAtWhichNothingIs) {
  expect_refused(path(),
                 {{"train --method kde --out run --data tt.csv", 1,
                   "there is no file or folder 'tt.csv' here or in 'data', '"},
                  {"train --method kde --out run --data tt.csv", 1, "; did you mean 't.csv'?"},
                  {"train --method kde --out run --data ./nowhere/at/all.csv", 1,
                   "there is no file or folder './nowhere/at/all.csv'"},
                  {"train --method kde --out run --data mnits", 1, "did you mean 'mnist'? Known names"},
                  {"data info nosuch", 1, "there is no known data set 'nosuch'"},
                  {"data info nosuch --data-dir empty", 1,
                   "nor a file or folder of that name here or in 'empty', 'data', '"}});
}

// Data of one's own in a data folder are found as known ones are, and a run of them is one of that file.
TEST_F(SaidOfRuns, DataInADataFolder) {
  fs::create_directories(path() / "store" / "tables");
  fs::copy_file(path() / "t.csv", path() / "store" / "tables" / "mine.csv");
  for (const std::string name : {"tables/mine.csv", "tables/mine"}) {
    const Outcome trained = run("train --method kde --out found --data-dir store --data " + name);
    ASSERT_EQ(trained.status, 0) << trained.err;
    EXPECT_EQ(trained.err.find("changed nothing"), std::string::npos) << trained.err;
    const std::string results = text_of(path() / "found" / "results.json");
    EXPECT_NE(results.find("store/tables/mine.csv"), std::string::npos) << results;
  }
  ASSERT_EQ(run("train --method kde --out typed --data store/tables/mine.csv").status, 0);
  EXPECT_EQ(run("verify found typed").status, 0) << run("verify found typed").out;
  EXPECT_EQ(run("verify found --again").status, 0) << run("verify found --again").err;
  EXPECT_EQ(run("evaluate --model found --data tables/mine --data-dir store").status, 0);
  const Outcome info = run("data info tables/mine --data-dir store");
  EXPECT_NE(info.out.find("store/tables/mine.csv"), std::string::npos) << info.out << info.err;
  // What is called so here is what is meant.
  fs::create_directories(path() / "tables");
  fs::copy_file(path() / "t.csv", path() / "tables" / "mine.csv");
  const Outcome here = run("data info tables/mine.csv --data-dir store");
  EXPECT_EQ(here.out.find("store/"), std::string::npos) << here.out;
  fs::remove_all(path() / "tables");
  // Misspelt, it is named by the name that finds it.
  expect_refused(path(),
                 {{"data info stor --data-dir .", 1, "did you mean 'store'"},
                  {"data info tables/mime.csv --data-dir store", 1, "did you mean 'tables/mine.csv'?"}});
}

}  // namespace
}  // namespace tools_test
