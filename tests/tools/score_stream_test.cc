// svdd score --input -: rows and paths over a pipe.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstdlib>

#include "engine/random.h"
#include "small_data.h"
#include "tools/input/line_input.h"

namespace {

using namespace tools_test;

std::string row_of(int64_t i, const engine::RandomStream& stream) {
  std::string row;
  for (uint64_t c = 0; c < 3; ++c)
    row += (c ? "," : "") + std::to_string(stream.normal(static_cast<uint64_t>(i) * 3 + c));
  return row + '\n';
}

class ScoreStreamCommand : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    const fs::path f = scratch_->path;
    const engine::RandomStream stream(1, "rows");
    std::string train = "a,b,c\n", rows = "c,a,other,b\n", long_table = "a,b,c\n";
    for (int64_t i = 0; i < 120; ++i) train += row_of(i, stream);
    for (int64_t i = 120; i < 10'000; ++i) long_table += row_of(i, stream);
    for (int i = 0; i < 5; ++i) rows += "0.5,-0.25,7," + std::to_string(i) + '\n';
    write_text(f / "train.csv", train);
    write_text(f / "rows.csv", rows);
    write_text(f / "long.csv", long_table);
    run_svdd(f, words_of("train --data train.csv --method mahalanobis --out run --quiet --threads 1"));
    write_small_data(f);
    run_svdd(f, words_of("train --data small --normal 3 --method kde --out pictures --quiet --threads 1"));
  }
  static void TearDownTestSuite() { delete scratch_; }
  void SetUp() override { REQUIRE_SVDD(); }

  // Of standard input that holds this text.
  Outcome score(const std::string& text, const std::string& options = "", const std::string& model = "run") {
    write_text(f / "in", text);
    return run_svdd(f, words_of("score --model " + model + " --input - " + options), {}, f / "in");
  }

  static Scratch* scratch_;
  const fs::path f = scratch_->path;
};
Scratch* ScoreStreamCommand::scratch_ = nullptr;

TEST_F(ScoreStreamCommand, TheScoresAreThoseOfTheFile) {
  for (const char* name : {"rows.csv", "long.csv"}) {
    const Outcome of_file = run_svdd(f, {"score", "--model", "run", "--input", name});
    const Outcome of_pipe = score(text_of(f / name));
    EXPECT_EQ(of_file.status, 0) << of_file.err;
    EXPECT_EQ(of_pipe.status, 0) << of_pipe.err;
    EXPECT_EQ(of_pipe.out, of_file.out) << name;
  }
  const Outcome noted = score(text_of(f / "rows.csv"));
  EXPECT_NE(noted.err.find("'other' is passed over"), std::string::npos) << noted.err;
}

TEST_F(ScoreStreamCommand, WithoutAHeaderTheColumnsAreTheModels) {
  const Outcome named = score("a,b,c\n1,2,3\n4,5,6\n"), plain = score("1,2,3\n4,5,6"),
                windows = score("1;2;3\r\n\r\n4;5;6\r\n"), spaced = score("a b c\n1 2 3\n4 5 6\n");
  EXPECT_EQ(named.status, 0) << named.err;
  for (const Outcome* other : {&plain, &windows, &spaced}) {
    EXPECT_EQ(other->status, 0) << other->err;
    EXPECT_EQ(other->out, named.out);
  }
}

TEST_F(ScoreStreamCommand, ARowIsAnsweredBeforeTheNextOneComes) {
  ASSERT_EQ(mkfifo((f / "pipe").c_str(), 0600), 0);
  const pid_t child =
      start_svdd(f, words_of("score --model run --input - --quiet"), f / "answers", f / "said", f / "pipe");
  const int pipe = open((f / "pipe").c_str(), O_WRONLY);
  ASSERT_GE(pipe, 0);
  const auto answers = [&] {
    const std::string text = text_of(f / "answers");
    return std::count(text.begin(), text.end(), '\n');
  };
  for (int i = 1; i <= 3; ++i) {
    ASSERT_EQ(write(pipe, "1,2,3\n", 6), 6);
    EXPECT_TRUE(wait_while_running(child, [&] { return answers() == i + 1; })) << text_of(f / "said");
  }
  close(pipe);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << text_of(f / "said");
}

// What was answered is answered, and a signal says so; a file comes whole or not at all.
TEST_F(ScoreStreamCommand, ASignalTellsHowManyWereAnswered) {
  ASSERT_EQ(mkfifo((f / "stopped").c_str(), 0600), 0);
  for (const bool to_file : {false, true}) {
    const std::string line =
        "score --model run --input - --quiet" + std::string(to_file ? " --output rows.out" : "");
    const pid_t child = start_svdd(f, words_of(line), f / "answered", f / "complaint", f / "stopped");
    const int pipe = open((f / "stopped").c_str(), O_WRONLY);
    ASSERT_GE(pipe, 0);
    ASSERT_EQ(write(pipe, "1,2,3\n4,5,6\n", 12), 12);
    if (to_file)
      usleep(300'000);  // whether it has come so far or not, nothing is kept
    else
      ASSERT_TRUE(wait_while_running(child, [&] {
        const std::string text = text_of(f / "answered");
        return std::count(text.begin(), text.end(), '\n') == 3;
      })) << text_of(f / "complaint");
    kill(child, SIGINT);
    int status = 0;
    waitpid(child, &status, 0);
    close(pipe);
    if (WIFSIGNALED(status)) continue;  // before it listened to signals
    EXPECT_EQ(text_of(f / "complaint"),
              to_file ? "svdd: stopped by a signal; nothing was kept\n"
                      : "svdd: stopped by a signal; 2 samples were answered before it\n");
    EXPECT_FALSE(fs::exists(f / "rows.out"));
  }
}

TEST_F(ScoreStreamCommand, LinesOfJson) {
  const Outcome lines = score("1,2,3\n", "--output-format jsonl");
  EXPECT_TRUE(lines.out.starts_with("{\"row\":0,\"score\":")) << lines.out;
  EXPECT_TRUE(lines.out.ends_with("}\n")) << lines.out;
  const Outcome of_file =
      run_svdd(f, words_of("score --model run --input rows.csv --select 0.5 --output-format jsonl"));
  EXPECT_NE(of_file.out.find(",\"is_selected\":"), std::string::npos) << of_file.out << of_file.err;
}

TEST_F(ScoreStreamCommand, WhatIsNoRowIsPassedOver) {
  const Outcome outcome = score("a,b,c\n1,2,3\n1,2\n1,x,3\n1,2,\"3\n4\"\n1,,3\n1,2,1e60\n4,5,6\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.out.starts_with("path_or_row,score,p_value,is_anomaly\n0,")) << outcome.out;
  EXPECT_NE(outcome.out.find("\n6,"), std::string::npos) << outcome.out;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 3) << outcome.out;
  for (const char* line :
       {"passed over: standard input, line 3: there are 2 fields, expected 3",
        "line 4, column 2: 'x' is no finite number; the column is named 'b'", "line 5, column 3",
        "line 7, column 2", "line 8, column 3", "svdd: 5 of the 7 samples could not be read"})
    EXPECT_NE(outcome.err.find(line), std::string::npos) << line << '\n' << outcome.err;
}

TEST_F(ScoreStreamCommand, WhatCannotFitTheModelEndsIt) {
  for (const auto& [text, why] : std::vector<std::pair<std::string, std::string>>{
           {"", "standard input holds no samples"},
           {"\n \n", "standard input holds no samples"},
           {"a,b,c\n", "standard input holds no samples"},
           {"1,2\n3,4\n", "there are 2 features; expected 3"},
           {"a,b,d\n1,2,3\n", "'c' is missing"},
           {std::string("1,2,\0", 5), "zero bytes"},
           {std::string("\xff\xfe"
                        "1\0,\0",
                        6),
            "is in UTF-16; expected rows of a table"},
           {std::string("1\0,\0"
                        "2\0\n\0",
                        8),
            "as UTF-16 does; expected"},
           {"\x1f\x8b\x08", "is packed by gzip; expected rows of a table, one a line: gunzip -c"},
           {"\x89PNG\r\n\x1a\n", "is an image; expected rows of a table"},
           {"1,\"2,3\n", "never ends"}}) {
    const Outcome outcome = score(text, "--output new.csv");
    EXPECT_EQ(outcome.status, 1) << text;
    EXPECT_NE(outcome.err.find(why), std::string::npos) << text << '\n' << outcome.err;
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_FALSE(fs::exists(f / "new.csv"));
  }
  const Outcome selected = score("1,2,3\n", "--select 0.1"), format = score("1,2,3\n", "--output-format xml");
  EXPECT_EQ(selected.status, 2);
  EXPECT_EQ(format.status, 2);
  EXPECT_EQ(selected.out + format.out, "");
}

// Whatever comes first, or is a slip that could swallow what follows.
TEST_F(ScoreStreamCommand, ABadRowTakesNoScoreFromTheOthers) {
  const std::string alone = score("1,2,3\n").out, answer = alone.substr(alone.find("\n0,") + 2);
  for (const char* before : {",2,3\n", "a,b,c\n1,2,?\n", "a,b,c\n1,\"2,3\n"}) {
    const Outcome outcome = score(before + std::string("1,2,3\n"));
    EXPECT_EQ(outcome.status, 1) << before;
    EXPECT_EQ(outcome.out, "path_or_row,score,p_value,is_anomaly\n1" + answer) << before << outcome.err;
  }
  std::string rows = "a,b,c\n1,\"2,3\n";
  for (int i = 0; i < 20'000; ++i) rows += "1,2,3\n";
  const Outcome many = score(rows);
  EXPECT_EQ(std::count(many.out.begin(), many.out.end(), '\n'), 20'001) << many.err;
  const Outcome lines = score("1,2,3\n1,2\n1,2,3\n", "--output-format jsonl");
  EXPECT_NE(lines.out.find("\n{\"row\":1,\"error\":\"standard input, line 2: there are 2 fields"),
            std::string::npos)
      << lines.out;
  EXPECT_NE(lines.out.find("\n{\"row\":2,\"score\":"), std::string::npos) << lines.out;
  const Outcome none = score("1,2,?\n?,2,3\n", "--output none.csv"), single = score("1,2,?\n");
  EXPECT_EQ(none.status, 1);
  EXPECT_NE(none.err.find("svdd: none of the 2 samples could be read\n"), std::string::npos) << none.err;
  EXPECT_NE(single.err.find("svdd: the only sample could not be read\n"), std::string::npos) << single.err;
  EXPECT_FALSE(fs::exists(f / "none.csv"));
  const Outcome old_ends = score("a,b,c\r1,2,3\r4,5,6\r");
  EXPECT_EQ(std::count(old_ends.out.begin(), old_ends.out.end(), '\n'), 3) << old_ends.err;
}

// Whoever comes to a stream late finds half a row, or a greeting.
TEST_F(ScoreStreamCommand, AFirstLineThatIsNoPartOfTheTableIsPassedOver) {
  const std::string alone = score("1,2,3\n").out, answer = alone.substr(alone.find("\n0,") + 2);
  for (const char* before :
       {"hello\n", "# a log, of today\n", "2,3\n", "3\n", ",\"\n", "{\"a\": 1}\n", "1,2,3,4\n"})
    for (const char* header : {"", "a,b,c\n"}) {
      const Outcome outcome = score(before + std::string(header) + "1,2,3\n");
      EXPECT_EQ(outcome.status, 1) << before;
      EXPECT_EQ(outcome.out, "path_or_row,score,p_value,is_anomaly\n1" + answer) << before << outcome.err;
      EXPECT_NE(
          outcome.err.find("passed over: standard input, line 1: it is neither a header with the model's "
                           "columns nor a row of them\n"),
          std::string::npos)
          << before << outcome.err;
    }
  const Outcome several = score("hello\n\nof the\nsensor\n1,2,3\n", "--output-format jsonl");
  EXPECT_NE(several.out.find("{\"row\":2,\"error\":\"standard input, line 4: it is neither"),
            std::string::npos)
      << several.out;
  EXPECT_NE(several.out.find("{\"row\":3,\"score\":"), std::string::npos) << several.out << several.err;
  // What names other columns is a header that does not fit: its rows would be taken for what they are not.
  for (const char* names : {"a,b,d\n", "x,y,z\n", "a,b\n"}) {
    const Outcome outcome = score(names + std::string("1,2,3\n"));
    EXPECT_NE(outcome.err.find("missing"), std::string::npos) << names << outcome.err;
    EXPECT_EQ(outcome.out, "") << names;
  }
  const Outcome asked = score("hello\n1,2,3\n", "--header yes");
  EXPECT_EQ(asked.out, "") << "it is to be one";
}

TEST_F(ScoreStreamCommand, ImagesByTheirPaths) {
  const std::string header = "P5 28 28 255\n";
  write_text(f / "one.pgm", header + std::string(28 * 28, '\x20'));
  write_text(f / "two, and more.pgm", header + std::string(28 * 28, '\x40'));
  write_text(f / "cut.pgm", header + "123");
  mkfifo((f / "fifo").c_str(), 0600);
  const Outcome outcome = score("one.pgm\nnone.pgm\ncut.pgm\n.\nfifo\ntwo, and more.pgm\n", "", "pictures");
  const Outcome zeros = score(std::string("one.pgm\0cut.pgm\0", 16), "", "pictures");
  EXPECT_EQ(zeros.status, 1);
  EXPECT_EQ(zeros.out, "");
  EXPECT_NE(zeros.err.find("zero bytes"), std::string::npos) << zeros.err;
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.out.find("\none.pgm,"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("\n\"two, and more.pgm\","), std::string::npos) << outcome.out;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 3) << outcome.out;
  for (const char* line : {"the image 'none.pgm' does not exist", "'cut.pgm' is truncated", "'.' is a folder",
                           "'fifo' is no regular file", "svdd: 4 of the 6 samples could not be read"})
    EXPECT_NE(outcome.err.find(line), std::string::npos) << line << '\n' << outcome.err;
}

TEST_F(ScoreStreamCommand, ThePathsOfImagesMayLookLikeAnything) {
  const std::string picture = "P5 28 28 255\n" + std::string(28 * 28, '\x20');
  for (const char* name : {"P5 one.pgm", "GIF89a.pgm"}) write_text(f / name, picture);
  const Outcome outcome = score("P5 one.pgm\nGIF89a.pgm\n", "", "pictures");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const Outcome packed = score("\x1f\x8b\x08", "", "pictures");
  EXPECT_NE(packed.err.find("is packed by gzip; expected the paths of images, one a line"), std::string::npos)
      << packed.err;
}

// A file's bad row ends it; the message says what does not.
TEST_F(ScoreStreamCommand, AFileSaysHowItsBadRowsArePassedOver) {
  write_text(f / "bad.csv", "a,b,c\n1,2,3\n1,x,3\n");
  write_text(f / "gap.csv", "a,b,c\n1,2,3\n1,,3\n");
  for (const char* name : {"bad.csv", "gap.csv"}) {
    const Outcome outcome = run_svdd(f, {"score", "--model", "run", "--input", name});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_TRUE(
        outcome.err.ends_with("; --input - reads the rows from standard input, and passes over such ones\n"))
        << outcome.err;
  }
  write_text(f / "names.csv", "a,b,d\n1,2,3\n");
  const Outcome names = run_svdd(f, {"score", "--model", "run", "--input", "names.csv"});
  EXPECT_EQ(names.err.find("--input -"), std::string::npos) << names.err;
}

TEST(LineInput, EndsOfLinesAndOfBlocks) {
  const Scratch scratch;
  std::string text = "first\r\n\nsecond\rthird";
  text += std::string(200'000, 'x') + "\nlast";
  write_text(scratch.path / "t", text);
  const int file = open((scratch.path / "t").c_str(), O_RDONLY);
  tools::LineInput lines(file, "t");
  std::vector<std::string> found;
  for (std::string line; lines.ready() && lines.next(line);) found.push_back(line);
  EXPECT_EQ(found,
            (std::vector<std::string>{"first", "", "second", "third" + std::string(200'000, 'x'), "last"}));
  EXPECT_EQ(lines.number(), 5);
  close(file);
}

}  // namespace
