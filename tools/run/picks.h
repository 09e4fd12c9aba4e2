// What a run on data of one's own chose where nobody asked for anything, and why.
#pragma once
#include <string>
#include <vector>

#include "tools/input/task.h"
#include "tools/options/options.h"

namespace tools {

struct Pick {
  std::string what, picked, why, otherwise;  // `otherwise`: the options that pick otherwise
};

// Of known sets nothing: there the published settings count. `fitted`: the options once they follow the number of samples.
std::vector<Pick> picks(const ResolvedOptions& resolved, const TrainOptions& fitted, const Task& task);

// "image size 1x64x64: why (--image-size N for another)".
std::string sentence(const Pick& pick);

}  // namespace tools
