// `svdd train`: fit on the normal classes, test on the test split, and write a run folder.
#pragma once
#include <string>
#include <vector>

#include "tools/options.h"

namespace tools {

// The run itself, without a word on standard output: its results.json. Throws as run_train does.
nlohmann::ordered_json perform_run(const ResolvedOptions& resolved,
                                   const std::vector<std::string>& command_line);

// Prints a summary on standard output and, unless quiet, progress on standard error. `command_line` goes into
// results.json as it is. Throws UsageError where the options do not fit together or the data; std::exception
// where the run fails. The run folder then holds no results.json.
void run_train(const ResolvedOptions& resolved, const std::vector<std::string>& command_line);

}  // namespace tools
