// `svdd score`: scores of new samples, without labels.
#pragma once
#include <optional>
#include <string>

#include "tools/options/backend_options.h"

namespace tools {

struct ScoreOptions {
  std::string model, input;           // input "-": standard input, row by row or path by path
  std::string output;                 // a file; empty: standard output
  std::string report;                 // a page of HTML; empty: none
  std::string output_format = "csv";  // or "jsonl"
  std::string label_column, header;   // of a table, as in svdd train; empty: as the model knows it
  // In place of the model's threshold: another, or the one that the calibration (or training) scores give at this rate of
  // false alarms; and the rate of false discoveries at which rows are selected.
  std::optional<double> threshold = {}, false_alarm_rate = {}, select = {};
  BackendOptions backend;
  bool quiet = false;
};

// Throws UsageError where --model or --input is missing, std::exception where the run fails; no part of a CSV
// file or a page is left then. Where some files of a folder are damaged, all others are scored and written, and then
// std::runtime_error says how many there were.
void run_score(const ScoreOptions& options);

}  // namespace tools
