// `svdd train`: fit on the normal classes, test on the test split, and write a run folder.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "svdd/training/pretraining_store.h"
#include "tools/options/options.h"

namespace tools {

// `go_on`: from the checkpoint in the folder; where there is none, from the start.
enum class Start { anew, go_on };

// The run itself, without a word on standard output: its results.json. `pretrainings` is where runs that
// begin alike share theirs; may be null. Throws as run_train does.
nlohmann::ordered_json perform_run(const ResolvedOptions& resolved,
                                   const std::vector<std::string>& command_line, Start start,
                                   svdd::PretrainingStore* pretrainings = nullptr);

// Whether the folder holds the results of a finished run, undamaged. Brings it to rest first, as settle_run_folder does.
bool is_finished(const std::filesystem::path& folder);

// What a process that was killed had still to do for a finished run: its report; the checkpoint goes.
void complete_run(const std::filesystem::path& folder);

// Prints a summary on standard output and, unless quiet, progress on standard error. `command_line` goes into
// results.json as it is. A run that is finished already is left as it is where `start` is go_on. While a
// network trains, SIGINT and SIGTERM leave a checkpoint at the end of the epoch and end the run as failed.
// Throws UsageError where the options do not fit together or the data; std::exception where the run fails, or
// where the folder holds a checkpoint or a finished run of other options or data. The run folder then holds
// no results.json.
void run_train(const ResolvedOptions& resolved, const std::vector<std::string>& command_line,
               Start start = Start::anew);

}  // namespace tools
