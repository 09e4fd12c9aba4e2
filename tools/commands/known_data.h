// Data by name or path, as datasets/catalog.h finds and reads them; what is missing is told in the command's words.
#pragma once
#include <filesystem>
#include <string>

#include "datasets/catalog.h"
#include "datasets/table.h"

namespace tools {

// Throws as datasets::load and datasets::find do; where the files of a known set are nowhere, the message ends with the
// command that fetches them, and where `data_dir` is no folder it names the option.
datasets::Dataset load_data(const std::string& name_or_path, const datasets::LoadOptions& options);
// As datasets::read_table, for what is no data set; where a column of words may be meant for the label, the message says
// how to say so. load_data does the same.
datasets::Table read_table(const std::filesystem::path& path, const datasets::TableOptions& options);
std::filesystem::path find_data(const std::string& name, const std::filesystem::path& data_dir);

}  // namespace tools
