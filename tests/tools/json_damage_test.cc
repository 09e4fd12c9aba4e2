// Whatever stands in the JSON of a run's folder or a configuration: it is read, or one line names the file.
#include <gtest/gtest.h>

#include <functional>

#include "small_data.h"
#include "tests/engine/json_damage.h"
#include "tools/commands/evaluate.h"
#include "tools/commands/score.h"
#include "tools/commands/train.h"
#include "tools/options/options.h"
#include "tools/report/report.h"
#include "tools/usage_error.h"

namespace tools_test {
namespace {

using json_damage::damages, json_damage::is_clear;
using nlohmann::json;

class DamagedRun : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_SVDD();
    write_small_data(folder_);
    ASSERT_EQ(run_svdd(folder_, words_of(small_train)).status, 0);
  }
  // Damages one file of the run in every way; `read` throws in one line that names the file, or does not throw.
  // `named`: what is to stand in the message instead of the file.
  void damage(const std::string& name, const std::function<void()>& read,
              const std::string& named = "") const {
    const fs::path file = folder_ / "run" / name;
    const std::string whole = text_of(file);
    for (const auto& [where, text] : damages(json::parse(whole))) {
      write_text(file, text);
      try {
        read();
      } catch (const std::exception& error) {
        EXPECT_TRUE(is_clear(error.what())) << where << ": " << error.what();
        // An option that may be left out is not missed in the file, but on the whole.
        const bool not_there = std::string(error.what()).find(" is missing: name the ") != std::string::npos;
        EXPECT_TRUE(not_there || std::string(error.what()).find(named.empty() ? file.string() : named) !=
                                     std::string::npos)
            << where << ": " << error.what();
      }
    }
    write_text(file, whole);
  }
  const Scratch scratch_;
  const fs::path& folder_ = scratch_.path;
};

TEST_F(DamagedRun, ResultsAreReportedOrNamed) {
  damage("results.json", [&] { tools::write_report(folder_ / "run"); });
  damage("results.json", [&] { tools::is_finished(folder_ / "run"); });
}

TEST_F(DamagedRun, SettingsAreTakenOrNamed) {
  damage("config.json", [&] { tools::write_report(folder_ / "run"); });
  damage("config.json", [&] { tools::resolve_train_options({}, folder_ / "run" / "config.json"); });
}

// What a model remembers of its table, too.
TEST_F(DamagedRun, AModelOfATableIsUsedOrNamed) {
  std::string csv = "a,b,kind\n";
  for (int i = 0; i < 60; ++i)
    csv += std::to_string(i % 7) + "," + std::to_string(i % 11) + (i % 9 == 0 ? ",odd\n" : ",good\n");
  write_text(folder_ / "t.csv", csv);
  write_text(folder_ / "u.csv", csv + "1,2,odd\n");
  ASSERT_EQ(
      run_svdd(folder_,
               words_of("train --data t.csv --label-column kind --method isolation-forest --out run --quiet"))
          .status,
      0);
  ASSERT_NE(text_of(folder_ / "run" / "model" / "model.json").find("\"data\""), std::string::npos);
  const auto silently = [](const auto& run) {
    testing::internal::CaptureStdout(), testing::internal::CaptureStderr();
    const auto end = [] { testing::internal::GetCapturedStdout(), testing::internal::GetCapturedStderr(); };
    try {
      run();
    } catch (...) {
      end();
      throw;
    }
    end();
  };
  const auto score = [&] {
    tools::ScoreOptions o;
    o.model = (folder_ / "run").string(), o.input = (folder_ / "u.csv").string();
    o.output = (folder_ / "scores").string(), o.quiet = true;
    silently([&] { tools::run_score(o); });
  };
  const auto evaluate = [&] {
    tools::EvaluateOptions o;
    o.model = (folder_ / "run").string(), o.data = (folder_ / "u.csv").string();
    silently([&] { tools::run_evaluate(o); });
  };
  // An entry may also stop fitting the data, which are then named.
  damage("model/model.json", score, folder_.string());
  damage("model/model.json", evaluate, folder_.string());
}

// The command as a whole, in the ways that once ended it by a signal.
TEST_F(DamagedRun, NoCommandIsEndedByASignal) {
  const std::string deep(1000000, '['), inside = "{\"a\": " + std::string(1000000, '[');
  for (const std::string& text : {std::string("{}"), std::string("null"), std::string("[]"), deep, inside})
    for (const char* name : {"results.json", "config.json", "model/model.json"}) {
      const fs::path file = folder_ / "run" / name;
      const std::string whole = text_of(file);
      write_text(file, text);
      for (const std::string line :
           {"train --resume --out run", "train --config run/config.json --out other --epochs 1", "report run",
            "evaluate --model run", "score --model run --input small/t10k-images-idx3-ubyte"}) {
        const Outcome outcome = run_svdd(folder_, words_of(line));
        EXPECT_GE(outcome.status, 0) << line << " with " << name << " of " << text.substr(0, 20);
        EXPECT_TRUE(outcome.err.empty() || outcome.status == 0 ||
                    is_clear(outcome.err.substr(0, outcome.err.size() - 1)))
            << outcome.err;
      }
      write_text(file, whole);
      run_svdd(folder_, words_of(small_train));
    }
}

}  // namespace
}  // namespace tools_test
