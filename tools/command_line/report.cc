#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "engine/files/folder_lock.h"
#include "tools/command_line/adding.h"
#include "tools/report/report.h"
#include "tools/usage_error.h"

namespace tools {

void add_report(CLI::App& app, std::vector<std::string>& folders) {
  CLI::App* report = add_command(
      app, "report", "Rebuild the HTML report of a run", R"(
Example:
  svdd report runs/first
)",
      [&folders] {
        if (folders.empty())
          throw UsageError("svdd report needs the folder of a run, for instance svdd report runs/first");
        if (folders.size() > 1)
          throw UsageError("svdd report makes the page of one run, and " + std::to_string(folders.size()) +
                           " folders are named: call it once for each, for instance svdd report " +
                           folders[0]);
        const engine::FolderLock lock(folders[0]);
        write_report(folders[0]);
        std::cout << (std::filesystem::path(folders[0]) / "report.html").string() << '\n';
      });
  report->add_option("folder", folders, "the run's folder")->type_name("");
}

}  // namespace tools
