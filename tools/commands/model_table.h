// The table that a model was trained on, as the model remembers it, and what the command line says of tables.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "datasets/table_form.h"
#include "svdd/detector.h"

namespace tools {

// Nothing for a model of other data, or of an earlier version. `model`: the folder it was read from, for the message of
// the std::runtime_error that damaged entries are.
std::optional<datasets::TableForm> table_of(const svdd::Detector& detector,
                                            const std::filesystem::path& model);

// "yes", "no", or nothing for "auto" and an empty word; UsageError naming the option for any other.
std::optional<bool> yes_or_no(const std::string& word, const std::string& option);

}  // namespace tools
