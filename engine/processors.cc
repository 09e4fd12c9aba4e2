#include "engine/processors.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#ifdef __linux__
#include <sched.h>
#endif

namespace engine {
namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();

// The first two numbers of some text, period and quota of one kind or the other; "max" and −1 limit nothing.
double share(const std::string& quota, const std::string& period) {
  try {
    const double q = std::stod(quota), p = std::stod(period);
    return q > 0 && p > 0 ? q / p : unlimited;
  } catch (const std::logic_error&) {
    return unlimited;
  }
}

std::string first_line(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

double share_of_version_2(const std::filesystem::path& group) {  // "50000 100000" or "max 100000"
  std::istringstream words(first_line(group / "cpu.max"));
  std::string quota, period;
  words >> quota >> period;
  return share(quota, period);
}

double share_of_version_1(const std::filesystem::path& group) {
  return share(first_line(group / "cpu.cfs_quota_us"), first_line(group / "cpu.cfs_period_us"));
}

// Of a group and all above it. In a container the group's path may be one of the host's, which is not there; its own
// limits then stand at the top.
template <class ShareOf>
double least(const std::filesystem::path& mount, std::filesystem::path group, ShareOf share_of) {
  double result = share_of(mount);
  for (group = group.relative_path(); !group.empty(); group = group.parent_path())
    result = std::min(result, share_of(mount / group));
  return result;
}

}  // namespace

double quota_in_processors(const std::filesystem::path& root) {
  double result = unlimited;
  const std::filesystem::path mounts = root / "sys/fs/cgroup";
  std::ifstream groups(root / "proc/self/cgroup");
  // Lines like "0::/user.slice" (version 2) and "4:cpu,cpuacct:/docker/0123" (version 1).
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",",
                      group = line.substr(second + 1);
    if (controllers == ",,") {
      for (const char* mount : {"", "unified"})
        result = std::min(result, least(mounts / mount, group, share_of_version_2));
    } else if (controllers.find(",cpu,") != std::string::npos) {
      for (const char* mount : {"cpu", "cpu,cpuacct", "cpuacct,cpu"})
        result = std::min(result, least(mounts / mount, group, share_of_version_1));
    }
  }
  return result;
}

int usable_processors() {
  int count = static_cast<int>(std::thread::hardware_concurrency());
#ifdef __linux__
  // The kernel's mask may be longer than the usual 1024 bits: asked again with more room until it fits.
  for (size_t words = 16; words <= 4096; words *= 2) {
    std::vector<unsigned long> mask(words);
    auto* set = reinterpret_cast<cpu_set_t*>(mask.data());
    const size_t bytes = words * sizeof(unsigned long);
    if (sched_getaffinity(0, bytes, set) != 0) continue;
    count = CPU_COUNT_S(bytes, set);
    break;
  }
#endif
  const double quota = std::ceil(quota_in_processors("/"));
  return std::max(1, static_cast<int>(std::min<double>(count, quota)));
}

}  // namespace engine
