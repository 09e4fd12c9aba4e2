#include "engine/files/folder_lock.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>
#include <string>

#include "engine/files/in_quotes.h"

namespace folder_lock_test {

namespace fs = std::filesystem;
using engine::FolderLock;

class FolderLockTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  std::string refusal() const {
    try {
      const FolderLock lock(folder_);
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }
  const fs::path folder_ = fs::temp_directory_path() / ("folder_lock_test." + std::to_string(getpid()));
};

TEST_F(FolderLockTest, KeepsOthersOutWhileItLivesAndLeavesNothing) {
  {
    const FolderLock lock(folder_);
    EXPECT_NE(refusal().find(engine::in_quotes(folder_) + " is in use"), std::string::npos) << refusal();
    EXPECT_TRUE(lock.holds(folder_));
    EXPECT_TRUE(lock.holds(folder_ / "."));
  }
  EXPECT_EQ(refusal(), "");
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(FolderLockTest, EndsWithItsProcessHoweverThatEnds) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(folder_);
    const bool told = write(ready[1], "x", 1) == 1;
    if (told) pause();
    _exit(0);
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_NE(refusal(), "");
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_EQ(refusal(), "");
  close(ready[0]), close(ready[1]);
}

TEST_F(FolderLockTest, AFolderThatWasTakenAwayIsNoticed) {
  const FolderLock lock(folder_);
  fs::remove(folder_);
  EXPECT_FALSE(lock.holds(folder_));
  fs::create_directory(folder_);
  EXPECT_FALSE(lock.holds(folder_));
  const FolderLock of_the_new(folder_);
  EXPECT_TRUE(of_the_new.holds(folder_));
}

TEST_F(FolderLockTest, WhatIsNoFolderIsNamed) {
  fs::remove(folder_);
  EXPECT_NE(refusal().find("No such file"), std::string::npos) << refusal();
}

}  // namespace folder_lock_test
