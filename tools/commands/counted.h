// "1 sample", "2 samples".
#pragma once
#include <cstdint>
#include <string>

namespace tools {

inline std::string counted(int64_t count, const std::string& thing) {
  return std::to_string(count) + ' ' + thing + (count == 1 ? "" : "s");
}

}  // namespace tools
