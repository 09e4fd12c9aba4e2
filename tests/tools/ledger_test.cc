// The ledger: its files are read whole, name cells that there are, and a cell run again comes to what is stated.
#include "tools/tables/ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <set>
#include <sstream>

#include "engine/files/atomic_file.h"
#include "small_data.h"
#include "tools/report/svg_chart.h"
#include "tools/tables/published_tables.h"
#include "tools/tables/stated_table.h"
#include "tools/tables/table_output.h"

namespace tools_test {
namespace {

using tools::LedgerRow;

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

TEST(Ledger, EveryRowIsACellOfATable) {
  std::set<std::string> seen;
  for (const LedgerRow& row : tools::published_ledger()) {
    const std::string name =
        row.table + '/' + row.method + '/' + row.on + '/' + std::to_string(row.seed) + '/' + row.options;
    EXPECT_TRUE(seen.insert(name).second) << name << " stands twice";
    const tools::PublishedTable& table = tools::published_table(row.table);
    EXPECT_TRUE(std::any_of(table.methods.begin(), table.methods.end(), [&](const tools::TableMethod& m) {
      return m.key == row.method;
    })) << name;
    EXPECT_TRUE(std::any_of(table.cases.begin(), table.cases.end(), [&](const tools::TableCase& c) {
      return c.name == row.on;
    })) << name;
    EXPECT_TRUE(row.auc >= 0 && row.auc <= 1) << name;
    EXPECT_TRUE(is_hash(row.weights_sha256) || row.weights_sha256.empty()) << name;
    EXPECT_EQ(row.weights_sha256.empty(), row.scores_sha256.empty()) << name;
    EXPECT_EQ(row.receipt, 1) << name;
    EXPECT_GE(row.seconds, 0) << name;
  }
  EXPECT_FALSE(seen.empty());
}

TEST(Ledger, IsReadAsItIsWritten) {
  const std::vector<LedgerRow> rows{{"strokes", "kde", "0,3", 18446744073709551615u, 0.1,
                                     std::string(64, 'a'), std::string(64, 'b'), std::string(64, 'c'), 1,
                                     "0.1.0", "cpu (avx512, 1 thread)", 1e-3, "--recipe theano"}};
  const std::vector<LedgerRow> again = tools::read_ledger(tools::ledger_csv(rows), "here");
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(tools::ledger_csv(again), tools::ledger_csv(rows));
  EXPECT_EQ(again[0].on, "0,3");
  EXPECT_EQ(again[0].seed, rows[0].seed);
  EXPECT_EQ(again[0].auc, 0.1);
}

TEST(Ledger, OtherTextsAreRefused) {
  const std::string head = tools::ledger_csv({});
  for (const auto& [text, what] : std::vector<std::pair<std::string, std::string>>{
           {"", "is no ledger"},
           {"a,b\n1,2\n", "is no ledger"},
           {head + "strokes,kde\n", "there are 2 fields"},
           {head + "t,m,c,x,0.5,,,,1,0.1.0,cpu,1,\n", "'x' is no number"},
           {head + "t,m,c,1,0.5,,,,1,0.1.0,cpu,1s,\n", "'1s' is no number"},
           {head + "t,m,c,1,2,,,,1,0.1.0,cpu,1,\n", "'2' is no AUC from 0 to 1"},
           {head + "t,m,c,1,nan,,,,1,0.1.0,cpu,1,\n", "'nan' is no AUC"},
           {head + "t,m,c,1,0.5,,,,-1,0.1.0,cpu,1,\n", "'-1' is no number of a receipt"},
           {head + "t,m,c,1,0.5,,,,1,0.1.0,cpu,inf,\n", "'inf' is no number of seconds"},
           {head + "t,m,c,1,0.5,zz,,,1,0.1.0,cpu,1,\n", "is no SHA-256"},
           {head + "t,m,c,1,0.5,,,,1,0.1.0,cpu,1,--limit \x1b[31m\n", "are no options"}})
    try {
      tools::read_ledger(text, "'l.csv'");
      ADD_FAILURE() << text;
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
      EXPECT_EQ(std::string(error.what()).find("'l.csv'"), 0u) << error.what();
    }
}

// The mean over the cases of a table's row, of the means over seeds 1 to `seeds`, in percent; nothing where the ledger lacks
// a run.
std::optional<double> mean_of(const std::string& table, const std::string& method, const std::string& on,
                              int seeds, const std::string& options) {
  const tools::PublishedTable& published = tools::published_table(table);
  double sum = 0;
  int cases = 0;
  for (const tools::TableCase& c : published.cases) {
    if (on != "all" && c.name != on) continue;
    ++cases;
    for (int seed = 1; seed <= seeds; ++seed) {
      const auto& all = tools::published_ledger();
      const auto row = std::find_if(all.begin(), all.end(), [&](const LedgerRow& r) {
        return r.table == table && r.method == method && r.on == c.name &&
               r.seed == static_cast<uint64_t>(seed) && r.options == options;
      });
      if (row == all.end()) return std::nullopt;
      sum += row->auc / seeds;
    }
  }
  if (cases == 0) return std::nullopt;
  return 100 * sum / cases;
}

// Every figure under the README's "What it reaches" stands in a line of its table, and is what the ledger's rows come to.
TEST(Ledger, HoldsEveryFigureOfTheReadme) {
  const std::string readme = text_of(fs::path(SVDD_GOLDEN_DIR).parent_path().parent_path() / "README.md");
  const size_t begin = readme.find("## What it reaches"), end = readme.find("\n## ", begin + 1);
  ASSERT_NE(begin, std::string::npos);
  std::istringstream lines(readme.substr(begin, end - begin));
  const std::regex row(
      R"(\| `([a-z0-9-]+)` \| `([a-z-]+)( --recipe theano| --pretrain false)?` \| (.+) \| (\d+) \| (\d+\.\d) \| ([0-9.]*) \|)"),
      figure(R"(\d\d\.\d)");
  int checked = 0;
  for (std::string line; std::getline(lines, line);) {
    std::smatch m;
    if (!std::regex_match(line, m, row)) {
      EXPECT_FALSE(std::regex_search(line, figure)) << line << "\nis a figure beside the table";
      continue;
    }
    const std::string table = m[1], method = m[2], on = m[4],
                      options = m[3].length() > 0 ? m[3].str().substr(1) : "";
    const auto mean = mean_of(table, method, on, std::stoi(m[5]), options);
    ASSERT_TRUE(mean) << line << "\nis of runs that the ledger lacks";
    EXPECT_EQ(m[6], tools::fixed_text(*mean, 1)) << line;
    const tools::PublishedTable& published = tools::published_table(table);
    const auto theirs = std::find_if(published.methods.begin(), published.methods.end(),
                                     [&](const tools::TableMethod& one) { return one.key == method; });
    ASSERT_NE(theirs, published.methods.end());
    std::string stated = on == "all" && published.cases.size() > 1 ? theirs->published_mean : "";
    if (const auto cell = theirs->published.find(on == "all" ? published.cases[0].name : on);
        stated.empty() && cell != theirs->published.end() && published.cases.size() * (on == "all") < 2)
      stated = cell->second.substr(0, cell->second.find("±"));
    EXPECT_EQ(m[7], stated) << line;
    ++checked;
  }
  EXPECT_GE(checked, 3);
}

// svdd/RESULTS.md has every table of the ledger, line by line, as `svdd reproduce TABLE --stated` writes it.
TEST(Ledger, IsWhatTheResultsShow) {
  const std::string page =
      text_of(fs::path(SVDD_GOLDEN_DIR).parent_path().parent_path() / "svdd" / "RESULTS.md");
  for (const tools::PublishedTable& table : tools::published_tables()) {
    std::vector<LedgerRow> rows;
    for (const LedgerRow& row : tools::published_ledger())
      if (row.table == table.name) rows.push_back(row);
    if (rows.empty() || table.name == "strokes") continue;  // the strokes' AUCs say nothing of methods
    const std::string markdown =
        tools::as_markdown(tools::stated_table(table, table.methods, table.cases, rows));
    const size_t begin = markdown.find("\n|"), end = markdown.rfind("|\n") + 2;
    const size_t seeds = markdown.find("Dependence on seeds: ");
    if (seeds != std::string::npos) {
      const std::string line = markdown.substr(seeds, markdown.find('\n', seeds) - seeds);
      EXPECT_NE(page.find(line), std::string::npos) << "RESULTS.md lacks, of " << table.name << ":\n" << line;
    }
    EXPECT_NE(page.find(markdown.substr(begin, end - begin)), std::string::npos)
        << "RESULTS.md lacks this table as the ledger has it: svdd reproduce " << table.name
        << " --stated --out DIR writes it\n"
        << markdown.substr(begin, end - begin);
  }
}

// Each of very many rows is looked at once.
TEST(Ledger, ManyRowsAreReadInNoTime) {
  std::string text = tools::ledger_csv({});
  for (int seed = 0; seed < 100000; ++seed)
    text += "strokes,kde,\"0,3\"," + std::to_string(seed) + ",0.5,,,,1,0.1.0,cpu,1,\n";
  EXPECT_EQ(tools::read_ledger(text, "here").size(), 100000u);
}

class LedgerCommand : public testing::Test {
 protected:
  void SetUp() override { REQUIRE_SVDD(); }
  const Scratch scratch_;
  const fs::path& folder_ = scratch_.path;
};

// A small cell of every method, as `make verify` runs them with three seeds: a change that alters a receipt ends here.
TEST_F(LedgerCommand, EveryMethodComesToWhatIsStated) {
  const Outcome ran = run_svdd(folder_, words_of("reproduce strokes --verify --seeds 1"));
  EXPECT_EQ(ran.status, 0) << ran.out << ran.err;
  const std::string all = std::to_string(tools::published_table("strokes").methods.size());
  EXPECT_EQ(
      ran.out.find(all + " of " + all + " cells of strokes come to what the ledger states (receipt 1)\n"), 0u)
      << ran.out;
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(LedgerCommand, ACellThatDiffersIsNamed) {
  ASSERT_EQ(
      run_svdd(folder_, words_of("reproduce strokes --methods kde,isolation-forest --seeds 1 --out table"))
          .status,
      0);
  const std::string check = "reproduce strokes --verify --ledger table/ledger.csv";
  const Outcome same = run_svdd(folder_, words_of(check));
  EXPECT_EQ(same.status, 0) << same.out << same.err;
  EXPECT_EQ(same.out.find("2 of 2 cells of strokes come to what the ledger states"), 0u) << same.out;
  std::vector<LedgerRow> rows = tools::read_ledger(text_of(folder_ / "table/ledger.csv"), "the table's");
  rows[1].scores_sha256[0] = rows[1].scores_sha256[0] == '0' ? '1' : '0';
  engine::write_file_atomically(folder_ / "table/ledger.csv", tools::ledger_csv(rows));
  const Outcome other = run_svdd(folder_, words_of(check));
  EXPECT_EQ(other.status, 1) << other.out << other.err;
  EXPECT_EQ(other.out.find("1 of 2 cells of strokes come to what the ledger states"), 0u) << other.out;
  EXPECT_NE(other.out.find("  DIFFERS  isolation-forest, 0,3, seed 1: scores "), std::string::npos)
      << other.out;
}

// A row that no cell of the table answers, or that states less than a cell has, is no cell that came out equal.
TEST_F(LedgerCommand, ARowThatStatesNoCellIsSaid) {
  ASSERT_EQ(run_svdd(folder_, words_of("reproduce strokes --methods kde --seeds 1 --out table")).status, 0);
  const std::vector<LedgerRow> rows =
      tools::read_ledger(text_of(folder_ / "table/ledger.csv"), "the table's");
  const auto verified = [&](const std::function<void(LedgerRow&)>& change) {
    std::vector<LedgerRow> with{rows[0], rows[0]};
    with[1].seed = 2;
    change(with[1]);
    engine::write_file_atomically(folder_ / "ledger.csv", tools::ledger_csv(with));
    return run_svdd(folder_, words_of("reproduce strokes --verify --ledger ledger.csv"));
  };
  EXPECT_NE(verified([](LedgerRow& r) { r.method = "kdee"; }).err.find("strokes has no such row"),
            std::string::npos);
  EXPECT_NE(verified([](LedgerRow& r) { r.on = "4,5"; }).err.find("strokes has no such case"),
            std::string::npos);
  const Outcome blank = verified([](LedgerRow& r) { r.scores_sha256.clear(); });
  EXPECT_EQ(blank.status, 1) << blank.out;
  EXPECT_NE(blank.out.find("the ledger lacks a hash of data or scores"), std::string::npos) << blank.out;
}

// Finished runs of a table are taken for what they say of themselves only if their files are that.
TEST_F(LedgerCommand, FinishedRunsAreExamined) {
  const std::string line = "reproduce strokes --verify --seeds 1 --methods kde --out there";
  ASSERT_EQ(run_svdd(folder_, words_of(line)).status, 0);
  const fs::path results = folder_ / "there/runs/kde/0,3/seed-1/results.json";
  std::string text = text_of(results);
  const size_t at = text.find("\"auc\": 0.") + 9;
  text[at] = text[at] == '9' ? '8' : '9';
  engine::write_file_atomically(results, text);
  const Outcome again = run_svdd(folder_, words_of(line));
  EXPECT_EQ(again.status, 0) << again.out;
  EXPECT_NE(again.err.find("a run begins anew: "), std::string::npos) << again.err;
  // And nothing of somebody else's is written over.
  fs::create_directory(folder_ / "mine");
  engine::write_file_atomically(folder_ / "mine/ledger.csv", "mine");
  const Outcome foreign = run_svdd(folder_, words_of("reproduce strokes --seeds 1 --methods kde --out mine"));
  EXPECT_EQ(foreign.status, 1);
  EXPECT_NE(foreign.err.find("'mine' holds ledger.csv and is no table's folder"), std::string::npos)
      << foreign.err;
  EXPECT_EQ(text_of(folder_ / "mine/ledger.csv"), "mine");
}

// A ledger from elsewhere cannot name what no table changes, such as where runs are written.
TEST_F(LedgerCommand, AForeignLedgerWritesNowhere) {
  LedgerRow row{
      "strokes", "kde",   "0,3", 1, 0.5, std::string(64, 'a'), std::string(64, 'b'), std::string(64, 'c'),
      1,         "0.1.0", "cpu", 1, ""};
  for (const std::string options : {"--out elsewhere", "--data x", "--seed 2", "--limit", "limit 2"}) {
    row.options = options;
    engine::write_file_atomically(folder_ / "l.csv", tools::ledger_csv({row}));
    const Outcome ran = run_svdd(folder_, words_of("reproduce strokes --verify --ledger l.csv"));
    EXPECT_EQ(ran.status, 1) << options;
    EXPECT_NE(ran.err.find("the ledger's options '" + options + "'"), std::string::npos) << ran.err;
    EXPECT_FALSE(fs::exists(folder_ / "elsewhere"));
  }
  // Nor an option that the method does not take, or a value that no option takes.
  for (const auto& [options, what] :
       {std::pair<std::string, std::string>{"--epochs 2", "which kde does not take"},
        {"--limit -5", "limit"},
        {"--limit 5 --limit 6", "hold --limit twice"}}) {
    row.options = options;
    engine::write_file_atomically(folder_ / "l.csv", tools::ledger_csv({row}));
    for (const std::string how : {"--verify", "--stated"}) {
      const Outcome ran = run_svdd(folder_, words_of("reproduce strokes --ledger l.csv " + how));
      EXPECT_EQ(ran.status, 1) << options;
      EXPECT_NE(ran.err.find("the ledger's options '" + options + "'"), std::string::npos) << ran.err;
      EXPECT_NE(ran.err.find(what), std::string::npos) << ran.err;
    }
  }
  row.options = "";
  engine::write_file_atomically(folder_ / "l.csv", tools::ledger_csv({row, row}));
  const Outcome twice = run_svdd(folder_, words_of("reproduce strokes --verify --ledger l.csv"));
  EXPECT_NE(twice.err.find("the ledger states the cell kde, 0,3, seed 1 twice"), std::string::npos)
      << twice.err;
  row.receipt = 2;
  engine::write_file_atomically(folder_ / "l.csv", tools::ledger_csv({row}));
  const Outcome other = run_svdd(folder_, words_of("reproduce strokes --verify --ledger l.csv"));
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.out.find("receipt 2 there, 1 here"), std::string::npos) << other.out;
}

TEST_F(LedgerCommand, MistakesAreSaidInALine) {
  const auto fails = [&](const std::string& line, int status, const std::string& what) {
    const Outcome ran = run_svdd(folder_, words_of("reproduce " + line));
    EXPECT_EQ(ran.status, status) << line << '\n' << ran.out;
    EXPECT_NE(ran.err.find(what), std::string::npos) << line << '\n' << ran.err;
    EXPECT_TRUE(fs::is_empty(folder_)) << line;
  };
  fails("strokes --sample 3", 2, "--sample is of the cells that --verify runs again");
  fails("strokes --ledger x", 2, "--ledger names the cells that --verify runs again");
  fails("strokes --verify --epochs 2", 2, "--epochs cannot be changed");
  fails("strokes --verify --sample -1", 2, "--sample is -1");
  fails("strokes --verify --sample 0", 2, "--sample is 0");
  fails("strokes --verify --sample-seed 2", 2, "--sample-seed chooses the cells of --sample");
  fails("strokes --verify --ledger nowhere.csv", 1, "nowhere.csv");
  fails("multi-sphere-cifar10 --verify --methods kernel-svdd", 1,
        "the ledger has no cell of multi-sphere-cifar10 for what was asked");
}

}  // namespace
}  // namespace tools_test
