// What a table says beside its cells: the interval over seeds, how much hangs on them, how figures were chosen.
#include "tools/tables/table_output.h"

#include <gtest/gtest.h>

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

TEST(TableOutput, IntervalsOverSeeds) {
  EXPECT_EQ(tools::seed_interval({{}, ""}), std::nullopt);
  EXPECT_EQ(tools::seed_interval({{0.9, 0.8}, ""}), std::nullopt);
  const auto same = tools::seed_interval({{0.5, 0.5, 0.5}, ""});
  ASSERT_TRUE(same);
  EXPECT_DOUBLE_EQ(same->first, 0.5);
  EXPECT_DOUBLE_EQ(same->second, 0.5);
  const TableCell spread{{0.90, 0.92, 0.94}, ""};
  const auto interval = tools::seed_interval(spread);
  ASSERT_TRUE(interval);
  EXPECT_GE(interval->first, 0.90);
  EXPECT_LT(interval->first, 0.915);
  EXPECT_GT(interval->second, 0.925);
  EXPECT_LE(interval->second, 0.94);
  EXPECT_EQ(tools::seed_interval(spread), interval);  // the same draws always
}

// The mean over cases has an interval too: wider than nothing, narrower than its widest cell's.
TEST(TableOutput, IntervalOfTheMeanOverCases) {
  const tools::TableRow one{"one", {TableCell{{0.90, 0.92, 0.94}, ""}}};
  EXPECT_EQ(tools::seed_interval(one), tools::seed_interval(one.cells[0]));
  tools::TableRow two = one;
  two.cells.push_back({{0.80, 0.82, 0.84}, ""});
  const auto interval = tools::seed_interval(two), cell = tools::seed_interval(one);
  ASSERT_TRUE(interval && cell);
  EXPECT_NEAR((interval->first + interval->second) / 2, 0.87, 0.005);
  EXPECT_LT(interval->second - interval->first, cell->second - cell->first);
  EXPECT_GT(interval->second - interval->first, 0.005);
  two.cells.push_back({{0.5, 0.6}, ""});
  EXPECT_EQ(tools::seed_interval(two), std::nullopt) << "a cell of two seeds";
}

// What stands below a method's line, in all that people read.
TEST(TableOutput, IntervalsAndPublishedFiguresStandBelow) {
  const std::string text = tools::as_text(small());
  EXPECT_NE(text.find("\n  95 % interval"), std::string::npos) << text;
  EXPECT_NE(text.find("\n  published"), std::string::npos) << text;
  const std::string markdown = tools::as_markdown(small());
  const size_t at = markdown.find("| 95 % interval | 9");
  ASSERT_NE(at, std::string::npos) << markdown;
  EXPECT_NE(markdown.find(" |  | ", at), std::string::npos) << "the other cell's values are all equal";
  EXPECT_NE(markdown.find("| published | 93 |  |  |"), std::string::npos) << markdown;
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
  EXPECT_NE(markdown.find("| ours | 92.0±2.0 | 9"), std::string::npos) << markdown;
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
  EXPECT_NE(markdown.find("| mean | 56.0 | 60 | 56.0 |\n"), std::string::npos) << markdown;
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
      "Published figures: the best epoch on the test set. Ours: the last epoch, one setting for all cases.";
  const std::string seeds =
      "Dependence on seeds: a cell's standard deviation is 1.00 points on average, at most 2.00 (ours on 0).";
  EXPECT_EQ(tools::dependence_on_seeds(small()), seeds);  // of methods alone
  for (const std::string& page : {tools::as_text(small()), tools::as_markdown(small())}) {
    EXPECT_NE(page.find(chosen), std::string::npos) << page;
    EXPECT_NE(page.find(seeds), std::string::npos) << page;
  }
  const std::string html = tools::as_html(small());
  EXPECT_NE(html.find(chosen), std::string::npos);
  EXPECT_NE(html.find("; 95 % interval of the mean 9"), std::string::npos);
  EXPECT_NE(tools::as_csv(small()).find("ours,1,50.00,0.00,50.00,50.00,3,\n"), std::string::npos)
      << tools::as_csv(small());
  ResultTable one = small();
  for (auto& row : one.rows)
    for (TableCell& cell : row.cells) cell.values.resize(1);
  EXPECT_EQ(tools::dependence_on_seeds(one), "");
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
