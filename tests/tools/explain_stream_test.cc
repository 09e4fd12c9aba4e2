// svdd explain --input -: rows and paths over a pipe.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "small_data.h"

namespace {

using namespace tools_test;

class ExplainStreamCommand : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    const fs::path f = scratch_->path;
    std::string train = "a,b,c\n";
    for (int i = 0; i < 60; ++i)
      train += std::to_string(i % 7) + ',' + std::to_string(i % 5) + ',' + std::to_string(i % 3) + '\n';
    write_text(f / "train.csv", train);
    run_svdd(f, words_of("train --data train.csv --method mahalanobis --out run --quiet --threads 1"));
    write_small_data(f);
    run_svdd(f, words_of("train --data small --normal 3 --method kde --out pictures --quiet --threads 1"));
  }
  static void TearDownTestSuite() { delete scratch_; }
  void SetUp() override { REQUIRE_SVDD(); }

  Outcome explain(const std::string& text, const std::string& options = "",
                  const std::string& model = "run") {
    write_text(f / "in", text);
    return run_svdd(f, words_of("explain --model " + model + " --input - " + options), {}, f / "in");
  }
  static int64_t lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }

  static Scratch* scratch_;
  const fs::path f = scratch_->path;
};
Scratch* ExplainStreamCommand::scratch_ = nullptr;

TEST_F(ExplainStreamCommand, TheTableIsThatOfTheFile) {
  std::string rows = "c,a,b\n";
  for (int i = 0; i < 5000; ++i) rows += std::to_string(i % 11) + ",2," + std::to_string(i % 13) + '\n';
  write_text(f / "rows.csv", rows);
  for (const char* by : {"", " --by gradient", " --top 1"}) {
    const Outcome of_file = run_svdd(f, words_of("explain --model run --input rows.csv" + std::string(by))),
                  of_pipe = explain(rows, by);
    EXPECT_EQ(of_file.status, 0) << of_file.err;
    EXPECT_EQ(of_pipe.status, 0) << of_pipe.err;
    EXPECT_EQ(of_pipe.out, of_file.out) << by;
    EXPECT_GT(lines(of_pipe.out), 5000);
  }
  const Outcome to_file = explain(rows, "--output why.csv"), to_folder = explain(rows, "--out why");
  EXPECT_EQ(to_file.status + to_folder.status, 0) << to_file.err << to_folder.err;
  EXPECT_EQ(to_file.out + to_folder.out, "");
  EXPECT_EQ(text_of(f / "why.csv"), explain(rows).out);
  EXPECT_EQ(text_of(f / "why" / "columns.csv"), text_of(f / "why.csv"));
}

TEST_F(ExplainStreamCommand, ARowIsAnsweredBeforeTheNextOneComes) {
  ASSERT_EQ(mkfifo((f / "pipe").c_str(), 0600), 0);
  const pid_t child = start_svdd(f, words_of("explain --model run --input - --top 1 --quiet"), f / "answers",
                                 f / "said", f / "pipe");
  const int pipe = open((f / "pipe").c_str(), O_WRONLY);
  ASSERT_GE(pipe, 0);
  for (int i = 1; i <= 3; ++i) {
    ASSERT_EQ(write(pipe, "1,2,9\n", 6), 6);
    EXPECT_TRUE(wait_while_running(child, [&] { return lines(text_of(f / "answers")) == i + 1; }))
        << text_of(f / "said");
  }
  kill(child, SIGTERM);
  int status = 0;
  waitpid(child, &status, 0);
  close(pipe);
  EXPECT_EQ(text_of(f / "said"), "svdd: stopped by a signal; 3 samples were answered before it\n");
}

TEST_F(ExplainStreamCommand, WhatIsNoRowIsPassedOver) {
  const Outcome outcome = explain("a,b,c\n1,2,3\n1,2\n1,x,3\n3e38,-3e38,3e38\n4,5,6\n", "--top 1");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.out.starts_with("path_or_row,score,rank,column,value,usual,change\n0,")) << outcome.out;
  EXPECT_NE(outcome.out.find("\n4,"), std::string::npos) << outcome.out;
  EXPECT_EQ(lines(outcome.out), 3) << outcome.out;
  for (const char* line : {"passed over: standard input, line 3: there are 2 fields, expected 3",
                           "passed over: standard input, line 4, column 2: 'x' is no finite number",
                           "passed over: row 3 of standard input: its score is not finite",
                           "svdd: 3 of the 5 samples could not be explained; all others are\n"})
    EXPECT_NE(outcome.err.find(line), std::string::npos) << line << '\n' << outcome.err;
  const Outcome none = explain("1,2\n", "--output none.csv"), empty = explain("", "--output none.csv");
  EXPECT_EQ(none.status, 1);
  EXPECT_EQ(empty.err, "svdd: standard input holds no samples\n");
  EXPECT_FALSE(fs::exists(f / "none.csv"));
  EXPECT_EQ(explain("", "--out no/where").status, 1);
  EXPECT_FALSE(fs::exists(f / "no")) << "what was made for nothing goes again";
  const Outcome most = explain("1,2,3\n", "--most 1");
  EXPECT_EQ(most.status, 2);
  EXPECT_NE(most.err.find("those of --input - are answered one by one"), std::string::npos) << most.err;
}

TEST_F(ExplainStreamCommand, MapsOfTheImagesByTheirPaths) {
  const std::string header = "P5 28 28 255\n";
  fs::create_directory(f / "other");
  write_text(f / "one.pgm", header + std::string(28 * 28, '\x20'));
  write_text(f / "two.pgm", header + std::string(28 * 14, '\x40') + std::string(28 * 14, '\x10'));
  write_text(f / "other" / "one.pgm", header + std::string(28 * 28, '\x60'));
  write_text(f / "cut.pgm", header + "123");
  const Outcome missing = explain("one.pgm\n", "", "pictures");
  EXPECT_EQ(missing.status, 2);
  EXPECT_NE(missing.err.find("--out is missing"), std::string::npos) << missing.err;
  fs::create_directory(f / "there");
  EXPECT_EQ(explain("cut.pgm\n", "--out no/where", "pictures").status, 1);
  EXPECT_EQ(explain("cut.pgm\n", "--out there", "pictures").status, 1);
  EXPECT_FALSE(fs::exists(f / "no"));
  EXPECT_TRUE(fs::exists(f / "there"));
  const Outcome outcome = explain("\xef\xbb\xbfone.pgm\ncut.pgm\ntwo.pgm\nother/one.pgm\nmaps/two-map.png\n",
                                  "--out maps", "pictures");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_NE(outcome.err.find("'cut.pgm' is truncated"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("3 maps in 'maps'\n"), std::string::npos) << outcome.err;
  const std::string list = text_of(f / "maps" / "maps.csv");
  EXPECT_TRUE(list.starts_with("path_or_row,score,map\none.pgm,")) << list;
  EXPECT_NE(list.find(",2-one-map.png\n"), std::string::npos) << list;
  EXPECT_EQ(lines(list), 4) << list;
  // The maps are those of the files.
  EXPECT_EQ(run_svdd(f, words_of("explain --model pictures --input two.pgm --out alone --quiet")).status, 0);
  EXPECT_EQ(text_of(f / "maps" / "two-map.png"), text_of(f / "alone" / "two-map.png"));
}

// What is read stays, also where a map would get its name.
TEST_F(ExplainStreamCommand, NoImageIsReplacedByAMap) {
  const std::string picture = "P5 28 28 255\n" + std::string(28 * 28, '\x20');
  fs::create_directory(f / "album");
  write_text(f / "album" / "x.pgm", picture);
  write_text(f / "album" / "x-map.png", picture);
  const Outcome outcome = explain("album/x-map.png\nalbum/x.pgm\n", "--out album", "pictures");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(text_of(f / "album" / "x-map.png"), picture);
  EXPECT_TRUE(fs::exists(f / "album" / "x-map-map.png"));
  EXPECT_NE(outcome.err.find("passed over: --out 'album/x-map.png' is the file"), std::string::npos)
      << outcome.err;
  // Nor is a map that was made just now taken for an image.
  fs::remove(f / "album" / "x-map.png");
  ASSERT_EQ(mkfifo((f / "paths").c_str(), 0600), 0);
  const pid_t child = start_svdd(f, words_of("explain --model pictures --input - --out album --quiet"),
                                 f / "answers", f / "said", f / "paths");
  const int pipe = open((f / "paths").c_str(), O_WRONLY);
  ASSERT_GE(pipe, 0);
  ASSERT_EQ(write(pipe, "album/x.pgm\n", 12), 12);
  ASSERT_TRUE(wait_while_running(child, [&] { return fs::exists(f / "album" / "x-map.png"); }))
      << text_of(f / "said");
  ASSERT_EQ(write(pipe, "album/x-map.png\n", 16), 16);
  close(pipe);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_NE(text_of(f / "said").find("'album/x-map.png' is a map that was made just now\n"),
            std::string::npos)
      << text_of(f / "said");
}

}  // namespace
