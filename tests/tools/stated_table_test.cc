// A published table as a ledger states it: which rows and columns there are, and what the command shows and writes.
#include "tools/tables/stated_table.h"

#include <gtest/gtest.h>

#include <sstream>

#include "engine/files/atomic_file.h"
#include "small_data.h"
#include "tools/tables/table_output.h"

namespace tools_test {
namespace {

using tools::LedgerRow;
using tools::PublishedTable;
using tools::ResultTable;

LedgerRow stated(const std::string& method, const std::string& on, uint64_t seed, double auc,
                 const std::string& options = "") {
  LedgerRow row;
  row.table = "small", row.method = method, row.on = on, row.seed = seed, row.auc = auc;
  row.options = options, row.seconds = 2;
  return row;
}

PublishedTable small() {
  return {"small",
          "A small table",
          "A paper",
          "A note.",
          {{"0", {}}, {"1", {}}},
          {{"ours", "Ours", {}, {{"0", "91.0"}, {"1", "81.0"}}, "86.0"}, {"theirs", "Theirs", {}}},
          {"ours"}};
}

ResultTable of(const std::vector<LedgerRow>& rows) {
  return tools::stated_table(small(), small().methods, small().cases, rows);
}

TEST(StatedTable, EachMethodAndItsOptionsAreARow) {
  const ResultTable table =
      of({stated("theirs", "0", 1, 0.5), stated("ours", "0", 2, 0.8), stated("ours", "0", 1, 0.6),
          stated("ours", "1", 1, 0.7), stated("ours", "1", 2, 0.9),
          stated("ours", "0", 1, 0.65, "--recipe theano"), stated("theirs", "1", 1, 0.4)});
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_EQ(table.rows[0].name, "Ours");
  EXPECT_EQ(table.rows[0].cells[0].values, (std::vector<double>{0.6, 0.8})) << "in the order of seeds";
  EXPECT_EQ(table.rows[1].name, "Ours, recipe theano (1 seed)");
  EXPECT_EQ(table.rows[1].cells[0].values, std::vector<double>{0.65});
  EXPECT_TRUE(table.rows[1].cells[1].values.empty());
  EXPECT_EQ(tools::mean_over_cases(table.rows[1]), std::nullopt) << "no mean of some of the cases";
  EXPECT_EQ(table.rows[2].name, "Theirs (1 seed)");
  for (const size_t row : {0, 1})  // beside both recipes
    EXPECT_EQ(table.rows[row].cells[0].published + table.rows[row].published_mean, "91.086.0");
  EXPECT_EQ(table.seconds,
            "7 cells of the ledger, 14 s of training on one thread each, where they were made; svdd "
            "reproduce small "
            "--verify runs them again");
}

TEST(StatedTable, WhatTheLedgerLacksIsSaid) {
  const ResultTable table = of({stated("ours", "1", 1, 0.7)});
  EXPECT_EQ(table.cases, std::vector<std::string>{"1"});
  EXPECT_EQ(table.rows.size(), 1u);
  EXPECT_EQ(table.note, "A note. Not in the ledger: 0.");
  EXPECT_EQ(table.rows[0].cells[0].published, "81.0");
  EXPECT_EQ(table.rows[0].published_mean, "") << "a mean of all cases beside one of them";
  EXPECT_NE(tools::as_markdown(table).find(
                "| AUC in % | 1 | published |\n|---|---:|---:|\n| Ours | 70.0 | 81.0 |\n"),
            std::string::npos)
      << tools::as_markdown(table);
}

class StatedCommand : public testing::Test {
 protected:
  void SetUp() override { REQUIRE_SVDD(); }
  Outcome svdd(const std::string& line) const { return run_svdd(folder_, words_of("reproduce " + line)); }
  const Scratch scratch_;
  const fs::path& folder_ = scratch_.path;
};

TEST_F(StatedCommand, ShowsTheLedgerAndRunsNothing) {
  const Outcome ran = svdd("deep-svdd-mnist --stated --data-dir nowhere");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out.find("Deep SVDD on MNIST, one digit against the rest\n"), 0u) << ran.out;
  EXPECT_NE(ran.out.find("\nDeep SVDD, one-class, recipe theano"), std::string::npos) << ran.out;
  EXPECT_TRUE(fs::is_empty(folder_));
  const Outcome few = svdd("deep-svdd-mnist --stated --classes 3 --methods one-class,kde --seeds 1 --out t");
  EXPECT_EQ(few.status, 0) << few.err;
  for (const char* name : {"stated.csv", "stated.md", "stated.html"})
    EXPECT_TRUE(fs::exists(folder_ / "t" / name)) << name;
  EXPECT_NE(text_of(folder_ / "t/stated.csv").find("\"Deep SVDD, one-class\",3,90.98,"), std::string::npos)
      << text_of(folder_ / "t/stated.csv");
}

TEST_F(StatedCommand, ShowsTheLedgerOfATableMadeHere) {
  ASSERT_EQ(svdd("strokes --methods kde,isolation-forest --seeds 2 --out table").status, 0);
  const Outcome ran = svdd("strokes --stated --ledger table/ledger.csv --out table");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("\n4 cells of 'table/ledger.csv', "), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("svdd reproduce strokes --verify --ledger table/ledger.csv runs"), std::string::npos)
      << ran.out;
  // It has the figures of the table itself, and takes none of its files.
  const std::string made = text_of(folder_ / "table/table.csv"),
                    shown = text_of(folder_ / "table/stated.csv");
  EXPECT_EQ(made.find(shown), 0u) << made << '\n' << shown;
}

TEST_F(StatedCommand, ListsWhatThereIs) {
  const Outcome ran = svdd("--stated");
  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("\ndeep-svdd-mnist: "), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("one-class --recipe theano ("), std::string::npos) << ran.out;
}

// The yardsticks are rows that can be stated and run again: an untrained network, and a mean that keeps an AUC alone.
TEST_F(StatedCommand, YardsticksAreRows) {
  datasets::write_idx_folder(folder_ / "data" / "mnist", datasets::load_strokes(40, 4));
  const std::string line = "deep-svdd-mnist --classes 3 --data-dir data ";
  ASSERT_EQ(
      svdd(line + "--methods one-class --seeds 1 --epochs 1 --ae-epochs 1 --batch-size 16 --out trained")
          .status,
      0);
  const Outcome ran = svdd(line + "--methods untrained,distance-to-mean --seeds 1 --out table");
  ASSERT_EQ(ran.status, 0) << ran.err;
  // Both are what stands below a table of trained networks.
  const auto rows_of = [&](const std::string& table) {
    std::string rows;
    std::istringstream lines(text_of(folder_ / table / "table.csv"));
    for (std::string row; std::getline(lines, row);)
      if (row.starts_with("untrained network,3,") || row.starts_with("distance to the mean,3,"))
        rows += row + '\n';
    return rows;
  };
  EXPECT_EQ(rows_of("table"), rows_of("trained"));
  EXPECT_NE(rows_of("table").find("distance"), std::string::npos);
  const Outcome again = svdd("deep-svdd-mnist --verify --ledger table/ledger.csv --data-dir data");
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.out.find("2 of 2 cells"), std::string::npos) << again.out;
  const Outcome sound = run_svdd(folder_, words_of("verify table/runs/distance-to-mean/3/seed-1"));
  EXPECT_EQ(sound.status, 0) << sound.err;
  EXPECT_NE(sound.out.find("as far as it could be checked"), std::string::npos) << sound.out;
  EXPECT_NE(sound.out.find("an AUC is all that the run keeps"), std::string::npos) << sound.out;
}

TEST_F(StatedCommand, MistakesAreSaidInALine) {
  const auto fails = [&](const std::string& line, int status, const std::string& what) {
    const Outcome ran = svdd(line);
    EXPECT_EQ(ran.status, status) << line << '\n' << ran.out;
    EXPECT_NE(ran.err.find(what), std::string::npos) << line << '\n' << ran.err;
  };
  fails("strokes --stated --verify", 2, "one at a time");
  fails("--stated --verify", 2, "one at a time");
  fails("--stated --out t", 2, "name the one to show or write");
  fails("strokes --stated --sample 2", 2, "--sample is of the cells that --verify runs again");
  fails("strokes --stated --epochs 2", 2, "--stated shows cells as the ledger states them: --epochs");
  fails("strokes --stated --auc-per-epoch", 2, "the ledger has the last epoch alone");
  fails("strokes --stated --seeds 900..901", 1, "without --stated svdd reproduce fills the table itself");
  fails("strokes --stated --ledger nowhere.csv", 1, "nowhere.csv");
  // Nothing that is read, or that is not a table's, is replaced.
  ASSERT_EQ(svdd("strokes --methods kde --seeds 1 --out made").status, 0);
  fs::create_directory(folder_ / "own");
  fs::copy_file(folder_ / "made/ledger.csv", folder_ / "own/stated.csv");
  fails("strokes --stated --ledger own/stated.csv --out own", 1, "would be replaced");
  EXPECT_EQ(text_of(folder_ / "own/stated.csv"), text_of(folder_ / "made/ledger.csv"));
  fails("strokes --stated --out made/runs/kde/0,3/seed-1", 1, "holds results.json");
  fs::create_directories(folder_ / "halves/stated.md");
  fails("strokes --stated --out halves", 1, "is no regular file");
  EXPECT_FALSE(fs::exists(folder_ / "halves/stated.csv"));
  fails("strokes --stated --ledger made", 1, "is no regular file");
  engine::write_file_atomically(folder_ / "file", "a file");
  fails("strokes --stated --out file", 1, "'file'");
  EXPECT_EQ(text_of(folder_ / "file"), "a file");
}

}  // namespace
}  // namespace tools_test
