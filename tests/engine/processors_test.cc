#include "engine/processors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include "engine/threads.h"
#include "tests/in_a_child.h"

#ifdef __linux__
#include <sched.h>
#endif

namespace processors_test {

namespace fs = std::filesystem;
using engine::quota_in_processors;

class Processors : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_); }
  void TearDown() override { fs::remove_all(root_); }
  void file(const std::string& name, const std::string& text) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }

  const fs::path root_ = fs::temp_directory_path() / ("processors_test." + std::to_string(getpid()));
};

TEST_F(Processors, NoGroupIsNoLimit) {
  EXPECT_TRUE(std::isinf(quota_in_processors(root_)));
  file("proc/self/cgroup", "0::/\n");
  EXPECT_TRUE(std::isinf(quota_in_processors(root_)));
  file("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_TRUE(std::isinf(quota_in_processors(root_)));
}

TEST_F(Processors, QuotaOfVersion2) {
  file("proc/self/cgroup", "0::/machine/box\n");
  file("sys/fs/cgroup/machine/box/cpu.max", "150000 100000\n");
  EXPECT_EQ(quota_in_processors(root_), 1.5);
  file("sys/fs/cgroup/machine/cpu.max", "50000 100000\n");  // a group above counts too
  EXPECT_EQ(quota_in_processors(root_), 0.5);
  file("sys/fs/cgroup/machine/cpu.max", "max 100000\n");
  EXPECT_EQ(quota_in_processors(root_), 1.5);
}

// In a container the group has the host's path, and its limits stand at the top.
TEST_F(Processors, QuotaOfAContainer) {
  file("proc/self/cgroup", "12:cpu,cpuacct:/docker/0123\n3:memory:/docker/0123\n");
  file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000\n");
  file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota_in_processors(root_), 3);
  file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  EXPECT_TRUE(std::isinf(quota_in_processors(root_)));
}

TEST_F(Processors, QuotaOfVersion1) {
  file("proc/self/cgroup", "2:cpu:/a/b\n0::/\n");
  file("sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us", "200000\n");
  file("sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us", "50000\n");
  EXPECT_EQ(quota_in_processors(root_), 4);
}

TEST_F(Processors, DamageLimitsNothing) {
  file("proc/self/cgroup", "nonsense\n0:\n0::/\n:cpu:\n1:cpu:/\n");
  for (const char* text : {"", "x y\n", "50000\n", "0 0\n", "-5 100000\n", "1 0\n"}) {
    file("sys/fs/cgroup/cpu.max", text);
    file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", text);
    EXPECT_TRUE(std::isinf(quota_in_processors(root_))) << text;
  }
}

#ifdef __linux__
TEST(UsableProcessors, AreThoseOfTheAffinityMask) {
  cpu_set_t now;
  ASSERT_EQ(sched_getaffinity(0, sizeof now, &now), 0);
  EXPECT_LE(engine::usable_processors(), CPU_COUNT(&now));
  EXPECT_EQ(in_a_child([&] {
              int first = 0;
              while (!CPU_ISSET(first, &now)) ++first;
              cpu_set_t one;
              CPU_ZERO(&one);
              CPU_SET(first, &one);
              if (sched_setaffinity(0, sizeof one, &one) != 0) return 1;
              return engine::usable_processors() == 1 && engine::machine_threads() == 1 ? 0 : 2;
            }),
            0);
}
#endif

}  // namespace processors_test
