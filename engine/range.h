// Some neighbouring units of a work that is shared out: [first, last).
#pragma once
#include <cstdint>

namespace engine {

struct Range {
  int64_t first, last;
};

}  // namespace engine
