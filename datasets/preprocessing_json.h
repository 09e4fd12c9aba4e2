// Preprocessing as JSON: {"gcn": "l1", "min_max": true, "min": …, "max": …}. Apart from preprocessing.h, so
// that only those who want JSON include nlohmann/json; found by it of their own accord (json = preprocessing,
// json.get<Preprocessing>()).
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "datasets/preprocessing.h"

namespace datasets {

// Reading back gives the same bits.
void to_json(nlohmann::json& json, const Preprocessing& preprocessing);

// Throws std::invalid_argument for a missing or wrong entry, a limit that is not finite, or max not above
// min.
void from_json(const nlohmann::json& json, Preprocessing& preprocessing);

}  // namespace datasets
