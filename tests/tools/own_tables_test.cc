// svdd on a person's own tables: what a file is, its header, its label, its classes, and what the model remembers.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/files/npy.h"
#include "engine/files/npz.h"
#include "refusals.h"
#include "small_data.h"

namespace tools_test {
namespace {

using engine::NdArray;
using nlohmann::json;

// Scattered numbers, the same on every machine.
double noise(int i) { return std::fmod(std::abs(std::sin(i * 12.9898) * 43758.5453), 1.0) - 0.5; }

struct Words3 {
  std::string normal, anomaly;
};

// Rows of two features, every fifth an anomaly far off.
std::string rows(const Words3& label, int n = 60, double a = 0, double b = 0) {
  std::string text;
  for (int i = 0; i < n; ++i) {
    const bool odd = i % 5 == 0;
    char line[128];
    std::snprintf(line, sizeof line, "%.4f,%.4f", a + noise(i) + (odd ? 6 : 0),
                  b + noise(i + 1000) + (odd ? 6 : 0));
    text += line;
    if (!label.normal.empty()) text += ',' + (odd ? label.anomaly : label.normal);
    text += '\n';
  }
  return text;
}

class OwnTables : public testing::Test {
 protected:
  void SetUp() override { REQUIRE_SVDD(); }

  Outcome run(const std::string& line) const { return run_svdd(scratch_.path, words_of(line)); }
  Outcome train(const std::string& data, const std::string& more = "") const {
    return run("train --method isolation-forest --quiet --threads 1 --out run --data " + data + ' ' + more);
  }
  json results() const { return json::parse(text_of(scratch_.path / "run" / "results.json")); }
  std::string notes() const { return results().value("data_notes", json::array()).dump(); }
  void write(const std::string& name, const std::string& text) const {
    write_text(scratch_.path / name, text);
  }
  std::string scores() const { return text_of(scratch_.path / "scores.csv"); }
  int64_t lines(const std::string& text) const { return std::count(text.begin(), text.end(), '\n'); }

  const Scratch scratch_;
};

void expect_in(const std::string& part, const std::string& text) {
  EXPECT_NE(text.find(part), std::string::npos) << part << "\nis not in\n" << text;
}

TEST_F(OwnTables, ASpellingChangesNothing) {
  const std::string table = "a,b,label\n" + rows({"0", "1"});
  std::string receipt;
  for (const char* name : {"t.csv", "T.CSV", "t.Csv"}) {
    write(name, table);
    ASSERT_EQ(train(name).status, 0) << name;
    if (receipt.empty()) receipt = results()["weights_sha256"];
    EXPECT_EQ(results()["weights_sha256"], receipt) << name;
    EXPECT_EQ(run("score --quiet --model run --output scores.csv --input " + std::string(name)).status, 0)
        << name;
    EXPECT_EQ(run("cluster --quiet --output o.csv --input " + std::string(name)).status, 0) << name;
  }
  for (const char* header :
       {"a, b, label", "\"a\", \"b\", \"label\"", "a,b,label ", "a,b,LABEL", "a,b,Outcome"}) {
    write("t.csv", std::string(header) + '\n' + rows({"0", "1"}));
    ASSERT_EQ(train("t.csv").status, 0) << header;
    EXPECT_EQ(results()["weights_sha256"], receipt) << header;
    EXPECT_EQ(results()["n_test"], 24) << header;
  }
  write("t.csv", "0,1,2\n" + rows({"0", "1"}));
  ASSERT_EQ(train("t.csv --label-column -1").status, 0);
  EXPECT_EQ(results()["weights_sha256"], receipt);
  expect_in("header: yes (it counts the columns)", notes());
}

TEST_F(OwnTables, ArraysAreToldByWhatTheyHold) {
  std::vector<float> values;
  for (int i = 0; i < 60; ++i) values.push_back(static_cast<float>(noise(i)));
  engine::write_npz(scratch_.path / "t.npz", {{"X", NdArray::from({30, 2}, values)}});
  engine::write_npy(scratch_.path / "t.npy", NdArray::from({30, 2}, values));
  for (const char* name : {"t.NPZ", "without"}) fs::copy(scratch_.path / "t.npz", scratch_.path / name);
  for (const char* name : {"t.NPY", "bare"}) fs::copy(scratch_.path / "t.npy", scratch_.path / name);
  std::string receipt;
  for (const char* name : {"t.npz", "t.NPZ", "without"}) {
    ASSERT_EQ(train(name).status, 0) << name;
    if (receipt.empty()) receipt = results()["weights_sha256"];
    EXPECT_EQ(results()["weights_sha256"], receipt) << name;
  }
  std::string first_scores, first_clusters;
  for (const char* name : {"t.npz", "t.NPZ", "without", "t.npy", "t.NPY", "bare"}) {
    ASSERT_EQ(run("score --quiet --model run --output scores.csv --input " + std::string(name)).status, 0)
        << name;
    ASSERT_EQ(run("cluster --quiet --output o.csv --input " + std::string(name)).status, 0) << name;
    if (first_scores.empty()) first_scores = scores(), first_clusters = text_of(scratch_.path / "o.csv");
    EXPECT_EQ(scores(), first_scores) << name;
    EXPECT_EQ(text_of(scratch_.path / "o.csv"), first_clusters) << name;
  }
}

TEST_F(OwnTables, RunningNumbersAreHintedAt) {
  const std::string hint =
      " looks like a running number, which tells nothing of a row, and new rows will have "
      "other numbers: ";
  const auto numbered = [&](const std::string& name, const std::function<std::string(int)>& number,
                            int n = 60) {
    std::string text = name.empty() ? "" : name + ",a,b\n";
    std::istringstream lines(rows({}, n));
    std::string line;
    for (int i = 0; std::getline(lines, line); ++i) text += number(i) + ',' + line + '\n';
    return text;
  };
  const auto from = [](int first) { return [first](int i) { return std::to_string(first + i); }; };
  const auto shuffled = [](int i) { return std::to_string(i * 37 % 61); };
  for (const auto& [name, number] : std::vector<std::pair<std::string, std::function<std::string(int)>>>{
           {"time", from(0)}, {"n", from(1)}, {"ID", shuffled}, {"row_number", shuffled}}) {
    write("t.csv", numbered(name, number));
    ASSERT_EQ(train("t.csv").status, 0);
    expect_in("'" + name + "'" + hint + "--drop " + name + " leaves it out", notes());
    EXPECT_EQ(results()["sample_shape"], json::array({3})) << "only a hint";
    ASSERT_EQ(train("t.csv", "--drop " + name).status, 0);
    EXPECT_EQ(notes().find(hint), std::string::npos) << name;
  }
  expect_in("'row_number'" + hint + "--drop row_number", run("data info t.csv").out);
  expect_in(hint + "take it out of the table", run("cluster --output o.csv --input t.csv").err);
  write("bare.csv", numbered("", from(1)));
  ASSERT_EQ(train("bare.csv").status, 0);
  expect_in("column 1" + hint + "--drop 1 leaves it out", notes());
  std::vector<float> values;
  for (int i = 0; i < 60; ++i)
    for (const double number : {noise(i), static_cast<double>(i)})
      values.push_back(static_cast<float>(number));
  engine::write_npy(scratch_.path / "t.npy", NdArray::from({60, 2}, values));
  ASSERT_EQ(train("t.npy").status, 0);
  expect_in("column 2" + hint + "--drop 2 leaves it out", notes());
  // Neither what comes twice, nor other whole numbers, nor a few rows by chance.
  write("t.csv", numbered("id", [](int i) { return std::to_string(i / 2); }));
  ASSERT_EQ(train("t.csv").status, 0);
  EXPECT_EQ(notes().find(hint), std::string::npos);
  write("t.csv", numbered("weight", shuffled));
  ASSERT_EQ(train("t.csv").status, 0);
  EXPECT_EQ(notes().find(hint), std::string::npos);
  write("t.csv", numbered("id", from(1), 8));
  EXPECT_EQ(run("data info t.csv").out.find(hint), std::string::npos);
}

TEST_F(OwnTables, SayHowTheyWereRead) {
  write("t.csv", "a, b, label\n" + rows({"0", "1"}));
  const Outcome outcome = run("train --method isolation-forest --threads 1 --out run --data t.csv");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  expect_in("'t.csv': header: yes; label: 'label', 0 = normal (48), 1 = anomaly (12); 2 features: 'a', 'b'",
            outcome.err);
  write("t.csv", "0,1\n" + rows({}));
  ASSERT_EQ(train("t.csv").status, 0);
  EXPECT_EQ(results()["n_train"], 48) << "of 60 a fifth is held out to calibrate";
  ASSERT_EQ(train("t.csv", "--header no --calibration 0").status, 0);
  EXPECT_EQ(results()["n_train"], 61);
  EXPECT_EQ(json::parse(text_of(scratch_.path / "run" / "config.json"))["header"], "no");
}

TEST_F(OwnTables, ColumnsKeepTheirNames) {
  write("train.csv", "a,b\n" + rows({}, 60, 0, 1000));
  ASSERT_EQ(train("train.csv").status, 0);
  write("same.csv", "a,b\n0.25,1000.25\n");
  write("swapped.csv", "b, A\n1000.25,0.25\n");
  write("other.csv", "temperature,pressure,flow\n1,2,3\n");
  ASSERT_EQ(run("score --model run --output scores.csv --input same.csv").status, 0);
  const std::string expected = scores();
  const Outcome swapped = run("score --model run --output scores.csv --input swapped.csv");
  EXPECT_EQ(swapped.status, 0) << swapped.err;
  expect_in("put in the model's order: 'a', 'b'", swapped.err);
  EXPECT_EQ(scores(), expected);
  expect_refused(scratch_.path,
                 {{"score --model run --input other.csv", 1,
                   "the columns are 'temperature', 'pressure', 'flow', but the model was trained on "
                   "'a', 'b'"}});
}

TEST_F(OwnTables, TheTrainingFileCanBeScored) {
  write("t.csv", "a,b,kind\n" + rows({"0", "1"}));
  for (const char* label : {"kind", "-1", "none"}) {
    ASSERT_EQ(train("t.csv", "--label-column " + std::string(label)).status, 0) << label;
    const Outcome outcome = run("score --quiet --model run --output scores.csv --input t.csv");
    EXPECT_EQ(outcome.status, 0) << label << outcome.err;
    EXPECT_EQ(lines(scores()), 61);
  }
  write("xy.csv", "x,y\n" + rows({}));
  ASSERT_EQ(train("xy.csv").status, 0);
  EXPECT_EQ(results()["n_train"], 48);
  expect_in("beside x it is a coordinate", notes());
  EXPECT_EQ(run("score --quiet --model run --input xy.csv").status, 0);
  const Outcome cluster = run("cluster --output o.csv --input xy.csv");
  ASSERT_EQ(cluster.status, 0) << cluster.err;
  expect_in("60 rows of 2", cluster.out);
  expect_in("beside x it is a coordinate", cluster.err);
  expect_in("60 rows of 1", run("cluster --quiet --output o.csv --label-column y --input xy.csv").out);
}

TEST_F(OwnTables, ClassesMayBeWords) {
  write("t.csv", "a,b,label\n" + rows({"no", "yes"}));
  expect_refused(
      scratch_.path,
      {{"train --method kde --out run --data t.csv", 2,
        "--normal is missing: name the normal class or classes of t.csv: no (48), yes (12)"},
       {"train --method kde --out run --data t.csv --normal maybe", 2,
        "--normal is 'maybe', which is no class of t.csv; its classes are no (48), yes (12)"},
       {"train --method kde --out run --data t.csv --normal no,NO", 2, "class NO is named twice"},
       {"train --method kde --out run --data t.csv --normal no --anomalous 0", 2, "is normal too"}});
  ASSERT_EQ(train("t.csv", "--normal no --anomalous yes").status, 0);
  EXPECT_EQ(json::parse(text_of(scratch_.path / "run" / "config.json"))["normal"], json::array({"no"}));
  EXPECT_GT(results()["auc"], 0.75);
  const std::string receipt = results()["weights_sha256"];
  const Outcome again = run("train --quiet --config run/config.json --out again");
  ASSERT_EQ(again.status, 0) << again.err;
  expect_in("normal 0 (no)", again.out);
  expect_in(receipt, again.out);
  ASSERT_EQ(run("evaluate --model run --output m.json").status, 0);
  EXPECT_EQ(json::parse(text_of(scratch_.path / "m.json"))["auc"], results()["auc"]);

  write("flags.csv", "a,b,is_anomaly\n" + rows({"False", "True"}));
  ASSERT_EQ(train("flags.csv").status, 0);
  EXPECT_GT(results()["auc"], 0.75);
  expect_in("the class 'False' is taken for normal", notes());
}

TEST_F(OwnTables, NumbersMeanThemselves) {
  std::string text = "a,b,label\n";
  const std::string kinds[] = {"0", "1", "-1"};
  for (int i = 0; i < 90; ++i)
    text += std::to_string(noise(i) + 5 * (i % 3)) + ',' + std::to_string(noise(i + 500)) + ',' +
            kinds[i % 3] + '\n';
  write("t.csv", text);
  expect_refused(scratch_.path,
                 {{"train --method kde --out run --data t.csv", 2, "-1 (30), 0 (30), 1 (30)"},
                  {"train --method kde --out run --data t.csv --normal 2", 2, "class 2 is not in t.csv"}});
  ASSERT_EQ(train("t.csv", "--normal 0").status, 0);
  EXPECT_EQ(results()["normal"], json::array({0}));
  EXPECT_GT(results()["auc"], 0.75);
  expect_in("normal 0 (", run("train --quiet --config run/config.json --out again").out);
  const std::string classes = text_of(scratch_.path / "run" / "scores.csv");
  expect_in(",1,-1,", classes);
  expect_in(",0,0,", classes);
  ASSERT_EQ(train("t.csv", "--normal -1 --anomalous 0").status, 0);
  EXPECT_EQ(results()["normal"], json::array({-1}));
  EXPECT_GT(results()["auc"], 0.75);

  write("signs.csv", "a,b,label\n" + rows({"1", "-1"}));
  ASSERT_EQ(train("signs.csv").status, 0);
  EXPECT_GT(results()["auc"], 0.75);
  expect_in("1 is taken for normal", notes());
}

TEST_F(OwnTables, ATestFileIsEvaluatedWhole) {
  write("train.csv", "a,b\n" + rows({}, 50));
  write("test.csv", "a,b,label\n" + rows({"0", "1"}, 20));
  ASSERT_EQ(train("train.csv").status, 0);
  const Outcome whole = run("evaluate --model run --data test.csv --output m.json");
  ASSERT_EQ(whole.status, 0) << whole.err;
  EXPECT_EQ(json::parse(text_of(scratch_.path / "m.json"))["n_test"], 20);
  expect_in("all rows of 'test.csv' are evaluated", whole.err);

  write("t.csv", "a,b,label\n" + rows({"0", "1"}));
  ASSERT_EQ(train("t.csv", "--test-fraction 0.5").status, 0);
  fs::copy(scratch_.path / "t.csv", scratch_.path / "copy.csv");
  for (const char* data : {"", "--data t.csv ", "--data copy.csv "}) {
    ASSERT_EQ(run("evaluate --model run --output m.json " + std::string(data)).status, 0) << data;
    EXPECT_EQ(json::parse(text_of(scratch_.path / "m.json"))["n_test"], 30) << data;
    EXPECT_EQ(json::parse(text_of(scratch_.path / "m.json"))["scores_sha256"], results()["scores_sha256"]);
  }
  write("more.csv", "label,b,a\n1,9,9\n1,8,8\n");  // anomalies alone, and in another order
  ASSERT_EQ(run("evaluate --model run --output m.json --data more.csv").status, 0);
  EXPECT_EQ(json::parse(text_of(scratch_.path / "m.json"))["anomalies"], 2);
}

TEST_F(OwnTables, TimesInSecondsKeepTheirDifferences) {
  std::string text = "t,label\n";
  for (int i = 0; i < 200; ++i) {
    char line[64];
    std::snprintf(line, sizeof line, "%.1f,%d\n", 1.7e9 + 20 * noise(i) + (i % 5 ? 0 : 90), i % 5 ? 0 : 1);
    text += line;
  }
  write("t.csv", text);
  for (const char* method : {"kde", "isolation-forest"}) {
    ASSERT_EQ(run("train --quiet --threads 1 --out run --data t.csv --method " + std::string(method)).status,
              0);
    EXPECT_GT(results()["auc"], 0.97) << method;
    expect_in("is subtracted", notes());
    ASSERT_EQ(run("evaluate --model run --output m.json").status, 0);
    EXPECT_EQ(json::parse(text_of(scratch_.path / "m.json"))["scores_sha256"], results()["scores_sha256"]);
  }
  // As numbers of an array, scored by the same model.
  engine::write_npy(scratch_.path / "t.npy", NdArray::from({2, 1}, std::vector<double>{1.7e9, 1.7e9 + 90}));
  write("two.csv", "t\n1700000000\n1700000090\n");
  ASSERT_EQ(run("score --quiet --model run --output scores.csv --input t.npy").status, 0);
  const std::string from_array = scores();
  ASSERT_EQ(run("score --quiet --model run --output scores.csv --input two.csv").status, 0);
  EXPECT_EQ(scores(), from_array);
  expect_in(",0\n1,", from_array);
  EXPECT_TRUE(from_array.ends_with(",1\n")) << from_array;
  const Outcome cluster = run("cluster --distance euclidean --clusters 2 --output o.csv --input t.csv");
  ASSERT_EQ(cluster.status, 0) << cluster.err;
  expect_in("100.00", cluster.out);
}

TEST_F(OwnTables, ADifferenceFromAConstantIsSeen) {
  std::string text = "a,valve,label\n";
  for (int i = 0; i < 60; ++i) text += std::to_string(noise(i)) + (i % 5 ? ",1,0\n" : ",9,1\n");
  write("t.csv", text);
  ASSERT_EQ(run("train --quiet --threads 1 --out run --data t.csv --method autoencoder --ae-epochs 5").status,
            0);
  EXPECT_EQ(results()["auc"], 1);
  expect_in("constant in training: column 'valve' (1); it told the network nothing, and what another value",
            notes());
  const json model = json::parse(text_of(scratch_.path / "run" / "model" / "model.json"));
  EXPECT_EQ(model["data"]["features"], (json{"a", "valve"})) << "methods with a network remember too";
  write("swapped.csv", "valve,a\n9,0.1\n1,0.1\n");
  ASSERT_EQ(run("score --quiet --model run --output scores.csv --input swapped.csv").status, 0);
  expect_in(",1\n1,", scores());
}

TEST_F(OwnTables, ModelsOfOtherVersionsAndDamagedOnes) {
  write("t.csv", "a,b,label\n" + rows({"0", "1"}));
  ASSERT_EQ(train("t.csv").status, 0);
  ASSERT_EQ(run("score --quiet --model run --output scores.csv --input t.csv").status, 0);
  const std::string expected = scores();
  const fs::path file = scratch_.path / "run" / "model" / "model.json";
  const json model = json::parse(text_of(file));
  ASSERT_TRUE(model.contains("data"));
  json earlier = model;
  earlier.erase("data");
  write_text(file, earlier.dump());
  ASSERT_EQ(run("score --quiet --model run --output scores.csv --input t.csv").status, 0);
  EXPECT_EQ(scores(), expected);
  ASSERT_EQ(run("evaluate --model run").status, 0);
  std::vector<Bad> table;
  for (const auto& [key, value] : model["data"].items()) {
    json damaged = model;
    damaged["data"][key] = json{{"a", 1}};
    write_text(file, damaged.dump());
    expect_refused(scratch_.path, {{"score --model run --input t.csv", 1, "model.json': the table's '" + key},
                                   {"evaluate --model run", 1, "model.json': the table's '" + key}});
  }
}

// A guess is said where it is used, and only there.
TEST_F(OwnTables, WhatIsTakenForNormalIsSaid) {
  write("t.csv", "a,b,label\n" + rows({"ok", "defect"}));
  const std::string words = "is taken for normal";
  ASSERT_EQ(train("t.csv").status, 0);
  expect_in("the class 'ok' is taken for normal", notes());
  for (const char* normal : {"defect", "ok", "ok,defect"}) {
    ASSERT_EQ(train("t.csv", "--normal " + std::string(normal)).status, 0) << normal;
    EXPECT_EQ(notes().find(words), std::string::npos) << normal << notes();
  }
  EXPECT_EQ(run("cluster --output o.csv --input t.csv").err.find(words), std::string::npos);
  expect_in("the class 'ok' is taken for normal", run("data info t.csv").out);

  write("01.csv", "a,b,label\n" + rows({"0", "1"}));
  ASSERT_EQ(train("01.csv").status, 0);
  expect_in("0 in 'label' is taken for normal, 1 for anomalous", notes());
  EXPECT_EQ(notes().find("though only"), std::string::npos);
  write("10.csv", "a,b,label\n" + rows({"1", "0"}));
  ASSERT_EQ(train("10.csv").status, 0);
  expect_in("0 in 'label' is taken for normal, 1 for anomalous, though only 12 of 60 rows are normal then",
            notes());
  expect_in("0 = normal (12), 1 = anomaly (48)", notes());
  ASSERT_EQ(train("10.csv", "--normal 1").status, 0);
  EXPECT_EQ(notes().find("though only"), std::string::npos);
}

TEST_F(OwnTables, TablesThatAModelCannotBeTestedOn) {
  write("t.csv", "a,b,label\n" + rows({"ok", "defect"}));
  write("status.csv", "a,b,status\n" + rows({"ok", "defect"}));
  write("class.csv", "a,b,class\n" + rows({"ok", "defect"}));
  write("other.csv", "a,b,label\n" + rows({"good", "bad"}));
  write("strange.csv", "a,b,label\n" + rows({"x", "y"}));
  write("none.csv", "a,b\n" + rows({}));
  write("defects.csv", "a,b,label\n9,9,defect\n8,8,defect\n");
  ASSERT_EQ(train("t.csv").status, 0);
  expect_refused(
      scratch_.path,
      {{"evaluate --model run --data status.csv", 1,
        "no column is named 'label', as the model's label is; of the columns beside the model's ('status') "
        "--label-column"},
       {"evaluate --model run --data other.csv", 2,
        "the model was trained with the normal class 'ok', and 'other.csv' has the classes bad (12), good "
        "(48): "
        "name the normal ones with --normal (svdd train would take 'good' for normal)"},
       {"evaluate --model run --data strange.csv", 2, "x (48), y (12): name the normal ones with --normal"},
       {"evaluate --model run --data none.csv", 1, "svdd score scores rows without labels"}});
  for (const char* line : {"status.csv --label-column status", "class.csv", "other.csv --normal good"}) {
    const Outcome outcome = run("evaluate --model run --output m.json --data " + std::string(line));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_GT(json::parse(text_of(scratch_.path / "m.json"))["auc"], 0.75) << line;
  }
  const Outcome defects = run("evaluate --model run --data defects.csv");
  ASSERT_EQ(defects.status, 0) << defects.err;
  expect_in("anomalous samples only; its classes are defect (2), and --normal names those that are normal",
            defects.out);

  ASSERT_EQ(train("none.csv").status, 0);  // a model that knows no classes takes what train would take
  const Outcome guessed = run("evaluate --model run --data t.csv");
  ASSERT_EQ(guessed.status, 0) << guessed.err;
  expect_in("the class 'ok' is taken for normal", guessed.err);
  expect_refused(scratch_.path, {{"evaluate --model run --data strange.csv", 2, "x (48), y (12)"}});

  write_small_data(scratch_.path);
  expect_refused(scratch_.path, {{"evaluate --model run --data small", 1,
                                  "the model sees samples of 2, and 'small' holds samples of 1x28x28"}});
}

TEST_F(OwnTables, OnesOwnNetworkHasItsOwnWidths) {
  write("t.csv", "a,b,label\n" + rows({"ok", "bad"}));
  const auto trained = [&](const std::string& network) {
    std::vector<std::string> words = words_of(
        "train --data t.csv --normal ok --epochs 2 --quiet --threads 1 --no-map --out net --network");
    words.push_back(network);
    return run_svdd(scratch_.path, words);
  };
  const auto numbers = [&] {
    const json config = json::parse(text_of(scratch_.path / "net" / "config.json"));
    return std::pair(config["widths"].size(), config["rep_dim"].get<int64_t>());
  };
  const Outcome own = trained("dense 8, leaky_relu, dense 4");
  ASSERT_EQ(own.status, 0) << own.err;
  EXPECT_EQ(numbers(), std::pair(size_t{0}, int64_t{0}));
  ASSERT_EQ(trained("mlp").status, 0);
  EXPECT_EQ(numbers(), std::pair(size_t{1}, int64_t{512})) << "the published one keeps what is published";
  // What was allowed against the theory is said of the run, too.
  std::vector<std::string> biased = words_of(
      "train --data t.csv --normal ok --epochs 2 --quiet --threads 1 --no-map --out net --allow-bias True");
  biased.insert(biased.end(), {"--network", "dense 8 bias, leaky_relu, dense 4"});
  ASSERT_EQ(run_svdd(scratch_.path, biased).status, 0);
  EXPECT_NE(text_of(scratch_.path / "net" / "results.json").find("has bias terms, so the network can send"),
            std::string::npos);
}

TEST_F(OwnTables, AColumnOfWordsHasAWayOut) {
  write("status.csv", "a,b,status\n" + rows({"good", "bad"}));
  std::string times = "a,time,label\n";
  for (int i = 0; i < 9; ++i)
    times += std::to_string(i) + ",10:0" + std::to_string(i) + (i ? ",ok\n" : ",bad\n");
  write("times.csv", times);
  for (const std::string line :
       {"train --method kde --out new --data ", "cluster --output o.csv --input ", "data info "})
    expect_refused(scratch_.path, {{line + "status.csv", 1, "'bad' is no finite number"},
                                   {line + "status.csv", 1, "--label-column status says so"},
                                   {line + "times.csv", 1, "this one holds text or times"}});
  expect_in("good (48), bad (12)", run("data info status.csv --label-column status").out);
  write("1.csv", "1,2\n3,4\n5,6\n");
  expect_in("header: yes", run("data info 1.csv --header yes").out);
  expect_in("header: no", run("data info 1.csv --header no").out);
}

TEST_F(OwnTables, OtherTextIsNamed) {
  write("t.csv", "a,b\n" + rows({}));
  ASSERT_EQ(train("t.csv").status, 0);
  write("t.txt", "1,2\n3,4\n");
  write("missing.csv", "?,?,?\n1.0,2.0,3.0\n1.5,2.5,3.5\n");
  const auto each = [](const std::string& data) {
    return std::vector<std::string>{"train --method kde --out new --data " + data,
                                    "score --model run --input " + data,
                                    "cluster --output o.csv --input " + data};
  };
  for (const std::string& line : each("t.txt")) expect_refused(scratch_.path, {{line, 1, "text"}});
  expect_refused(
      scratch_.path,
      {{"train --method kde --out new --data missing.csv", 1, "line 1, column 1: the value is missing ('?')"},
       {"train --method kde --out new --data missing.csv", 1, "--missing median or --missing drop"},
       {"score --model run --input missing.csv", 1, "expected 2"},
       {"train --method kde --out new --data t.csv --header perhaps", 2, "--header is"},
       {"score --model run --input t.csv --header perhaps", 2, "--header is"}});
}

// 1e12 where a value was missing: all others would share one score, and nobody would know.
TEST_F(OwnTables, ValuesThatSwallowTheirColumnAreSaid) {
  const std::string table = "a,b,label\n" + rows({"0", "1"}, 150);
  for (const std::string code : {"1e12", "1e30", "3.4e38"}) {
    const std::string code_row = code + ',' + code + ",0\n";
    write("code.csv", table + code_row + code_row + code_row);
    for (const std::string method : {"kde", "kernel-svdd", "isolation-forest", "deep-svdd"}) {
      const std::string briefly = method == "deep-svdd" ? " --epochs 2 --ae-epochs 1" : "";
      const Outcome outcome = run("train --threads 1 --out run --data code.csv --method " + method + briefly);
      ASSERT_EQ(outcome.status, 0) << outcome.err;
      const std::string said = results().at("warnings").dump();
      expect_in("column 'a' holds " + code.substr(0, 1), said);
      expect_in("so far from all others", said);
      expect_in("it looks like a code for a missing value", said);
      expect_in("so far from all others", outcome.err);
      if (method == "isolation-forest") expect_in("the scores tell nearly nothing apart", said);
    }
  }
  write("plain.csv", table);
  ASSERT_EQ(train("plain.csv").status, 0);
  EXPECT_EQ(results().at("warnings").dump().find("so far from all others"), std::string::npos);
}

TEST_F(OwnTables, SeveralClassesThatReadAsNormalAreAskedFor) {
  std::string table = "a,b,label\n" + rows({"normal", "anomaly"});
  table.replace(table.find("normal"), 6, "Normal");
  write("t.csv", table);
  const Outcome outcome = train("t.csv");
  EXPECT_EQ(outcome.status, 2);
  expect_in("--normal is missing, and the classes 'Normal', 'normal' all read as normal", outcome.err);
  expect_in("Normal (1)", outcome.err);
  ASSERT_EQ(train("t.csv", "--normal Normal,normal").status, 0);
  expect_in("the classes 'Normal', 'normal' all read as normal", run("data info t.csv").out);
}

TEST_F(OwnTables, LongNamesAreCut) {
  const std::string long_name(3000, 'n');
  write("t.csv", "a,b,label\n" + rows({long_name, "b"}));
  const Outcome outcome = train("t.csv");
  EXPECT_EQ(outcome.status, 2);
  EXPECT_LT(outcome.err.size(), 500u);
  EXPECT_LT(run("data info t.csv").out.size(), 1500u);
  const Outcome trained = run("train --method kde --threads 1 --out run --data t.csv --normal b");
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_EQ(trained.err.find(long_name), std::string::npos);
  EXPECT_EQ(trained.out.find(long_name), std::string::npos);
  const fs::path model = scratch_.path / "run" / "model" / "model.json";
  json described = json::parse(text_of(model));
  described["sample_shape"][0] = long_name;
  write_text(model, described.dump());
  const Outcome scored = run("score --model run --input t.csv");
  EXPECT_EQ(scored.status, 1);
  EXPECT_LT(scored.err.size(), 500u);
  for (const std::string option : {"--network ", "--method ", "--device ", "--normal x", "--anomalous x"}) {
    const Outcome refused = run("train --data t.csv --out other " + option + long_name);
    EXPECT_NE(refused.status, 0) << option;
    EXPECT_LT(refused.err.size(), 500u) << option;
  }
}

}  // namespace
}  // namespace tools_test
