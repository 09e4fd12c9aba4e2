// Options that were given and change nothing, each told in a sentence: "--nu changed nothing: ...".
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "tools/options/options.h"

namespace tools {

// Of svdd train's command line, where the run's settings or its data, samples of this shape, do not look at them.
std::vector<std::string> idle_options(const ResolvedOptions& resolved, const std::vector<int64_t>& shape);

// Of a command that reads `data`, a known name or a path: --label-column and --header where that is no table, or no text.
// Empty words: not given.
std::vector<std::string> idle_table_options(const std::string& label_column, const std::string& header,
                                            const std::string& data);

}  // namespace tools
