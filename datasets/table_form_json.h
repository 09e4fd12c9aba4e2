// A table's form as it is stored with a model. Apart from table_form.h, so that only those who want JSON include
// nlohmann/json; found by it of their own accord.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "datasets/table_form.h"

namespace datasets {

void to_json(nlohmann::json& json, const TableForm& form);

// Throws std::invalid_argument for an entry that is missing, of another kind, or does not fit the others.
void from_json(const nlohmann::json& json, TableForm& form);

}  // namespace datasets
