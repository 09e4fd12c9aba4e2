#include "engine/files/file_status.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

#include "engine/files/atomic_file.h"

namespace file_status_test {

namespace fs = std::filesystem;

class FileStatus : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "in");
    engine::write_file_atomically(folder_ / "in" / "file", "x");
    fs::create_symlink("in", folder_ / "link");
    fs::create_symlink("nowhere", folder_ / "broken");
    fs::create_symlink("circle", folder_ / "circle");
    fs::create_hard_link(folder_ / "in" / "file", folder_ / "hard");
  }
  void TearDown() override { fs::remove_all(folder_); }
  const fs::path folder_ = fs::temp_directory_path() / ("file_status_test." + std::to_string(getpid()));
};

TEST_F(FileStatus, SaysWhatIsThereAndWhatCannotBeTold) {
  EXPECT_TRUE(engine::file_exists(folder_ / "link" / "file"));
  EXPECT_FALSE(engine::file_exists(folder_ / "absent" / "file"));
  EXPECT_FALSE(engine::file_exists(folder_ / "in" / "file" / "below"));
  EXPECT_FALSE(engine::file_exists(folder_ / "broken"));
  EXPECT_FALSE(engine::file_exists(""));
  EXPECT_TRUE(engine::is_folder(folder_ / "link"));
  EXPECT_FALSE(engine::is_folder(folder_ / "in" / "file"));
  for (const fs::path& path : {folder_ / std::string(300, 'n'), folder_ / "circle"}) try {
      engine::file_exists(path);
      ADD_FAILURE() << path;
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(std::string(error.what()).find("cannot look at '"), 0u) << error.what();
    }
}

TEST_F(FileStatus, FilesAreTheSameThroughAnyLink) {
  EXPECT_TRUE(engine::same_file(folder_ / "hard", folder_ / "link" / "file"));
  EXPECT_FALSE(engine::same_file(folder_ / "hard", folder_ / "in"));
  EXPECT_FALSE(engine::same_file(folder_ / "absent", folder_ / "absent"));
}

TEST_F(FileStatus, LiesBelow) {
  EXPECT_TRUE(engine::lies_below(folder_ / "in" / "file", folder_ / "link"));
  EXPECT_TRUE(engine::lies_below(folder_ / "link" / "not" / "yet", folder_ / "in"));
  EXPECT_TRUE(engine::lies_below(folder_ / "in", folder_ / "in"));
  EXPECT_FALSE(engine::lies_below(folder_, folder_ / "in"));
  EXPECT_FALSE(engine::lies_below(folder_ / "in" / ".." / "hard", folder_ / "in"));
}

}  // namespace file_status_test
