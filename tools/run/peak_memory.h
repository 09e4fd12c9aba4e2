// The most memory that this process has had at one time.
#pragma once
#include "engine/system/process.h"

namespace tools {

inline double peak_megabytes() { return static_cast<double>(engine::system::peak_memory_bytes()) / 1e6; }

}  // namespace tools
