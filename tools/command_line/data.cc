#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "engine/files/in_quotes.h"
#include "tools/arguments.h"
#include "tools/command_line/adding.h"
#include "tools/commands/data.h"
#include "tools/options/idle_options.h"
#include "tools/options/options.h"
#include "tools/usage_error.h"

namespace tools {

void add_data(CLI::App& app, DataWords& c) {
  CLI::App* data =
      app.add_subcommand("data", "Known data sets: list them, look at one, fetch one, write one as IDX");
  data->footer(R"(
Examples:
  svdd data list
  svdd data info mnist
  svdd data info table.csv       # what the program makes of a file or folder
  svdd data fetch fashion-mnist --data-dir ~/data
  svdd data export strokes --output strokes
)");
  data->allow_extras();
  data->callback([data] {
    if (!data->get_subcommands().empty()) return;
    const std::vector<std::string> leftover = data->remaining();
    throw UsageError("svdd data " + (leftover.empty() ? "alone" : engine::in_quotes(leftover[0])) +
                     " is no command; expected list, info NAME, fetch NAME or export NAME");
  });
  const auto data_dir = [&c](CLI::App* command) {
    command->add_option("--data-dir", c.dir, "where data lies; else $SVDD_DATA, ./data, the user's cache")
        ->type_name("DIR");
  };
  const auto need_name = [&c](const char* command) {
    if (c.name.empty())
      throw UsageError("svdd data " + std::string(command) + " needs a name; svdd data list shows them");
  };
  data_dir(add_command(*data, "list", "All known data sets and where they were found", R"(
Examples:
  svdd data list
  svdd data list --data-dir ~/data
)",
                       [&c] { run_data_list(c.dir); }));
  CLI::App* info =
      add_command(*data, "info", "What a data set holds; exit status 1 where it is not found", R"(
Examples:
  svdd data info mnist
  svdd data info table.csv --label-column status     # what the program makes of a file
  svdd data info table.csv --drop id --missing median
)",
                  [&c, need_name] {
                    need_name("info");
                    run_data_info(c.name, {.data_dir = c.dir,
                                           .label_column = c.label_column,
                                           .header = yes_or_no(c.header, "--header"),
                                           .columns = columns_named(c.columns, "--columns"),
                                           .drop = columns_named(c.drop, "--drop"),
                                           .missing = missing_rule(c.missing, "--missing")});
                    for (const std::string& line : idle_table_options(c.label_column, c.header, c.name))
                      std::cerr << line << '\n';
                  });
  info->add_option("name", c.name, "a known name, or a path, as --data of svdd train takes it")
      ->type_name("");
  data_dir(info);
  add_table_options(*info, c.label_column, c.header, "as its name tells");
  info->add_option("--columns", c.columns, "of a table: the features, by name or number")
      ->type_name("A,B,...");
  info->add_option("--drop", c.drop, "of a table: columns that are left out")->type_name("A,B,...");
  info->add_option("--missing", c.missing, "what is done with values that a table misses")
      ->type_name("refuse|median|drop");
  CLI::App* fetch =
      add_command(*data, "fetch", "Download a data set with curl or wget, checked by SHA-256", R"(
It goes to NAME below --data-dir, else below $SVDD_DATA, else the user's cache.

Examples:
  svdd data fetch mnist
  svdd data fetch fashion-mnist --data-dir ~/data
)",
                  [&c, need_name] {
                    need_name("fetch");
                    run_data_fetch(c.name, c.dir, c.mirror);
                  });
  fetch->add_option("name", c.name, "a known name")->type_name("");
  data_dir(fetch);
  fetch
      ->add_option("--mirror", c.mirror,
                   "download MIRROR/NAME/FILE; else $SVDD_MIRROR, else the official address")
      ->type_name("URL");
  CLI::App* write = add_command(*data, "export", "Write grey images as MNIST's four IDX files, unpacked", R"(
For other programs, such as svdd/in_one_file/deep_svdd.cc of the source code.

Examples:
  svdd data export strokes --output strokes
  svdd data export mnist --output mnist-unpacked
)",
                                [&c, need_name] {
                                  need_name("export");
                                  run_data_export(c.name, c.output, {.data_dir = c.dir});
                                });
  write->add_option("name", c.name, "a known name, or a path, as --data of svdd train takes it")
      ->type_name("");
  write->add_option("--output", c.output, "a folder that is new or empty")->type_name("DIR");
  data_dir(write);
}

}  // namespace tools
