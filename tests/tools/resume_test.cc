// Runs of the svdd command that are stopped, killed, and go on.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "small_data.h"

namespace tools_test {
namespace {

using nlohmann::json;

// Many epochs of milliseconds, each with a checkpoint.
const std::string long_run =
    "train --data small --normal 3 --out run --epochs 150 --ae-epochs 150 --batch-size 16 --ae-batch-size 16 "
    "--objective soft-boundary --lr-milestones 50 --checkpoint-seconds 0 --quiet";

class Resume : public testing::Test {
 protected:
  void SetUp() override {
    REQUIRE_SVDD();
    write_small_data(folder_);
  }
  Outcome svdd(const std::string& line) const { return run_svdd(folder_, words_of(line)); }
  // Starts it, and sends the signal once `sign` stands in the log and a checkpoint is there; what it exited
  // with, −1 where the signal ended it. On a busy machine the run may be done before the signal comes: then it begins
  // again, from where it stood.
  int interrupted(const std::string& line, const std::string& sign, int signal) const {
    const fs::path run = folder_ / "run", before = folder_ / "before";
    fs::remove_all(before);
    if (fs::exists(run)) fs::copy(run, before, fs::copy_options::recursive);
    for (int tries = 0; tries < 10; ++tries) {
      const pid_t child = start_svdd(folder_, words_of(line), folder_ / "out", folder_ / "err");
      wait_while_running(child, [&] {
        return fs::exists(run / "checkpoint.safetensors") &&
               text_of(run / "log.txt").find(sign) != std::string::npos;
      });
      kill(child, signal);
      kill(child, signal);  // as the timeout command does: at once, it counts as one
      int status = 0;
      waitpid(child, &status, 0);
      if (!fs::exists(run / "results.json")) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      fs::remove_all(run);
      if (fs::exists(before)) fs::copy(before, run, fs::copy_options::recursive);
    }
    ADD_FAILURE() << "it was always done before the signal came";
    return -2;
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
  EXPECT_EQ(interrupted("train --resume --out run", "deep-svdd  epoch 15/150", SIGKILL), -1);
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
  refused("train --resume --out run --epochs 20", "has epochs 150, this one 20");
  refused("train --resume --out run --seed 2", "has seed 1, this one 2");
  datasets::write_idx_folder(folder_ / "small", datasets::load_strokes(41, 4));
  refused("train --resume --out run", "train_data_sha256");
  write_small_data(folder_);
  EXPECT_EQ(svdd("train --resume --out run --threads 1").status, 0) << "the machine does not count";
}

// As a power cut may leave it.
TEST_F(Resume, WithADamagedCheckpointARunBeginsFromTheStartAndSaysSo) {
  EXPECT_EQ(interrupted(small_train + " --epochs 150 --checkpoint-seconds 0", "deep-svdd", SIGKILL), -1);
  const fs::path file = folder_ / "run" / "checkpoint.safetensors";
  const std::string mine = text_of(file);
  ASSERT_EQ(svdd(small_train + " --epochs 150 --out whole").status, 0);
  for (const std::string& damaged :
       {mine.substr(0, mine.size() / 2), std::string(), std::string(mine.size(), '\0')}) {
    write_text(file, damaged);
    const Outcome outcome = svdd("train --resume --out run");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::string log = text_of(folder_ / "run" / "log.txt");
    EXPECT_NE(log.find("checkpoint.safetensors'"), std::string::npos) << log;
    EXPECT_NE(log.find(": the run begins from the start"), std::string::npos) << log;
    expect_same("run", "whole");
    fs::remove(folder_ / "run" / "results.json");
  }
}

TEST_F(Resume, DamagedSettingsOrResultsAreSaidAndMadeAgain) {
  ASSERT_EQ(svdd(small_train).status, 0);
  ASSERT_EQ(svdd(small_train + " --out other").status, 0);
  for (const std::string& damaged :
       {std::string(), std::string(100, '\0'), std::string("{}"), std::string("{\"auc\": \"x\"}")}) {
    write_text(folder_ / "run" / "results.json", damaged);
    const Outcome outcome = svdd("train --resume --out run");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(text_of(folder_ / "run" / "log.txt").find("taken for unfinished: 'run/results.json'"),
              std::string::npos);
    expect_same("run", "other");
  }
  for (const std::string& damaged :
       {std::string(), std::string(100, '\0'), text_of(folder_ / "run" / "config.json").substr(0, 40)}) {
    write_text(folder_ / "run" / "config.json", damaged);
    const Outcome outcome = svdd("train --resume --out run");
    EXPECT_EQ(outcome.status, 1);
    EXPECT_NE(outcome.err.find("'run/config.json' is not JSON"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("give the options of the run again"), std::string::npos) << outcome.err;
    fs::remove(folder_ / "run" / "results.json");
    ASSERT_EQ(svdd(small_train + " --resume").status, 0);
    expect_same("run", "other");
  }
}

TEST_F(Resume, AFinishedRunWithADamagedModelIsMadeAgain) {
  ASSERT_EQ(svdd(small_train).status, 0);
  ASSERT_EQ(svdd(small_train + " --out other").status, 0);
  for (const auto& [name, text] : {std::pair{"model/model.json", "{"},
                                   {"model/model.json", "{\"format\": 1, \"weights_sha256\": \"another\"}"},
                                   {"model/weights.safetensors", "cut off"},
                                   {"model/weights.safetensors", ""}}) {
    write_text(folder_ / "run" / name, text);
    const Outcome outcome = svdd("train --resume --out run");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(text_of(folder_ / "run" / "log.txt").find("taken for unfinished: "), std::string::npos) << name;
    expect_same("run", "other");
  }
}

// A process killed between results.json and the end.
TEST_F(Resume, WhatAFinishedRunStillLacksIsMade) {
  ASSERT_EQ(svdd(small_train).status, 0);
  const std::string report = text_of(folder_ / "run" / "report.html");
  for (const bool removed : {true, false}) {
    removed ? static_cast<void>(fs::remove(folder_ / "run" / "report.html"))
            : write_text(folder_ / "run" / "report.html", "");
    write_text(folder_ / "run" / "checkpoint.safetensors", "of no use");
    for (const char* name : {"report.html", "results.json", "model/model.json"})
      write_text(folder_ / "run" / (std::string(name) + ".partial-99-1"), "half");
    const auto outcome = svdd("train --resume --out run");
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(text_of(folder_ / "run" / "report.html"), report);
    for (const auto& entry : fs::recursive_directory_iterator(folder_ / "run")) {
      EXPECT_EQ(entry.path().string().find("partial"), std::string::npos) << entry.path();
      EXPECT_EQ(entry.path().string().find("checkpoint"), std::string::npos) << entry.path();
    }
  }
}

// A disk that is full at the next checkpoint: the last one stays.
TEST_F(Resume, ACheckpointThatCannotBeWrittenEndsTheRunAndTakesNothingAway) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  const fs::path file = folder_ / "run" / "checkpoint.safetensors", kept = folder_ / "kept";
  const pid_t child = start_svdd(folder_, words_of(long_run), folder_ / "out", folder_ / "err");
  ASSERT_TRUE(wait_while_running(child, [&] { return fs::exists(file); }));
  int status = 0;
  std::error_code ignored;
  while (waitpid(child, &status, WNOHANG) == 0)  // until it has met it
    if (!fs::is_symlink(file, ignored)) {
      fs::rename(file, kept, ignored);
      fs::create_symlink("/dev/full", file, ignored);
    }
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 1);
  const std::string said = text_of(folder_ / "err");
  EXPECT_NE(
      said.find(
          "cannot write 'run/checkpoint.safetensors': No space left on device; the last checkpoint, after "
          "epoch "),
      std::string::npos)
      << said;
  EXPECT_NE(said.find("is kept: svdd train --resume --out run goes on from there"), std::string::npos)
      << said;
  EXPECT_EQ(said.find('\n'), said.size() - 1) << said;
  EXPECT_TRUE(fs::is_symlink(file)) << "a failed run removes no checkpoint";
  fs::rename(kept, file);
  ASSERT_EQ(svdd("train --resume --out run").status, 0);
  ASSERT_EQ(svdd(long_run + " --out whole --checkpoint-seconds 30").status, 0);
  expect_same("run", "whole");
}

TEST_F(Resume, OneRunAtATimeInAFolder) {
  const std::string slow = small_train + " --epochs 1000000";
  const pid_t child = start_svdd(folder_, words_of(slow), folder_ / "out", folder_ / "err");
  ASSERT_TRUE(wait_while_running(child, [&] { return fs::exists(folder_ / "run" / "config.json"); }));
  for (const std::string& line :
       {small_train, small_train + " --resume", std::string("train --resume --out run")}) {
    const Outcome second = svdd(line);
    EXPECT_EQ(second.status, 1) << line;
    EXPECT_NE(second.err.find("the folder 'run' is in use"), std::string::npos) << second.err;
    EXPECT_EQ(second.err.find('\n'), second.err.size() - 1) << second.err;
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(svdd(small_train).status, 0) << "the lock goes with the process";
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
