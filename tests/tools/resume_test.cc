// Runs of the svdd command that are stopped, killed, and go on.
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "small_data.h"

namespace tools_test {
namespace {

using nlohmann::json;

// Some hundred epochs of milliseconds, each with a checkpoint.
const std::string long_run =
    "train --data small --normal 3 --out run --epochs 300 --ae-epochs 300 --batch-size 16 --ae-batch-size 16 "
    "--objective soft-boundary --lr-milestones 50 --checkpoint-seconds 0 --quiet";

class Resume : public testing::Test {
 protected:
  void SetUp() override {
    SKIP_WITHOUT_SVDD();
    write_small_data(folder_);
  }
  Outcome svdd(const std::string& line) const { return run_svdd(folder_, words_of(line)); }
  // Starts it, and sends the signal once `sign` stands in the log and a checkpoint is there; what it exited
  // with, −1 where the signal ended it.
  int interrupted(const std::string& line, const std::string& sign, int signal) const {
    const pid_t child = start_svdd(folder_, words_of(line), folder_ / "out", folder_ / "err");
    const fs::path run = folder_ / "run";
    for (int i = 0; i < 6000; ++i) {
      if (fs::exists(run / "checkpoint.safetensors") &&
          text_of(run / "log.txt").find(sign) != std::string::npos)
        break;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    kill(child, signal);
    kill(child, signal);  // as the timeout command does: at once, it counts as one
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_FALSE(fs::exists(run / "results.json")) << "it was done before the signal came";
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  json results(const std::string& run) const { return json::parse(text_of(folder_ / run / "results.json")); }
  // Without what differs between equal runs: how long they took, how they were called.
  json lasting_results(const std::string& run) const {
    json all = results(run);
    for (const char* key :
         {"pretrain_seconds", "train_seconds", "score_seconds", "peak_memory_mb", "command_line"})
      all.erase(key);
    return all;
  }
  std::string history(const std::string& run) const {  // without the seconds, the last column
    std::istringstream lines(text_of(folder_ / run / "history.csv"));
    std::string all;
    for (std::string line; std::getline(lines, line);) all += line.substr(0, line.rfind(',')) + '\n';
    return all;
  }
  void expect_same(const std::string& a, const std::string& b) const {
    EXPECT_EQ(lasting_results(a), lasting_results(b));
    EXPECT_EQ(history(a), history(b));
    for (const char* name : {"scores.csv", "map.csv", "model/model.json", "model/weights.safetensors"})
      EXPECT_TRUE(text_of(folder_ / a / name) == text_of(folder_ / b / name)) << name;
  }

  const Scratch scratch_;
  const fs::path& folder_ = scratch_.path;
};

TEST_F(Resume, AKilledRunGoesOnWithTheSameBits) {
  EXPECT_EQ(interrupted(long_run, "autoencoder", SIGKILL), -1);
  EXPECT_EQ(interrupted("train --resume --out run", "deep-svdd  epoch 30/300", SIGKILL), -1);
  const Outcome last = svdd("train --resume --out run");
  ASSERT_EQ(last.status, 0) << last.err;
  EXPECT_NE(text_of(folder_ / "run" / "log.txt").find("autoencoder: goes on after epoch"), std::string::npos);
  EXPECT_NE(text_of(folder_ / "run" / "log.txt").find("deep-svdd: goes on after epoch"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "run" / "checkpoint.safetensors"));
  ASSERT_EQ(svdd(long_run + " --out whole --checkpoint-seconds 30").status, 0);
  expect_same("run", "whole");
}

TEST_F(Resume, AStoppedRunSaysHowToGoOn) {
  EXPECT_EQ(interrupted(long_run, "autoencoder", SIGTERM), 1);
  const std::string said = text_of(folder_ / "err");
  EXPECT_NE(said.find("svdd: stopped by a signal"), std::string::npos) << said;
  EXPECT_NE(said.find("svdd train --resume --out run"), std::string::npos) << said;
  EXPECT_TRUE(fs::exists(folder_ / "run" / "checkpoint.safetensors"));
  ASSERT_EQ(svdd(long_run + " --resume").status, 0) << "its own options may be given again";
  ASSERT_EQ(svdd(long_run + " --out whole").status, 0);
  expect_same("run", "whole");
}

TEST_F(Resume, ACheckpointOfOtherOptionsOrDataIsRefused) {
  EXPECT_EQ(interrupted(long_run, "autoencoder", SIGTERM), 1);
  const auto refused = [&](const std::string& line, const std::string& part) {
    const Outcome outcome = svdd(line);
    EXPECT_EQ(outcome.status, 1) << line;
    EXPECT_NE(outcome.err.find(part), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("checkpoint.safetensors'"), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.err.find('\n'), outcome.err.size() - 1) << outcome.err;
  };
  refused("train --resume --out run --epochs 20", "has epochs 300, this one 20");
  refused("train --resume --out run --seed 2", "has seed 1, this one 2");
  const std::string mine = text_of(folder_ / "run" / "checkpoint.safetensors");
  write_text(folder_ / "run" / "checkpoint.safetensors", mine.substr(0, mine.size() / 2));
  refused("train --resume --out run", "cut off");
  write_text(folder_ / "run" / "checkpoint.safetensors", mine);
  datasets::write_idx_folder(folder_ / "small", datasets::load_strokes(41, 4));
  refused("train --resume --out run", "train_data_sha256");
  write_small_data(folder_);
  EXPECT_EQ(svdd("train --resume --out run --threads 1").status, 0) << "the machine does not count";
}

TEST_F(Resume, WithoutACheckpointARunBeginsFromTheStart) {
  const Outcome outcome = svdd(small_train + " --resume");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(
      text_of(folder_ / "run" / "log.txt").find("no checkpoint in 'run': the run begins from the start"),
      std::string::npos);
  ASSERT_EQ(svdd(small_train + " --out other").status, 0);
  expect_same("run", "other");
}

TEST_F(Resume, AFinishedRunIsLeftAsItIs) {
  ASSERT_EQ(svdd(small_train).status, 0);
  const std::string before = text_of(folder_ / "run" / "results.json");
  const Outcome again = svdd("train --resume --out run");
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_NE(again.out.find("'run' is finished"), std::string::npos) << again.out;
  EXPECT_EQ(text_of(folder_ / "run" / "results.json"), before);
  const Outcome other = svdd("train --resume --out run --nu 0.2 --epochs 9");
  EXPECT_EQ(other.status, 1);
  EXPECT_NE(other.err.find("a finished run with nu 0.1, but this one has 0.2"), std::string::npos)
      << other.err;
}

TEST_F(Resume, WithoutResumeACheckpointIsPutAside) {
  EXPECT_EQ(interrupted(long_run, "autoencoder", SIGKILL), -1);
  ASSERT_EQ(svdd(small_train).status, 0);
  EXPECT_FALSE(fs::exists(folder_ / "run" / "checkpoint.safetensors"));
  ASSERT_EQ(svdd(small_train + " --out other").status, 0);
  expect_same("run", "other");
}

}  // namespace
}  // namespace tools_test
