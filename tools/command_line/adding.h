// One command of the command line: its options, its help with examples, and what it runs. A function and a file for each.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "tools/command_line/command_line.h"

namespace CLI {
class App;
}

namespace tools {

// `run` comes after the words are read; UsageError before it for words that the command does not know.
CLI::App* add_command(CLI::App& app, const char* name, const char* description, const std::string& footer,
                      std::function<void()> run);

// ---- options of several commands

// Those of which all give the same bits.
void add_exact_backend_options(CLI::App& command, BackendOptions& options);
void add_backend_options(CLI::App& command, BackendOptions& options);
// `unsaid`: what is taken for the label where nothing is said, "as its name tells".
void add_table_options(CLI::App& command, std::string& label_column, std::string& header,
                       const std::string& unsaid);
// Of the commands that make many runs.
void refuse_threads(CLI::App& command);

// ---- the commands

// `words`: as they were typed, to speak of them so.
void add_train(CLI::App& app, TrainWords& c, const std::vector<std::string>& words);
void add_score(CLI::App& app, ScoreOptions& o);
void add_explain(CLI::App& app, ExplainOptions& o);
void add_export(CLI::App& app, ExportOptions& o);
void add_import(CLI::App& app, ImportCommand& o);
void add_evaluate(CLI::App& app, EvaluateOptions& o);
void add_cluster(CLI::App& app, ClusterOptions& o);
void add_compare(CLI::App& app, CompareOptions& o);
void add_reproduce(CLI::App& app, ReproduceOptions& o, bool& verified);
void add_data(CLI::App& app, DataWords& c);
void add_report(CLI::App& app, std::vector<std::string>& folders);
void add_bench(CLI::App& app, BenchOptions& o);
void add_network(CLI::App& app, NetworkCommand& o);
void add_verify(CLI::App& app, VerifyOptions& o, bool& verified);

}  // namespace tools
