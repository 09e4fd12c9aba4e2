// The `svdd` command: words become options here, and what goes wrong becomes one line and an exit status.
// 0: done. 1: the run failed. 2: the command line, or the --config file it names, is wrong.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <system_error>
#include <vector>

#include "engine/enough_memory.h"
#include "engine/files/file_status.h"
#include "engine/files/folder_lock.h"
#include "engine/files/in_quotes.h"
#include "engine/files/json_file.h"
#include "engine/floating_point_mode.h"
#include "engine/system/files.h"
#include "engine/system/process.h"
#include "svdd/methods/option_json.h"
#include "tools/arguments.h"
#include "tools/bench/bench.h"
#include "tools/commands/cluster.h"
#include "tools/commands/compare.h"
#include "tools/commands/data.h"
#include "tools/commands/evaluate.h"
#include "tools/commands/explain.h"
#include "tools/commands/export.h"
#include "tools/commands/import.h"
#include "tools/commands/network.h"
#include "tools/commands/reproduce.h"
#include "tools/commands/score.h"
#include "tools/commands/train.h"
#include "tools/commands/verify.h"
#include "tools/options/idle_options.h"
#include "tools/options/options.h"
#include "tools/report/report.h"
#include "tools/run/run_output.h"
#include "tools/run/standard_output.h"
#include "tools/run/stop_signal.h"
#include "tools/tables/published_tables.h"
#include "tools/usage_error.h"
#include "tools/version.h"

namespace tools {
namespace {

using Words = std::vector<std::string>;

constexpr size_t description_column = 34;  // of --help

// Throws UsageError for words that the command does not know.
void refuse_leftovers(const CLI::App& command) {
  const Words leftover = command.remaining();
  if (leftover.empty()) return;
  const auto is_option = [](const std::string& word) { return word.starts_with("-"); };
  const auto option = std::find_if(leftover.begin(), leftover.end(), is_option);
  if (option == leftover.end())
    throw UsageError("svdd " + command.get_name() + " does not take the word " +
                     engine::in_quotes(leftover[0]));
  const std::string name = option->substr(0, option->find('='));
  Words known;
  for (const CLI::Option* one : command.get_options())
    for (const std::string& long_name : one->get_lnames()) known.push_back("--" + long_name);
  throw UsageError("svdd " + command.get_name() + " has no option " + engine::in_quotes(name) +
                   did_you_mean(name, known));
}

// A command whose unknown words are told as refuse_leftovers does, before `run`.
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

// Those of which all give the same bits.
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

// Of the commands that make many runs.
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

void add_table_options(CLI::App& command, std::string& label_column, std::string& header,
                       const std::string& unsaid) {
  command
      .add_option("--label-column", label_column,
                  "of a table: the column with the classes, or none;\nelse " + unsaid)
      ->type_name("NAME|N|none");
  command.add_option("--header", header, "of a .csv table: whether the first line names the columns")
      ->type_name("auto|yes|no");
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

// CLI11 leaves two empty lines between groups.
std::string single_spaced(std::string help) {
  for (size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;) help.erase(at, 1);
  return help;
}

// Lines of at most 100 columns: what is longer goes on below the beginning of its description, which CLI11 sets apart by
// two spaces or more, in the column that the page's other descriptions begin in.
std::string in_columns(const std::string& help, size_t description_column) {
  constexpr size_t most_columns = 100;
  std::string out;
  for (size_t begin = 0; begin < help.size();) {
    const size_t end = std::min(help.find('\n', begin), help.size());
    std::string line = help.substr(begin, end - begin);
    begin = end + 1;
    const size_t words = line.find_first_not_of(' ');
    // An option's own line begins with two spaces; a description that goes on is as far in as it began.
    const bool described = line.starts_with("  -") || words == description_column;
    const size_t indent = described ? description_column : words == std::string::npos ? 0 : words;
    while (line.size() > most_columns) {
      size_t cut = line.rfind(' ', most_columns);
      if (cut == std::string::npos || cut <= indent) cut = line.find(' ', most_columns);
      if (cut == std::string::npos) break;  // one long word
      out += line.substr(0, line.find_last_not_of(' ', cut) + 1) + '\n';
      line = std::string(indent, ' ') + line.substr(line.find_first_not_of(' ', cut));
    }
    out += line + '\n';
  }
  return out;
}

// ---- the commands

struct Commands {      // what the command line says
  GivenOptions given;  // of train
  std::string config;
  bool no_pretrain = false, quiet = false, resume = false;
  std::string multi_radius;
  ScoreOptions score;
  ExplainOptions explain;
  ExportOptions export_to;
  ImportCommand import_from;
  EvaluateOptions evaluate;
  ClusterOptions cluster;
  ReproduceOptions reproduce;
  CompareOptions compare;
  BenchOptions bench;
  NetworkCommand network;
  VerifyOptions verify;
  bool verified = true;
  std::string data_name, data_dir, data_output, label_column, header, columns, drop, missing, mirror;
  Words report_folders;
};

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

void add_train(CLI::App& app, Commands& c, const Words& words) {
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
    option->group("");  // the authors' spelling; ours is the flag
    train->add_flag("--no-pretrain", c.no_pretrain, "start from random weights")->group(row.group);
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

void add_export(CLI::App& app, ExportOptions& o) {
  CLI::App* command =
      add_command(app, "export", "Hand a model to other tools: ONNX, safetensors, NumPy, PyTorch", R"(
onnx: the whole detector as one graph, from raw samples to score and label: input `input`,
outputs `pred_score` and `pred_label` (1: score above the threshold), and `p_value` where
the model is calibrated. safetensors, npz: all weights, centres, radii, the threshold and
the constants of the preprocessing. pytorch: what the authors' program saves, R, c,
net_dict and ae_net_dict, for torch.load. An existing file is replaced.

Examples:
  svdd export --model runs/mnist-3 --format onnx --output three.onnx
  svdd export --model runs/mnist-3 --format pytorch --output model.tar
)",
                  [&o] { run_export(o); });
  command->add_option("--model", o.model, "run folder of svdd train, or the model folder in it")
      ->type_name("DIR");
  command->add_option("--format", o.format, "onnx, safetensors, npz or pytorch")->type_name("NAME");
  command->add_option("--output", o.output, "the file to write")->type_name("FILE");
  command->add_flag("--quiet", o.quiet, "nothing on standard error but errors");
}

void add_import(CLI::App& app, ImportCommand& o) {
  CLI::App* command =
      add_command(app, "import", "A model out of what another program saved: PyTorch, safetensors, NumPy", R"(
Reads what the authors' Deep-SVDD-PyTorch saves (torch.save of R, c and net_dict), or a bare
state_dict with c and R in it, also as .safetensors or .npz; and what svdd export wrote as
pytorch, safetensors or npz, which needs no options. No code in the file is run. Arrays have
the names of the network's layers, conv1.weight and so on, which a network's text can give
them; its batch norms divide by sqrt(variance + 1e-4), as the authors' do, unless the text
says otherwise: "bn1: batch_norm epsilon 1e-5".

The authors' file holds no threshold. Where R is above 0 the objective is soft-boundary, the
score dist^2 - R^2, and the threshold 0; else nothing is called anomalous unless --threshold
says from where on. Nor does it hold scores of training samples: there are no p-values.

Examples:
  svdd import model.tar --network mnist_LeNet --preprocessing mnist --normal 3 --out theirs
  svdd import state.pt --network mine.net --preprocessing none --centre c.npy --out mine
  svdd score --model theirs --input my_digits/ --threshold 0.8
)",
                  [&o] { run_import(o); });
  command->add_option("file", o.file, "what was saved")->type_name("FILE");
  command->add_option("--out", o.output, "a new folder for the model")->type_name("DIR");
  command->add_option("--output", o.output)->group("");  // as version 0.1 had it
  command->add_option("--network", o.network, "name, text or file, as svdd network shows them")
      ->type_name("NAME|TEXT|FILE");
  command
      ->add_option(
          "--preprocessing", o.preprocessing,
          "mnist or cifar10: what the authors' loaders do, with their\nconstants of the class --normal; none")
      ->type_name("NAME");
  command->add_option("--normal", o.normal, "the normal class, 0 to 9, for --preprocessing")
      ->type_name("CLASS");
  command->add_option("--objective", o.objective, "one-class or soft-boundary; else by R")->type_name("NAME");
  command->add_option("--threshold", o.threshold, "anomalous is what scores above it")->type_name("X");
  command->add_option("--centre", o.centre, "a .npy file with c, where the file has none")->type_name("FILE");
  command->add_option("--input", o.input, "shape of a sample, where the network takes any")
      ->type_name("CxHxW|N");
  command->add_flag("--quiet", o.quiet, "nothing on standard error but errors");
}

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

void add_cluster(CLI::App& app, ClusterOptions& o) {
  CLI::App* cluster = add_command(app, "cluster", "Group the rows of a table by first neighbours (FINCH)", R"(
The output is a CSV table: index,partition_1,...,chosen, finest partition first. A
summary goes to standard output; where the input names classes (a column label or
class, an array y), it says how well the clusters agree with them.

early-exit is the authors' own variant: links longer than the longest of the first
step are cut; the last partition is chosen. silhouette is the one of Multi-Radius Deep
SVDD: the partition with the largest mean silhouette is chosen. With --clusters K the
closest clusters are merged until K are left, and those are chosen.

Neighbours are exact, and memory grows with the number of rows, not its square.

FINCH (Sarfraz, Sharma, Stiefelhagen, CVPR 2019) is for academic use: its authors ask
that it, re-implementations included, not be used otherwise without their leave.

Examples:
  svdd cluster --input table.csv --output labels.csv
  svdd cluster --input features.npy --output labels.csv --distance euclidean --clusters 10
  svdd cluster --input features.npz --output labels.csv --variant silhouette
)",
                                  [&o] { run_cluster(o); });
  cluster->add_option("--input", o.input, "rows of numbers: .csv, .npy, .npz with X, or IDX images (.gz)")
      ->type_name("FILE");
  cluster->add_option("--output", o.output, "CSV file for the labels")->type_name("FILE");
  add_table_options(*cluster, o.label_column, o.header, "as its name tells");
  cluster
      ->add_option("--distance", o.distance,
                   "cosine or euclidean; else cosine for early-exit,\neuclidean for silhouette")
      ->type_name("NAME");
  cluster->add_option("--variant", o.variant, "early-exit (the default) or silhouette")->type_name("NAME");
  cluster->add_option("--clusters", o.clusters, "exactly so many; 0: the variant chooses")->type_name("K");
  cluster->add_flag("--silhouettes", o.silhouettes, "compute them for early-exit too");
  cluster->add_option("--device", o.backend.device, "cpu, or cuda: neighbours on a GPU, the same bits")
      ->type_name("NAME");
  cluster->add_option("--simd", o.backend.simd, "auto, avx512, avx2 or portable: all the same bits")
      ->type_name("NAME");
  cluster->add_option("--threads", o.backend.threads, "any number gives the same bits; 0: all there are")
      ->type_name("T");
  cluster->add_flag("--quiet", o.quiet, "nothing on standard error");
}

void add_compare(CLI::App& app, CompareOptions& o) {
  CLI::App* compare = add_command(app, "compare", "All methods side by side on your own data", R"(
Every method trains on all normal samples of one training half (--calibration 0) and
ranks one test half; each is a run of svdd train on one thread, as many at once as --jobs says, and finished
ones are not repeated. The table goes to standard output, and to table.html in --out. A
method that does not beat the distance to the mean has learned nothing. Choose by another
split than the one that you report (--split-seed).

Examples:
  svdd compare --data table.csv
  svdd compare --data folder --methods knn,mahalanobis,deep-svdd --seeds 3
)",
                                  [&o] { run_compare(o); });
  const auto data_option = [&](const char* name, const char* help, const char* type) {
    compare
        ->add_option_function<std::string>(
            "--" + std::string(name), [&o, name](const std::string& text) { o.data[name].push_back(text); },
            help)
        ->type_name(type);
  };
  data_option("data", "a table (.csv, .tsv, .csv.gz, .npz, .npy), a folder of images, a known set",
              "NAME|PATH");
  data_option("normal", "the normal class or classes, by name or number", "A,B,...");
  data_option("anomalous", "test against these classes only", "A,B,...");
  data_option("image-size", "of a folder of images: the size that the methods see", "N|HxW");
  data_option("label-column", "of a table: the column with the classes", "NAME|N");
  data_option("header", "of a .csv table: whether the first line names the columns", "auto|yes|no");
  data_option("columns", "of a table: the features, by name or number", "A,B,...");
  data_option("drop", "of a table: columns that are left out", "A,B,...");
  data_option("missing", "what is done with values that a table misses", "refuse|median|drop");
  data_option("test-data", "of a table: a second table with the test rows", "FILE");
  data_option("test-fraction", "of a table: the share held out for the test", "X");
  data_option("split-seed", "another number, other rows held out", "S");
  data_option("limit", "only the first N training samples", "N");
  data_option("data-dir", "where data lies; else $SVDD_DATA, ./data, the user's cache", "DIR");
  compare->add_option("--methods", o.methods, svdd::method_names())->type_name("A,B,...");
  compare->add_option("--seeds", o.seeds, "seeds 1 to N of each method")->type_name("N")->default_str("1");
  compare->add_option("--jobs", o.jobs, "runs at once; 0: one for each processor")->type_name("J");
  refuse_threads(*compare);
  compare->add_option("--device", o.device, "cpu or cuda: the same bits")->type_name("NAME");
  compare->add_option("--out", o.out, "folder for the runs and the table; else runs/compare-NAME")
      ->type_name("DIR");
}

void add_reproduce(CLI::App& app, ReproduceOptions& o, bool& verified) {
  std::string tables;
  for (const PublishedTable& t : published_tables()) {
    tables += "  " + t.name + std::string(24 - t.name.size(), ' ') + t.title + "\n";
    std::string rows;
    for (const TableMethod& m : t.methods) rows += (rows.empty() ? "" : ", ") + m.key;
    tables += std::string(26, ' ') + "rows: " + rows + "\n";
  }
  CLI::App* reproduce =
      add_command(app, "reproduce", "A published table: all its runs, beside the published figures",
                  "\nTables:\n" + tables + R"(
Every cell is a run of svdd train with the published settings, on one thread; as many
run at once as --jobs says, with the results they would have alone. Rows that begin
alike share their pretraining. Always the last epoch counts, never the best. A finished
run is not repeated: what was interrupted goes on where it stood, a run from its last
checkpoint. The untrained network and the distance to the mean of the training data
stand in rows of their own. Results: table.csv, table.md, table.html and ledger.csv, which
holds data, weights and scores of every cell by their hashes, in --out.

Options of svdd train that are changed here (--epochs, --ae-epochs, --recipe, --limit,
--batch-size, --tf32) hold for all runs of the table, which says so.

With --verify the cells that the project's ledger states are run again, all or a sample,
and compared: data, weights, scores and AUC, to the bit. Exit status 1 where one differs.
With --out they are kept there, and the same command takes those that are finished.

Examples:
  svdd reproduce deep-svdd-mnist --seeds 1 --classes 0,1
  svdd reproduce strokes --verify
  svdd reproduce deep-svdd-mnist --verify --sample 5
  svdd reproduce deep-svdd-mnist --recipe theano --methods one-class,kde
  svdd reproduce multi-radius-mnist --classes 3,0,1 --out runs/groups
)",
                  [&o, &verified] { verified = run_reproduce(o); });
  reproduce->add_option("table", o.table, "one of those below");
  reproduce->add_option("--out", o.out, "folder for the runs and the table; else runs/TABLE")
      ->type_name("DIR");
  reproduce
      ->add_option("--data-dir", o.data_dir, "where data lies; else $SVDD_DATA, ./data, the user's cache")
      ->type_name("DIR");
  reproduce
      ->add_option_function<std::string>(
          "--seeds", [&o](const std::string& seeds) { o.seeds = seeds, o.seeds_given = true; },
          "seeds 1 to N, or A to B; with --verify all that the ledger has, unless given")
      ->type_name("N|A..B")
      ->default_str("3");
  reproduce->add_option("--classes", o.classes, "only the cases with these normal classes, or names")
      ->type_name("A,B,...");
  reproduce->add_option("--methods", o.methods, "the rows to fill; else the table's own")
      ->type_name("A,B,...");
  reproduce->add_option("--jobs", o.jobs, "runs at once; 0: one for each processor")->type_name("J");
  refuse_threads(*reproduce);
  reproduce->add_option("--device", o.device, "cpu or cuda: the same bits; the runs share the GPU")
      ->type_name("NAME");
  reproduce->add_flag("--auc-per-epoch", o.auc_per_epoch,
                      "as in svdd train: the best epoch stands below the last, to compare with");
  reproduce->add_flag("--verify", o.verify, "run the ledger's cells again, and compare");
  reproduce
      ->add_option("--ledger", o.ledger,
                   "with --verify: a table's ledger.csv in place of the project's ledger")
      ->type_name("FILE");
  reproduce
      ->add_option_function<int64_t>(
          "--sample", [&o](int64_t sample) { o.sample = sample; },
          "with --verify: so many of them, chosen by --sample-seed")
      ->type_name("N");
  reproduce
      ->add_option_function<uint64_t>(
          "--sample-seed", [&o](uint64_t seed) { o.sample_seed = seed; }, "another number, another sample")
      ->type_name("S");
  for (const char* name : {"recipe", "epochs", "ae-epochs", "limit", "batch-size"})
    reproduce->add_option_function<std::string>(
        "--" + std::string(name), [&o, name](const std::string& text) { o.changed[name] = {text}; },
        "as in svdd train, in place of the published setting");
  reproduce->add_flag_callback(
      "--tf32", [&o] { o.changed["tf32"] = {"true"}; },
      "as in svdd train: on the GPU in TF32, which the table says");
}

void add_network(CLI::App& app, NetworkCommand& o) {
  CLI::App* network =
      add_command(app, "network", "Show the layers of a network: shapes, parameters, work, memory",
                  R"(
A network is a name, the file of a text, a text, or a run or model folder. A text has one
line a layer, or commas between them; the encoder comes first, and without a decoder the
mirror image of it is made. Sizes follow from the samples.

  conv CHANNELS KxK [stride S] [padding P]     conv_transpose CHANNELS KxK [...]
  dense NUMBERS        batch_norm              leaky_relu [SLOPE]   relu   elu   sigmoid
  max_pool [KxK] [stride S]                    upsample [xS]        flatten   reshape CxHxW

Where nothing is said: stride 1, padding K/2, max_pool 2x2 with its size for a stride,
upsample x2, slope 0.01; `bias` behind conv or dense adds bias terms. What stands behind a
# is for the reader. Before the layers: network NAME, input CxHxW (or any), rep_dim P (in
layers: dense rep_dim), widths A B ..., start pytorch|pytorch_xavier|glorot; then the
encoder; then `decoder` and its layers. Names before a layer, as in "conv1: conv 8 5x5".
svdd network NAME --text shows how the published ones are written.

Examples:
  svdd network
  svdd network mnist_LeNet
  svdd network "input 3x64x64, conv 16 3x3, batch_norm, leaky_relu, max_pool, dense 32"
  svdd train --network mine.net --data photos --normal good --out runs/mine
  svdd network runs/mine --text
)",
                  [&o] { run_network(o); });
  network->add_option("network", o.network, "name, file, text or folder; none: the list")
      ->type_name("NETWORK");
  network->add_option("--input", o.input, "shape of a sample, where the text takes any")
      ->type_name("CxHxW|N");
  network->add_option("--rep-dim", o.rep_dim, "dimensions of the representation")->type_name("P");
  network->add_option("--widths", o.widths, "of the hidden layers")->delimiter(',')->type_name("A,B,...");
  network->add_option("--batch-size", o.batch_size, "samples that memory is counted for; 200")
      ->type_name("N");
  network->add_flag("--allow-bias", o.allow_bias, "show what breaks the theory, too");
  network->add_flag("--text", o.text,
                    "print the text: of a published network its file, comments and all;\nelse, and with "
                    "--input, all sizes written out");
}

void add_data(CLI::App& app, Commands& c) {
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
    const Words leftover = data->remaining();
    throw UsageError("svdd data " + (leftover.empty() ? "alone" : engine::in_quotes(leftover[0])) +
                     " is no command; expected list, info NAME, fetch NAME or export NAME");
  });
  const auto data_dir = [&c](CLI::App* command) {
    command
        ->add_option("--data-dir", c.data_dir, "where data lies; else $SVDD_DATA, ./data, the user's cache")
        ->type_name("DIR");
  };
  const auto need_name = [&c](const char* command) {
    if (c.data_name.empty())
      throw UsageError("svdd data " + std::string(command) + " needs a name; svdd data list shows them");
  };
  data_dir(add_command(*data, "list", "All known data sets and where they were found", R"(
Examples:
  svdd data list
  svdd data list --data-dir ~/data
)",
                       [&c] { run_data_list(c.data_dir); }));
  CLI::App* info =
      add_command(*data, "info", "What a data set holds; exit status 1 where it is not found", R"(
Examples:
  svdd data info mnist
  svdd data info table.csv --label-column status     # what the program makes of a file
  svdd data info table.csv --drop id --missing median
)",
                  [&c, need_name] {
                    need_name("info");
                    run_data_info(c.data_name, {.data_dir = c.data_dir,
                                                .label_column = c.label_column,
                                                .header = yes_or_no(c.header, "--header"),
                                                .columns = columns_named(c.columns, "--columns"),
                                                .drop = columns_named(c.drop, "--drop"),
                                                .missing = missing_rule(c.missing, "--missing")});
                    for (const std::string& line : idle_table_options(c.label_column, c.header, c.data_name))
                      std::cerr << line << '\n';
                  });
  info->add_option("name", c.data_name, "a known name, or a path, as --data of svdd train takes it")
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
                    run_data_fetch(c.data_name, c.data_dir, c.mirror);
                  });
  fetch->add_option("name", c.data_name, "a known name")->type_name("");
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
                                  run_data_export(c.data_name, c.data_output, {.data_dir = c.data_dir});
                                });
  write->add_option("name", c.data_name, "a known name, or a path, as --data of svdd train takes it")
      ->type_name("");
  write->add_option("--output", c.data_output, "a folder that is new or empty")->type_name("DIR");
  data_dir(write);
}

void add_report(CLI::App& app, Words& folders) {
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

void add_bench(CLI::App& app, BenchOptions& o) {
  CLI::App* bench = add_command(app, "bench", "Speed of the engine on this machine", R"(
Measures the machine's own limits first, then each kernel and each training step
against them: seconds, rate, share of the limit. Medians.

Examples:
  svdd bench
  svdd bench steps --compare torch       # the same steps in PyTorch, in turn
  svdd bench steps --only MNIST          # those alone
  svdd bench kernels --threads 1 --simd avx2 --output kernels.json
)",
                                [&o] { run_bench(o); });
  bench
      ->add_option("what", o.what,
                   "what to measure: all, peak, kernels, convolutions (of any size;\nsome minutes, not in "
                   "all) or steps")
      ->type_name("");
  bench->add_option("--only", o.only, "epochs whose names hold this word, such as CIFAR-10")
      ->type_name("TEXT");
  bench
      ->add_option(
          "--compare", o.compare,
          "torch: measure the same in PyTorch, if python3 has it; torch-graph: its steps as a CUDA graph")
      ->type_name("torch");
  bench->add_option("--repeat", o.repeat, "medians of so many measurements")->type_name("N");
  bench->add_option("--output", o.output, "also write the measurements as JSON")->type_name("FILE");
  add_backend_options(*bench, o.backend);
}

// ---- errors

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
  Commands commands;
  add_train(app, commands, arguments);
  add_score(app, commands.score);
  add_explain(app, commands.explain);
  add_export(app, commands.export_to);
  add_import(app, commands.import_from);
  add_evaluate(app, commands.evaluate);
  add_cluster(app, commands.cluster);
  add_compare(app, commands.compare);
  add_reproduce(app, commands.reproduce, commands.verified);
  add_data(app, commands);
  add_report(app, commands.report_folders);
  add_bench(app, commands.bench);
  add_network(app, commands.network);
  add_verify(app, commands.verify, commands.verified);
  try {
    parse_and_run(app, words);
  } catch (const CLI::CallForHelp&) {
    std::cout << in_columns(single_spaced(app.help()), description_column);
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what();
  }
  std::cout.flush();
  return commands.verified ? 0 : 1;
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
