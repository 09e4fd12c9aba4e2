// The `svdd` command: words become options (command_line/), and what goes wrong becomes one line and an exit status.
// 0: done. 1: the run failed. 2: the command line, or the --config file it names, is wrong.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "engine/enough_memory.h"
#include "engine/files/in_quotes.h"
#include "engine/floating_point_mode.h"
#include "engine/system/files.h"
#include "engine/system/process.h"
#include "tools/arguments.h"
#include "tools/command_line/command_line.h"
#include "tools/run/standard_output.h"
#include "tools/run/stop_signal.h"
#include "tools/usage_error.h"
#include "tools/version.h"

namespace tools {
namespace {

using Words = std::vector<std::string>;

// Whatever it names, a message stays a message.
constexpr size_t longest_complaint = 2000;

int complain(const std::string& what, int status) {
  std::cerr.clear();  // a signal may have broken off what was written before
  std::string line = what.size() <= longest_complaint ? what : what.substr(0, longest_complaint) + "...";
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  std::cerr << "svdd: " << line << std::endl;
  return status;
}

// "help", "help train", "help data list": as the words after it with --help; "version" as --version.
Words with_help_as_option(Words words) {
  if (words == Words{"version"}) return {"--version"};
  if (words.empty() || words[0] != "help") return words;
  words.erase(words.begin());
  words.push_back("--help");
  return words;
}

std::string or_help(const std::string& suggestion) {
  return suggestion.empty() ? "; svdd --help lists them" : suggestion;
}

void parse_and_run(CLI::App& app, const Words& words) {
  if (words.empty()) throw UsageError("no command is given; svdd --help lists them");
  refuse_empty_values(words);
  Words commands;
  for (const CLI::App* command : app.get_subcommands(nullptr)) commands.push_back(command->get_name());
  if (words[0].starts_with("-") && words[0] != "--help" && words[0] != "-h" && words[0] != "--version")
    throw UsageError("the first word must be a command, not " + engine::in_quotes(words[0]) +
                     or_help(did_you_mean(words[0], {"--help", "--version"})));
  if (!words[0].starts_with("-") && std::find(commands.begin(), commands.end(), words[0]) == commands.end())
    throw UsageError("there is no command " + engine::in_quotes(words[0]) +
                     or_help(did_you_mean(words[0], commands)));
  Words last_first(words.rbegin(), words.rend());  // the order CLI11 wants
  app.parse(last_first);
}

constexpr const char* no_memory = "svdd: there is not enough memory for this\n";

// Without memory even for an exception or a message: what was written stays whole, as if the program had been killed.
[[noreturn]] void end_at_once() noexcept {
  const auto is_for_memory = [] {
    try {
      if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
      return true;
    } catch (...) {
    }
    return false;
  };
  if (!is_for_memory()) std::abort();
  engine::system::write(engine::system::standard_error, no_memory, std::strlen(no_memory));
  std::_Exit(1);
}

// Before main, and before all other objects of the program, which may already fail.
const struct BeforeAll {
  BeforeAll() {
    std::set_terminate(end_at_once);
#if defined(SIGXFSZ)
    std::signal(SIGXFSZ, SIG_IGN);  // a file that grows beyond what is allowed is an error of write()
#endif
  }
} before_all __attribute__((init_priority(101)));

int run(const Words& arguments) {
  const engine::IeeeMode ieee;  // whatever the process was started with
  const Words words = with_help_as_option(with_our_names(arguments));
  CLI::App app("Deep SVDD: learns what is normal, scores what is not.", "svdd");
  app.get_formatter()->column_width(description_column);
  app.set_help_flag("-h,--help", "this text");
  app.set_version_flag("--version", version_text, "the version, and what this build and machine offer");
  app.allow_extras();
  app.option_defaults()->disable_flag_override();  // of all commands; or --verify=no would say yes
  app.footer(R"(
Examples:
  svdd train --data strokes --normal 3 --out runs/first --epochs 20 --ae-epochs 20
  svdd score --model runs/first --input photo.png
  svdd COMMAND --help          # or svdd help COMMAND

Exit status: 0 done; 1 the run failed; 2 the command line is wrong.
Results go to standard output, progress to standard error.
)");
  const StopSignal signal;
  const StandardOutput output;
  CommandLine command_line;
  add_commands(app, command_line, arguments);
  try {
    parse_and_run(app, words);
  } catch (const CLI::CallForHelp&) {
    std::cout << help_text(app);
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what();
  }
  std::cout.flush();
  return command_line.verified ? 0 : 1;
}

// What went wrong, in one line.
int explained(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string words = error.what(), option = words.substr(0, words.find(':'));
    if (words.find("At Most 1 required") != std::string::npos)
      return complain(option + " is given more than once; it takes one value", 2);
    if (const size_t value = words.find(" was given a disallowed flag"); value != std::string::npos)
      return complain("--" + words.substr(0, value) + " takes no value: give it alone, or leave it out", 2);
    return complain(words, 2);
  } catch (const CLI::ParseError& error) {
    return complain(error.what(), 2);
  } catch (const UsageError& error) {
    return complain(error.what(), 2);
  } catch (const StoppedWithWorkKept& stopped) {
    return complain("stopped by a signal; " + std::string(stopped.what()), 1);
  } catch (const engine::Stopped&) {
    return complain("stopped by a signal; nothing was kept", 1);
  } catch (const engine::NotEnoughMemory& error) {
    return complain(error.what(), 1);
  } catch (const std::bad_alloc&) {
    std::cerr << no_memory << std::flush;  // without asking for more
    return 1;
  } catch (const std::filesystem::filesystem_error& error) {
    return complain("cannot use " + engine::in_quotes(error.path1()) + ": " + error.code().message(), 1);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::resource_unavailable_try_again)
      return complain(
          "the system gives no more threads, or no memory for them; try a smaller --threads or --jobs", 1);
    return complain(error.what(), 1);
  } catch (const std::exception& error) {
    return complain(error.what(), 1);
  }
}

}  // namespace
}  // namespace tools

int main(int argc, char** argv) {
  try {
    return tools::run(engine::system::begin_program(argc, argv));
  } catch (...) {
    return tools::explained(std::current_exception());
  }
}
