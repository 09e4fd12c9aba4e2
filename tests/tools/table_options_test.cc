// svdd on tables as people have them: chosen columns, gaps, words, decimal commas, packed files, two files; and that new
// rows are treated as those trained on, by every command.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "refusals.h"
#include "small_data.h"

namespace tools_test {
namespace {
namespace table_options_test {

using nlohmann::json;

double scattered(int i) { return std::fmod(std::abs(std::sin(i * 12.9898) * 43758.5453), 1.0) - 0.5; }

// id;colour;a;b;state with gaps in a, decimal commas, and words; every sixth row is an anomaly.
std::string table(int n = 90) {
  std::string text = "id;colour;a;b;state\n";
  for (int i = 0; i < n; ++i) {
    const bool odd = i % 6 == 0;
    const double a = scattered(i) + (odd ? 5 : 0), b = scattered(i + 500) - (odd ? 5 : 0);
    std::string row = ';' + (i % 10 == 7 ? "" : std::to_string(a)) + ';' + std::to_string(b);
    std::replace(row.begin(), row.end(), '.', ',');
    text += std::to_string(i + 100) + ';' +
            (i % 3 == 1 ? "red"
             : odd      ? "teal"
                        : "blue") +
            row + (odd ? ";bad\n" : ";good\n");
  }
  return text;
}

class TableOptionsCommand : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_SVDD();
    write_text(f / "t.csv", table());
  }
  Outcome run(const std::string& line) const { return run_svdd(f, words_of(line)); }
  Outcome pipe(const std::string& text, const std::string& line) const {
    write_text(f / "in", text);
    return run_svdd(f, words_of(line), {}, f / "in");
  }
  json results(const std::string& folder = "run") const {
    return json::parse(text_of(f / folder / "results.json"));
  }

  const Scratch scratch_;
  const fs::path f = scratch_.path;
};

constexpr const char* train_line =
    "train --method knn --quiet --threads 1 --data t.csv --label-column state --drop id --missing median "
    "--out run";

TEST_F(TableOptionsCommand, NewRowsAreTreatedAsThoseTrainedOn) {
  const Outcome trained = run(train_line);
  ASSERT_EQ(trained.status, 0) << trained.err;
  const std::string notes = results()["data_notes"].dump();
  for (const char* part : {"'colour' holds words: 3 features", "decimal comma", "missing values filled in"})
    EXPECT_NE(notes.find(part), std::string::npos) << part << "\nis not in\n" << notes;

  const std::string rows = "colour;b;a;id\nred;0,25;0,5;1\nteal;0,25;;2\nlime;-5,1;4;3\n";
  write_text(f / "new.csv", rows);
  const Outcome of_file = run("score --model run --input new.csv"),
                of_pipe = pipe(rows, "score --model run --input -");
  EXPECT_EQ(of_file.status, 0) << of_file.err;
  EXPECT_EQ(of_pipe.status, 0) << of_pipe.err;
  EXPECT_EQ(of_pipe.out, of_file.out);
  for (const Outcome* outcome : {&of_file, &of_pipe}) {
    EXPECT_NE(outcome->err.find("'colour' holds words that the model was not trained on"), std::string::npos)
        << outcome->err;
    EXPECT_NE(outcome->err.find("filled in by the median"), std::string::npos) << outcome->err;
  }
  const Outcome why = run("explain --model run --input new.csv --quiet --top 9");
  EXPECT_EQ(why.status, 0) << why.err;
  EXPECT_NE(why.out.find(",colour=red,1,"), std::string::npos) << why.out;

  const Outcome again = run("evaluate --model run --scores again.csv");
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(text_of(f / "again.csv"), text_of(f / "run" / "scores.csv"));
  EXPECT_EQ(run("export --model run --format onnx --output m.onnx").status, 0);
  EXPECT_NE(text_of(f / "m.onnx").find("one_hot"), std::string::npos);
  const Outcome verified = run("verify run --again");
  EXPECT_EQ(verified.status, 0) << verified.out << verified.err;
}

TEST_F(TableOptionsCommand, RowsThatMissAValueAreLeftOut) {
  ASSERT_EQ(run("train --method knn --quiet --threads 1 --data t.csv --label-column state --columns a,b "
                "--missing drop "
                "--out run")
                .status,
            0);
  EXPECT_EQ(results()["n_test"].get<int>() + results()["n_train"].get<int>() > 40, true);
  const std::string rows = "a;b\n0,5;1\n;2\n0;3\n";
  write_text(f / "new.csv", rows);
  const Outcome of_file = run("score --model run --quiet --input new.csv"),
                of_pipe = pipe(rows, "score --model run --quiet --input -");
  EXPECT_EQ(of_file.status, 0) << of_file.err;
  EXPECT_EQ(of_pipe.status, 0) << of_pipe.err;
  EXPECT_EQ(of_pipe.out, of_file.out);
  EXPECT_NE(of_file.out.find("\n2,"), std::string::npos) << "row 2 keeps its number\n" << of_file.out;
  EXPECT_EQ(of_file.out.find("\n1,"), std::string::npos) << of_file.out;
}

TEST_F(TableOptionsCommand, EveryScoreSaysWhereItIsFrom) {
  ASSERT_EQ(run(train_line).status, 0);
  const std::string scores = text_of(f / "run" / "scores.csv");
  EXPECT_EQ(scores.rfind("index,label,class,score,path_or_row\n", 0), 0u) << scores.substr(0, 80);
  // The rows of the file are as labelled there.
  std::istringstream lines(scores);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const int row = std::stoi(line.substr(line.rfind(',') + 1));
    EXPECT_EQ(line[line.find(',') + 1], row % 6 == 0 ? '1' : '0') << line;
  }
  fs::create_directories(f / "parts" / "normal");
  fs::create_directories(f / "parts" / "abnormal");
  for (int i = 0; i < 12; ++i)
    write_text(f / "parts" / (i < 9 ? "normal" : "abnormal") / ("p" + std::to_string(i) + ".pgm"),
               "P2 2 2 255 " + std::to_string(i) + " 9 8 " + std::to_string(3 * i));
  ASSERT_EQ(run("train --method knn --quiet --threads 1 --data parts --out pictures").status, 0);
  EXPECT_NE(text_of(f / "pictures" / "scores.csv").find(",parts/abnormal/p11.pgm\n"), std::string::npos);
}

TEST_F(TableOptionsCommand, TwoFilesAndAnotherWorkingFolder) {
  write_text(f / "train.csv", "a,b\n1,2\n1.5,2.5\n1.25,2\n1,2.25\n");
  write_text(f / "test.csv", "b,a,label\n2,1,0\n9,9,1\n");
  ASSERT_EQ(
      run("train --method knn --quiet --threads 1 --data train.csv --test-data test.csv --out run").status,
      0);
  EXPECT_EQ(results()["n_test"], 2);
  EXPECT_EQ(results()["auc"], 1.0);
  fs::create_directories(f / "elsewhere");
  for (const char* line : {"verify ../run --again", "evaluate --model ../run",
                           "train --config ../run/config.json --out again --quiet"}) {
    const Outcome outcome = run_svdd(f / "elsewhere", words_of(line));
    EXPECT_EQ(outcome.status, 0) << line << '\n' << outcome.out << outcome.err;
  }
  EXPECT_EQ(text_of(f / "elsewhere" / "again" / "scores.csv"), text_of(f / "run" / "scores.csv"));
  fs::remove(f / "test.csv");
  const Outcome gone =
      run_svdd(f / "elsewhere", words_of("train --config ../run/config.json --out more --quiet"));
  EXPECT_EQ(gone.status, 1);
  EXPECT_NE(gone.err.find("where the run recorded it"), std::string::npos) << gone.err;
}

TEST_F(TableOptionsCommand, BadInputIsOneLine) {
  std::string wide = "1";
  for (int i = 0; i < 1'000'001; ++i) wide += ",1";
  write_text(f / "wide.csv", wide + '\n' + wide + '\n');
  write_text(f / "gap.csv", "a,b\n1,?\n2,?\n3,\n");
  write_text(f / "inf.csv", "a,b\n1,inf\n2,3\n");
  write_text(f / "empty.csv", "");
  write_text(f / "cut.csv.gz", "\x1f\x8b\x08");
  write_text(f / "odd.csv", std::string("\xff\xfe"
                                        "1\0,\0"
                                        "2",
                                        7));
  write_text(f / "clean.csv", "temperature,flow\n1,2\n3,4\n5,7\n");
  write_small_data(f);
  const std::string line = "train --method knn --quiet --out new --data ";
  expect_refused(
      f, {{line + "wide.csv", 1, "more than a million fields"},
          {line + "gap.csv", 1, "--missing median or --missing drop"},
          {line + "gap.csv --missing median", 1, "'b' holds no value"},
          {line + "gap.csv --missing drop", 1, "no row without a missing value"},
          {line + "inf.csv --missing median", 1, "'inf' is no finite number"},
          {line + "empty.csv", 1, "holds no rows"},
          {line + "cut.csv.gz", 1, "'cut.csv.gz'"},
          {line + "odd.csv", 1, "damaged UTF-16"},
          {line + "clean.csv --columns temprature", 1, "did you mean 'temperature'?"},
          {line + "clean.csv --test-data clean.csv", 2, "names the table of --data itself"},
          {line + "clean.csv --drop temperature,flow", 1, "no column but the label's"},
          {line + "clean.csv --missing often", 2, "expected refuse, median or drop"},
          {line + "clean.csv --columns ,", 2, "--columns"},
          {line + "clean.csv --test-data none.csv", 1, "--test-data 'none.csv': there is no such file here"},
          {line + "small --normal 3 --missing median", 2, "--missing is an option of tables"},
          {line + "strokes --normal 3 --columns a", 2, "--columns is an option of tables"},
          {"data info clean.csv --drop x", 1, "there is no column 'x'"},
          {"data info clean.csv --missing x", 2, "--missing"}});
}

}  // namespace table_options_test
}  // namespace
}  // namespace tools_test
