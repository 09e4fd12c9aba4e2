// `svdd data`: which data sets are known, where they lie, how to get them, and one as IDX files.
#pragma once
#include <string>

#include "datasets/load_options.h"

namespace tools {

// One line for each known data set: name, where it was found, description.
void run_data_list(const std::string& data_dir);

// What a known data set, a folder or a table holds, as `svdd train` would see it: samples, shape, classes and their
// numbers, what was guessed. Throws std::exception for a name that is none of them, and where the files are nowhere.
void run_data_info(const std::string& name_or_path, const datasets::LoadOptions& how);

// Downloads what is missing, checks everything. `mirror` as in datasets::FetchOptions. Throws UsageError for
// an unknown name.
void run_data_fetch(const std::string& name, const std::string& data_dir, const std::string& mirror);

// Writes a data set of grey images as four IDX files, named as MNIST's, into `output`, a folder that is new or empty.
// Throws std::exception where the data are no such images, or the folder is neither.
void run_data_export(const std::string& name_or_path, const std::string& output,
                     const datasets::LoadOptions& how);

}  // namespace tools
