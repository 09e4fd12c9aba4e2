// Many runs on one machine: whole runs beside each other, each on a thread and a backend of its own, rather
// than one run on all threads. Runs share nothing, so the cores never wait for each other, and since no
// result depends on the number of threads, each is the run that it would have been alone.
#pragma once
#include <functional>
#include <vector>

namespace svdd {

// Calls every run once, at most `at_once` at the same time (fewer where the system starts no more threads), in order of
// the list as threads become free, in the IEEE mode (engine/floating_point_mode.h). All are run even if some throw; then the first failure, in list order, is thrown. std::invalid_argument for
// at_once below 1.
void run_side_by_side(const std::vector<std::function<void()>>& runs, int at_once);

}  // namespace svdd
