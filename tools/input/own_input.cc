#include "tools/input/own_input.h"

#include <stdexcept>

#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "svdd/model_folder.h"
#include "tools/run/run_output.h"
#include "tools/usage_error.h"

namespace tools {

namespace fs = std::filesystem;
using engine::in_quotes, engine::same_file;

namespace {

// A device or a pipe (/dev/null) is written into, and nothing of it is replaced.
bool is_replaced(const fs::path& output) {
  std::error_code error;
  return fs::is_regular_file(output, error);
}

}  // namespace

void refuse_own_input(const std::string& option, const fs::path& output,
                      const std::vector<fs::path>& inputs) {
  if (output.empty() || !is_replaced(output)) return;
  for (const fs::path& input : inputs) {
    const bool standard = input == "-";
    if (same_file(standard ? "/dev/stdin" : input, output))
      throw OwnInput(option + ' ' + in_quotes(output) + " is the file " +
                     (standard ? "that standard input comes from" : in_quotes(input)) +
                     ", which is read: it would be replaced; name another");
  }
}

void refuse_file_of_any_run(const std::string& option, const fs::path& output) {
  if (output.empty()) return;
  if (const fs::path folder = run_of_file(output); !folder.empty())
    throw UsageError(option + ' ' + in_quotes(output) + " is a file of the run or model in " +
                     in_quotes(folder) + ", which svdd train wrote; name another file");
}

void refuse_file_of_run(const std::string& option, const fs::path& output, const fs::path& model) {
  if (output.empty()) return;
  const fs::path folder = svdd::model_folder_of(model);
  std::vector<fs::path> inputs{folder / "model.json", folder / "weights.safetensors"};
  std::error_code error;
  fs::path run = fs::weakly_canonical(engine::absolute_path(folder), error).parent_path();
  const bool in_run =
      !error && (fs::exists(run / "config.json", error) || fs::exists(run / "results.json", error));
  if (in_run)
    for (const std::string& name : run_file_names()) inputs.push_back(run / name);
  refuse_own_input(option, output, inputs);
  refuse_file_of_any_run(option, output);
}

void refuse_input_in_output(const std::string& option, const fs::path& input, const fs::path& folder) {
  if (!engine::file_exists(input) || !engine::file_exists(folder)) return;
  const auto refuse = [&](const std::string& where) {
    throw std::runtime_error(option + ' ' + in_quotes(input) + ' ' + where +
                             " the folder that --out names, " + in_quotes(folder) +
                             ", and is read: name another folder for the results");
  };
  if (engine::lies_below(input, folder)) refuse(same_file(input, folder) ? "is" : "lies in");
  for (const std::string& name : run_file_names())
    if (same_file(input, folder / name)) refuse("is a file of");
}

}  // namespace tools
