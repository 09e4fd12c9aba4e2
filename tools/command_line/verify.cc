#include <CLI/CLI.hpp>

#include "tools/command_line/adding.h"
#include "tools/commands/verify.h"

namespace tools {

void add_verify(CLI::App& app, VerifyOptions& o, bool& verified) {
  CLI::App* verify = add_command(app, "verify", "Check a run's bits, repeat it, or compare two", R"(
One folder: whether its weights, scores, metrics and settings are those that its
results.json speaks of; and, where the data are at hand, whether the model gives the
scores. With --again the run is repeated from its config.json, on any machine, and
compared. Two folders: where they part, which is the first thing that differs in the
order in which a run computes: data, first weights, an epoch's loss, weights, scores.

The first line says it; details follow. Exit status 0: sound, or equal; 1: not.

Examples:
  svdd verify runs/first
  svdd verify runs/first --again --device reference
  svdd verify runs/first runs/of-a-colleague
)",
                                 [&o, &verified] { verified = run_verify(o); });
  verify->add_option("runs", o.runs, "the folder of a run, or of two")->type_name("RUN [OTHER]");
  verify->add_flag("--again", o.again, "repeat the run and compare");
  verify->add_option("--out", o.out, "with --again: a new folder in which the repeated run is kept")
      ->type_name("DIR");
  verify->add_option("--data", o.data, "where one's own data lie now, if not where the run found them")
      ->type_name("PATH");
  add_exact_backend_options(*verify, o.backend);
}

}  // namespace tools
