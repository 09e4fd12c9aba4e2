#include "tools/report/score_page.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/files/in_quotes.h"
#include "tools/report/image_grid.h"

namespace score_page_test {

using namespace tools;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

size_t count_in(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

const std::vector<float> scores{0.5f, 3, 1, 2}, usual{0.1f, 0.4f, 0.9f};

ScorePage of_rows() {
  ScorePage page;
  page.input = "/data/of <mine>/new.csv", page.model = "runs/table", page.method = "Deep SVDD";
  page.scores = scores, page.threshold = 1.5, page.where_from = "As asked.";
  page.false_alarm_rate = 0.05;
  page.normal_scores = usual, page.normal_name = "normal, held out of training";
  page.shown = {
      {.name = "1",
       .score = 3,
       .p_value = 0.25,
       .anomalous = true,
       .columns = {{"a <b>", "7", "2", 1.5f}, {"little", "1", "1", 0.01f}, {"other", "1", "1", -0.5f}}},
      {.name = "3", .score = 2, .p_value = 0.25, .anomalous = true},
      {.name = "2", .score = 1, .p_value = 0.25}};
  return page;
}

TEST(ScorePage, RowsWithTheirColumns) {
  const std::string html = score_page(of_rows());
  EXPECT_TRUE(has(html, "<title>Scores of new.csv: 2 of 4 anomalous</title>"));
  EXPECT_TRUE(has(html, "<h1>Scores of new.csv</h1>"));
  EXPECT_TRUE(has(html, "2 of 4</p>") && has(html, "(50.0 %): above the threshold of 1.5."));
  EXPECT_TRUE(has(html, "Were all of them normal, about 0.2 would be called so, too."));
  EXPECT_TRUE(has(html, "The 3 with the highest scores of 4 samples; the other 1"));
  EXPECT_TRUE(has(html, "<b>a &lt;b&gt;</b> 7 <span>usually 2; score −1.5</span>"));
  EXPECT_FALSE(has(html, "<b>little</b>")) << "beside the first it does not count";
  EXPECT_FALSE(has(html, "<b>other</b>")) << "without it the score would be higher";
  EXPECT_LT(html.find("<th>row 1</th>"), html.find("<th>row 3</th>")) << "the most anomalous first";
  EXPECT_TRUE(has(html, "normal, held out of training (3)") && has(html, "scored here (4)"));
  EXPECT_TRUE(has(html, "/data/of &lt;mine&gt;/new.csv</code>")) << "the whole path, once";
  EXPECT_FALSE(has(html, "Drift") || has(html, "without a score"));
  for (const char* outside : {"<script", "<link", "url(", "src=\"http", "href=\"http"})
    EXPECT_FALSE(has(html, outside)) << outside;
  EXPECT_TRUE(has(html, "default-src 'none'"));
}

// A rate that was asked for is kept on average; what is seen hangs on the few samples that set the threshold.
TEST(ScorePage, FalseAlarmsHaveAnInterval) {
  ScorePage page = of_rows();
  page.false_alarms_between = {0, 2};
  EXPECT_TRUE(has(score_page(page),
                  "about 0.2 would be called so, too: by chance 0 to 2 (0.0 % to 50.0 %) in 95 of 100 cases, "
                  "for the threshold hangs on 3 samples."));
  page.false_alarm_rate.reset();
  EXPECT_FALSE(has(score_page(page), "by chance"));
}

TEST(ScorePage, SaysWhatIsWrong) {
  ScorePage page = of_rows();
  page.drift = "from sample 3 on";
  page.damaged.assign(30, "a <file> is cut");
  page.remarks = {"2 columns were left out"};
  page.select = 0.1, page.selected = 2;
  page.unexplained = "No columns.";
  page.normal_scores = {};
  for (ShownSample& sample : page.shown) sample.columns.clear(), sample.p_value.reset();
  const std::string html = score_page(page);
  EXPECT_TRUE(has(html, "<b>Drift</b>from sample 3 on"));
  EXPECT_TRUE(has(html, "<b>30 without a score</b>") && has(html, "<li>and 10 more</li>"));
  EXPECT_EQ(count_in(html, "a &lt;file&gt; is cut"), 20u);
  EXPECT_TRUE(has(html, "<li>2 columns were left out</li>"));
  EXPECT_TRUE(has(html, "2 are selected as discoveries: at most 10 % of these are normal on average."));
  EXPECT_TRUE(has(html, "No columns."));
  EXPECT_FALSE(has(html, "<th class=\"n\">p-value</th>") || has(html, "Columns that the score goes with"));
  EXPECT_FALSE(has(html, "held out of training"));
}

TEST(ScorePage, ImagesWithTheirMaps) {
  ScorePage page = of_rows();
  page.are_files = true;
  for (ShownSample& sample : page.shown)
    sample.name = "photos/" + sample.name + ".png", sample.columns.clear();
  const std::vector<float> images(3 * 4 * 5, 0.5f);
  page.thumbnails = png_of_grid({images, 3, 1, 4, 5, 8, 1});
  page.thumbnail_columns = 3, page.thumbnail_height = 4, page.thumbnail_width = 5;
  page.maps = maps_png({{{{1, 4, 5}, std::vector<float>(20, 0.5f)}, std::vector<float>(20, 1)}}, 1);
  page.map_count = 1, page.map_height = 4, page.map_width = 5;
  const std::string html = score_page(page);
  EXPECT_EQ(count_in(html, "data:image/png;base64,iVBORw0KGgo"), 2u) << "each sheet once";
  EXPECT_TRUE(has(html,
                  "viewBox=\"2 2 12 4\" role=\"img\"><title>photos/1.png, score 3, p-value 0.25, called "
                  "anomalous</title><use href=\"#maps\"/>"));
  EXPECT_TRUE(has(html,
                  "viewBox=\"16 2 5 4\" role=\"img\"><title>photos/2.png, score 1, p-value 0.25, not called "
                  "anomalous</title><use href=\"#thumbnails\"/>"));
  EXPECT_TRUE(has(html, "<span title=\"photos/3.png\">3.png</span>"));
  EXPECT_EQ(count_in(html, "<li class=\"wrong\">"), 3u);
  EXPECT_FALSE(has(html, "by gradient"));
  const datasets::Samples image{{1, 4, 5}, std::vector<float>(20, 0.5f)};
  const std::vector<float> map(20, 1), gradient{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  EXPECT_EQ(pictures_of_each({{image, map, gradient}, {image, map}}), 2) << "of all or of none";
  EXPECT_EQ(pictures_of_each({{image, map, gradient}}), 3);
  page.maps = maps_png({{image, map, gradient}}, 1);
  EXPECT_NE(page.maps, maps_png({{image, map, map}}, 1));
  page.map_pictures = 3;
  const std::string with_gradient = score_page(page);
  EXPECT_TRUE(has(with_gradient, "viewBox=\"2 2 19 4\"")) << "three in a row";
  EXPECT_TRUE(has(with_gradient, "by occlusion and by gradient"));
  page.map_count = 0, page.unexplained = "It would take longer.";
  EXPECT_TRUE(has(score_page(page), "<p>It would take longer.</p>"));
}

TEST(ScorePage, OneSampleOrNone) {
  ScorePage page = of_rows();
  page.scores = std::span(scores).first(1), page.shown.clear();
  page.shown = {{.name = "0", .score = 0.5f}};
  EXPECT_TRUE(has(score_page(page), "It is the only sample."));
  page.scores = {}, page.shown.clear(), page.false_alarm_rate.reset();
  EXPECT_TRUE(has(score_page(page), "0 of 0"));
}

TEST(ScorePage, IsUtf8WhateverItsFilesAreCalled) {
  ScorePage page = of_rows();
  page.input = "of \xe9t\xe9";
  page.damaged = {"caf\xe9.png is cut"};
  page.shown[0].name =
      "gr\xc3\xb6\xc3\x9f"
      "e \xff.png",
  page.are_files = true;
  const std::string html = score_page(page);
  EXPECT_TRUE(engine::is_utf8(html));
  EXPECT_TRUE(has(html, "<h1>Scores of of \ufffdt\ufffd</h1>"));
  EXPECT_TRUE(has(html, "caf\ufffd.png is cut"));
  EXPECT_TRUE(has(html, "gr\u00f6\u00dfe \ufffd.png")) << "only what is wrong";
}

}  // namespace score_page_test
