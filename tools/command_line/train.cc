#include <CLI/CLI.hpp>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "engine/files/file_status.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "svdd/methods/option_json.h"
#include "tools/arguments.h"
#include "tools/command_line/adding.h"
#include "tools/commands/train.h"
#include "tools/options/options.h"
#include "tools/run/run_output.h"
#include "tools/usage_error.h"

namespace tools {
namespace {

constexpr const char* train_examples = R"(
Defaults are the published settings of method, recipe and data; those shown here are
Deep SVDD's on MNIST. contamination and nu are two
things: nu shapes the training of soft-boundary; contamination only places the
threshold of one-class, after training. The names of the authors' own programs
(--n_epochs, --normal_class, --lr_milestone, --pretrain False, ...) are understood.

Examples:
  svdd train --data strokes --normal 3 --out runs/first --epochs 20 --ae-epochs 20
  svdd train --data mnist --normal 3 --out runs/mnist-3
  svdd train --data mnist --normal 3 --objective soft-boundary --nu 0.05 --out runs/soft
  svdd train --method multi-radius --data mnist --normal 3,0,1 --out runs/three
  svdd train --method dasvdd --data table.csv --label-column outlier --out runs/table
  svdd train --data rows.csv.gz --drop id,time --missing median --out runs/rows
  svdd train --data normal.csv --test-data labelled.csv --out runs/two-files
  svdd train --config runs/first/config.json --out runs/again    # the same bits
  svdd train --resume --out runs/first                           # goes on after a stop
)";

// The configuration of the run in `out`, for --resume; none where that is missing or damaged but the options are given.
std::string config_to_go_on_with(const std::string& out, bool are_given) {
  settle_run_folder(out);
  const std::filesystem::path own = std::filesystem::path(out) / "config.json";
  if (!engine::file_exists(own)) {
    if (are_given) return "";
    throw UsageError("there is no run in " + engine::in_quotes(out) +
                     " to go on with; to begin one, name the data, for instance --data strokes");
  }
  try {
    engine::read_json_object(own);
    return own.string();
  } catch (const std::runtime_error& damage) {
    if (are_given) return "";
    throw std::runtime_error(std::string(damage.what()) +
                             "; give the options of the run again, with --resume, and it goes on");
  }
}

// What a default looks like in --help.
std::string default_text(const nlohmann::json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string list;
  for (const auto& item : value) list += (list.empty() ? "" : ",") + item.dump();
  return list;
}

}  // namespace

void add_train(CLI::App& app, TrainWords& c, const std::vector<std::string>& words) {
  CLI::App* train = add_command(
      app, "train", "Fit on normal data, test, write a run folder with a report", train_examples,
      [&c, words] {
        if (c.no_pretrain && c.given.contains("pretrain") && !c.given["pretrain"].empty())
          throw UsageError("--no-pretrain and --pretrain say the same thing twice: give one of them");
        if (c.no_pretrain) c.given["pretrain"] = {"false"};
        if (c.quiet) c.given["quiet"] = {"true"};
        if (c.multi_radius == "True" || c.multi_radius == "true")
          c.given["method"].push_back("multi-radius");
        else if (!c.multi_radius.empty() && c.multi_radius != "False" && c.multi_radius != "false")
          throw UsageError("--use_multi_radius is " + engine::in_quotes(c.multi_radius) +
                           "; expected True or False");
        // A run goes on with its own options, and those that are given again must be the same.
        if (c.resume && c.config.empty()) {
          if (c.given["out"].empty())
            throw UsageError(
                "--resume needs the folder of the run, for instance svdd train --resume --out runs/first");
          c.config = config_to_go_on_with(c.given["out"].back(), !c.given["data"].empty());
        }
        run_train(resolve_train_options(c.given, c.config, spellings_of(words)), words,
                  c.resume ? Start::go_on : Start::anew);
      });
  for (const TrainOption& row : every_train_option()) {
    if (row.name == "quiet") {
      train->add_flag("--quiet", c.quiet, row.help)->group(row.group);
      continue;
    }
    const bool flag = row.kind == svdd::Option::Kind::flag;
    const auto keep = [flag, &values = c.given[row.name]](const std::string& text) {
      values.push_back(flag && text.empty() ? "true" : text);
    };
    CLI::Option* option = train->add_option_function<std::string>(
        "--" + row.name, keep, row.help + (row.may_be_file ? " (svdd network --help)" : ""));
    option->type_name(row.placeholder)->group(row.group)->trigger_on_parse();  // given again, kept again
    if (flag)  // which needs no value; a default of CLI11's own would stand in for it
      option->expected(0, 1)->type_name(
          row.placeholder.empty() ? "" : row.placeholder + "=" + default_text(svdd::json_of(row)));
    else
      option->default_str(default_text(svdd::json_of(row)));
    if (row.name != "pretrain") continue;
    train->add_flag("--no-pretrain", c.no_pretrain, "start from random weights: --pretrain false")
        ->group(row.group);
  }
  train
      ->add_option("--config", c.config,
                   "every option from a JSON file, such as a run's config.json;\nthe command line wins")
      ->type_name("FILE")
      ->group("Run");
  train
      ->add_flag("--resume", c.resume,
                 "go on where a run that was stopped or killed left its last\ncheckpoint in --out, with its "
                 "options; the same bits")
      ->group("Run");
  train->add_option("--use-multi-radius", c.multi_radius)->group("");
}

}  // namespace tools
