// What the command line says, by command. CLI11 is known in this room and in main.cc alone.
#pragma once
#include <string>
#include <vector>

#include "tools/bench/bench.h"
#include "tools/commands/cluster.h"
#include "tools/commands/compare.h"
#include "tools/commands/evaluate.h"
#include "tools/commands/explain.h"
#include "tools/commands/export.h"
#include "tools/commands/import.h"
#include "tools/commands/network.h"
#include "tools/commands/reproduce.h"
#include "tools/commands/score.h"
#include "tools/commands/verify.h"
#include "tools/options/options.h"

namespace CLI {
class App;
}

namespace tools {

struct TrainWords {
  GivenOptions given;
  std::string config;
  bool no_pretrain = false, quiet = false, resume = false;
  std::string multi_radius;  // the authors' spelling of a method
};

struct DataWords {
  std::string name, dir, output, label_column, header, columns, drop, missing, mirror;
};

struct CommandLine {
  TrainWords train;
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
  DataWords data;
  std::vector<std::string> report_folders;
  bool verified = true;  // what was compared is equal; else the exit status is 1
};

// All commands, each of which runs while `app` parses the words, with what it finds in `c`. `words`: as they were typed.
void add_commands(CLI::App& app, CommandLine& c, const std::vector<std::string>& words);

// The help of whatever command was asked about, in at most 100 columns.
std::string help_text(CLI::App& app);
inline constexpr size_t description_column = 34;  // of it

}  // namespace tools
