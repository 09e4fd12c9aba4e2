// A run's folder: what an earlier run left is there until the new one has something to keep, whenever the process ends.
#include "tools/run/run_output.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <optional>

#include "refusals.h"
#include "tools/run/run_folder.h"

namespace tools_test {
namespace {

using tools::RunOutput;

const std::string config = "{\n  \"data\": \"strokes\",\n  \"method\": \"kde\",\n  \"seed\": 1\n}\n",
                  other_config = "{\n  \"data\": \"strokes\",\n  \"method\": \"kde\",\n  \"seed\": 2\n}\n";

class RunOutputTest : public testing::Test {
 protected:
  // Every file that a run writes, and two of the user's.
  void write_earlier_run() const {
    fs::create_directories(run_ / "model");
    for (const std::string& name : tools::run_file_names())
      if (name != tools::checkpoint_name) write_text(run_ / name, "of the earlier run: " + name);
    write_text(run_ / "config.json", config);
    write_text(run_ / "notes.txt", "mine");
    write_text(run_ / "model" / "mine.json", "mine");
  }
  std::map<std::string, std::string> now() const { return snapshot(folder_); }
  std::string refusal() const {
    try {
      const RunOutput output(run_);
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  // What another process does before it is killed.
  static void killed_after(const std::function<void()>& work) {
    const pid_t child = fork();
    if (child == 0) {
      work();
      kill(getpid(), SIGKILL);
    }
    waitpid(child, nullptr, 0);
  }
  void expect_only_users_files_beside(const std::vector<std::string>& files) const {
    auto expected = files;
    for (const char* mine : {"run", "run/model", "run/notes.txt", "run/model/mine.json"})
      expected.push_back(mine);
    std::vector<std::string> names;
    for (const auto& [name, text] : now()) names.push_back(name);
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(names, expected);
  }

  const Scratch scratch_;
  const fs::path& folder_ = scratch_.path;
  const fs::path run_ = scratch_.path / "run";
};

TEST_F(RunOutputTest, ARunThatFailsBringsTheEarlierOneBack) {
  write_earlier_run();
  const auto before = now();
  {
    RunOutput output(run_);
    output.begin(other_config);
    EXPECT_EQ(text_of(run_ / "config.json"), other_config);
    EXPECT_FALSE(fs::exists(run_ / "results.json")) << "no results beside another run's configuration";
    EXPECT_FALSE(fs::exists(run_ / "model" / "model.json"));
    write_text(output.file("log.txt"), "new");
    write_text(run_ / "model" / "weights.safetensors", "new");
  }
  EXPECT_EQ(difference(before, now()), "");
}

TEST_F(RunOutputTest, ARunThatKeepsLetsTheEarlierOneGo) {
  write_earlier_run();
  {
    RunOutput output(run_);
    output.begin(other_config);
    output.keep();
  }
  expect_only_users_files_beside({"run/config.json"});
  EXPECT_EQ(text_of(run_ / "config.json"), other_config);
}

TEST_F(RunOutputTest, ACheckpointIsKeptWhateverHappens) {
  write_earlier_run();
  const auto before = now();
  {
    RunOutput output(run_);
    output.begin(other_config);
    write_text(output.file(tools::checkpoint_name), "new");
  }
  EXPECT_EQ(text_of(run_ / ".earlier-run" / "scores.csv"), "of the earlier run: scores.csv");
  {
    RunOutput output(run_);
    output.go_on(other_config);
  }
  EXPECT_TRUE(fs::exists(run_ / tools::checkpoint_name));
  EXPECT_EQ(text_of(run_ / ".earlier-run" / "scores.csv"), "of the earlier run: scores.csv")
      << "a finished run is not lost to one that is not";
  {
    RunOutput output(run_);  // anew, and it fails
    output.begin(config);
  }
  EXPECT_EQ(difference(before, now()), "");
}

// Of an earlier run without files of the user's nothing is left in its place, no empty folder either.
TEST_F(RunOutputTest, NoEmptyFolderStaysBehind) {
  write_earlier_run();
  fs::remove(run_ / "model" / "mine.json");
  RunOutput output(run_);
  output.begin(other_config);
  EXPECT_FALSE(fs::exists(run_ / "model"));
}

TEST_F(RunOutputTest, AFreshFolderGoesWithARunThatFails) {
  { RunOutput(folder_ / "new" / "deep").begin(config); }
  EXPECT_TRUE(fs::is_empty(folder_));
  fs::create_directory(run_);
  { RunOutput(run_).begin(config); }
  EXPECT_TRUE(fs::is_empty(run_));
}

// A process killed anywhere in the replacing of a run: the earlier run is there, whole, or the new one goes on.
TEST_F(RunOutputTest, KilledBeforeAnythingIsKeptTheEarlierRunIsStillThere) {
  write_earlier_run();
  const auto before = now();
  killed_after([&] {
    RunOutput& output = *new RunOutput(run_);  // it has no time to clean up
    output.begin(other_config);
    write_text(output.file("log.txt"), "new");
  });
  EXPECT_EQ(text_of(run_ / "config.json"), other_config) << "which --resume goes on with";
  {
    RunOutput output(run_);  // and fails, too
    output.begin(other_config);
  }
  EXPECT_EQ(difference(before, now()), "");

  killed_after([&] {
    RunOutput& output = *new RunOutput(run_);  // it has no time to clean up
    output.begin(other_config);
  });
  tools::settle_run_folder(run_);
  try {
    tools::read_run_folder(run_);
    ADD_FAILURE();
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("the earlier one lies in"), std::string::npos) << error.what();
  }
  {
    RunOutput output(run_);
    output.begin(other_config);
    output.keep();
  }
  expect_only_users_files_beside({"run/config.json"});
}

TEST_F(RunOutputTest, KilledWithACheckpointTheNewRunGoesOn) {
  write_earlier_run();
  killed_after([&] {
    RunOutput& output = *new RunOutput(run_);  // it has no time to clean up
    output.begin(other_config);
    write_text(output.file(tools::checkpoint_name), "new");
  });
  tools::settle_run_folder(run_);
  EXPECT_EQ(text_of(run_ / "config.json"), other_config);
  EXPECT_TRUE(fs::exists(run_ / tools::checkpoint_name));
  EXPECT_EQ(text_of(run_ / ".earlier-run" / "results.json"), "of the earlier run: results.json");
  EXPECT_TRUE(fs::exists(run_ / ".earlier-run" / "model" / "weights.safetensors"));
  {
    RunOutput output(run_);  // goes on, and is stopped again
    output.go_on(other_config);
  }
  EXPECT_EQ(text_of(run_ / ".earlier-run" / "results.json"), "of the earlier run: results.json");
  {
    RunOutput output(run_);
    output.go_on(other_config);
    output.keep();
  }
  expect_only_users_files_beside({"run/config.json", "run/checkpoint.safetensors"});
}

TEST_F(RunOutputTest, KilledWhilePuttingAsideEverythingComesBack) {
  write_earlier_run();
  const auto before = now();
  const std::vector<std::string> names = tools::run_file_names();
  for (size_t moved = 0; moved <= names.size(); ++moved) {
    fs::create_directories(run_ / ".putting-aside" / "model");
    for (size_t i = 0; i < moved; ++i)
      if (fs::exists(run_ / names[i])) fs::rename(run_ / names[i], run_ / ".putting-aside" / names[i]);
    tools::settle_run_folder(run_);
    EXPECT_EQ(difference(before, now()), "") << moved;
  }
  fs::create_directories(run_ / ".earlier-run" / "model");  // all aside, and the new run not begun
  for (const std::string& name : names)
    if (fs::exists(run_ / name)) fs::rename(run_ / name, run_ / ".earlier-run" / name);
  tools::settle_run_folder(run_);
  EXPECT_EQ(difference(before, now()), "");
  {  // the same, killed while config.json is written
    fs::create_directories(run_ / ".earlier-run" / "model");
    for (const std::string& name : names)
      if (fs::exists(run_ / name)) fs::rename(run_ / name, run_ / ".earlier-run" / name);
    write_text(run_ / "config.json.partial-1-0", "{");
    fs::rename(run_ / "notes.txt", folder_ / "notes.txt");
    RunOutput output(run_);
    fs::rename(folder_ / "notes.txt", run_ / "notes.txt");
  }
  EXPECT_EQ(difference(before, now()), "");
  fs::create_directories(run_ / ".replaced-run" / "model");
  write_text(run_ / ".replaced-run" / "model" / "model.json", "old");
  write_text(run_ / ".replaced-run" / "results.json", "old");
  tools::settle_run_folder(run_);
  EXPECT_EQ(difference(before, now()), "");
}

TEST_F(RunOutputTest, WhatStandsInTheWayIsSaidBeforeAnythingIsTouched) {
  write_earlier_run();
  fs::remove(run_ / "model" / "model.json");
  for (const char* name : {"model/model.json", "scores.csv", "report.html"}) {
    fs::remove(run_ / name);
    fs::create_directories(run_ / name / "below");
    const auto before = now();
    EXPECT_NE(refusal().find(name), std::string::npos) << refusal();
    EXPECT_NE(refusal().find("it is a folder"), std::string::npos) << refusal();
    EXPECT_EQ(difference(before, now()), "");
    fs::remove_all(run_ / name);
  }
  fs::remove_all(run_ / "model");
  write_text(run_ / "model", "a file");
  EXPECT_NE(refusal().find("it is no folder"), std::string::npos) << refusal();
}

// kill -9, or a full disk, before config.json has its name.
TEST_F(RunOutputTest, TemporaryFilesAloneAreNoContents) {
  fs::create_directory(run_);
  write_text(run_ / "config.json.partial-17-0", "{");
  EXPECT_EQ(refusal(), "");
  EXPECT_TRUE(fs::is_empty(run_));
  write_text(run_ / "config.json.partial-17-0", "{");
  write_text(run_ / "thesis.txt", "mine");
  EXPECT_NE(refusal().find("holds files but no earlier run"), std::string::npos);
  EXPECT_TRUE(fs::exists(run_ / "config.json.partial-17-0")) << "not our folder";
  fs::remove(run_ / "thesis.txt");
  write_text(run_ / "thesis.txt.partial-1-0", "mine");
  EXPECT_NE(refusal().find("holds files but no earlier run"), std::string::npos);
}

TEST_F(RunOutputTest, TemporaryFilesOfAKilledRunAreSwept) {
  write_earlier_run();
  const auto before = now();
  for (const char* name :
       {"results.json", "report.html", "model/weights.safetensors", "checkpoint.safetensors"})
    write_text(run_ / (std::string(name) + ".partial-4242-7"), "half");
  write_text(run_ / "notes.txt.partial-1-0", "mine");
  tools::settle_run_folder(run_);
  auto after = now();
  EXPECT_EQ(after.erase("run/notes.txt.partial-1-0"), 1u) << "no file of a run";
  EXPECT_EQ(difference(before, after), "");
}

TEST_F(RunOutputTest, OneProcessAtATime) {
  std::optional<RunOutput> first(run_);
  EXPECT_NE(refusal().find("is in use"), std::string::npos) << refusal();
  EXPECT_THROW(tools::settle_run_folder(run_), std::runtime_error);
  first->begin(config);
  EXPECT_NE(refusal().find("is in use"), std::string::npos) << refusal();
  first->keep();
  first.reset();
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(text_of(run_ / "config.json"), config);
}

// What a power cut makes of a file that an earlier version wrote.
TEST_F(RunOutputTest, ADamagedConfigurationIsStillARuns) {
  fs::create_directories(run_ / "model");
  write_text(run_ / "model" / "weights.safetensors", "x");
  for (const std::string& damaged : {std::string(), std::string(300, '\0'), config.substr(0, 30)}) {
    write_text(run_ / "config.json", damaged);
    EXPECT_EQ(refusal(), "") << damaged.size();
  }
  write_text(run_ / "notes.txt", "mine");
  EXPECT_NE(refusal(), "") << "with files of others";
  fs::remove(run_ / "notes.txt");
  for (const std::string& foreign :
       {std::string("{\"model_type\": \"bert\"}"), std::string("hello"), std::string("{\n  \"a\"")}) {
    write_text(run_ / "config.json", foreign);
    EXPECT_NE(refusal(), "") << foreign;
  }
}

}  // namespace
}  // namespace tools_test
