// An epoch's report as checkpoints and histories keep it. Apart from detector.h, so that only those who want JSON include
// nlohmann/json; found by it, and by engine::JsonEntry, of their own accord.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "engine/files/json_file.h"
#include "svdd/detector.h"

namespace svdd {

void to_json(nlohmann::json& j, const EpochReport& report);
void read_entry(const engine::JsonEntry& entry, EpochReport& report);

}  // namespace svdd
