// What a table says beside its cells: the interval over seeds, how much hangs on them, how figures were chosen.
#include "tools/tables/table_output.h"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using tools::ResultTable;
using tools::TableCell;

ResultTable small() {
  ResultTable t{"Title", "A paper", "A note", "", {"0", "1"}, {}, "1 s"};
  t.chosen = "the best epoch on the test set";
  t.rows = {
      {"ours", {TableCell{{0.90, 0.92, 0.94}, "93"}, TableCell{{0.5, 0.5, 0.5}, ""}}},
      {"untrained network", {TableCell{{0.1, 0.9, 0.5}, ""}, TableCell{{0.5, 0.1, 0.9}, ""}}, "", true}};
  return t;
}

// Against tables of Student's t: 2.5 % on either side.
TEST(TableOutput, StudentsReach) {
  for (const auto& [degrees, reach] : std::vector<std::pair<double, double>>{
           {1, 12.706}, {2, 4.303}, {3, 3.182}, {9, 2.262}, {30, 2.042}, {1000, 1.962}})
    EXPECT_NEAR(tools::student_reach(degrees), reach, 0.0006) << degrees;
}

TEST(TableOutput, IntervalsOverSeeds) {
  EXPECT_EQ(tools::seed_interval(TableCell{{}, ""}), std::nullopt);
  EXPECT_EQ(tools::seed_interval(TableCell{{0.9, 0.8}, ""}), std::nullopt);
  const auto same = tools::seed_interval(TableCell{{0.5, 0.5, 0.5}, ""});
  ASSERT_TRUE(same);
  EXPECT_DOUBLE_EQ(same->first, 0.5);
  EXPECT_DOUBLE_EQ(same->second, 0.5);
  const auto interval = tools::seed_interval(TableCell{{0.90, 0.92, 0.94}, ""});
  ASSERT_TRUE(interval);  // 4.303 · 0.02 / √3
  EXPECT_NEAR(interval->first, 0.92 - 0.04968, 1e-5);
  EXPECT_NEAR(interval->second, 0.92 + 0.04968, 1e-5);
  const auto cut = tools::seed_interval(TableCell{{0.5, 0.9, 1.0}, ""});
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->second, 1);
}

// The mean over cases has an interval too: two cases of one spread have four degrees of freedom, and a half of their variance.
TEST(TableOutput, IntervalOfTheMeanOverCases) {
  const tools::TableRow one{"one", {TableCell{{0.90, 0.92, 0.94}, ""}}};
  const auto of_one = tools::seed_interval(one), of_cell = tools::seed_interval(one.cells[0]);
  ASSERT_TRUE(of_one && of_cell);
  EXPECT_NEAR(of_one->first, of_cell->first, 1e-12);
  tools::TableRow two = one;
  two.cells.push_back({{0.80, 0.82, 0.84}, ""});
  const auto interval = tools::seed_interval(two);
  ASSERT_TRUE(interval);
  EXPECT_NEAR(interval->first, 0.87 - 2.776 * 0.02 / std::sqrt(6.0), 1e-5);
  EXPECT_NEAR(interval->second, 0.87 + 2.776 * 0.02 / std::sqrt(6.0), 1e-5);
  two.cells.push_back({{0.5, 0.6}, ""});
  EXPECT_EQ(tools::seed_interval(two), std::nullopt) << "a cell of two seeds";
}

// What stands below a method's line, in all that people read.
TEST(TableOutput, IntervalsAndPublishedFiguresStandBelow) {
  const std::string text = tools::as_text(small());
  EXPECT_NE(text.find("\n  95 % interval"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  published"), std::string::npos) << text;
  const std::string markdown = tools::as_markdown(small());
  EXPECT_NE(markdown.find("| 95 % interval | 68.5–73.5 | 87.0–97.0 |  |\n"), std::string::npos)
      << markdown << "the other cell's values are all equal";
  EXPECT_NE(markdown.find("| published |  | 93 |  |"), std::string::npos) << markdown;
  for (const std::string& page : {text, markdown, tools::as_html(small())})
    EXPECT_NE(page.find("95 % interval: of the mean over seeds, by "), std::string::npos) << page;
  EXPECT_NE(tools::as_html(small()).find("<tr class=\"below\"><th class=\"below\">published</th>"),
            std::string::npos)
      << tools::as_html(small());
}

TEST(TableOutput, OneCaseHasTheRestBesideIt) {
  ResultTable t = small();
  t.cases.pop_back();
  for (auto& row : t.rows) row.cells.pop_back();
  const std::string markdown = tools::as_markdown(t);
  EXPECT_NE(markdown.find("| AUC in % | 0 | 95 % interval | published |"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("| ours | 92.0±2.0 | 87.0–97.0 | 93 |"), std::string::npos) << markdown;
  EXPECT_EQ(markdown.find("mean |"), std::string::npos) << markdown;
}

TEST(TableOutput, ManyCasesAreLines) {
  ResultTable t = small();
  t.cases.clear();
  for (auto& row : t.rows) row.cells.clear();
  for (int c = 0; c < 13; ++c) {
    t.cases.push_back("case " + std::to_string(c));
    for (auto& row : t.rows) row.cells.push_back({{0.5 + 0.01 * c}, ""});
  }
  t.rows[0].published_mean = "60";
  const std::string markdown = tools::as_markdown(t);
  EXPECT_NE(markdown.find("| AUC in % | ours | published | untrained network |\n"), std::string::npos)
      << markdown;
  EXPECT_NE(markdown.find("| case 12 | 62.0 |  | 62.0 |\n"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("|---|---:|---:|---:|\n| mean | 56.0 | 60 | 56.0 |\n"), std::string::npos)
      << markdown;
  EXPECT_NE(tools::as_html(t).find("<tr><th>case 0</th><td title=\"50.00\">50.0</td>"), std::string::npos)
      << tools::as_html(t);
}

TEST(TableOutput, RanksTheRows) {
  ResultTable t = small();
  t.rows.insert(t.rows.begin(), {"nothing", {TableCell{{}, ""}, TableCell{{0.5}, ""}}});
  t.rows.push_back({"best", {TableCell{{0.95}, ""}, TableCell{{0.95}, ""}}});
  t.command = "svdd compare";
  tools::rank(t);
  std::string names;
  for (const auto& row : t.rows) names += row.name + ';';
  EXPECT_EQ(names, "best;ours;untrained network;nothing;");
  EXPECT_NE(tools::as_html(t).find("<div class=\"over\">svdd compare</div>"), std::string::npos);
  EXPECT_NE(tools::as_html(small()).find("<div class=\"over\">svdd reproduce</div>"), std::string::npos);
}

TEST(TableOutput, SaysHowFiguresWereChosenAndWhatHangsOnSeeds) {
  const std::string chosen =
      "Published figures: the best epoch on the test set. Ours: each of a network after its last epoch, with "
      "one "
      "setting for all cases.";
  const std::string seeds =
      "Dependence on seeds: a cell's standard deviation is 1.00 points on average, at most 2.00 (ours; 0).";
  EXPECT_EQ(tools::dependence_on_seeds(small()), seeds);  // of methods alone
  for (const std::string& page : {tools::as_text(small()), tools::as_markdown(small())}) {
    EXPECT_NE(page.find(chosen), std::string::npos) << page;
    EXPECT_NE(page.find(seeds), std::string::npos) << page;
  }
  const std::string html = tools::as_html(small());
  EXPECT_NE(html.find(chosen), std::string::npos);
  EXPECT_NE(html.find("; 95 % interval of the mean 87.03 to 96.97"), std::string::npos);
  EXPECT_NE(tools::as_csv(small()).find("ours,1,50.00,0.00,50.00,50.00,3,\n"), std::string::npos)
      << tools::as_csv(small());
  ResultTable one = small();
  for (auto& row : one.rows)
    for (TableCell& cell : row.cells) cell.values.resize(1);
  EXPECT_EQ(tools::dependence_on_seeds(one), "");
}

TEST(TableOutput, WarningsOfRunsAreSaid) {
  ResultTable t = small();
  t.warnings = {"ours, 2 of 3 runs: the radius stayed 0."};
  for (const std::string& page : {tools::as_text(t), tools::as_markdown(t), tools::as_html(t)})
    EXPECT_NE(page.find("ours, 2 of 3 runs: the radius stayed 0."), std::string::npos) << page;
}

TEST(TableOutput, TheBestEpochStandsBelowTheLast) {
  EXPECT_EQ(tools::as_csv(small()).find("best_epoch"), std::string::npos);
  ResultTable t = small();
  for (TableCell& cell : t.rows[0].cells)
    for (const double value : cell.values) cell.best.push_back(value + 0.01);
  const double last = *tools::mean_over_cases(t.rows[0]);
  const std::string best = "Best epoch: the highest AUC";
  for (const std::string& page : {tools::as_text(t), tools::as_markdown(t), tools::as_html(t)}) {
    EXPECT_NE(page.find(best), std::string::npos) << page;
    EXPECT_NE(page.find("chosen by the test set itself"), std::string::npos) << page;
  }
  EXPECT_NEAR(*t.rows[0].cells[0].best_mean(), *t.rows[0].cells[0].mean() + 0.01, 1e-12);
  EXPECT_EQ(*tools::mean_over_cases(t.rows[0]), last) << "it counts nowhere else";
  const std::string csv = tools::as_csv(t);
  EXPECT_EQ(csv.substr(0, csv.find('\n')), "row,case,mean,std,low95,high95,seeds,published,best_epoch");
  t.rows[0].cells[0].best.pop_back();  // one seed was run without
  EXPECT_EQ(tools::as_text(t).find(best), std::string::npos);
}

}  // namespace
