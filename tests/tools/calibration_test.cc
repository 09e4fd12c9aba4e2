// Calibrated thresholds, yardsticks and comparisons of one's own data, from the command line.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "engine/files/in_quotes.h"
#include "engine/random.h"
#include "refusals.h"
#include "small_data.h"

namespace tools_test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Rows about 0; with labels a tenth of them about (6, 6).
std::string points(int rows, uint64_t seed, bool labelled) {
  const engine::RandomStream noise(seed, "tests/calibration");
  std::string text = labelled ? "a,b,label\n" : "a,b\n";
  for (int i = 0; i < rows; ++i) {
    const bool far = labelled && i % 10 == 9;
    const auto at = 2 * static_cast<uint64_t>(i);
    text += std::to_string(noise.normal(at) + (far ? 6 : 0)) + ',' +
            std::to_string(noise.normal(at + 1) + (far ? 6 : 0)) + (labelled ? far ? ",1\n" : ",0\n" : "\n");
  }
  return text;
}

class Calibrated : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_SVDD();
    write_text(scratch_.path / "t.csv", points(1000, 1, true));
    write_text(scratch_.path / "new.csv", points(400, 2, false));
  }
  Outcome run(const std::string& line) const { return run_svdd(scratch_.path, words_of(line)); }
  json results() const { return json::parse(text_of(scratch_.path / "run" / "results.json")); }
  // How many of the rows that svdd score writes have a 1 in this column.
  int64_t ones(const std::string& more, int column = 3) const {
    const Outcome o = run("score --model run --input new.csv --quiet " + more);
    EXPECT_EQ(o.status, 0) << o.err;
    int64_t count = 0;
    std::istringstream lines(o.out);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream fields(line);
      std::string field;
      for (int i = 0; i <= column; ++i) std::getline(fields, field, ',');
      count += field == "1";
    }
    return count;
  }
  const Scratch scratch_;
};

TEST_F(Calibrated, ATableOfOnesOwnByDefault) {
  for (const std::string method : {"knn", "deep-svdd --widths 32 --rep-dim 8", "isolation-forest", "kde"}) {
    SCOPED_TRACE(method);
    const Outcome trained = run("train --data t.csv --out run --method " + method);
    ASSERT_EQ(trained.status, 0) << trained.err;
    const json found = results();
    const int64_t held = found["calibration"]["samples"];
    EXPECT_EQ(held, (found["n_train"].get<int64_t>() + held) / 5);
    EXPECT_EQ(found["calibration"]["false_alarm_rate"], 0.1);
    EXPECT_LT(found["calibration"]["seen"].get<double>(), 0.2);
    EXPECT_NE(trained.err.find("held out to calibrate"), std::string::npos) << trained.err;
    EXPECT_NE(trained.out.find("calibrated         at 10 %"), std::string::npos) << trained.out;
    const Outcome verified = run("verify run");
    EXPECT_EQ(verified.status, 0) << verified.out;
    EXPECT_NE(verified.out.find("samples held out to calibrate"), std::string::npos) << verified.out;
    EXPECT_EQ(run("evaluate --model run --data t.csv --output m.json").status, 0);
    // A tenth, and a fiftieth, of 400 fresh normal rows; by chance more.
    EXPECT_LT(ones(""), 80);
    EXPECT_LT(ones("--false-alarm-rate 0.02"), 30);
    EXPECT_LE(ones("--false-alarm-rate 0.02"), ones(""));
  }
}

TEST_F(Calibrated, PublishedDataAndSmallTablesAreNot) {
  ASSERT_EQ(run("train --data strokes --normal 3 --method kde --out run --quiet").status, 0);
  EXPECT_FALSE(results().contains("calibration"));
  EXPECT_FALSE(results().contains("yardsticks"));
  write_text(scratch_.path / "small.csv", points(60, 3, true));  // of which 33 are normal and for training
  ASSERT_EQ(run("train --data small.csv --method knn --out run --quiet").status, 0);
  EXPECT_FALSE(results().contains("calibration"));
  ASSERT_EQ(run("train --data small.csv --method knn --calibration 0.3 --out run --quiet").status, 0);
  EXPECT_TRUE(results().contains("calibration"));
}

TEST_F(Calibrated, TheConfigurationRepeatsIt) {
  ASSERT_EQ(
      run("train --data t.csv --method knn --false-alarm-rate 0.05 --split-seed 4 --out run --quiet").status,
      0);
  const json first = results();
  EXPECT_EQ(first["calibration"]["false_alarm_rate"], 0.05);
  ASSERT_EQ(run("train --config run/config.json --out again --quiet").status, 0);
  const Outcome same = run("verify run again");
  EXPECT_EQ(same.status, 0) << same.out;
  // The configuration of a version that calibrated nothing says nothing of it.
  json config = json::parse(text_of(scratch_.path / "run" / "config.json"));
  for (const char* key : {"calibration", "false_alarm_rate"}) config.erase(key);
  write_text(scratch_.path / "old.json", config.dump());
  ASSERT_EQ(run("train --config old.json --out run --quiet").status, 0);
  EXPECT_FALSE(results().contains("calibration"));
  EXPECT_EQ(results()["test_data_sha256"], first["test_data_sha256"]);
}

TEST_F(Calibrated, YardsticksStandBesideIt) {
  const Outcome trained =
      run("train --data t.csv --method pca --variance 0.4 --out run --quiet");  // sees one direction of two
  ASSERT_EQ(trained.status, 0) << trained.err;
  const json yardsticks = results()["yardsticks"];
  ASSERT_EQ(yardsticks["of"].size(), 4u);
  EXPECT_GT(yardsticks["of"][0]["auc"].get<double>(), 0.99);
  EXPECT_NE(trained.out.find("beside it"), std::string::npos);
  EXPECT_EQ(trained.out.find("a quick baseline ranks"), std::string::npos) << "it is one itself";
  EXPECT_NE(text_of(scratch_.path / "run" / "report.html").find("Distance to the fifth neighbour"),
            std::string::npos);
}

// It stands there itself, by its own training.
TEST_F(Calibrated, ARunIsNoYardstickOfItself) {
  for (const std::string method : {"knn", "mahalanobis", "isolation-forest"}) {
    ASSERT_EQ(run("train --data t.csv --out run --quiet --method " + method).status, 0);
    const json found = results();
    ASSERT_EQ(found["yardsticks"]["of"].size(), 3u);
    for (const json& one : found["yardsticks"]["of"]) EXPECT_NE(one["method"], method);
    EXPECT_NE(text_of(scratch_.path / "run" / "report.html").find(" (this run)</strong>"), std::string::npos);
  }
}

TEST_F(Calibrated, WhatCannotBeSelectedIsSaidBeforeItIsScored) {
  ASSERT_EQ(run("train --data t.csv --method knn --out run --quiet").status, 0);
  const int64_t m = results()["calibration"]["samples"];
  const std::string with = ": with " + std::to_string(m) + " samples to compare with ",
                    line = "score --model run --input new.csv --output s.csv --select ";
  const Outcome none = run(line + "0.001"), few = run(line + "0.05"), enough = run(line + "0.5");
  EXPECT_EQ(none.status, 0) << none.err;
  EXPECT_TRUE(
      none.err.starts_with("--select 0.001" + with +
                           "nothing can be selected; that takes 999 calibration samples, or a higher rate\n"))
      << none.err;
  EXPECT_NE(none.err.find("\n0 selected\n"), std::string::npos) << none.err;
  EXPECT_TRUE(few.err.starts_with("--select 0.05" + with + "rows are selected only where they are at least "))
      << few.err;
  EXPECT_EQ(enough.err.find("--select"), std::string::npos) << enough.err;
  // Nothing is scored for what is refused.
  write_text(scratch_.path / "bad.csv", "a,b\n1,x\n");
  EXPECT_NE(
      run("score --model run --input bad.csv --false-alarm-rate 0.001").err.find("takes 999 normal samples"),
      std::string::npos);
}

TEST_F(Calibrated, RowsAreSelected) {
  ASSERT_EQ(run("train --data t.csv --method knn --out run --quiet").status, 0);
  EXPECT_EQ(ones("--select 0.1", 4), 0) << "no anomaly among normal rows";
  std::string mixed = points(300, 4, false);
  for (int i = 0; i < 60; ++i) mixed += "9,9\n";
  write_text(scratch_.path / "new.csv", mixed);
  const int64_t selected = ones("--select 0.2", 4);
  EXPECT_GE(selected, 60);
  EXPECT_LT(selected, 90);
}

TEST_F(Calibrated, DriftIsSaid) {
  ASSERT_EQ(run("train --data t.csv --method knn --out run --quiet").status, 0);
  EXPECT_EQ(run("score --model run --input new.csv").err.find("drift"), std::string::npos);
  std::string moved = points(100, 5, false);
  for (int i = 0; i < 200; ++i) moved += std::to_string(3 + i % 7) + ",3\n";
  write_text(scratch_.path / "new.csv", moved);
  EXPECT_NE(run("score --model run --input new.csv").err.find("drift: from about sample 1"),
            std::string::npos);
}

TEST_F(Calibrated, WhatCannotBeIsRefused) {
  ASSERT_EQ(run("train --data t.csv --method knn --out run --quiet").status, 0);
  ASSERT_EQ(run("train --data t.csv --method knn --calibration 0 --out none --quiet").status, 0);
  const std::string train = "train --data t.csv --method knn --out r ";
  expect_refused(
      scratch_.path,
      {{train + "--false-alarm-rate 0.001", 2, "can tell rates from"},
       {train + "--calibration 0 --false-alarm-rate 0.1", 2, "calibration 0.2 holds a fifth out"},
       {train + "--calibration 1", 2, "--calibration is '1'; expected auto or a number in [0, 1)"},
       {train + "--calibration 0.0001", 2, "is not one"},
       {train + "--false-alarm-rate 1.5", 2, "--false-alarm-rate"},
       {train + "--split-seed -1", 2, "a whole number from 0 on"},
       {"score --model run --input new.csv --false-alarm-rate 0", 2, "a number in (0, 1)"},
       {"score --model run --input new.csv --false-alarm-rate 0.001", 2, "takes 999 normal samples"},
       {"score --model run --input new.csv --threshold 1 --false-alarm-rate 0.1", 2, "give one of them"},
       {"score --model run --input new.csv --threshold nan", 2, "--threshold"},
       {"score --model run --input new.csv --select 2", 2, "--select is '2'; expected a number in (0, 1)"},
       {"compare", 2, "--data is missing"},
       {"compare --data new.csv", 2, "there is no AUC"},
       {"compare --data t.csv --methods lot", 2, "there is no method 'lot'"},
       {"compare --data t.csv --methods knn --out run", 2, "holds something else than a comparison"}});
  const Outcome o = run("score --model none --input new.csv --false-alarm-rate 0.1");
  EXPECT_EQ(o.status, 0);
  EXPECT_NE(o.err.find("not calibrated"), std::string::npos) << o.err;
}

TEST_F(Calibrated, ADamagedCalibrationIsNamed) {
  ASSERT_EQ(run("train --data t.csv --method knn --out run --quiet").status, 0);
  const fs::path path = scratch_.path / "run" / "model" / "model.json";
  const json good = json::parse(text_of(path));
  for (const json& wrong : {json(3), json::object(), json{{"samples", 3}, {"false_alarm_rate", 0.1}},
                            json{{"samples", good["calibration"]["samples"]}, {"false_alarm_rate", 2}}}) {
    json damaged = good;
    damaged["calibration"] = wrong;
    write_text(path, damaged.dump());
    const Outcome o = run("score --model run --input new.csv");
    EXPECT_EQ(o.status, 1) << wrong;
    EXPECT_NE(o.err.find("calibration"), std::string::npos) << o.err;
  }
}

TEST_F(Calibrated, RowsAreExplained) {
  ASSERT_EQ(run("train --data t.csv --method knn --out run --quiet").status, 0);
  write_text(scratch_.path / "odd.csv", "b,a\n0.1,9\n-8,0\n");
  const Outcome o = run("explain --model run --input odd.csv --top 1 --quiet");
  ASSERT_EQ(o.status, 0) << o.err;
  EXPECT_EQ(o.out.rfind("path_or_row,score,rank,column,value,usual,change\n0,", 0), 0u) << o.out;
  EXPECT_NE(o.out.find(",1,a,9,"), std::string::npos) << o.out;
  EXPECT_NE(o.out.find(",1,b,-8,"), std::string::npos) << o.out;
  expect_refused(scratch_.path, {{"explain --input odd.csv", 2, "--model is missing"},
                                 {"explain --model run", 2, "--input is missing"},
                                 {"explain --model run --input odd.csv --top 0", 2, "--top is 0"},
                                 {"explain --model run --input odd.csv --most 0", 2, "--most is 0"},
                                 {"explain --model run --input odd.csv --by guess", 2,
                                  "--by: there is no explanation 'guess'; known are occlusion, gradient"},
                                 {"explain --model run --input odd.csv --output odd.csv", 1, "odd.csv"},
                                 {"explain --model run --input - --most 3", 2,
                                  "--most looks for the highest scores of all samples"},
                                 {"explain --model run --input none.csv", 1, "none.csv"}});
  const Outcome most = run("explain --model run --input odd.csv --top 1 --quiet --most 1");
  EXPECT_EQ(std::count(most.out.begin(), most.out.end(), '\n'), 2) << most.out;
  EXPECT_TRUE(o.out.find(most.out.substr(most.out.find('\n') + 1)) != std::string::npos)
      << "one of those above";
  const Outcome both = run("explain --model run --input odd.csv --top 1 --quiet --most 9");
  EXPECT_EQ(both.out.rfind(most.out, 0), 0u) << "the highest score first";
  EXPECT_EQ(both.out.size(), o.out.size());
  // By gradient: that of a distance has length 1 in the scaled columns.
  const Outcome slopes = run("explain --model run --input odd.csv --top 1 --quiet --by gradient");
  ASSERT_EQ(slopes.status, 0) << slopes.err;
  EXPECT_EQ(slopes.out.rfind("path_or_row,score,rank,column,value,usual,gradient,change_by_gradient\n0,", 0),
            0u)
      << slopes.out;
  EXPECT_NE(slopes.out.find(",1,a,9,"), std::string::npos) << slopes.out;
  EXPECT_NE(slopes.out.find(",1,b,-8,"), std::string::npos) << slopes.out;
  ASSERT_EQ(run("train --data t.csv --method lof --out other --quiet").status, 0);
  expect_refused(scratch_.path, {{"explain --model other --input odd.csv --by gradient", 2,
                                  "the score of lof has no gradient; --by occlusion explains any method"}});
  json model = json::parse(text_of(scratch_.path / "run" / "model" / "model.json"));
  model["data"].erase("usual");
  write_text(scratch_.path / "run" / "model" / "model.json", model.dump());
  expect_refused(scratch_.path, {{"explain --model run --input odd.csv --quiet", 1, "train it again"}});
}

TEST_F(Calibrated, ImagesAreExplained) {
  ASSERT_EQ(run("train --data strokes --normal 3 --method kde --limit 40 --out run --quiet").status, 0);
  const engine::RandomStream noise(9, "tests/explain");
  std::string picture = "P5 28 28 255\n";
  for (uint64_t i = 0; i < 784; ++i) picture += static_cast<char>(noise.bits(i) & 0x7f);
  fs::create_directory(scratch_.path / "new");
  write_text(scratch_.path / "new" / "one.pgm", picture);
  write_text(scratch_.path / "new" / "two.pgm", picture);
  const Outcome o = run("explain --model run --input new --out maps");
  ASSERT_EQ(o.status, 0) << o.err;
  for (const char* name : {"one-map.png", "two-map.png", "maps.csv"})
    EXPECT_TRUE(fs::exists(scratch_.path / "maps" / name)) << name;
  expect_refused(scratch_.path, {{"explain --model run --input new", 2, "name the folder for the maps"}});
  ASSERT_EQ(run("explain --model run --input new --out maps --by gradient --most 1").status, 0);
  EXPECT_TRUE(fs::exists(scratch_.path / "maps" / "one-gradient.png"));
  EXPECT_EQ(text_of(scratch_.path / "maps" / "maps.csv").rfind("path_or_row,score,gradient_map\n", 0), 0u);
}

TEST_F(Calibrated, ExplainReplacesNothingThatItReads) {
  ASSERT_EQ(run("train --data t.csv --method knn --out run --quiet").status, 0);
  fs::create_directory(scratch_.path / "dc");
  const std::string rows = "b,a\n0.1,9\n-8,0\n";
  write_text(scratch_.path / "dc" / "columns.csv", rows);
  write_text(scratch_.path / "link.csv", rows);
  fs::create_directory(scratch_.path / "linked");
  fs::create_symlink("../link.csv", scratch_.path / "linked" / "columns.csv");
  expect_refused(
      scratch_.path,
      {{"explain --model run --input dc/columns.csv --out dc --quiet", 1, "is the file 'dc/columns.csv'"},
       {"explain --model run --input link.csv --out linked --quiet", 1, "is the file 'link.csv'"}});
  EXPECT_EQ(text_of(scratch_.path / "dc" / "columns.csv"), rows);
  EXPECT_EQ(text_of(scratch_.path / "link.csv"), rows);

  ASSERT_EQ(run("train --data strokes --normal 3 --method kde --limit 40 --out images --quiet").status, 0);
  const std::string picture = "P5 28 28 255\n" + std::string(784, 'x');
  for (const char* folder : {"ow", "maps"}) fs::create_directory(scratch_.path / folder);
  for (const char* name : {"a.pgm", "a-map.png"}) write_text(scratch_.path / "ow" / name, picture);
  fs::create_symlink("../ow/a.pgm", scratch_.path / "maps" / "a-map.png");
  expect_refused(scratch_.path, {{"explain --model images --input ow --out ow --quiet", 1, "ow/a-map.png"},
                                 {"explain --model images --input ow --out maps --quiet", 1, "ow/a.pgm"}});
  for (const char* name : {"a.pgm", "a-map.png"})
    EXPECT_EQ(text_of(scratch_.path / "ow" / name), picture) << name;
  EXPECT_FALSE(fs::exists(scratch_.path / "ow" / "maps.csv")) << "nothing was written before it";
  EXPECT_FALSE(fs::exists(scratch_.path / "maps" / "maps.csv"));
  write_text(scratch_.path / "ow" / "a-map.png", "P5 28 28 255\ncut short");
  const Outcome damaged = run("explain --model images --input ow --out ow --quiet");
  EXPECT_EQ(damaged.status, 1);
  EXPECT_NE(damaged.err.find("svdd: --out 'ow/a-map.png' is the file"), std::string::npos) << damaged.err;
  EXPECT_EQ(text_of(scratch_.path / "ow" / "a-map.png"), "P5 28 28 255\ncut short") << "a damaged one";
}

TEST_F(Calibrated, WhatIsTooLargeToExplainIsNamed) {
  ASSERT_EQ(run("train --data t.csv --method kde --out run --quiet").status, 0);
  write_text(scratch_.path / "huge.csv", "b,a\n0.1,9\n3e38,-3e38\n");
  fs::create_directory(scratch_.path / "out");
  for (const char* more : {"", " --most 1", " --by gradient", " --out out"})
    expect_refused(scratch_.path, {{std::string("explain --model run --input huge.csv --quiet") + more, 1,
                                    "row 1 of 'huge.csv': its score is not finite"}});
  EXPECT_TRUE(fs::is_empty(scratch_.path / "out"));
  ASSERT_EQ(run("train --data t.csv --method mahalanobis --out far --quiet").status, 0);
  expect_refused(scratch_.path, {{"explain --model far --input huge.csv --quiet --by gradient --most 1", 1,
                                  "row 1 of 'huge.csv': its score is not finite"}});
}

// Scaled, its numbers are beyond all floats: the row is the farthest there is, and the others keep their scores.
TEST_F(Calibrated, WhatScalingMakesInfiniteIsFar) {
  std::string small = "a,b\n";
  for (int i = 0; i < 60; ++i)
    small += std::to_string(0.001 * (i * 37 % 61)) + ',' + std::to_string(0.001 * (i * 53 % 59)) + '\n';
  write_text(scratch_.path / "small.csv", small);
  write_text(scratch_.path / "huge.csv", "a,b\n0.02,0.02\n3e38,-3e38\n");
  for (const char* method : {"knn", "lof", "mahalanobis", "pca", "kde", "isolation-forest"}) {
    ASSERT_EQ(run(std::string("train --data small.csv --out run --quiet --method ") + method).status, 0);
    const Outcome scored = run("score --model run --input huge.csv --quiet"),
                  piped = run_svdd(scratch_.path, words_of("score --model run --input - --quiet"), {},
                                   scratch_.path / "huge.csv");
    EXPECT_EQ(scored.status, 0) << method << scored.err;
    EXPECT_EQ(piped.out, scored.out) << method << piped.err;
    EXPECT_NE(scored.out.find("\n1,"), std::string::npos) << method;
    // For a forest far out is far out.
    EXPECT_TRUE(scored.out.ends_with(",1\n") || method == std::string("isolation-forest"))
        << method << scored.out;
  }
  ASSERT_EQ(run("train --data small.csv --out run --quiet --method knn").status, 0);
  for (const char* by : {"occlusion", "gradient"})
    expect_refused(scratch_.path, {{std::string("explain --model run --input huge.csv --quiet --by ") + by, 1,
                                    "row 1 of 'huge.csv': its score is not finite"}});
}

TEST_F(Calibrated, LongNamesOfImagesAreCut) {
  ASSERT_EQ(run("train --data strokes --normal 3 --method kde --limit 40 --out run --quiet").status, 0);
  const std::string picture = "P5 28 28 255\n" + std::string(784, 'x');
  fs::create_directory(scratch_.path / "new");
  std::string umlauts = "x";
  while (umlauts.size() < 249) umlauts += "\xc3\xb6";
  for (const char* last : {"1", "2"}) write_text(scratch_.path / "new" / (umlauts + last + ".pgm"), picture);
  for (const char* name : {"1-a.pgm", "a.pgm", "a.png"}) write_text(scratch_.path / "new" / name, picture);
  for (const char* by : {"occlusion", "gradient"}) {
    const Outcome o =
        run("explain --model run --input new --quiet --out " + std::string(by) + " --by " + std::string(by));
    ASSERT_EQ(o.status, 0) << o.err;
    size_t pictures = 0;
    for (const auto& entry : fs::directory_iterator(scratch_.path / by)) {
      pictures += entry.path().extension() == ".png";
      EXPECT_TRUE(engine::is_utf8(entry.path().filename().string())) << entry.path();
    }
    EXPECT_EQ(pictures, 5u) << by;
  }
}

TEST_F(Calibrated, MethodsAreCompared) {
  const std::string line = "compare --data t.csv --methods knn,lof,mahalanobis,kernel-svdd --out table";
  const Outcome o = run(line);
  ASSERT_EQ(o.status, 0) << o.err;
  for (const char* row :
       {"Nearest neighbours", "Local outlier factor", "Mahalanobis distance", "distance to the mean"})
    EXPECT_NE(o.out.find(row), std::string::npos) << o.out;
  // The best first, on the page too, which is of this command and of data that are called by their last name.
  const std::string csv = text_of(scratch_.path / "table" / "table.csv");
  std::istringstream lines(csv);
  double before = 101;
  int ranked = 0;
  for (std::string row; std::getline(lines, row);) {
    const size_t at = row.find(",mean,");
    if (at == std::string::npos || row.starts_with("row,")) continue;
    const double auc = std::stod(row.substr(at + 6));
    EXPECT_LE(auc, before) << csv;
    before = auc, ++ranked;
  }
  EXPECT_EQ(ranked, 5) << csv;
  const std::string page = text_of(scratch_.path / "table" / "table.html");
  EXPECT_NE(page.find("<div class=\"over\">svdd compare</div>"), std::string::npos);
  EXPECT_NE(page.find("<h1>Methods side by side on t.csv</h1>"), std::string::npos);
  const Outcome again = run(line);
  EXPECT_NE(again.err.find("4 runs, 4 of them done before"), std::string::npos) << again.err;
  EXPECT_EQ(again.out, o.out);
  expect_refused(scratch_.path, {{line + " --split-seed 3", 2, "a comparison of other data or options"}});
  // Also those that fit their options to the data: the hundred spheres of the paper to its few samples.
  for (const char* said : {"3 runs, 0 of them done before", "3 runs, 3 of them done before"}) {
    const Outcome deep =
        run("compare --data t.csv --methods deep-svdd,multi-radius,multi-sphere --out deep --data-dir .");
    EXPECT_EQ(deep.status, 0) << deep.err;
    EXPECT_NE(deep.err.find(said), std::string::npos) << deep.err;
    EXPECT_NE(deep.out.find("Deep Multi-sphere SVDD"), std::string::npos) << deep.out;
  }
  // In a data folder, wherever that is.
  for (const std::string folder : {"shelf", "attic"}) {
    fs::create_directory(scratch_.path / folder);
    fs::copy_file(scratch_.path / "t.csv", scratch_.path / folder / "rows.csv");
    const Outcome there = run("compare --data rows --methods knn --out of-rows --data-dir " + folder);
    EXPECT_EQ(there.status, 0) << there.err;
    fs::remove_all(scratch_.path / folder);
  }
}

}  // namespace
}  // namespace tools_test
