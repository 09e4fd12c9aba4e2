#include <CLI/CLI.hpp>
#include <cmath>
#include <optional>
#include <string>

#include "svdd/methods/option.h"
#include "tools/command_line/adding.h"
#include "tools/commands/score.h"
#include "tools/usage_error.h"

namespace tools {

void add_score(CLI::App& app, ScoreOptions& o) {
  CLI::App* score = add_command(app, "score", "Score new samples with a saved model", R"(
The output is a CSV table: path_or_row,score,p_value,is_anomaly. A larger score is
more anomalous; is_anomaly is 1 above the threshold; the p-value is the share of
normal samples that score at least as much: those that were held out of training
(svdd train --calibration), else the training samples. --false-alarm-rate sets the
threshold anew, where so many normal samples are above it. --select adds a column
is_selected, of discoveries by Benjamini and Hochberg: as many as can be, of which at
most that share is normal on average. Where a calibrated model finds that the scores,
in their order, drift from those of the calibration, it says from which sample on. Damaged images of a folder are
passed over and named; all others are scored, and the exit status is 1. With --input -
rows (or, for a model of images, paths) come over standard input and are answered as
they come, however many there are; what cannot be read is passed over likewise. --report
writes a page of its own: the most anomalous first, images with a map of what their score
goes with, rows with their columns; the histogram of all scores, and the threshold.

Examples:
  svdd score --model runs/first --input photo.png
  svdd score --model runs/first --input folder/of/images --output scores.csv
  svdd score --model runs/first --input folder/of/images --report page.html
  svdd score --model runs/first --input batch.npy | sort -t, -k2 -g | tail
  svdd score --model runs/table --input new_rows.csv --output scores.csv
  svdd score --model runs/table --input new_rows.csv --false-alarm-rate 0.01
  tail -f sensor.csv | svdd score --model runs/table --input - --output-format jsonl
)",
                                [&o] { run_score(o); });
  score->add_option("--model", o.model, "run folder of svdd train, or the model folder in it")
      ->type_name("DIR");
  score
      ->add_option(
          "--input", o.input,
          "an image (PNG, JPEG, BMP, PGM, PPM, TIFF, WebP),\na folder of images, a table (.csv, .npy, .npz), "
          "images as an array (.npy, .npz)\nor as IDX (.gz); -: rows or paths, one a line,\nfrom "
          "standard input")
      ->type_name("PATH");
  score->add_option("--output", o.output, "a file; else standard output")->type_name("FILE");
  score->add_option("--report", o.report, "a page of the most anomalous samples, as one HTML file")
      ->type_name("FILE");
  score->add_option("--output-format", o.output_format, "csv, or jsonl: a JSON object a line")
      ->type_name("NAME");
  const auto number = [score](const char* name, std::optional<double>& target,
                              const svdd::option::Range& range, const char* help, const char* type) {
    score
        ->add_option_function<std::string>(
            name,
            [name, &target, range](const std::string& text) {
              try {
                target = svdd::option::number_in(text, range);
              } catch (const svdd::BadValue& bad) {
                throw UsageError(name + (' ' + std::string(bad.what())));
              }
            },
            help)
        ->type_name(type);
  };
  const svdd::option::Range any{[](double x) { return std::isfinite(x); }, "a number"};
  number("--threshold", o.threshold, any, "in place of the model's", "X");
  number("--false-alarm-rate", o.false_alarm_rate, svdd::option::open_share,
         "the threshold is where this share of normal samples is above it", "A");
  number("--select", o.select, svdd::option::open_share,
         "select rows at this rate of false discoveries, such as 0.1", "Q");
  add_table_options(*score, o.label_column, o.header, "as the model knows it");
  add_backend_options(*score, o.backend);
  score->add_flag("--quiet", o.quiet, "nothing on standard error but errors");
}

}  // namespace tools
