// How many processors this process may use: fewer than the machine has where an affinity mask (taskset, a batch
// system) or a control group (a container's limit) says so.
#pragma once
#include <filesystem>

namespace engine {

int usable_processors();  // at least 1

// What the control groups of this process leave it, in processors; infinity without a limit. Of version 2 the file
// cpu.max, of version 1 cpu.cfs_quota_us and cpu.cfs_period_us, of the group that /proc/self/cgroup names and of every
// group above it: the smallest counts. `root`: the folder that holds proc/ and sys/, "/" but in tests. What cannot be
// read limits nothing.
double quota_in_processors(const std::filesystem::path& root);

}  // namespace engine
