#include <CLI/CLI.hpp>

#include "tools/command_line/adding.h"
#include "tools/commands/explain.h"

namespace tools {

void add_explain(CLI::App& app, ExplainOptions& o) {
  CLI::App* explain =
      add_command(app, "explain", "Why a sample has its score: columns, or parts of an image", R"(
A part's change is by how much the score falls without it. Of a row each column is set to
its usual value, the median of the training rows; the output is a CSV table, the columns
with the largest change of each row: path_or_row,score,rank,column,value,usual,change. Of
an image squares are filled with its mean colour; the output is a folder of PNGs, each the
image beside the image with what raises its score in orange. For any method.

--by gradient, for all methods but isolation-forest and lof: how the score answers to small
changes. Of a row the gradient by each column, and what it makes of the way from the usual
value, gradient x (value - usual). Of an image the pixels that it answers to most, up or
down: the mean gradient of 50 noisy copies (SmoothGrad).

With --input - rows (or, for a model of images, paths) come over standard input and are
answered as they come, however many there are; what cannot be read or explained is named and
passed over, and the exit status is 1.

Examples:
  svdd explain --model runs/table --input new_rows.csv --top 3
  tail -f sensor.csv | svdd explain --model runs/table --input - --top 1
  svdd explain --model runs/table --input new_rows.csv --by gradient
  svdd explain --model runs/parts --input test/bad --out maps
)",
                  [&o] { run_explain(o); });
  explain->add_option("--model", o.model, "run folder of svdd train, or the model folder in it")
      ->type_name("DIR");
  explain
      ->add_option(
          "--input", o.input,
          "a file or folder that svdd score takes; -: rows or paths, one a\nline, from standard input")
      ->type_name("PATH");
  explain->add_option("--out", o.out, "a folder for it: the maps of images, or columns.csv")
      ->type_name("DIR");
  explain->add_option("--output", o.output, "rows: a CSV file; else standard output")->type_name("FILE");
  explain->add_option("--by", o.by, "occlusion (a part is taken away) or gradient")
      ->type_name("NAME")
      ->default_str("occlusion");
  explain->add_option("--top", o.top, "so many columns of each row")->type_name("K")->default_str("3");
  explain
      ->add_option(
          "--most", o.most,
          "of so many samples, those with the highest scores, these first; else\n100 images, and all "
          "rows in their order")
      ->type_name("N");
  add_table_options(*explain, o.label_column, o.header, "as the model knows it");
  add_backend_options(*explain, o.backend);
  explain->add_flag("--quiet", o.quiet, "nothing on standard error but errors");
}

}  // namespace tools
