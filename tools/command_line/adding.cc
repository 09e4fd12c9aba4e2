#include "tools/command_line/adding.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/files/in_quotes.h"
#include "tools/arguments.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

// Throws UsageError for words that the command does not know.
void refuse_leftovers(const CLI::App& command) {
  const std::vector<std::string> leftover = command.remaining();
  if (leftover.empty()) return;
  const auto is_option = [](const std::string& word) { return word.starts_with("-"); };
  const auto option = std::find_if(leftover.begin(), leftover.end(), is_option);
  if (option == leftover.end())
    throw UsageError("svdd " + command.get_name() + " does not take the word " +
                     engine::in_quotes(leftover[0]));
  const std::string name = option->substr(0, option->find('='));
  std::vector<std::string> known;
  for (const CLI::Option* one : command.get_options())
    for (const std::string& long_name : one->get_lnames()) known.push_back("--" + long_name);
  throw UsageError("svdd " + command.get_name() + " has no option " + engine::in_quotes(name) +
                   did_you_mean(name, known));
}

}  // namespace

CLI::App* add_command(CLI::App& app, const char* name, const char* description, const std::string& footer,
                      std::function<void()> run) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer(footer);
  command->allow_extras();
  command->callback([command, run = std::move(run)] {
    refuse_leftovers(*command);
    run();
  });
  return command;
}

void add_exact_backend_options(CLI::App& command, BackendOptions& options) {
  command
      .add_option("--device", options.device,
                  "cpu, cuda, or reference: the plain loops, slow; all the same bits")
      ->type_name("NAME");
  command.add_option("--simd", options.simd, "auto, avx512, avx2 or portable: all the same bits")
      ->type_name("NAME");
  command.add_option("--threads", options.threads, "any number gives the same bits; 0: all there are")
      ->type_name("T");
}

void add_backend_options(CLI::App& command, BackendOptions& options) {
  add_exact_backend_options(command, options);
  command.add_option("--blas", options.blas, "builtin, or openblas: for comparison, other bits")
      ->type_name("NAME");
  command.add_flag("--tf32", options.tf32,
                   "cuda only: multiply in TF32, operands of 10 bits;\nfaster, other bits");
}

void add_table_options(CLI::App& command, std::string& label_column, std::string& header,
                       const std::string& unsaid) {
  command
      .add_option("--label-column", label_column,
                  "of a table: the column with the classes, or none;\nelse " + unsaid)
      ->type_name("NAME|N|none");
  command.add_option("--header", header, "of a .csv table: whether the first line names the columns")
      ->type_name("auto|yes|no");
}

void refuse_threads(CLI::App& command) {
  command
      .add_option_function<std::string>(
          "--threads",
          [](const std::string&) {
            throw UsageError(
                "--threads: each run has one thread; --jobs says how many runs there are at once");
          })
      ->group("");
}

}  // namespace tools
