// What a detector says of itself, as JSON.
#pragma once
#include <nlohmann/json.hpp>

#include "svdd/detector.h"

namespace svdd {

inline nlohmann::json details_of(const Detector& detector) {
  return nlohmann::json::parse(detector.details());
}

}  // namespace svdd
