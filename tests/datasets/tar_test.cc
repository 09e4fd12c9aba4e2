#include "datasets/tar.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <vector>

#include "tests/datasets/scratch.h"
#include "tests/datasets/tar_member.h"

namespace {

namespace fs = std::filesystem;
using scratch::contains, scratch::error_of, scratch::tar_member;

class TarTest : public testing::Test {
 protected:
  void unpack(const std::string& bytes) {
    scratch::write(folder_ / "a.tar", bytes);
    seen_.clear();
    datasets::unpack_tar(folder_ / "a.tar", [&](const std::string& name, uint64_t size) {
      seen_.push_back(name + " " + std::to_string(size));
      return name == "wanted" ? folder_ / "out" : fs::path();
    });
  }
  const scratch::Folder folder_;
  std::vector<std::string> seen_;
};

TEST_F(TarTest, GivesTheFilesThatAreWanted) {
  const std::string contents(1300, 'x'), end(1024, '\0');
  unpack(tar_member("d/", "", '5') + tar_member("d/other", "abc") + tar_member("d/wanted", contents) +
         tar_member("link", "", '2') + end);
  EXPECT_EQ(seen_, (std::vector<std::string>{"other 3", "wanted 1300"}));
  EXPECT_EQ(scratch::read(folder_ / "out"), contents);
  unpack(tar_member("../../wanted",
                    "y"));  // no folder of the archive's is ever made or entered; no end mark either
  EXPECT_EQ(scratch::read(folder_ / "out"), "y");
}

TEST_F(TarTest, DamagedArchives) {
  const auto complaint = [&](const std::string& bytes) {
    return error_of<std::runtime_error>([&] { unpack(bytes); });
  };
  const std::string good = tar_member("wanted", std::string(700, 'x'));
  EXPECT_TRUE(contains(complaint(good.substr(0, 300)), "ends within a header"));
  EXPECT_TRUE(contains(complaint(good.substr(0, 1024)), "ends within a file"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  std::string bad = good;
  bad[3] ^= 1;
  EXPECT_TRUE(contains(complaint(bad), "no tar archive, or damaged"));
  EXPECT_TRUE(contains(complaint(std::string(2000, 'z')), "no tar archive"));
  std::string huge = tar_member("wanted", "");
  huge.replace(124, 11, "77777777777");
  unsigned sum = 0;
  huge.replace(148, 8, "        ");
  for (size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(huge[i]);
  char digits[8];
  std::snprintf(digits, sizeof(digits), "%06o", sum);
  huge.replace(148, 7, std::string(digits) + '\0');
  EXPECT_TRUE(contains(complaint(huge), "promises more than it can hold"));
}

}  // namespace
