// svdd score --report: the page from the command.
#include <gtest/gtest.h>

#include "engine/random.h"
#include "refusals.h"
#include "small_data.h"

namespace score_report_test {

using namespace tools_test;

class ScoreReport : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    const fs::path f = scratch_->path;
    const engine::RandomStream noise(1, "tests/score_report");
    std::string train = "width,height,weight\n", rows = "width,height,weight\n";
    for (uint64_t i = 0; i < 600; ++i)
      (i < 450 ? train : rows) +=
          std::to_string(noise.normal(2 * i)) + ',' + std::to_string(noise.normal(2 * i + 1)) + ",5\n";
    write_text(f / "train.csv", train);
    write_text(f / "rows.csv", rows + "0,40,5\n");
    write_text(f / "two.csv", "width,height,weight\n0,0,5\n0,40,5\n");
    run_svdd(f, words_of("train --data train.csv --method knn --out rows --quiet --threads 1"));
    write_small_data(f);
    run_svdd(f, words_of(small_train + " --threads 1"));
    fs::create_directory(f / "photos");
    const std::string head = "P5 28 28 255\n";
    for (const auto& [name, grey] :
         {std::pair{"dark.pgm", '\x10'}, {"grey.pgm", '\x40'}, {"light.pgm", '\x7f'}}) {
      std::string pixels(28 * 28, grey);
      for (size_t i = 200; i < 260; ++i) pixels[i] = '\x7a';
      write_text(f / "photos" / name, head + pixels);
    }
    write_text(f / "photos" / "cut.pgm", head + "123");
  }
  static void TearDownTestSuite() { delete scratch_; }
  void SetUp() override { REQUIRE_SVDD(); }

  static Scratch* scratch_;
  const fs::path f = scratch_->path;
};
Scratch* ScoreReport::scratch_ = nullptr;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(ScoreReport, RowsOfATable) {
  const Outcome outcome =
      run_svdd(f, words_of("score --model rows --input rows.csv --output scores.csv --report page.html"));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const std::string page = text_of(f / "page.html");
  EXPECT_TRUE(has(page, "<h1>Scores of rows.csv</h1>"));
  EXPECT_TRUE(has(page, "The 100 with the highest scores of 151 samples; the other 51"));
  const size_t first = page.find("<th>row 150</th>"), reason = page.find("<b>height</b> 40 <span>usually ");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(page.find("<th>row "), first) << "the most anomalous first";
  EXPECT_LT(reason - first, 400u) << "by the column that makes it so";
  EXPECT_TRUE(has(page, "normal samples that the model was not trained on"));
  EXPECT_TRUE(has(page, "held out of training ("));
  // Of 151, a tenth by 90 samples: 15, give or take what chance does to both.
  EXPECT_TRUE(
      has(page, "about 15 would be called so, too: by chance 5 to 28 (3.3 % to 18.5 %) in 95 of 100 cases"))
      << page.substr(page.find("Were all of them"), 200);
  EXPECT_EQ(text_of(f / "scores.csv"),
            run_svdd(f, words_of("score --model rows --input rows.csv --report other.html")).out)
      << "the scores are those that are written without a page";
  EXPECT_EQ(text_of(f / "other.html"), page);
}

TEST_F(ScoreReport, TheThresholdAndWhatIsSelected) {
  const std::string line = "score --quiet --model rows --input two.csv --report asked.html ";
  EXPECT_EQ(run_svdd(f, words_of(line + "--threshold 3.5")).status, 0);
  EXPECT_TRUE(has(text_of(f / "asked.html"), "above the threshold of 3.5"));
  EXPECT_TRUE(has(text_of(f / "asked.html"), "The threshold was given"));
  EXPECT_EQ(run_svdd(f, words_of(line + "--false-alarm-rate 0.25 --select 0.2")).status, 0);
  EXPECT_TRUE(has(text_of(f / "asked.html"), "with a probability of at most 25 % (--false-alarm-rate)."));
  EXPECT_TRUE(has(text_of(f / "asked.html"), "1 are selected as discoveries: at most 20 %"));
  std::string drifted = "width,height,weight\n";
  for (int i = 0; i < 60; ++i) drifted += "9,9,5\n";
  write_text(f / "drifted.csv", drifted);
  EXPECT_EQ(
      run_svdd(f, words_of("score --quiet --model rows --input drifted.csv --report asked.html")).status, 0);
  EXPECT_TRUE(has(text_of(f / "asked.html"), "<b>Drift</b>from about sample "));
}

TEST_F(ScoreReport, ImagesWithPicturesAndMaps) {
  const Outcome outcome = run_svdd(f, words_of("score --model run --input photos --report photos.html"));
  EXPECT_EQ(outcome.status, 1) << "one is damaged";
  const std::string page = text_of(f / "photos.html");
  EXPECT_TRUE(has(page, "<b>1 without a score</b>") && has(page, "cut.pgm"));
  EXPECT_TRUE(has(page, "<use href=\"#maps\"/>") && has(page, "<use href=\"#thumbnails\"/>"));
  EXPECT_TRUE(has(page, "by occlusion and by gradient"));
  for (const char* name : {"dark.pgm", "grey.pgm", "light.pgm"})
    EXPECT_TRUE(has(page, std::string("<span title=\"photos/") + name + "\">" + name + "</span>")) << name;
}

TEST_F(ScoreReport, FilesOfOneNameAreToldByTheirFolders) {
  const std::string picture = "P5 28 28 255\n" + std::string(28 * 28, '\x20');
  for (const char* name : {"lines/a/1/x.pgm", "lines/b/1/x.pgm", "lines/b/1/y.pgm", "lines/b/1/xx.pgm"}) {
    fs::create_directories((f / name).parent_path());
    write_text(f / name, picture);
  }
  EXPECT_EQ(run_svdd(f, words_of("score --quiet --model run --input lines --report lines.html")).status, 0);
  const std::string page = text_of(f / "lines.html");
  for (const char* shown : {">a/1/x.pgm</span>", ">b/1/x.pgm</span>", ">y.pgm</span>", ">xx.pgm</span>"})
    EXPECT_TRUE(has(page, shown)) << shown;
}

TEST_F(ScoreReport, ScoresAndPageComeTogetherOrNotAtAll) {
  write_text(f / "kept.csv", "before");
  for (const char* page : {"/dev/full", "none/page.html"})
    for (const char* scores_file : {"fresh.csv", "kept.csv"}) {
      const Outcome outcome = run_svdd(
          f, {"score", "--model", "rows", "--input", "two.csv", "--output", scores_file, "--report", page});
      EXPECT_EQ(outcome.status, 1);
      EXPECT_TRUE(has(outcome.err, page)) << outcome.err;
    }
  EXPECT_FALSE(fs::exists(f / "fresh.csv"));
  EXPECT_EQ(text_of(f / "kept.csv"), "before");
  const Outcome metrics = run_svdd(f, words_of("evaluate --model run --output /dev/full --scores fresh.csv"));
  EXPECT_EQ(metrics.status, 1);
  EXPECT_TRUE(has(metrics.err, "/dev/full")) << metrics.err;
  EXPECT_FALSE(fs::exists(f / "fresh.csv"));
}

TEST_F(ScoreReport, WhatCannotBeIsRefused) {
  const std::string line = "score --model rows --input two.csv --report ";
  expect_refused(
      f, {{"score --model rows --input - --report page2.html", 2, "--report shows the most anomalous"},
          {line + "two.csv", 1, "two.csv"},
          {line + "same.html --output ./same.html", 2, "name the same file"},
          {line + "rows/report.html", 2, "report.html"},
          {line + "none/page.html", 1, "none/page.html"},
          {"score --model rows --input none.csv --report page2.html", 1, "none.csv"}});
}

}  // namespace score_report_test
