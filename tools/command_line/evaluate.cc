#include <CLI/CLI.hpp>

#include "tools/command_line/adding.h"
#include "tools/commands/evaluate.h"

namespace tools {

void add_evaluate(CLI::App& app, EvaluateOptions& o) {
  CLI::App* evaluate = add_command(app, "evaluate", "Metrics of a saved model on labelled data", R"(
Data and normal classes are those of the model's run where they are not given. All rows
of a table are evaluated, unless it is the one that the model was trained on: then those
that were held out from training.

Examples:
  svdd evaluate --model runs/first --data strokes
  svdd evaluate --model runs/mnist-3 --data fashion-mnist --normal 0 --output metrics.json
  svdd evaluate --model runs/table --data labelled.csv
)",
                                   [&o] { run_evaluate(o); });
  evaluate->add_option("--model", o.model, "run folder of svdd train, or the model folder in it")
      ->type_name("DIR");
  evaluate
      ->add_option("--data", o.data,
                   "any that svdd train takes: a known name, a table (.csv, .npz),\na folder of images, IDX "
                   "files or CIFAR-10 batches")
      ->type_name("NAME|PATH");
  evaluate->add_option("--data-dir", o.data_dir, "where data lies; else $SVDD_DATA, ./data, the user's cache")
      ->type_name("DIR");
  evaluate->add_option("--normal", o.normal, "the normal class or classes, by name or number")
      ->type_name("A,B,...");
  add_table_options(*evaluate, o.label_column, o.header, "as the model knows it");
  evaluate->add_option("--output", o.output, "JSON file for the metrics")->type_name("FILE");
  evaluate->add_option("--scores", o.scores, "CSV file for the scores: index,label,class,score")
      ->type_name("FILE");
  add_backend_options(*evaluate, o.backend);
}

}  // namespace tools
