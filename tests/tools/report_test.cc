#include "tools/report/report.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/files/atomic_file.h"
#include "engine/files/in_quotes.h"
#include "engine/files/sha256.h"
#include "svdd/model_folder.h"
#include "tools/report/image_grid.h"
#include "tools/report/map_overlay.h"

namespace tools {
namespace {

namespace fs = std::filesystem;

bool page_has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

constexpr const char* results = R"({
  "method": "deep-svdd", "dataset": "mnist", "normal": [3], "objective": "soft-boundary", "seed": 7, "device": "cpu",
  "threads": 2, "n_train": 6131, "n_test": 6, "auc": 0.875, "average_precision": 0.9167, "auc_ci95": [0.7, 0.98],
  "ae_auc": 0.8, "untrained_auc": 0.6123, "fpr95": 0.5, "f1": 0.75, "best_f1": 0.8571, "threshold": 0.45,
  "score_std": 0.25, "distinct_scores": 6, "collapsed": false, "pretrain_seconds": 61, "train_seconds": 30.5,
  "score_seconds": 0.1, "peak_memory_mb": 210.5, "weights_sha256": "00ff", "scores_sha256": "beef", "version": "0.1.0"
})";
constexpr const char* scores =  // pairs ranked right: 7 of 8
    "index,label,class,score\n0,0,3,0.1\n1,0,3,0.5\n2,1,8,0.4\n3,1,8,0.6\n4,1,0,0.7\n5,1,0,0.9\n";
constexpr const char* history =
    "phase,epoch,loss,lr,radius,seconds\npretrain,0,30,1e-4,,1\npretrain,1,20,1e-5,,1\n"
    "train,0,1,1e-4,0.5,1\ntrain,1,0.01,1e-4,0.25,1\n";

class Report : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("svdd_report_test." + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directory(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    engine::write_file_atomically(folder_ / name, text);
  }
  void write_whole_run() {
    write("results.json", results);
    write("scores.csv", scores);
    write("history.csv", history);
    write("config.json", "{\"method\": \"deep-svdd\", \"note\": \"</pre><script>\"}");
    const std::vector<float> images(4, 0.5f);
    write_grid(folder_ / "normals.png", {images, 4, 1, 1, 1});
    write_grid(folder_ / "outliers.png", {images, 4, 1, 1, 1});
  }
  std::string page() {
    write_report(folder_);
    return engine::read_file(folder_ / "report.html");
  }
  // The message of the one-line error; the page must not have been written.
  std::string error() {
    fs::remove(folder_ / "report.html");
    try {
      write_report(folder_);
    } catch (const std::runtime_error& e) {
      EXPECT_FALSE(fs::exists(folder_ / "report.html"));
      EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
      return e.what();
    }
    return "no error";
  }
  fs::path folder_;
};

TEST_F(Report, ShowsAWholeRun) {
  write_whole_run();
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "<title>Deep SVDD on MNIST, normal class 3: AUC 87.50 %</title>"));
  EXPECT_TRUE(page_has(html, "<h1>Deep SVDD on MNIST</h1>"));
  EXPECT_TRUE(page_has(html, "95 % interval 70.00 – 98.00 %"));
  EXPECT_TRUE(page_has(html, "26.27 points above the untrained network, 7.50 points above the autoencoder"));
  EXPECT_TRUE(page_has(html, "catches 75.0 % of the anomalies and flags 50.0 % of the normal samples"));
  EXPECT_TRUE(page_has(html, "Loss: pretrain") && page_has(html, "Loss: train") &&
              page_has(html, "Radius: train"));
  EXPECT_FALSE(page_has(html, "Radius: pretrain"));
  EXPECT_TRUE(page_has(html, "lr 1e-5"));
  EXPECT_EQ(count_of(html, "<svg class=\"chart\""), 6u);  // comparison, ROC, histogram, two losses, a radius
  EXPECT_EQ(count_of(html, "data:image/png;base64,iVBORw0KGgo"), 2u);
  EXPECT_TRUE(page_has(html, "svdd train --config "));
  EXPECT_TRUE(page_has(html, "1 min 32 s"));  // 61 + 30.5 seconds
  EXPECT_FALSE(page_has(html, "Left out of this page"));
}

TEST_F(Report, IsOnePageThatAsksNothingOfTheNetwork) {
  write_whole_run();
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "default-src 'none'"));
  for (const char* outside : {"<script", "<link", "@import", "url(", "src=\"http", "href=\"http"})
    EXPECT_FALSE(page_has(html, outside)) << outside;
  EXPECT_EQ(html, page());  // and is the same every time
}

TEST_F(Report, RanksTheHardestClassFirst) {
  write_whole_run();
  const std::string html = page();
  // Class 8 (0.4, 0.6) against normal (0.1, 0.5): 3 of 4 pairs; class 0: all.
  const size_t hard = html.find("<th>8</th>"), easy = html.find("<th>0</th>");
  ASSERT_NE(hard, std::string::npos);
  ASSERT_NE(easy, std::string::npos);
  EXPECT_LT(hard, easy);
  EXPECT_TRUE(page_has(html.substr(hard, easy - hard), ">75.00 %<"));
  EXPECT_TRUE(page_has(html.substr(easy, 200), ">100.00 %<"));
}

TEST_F(Report, NamesClassesWhereTheRunDoes) {
  write("results.json", R"({"normal": [1, 7], "class_names": ["cat", "1", "<dog>"], "auc": 0.5})");
  write("scores.csv", "index,label,class,score\n0,0,1,1\n1,1,0,2\n2,1,2,3\n3,1,-1,4\n");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "<span>normal classes</span> 1, 7 "));
  EXPECT_TRUE(page_has(html, "<th>0 (cat)</th>") && page_has(html, "<th>2 (&lt;dog&gt;)</th>") &&
              page_has(html, "<th>-1</th>"));
}

TEST_F(Report, ShowsWhatAMethodAdds) {
  write("results.json",
        R"({"gamma": 0.125, "spheres": 7, "recipe": "theano", "nested": {"deep": [1]}, "none": null})");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "<th>gamma</th><td class=\"n\">0.125</td>"));
  EXPECT_TRUE(page_has(html, "<th>spheres</th><td class=\"n\">7</td>"));
  EXPECT_TRUE(page_has(html, "<th>recipe</th><td><code>theano</code></td>"));
  EXPECT_FALSE(page_has(html, "nested") || page_has(html, ">none<"));
}

TEST_F(Report, NeedsResultsAlone) {
  write("results.json", "{}");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "No AUC."));
  for (const char* file : {"scores.csv", "history.csv", "config.json", "normals.png", "outliers.png"})
    EXPECT_TRUE(page_has(html, std::string("<li>") + file + " is missing")) << file;
  EXPECT_EQ(count_of(html, "<svg"), 0u);
}

TEST_F(Report, OneClassHasNoRocAndSaysSo) {
  write("results.json", R"({"auc": null, "auc_ci95": [null, null], "f1": null, "threshold": 0.2})");
  write("scores.csv", "index,label,class,score\n0,0,3,0.1\n1,0,3,0.5\n");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "The test set holds normal samples only; an AUC needs both."));
  EXPECT_TRUE(page_has(html, "scores.csv holds normal samples only: no ROC curve."));
  EXPECT_FALSE(page_has(html, "<b>ROC curve</b>"));
  EXPECT_TRUE(page_has(html, "<b>Scores of the test samples</b>"));
}

TEST_F(Report, NumbersThatAreNoneAreLeftOutWithAWord) {
  write("results.json", R"({"auc": 0.5})");
  write("scores.csv", "index,label,class,score\n0,0,3,nan\n1,1,8,0.5\n2,1,8,inf\n");
  write("history.csv", "phase,epoch,loss\ntrain,0,1\ntrain,1,nan\ntrain,2,\ntrain,3,inf\ntrain,4,1\n");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "1 scores in scores.csv are NaN: no ROC curve."));
  EXPECT_TRUE(page_has(html, "3 losses of phase &#39;train&#39; in history.csv are missing or not finite"));
}

TEST_F(Report, WarnsOfACollapse) {
  write("results.json",
        R"({"auc": 0.61, "untrained_auc": 0.7, "collapsed": true, "warnings": ["a <b> & c"]})");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "The network has collapsed."));
  EXPECT_TRUE(page_has(html, "a &lt;b&gt; &amp; c"));
  EXPECT_TRUE(page_has(html, "Training has not helped"));
  write("results.json", results);
  EXPECT_FALSE(page_has(page(), "The network has collapsed."));
}

TEST_F(Report, ChecksTheReceiptAgainstTheScores) {
  write("scores.csv", "index,label,class,score\n0,0,a,1\n1,1,b,-2.5\n");
  const unsigned char bytes[] = {0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0};  // 1.0f, -2.5f, little-endian
  const std::string good = engine::sha256_hex(bytes, sizeof bytes);
  write("results.json", "{\"auc\": 0, \"scores_sha256\": \"" + good + "\"}");
  EXPECT_TRUE(page_has(page(), "matches scores.csv"));
  write("results.json", R"({"auc": 1, "scores_sha256": "0000"})");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "scores.csv gives another"));
  EXPECT_TRUE(page_has(html, "scores.csv gives an AUC of 0.00 %, results.json one of 100.00 %"));
}

TEST_F(Report, EscapesWhateverTheFilesSay) {
  const std::string evil = "<script>alert(1)</script>";
  write("results.json", "{\"method\": \"" + evil + "\", \"dataset\": \"" + evil + "\", \"normal\": [\"" +
                            evil + "\"], \"objective\": \"" + evil + "\", \"device\": \"" + evil +
                            "\", \"version\": \"" + evil + "\", \"weights_sha256\": \"" + evil +
                            "\", \"auc\": 0.5, \"" + evil + "\": \"" + evil + "\"}");
  write("config.json", "{\"a\": \"" + evil + "\"}");
  write("scores.csv", "index,label,class,score\n0,0,n,1\n1,1," + evil + ",2\n2,1,\"b,\"\"c\",3\n");
  write("history.csv", "phase,epoch,loss,radius" + evil + "\n" + evil + ",0,1,1\n" + evil + ",1,2,2\n");
  const std::string html = page();
  EXPECT_FALSE(page_has(html, "<script"));
  EXPECT_TRUE(page_has(html, "&lt;script&gt;"));
  EXPECT_TRUE(page_has(html, "<th>b,&quot;c</th>"));
}

TEST_F(Report, ManyRadiiStandBehindTheirMedian) {
  write("results.json", "{}");
  std::string header = "phase,epoch,loss", row0 = "train,0,1", row1 = "train,1,1";
  for (int k = 0; k < 9; ++k) {
    header += ",radius_" + std::to_string(k);
    row0 += ',' + std::to_string(k);
    row1 += ',' + std::to_string(10 * k);
  }
  write("history.csv", header + '\n' + row0 + '\n' + row1 + '\n');
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "<title>median, epoch 0: 4</title>"));
  EXPECT_TRUE(page_has(html, "<title>median, epoch 1: 40</title>"));
  EXPECT_TRUE(page_has(html, ">each of 9</text>"));
  const size_t behind = html.find("class=\"background quiet\"");
  ASSERT_NE(behind, std::string::npos);
  EXPECT_EQ(count_of(html.substr(behind, html.find("/>", behind) - behind), "M"), 9u) << "one piece for each";
  EXPECT_FALSE(page_has(html, "Live spheres"));
}

TEST_F(Report, DeadSpheresHaveNoRadius) {
  write("results.json", "{}");
  write("history.csv",
        "phase,epoch,loss,radius_0,radius_1,spheres\ntrain,0,1,3,5,2\ntrain,1,1,2,0,1\ntrain,2,1,1,0,1\n");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "<title>radius_0, epoch 2: 1</title>"));
  EXPECT_TRUE(page_has(html, "<title>radius_1, epoch 0: 5</title>"));
  EXPECT_FALSE(page_has(html, "<title>radius_1, epoch 1: 0</title>"));
  EXPECT_TRUE(page_has(html, "Live spheres: train"));
  EXPECT_TRUE(page_has(html, "<title>epoch 1: 1</title>"));
  // Where nothing dies, a radius of 0 is one: it is held there while it warms up.
  write("history.csv", "phase,epoch,loss,radius_0,radius_1\ntrain,0,1,0,0\ntrain,1,1,2,3\n");
  EXPECT_TRUE(page_has(page(), "<title>radius_1, epoch 0: 0</title>"));
}

TEST_F(Report, MapsTrainingSamplesByClusterAndClass) {
  write("results.json", R"({"normal": [3, 5], "class_names": ["a", "b", "c", "d", "e", "<f>"]})");
  write("map.csv", "x,y,class,label,cluster\n0,0,3,0,7\n1,0,3,0,7\n0,9,5,0,2\n1,9,3,0,2\n-1.5e1,2,5,0,2\n");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "5 training samples"));
  EXPECT_TRUE(page_has(html, "Representations by cluster") && page_has(html, "Representations by class"));
  EXPECT_TRUE(page_has(html, "<title>cluster 7, class 3 (d)</title>"));
  EXPECT_TRUE(page_has(html, "<title>cluster 2, class 5 (&lt;f&gt;)</title>"));
  EXPECT_EQ(count_of(html, "<title>cluster "), 3u);
  EXPECT_EQ(count_of(html, "<title>class "), 3u);
  EXPECT_LT(html.find("dots s1"), html.find("dots s2"));
  EXPECT_FALSE(page_has(html, "dots s3") || page_has(html, "dots quiet"));
}

TEST_F(Report, MapsTestSamplesByLabel) {
  write("results.json", "{}");
  EXPECT_FALSE(page_has(page(), "Map of the representations")) << "without map.csv";
  write("map.csv", "x,y,class,label,cluster\n0,0,3,0,\n1,0,4,1,\n0,9,5,1,\n");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "3 test samples"));
  EXPECT_TRUE(page_has(html, "<title>class 3, normal</title>") &&
              page_has(html, "<title>class 5, anomalous</title>"));
  EXPECT_EQ(count_of(html, "dots square anomalous"), 2u);
  EXPECT_EQ(count_of(html, "dots normal"), 1u);
  EXPECT_FALSE(page_has(html, "by cluster"));
}

TEST_F(Report, ManyClustersShareTheMutedColour) {
  write("results.json", "{}");
  std::string map = "x,y,class,label,cluster\n";
  for (int k = 0; k < 10; ++k)
    for (int i = 0; i <= k; ++i) map += "0." + std::to_string(k) + ",1,3,0," + std::to_string(k) + '\n';
  write("map.csv", map);
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "grey: smaller ones"));
  EXPECT_EQ(count_of(html, "dots quiet"), 4u);
  const size_t largest = html.find("cluster 9, class 3"), first = html.find("dots s1");
  ASSERT_NE(largest, std::string::npos);
  EXPECT_LT(largest, first) << "the largest has the first colour";
  EXPECT_LT(first - largest, 60u);
}

TEST_F(Report, NamesWhatIsBrokenInTheMap) {
  write("results.json", "{}");
  const std::string header = "x,y,class,label,cluster\n";
  const std::vector<std::pair<std::string, std::string>> broken = {
      {"", "is empty; expected a header line"},
      {"x,y,class,label\n", "has no column 'cluster'"},
      {header + "1,2,3,0\n", "line 2 has 4 fields; expected 5"},
      {header + "one,2,3,0,\n", "gives 'x' as 'one'; expected a number"},
      {header + "1,2,3,2,\n", "gives label as 2; expected 0 (normal) or 1"}};
  for (const auto& [text, message] : broken) {
    write("map.csv", text);
    EXPECT_TRUE(page_has(error(), message)) << message << " / " << error();
    EXPECT_TRUE(page_has(error(), "map.csv'"));
  }
}

// The page of an empty run in a folder of this name.
std::string page_of_run_in(const fs::path& folder) {
  fs::create_directory(folder);
  engine::write_file_atomically(folder / "results.json", "{}");
  engine::write_file_atomically(folder / "config.json", "{}");
  write_report(folder);
  return engine::read_file(folder / "report.html");
}

TEST_F(Report, CommandSurvivesTheShell) {
  EXPECT_TRUE(
      page_has(page_of_run_in(folder_ / "it's $HOME"), "it&#39;\\&#39;&#39;s $HOME/config.json&#39;"));
}

TEST_F(Report, IsUtf8WhateverItsFolderIsCalled) {
  const std::string html = page_of_run_in(folder_ / "caf\xe9");
  EXPECT_TRUE(engine::is_utf8(html));
  EXPECT_TRUE(page_has(html, "caf\ufffd/config.json"));
}

TEST_F(Report, ShowsTheCommandLineAsTyped) {
  write("results.json", R"({"command_line": ["train", "--data", "my data", "--normal", "0,1"]})");
  EXPECT_TRUE(page_has(page(), "svdd train --data &#39;my data&#39; --normal 0,1</code>"));
}

TEST_F(Report, NamesWhatIsBrokenInResults) {
  EXPECT_TRUE(page_has(error(), "results.json' is missing; expected the folder of a finished run"));
  const std::vector<std::pair<std::string, std::string>> broken = {
      {"", "is not JSON"},
      {"{\"auc\": 0.5", "is not JSON: it breaks at byte"},
      {"{\"auc\": nan}", "is not JSON"},
      {"\xff\xfe{}", "is not JSON"},
      {"{\"auc\": 1e999}", "no double can hold"},
      {"[1, 2]", "holds array; expected a JSON object"},
      {std::string(200000, '['), "is not JSON"},
      {std::string(200000, '[') + std::string(200000, ']'), "expected a JSON object"},
      {R"({"auc": "high"})", "gives auc as '\"high\"'; expected a number or null"},
      {R"({"auc": 7})", "gives auc as '7'; expected a fraction in [0,1]"},
      {R"({"auc": 0.5, "auc_ci95": [0.9, 0.1]})", "0 <= low <= high <= 1"},
      {R"({"auc": 0.5, "auc_ci95": 3})", "[low, high] or null"},
      {R"({"collapsed": "yes"})", "true or false"},
      {R"({"warnings": "one"})", "an array of strings"},
      {R"({"threshold": [1]})", "a number or null"}};
  for (const auto& [text, message] : broken) {
    write("results.json", text);
    EXPECT_TRUE(page_has(error(), message)) << message << " / " << error();
    EXPECT_TRUE(page_has(error(), "results.json'"));
  }
}

// Each picture of a sheet with its score and class below; false alarms and missed anomalies stand out.
TEST_F(Report, SaysWhatThePicturesShow) {
  write("results.json",
        R"({"threshold": 0.45, "class_names": ["a", "b", "c", "good", "e", "f", "g", "h", "<crack>"],
                            "normal": [3]})");
  write("scores.csv", scores);
  const auto sheet = [&](const char* name, int64_t n) {
    const std::vector<float> images(static_cast<size_t>(n), 0.5f);
    write_grid(folder_ / name, {images, n, 1, 1, 1});
  };
  sheet("normals.png", 2), sheet("outliers.png", 2), sheet("missed.png", 4);
  const std::string html = page();
  EXPECT_EQ(count_of(html, "href=\"data:image/png;base64,iVBORw0KGgo"), 3u) << "each sheet once";
  EXPECT_EQ(count_of(html, "<img"), 0u);
  EXPECT_EQ(count_of(html, "<use href=\"#sheet-"), 8u);
  EXPECT_TRUE(page_has(
      html, "viewBox=\"2 2 56 56\" role=\"img\"><title>test sample 0, score 0.1, class 3 (good)</title>"));
  EXPECT_TRUE(
      page_has(html,
               "<li class=\"wrong\"><svg viewBox=\"2 2 56 56\" role=\"img\"><title>test sample 1, score 0.5, "
               "class 3 (good), false alarm</title>"));
  EXPECT_TRUE(page_has(html, "<title>test sample 2, score 0.4, class 8 (&lt;crack&gt;), missed</title>"));
  EXPECT_TRUE(page_has(html, "<title>test sample 5, score 0.9, class 0 (a)</title>")) << "caught";
  EXPECT_EQ(count_of(html, "missed</title>"), 1u);
  EXPECT_EQ(count_of(html, "<span class=\"mark\">missed</span>"), 1u) << "not by colour alone";
  // A sheet of another number of pictures is shown as it is.
  sheet("missed.png", 5);
  EXPECT_EQ(count_of(page(), "<img alt="), 1u);
}

// The most anomalous test images beside the maps of their scores.
TEST_F(Report, ShowsMapsBesideTheirImages) {
  const auto write_maps = [&](size_t count, int64_t side) {
    const auto pixels = static_cast<size_t>(2 * side * side);
    const MappedImage one{{{1, 2 * side, side}, std::vector<float>(pixels, 0.5f)},
                          std::vector<float>(pixels, 1)};
    write("explained.png", maps_png(std::vector<MappedImage>(count, one), 1));
  };
  write("results.json", R"({"threshold": 0.65, "sample_shape": [1, 4, 2]})");
  write("scores.csv", scores);
  EXPECT_FALSE(page_has(page(), "Why these scores")) << "without explained.png";
  write_maps(3, 2);
  std::string html = page();
  EXPECT_TRUE(page_has(html, "<h2>Why these scores</h2>"));
  EXPECT_EQ(count_of(html, "<use href=\"#sheet-explained\""), 3u);
  EXPECT_TRUE(
      page_has(html, "viewBox=\"2 2 6 4\" role=\"img\"><title>test sample 5, score 0.9, class 0</title>"));
  EXPECT_TRUE(page_has(
      html, "viewBox=\"2 14 6 4\" role=\"img\"><title>test sample 3, score 0.6, class 8, missed</title>"));
  for (const auto& [count, side] : {std::pair<size_t, int64_t>{5, 2}, {3, 3}}) {
    write_maps(count, side);  // more than there are anomalies; of another size
    EXPECT_FALSE(page_has(page(), "Why these scores")) << count;
  }
  write_maps(2, 2);
  write("scores.csv", "index,label,class,score\n0,0,3,0.1\n1,0,3,0.5\n");
  html = page();
  EXPECT_TRUE(page_has(html, "<p>The test images with the highest scores"));
  EXPECT_LT(html.find("test sample 1, score 0.5"), html.find("test sample 0, score 0.1"));
}

TEST_F(Report, LeavesARunOutOfItsYardsticks) {
  write("results.json", R"({"method": "knn", "auc": 0.9, "n_train": 400, "n_test": 90,
    "yardsticks": {"trained_on": 100, "tested_on": 50, "of": [
      {"method": "knn", "title": "Distance to the fifth neighbour", "auc": 0.8},
      {"method": "mean-distance", "title": "Distance to the mean", "auc": 0.7}]}})");
  const std::string html = page();
  EXPECT_FALSE(page_has(html, "Distance to the fifth neighbour"));
  EXPECT_TRUE(page_has(html, "Distance to the mean"));
  EXPECT_TRUE(page_has(html, "<strong>Nearest neighbours (this run)</strong>"));
  EXPECT_TRUE(page_has(html, "trained on 100 samples and tested on 50; this run on 400 and 90."));
}

TEST_F(Report, HoldsTheCalibrationToItsWord) {
  const std::string calibrated =
      R"({"threshold": 0.45, "calibration": {"samples": 4, "false_alarm_rate": 0.2, "seen": 0.5}})";
  write("results.json", calibrated);
  write("scores.csv", scores);  // normal: 0.1 and 0.5
  std::string html = page();
  EXPECT_TRUE(page_has(html, "set by 4 normal samples that were not trained on"));
  EXPECT_TRUE(page_has(html, "at most 20 %. Of the normal test samples 50.00 % are."));
  EXPECT_TRUE(page_has(html, "model/ is missing"));
  svdd::write_model_folder(
      folder_ / "model", {{"format", svdd::model_format}, {"method", "kde"}},
      {{"training_scores", engine::NdArray::from({4}, std::vector<float>{0.1f, 0.2f, 0.3f, 0.4f})}});
  html = page();
  EXPECT_FALSE(page_has(html, "model/ is missing"));
  EXPECT_TRUE(page_has(html, "<b>Reliability of the p-values</b>"));
  EXPECT_TRUE(page_has(html, "seen: 1 of 2 (50.0 %), as promised."));
  EXPECT_TRUE(page_has(html, "<th class=\"n\">20 %</th><td class=\"n\">0.4</td><td class=\"n\">1</td>"));
  EXPECT_TRUE(page_has(html, "<title>asked 20 %: seen 50 %, by chance 0 % to 100 %</title>"));
  write("results.json", R"({"calibration": {"samples": 5, "false_alarm_rate": 0.2}})");
  EXPECT_TRUE(page_has(error(), "tensor 'training_scores' has shape (4,), expected (5,)"));
  write("results.json", R"({"calibration": {"samples": 4, "false_alarm_rate": 2}})");
  EXPECT_TRUE(page_has(error(), "expected a rate in (0, 1)"));
}

TEST_F(Report, TellsWhatWasPicked) {
  write("results.json", R"({"picks": []})");
  EXPECT_FALSE(page_has(page(), "What it picked"));
  write("results.json", R"({"picks": [{"what": "image size", "picked": "64 x 64", "why": "a <median> of 900",
                                       "otherwise": "--image-size 96"}, {"what": "epochs", "picked": "20"}]})");
  const std::string html = page();
  EXPECT_TRUE(page_has(html,
                       "<tr><th>image size</th><td>64 x 64</td><td class=\"why\">a &lt;median&gt; of 900</td>"
                       "<td><code>--image-size 96</code></td></tr>"));
  EXPECT_TRUE(page_has(html, "<tr><th>epochs</th><td>20</td><td class=\"why\"></td><td></td></tr>"));
  write("results.json", R"({"picks": [{"what": 3}]})");
  EXPECT_TRUE(page_has(error(), "results.json': the entry 'picks"));
}

TEST_F(Report, ShowsTheNetwork) {
  const std::string title = "The network, layer by layer";
  write("results.json", R"({"auc": 0.5})");
  write("config.json", R"({"method": "knn"})");
  EXPECT_FALSE(page_has(page(), title));
  write("config.json", R"({"network": "mnist_LeNet"})");
  EXPECT_TRUE(page_has(page(), "conv1:   conv 8 5x5"));
  write("config.json", R"({"network": "# <mine>\nconv 3 3x3, dense 4"})");
  EXPECT_TRUE(
      page_has(page(), title + "</summary><pre tabindex=\"0\"># &lt;mine&gt;\nconv 3 3x3, dense 4</pre>"));
}

TEST_F(Report, OwnDataIsCalledByItsLastName) {
  write("results.json", R"({"dataset": "/home/me/photos of screws/", "auc": 0.5, "method": "deep-svdd"})");
  EXPECT_TRUE(page_has(page(), "<h1>Deep SVDD on photos of screws</h1>"));
}

// Whoever has no pointer or sees no colours reads the same: charts have names, what scrolls takes the focus, and what
// stands out says so in words.
TEST_F(Report, IsReadWithoutColoursAndPointer) {
  write_whole_run();
  const std::string html = page();
  EXPECT_EQ(count_of(html, "<svg class=\"chart\" role=\"img\""), count_of(html, "<desc>"));
  EXPECT_EQ(count_of(html, "<svg class=\"chart\" role=\"img\""), 6u);
  EXPECT_EQ(count_of(html, "class=\"card table\" role=\"region\" tabindex=\"0\" aria-label="),
            count_of(html, "class=\"card table\""));
  EXPECT_EQ(count_of(html, "<pre"),
            count_of(html, "tabindex=\"0\">svdd train") + count_of(html, "<pre tabindex"));
  EXPECT_TRUE(page_has(html, "<html lang=\"en\">"));
  EXPECT_EQ(count_of(html, "<h1>"), 1u);
}

TEST_F(Report, RemarksAreNoAlarms) {
  write("results.json", R"({"warnings": ["no AUC: the test set holds normal samples only"],
                            "remarks": ["a <remark>"], "data_notes": ["3 files passed over"]})");
  const std::string html = page();
  EXPECT_FALSE(page_has(html, "class=\"alarm\""));
  EXPECT_TRUE(page_has(html, "<li>A &lt;remark&gt;</li>"));
  EXPECT_TRUE(page_has(html, "<li>No AUC: the test set holds normal samples only</li>"));
  EXPECT_TRUE(page_has(html, "<li>3 files passed over</li>"));
}

TEST_F(Report, KeysAreWords) {
  write("results.json", R"({"n_train": 50, "n_train_used": 48, "some_new_key": 3, "a_new_word": "x"})");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "<th>of them used</th><td class=\"n\">48</td>"));
  EXPECT_TRUE(page_has(html, "<th>some new key</th>") && page_has(html, "<th>a new word</th>"));
  write("results.json", R"({"n_train": 50, "n_train_used": 50})");
  EXPECT_FALSE(page_has(page(), "of them used"));
}

// Rates that rounding put beside 1 or 0 (runs of earlier versions): the page comes, and says 100 %.
TEST_F(Report, RatesThatAreOffByRoundingAreRates) {
  write("results.json",
        R"({"auc": 1.0000000000000002, "average_precision": 1.0000000000000002, "fpr95": -1e-17,
                            "auc_ci95": [1.0000000000000002, 1]})");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "100.00<small> %")) << html;
  EXPECT_TRUE(page_has(html, "<th>Average precision</th><td class=\"n\">100.00 %"));
  EXPECT_TRUE(page_has(html, "95 % interval 100.00 – 100.00 %"));
  EXPECT_TRUE(page_has(html, "<th>False positives at 95 %</th><td class=\"n\">0.00 %"));
  write("results.json", R"({"auc": 1.0001})");
  EXPECT_TRUE(page_has(error(), "expected a fraction in [0,1]"));
}

TEST_F(Report, NamesTheBrokenRow) {
  write("results.json", "{}");
  const std::string head = "index,label,class,score\n";
  const std::vector<std::pair<std::string, std::string>> broken = {
      {"", "is empty; expected a header line"},
      {"index,label,class\n", "has no column 'score'"},
      {head + "0,0,3,0.1\n1,0,3\n", "line 3 has 3 fields; expected 4"},
      {head + "0,0,3,abc\n", "line 2 gives 'score' as 'abc'; expected a number"},
      {head + "0,0,3,1.5x\n", "line 2 gives 'score' as '1.5x'"},
      {head + "0,0,3,\n", "line 2 gives 'score' as ''"},
      {head + "0,0,3,1e999\n", "line 2 gives 'score' as '1e999'"},
      {head + "0,2,3,1\n", "line 2 gives label as 2"},
      {head + "x,0,3,1\n", "expected a whole number"},
      {head + "0,0,\"3,1\n", "line 2, column 3: the quoted field that begins here never ends"},
      {std::string("\x1f\x8b\x08\0\0", 5), "holds zero bytes: it is no text"}};
  for (const auto& [text, message] : broken) {
    write("scores.csv", text);
    EXPECT_TRUE(page_has(error(), message)) << message << " / " << error();
    EXPECT_TRUE(page_has(error(), "scores.csv'"));
  }
  fs::remove(folder_ / "scores.csv");
  write("history.csv", "phase,epoch,loss\ntrain,zero,1\n");
  EXPECT_TRUE(page_has(error(), "history.csv' line 2 gives 'epoch' as 'zero'"));
}

TEST_F(Report, BrokenPartsLeaveTheOldPageAlone) {
  write_whole_run();
  const std::string before = page();
  for (const auto& [file, text, message] : {std::array{"normals.png", "GIF89a", "is no PNG picture"},
                                            std::array{"config.json", "{", "is not JSON"}}) {
    const std::string good = engine::read_file(folder_ / file);
    write(file, text);
    try {
      write_report(folder_);
      ADD_FAILURE() << file;
    } catch (const std::runtime_error& e) {
      EXPECT_TRUE(page_has(e.what(), message)) << e.what();
    }
    EXPECT_EQ(engine::read_file(folder_ / "report.html"), before);
    write(file, good);
  }
  fs::remove(folder_ / "history.csv");
  fs::create_directory(folder_ / "history.csv");
  EXPECT_THROW(write_report(folder_), std::runtime_error);
}

TEST_F(Report, ToleratesWindowsLineEndsAndEmptyTables) {
  write("results.json", "{}");
  write("scores.csv", "index,label,class,score\r\n0,0,3,0.1\r\n\r\n1,1,8,0.5\r\n");
  write("history.csv", "phase,epoch,loss\n");
  const std::string html = page();
  EXPECT_TRUE(page_has(html, "<b>ROC curve</b>"));
  EXPECT_TRUE(page_has(html, "history.csv holds no epochs"));
  write("scores.csv", "index,label,class,score\n");
  EXPECT_TRUE(page_has(page(), "scores.csv holds no samples"));
}

}  // namespace
}  // namespace tools
