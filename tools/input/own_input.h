// No command replaces what it reads. Paths are told apart by the files they name, through links of either kind.
// Each throws std::runtime_error of one line, but for the one that says so.
#pragma once
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace tools {

struct OwnInput : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A file that is written, named by `option`, must be none of those that are read: OwnInput.
void refuse_own_input(const std::string& option, const std::filesystem::path& output,
                      const std::vector<std::filesystem::path>& inputs);

// Nor may it be a file of any run or model (run_output.h), which would be lost or would tell of other data than the rest
// of it: UsageError.
void refuse_file_of_any_run(const std::string& option, const std::filesystem::path& output);

// Nor one of the files of a run or model that is read: `model` is the folder that --model names.
void refuse_file_of_run(const std::string& option, const std::filesystem::path& output,
                        const std::filesystem::path& model);

// What a run reads, named by `option`, must not lie in the folder that it writes, or be one of the files there.
void refuse_input_in_output(const std::string& option, const std::filesystem::path& input,
                            const std::filesystem::path& folder);

}  // namespace tools
