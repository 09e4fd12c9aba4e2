// A table from its first run to its page: small data under MNIST's name, everything else as in the published
// one.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "small_data.h"

namespace tools_test {
namespace {

using nlohmann::json;

const std::string to = " --data-dir data --batch-size 16 --jobs 2 --out table";
const std::string briefly = " --epochs 2 --ae-epochs 1";

class Reproduce : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_SVDD();
    datasets::write_idx_folder(folder_ / "data" / "mnist", datasets::load_strokes(40, 4));
  }
  Outcome svdd(const std::string& line) const { return run_svdd(folder_, words_of(line)); }
  json run_file(const std::string& run, const char* name) const {
    return json::parse(text_of(folder_ / "table" / "runs" / run / name));
  }
  double auc(const std::string& run) const {
    return 100 * run_file(run, "results.json").at("auc").get<double>();
  }
  std::string table() const { return text_of(folder_ / "table" / "table.csv"); }
  // What table.csv says of a row and a case: mean, std, seeds, published.
  std::string cell(const std::string& row_and_case) const {
    std::istringstream lines(table());
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(row_and_case + ",")) return line.substr(row_and_case.size() + 1);
    ADD_FAILURE() << "no " << row_and_case << " in\n" << table();
    return "";
  }
  // When each run was finished.
  std::map<std::string, fs::file_time_type> finished() const {
    std::map<std::string, fs::file_time_type> all;
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "table"))
      if (entry.path().filename() == "results.json") all[entry.path()] = entry.last_write_time();
    return all;
  }

  const Scratch scratch_;
  const fs::path& folder_ = scratch_.path;
};

std::string two_decimals(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", x);
  return text;
}

const std::string small_table =
    "reproduce deep-svdd-mnist --seeds 2 --classes 0,1 --methods one-class,autoencoder,isolation-forest" + to;

TEST_F(Reproduce, ATableHoldsWhatItsRunsSay) {
  const Outcome outcome = svdd(small_table + briefly);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(finished().size(), 12u);  // 3 rows, 2 cases, 2 seeds

  const double a = auc("one-class/0/seed-1"), b = auc("one-class/0/seed-2"), mean = (a + b) / 2;
  EXPECT_EQ(cell("\"Deep SVDD, one-class\",0"),
            two_decimals(mean) + "," + two_decimals(std::abs(a - b) / std::sqrt(2.0)) + ",,,2,98.0±0.7");
  const double other = (auc("one-class/1/seed-1") + auc("one-class/1/seed-2")) / 2;
  EXPECT_EQ(cell("\"Deep SVDD, one-class\",mean"), two_decimals((mean + other) / 2) + ",,,,2,");
  const double untrained = run_file("one-class/1/seed-1", "results.json").at("untrained_auc").get<double>() +
                           run_file("one-class/1/seed-2", "results.json").at("untrained_auc").get<double>();
  EXPECT_TRUE(cell("untrained network,1").starts_with(two_decimals(50 * untrained) + ","));
  EXPECT_TRUE(cell("distance to the mean,0").ends_with(",,,,1,"));

  EXPECT_NE(outcome.out.find("not the published settings: --ae-epochs 1, --batch-size 16, --epochs 2"),
            std::string::npos)
      << outcome.out;
  for (const char* name : {"table.md", "table.html"})
    EXPECT_NE(text_of(folder_ / "table" / name).find(two_decimals(mean).substr(0, 2)), std::string::npos)
        << name;
  EXPECT_EQ(run_file("one-class/0/seed-2", "config.json").at("seed"), 2);
  EXPECT_EQ(run_file("one-class/0/seed-2", "config.json").at("threads"), 1);
}

// Rows that begin alike share their pretraining, and end as `svdd train` alone ends.
TEST_F(Reproduce, RowsShareTheirPretraining) {
  ASSERT_EQ(svdd(small_table + briefly).status, 0);
  for (const char* seed : {"seed-1", "seed-2"}) {
    EXPECT_FALSE(run_file("one-class/0/" + std::string(seed), "results.json").contains("pretraining_taken"));
    EXPECT_TRUE(
        run_file("autoencoder/0/" + std::string(seed), "results.json").at("pretraining_taken").get<bool>());
  }
  ASSERT_EQ(svdd("train --config table/runs/autoencoder/0/seed-2/config.json --out alone").status, 0);
  const json alone = json::parse(text_of(folder_ / "alone" / "results.json")),
             shared = run_file("autoencoder/0/seed-2", "results.json");
  for (const char* key : {"weights_sha256", "scores_sha256", "auc", "untrained_auc", "ae_auc"})
    EXPECT_EQ(alone.at(key), shared.at(key)) << key;
}

TEST_F(Reproduce, AFinishedRunIsNotRepeated) {
  ASSERT_EQ(svdd(small_table + briefly).status, 0);
  const std::string before = table();
  const auto first = finished();
  fs::remove_all(folder_ / "table" / "runs" / "one-class" / "1" / "seed-2");
  fs::remove(folder_ / "table" / "table.csv");
  const Outcome again = svdd(small_table + briefly);
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.err.find("12 runs, 11 of them done before"), std::string::npos) << again.err;
  EXPECT_EQ(table(), before);
  for (const auto& [run, when] : finished())
    EXPECT_EQ(when == first.at(run), run.find("one-class/1/seed-2") == std::string::npos) << run;
}

// So that several machines can share a table: each fills its seeds.
TEST_F(Reproduce, ARangeOfSeedsIsRunAlone) {
  const Outcome outcome = svdd(
      "reproduce deep-svdd-mnist --seeds 2..3 --classes 0 --methods isolation-forest" + to + " --limit 100");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(finished().size(), 2u);
  for (const int seed : {2, 3}) EXPECT_GT(auc("isolation-forest/0/seed-" + std::to_string(seed)), 0);
}

TEST_F(Reproduce, AKilledTableGoesOnToTheSameTable) {
  const std::string longer = "reproduce deep-svdd-mnist --seeds 2 --classes 0,1 --methods one-class" + to +
                             " --epochs 40 --ae-epochs 40";
  for (int tries = 0; tries < 10; ++tries) {  // on a busy machine it may be done before it is killed
    fs::remove_all(folder_ / "table");
    const pid_t child = start_svdd(folder_, words_of(longer), folder_ / "out", folder_ / "err");
    wait_while_running(child, [&] {
      return fs::exists(folder_ / "table" / "runs" / "one-class" / "0" / "seed-1" / "results.json") ||
             fs::exists(folder_ / "table" / "runs" / "one-class" / "0" / "seed-2" / "results.json");
    });
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    ASSERT_GE(finished().size(), 1u) << text_of(folder_ / "err");
    if (!fs::exists(folder_ / "table" / "table.csv")) break;
  }
  ASSERT_FALSE(fs::exists(folder_ / "table" / "table.csv")) << "it was always done before it was killed";
  const Outcome outcome = svdd(longer);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::string resumed = table();
  fs::remove_all(folder_ / "table");
  ASSERT_EQ(svdd(longer).status, 0);
  EXPECT_EQ(table(), resumed);
}

// Whatever is damaged in a finished table is made again, and said.
TEST_F(Reproduce, ADamagedRunBeginsAnew) {
  const std::string line = "reproduce deep-svdd-mnist --seeds 2 --classes 0 --methods isolation-forest" + to;
  ASSERT_EQ(svdd(line).status, 0);
  const std::string before = table();
  const fs::path run = folder_ / "table" / "runs" / "isolation-forest" / "0" / "seed-1";
  const json results = run_file("isolation-forest/0/seed-1", "results.json");
  const auto with = [&](const char* key, const json& value) {
    json changed = results;
    changed[key] = value;
    return changed.dump(2);
  };
  const std::vector<std::pair<std::string, std::string>> damages = {
      {"results.json", "{}"},
      {"results.json", "null"},
      {"results.json", "[]"},
      {"results.json", ""},
      {"results.json", std::string(200, '\0')},
      {"results.json", std::string(1000000, '[')},
      {"results.json", results.dump().substr(0, 99)},
      {"results.json", with("auc", "x")},
      {"results.json", with("auc", json::array())},
      {"results.json", with("auc", 7)},
      {"results.json", with("train_seconds", "long")},
      {"results.json", with("train_seconds", json::object())},
      {"results.json", with("pretraining_taken", 3)},
      {"results.json", with("method", nullptr)},
      {"results.json", with("auc", nullptr)},
      {"results.json", with("weights_sha256", "of another run")},
      {"model/model.json", ""},
      {"model/weights.safetensors", "x"},
      {"config.json", "{}"},
      {"config.json", ""},
      {"config.json", "[]"},
      {"config.json", std::string(200, '\0')}};
  for (const auto& [name, text] : damages) {
    write_text(run / name, text);
    const Outcome again = svdd(line);
    ASSERT_EQ(again.status, 0) << name << " " << text.substr(0, 40) << "\n" << again.err;
    EXPECT_NE(again.err.find("a run begins anew: "), std::string::npos) << again.err;
    EXPECT_NE(again.err.find("'table/runs/isolation-forest/0/seed-1/"), std::string::npos) << again.err;
    if (text.find("of another run") == std::string::npos) {
      EXPECT_NE(again.err.find("seed-1/" + name + "'"), std::string::npos) << again.err;
    }
    EXPECT_NE(again.err.find("2 runs, 1 of them done before"), std::string::npos) << again.err;
    EXPECT_EQ(table(), before);
    EXPECT_EQ(run_file("isolation-forest/0/seed-1", "results.json").at("scores_sha256"),
              results.at("scores_sha256"));
  }
  json other = json::parse(text_of(run / "config.json"));
  other["seed"] = 5;
  write_text(run / "config.json", other.dump());
  EXPECT_EQ(svdd(line).status, 1) << "sound, but of other options";
}

TEST_F(Reproduce, TheBestEpochIsInAColumnOfItsOwn) {
  const std::string line =
      "reproduce deep-svdd-mnist --seeds 1 --classes 0 --methods one-class,isolation-forest" + to + briefly;
  ASSERT_EQ(svdd(line + " --auc-per-epoch").status, 0);
  const double best = run_file("one-class/0/seed-1", "results.json").at("best_epoch").at("auc").get<double>();
  EXPECT_TRUE(cell("\"Deep SVDD, one-class\",0").ends_with(",98.0±0.7," + two_decimals(100 * best)))
      << table();
  EXPECT_TRUE(cell("Isolation forest,0").ends_with("98.0±0.3,")) << table();
  EXPECT_EQ(text_of(folder_ / "table" / "ledger.csv").find("auc-per-epoch"), std::string::npos)
      << "it decides nothing";
  fs::remove_all(folder_ / "table");
  ASSERT_EQ(svdd(line).status, 0);
  const Outcome later = svdd(line + " --auc-per-epoch");
  EXPECT_EQ(later.status, 0);
  EXPECT_NE(later.err.find("some runs were made without --auc-per-epoch before"), std::string::npos)
      << later.err;
}

TEST_F(Reproduce, DamagedFilesOfWorkInProgressAreMadeAgain) {
  const std::string line =
      "reproduce deep-svdd-mnist --seeds 1 --classes 0 --methods one-class,autoencoder" + to + briefly;
  ASSERT_EQ(svdd(line).status, 0);
  const std::string before = table();
  const fs::path run = folder_ / "table" / "runs" / "one-class" / "0" / "seed-1";
  for (const std::string& damaged : {std::string(), std::string("x"), std::string(5000, '\0')}) {
    fs::remove(run / "results.json");
    write_text(run / "checkpoint.safetensors", damaged);
    for (const auto& entry : fs::directory_iterator(folder_ / "table" / "pretrained"))
      write_text(entry.path(), damaged);
    write_text(folder_ / "table" / "pretrained" / "0123456789abcdef.safetensors.partial-1-0", "half");
    write_text(folder_ / "table" / "table.csv.partial-1-0", "half");
    const Outcome again = svdd(line);
    ASSERT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(table(), before);
    EXPECT_NE(text_of(run / "log.txt").find("the pretraining is done again"), std::string::npos)
        << text_of(run / "log.txt");
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "table"))
      EXPECT_EQ(entry.path().string().find("partial"), std::string::npos) << entry.path();
  }
}

TEST_F(Reproduce, OneProcessAtATimeInATable) {
  const std::string slow = "reproduce deep-svdd-mnist --seeds 1 --classes 0 --methods one-class" + to +
                           " --epochs 1000000 --ae-epochs 1";
  const pid_t child = start_svdd(folder_, words_of(slow), folder_ / "out", folder_ / "err");
  const fs::path run = folder_ / "table" / "runs" / "one-class" / "0" / "seed-1";
  ASSERT_TRUE(wait_while_running(child, [&] { return fs::exists(run / "config.json"); }));
  const Outcome second = svdd(slow);
  EXPECT_EQ(second.status, 1);
  EXPECT_EQ(second.err.rfind("svdd: the folder 'table' is in use", 0), 0u) << second.err;
  const Outcome inside = svdd("train --data data/mnist --normal 0 --out " +
                              (fs::path("table/runs/one-class/0/seed-1")).string());
  EXPECT_NE(inside.err.find("seed-1' is in use"), std::string::npos) << inside.err;
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(Reproduce, OneTableHoldsOneConfiguration) {
  ASSERT_EQ(svdd(small_table + briefly).status, 0);
  const Outcome other = svdd(small_table + " --epochs 3 --ae-epochs 1");
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.err.find("one table holds one configuration"), std::string::npos) << other.err;
}

TEST_F(Reproduce, EveryLabelSourceOfMultiRadiusHasItsRows) {
  const Outcome outcome = svdd(
      "reproduce multi-radius-mnist --seeds 1 --classes 3,0,1 --methods "
      "deep-svdd,multi-radius,multi-radius-true,multi-radius-kmeans,multi-radius-one-class-kmeans" +
      to + briefly);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  for (const char* row : {"multi-radius-kmeans", "multi-radius-true"}) {
    const json results = run_file(std::string(row) + "/3,0,1/seed-1", "results.json");
    EXPECT_EQ(results.at("details").at("clusters"), 3) << row;
  }
  EXPECT_EQ(run_file("multi-radius/3,0,1/seed-1", "config.json").at("labels"), "finch");
  EXPECT_EQ(run_file("multi-radius-one-class-kmeans/3,0,1/seed-1", "config.json").at("objective"),
            "one-class");
  EXPECT_NE(outcome.out.find("3 clusters of NMI"), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace tools_test
