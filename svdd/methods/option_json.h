// Values of options as JSON: what configurations hold, and what programs in other languages set options by. Apart from
// option.h, so that only those who want JSON include nlohmann/json.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "svdd/methods/option.h"

namespace svdd {

// The text that Option::set reads for a value. std::invalid_argument, beginning with `where`, for one of another kind.
std::string text_of_json(const nlohmann::json& value, Option::Kind kind, const std::string& where);

// The option's value; null where there is none.
nlohmann::json json_of(const Option& option);

}  // namespace svdd
